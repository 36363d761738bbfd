//go:build linux && (amd64 || arm64)

package loop

import (
	"time"

	"golang.org/x/sys/unix"

	"weir/proxy/session"
)

// mostQueued is more than any kernel's queue holds: however fast clients come, taking
// those that wait ends.
const mostQueued = 65535

// drain takes the clients that wait in the queue of a socket that no loop listens to
// any more, as many at most: who is there when it is closed is lost. So those who wait
// for a place are taken without one. While descriptors are short it tries again, for a
// second or so, as long as anybody waits.
func drain(loops []*loop, socket int32, f *session.Front, most int) {
	var from address
	pause := session.MinAcceptPause
	for range most {
		d := session.NewDoor(f)
		d.Force()
		fd, err := accept(socket, &from)
		if err == 0 {
			if c, ok := admit(&d, fd, from.get()); ok {
				fewest(loops).hand(c)
			}
			continue
		}
		d.Nobody()
		switch {
		case err == unix.EAGAIN:
			return
		case transient(err):
		case !isReady(socket, unix.POLLIN): // nobody waits: accept fails before it looks
			return
		default:
			f.Starved(err)
			if pause >= session.MaxAcceptPause {
				return
			}
			time.Sleep(pause)
			pause *= 2
		}
	}
}
