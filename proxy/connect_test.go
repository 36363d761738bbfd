package proxy

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"weir/balance"
	"weir/proxy/session"
)

func TestRefusedBackendIsReplaced(t *testing.T) {
	first, _ := refusing(t)
	second, _ := refusing(t)
	o := startOrigin(t, echo)
	r := newRig(t, first, second, o.addr)
	var told [3]atomic.Int64
	r.service.ConnectFailed = func(b *balance.Backend) {
		for i := range r.backends {
			if r.backends[i] == b {
				told[i].Add(1)
			}
		}
	}
	r.serve(t)
	const n = 30
	for i := range n {
		ping(t, r.dial(t), byte(i))
	}
	for i, b := range r.backends[:2] {
		// Its own picks, and perhaps those where the other one had refused.
		if got := b.Failures.Load(); got < n/6 || got > n || int64(got) != told[i].Load() {
			t.Errorf("backend %d: got %d failures and was told of %d, want the same, from %d to %d", i, got, told[i].Load(), n/6, n)
		}
		if got := b.Connections.Load(); got != 0 {
			t.Errorf("backend %d: got %d connections, want 0", i, got)
		}
	}
	if got := r.backends[2].Connections.Load(); got != n {
		t.Errorf("the good backend: got %d connections, want %d", got, n)
	}
	if got := r.listener.Failed.Load(); got != 0 {
		t.Errorf("got %d failed connections, want 0", got)
	}
}

func TestTriesEnd(t *testing.T) {
	for _, test := range []struct {
		name              string
		backends, retries int
		want              int // tries
	}{
		{"retries used up", 5, 2, 3},
		{"no retries", 3, 0, 1},
		{"each backend tried once", 3, 9, 3},
		{"a lone backend tried twice", 1, 9, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var addrs []netip.AddrPort
			for range test.backends {
				addr, _ := refusing(t)
				addrs = append(addrs, addr)
			}
			r := newRig(t, addrs...)
			r.service.Retries = test.retries
			r.serve(t)
			began := time.Now()
			wantReset(t, r.listener.Addr().String())
			took := time.Since(began)
			tries := 0
			for _, b := range r.backends {
				failures := int(b.Failures.Load())
				tries += failures
				if failures > 1 && test.backends > 1 {
					t.Errorf("backend %s was tried %d times, want once at most", b, failures)
				}
			}
			if tries != test.want {
				t.Errorf("got %d tries, want %d", tries, test.want)
			}
			if test.backends == 1 && took < session.LonePause {
				t.Errorf("the lone backend was tried again within %v, want %v or more", took, session.LonePause)
			}
			if got := r.listener.Failed.Load(); got != 1 {
				t.Errorf("got %d failed connections counted, want 1", got)
			}
			if got := r.finished(t, 1)[0]; got["end"] != string(session.ConnectFailed) || got["instance"] != "" {
				t.Errorf("got end %v of instance %q, want %v of none", got["end"], got["instance"], session.ConnectFailed)
			}
			if got := r.log.lines("connection reset: no backend could be reached"); len(got) != 1 || got[0]["@level"] != "warn" {
				t.Errorf("got log %v, want one warning", got)
			}
		})
	}
}

func TestLoneBackendThatRestarts(t *testing.T) {
	addr, socket := refusing(t)
	r := newRig(t, addr)
	r.service.ConnectFailed = func(*balance.Backend) { // the restart ends right after the first try
		if err := socket.listen(); err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(socket.close) // resets what nobody accepted
	}
	r.serve(t)
	client := r.dial(t)
	r.joined(t, 1)
	if failures, conns := r.backends[0].Failures.Load(), r.backends[0].Connections.Load(); failures != 1 || conns != 1 {
		t.Errorf("got %d failures and %d connections, want 1 and 1", failures, conns)
	}
	client.Close()
}

