package balance

import (
	"slices"
	"time"
)

// A Tier is a datacenter's part of a service. The tiers of a service are in order: a
// later one is for when those before it have nobody who is eligible.
type Tier struct {
	Members []Member
	Known   time.Time // when its first members have had their chance of a verdict; zero: not foreseen
}

// A Selector decides which tier of one service gets the connections, and whether the rule
// lets in too few of it. It has one user.
//
// The next tier is used as soon as all before it have nobody eligible. A better one is
// used again once it had somebody for Failback without a break, or as soon as the one in
// use has nobody; and at once if nothing ever spoke against it, because it had been taken
// for absent when its catalog was silent at the start, or had nobody only until newcomers
// had their verdict.
//
// Panic is the last resort. If nobody is eligible in any tier, then of the first tier that
// has any whose heartbeat is up these are used, and if there are none, all of the first
// tier that has any with a verdict. If somebody is, but too few of the tier in use, all of
// it with a verdict. Never used, nor counted, is who has weight 0, is in maintenance, or
// is held and down.
type Selector struct {
	Rule       Rule
	PanicBelow int           // percent that must be eligible of those that panic would use; 0: one is enough
	Failback   time.Duration // how long a better tier must have somebody eligible
	Patience   time.Duration // how long, from the first Select on, a later tier and panic wait for one that isn't Known

	tiers []standing // nil before the first Select
	used  int        // the tier in use
	until time.Time  // the end of Patience
}

// standing is what a Selector remembers of a tier.
type standing struct {
	known bool      // it is Known
	good  bool      // somebody is eligible
	brief bool      // nobody is, but since it was last good somebody had no verdict yet
	since time.Time // it has been good; zero: nothing ever spoke against it
}

// A Selection is what a Selector decided.
type Selection struct {
	Tier      int       // in use
	Admission           // of its members
	Waiting   bool      // the choice may change with a tier that isn't Known yet
	Again     time.Time // when to Select again though nothing has changed; zero: no need
}

// Select decides anew. It is to be called after every change, with as many tiers as the
// first time, and with a time that isn't before the last.
func (s *Selector) Select(tiers []Tier, now time.Time) Selection {
	if s.tiers == nil {
		s.tiers = make([]standing, len(tiers))
		s.until = now.Add(s.Patience)
	}
	again := s.look(tiers, now)
	awaited := s.awaited(now)
	again = earlier(again, s.move(awaited, now))
	sel := Selection{Admission: Admission{Rule: s.Rule}}
	in := s.tiers[s.used]
	switch {
	case !in.good && awaited == len(tiers):
		s.used, sel.Panic = s.lastResort(tiers)
	case in.good && in.known && s.tooFew(tiers[s.used].Members):
		sel.Panic = AnyJudged
	}
	if awaited < len(tiers) && (!in.good || awaited <= s.used) {
		sel.Waiting = true
		again = earlier(again, s.until)
	}
	sel.Tier, sel.Again = s.used, again
	return sel
}

// look notes how the tiers are, and returns when the next will be Known.
func (s *Selector) look(tiers []Tier, now time.Time) (again time.Time) {
	rule := Admission{Rule: s.Rule}
	for i, t := range tiers {
		st := &s.tiers[i]
		was := st.good
		st.good = rule.anyone(t.Members)
		if st.good && !was && st.known && !st.brief {
			st.since = now
		}
		st.brief = !st.good && (was || st.brief) && rule.unproven(t.Members)
		if now.Before(t.Known) {
			again = earlier(again, t.Known)
		} else {
			st.known = !t.Known.IsZero()
		}
	}
	return again
}

// awaited returns the first tier that is waited for, as many as there are if none is.
func (s *Selector) awaited(now time.Time) int {
	if now.Before(s.until) {
		if i := slices.IndexFunc(s.tiers, func(st standing) bool { return !st.known }); i >= 0 {
			return i
		}
	}
	return len(s.tiers)
}

// move makes the best tier that may be the one in use. It returns when one that is better
// still may be, if it stays good.
func (s *Selector) move(awaited int, now time.Time) (again time.Time) {
	stay := s.tiers[s.used].good
	for i, st := range s.tiers[:min(awaited+1, len(s.tiers))] {
		switch back := st.since.Add(s.Failback); {
		case stay && i == s.used:
			return again
		case !st.good:
		case stay && now.Before(back):
			again = earlier(again, back)
		default:
			s.used = i
			return again
		}
	}
	return again
}

// tooFew reports whether fewer members are eligible than the threshold asks for.
func (s *Selector) tooFew(members []Member) bool {
	if s.PanicBelow == 0 {
		return false
	}
	rule, all := Admission{Rule: s.Rule}, Admission{s.Rule, AnyJudged}
	eligible, of := 0, 0
	for i := range members {
		if all.weight(&members[i]) == 0 {
			continue
		}
		of++
		if rule.weight(&members[i]) > 0 {
			eligible++
		}
	}
	return 100*eligible < s.PanicBelow*of
}

// lastResort returns the tier, and who of it, to use when nobody is eligible anywhere.
func (s *Selector) lastResort(tiers []Tier) (tier int, use Panic) {
	tier, use = s.used, NoPanic
	for i, t := range tiers {
		switch {
		case !s.tiers[i].known:
		case Admission{s.Rule, AnyUp}.anyone(t.Members):
			return i, AnyUp
		case use == NoPanic && Admission{s.Rule, AnyJudged}.anyone(t.Members):
			tier, use = i, AnyJudged
		}
	}
	return tier, use
}

// earlier returns the earlier of two times, of which a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
