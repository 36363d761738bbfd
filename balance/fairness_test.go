package balance

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// fairness follows a pool's picks, and knows for each backend the largest difference
// over any window between its picks and its fair share: the sum, over the picks, of
// the share that it had at each, none while it was not eligible.
type fairness struct {
	pool  *Pool
	picks float64
	seen  map[*Backend]*record
	worst float64
}

// record is a backend's fair share less its picks, since the beginning.
type record struct {
	owed, share, since float64 // share: of each pick since then
	least, most        float64
}

func newFairness() *fairness {
	return &fairness{pool: NewPool(nil), seen: map[*Backend]*record{}}
}

func (f *fairness) look(r *record) {
	r.owed += (f.picks - r.since) * r.share
	r.since = f.picks
	r.least, r.most = min(r.least, r.owed), max(r.most, r.owed)
	f.worst = max(f.worst, r.most-r.least)
}

func (f *fairness) update(members []Member) {
	if !f.pool.Update(members, Admission{}).Any() {
		return
	}
	for _, r := range f.seen {
		f.look(r)
		r.share = 0
	}
	eligible := f.pool.Snapshot().eligible
	if len(eligible) == 0 {
		return
	}
	counts, length := new(workspace).apportion(eligible)
	for i, e := range eligible {
		r := f.seen[e.Backend]
		if r == nil {
			r = &record{since: f.picks}
			f.seen[e.Backend] = r
		}
		r.share = float64(counts[i]) / float64(length)
	}
}

func (f *fairness) pick(n int) {
	for range n {
		b := f.pool.Pick()
		if b == nil {
			return
		}
		r := f.seen[b]
		f.look(r)
		f.picks++
		r.owed--
		f.look(r)
	}
}

// play runs a script of changes, two bytes each and one for the picks that follow.
func (f *fairness) play(script []byte) {
	var now []Member
	born := 0
	add := func(weight int) {
		m := members(weight)[0]
		m.Name = fmt.Sprint(born)
		born++
		now = append(now, m)
	}
	weight := func(x byte) int {
		switch {
		case x < 100:
			return 1 + int(x)%5
		case x < 200:
			return int(x) - 99
		case x < 254:
			return 1 << (x % 12)
		default:
			return 4_999
		}
	}
	for ; len(script) >= 3; script = script[3:] {
		op, x, picks := script[0], script[1], int(script[2])
		at := 0
		if len(now) > 0 {
			at = int(x) % len(now)
		}
		switch {
		case op%16 < 4 || len(now) == 0:
			add(weight(x))
		case op%16 < 7:
			now = append(now[:at:at], now[at+1:]...)
		case op%16 < 10: // a heartbeat turns
			now = append([]Member(nil), now...)
			now[at].Heartbeat = Up + Down - now[at].Heartbeat
		case op%16 < 13:
			now = append([]Member(nil), now...)
			now[at].CatalogWeight = weight(op ^ x)
		case op%16 == 13: // many join
			for range 1 + x%20 {
				add(weight(x))
			}
		case op%16 == 14: // many leave
			var kept []Member
			for i, m := range now {
				if (i+int(x))%3 == 0 {
					kept = append(kept, m)
				}
			}
			now = kept
		default: // all replaced
			n := min(len(now), 12)
			now = nil
			for i := range n {
				add(weight(x + byte(17*i)))
			}
		}
		f.update(now)
		f.pick(picks)
	}
}

// farthest is what no script has reached yet. The aim is two, which no picker can
// promise: see WeightedRoundRobin.
const farthest = 2.5

func FuzzFairness(f *testing.F) {
	f.Add([]byte{0, 4, 9, 0, 1, 3, 0, 0, 17, 5, 1, 2, 8, 0, 5, 8, 0, 1})
	f.Add([]byte{0, 255, 200, 0, 0, 9, 8, 0, 3, 8, 0, 250, 0, 255, 4})
	f.Add([]byte{13, 19, 30, 14, 1, 7, 15, 3, 40, 13, 130, 11, 11, 210, 60})
	f.Fuzz(func(t *testing.T, script []byte) {
		f := newFairness()
		f.play(script[:min(len(script), 240)])
		if f.worst > farthest {
			t.Errorf("a window is %.4f picks off, want %v at most", f.worst, farthest)
		}
	})
}

// soak plays lives of so many changes, all at random, and returns the largest
// deviation, and how many lives had a window more than two picks off.
func soak(lives, changes int, mass bool) (worst float64, over int) {
	rng := rand.New(rand.NewPCG(5, 2))
	for range lives {
		script := make([]byte, 3*changes)
		haste := 1 + rng.IntN(255)
		for i := range script {
			switch {
			case i%3 == 2:
				script[i] = byte(rng.IntN(haste))
			case i%3 == 0 && !mass:
				script[i] = byte(rng.IntN(13))
			default:
				script[i] = byte(rng.IntN(256))
			}
		}
		f := newFairness()
		f.play(script)
		worst = max(worst, f.worst)
		if f.worst > 2 {
			over++
		}
	}
	return worst, over
}

func TestFairOverManyChanges(t *testing.T) {
	for _, tt := range []struct {
		name           string
		lives, changes int
		mass           bool
		mayBeOver      int
	}{
		{"a few changes", 600, 12, false, 0},
		{"a few mass changes", 600, 12, true, 3},
		{"hundreds of changes", 40, 200, false, 8},
		{"hundreds with mass changes", 40, 200, true, 4},
	} {
		worst, over := soak(tt.lives, tt.changes, tt.mass)
		t.Logf("%s: at most %.3f off, %d of %d lives over two", tt.name, worst, over, tt.lives)
		if worst > farthest || over > tt.mayBeOver {
			t.Errorf("%s: %.3f off and %d over two, want %v and %d at most", tt.name, worst, over, farthest, tt.mayBeOver)
		}
	}
}

// The most uneven weights there are, and weights whose cycle is the longest.
func TestFairWithExtremeWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	for _, weights := range [][]int{{MaxWeight, 1}, {1, MaxWeight, MaxWeight - 1}, {MaxWeight, 1, 300, 1, 20_011}} {
		f := newFairness()
		now := members(weights...)
		f.update(now)
		for range 60 {
			f.pick(rng.IntN(1 << rng.IntN(19)))
			i := rng.IntN(len(now))
			now[i].Heartbeat = Up + Down - now[i].Heartbeat
			f.update(now)
		}
		t.Logf("weights %v: at most %.3f off", weights, f.worst)
		if f.worst > farthest {
			t.Errorf("weights %v: a window is %.3f picks off, want %v at most", weights, f.worst, farthest)
		}
	}
}

// Neither the first backend nor a newcomer gains by a change, though one comes after
// every pick.
func TestNoRestartNoBurst(t *testing.T) {
	f := newFairness()
	now := members(3, 3, 3, 3, 3)
	extra := members(3, 3, 3, 3, 3, 4)[5]
	count := map[string]int{}
	for n := range 400 {
		if n%2 == 0 {
			f.update(now)
		} else {
			f.update(append(now[:len(now):len(now)], extra))
		}
		f.pick(1)
		b := f.pool.picker.(*ring)
		count[b.eligible[b.slots[b.slot(b.cursor.Load()-1)]].Backend.Name()]++
	}
	if f.worst > 2 {
		t.Errorf("a window is %.3f picks off, want 2 at most; picks: %v", f.worst, count)
	}
	for _, m := range now {
		if got := count[m.Name]; got < 70 || got > 76 {
			t.Errorf("%s: got %d picks of 400, want about 72.6", m.Name, got)
		}
	}
}
