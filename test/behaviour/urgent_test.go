package behaviour

import (
	"io"
	"time"

	"golang.org/x/sys/unix"

	"weir/test/rig"
)

// inline has the backend read urgent data where it is in the stream.
func inline(s *stage) {
	s.control(s.backend, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
}

// urgent sends it from the client.
func urgent(s *stage, text string) {
	s.control(s.client, func(fd int) error { return unix.Sendto(fd, []byte(text), unix.MSG_OOB, nil) })
}

// readToMark reads all that the backend gets, and reports whether it met an urgent mark.
func readToMark(s *stage) (marked bool, text string) {
	s.t.Helper()
	s.backend.SetReadDeadline(time.Now().Add(rig.Patience))
	var all []byte
	one := make([]byte, 1)
	for {
		s.control(s.backend, func(fd int) error {
			at, err := unix.IoctlGetInt(fd, unix.SIOCATMARK)
			marked = marked || len(all) > 0 && at != 0
			return err
		})
		n, err := s.backend.Read(one)
		all = append(all, one[:n]...)
		if err == io.EOF {
			return marked, string(all)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *stage) control(at end, do func(fd int) error) {
	s.t.Helper()
	raw, err := at.SyscallConn()
	if err != nil {
		s.t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil || failed != nil {
		s.t.Fatal(err, failed)
	}
}
