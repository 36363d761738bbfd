package proxy

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"weir/proxy/session"
)

// Whatever changes while clients come, wait, leave, reset and are turned away: none waits
// for ever, and all places are free in the end.
func TestLimitsChangeUnderLoad(t *testing.T) {
	o := startOrigin(t, echo)
	dead, _ := refusing(t)
	r := startRig(t, o.addr, dead)
	b := r.backends[0]
	stop := make(chan struct{})
	var changing, clients sync.WaitGroup
	changing.Go(func() {
		for i := uint64(0); ; i++ {
			rng := rand.New(rand.NewPCG(i, 3))
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(rng.IntN(2000)) * time.Microsecond):
			}
			switch rng.IntN(5) {
			case 0:
				r.server.Limit(rng.IntN(6))
			case 1:
				b.Closed.Store(true)
				r.server.End(b, session.Drained)
				b.Closed.Store(false)
			default:
				s := *r.service
				s.MaxPerInstance = rng.IntN(3)
				r.listener.Configure(&s, session.Settings{
					MaxConnections:          rng.IntN(4),
					MaxConnectionsPerClient: rng.IntN(3),
					WhenFull:                session.WhenFull(rng.IntN(2)),
				})
			}
		}
	})
	for i := range uint64(16) {
		clients.Go(func() {
			rng := rand.New(rand.NewPCG(i, 4))
			for range 120 {
				conn, err := net.Dial("tcp", r.listener.Addr().String())
				if lost(err) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				switch c := conn.(*net.TCPConn); rng.IntN(4) {
				case 0:
					c.SetLinger(0)
				default:
					if err := echoes(c, 7); err != nil && !lost(err) {
						t.Errorf("client %d: %v", i, err)
					}
				}
				conn.Close()
			}
		})
	}
	clients.Wait()
	close(stop)
	changing.Wait()
	r.server.Limit(0)
	r.listener.Configure(r.service, session.Settings{MaxConnections: 1, MaxConnectionsPerClient: 1, WhenFull: session.Close})
	until(t, "all places to be free", func() bool { return r.server.process.Used() == 0 })
	if err := echoes(r.dial(t), 7); err != nil {
		t.Errorf("a client for whom there is the only place: %v", err)
	}
	wantReset(t, r.listener.Addr().String())
}
