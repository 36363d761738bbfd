package outages

import (
	"slices"

	"weir/test/rig"
	"weir/test/scripted"
)

// scriptedFaults are what a real Consul, or a proxy before it, won't answer on demand.
var scriptedFaults = slices.Concat(
	[]fault{
		answers(scripted.IndexBackwards, reads, briefly),
		answers(scripted.IndexZero, reads, briefly),
		answers(scripted.NoIndex, reads, briefly),
		answers(scripted.NoHeaders, reads, briefly),
		answers(scripted.WrongType, reads, briefly),
		answers(scripted.TightLoop, polls, briefly),
		answers(scripted.HTTP10, all, briefly),

		answers(scripted.EmptyAtOne, polls, briefly),
		answers(scripted.EmptyAtOne, unproven, briefly),
		answers(scripted.EmptyAtOne, reads, briefly),
		answers(scripted.EmptyAtSame, polls, briefly),
		answers(scripted.EmptyAtSame, unproven, briefly),
		answers(scripted.EmptyAtSame, reads, briefly),
		answers(scripted.EmptyAhead, unproven, briefly),
		answers(scripted.EmptyAhead, reads, briefly),
		answers(scripted.Filtered, reads, briefly),
		answers(scripted.FilteredToNothing, reads, briefly),

		answers(scripted.Duplicates, reads, briefly),
		answers(scripted.UnknownStatus, reads, briefly),
		answers(scripted.WildPorts, reads, briefly),
		answers(scripted.WildWeights, reads, briefly),
		answers(scripted.NegativeWeights, reads, briefly),
		otherService(),

		answers(scripted.Truncated, reads, briefly),
		answers(scripted.Truncated, all, briefly),
		answers(scripted.Null, reads, briefly),
		answers(scripted.Null, all, briefly),
		answers(scripted.Object, reads, briefly),
		answers(scripted.NullEntries, reads, briefly),
		answers(scripted.Trickle, polls, briefly),
		answers(scripted.Trickle, reads, briefly),
		answers(scripted.Trickle, all, silently),

		answers(scripted.TooMany, reads, briefly),
		answers(scripted.TooMany, all, briefly),
		answers(scripted.Unavailable, reads, briefly),
		answers(scripted.Unavailable, all, briefly),
		answers(scripted.BadGateway, all, briefly),
		answers(scripted.ServerError, reads, briefly),
		answers(scripted.LoginPage, reads, briefly),
		answers(scripted.LoginPage, all, briefly),
		answers(scripted.Forbidden, reads, briefly),
		answers(scripted.NotFound, all, briefly),
		answers(scripted.RedirectToItself, reads, briefly),
		answers(scripted.RedirectToItself, all, briefly),
		answers(scripted.RedirectLoop, all, briefly),
		redirectElsewhere(),

		answers(scripted.Reset, reads, briefly),
		answers(scripted.Reset, all, briefly),
		answers(scripted.ResetInBody, reads, briefly),
		answers(scripted.ResetInBody, all, briefly),
		answers(scripted.EndInBody, reads, briefly),
		answers(scripted.Hang, polls, briefly),
		answers(scripted.Hang, reads, briefly),
		answers(scripted.Hang, all, silently),
		answers(scripted.HangAfterHeaders, polls, briefly),
		answers(scripted.HangAfterHeaders, all, silently),
		answers(scripted.Lost, all, silently),
	},
	hugeFaults,
	[]fault{randomFaults},
)

// otherService gives answers that would be right to another question. Who believes them sends web's
// clients to a good backend of something else.
func otherService() fault {
	what := scripted.AnswerOf("other")
	f := answers(what, reads, briefly)
	f.inject = func(s *scene) func() {
		s.script().Register("other", stranger(s))
		return s.script().Break(what, scripted.Target{Kinds: reads.kinds})
	}
	return f
}

// redirectElsewhere leads to a Consul that knows another web.
func redirectElsewhere() fault {
	f := answers(scripted.RedirectTo(""), all, briefly)
	f.inject = func(s *scene) func() {
		elsewhere := scripted.Start(s.t)
		elsewhere.Register("web", stranger(s))
		return s.script().Break(scripted.RedirectTo(elsewhere.HTTP()), scripted.Target{Kinds: all.kinds})
	}
	return f
}

func stranger(s *scene) scripted.Instance {
	b := rig.StartBackend(s.t, "stranger")
	return scripted.Instance{ID: b.Name, Host: b.Host, Port: b.Port}
}
