package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/discovery"
	"weir/health"
)

// A stage is a service in a bubble whose catalog and backends a test plays.
type stage struct {
	*service
	t     *testing.T
	start time.Time
	log   *lockedBuffer

	mu   sync.Mutex // guards following
	down map[netip.Addr]bool
	ends []string // of connections, as ended shows them
}

// play runs a service with these datacenters to fail over to until the test ends. A good heartbeat takes 1 ms, a bad
// one all of its time.
func play(t *testing.T, c config.Service) *stage {
	st := setStage(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, tier := range st.tiers {
		wg.Go(func() { tier.resolve(ctx, st.resolver) })
	}
	wg.Go(func() { st.checker.Run(ctx) })
	wg.Go(func() { st.follow(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return st
}

// setStage has a service of which nothing runs.
func setStage(t *testing.T, c config.Service) *stage {
	st := &stage{t: t, start: time.Now(), log: new(lockedBuffer), down: map[netip.Addr]bool{}}
	st.service = st.build(c)
	return st
}

// build returns a service whose heartbeats the stage answers. Failback and heartbeat have defaults.
func (st *stage) build(c config.Service) *service {
	c.Name = "web"
	c.Failback = cmp.Or(c.Failback, 30*time.Second)
	if c.Heartbeat == nil {
		c.Heartbeat = &config.Heartbeat{Interval: 2 * time.Second, Timeout: time.Second, Rise: 1, Fall: 3}
	}
	log := hclog.New(&hclog.LoggerOptions{Output: st.log, JSONFormat: true})
	noLookup := func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no names here") }
	s := newService(c, discovery.NewResolver(noLookup, log), health.NewLimiter(health.MaxInFlight), log)
	s.checker = health.NewChecker(health.Options{
		Service: c.Name, Probe: st, Interval: c.Heartbeat.Interval, Timeout: c.Heartbeat.Timeout, Rise: c.Heartbeat.Rise, Fall: c.Heartbeat.Fall,
		Limiter: health.NewLimiter(health.MaxInFlight), Logger: hclog.NewNullLogger(),
	})
	s.end = st.cut
	return s
}

// Probe is the heartbeat of all backends.
func (st *stage) Probe(ctx context.Context, addr netip.AddrPort) error {
	time.Sleep(time.Millisecond)
	st.mu.Lock()
	down := st.down[addr.Addr()]
	st.mu.Unlock()
	if !down {
		return nil
	}
	<-ctx.Done()
	return errors.New("no answer")
}

// kill and revive set what the backends at these addresses do.
func (st *stage) kill(hosts ...string)   { st.set(true, hosts) }
func (st *stage) revive(hosts ...string) { st.set(false, hosts) }

func (st *stage) set(down bool, hosts []string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, h := range hosts {
		st.down[netip.MustParseAddr(h)] = down
	}
}

// publish is what the catalog of a tier says: an instance for each host.
func (st *stage) publish(tier int, status discovery.Status, held bool, hosts ...string) {
	list := make([]discovery.Instance, len(hosts))
	for i, h := range hosts {
		list[i] = discovery.Instance{
			Identity: discovery.Identity{Datacenter: fmt.Sprintf("dc%d", tier+1), Node: "n", Service: "web-" + h[len(h)-1:]},
			Host:     h, Port: 80, Passing: 1, Warning: 1, Status: status, Held: held,
		}
	}
	st.tiers[tier].catalog.Publish(discovery.NewSet(list, time.Now()))
}

// at lets the time go on to that long after the start.
func (st *stage) at(after time.Duration) {
	st.t.Helper()
	wait := time.Until(st.start.Add(after))
	if wait < 0 {
		st.t.Fatalf("it is later than %v", after)
	}
	time.Sleep(wait)
	synctest.Wait()
}

// uses checks which backends get connections.
func (st *stage) uses(want ...string) {
	st.t.Helper()
	var got []string
	for b := range st.pool.Snapshot().All() {
		got = append(got, b.Name())
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		st.t.Errorf("%v after the start: got %v, want %v", time.Since(st.start), got, want)
	}
}

// logged checks the log, changes of the eligible set left out: the level and the message, then what it is about.
func (st *stage) logged(want ...string) {
	st.t.Helper()
	var got []string
	for line := range strings.Lines(st.log.String()) {
		var l struct {
			Level      string `json:"@level"`
			Message    string `json:"@message"`
			Datacenter string
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			st.t.Fatal(err)
		}
		if l.Message != "eligible set changed" {
			got = append(got, strings.TrimSpace(l.Level+" "+l.Message+" "+l.Datacenter))
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		st.t.Errorf("log (-want +got):\n%s", diff)
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

const (
	local1, local2 = "10.1.0.1", "10.1.0.2"
	far1, far2     = "10.2.0.1", "10.2.0.2"
	third          = "10.3.0.1"
)
