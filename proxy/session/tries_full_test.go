package session

import (
	"fmt"
	"net/netip"
	"sync"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"

	"weir/balance"
)

// service returns one whose backends have these weights.
func service(weights ...int) *Service {
	pool := balance.NewPool(nil)
	var members []balance.Member
	for i, w := range weights {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 80)
		members = append(members, balance.Member{Name: fmt.Sprintf("node-%d/web", i), Addr: addr, CatalogWeight: w})
	}
	pool.Update(members, balance.Admission{Rule: balance.Catalog})
	return &Service{Name: "web", Pool: pool}
}

func front(s *Service, settings Settings, process *Room) *Front {
	return NewFront("front", s, settings, process, hclog.NewNullLogger())
}

func TestFullInstanceIsSkipped(t *testing.T) {
	s := service(5, 1)
	s.MaxPerInstance = 3
	f := front(s, Settings{}, nil)
	var sessions [7]Tries
	active := map[string]int{}
	for i := range sessions {
		b := sessions[i].First(f, s)
		if i == 6 {
			if b != nil {
				t.Errorf("got %s for one more than there is room for, want none", b)
			}
			if got := sessions[i].Why(nil); got != InstancesFull {
				t.Errorf("got %s, want %s", got, InstancesFull)
			}
			break
		}
		active[b.Name()]++
	}
	if active["node-0/web"] != 3 || active["node-1/web"] != 3 {
		t.Errorf("got %v, want 3 each", active)
	}
	// One leaves: there is its place.
	left := sessions[4].Joined()
	Leave(left)
	if got := sessions[6].First(f, s); got != left {
		t.Errorf("got %v, want %s where there is room again", got, left)
	}
}

// The connections that one had before it was limited count too.
func TestInstanceBeyondANewLimit(t *testing.T) {
	s := service(1)
	f := front(s, Settings{}, nil)
	var before [3]Tries
	for i := range before {
		before[i].First(f, s)
	}
	limited := *s
	limited.MaxPerInstance = 2
	var late Tries
	for want := 3; want >= 2; want-- {
		if b := late.First(f, &limited); b != nil {
			t.Errorf("with %d active: got %s, want none", want, b)
		}
		before[want-1].Stopped()
	}
	if b := late.First(f, &limited); b == nil {
		t.Error("with 1 active: got none")
	}
}

// What could not be reached isn't tried again, though it alone has room.
func TestRetryAmongFullInstances(t *testing.T) {
	s := service(1, 1)
	s.MaxPerInstance, s.Retries = 1, 5
	f := front(s, Settings{}, nil)
	var other, own Tries
	other.First(f, s)
	failing := own.First(f, s)
	if next, pause := own.Failed(syscall.ECONNREFUSED); next != nil || pause != 0 {
		t.Errorf("got %v and a pause of %v, want nobody", next, pause)
	}
	if got := own.Why(syscall.ECONNREFUSED); got != ConnectFailed {
		t.Errorf("got %s, want %s", got, ConnectFailed)
	}
	if got := failing.Active.Load(); got != 0 {
		t.Errorf("got %d active of the one that failed, want 0", got)
	}
}

func TestWhy(t *testing.T) {
	for _, test := range []struct {
		name string
		s    *Service
		most int
		err  error
		want EndReason
	}{
		{"nobody", service(), 0, nil, NoBackend},
		{"nobody, though limited", service(), 1, nil, NoBackend},
		{"refused", service(1), 1, syscall.ECONNREFUSED, ConnectFailed},
		{"too late", service(1), 1, syscall.ETIMEDOUT, ConnectTimeout},
		{"full", service(1), 1, nil, InstancesFull},
	} {
		test.s.MaxPerInstance = test.most
		var first, second Tries
		f := front(test.s, Settings{}, nil)
		first.First(f, test.s)
		second.First(f, test.s)
		if got := second.Why(test.err); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// However many come and go at the same moment, no instance has more than its most, and in
// the end all places can be taken.
func TestInstancesUnderContention(t *testing.T) {
	const most, clients, rounds = 1, 4, 50_000
	s := service(3)
	s.MaxPerInstance = most
	f := front(s, Settings{}, nil)
	var g sync.WaitGroup
	for range clients {
		g.Go(func() {
			var own Tries
			for range rounds {
				b := own.First(f, s)
				if b == nil {
					continue
				}
				if n := b.Active.Load(); n > most {
					t.Errorf("got %d active of %s, want %d at most", n, b, most)
					return
				}
				own.Stopped()
			}
		})
	}
	g.Wait()
	var sessions [most + 1]Tries
	for i := range sessions {
		if b := sessions[i].First(f, s); (b != nil) != (i < most) {
			t.Errorf("session %d: got %v, want one of %d places", i, b, most)
		}
	}
}
