package outages

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/test/rig"
)

const (
	bornFor = 2 * time.Second  // then weir's heartbeats know
	inFor   = 15 * time.Second // then no answer is under way that doesn't have it: longer than a fault
	mostOut = 2                // of five: fewer than make weir suspicious
)

// step changes the fate of a backend drawn at random, if none is needed that is left.
func (r *randomRun) step() {
	r.t.Helper()
	all := r.all()
	name := all[r.random.IntN(len(all))]
	f, b := r.fates[name], r.backends[name]
	now := time.Now()
	switch process := r.random.IntN(2) == 0; {
	case process && f.dead:
		b.Start(r.t)
		f.dead, f.born = false, time.Now()
	case process:
		if r.needed(name) || r.mourned() {
			return
		}
		b.Kill()
		f.dead = true
		r.deaths = append(r.deaths, death{name, span{now, time.Now()}})
	case f.out:
		r.register(name)
		f.out, f.in = false, now
	case r.count(func(f *fate) bool { return f.out }) < mostOut && !r.needed(name):
		r.deregister(name)
		f.out = true
	default:
		return
	}
	r.t.Logf("%s %s: dead %t, out of the catalog %t", clock(now), name, f.dead, f.out)
}

// needed reports whether no other backend is certain to be up and used by weir.
func (r *randomRun) needed(name string) bool {
	used := r.eligible()
	for other, f := range r.fates {
		if other != name && used[other] && !f.dead && !f.out && time.Since(f.born) > bornFor && time.Since(f.in) > inFor {
			return false
		}
	}
	return true
}

// mourned reports whether weir doesn't know yet that a backend is dead. A connection may be tried
// with three, and must not find them all dead.
func (r *randomRun) mourned() bool {
	used := r.eligible()
	for name, f := range r.fates {
		if f.dead && used[name] {
			return true
		}
	}
	return false
}

func (r *randomRun) count(is func(*fate) bool) (n int) {
	for _, f := range r.fates {
		if is(f) {
			n++
		}
	}
	return n
}

// eligible are the backends that weir uses, by its log.
func (r *randomRun) eligible() map[string]bool {
	used := map[string]bool{}
	for _, l := range r.weir.Find(changed) {
		for name := range r.fates {
			if names(l, "added", name) {
				used[name] = true
			}
			if names(l, "removed", name) {
				delete(used, name)
			}
		}
	}
	return used
}

// wrong is how what weir uses differs from what is up and in the catalog; "" if it doesn't.
func (r *randomRun) wrong() string {
	var got, want []string
	used := r.eligible()
	for _, name := range r.all() {
		if used[name] {
			got = append(got, name)
		}
		if f := r.fates[name]; !f.dead && !f.out {
			want = append(want, name)
		}
	}
	if slices.Equal(got, want) {
		return ""
	}
	return fmt.Sprintf("got %v, want %v", got, want)
}

// A round is connections that were made together.
type round struct {
	began time.Time
	load  *rig.Load
	chats rig.Chats
}

func (r *randomRun) startRound() *round {
	r.t.Helper()
	return &round{time.Now(), rig.StartLoad(r.t, r.addr, r.form.rate), rig.StartChats(r.t, r.addr)}
}

// check ends a round and demands that no connection failed but by the death of its backend.
func (r *randomRun) check(round *round) {
	r.t.Helper()
	results := round.load.Stop()
	round.chats.Stop()
	r.connections += len(results) + len(round.chats)
	for _, result := range results {
		if result.Err != nil && !r.bereaved(result.Client, result.Began) {
			if r.failed++; r.failed > 5 {
				continue
			}
			r.t.Errorf("connection at %s failed: %v; weir says: %v", clock(result.Began), result.Err, r.weir.Finished(result.Client, result.Began).Fields)
		}
	}
	for _, c := range round.chats {
		if c.Err != nil && !r.bereaved(c.Client, round.began) {
			r.cut++
			r.t.Errorf("long-lived connection was cut after %d lines: %v; weir says: %v", c.Lines, c.Err, r.weir.Finished(c.Client, round.began).Fields)
		}
	}
}

// bereaved reports whether a connection ended with the backend that it had been joined to, and counts it.
func (r *randomRun) bereaved(client string, began time.Time) bool {
	own := func(l rig.Line) bool { return l.Str("client") == client && l.Time.After(began) }
	if client == "" { // it was reset before it knew its address
		soon := span{began, began.Add(200 * time.Millisecond)}
		own = func(l rig.Line) bool { return l.Str("end") != "complete" && soon.has(l.Time) }
	}
	for _, l := range r.weir.Find("connection finished") {
		if own(l) && r.died(l, began) {
			r.reported++
			return true
		}
	}
	return false
}

// died reports whether the backend of a connection was killed while that lasted.
func (r *randomRun) died(l rig.Line, began time.Time) bool {
	_, name, _ := strings.Cut(l.Str("instance"), "/")
	return slices.ContainsFunc(r.deaths, func(d death) bool {
		return d.name == name && began.Before(d.to) && l.Time.After(d.from)
	})
}
