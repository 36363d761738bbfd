package proxy

import (
	"io"
	"runtime"
	"testing"
	"time"
)

// A message allocates nothing, whether it is copied or spliced. The message's
// own way, through client and backend, allocates nothing either.
func TestNoGarbage(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	for name, size := range map[string]int{"small": 64, "a buffer": bufferSize, "bulk": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			until(t, "the pipes of others to be closed", func() bool {
				runtime.GC()
				return len(pipesOf(t, "self")) == 0
			})
			o, conns := accepting(t)
			r := startRig(t, o.addr)
			client := r.dial(t)
			backend := <-conns
			client.SetDeadline(time.Now().Add(patience))
			turn := make(chan struct{})
			defer close(turn)
			go func() { // answers each message with one byte
				in := make([]byte, size)
				for range turn {
					if _, err := io.ReadFull(backend, in); err != nil {
						return
					}
					backend.Write(in[:1])
				}
			}()
			out, in := make([]byte, size), make([]byte, 1)
			trip := func() {
				turn <- struct{}{}
				client.Write(out)
				if _, err := io.ReadFull(client, in); err != nil {
					t.Error(err)
				}
			}
			for range 10 {
				trip() // fills the pools
			}
			// A buffer's worth may be either: the next one may come before the flow rests.
			if spliced := len(pipesOf(t, "self")) > 0; size != bufferSize && spliced != (name == "bulk") {
				t.Errorf("got spliced: %v at %d bytes a message", spliced, size)
			}
			if got := testing.AllocsPerRun(200, trip); got != 0 {
				t.Errorf("got %v allocations a message, want 0", got)
			}
		})
	}
}