// In the pause before the second try the catalog takes the lone backend out and
// lists another one in its place, or none.
func TestLoneBackendThatIsReplaced(t *testing.T) {
	t.Run("by another", func(t *testing.T) {
		addr, _ := refusing(t)
		o := startOrigin(t, echo)
		r := newRig(t, addr)
		r.service.ConnectFailed = func(*balance.Backend) { r.setBackends(o.addr) }
		r.serve(t)
		ping(t, r.dial(t), 7)
	})
	t.Run("by none", func(t *testing.T) {
		addr, socket := refusing(t)
		r := newRig(t, addr)
		r.service.ConnectFailed = func(*balance.Backend) {
			r.setBackends()
			if socket.listen() == nil {
				t.Cleanup(socket.close)
			}
		}
		r.serve(t)
		wantReset(t, r.listener.Addr().String())
		if got := r.backends[0].Connections.Load(); got != 0 {
			t.Errorf("got %d connections to a backend that was taken out, want 0", got)
		}
	})
}

func TestBackendThatDoesNotAnswer(t *testing.T) {
	silent := silentAddr(t)
	o := startOrigin(t, echo)
	r := newRig(t, silent, o.addr)
	r.service.ConnectTimeout = 300 * time.Millisecond
	var told atomic.Int64
	r.service.ConnectFailed = func(*balance.Backend) { told.Add(1) }
	r.serve(t)
	const n = 6
	for i := range n {
		ping(t, r.dial(t), byte(i))
	}
	if got := r.backends[0].Failures.Load(); got < 1 || got > n || int64(got) != told.Load() {
		t.Errorf("got %d failures and was told of %d, want the same, from 1 to %d", got, told.Load(), n)
	}
	if got := r.backends[1].Failures.Load(); got != 0 {
		t.Errorf("got %d failures of the good backend, want 0", got)
	}
	for _, l := range r.log.lines("connect failed") {
		if l["backend"] != r.backends[0].Name() {
			t.Errorf("got a failure of %v logged, want of %v", l["backend"], r.backends[0].Name())
		}
	}
}

func TestClientGoneDuringConnect(t *testing.T) {
	silent := silentAddr(t)
	o := startOrigin(t, echo)
	r := newRig(t, silent, o.addr)
	r.service.ConnectTimeout = 200 * time.Millisecond
	r.serve(t)
	client := r.dial(t) // the pool begins with either: one of the two meets the silent one
	other := r.dial(t)
	until(t, "both in the works", func() bool {
		return r.backends[0].Active.Load() == 1 && r.backends[1].Active.Load() == 1
	})
	reset(client)
	reset(other)
	for _, l := range r.finished(t, 2) {
		if l["end"] != string(session.ClientReset) || l["bytes_up"] != 0.0 || l["bytes_down"] != 0.0 {
			t.Errorf("got %v, want end %v and no bytes", l, session.ClientReset)
		}
	}
	if got := r.backends[0].Failures.Load(); got > 1 { // 0 where the end of the client ends the try
		t.Errorf("got %d failures of the silent backend, want 1 at most", got)
	}
}

func TestNoBackend(t *testing.T) {
	r := startRig(t)
	began := time.Now()
	const n = 50
	var g errgroup.Group
	for range n {
		g.Go(func() error { wantReset(t, r.listener.Addr().String()); return nil })
	}
	g.Wait()
	seconds := int(time.Since(began)/time.Second) + 1
	r.finished(t, n)
	if got := r.listener.Unserved.Load(); got != n {
		t.Errorf("got %d counted, want %d", got, n)
	}
	lines := r.log.lines("connection reset: no backend is eligible")
	if len(lines) < 1 || len(lines) > seconds {
		t.Errorf("got %d warnings in %d s, want one, and one a second at most", len(lines), seconds)
	}
	for _, l := range r.finished(t, n) {
		if l["end"] != string(session.NoBackend) {
			t.Errorf("got end %v, want %v", l["end"], session.NoBackend)
		}
	}
	// A backend that appears takes the next connection.
	o := startOrigin(t, echo)
	r.setBackends(o.addr)
	ping(t, r.dial(t), 9)
}
