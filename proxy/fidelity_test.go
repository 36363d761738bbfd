package proxy

import (
	"fmt"
	"net"
	"testing"

	"golang.org/x/sync/errgroup"

	"weir/proxy/session"
)

// An order is who ends its half first.
type order string

const (
	clientFirst  order = "client first"  // the backend answers after the client's end
	backendFirst order = "backend first" // the client answers after the backend's end
	bothAtOnce   order = "both at once"
)

// exchange sends up bytes from client to backend and down bytes back, in the given order of ends, and compares.
func exchange(client, backend *net.TCPConn, o order, seed uint64, up, down int64) error {
	side := func(conn *net.TCPConn, first bool, seed uint64, n int64) (sent, got digest, err error) {
		switch {
		case o == bothAtOnce:
			var g errgroup.Group
			g.Go(func() (err error) { sent, err = send(conn, seed, n); return err })
			g.Go(func() (err error) { got, err = receive(conn); return err })
			return sent, got, g.Wait()
		case first:
			if sent, err = send(conn, seed, n); err == nil {
				got, err = receive(conn)
			}
		default:
			if got, err = receive(conn); err == nil {
				sent, err = send(conn, seed, n)
			}
		}
		return sent, got, err
	}
	var sentUp, gotUp, sentDown, gotDown digest
	var g errgroup.Group
	g.Go(func() (err error) {
		sentUp, gotDown, err = side(client, o == clientFirst, 2*seed, up)
		return err
	})
	g.Go(func() (err error) {
		sentDown, gotUp, err = side(backend, o == backendFirst, 2*seed+1, down)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if gotUp != sentUp || gotUp.length != up {
		return fmt.Errorf("client to backend: got %+v, want %+v of length %d", gotUp, sentUp, up)
	}
	if gotDown != sentDown || gotDown.length != down {
		return fmt.Errorf("backend to client: got %+v, want %+v of length %d", gotDown, sentDown, down)
	}
	return nil
}

func TestEveryByteArrives(t *testing.T) {
	const mib = 1 << 20
	o, conns := accepting(t)
	r := startRig(t, o.addr)
	ended := 0
	for i, size := range []struct{ up, down int64 }{
		{0, 0},
		{1, 0},
		{0, 1},
		{17, 4099},
		{bufferSize, bufferSize + 1},
		{bulkSize, 3},
		{5*bulkSize + 1, 7*bulkSize - 1},
		{50 * mib, 50*mib + 12_345},
	} {
		for _, first := range []order{clientFirst, backendFirst, bothAtOnce} {
			t.Run(fmt.Sprintf("%d up %d down, %s", size.up, size.down, first), func(t *testing.T) {
				client := r.dial(t)
				backend := <-conns
				if err := exchange(client, backend, first, uint64(i), size.up, size.down); err != nil {
					t.Fatal(err)
				}
				ended++
				last := r.finished(t, ended)[ended-1]
				if last["end"] != string(session.Complete) {
					t.Errorf("got end %v, want %s", last["end"], session.Complete)
				}
				if last["bytes_up"] != float64(size.up) || last["bytes_down"] != float64(size.down) {
					t.Errorf("counted %v up and %v down, want %d and %d", last["bytes_up"], last["bytes_down"], size.up, size.down)
				}
			})
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	for _, n := range []int{100, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if n > 100 && testing.Short() {
				t.Skip("moves 2 GiB")
			}
			each := int64(1 << 20)
			if n > 100 && raceEnabled {
				each = 1 << 17 // the other run has the full size
			}
			o, conns := accepting(t)
			r := startRig(t, o.addr)
			var g errgroup.Group
			for i := range n {
				client := r.dial(t)
				backend := <-conns // of this client: there is no other
				g.Go(func() error {
					err := exchange(client, backend, bothAtOnce, uint64(i), each, each+int64(i))
					client.Close()
					backend.Close()
					return err
				})
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			r.finished(t, n)
			if got := r.backends[0].Connections.Load(); got != uint64(n) {
				t.Errorf("got %d connections counted, want %d", got, n)
			}
		})
	}
}
