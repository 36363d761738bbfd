package discovery

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// instances is a set of passing instances with those IDs.
func instances(ids string) *Set {
	list := []Instance{}
	for _, id := range strings.Fields(ids) {
		list = append(list, Instance{Identity: Identity{Node: "n", Service: id}, Host: "10.0.0.1", Port: 80, Passing: 1, Status: Passing})
	}
	return NewSet(list, time.Time{})
}

// marked is the IDs of a set, a "!" before the held ones.
func marked(s *Set) string {
	var list []string
	for _, in := range s.Instances {
		mark := ""
		if in.Held {
			mark = "!"
		}
		list = append(list, mark+in.Service)
	}
	return strings.Join(list, " ")
}

// A judgement is one set of the catalog and what the guard makes of it.
type judgement struct {
	after  time.Duration // the step before
	said   string
	proven bool
	silent bool // the catalog gave no answer in between
	want   string
	prove  bool
}

func TestGuard(t *testing.T) {
	const (
		all  = "a b c d e f"
		held = "!a !b !c !d !e !f"
		hold = time.Minute
	)
	tests := map[string]struct {
		policy OnEmpty
		steps  []judgement
	}{
		"a few go at once": {Hold, []judgement{
			{said: all, want: all},
			{said: "d e f", want: "d e f"}, // half, not more
			{said: "f", want: "f"},         // more than half, but two
		}},
		"more than half and three are held, proven, held and proven again": {Hold, []judgement{
			{said: all, want: all},
			{said: "e f", want: "!a !b !c !d e f", prove: true},
			{said: "e f", proven: true, want: "!a !b !c !d e f"},
			{after: hold - 1, said: "e f", want: "!a !b !c !d e f"},
			{after: 1, said: "e f", want: "!a !b !c !d e f", prove: true},
			{said: "e f", proven: true, want: "e f"},
			{said: "e", want: "e"},
		}},
		"the last one is held": {Hold, []judgement{
			{said: "a", want: "a"},
			{said: "", want: "!a", prove: true},
			{said: "", proven: true, want: "!a"},
			{after: hold, said: "", want: "!a", prove: true},
			{said: "", proven: true, want: ""},
			{said: "", want: ""},
		}},
		"apply: proven once": {Apply, []judgement{
			{said: all, want: all},
			{said: "", want: held, prove: true},
			{said: "", proven: true, want: ""},
		}},
		"a proof that contradicts": {Hold, []judgement{
			{said: all, want: all},
			{said: "", want: held, prove: true},
			{said: all, proven: true, want: all},
		}},
		"a proof of few missing": {Hold, []judgement{
			{said: all, want: all},
			{said: "a", want: "a !b !c !d !e !f", prove: true},
			{said: "a b c d e", proven: true, want: "a b c d e"},
			{said: "a b c d", want: "a b c d"},
		}},
		"a second loss in the hold has to be insisted on as long": {Hold, []judgement{
			{said: all, want: all},
			{said: "e f", proven: true, want: "!a !b !c !d e f"},
			{after: hold - 1, said: "", want: held, prove: true},
			{said: "", proven: true, want: held},
			{after: hold - 1, said: "", want: held},
			{after: 1, said: "", proven: true, want: ""},
		}},
		"a proof that can't be had: asked for again": {Hold, []judgement{
			{said: all, want: all},
			{said: "", want: held, prove: true},
			{after: time.Hour, said: "", want: held, prove: true},
			{said: "", proven: true, want: held},
			{after: hold - 1, said: "", want: held},
		}},
		"a proven answer needs no other proof": {Hold, []judgement{
			{said: all, want: all},
			{said: "", proven: true, want: held},
			{after: hold, said: "", proven: true, want: ""},
		}},
		"they come back one by one, changed and with new ones": {Hold, []judgement{
			{said: all, want: all},
			{said: "", want: held, prove: true},
			{said: "", proven: true, want: held},
			{said: "b g", want: "!a b !c !d !e !f g"},
			{said: "a b c d g", want: "a b c d !e !f g"},
			{said: "a b d g", want: "a b d !e !f g"}, // goes by itself
			{said: "a b c d e f g", want: "a b c d e f g"},
			{after: time.Hour, said: "b c d e f g", want: "b c d e f g"},
			{said: "", want: "!b !c !d !e !f !g", prove: true}, // a new hold
			{said: "", proven: true, want: "!b !c !d !e !f !g"},
			{after: hold - 1, said: "", want: "!b !c !d !e !f !g"},
		}},
		"one goes while some are held: it may": {Hold, []judgement{
			{said: all, want: all},
			{said: "e f", proven: true, want: "!a !b !c !d e f"},
			{after: hold / 2, said: "f", want: "!a !b !c !d f"},
			{after: hold / 2, said: "f", proven: true, want: "f"},
		}},
		"silence: the hold begins anew": {Hold, []judgement{
			{said: all, want: all},
			{said: "", proven: true, want: held},
			{after: hold / 2, silent: true, said: "", want: held, prove: true},
			{said: "", proven: true, want: held},
			{after: hold - 1, said: "", want: held},
			{after: 1, said: "", proven: true, want: ""},
		}},
		"a deploy that replaces all is no loss": {Hold, []judgement{
			{said: all, want: all},
			{said: "u v w x y z", want: "u v w x y z"},
			{said: "r s t", want: "r s t"},
			{said: "a b", want: "a b"},
			{said: "c", want: "c"},
		}},
		"the first set is believed, also an empty one": {Hold, []judgement{
			{said: "", want: ""},
			{said: all, want: all},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			log := &logs{}
			g := newGuard(Query{OnEmpty: test.policy, EmptyHold: hold}, log.logger())
			var known *Set
			now := time.Unix(1e9, 0)
			for n, s := range test.steps {
				now = now.Add(s.after)
				if s.silent {
					g.silent()
				}
				got, prove := g.judge(known, instances(s.said), now, s.proven)
				if marked(got) != s.want || prove != s.prove {
					t.Fatalf("step %d, %q: got %q and %v, want %q and %v", n, s.said, marked(got), prove, s.want, s.prove)
				}
				known = got
			}
		})
	}
}

