package discovery

import (
	"time"

	"github.com/hashicorp/go-hclog"
)

// proofAfter is how long after most instances have vanished from the files another look proves
// it: tools that replace a folder's content need a moment.
const proofAfter = time.Second

// A filesGuard is the guard of one service in files, whose proof is another, later look. It has
// one user.
type filesGuard struct {
	*guard
	asked    time.Time   // since when a look is the proof that was asked for; zero: none was
	next     *time.Timer // when to ask for a look
	failures int         // looks that were none, when last judged
}

func newFilesGuard(q Query, log hclog.Logger) *filesGuard {
	g := &filesGuard{guard: newGuard(q, log), next: time.NewTimer(0)}
	g.next.Stop()
	return g
}

// due is ready when another look is wanted; then asked must be set.
func (g *filesGuard) due() <-chan time.Time { return g.next.C }

func (g *filesGuard) stop() { g.next.Stop() }

// pass returns what to publish in place of said, which that look has found.
func (g *filesGuard) pass(known, said *Set, look scanned) *Set {
	if look.failures != g.failures { // the folder was away: what it says now is a new beginning
		g.failures, g.asked = look.failures, time.Time{}
		g.silent()
	}
	proven := !g.asked.IsZero() && !look.at.Before(g.asked)
	publish, prove := g.judge(known, said, time.Now(), proven)
	if proven {
		g.asked = time.Time{}
	}
	until, holding := g.holding()
	switch {
	case prove && g.asked.IsZero():
		g.next.Reset(proofAfter)
	case prove: // the look is under way
	case holding:
		g.next.Reset(time.Until(until))
	default:
		g.asked = time.Time{}
		g.next.Stop()
	}
	return publish
}
