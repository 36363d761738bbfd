package health

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// probeFunc is a probe for tests in fake time.
type probeFunc func(ctx context.Context, addr netip.AddrPort) error

func (f probeFunc) Probe(ctx context.Context, addr netip.AddrPort) error { return f(ctx, addr) }

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// lines returns the logged lines that contain part.
func (b *logBook) lines(part string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []string
	for line := range strings.Lines(b.text.String()) {
		if strings.Contains(line, part) {
			found = append(found, strings.TrimRight(line, "\n"))
		}
	}
	return found
}

// started returns a running checker that has filled in what o leaves out, and its log. The returned stop ends and joins it;
// a second call does nothing.
func started(t *testing.T, o Options) (c *Checker, book *logBook, stop func()) {
	t.Helper()
	book = new(logBook)
	o.Service = "web"
	o.Logger = hclog.New(&hclog.LoggerOptions{Output: book, Level: hclog.Debug, DisableTime: true})
	if o.Interval == 0 {
		o.Interval = 2 * time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	if o.Rise == 0 {
		o.Rise = 2
	}
	if o.Fall == 0 {
		o.Fall = 3
	}
	if o.Limiter == nil {
		o.Limiter = NewLimiter(MaxInFlight)
	}
	c = NewChecker(o)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(ctx); err != context.Canceled {
			t.Errorf("Run: got %v, want %v", err, context.Canceled)
		}
	})
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return c, book, stop
}

// target returns the i-th of many targets.
func target(i int) Target {
	addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
	return Target{Name: "node-" + addr.String() + "/web", Addr: netip.AddrPortFrom(addr, 8080)}
}

func targets(n int) []Target {
	all := make([]Target, n)
	for i := range all {
		all[i] = target(i)
	}
	return all
}

// await waits for a change of a verdict, in a bubble; an hour without one is too long.
func await(t *testing.T, c *Checker) {
	t.Helper()
	select {
	case <-c.Changed():
	case <-time.After(time.Hour):
		t.Fatal("no verdict has changed")
	}
}
