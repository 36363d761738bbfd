package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A fakeDNS answers lookups, each after its delay, and counts them.
type fakeDNS struct {
	mu     sync.Mutex // guards the following
	names  map[string]string
	delay  map[string]time.Duration
	asked  map[string][]time.Duration // since start
	start  time.Time
	active int
	most   int
}

func newFakeDNS() *fakeDNS {
	return &fakeDNS{
		names: map[string]string{},
		delay: map[string]time.Duration{},
		asked: map[string][]time.Duration{},
		start: time.Now(),
	}
}

// set gives a name its addresses, separated by blanks; none: it is gone.
func (f *fakeDNS) set(name, addrs string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names[name] = addrs
}

func (f *fakeDNS) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	f.mu.Lock()
	f.asked[host] = append(f.asked[host], time.Since(f.start))
	f.active++
	f.most = max(f.most, f.active)
	delay := f.delay[host]
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.active--
		f.mu.Unlock()
	}()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.names[host] == "" {
		return nil, errors.New("no such host")
	}
	var list []netip.Addr
	for _, s := range strings.Fields(f.names[host]) {
		list = append(list, netip.MustParseAddr(s))
	}
	return list, nil
}

func (f *fakeDNS) times(host string) []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[host]
}

// hostSet has one instance for each host: i0, i1 and so on.
func hostSet(hosts ...string) *Set {
	var list []Instance
	for i, h := range hosts {
		list = append(list, instanceAt(fmt.Sprintf("i%d", i), h, 80+i, 1, 1))
	}
	return NewSet(list, time.Now())
}

func hostsOf(s *Set) string {
	if s == nil {
		return "no set"
	}
	var list []string
	for _, in := range s.Instances {
		list = append(list, in.Service+"="+in.Host)
	}
	return strings.Join(list, " ")
}

// resolving runs f in a bubble, with a resolver between the feeds.
func resolving(t *testing.T, f func(t *testing.T, dns *fakeDNS, in, out *Feed, lines *logLines)) {
	synctest.Test(t, func(t *testing.T) {
		dns, in, out := newFakeDNS(), NewFeed(), NewFeed()
		log, lines := testLog()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := NewResolver(dns.lookup, log).Resolve(ctx, in, out); err != nil {
				t.Errorf("resolve: got %v, want nil", err)
			}
		})
		f(t, dns, in, out, lines)
		cancel()
		wg.Wait()
	})
}

func wantHosts(t *testing.T, out *Feed, want string) {
	t.Helper()
	synctest.Wait()
	if got := hostsOf(out.Set()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestResolvePassesAddressesOn(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, _ *logLines) {
		for _, set := range []*Set{hostSet("10.0.0.1", "::1"), hostSet("10.0.0.2"), hostSet()} {
			in.Publish(set)
			synctest.Wait()
			if out.Set() != set {
				t.Errorf("got %q, want %q itself", hostsOf(out.Set()), hostsOf(set))
			}
		}
	})
}

// That a set comes from the disk, and that the catalog has confirmed it since, passes as well.
func TestResolveUnverifiedSet(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, _ *logLines) {
		dns.set("a.test", "10.0.0.5")
		for _, unverified := range []bool{true, false} {
			set := hostSet("a.test", "10.0.0.1")
			set.Unverified = unverified
			in.Publish(set)
			wantHosts(t, out, "i0=10.0.0.5 i1=10.0.0.1")
			if got := out.Set().Unverified; got != unverified {
				t.Errorf("unverified: got %v, want %v", got, unverified)
			}
		}
	})
}

func TestResolveSetThatIsThereAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns, in, out := newFakeDNS(), NewFeed(), NewFeed()
		dns.set("a.test", "10.0.0.5")
		in.Publish(hostSet("a.test"))
		<-in.Changed() // seen by nobody
		log, _ := testLog()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { NewResolver(dns.lookup, log).Resolve(ctx, in, out) })
		wantHosts(t, out, "i0=10.0.0.5")
		cancel()
		wg.Wait()
	})
}

func TestResolveSlowLookupDelaysNobodyElse(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, lines *logLines) {
		dns.set("slow.test", "10.0.0.9")
		dns.delay["slow.test"] = 4 * time.Second
		dns.set("fast.test", "fd00::7 10.0.0.7")
		in.Publish(hostSet("slow.test", "10.0.0.1", "fast.test"))
		wantHosts(t, out, "i1=10.0.0.1 i2=fd00::7")
		in.Publish(hostSet("slow.test", "10.0.0.2", "fast.test"))
		wantHosts(t, out, "i1=10.0.0.2 i2=fd00::7")
		time.Sleep(4 * time.Second)
		wantHosts(t, out, "i0=10.0.0.9 i1=10.0.0.2 i2=fd00::7")
		if got := lines.all(); len(got) > 0 {
			t.Errorf("got log %q, want none", got)
		}
	})
}

