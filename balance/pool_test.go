package balance

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// member is passing and up.
func member(name, addr string, weight int) Member {
	return Member{Name: name, Addr: netip.MustParseAddrPort(addr), CatalogWeight: weight, HeartbeatWeight: weight, Heartbeat: Up}
}

// listing shows the eligible backends as name=weight.
func listing(p *Pool) []string {
	var out []string
	for b, w := range p.Snapshot().All() {
		out = append(out, fmt.Sprintf("%s=%d", b.Name(), w))
	}
	return out
}

// only returns the backend of a pool that has one eligible.
func only(t *testing.T, p *Pool) *Backend {
	t.Helper()
	if n := p.Snapshot().Len(); n != 1 {
		t.Fatalf("got %d eligible backends, want 1", n)
	}
	return p.Pick()
}

func names(backends []*Backend) []string {
	var out []string
	for _, b := range backends {
		out = append(out, b.Name())
	}
	return out
}

func TestUpdateSaysWhatChanged(t *testing.T) {
	p := NewPool(nil)
	a, b, c := member("a", "10.0.0.1:1", 5), member("b", "10.0.0.2:1", 2), member("c", "[2001:db8::3]:1", 1)
	d := member("d", "10.0.0.4:1", 9)
	d.Heartbeat = Unproven

	got := p.Update([]Member{c, a, d, b}, Admission{})
	if diff := cmp.Diff([]string{"a", "b", "c"}, names(got.Added)); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	if got.Eligible != 3 || got.Total != 4 {
		t.Errorf("got %d eligible of %d, want 3 of 4", got.Eligible, got.Total)
	}

	before := p.Snapshot()
	if got := p.Update([]Member{b, a, c, d}, Admission{}); got.Any() || got.Eligible != 3 {
		t.Errorf("same members in another order: got %+v, want no change", got)
	}
	if p.Snapshot() != before {
		t.Error("a snapshot was published without a change")
	}

	a.CatalogWeight, b.Heartbeat, d.Heartbeat = 4, Down, Up
	got = p.Update([]Member{a, b, d}, Admission{})
	if diff := cmp.Diff([][]string{{"d"}, {"b", "c"}}, [][]string{names(got.Added), names(got.Removed)}); diff != "" {
		t.Errorf("added and removed (-want +got):\n%s", diff)
	}
	if len(got.Reweighted) != 1 || got.Reweighted[0].Backend.Name() != "a" || got.Reweighted[0].From != 5 || got.Reweighted[0].To != 4 {
		t.Errorf("got reweighted %v, want a from 5 to 4", got.Reweighted)
	}
	if diff := cmp.Diff([]string{"a=4", "d=9"}, listing(p)); diff != "" {
		t.Errorf("eligible (-want +got):\n%s", diff)
	}
	if before.Len() != 3 {
		t.Errorf("an old snapshot changed: got %d backends, want 3", before.Len())
	}
}

func TestFirstOfTwoAlikeCounts(t *testing.T) {
	p := NewPool(nil)
	got := p.Update([]Member{member("a", "10.0.0.1:1", 5), member("a", "10.0.0.1:1", 3), member("a", "10.0.0.1:2", 2)}, Admission{Rule: Catalog})
	if got.Total != 2 {
		t.Errorf("got %d members, want 2", got.Total)
	}
	if diff := cmp.Diff([]string{"a=5", "a=2"}, listing(p)); diff != "" {
		t.Errorf("eligible (-want +got):\n%s", diff)
	}
}

func TestNoneEligible(t *testing.T) {
	p := NewPool(nil)
	if p.Snapshot() == nil || p.Pick() != nil || p.PickOther(nil) != nil {
		t.Error("a new pool has a nil snapshot or a backend")
	}
	p.Update([]Member{member("a", "10.0.0.1:1", 5)}, Admission{})
	if p.Pick() == nil {
		t.Error("got no backend of one")
	}
	p.Update(nil, Admission{})
	if p.Snapshot().Len() != 0 || p.Pick() != nil || p.PickOther(nil) != nil {
		t.Error("got a backend after the last one left")
	}
	p.Update([]Member{member("b", "10.0.0.1:1", 5)}, Admission{})
	if b := p.Pick(); b == nil || b.Name() != "b" {
		t.Errorf("got %v, want b", b)
	}
}