// One line tells of a hold, one of its end, however often the catalog answers.
func TestGuardLogsOnce(t *testing.T) {
	for end, says := range map[string]string{"a b c": "are back", "": "believed gone"} {
		log := &logs{}
		g := newGuard(Query{EmptyHold: time.Minute}, log.logger())
		now := time.Unix(1e9, 0)
		known := instances("a b c")
		for n := range 50 {
			if n%10 == 9 {
				g.silent()
			}
			known, _ = g.judge(known, instances(""), now, n%2 == 0)
		}
		known, _ = g.judge(known, instances(""), now, true)
		g.judge(known, instances(end), now.Add(time.Minute), true)
		if got := log.count("WARN") + log.count("INFO"); got != 2 || !strings.Contains(log.String(), says) {
			t.Errorf("end %q: got %d lines, want two, the last with %q:\n%s", end, got, says, log)
		}
	}
}

// Whatever a catalog says: what it has is published as it says, only what it has had is
// added, and a set with instances turns empty by proof only.
func FuzzGuard(f *testing.F) {
	f.Add([]byte{0xff, 0, 0x10, 0xff, 0, 0, 0x81, 0x42})
	f.Add([]byte{0x3f, 0, 0, 0, 0x80, 0x80, 0x80})
	f.Fuzz(func(t *testing.T, steps []byte) {
		g := newGuard(Query{EmptyHold: 3 * time.Second}, (&logs{}).logger())
		now := time.Unix(1e9, 0)
		var known *Set
		ever := map[string]bool{}
		for n, b := range steps {
			if n%5 == 4 { // another watch takes over, of another query every other time
				g = newGuard(g.query, g.log)
				g.another = n%2 == 0
			}
			var list []string
			for i := range 6 {
				if b>>i&1 == 1 {
					list = append(list, fmt.Sprint(i))
					ever[fmt.Sprint(i)] = true
				}
			}
			proven := b&0x80 != 0
			if b&0x40 != 0 {
				g.silent()
			}
			now = now.Add(time.Second)
			said := instances(strings.Join(list, " "))
			got, _ := g.judge(known, said, now, proven)
			if _, lost := hold(said, got, true); lost != 0 {
				t.Fatalf("step %d: %q became %q", n, marked(said), marked(got))
			}
			for _, in := range got.Instances {
				as, there := said.find(in.Identity)
				if there && as != in || !there && (!in.Held || !ever[in.Service]) {
					t.Fatalf("step %d: %q became %q", n, marked(said), marked(got))
				}
			}
			if len(got.Instances) == 0 && known != nil && len(known.Instances) > 0 && !proven {
				t.Fatalf("step %d: empty without a proof, after %q", n, marked(known))
			}
			known = got
		}
	})
}
