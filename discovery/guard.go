package discovery

import (
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
)

// A guard stands between what a catalog says of one service and what is published: when most
// instances vanish at once it holds them, asks for a proof, and believes it only if the catalog
// insists (consul.md, rule 12). What is new or changed passes at once. It has one user.
//
// A watch may begin with what the one before it has published. What that one held goes on being
// held, as after a silence. If the query has other tags or another filter, the proof is enough for
// an answer that has any instances: who wrote the query wants fewer. An empty one is held all the
// same until there are some: a mistyped tag costs no traffic.
type guard struct {
	query Query // OnEmpty and EmptyHold
	log   hclog.Logger

	begun   bool // something was judged
	another bool // known answers another query than this one: fewer may be what was asked for

	doubting bool      // instances have vanished, of which there is no proof yet
	until    time.Time // when they are believed gone if there is proof again; zero: nothing is held
	said     *Set      // the last judged, while some are held
	told     bool      // that they are held
}

func newGuard(q Query, log hclog.Logger) *guard { return &guard{query: q, log: log} }

// judge returns what to publish in place of said, the newest set, and whether a proof is wanted:
// then the catalog is asked again in the way that can't err, and judge is called with the answer.
// Known is what was published last.
func (g *guard) judge(known, said *Set, now time.Time, proven bool) (publish *Set, prove bool) {
	if !g.begun {
		g.begun = true
		g.told = known != nil && slices.ContainsFunc(known.Instances, func(in Instance) bool { return in.Held })
		g.doubting = g.told
	}
	if g.narrowed(said) {
		g.until = time.Time{}
	}
	if g.said != nil && !g.until.IsZero() && shrunk(g.said, said) {
		g.silent() // another loss, which has to be insisted on as long
	}
	// What goes by itself while others are held may go.
	kept, gone := hold(known, said, g.until.IsZero())
	switch {
	case gone == 0:
		if g.told {
			g.log.Info("vanished instances are back", "instances", len(said.Instances))
		}
		g.release()
		return said, false
	case g.until.IsZero() && !g.told && (proven || !g.doubting) && !shrunk(known, said):
		g.release()
		return said, false
	}
	g.said = said
	switch {
	case g.until.IsZero() && !proven:
		g.doubting = true
		return kept, true
	case g.until.IsZero():
		g.doubting = false
		if g.query.OnEmpty == Apply || g.query.EmptyHold == 0 || g.narrowed(said) {
			return g.believe(said, gone), false
		}
		g.until = now.Add(g.query.EmptyHold)
		if !g.told {
			g.told = true
			g.log.Warn("most instances vanished from the catalog, holding them", "held", gone, "left", len(said.Instances), "for", g.query.EmptyHold.String())
		}
		return kept, false
	case now.Before(g.until):
		return kept, false
	case !proven:
		return kept, true
	}
	return g.believe(said, gone), false
}

func (g *guard) believe(said *Set, gone int) *Set {
	if g.narrowed(said) {
		g.log.Info("the service asks for others now, letting go", "gone", gone, "left", len(said.Instances))
	} else {
		g.log.Warn("vanished instances are believed gone", "gone", gone, "left", len(said.Instances))
	}
	g.release()
	return said
}

// narrowed reports whether said may well lack what another query had.
func (g *guard) narrowed(said *Set) bool { return g.another && len(said.Instances) > 0 }

func (g *guard) release() {
	g.another, g.doubting, g.until, g.said, g.told = false, false, time.Time{}, nil, false
}

// silent notes that the catalog gave no answer: only one that insists is believed, so that the
// hold begins anew with its next answer.
func (g *guard) silent() {
	if !g.until.IsZero() {
		g.doubting, g.until = true, time.Time{}
	}
}

// holding reports whether vanished instances are published, and when to ask for a proof that they
// are gone.
func (g *guard) holding() (until time.Time, ok bool) { return g.until, !g.until.IsZero() }

// shrunk reports whether said has suspiciously few instances: none, or fewer by three and by more
// than half. Instances that others replaced are a deploy, not a loss.
func shrunk(known, said *Set) bool {
	was, is := len(known.Instances), len(said.Instances)
	return is == 0 && was > 0 || was-is >= 3 && 2*(was-is) > was
}

// hold returns said with the instances that only known has, marked, and how many those are: all of
// them, or those that were marked before.
func hold(known, said *Set, all bool) (*Set, int) {
	if known == nil {
		return said, 0
	}
	var gone []Instance
	walk := said.Walk()
	for i := range known.Instances {
		if (all || known.Instances[i].Held) && walk.to(&known.Instances[i].Identity) == nil {
			in := known.Instances[i]
			in.Held = true
			gone = append(gone, in)
		}
	}
	if gone == nil {
		return said, 0
	}
	return NewSet(append(gone, said.Instances...), said.Learnt), len(gone)
}