func TestIdentityIsNameAndAddress(t *testing.T) {
	p := NewPool(nil)
	a := member("a", "10.0.0.1:1", 5)
	p.Update([]Member{a}, Admission{})
	first := only(t, p)
	if got, want := first.String(), "a (10.0.0.1:1)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	down := a
	down.Heartbeat = Down
	p.Update([]Member{down}, Admission{})
	p.Update([]Member{down, member("b", "10.0.0.2:1", 1)}, Admission{})
	p.Update([]Member{a}, Admission{})
	if got := only(t, p); got != first {
		t.Error("another backend after its heartbeat was down")
	}
	for _, other := range []Member{member("a", "10.0.0.1:2", 5), member("a", "10.0.0.9:1", 5), member("b", "10.0.0.1:1", 5)} {
		p.Update([]Member{a, other}, Admission{})
		p.Update([]Member{other}, Admission{})
		if got := only(t, p); got == first {
			t.Errorf("%s %s is the same backend as %s", other.Name, other.Addr, first)
		}
		p.Update([]Member{a}, Admission{})
	}
}

func TestBackWhileDraining(t *testing.T) {
	p := NewPool(nil)
	a, b := member("a", "10.0.0.1:1", 5), member("b", "10.0.0.2:1", 1)
	p.Update([]Member{a}, Admission{})
	first := only(t, p)
	first.Active.Add(2)
	first.Connections.Add(9)

	for range 5 {
		p.Update([]Member{b}, Admission{})
	}
	change := p.Update([]Member{a}, Admission{})
	if got := only(t, p); got != first || got.Connections.Load() != 9 {
		t.Error("a backend with live connections was not simply back with its counters")
	}
	if diff := cmp.Diff([]string{"a"}, names(change.Added)); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}

	first.Active.Store(0)
	p.Update([]Member{b}, Admission{}) // leaves: a connect may still be under way
	p.Update([]Member{a}, Admission{})
	if got := only(t, p); got != first {
		t.Error("a backend was forgotten by the very update that removed it")
	}
	p.Update([]Member{b}, Admission{})
	p.Update([]Member{b}, Admission{})
	if len(p.known) != 1 || len(p.backends) != 1 {
		t.Errorf("got %d known backends, want 1", len(p.known))
	}
	p.Update([]Member{a}, Admission{})
	if got := only(t, p); got == first {
		t.Error("an idle backend was remembered for ever")
	}
}

func TestPickOther(t *testing.T) {
	p := NewPool(nil)
	p.Update([]Member{member("a", "10.0.0.1:1", 5), member("b", "10.0.0.2:1", 2), member("c", "10.0.0.3:1", 1)}, Admission{})
	var all []*Backend
	for b := range p.Snapshot().All() {
		all = append(all, b)
	}
	for mask := range 1 << len(all) {
		var tried []*Backend
		for i, b := range all {
			if mask>>i&1 == 1 {
				tried = append(tried, b)
			}
		}
		for range 20 {
			got := p.PickOther(tried)
			if (got == nil) != (len(tried) == len(all)) {
				t.Errorf("tried %v: got %v", tried, got)
			}
			if slices.Contains(tried, got) {
				t.Errorf("tried %v: got %v again", tried, got)
			}
		}
	}
}

// A dead backend with nearly all the weight: what is left still shares by turns, and
// one that is no longer eligible does no harm among the tried.
func TestPickOtherBesideAHeavyOne(t *testing.T) {
	p := NewPool(nil)
	heavy, gone := member("heavy", "10.0.0.1:1", 65_535), member("gone", "10.0.0.4:1", 1)
	b, c := member("b", "10.0.0.2:1", 1), member("c", "10.0.0.3:1", 1)
	p.Update([]Member{gone}, Admission{})
	tried := []*Backend{only(t, p)}
	p.Update([]Member{heavy}, Admission{})
	tried = append(tried, only(t, p))
	p.Update([]Member{heavy, b, c}, Admission{})

	count := map[string]int{}
	for range 300 {
		count[p.PickOther(tried).Name()]++
	}
	if count["b"]+count["c"] != 300 || count["b"] < 90 || count["c"] < 90 {
		t.Errorf("got %v, want about half each", count)
	}
}