// A set of names alone is not an empty set while they are looked up.
func TestResolveFirstLookupIsAwaited(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, _ *logLines) {
		in.Publish(hostSet("10.0.0.1"))
		wantHosts(t, out, "i0=10.0.0.1")
		dns.set("a.test", "10.0.0.5")
		dns.delay["a.test"] = 3 * time.Second
		in.Publish(hostSet("a.test"))
		wantHosts(t, out, "i0=10.0.0.1")
		time.Sleep(3 * time.Second)
		wantHosts(t, out, "i0=10.0.0.5")
		in.Publish(hostSet())
		wantHosts(t, out, "")
	})
}

func TestResolveKeepsTheAddressInUse(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, lines *logLines) {
		dns.set("a.test", "::ffff:10.0.0.5 10.0.0.6")
		in.Publish(hostSet("a.test"))
		wantHosts(t, out, "i0=10.0.0.5")
		dns.set("a.test", "10.0.0.6 10.0.0.5") // turned round
		time.Sleep(lookupEvery)
		wantHosts(t, out, "i0=10.0.0.5")
		dns.set("a.test", "") // gone
		time.Sleep(10 * lookupEvery)
		wantHosts(t, out, "i0=10.0.0.5")
		if got := lines.all(); len(got) != 1 || !strings.Contains(got[0], "its last address stays") {
			t.Errorf("got log %q, want one line on the address that stays", got)
		}
		dns.set("a.test", "10.0.0.6") // moved
		time.Sleep(lookupEvery)
		wantHosts(t, out, "i0=10.0.0.6")
		if got := lines.all(); len(got) != 2 || !strings.Contains(got[1], "resolves again") {
			t.Errorf("got log %q, want a second line on the recovery", got)
		}
		if got := len(dns.times("a.test")); got != 13 {
			t.Errorf("got %d lookups in 12 times 30 s, want 13", got)
		}
	})
}

func TestResolveNeverResolvedIsRetried(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, lines *logLines) {
		in.Publish(hostSet("a.test", "10.0.0.1"))
		wantHosts(t, out, "i1=10.0.0.1")
		time.Sleep(100 * time.Second)
		want := []time.Duration{0, 1, 3, 7, 15, 31, 61, 91} // seconds
		got := dns.times("a.test")
		if len(got) != len(want) {
			t.Fatalf("got lookups at %v, want at %v s", got, want)
		}
		for i := range want {
			if got[i] != want[i]*time.Second {
				t.Errorf("got lookup %d at %v, want at %v s", i, got[i], int(want[i]))
			}
		}
		if l := lines.all(); len(l) != 1 || !strings.Contains(l[0], "its instances are left out") {
			t.Errorf("got log %q, want one line", l)
		}
		dns.set("a.test", "10.0.0.5")
		time.Sleep(lookupEvery)
		wantHosts(t, out, "i0=10.0.0.5 i1=10.0.0.1")
	})
}

func TestResolveAllNamesUnknown(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, _ *logLines) {
		dns.delay["a.test"] = time.Hour // silent: the lookup's own deadline ends it
		in.Publish(hostSet("a.test"))
		wantHosts(t, out, "no set")
		time.Sleep(lookupTimeout)
		wantHosts(t, out, "")
	})
}

func TestResolveBoundsLookups(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, _ *logLines) {
		var names []string
		for i := range 50 {
			name := fmt.Sprintf("h%d.test", i)
			dns.set(name, fmt.Sprintf("10.0.1.%d", i))
			dns.delay[name] = time.Second
			names = append(names, name)
		}
		in.Publish(hostSet(names...))
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		if got := len(out.Set().Instances); got != 48 {
			t.Errorf("got %d resolved after three rounds, want 48", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := len(out.Set().Instances); got != 50 {
			t.Errorf("got %d resolved in the end, want 50", got)
		}
		if dns.most != maxLookups {
			t.Errorf("got %d lookups at once, want %d", dns.most, maxLookups)
		}
	})
}

func TestSystemLookup(t *testing.T) {
	addrs, err := SystemLookup(t.Context(), "localhost")
	if err != nil || len(addrs) == 0 || !addrs[0].Unmap().IsLoopback() {
		t.Errorf("got %v, %v for localhost, want a loopback address", addrs, err)
	}
}

func TestResolveForgetsNames(t *testing.T) {
	resolving(t, func(t *testing.T, dns *fakeDNS, in, out *Feed, _ *logLines) {
		dns.set("a.test", "10.0.0.5")
		dns.set("b.test", "10.0.0.6")
		in.Publish(hostSet("a.test", "a.test"))
		wantHosts(t, out, "i0=10.0.0.5 i1=10.0.0.5")
		in.Publish(hostSet("b.test"))
		wantHosts(t, out, "i0=10.0.0.6")
		time.Sleep(10 * lookupEvery)
		synctest.Wait()
		if got := len(dns.times("a.test")); got != 1 {
			t.Errorf("got %d lookups of a name for two instances, then gone, want 1", got)
		}
	})
}
