package behaviour

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// A behaviour is one case.
type behaviour struct {
	name   string
	keys   string // of weir's listener
	acts   func(*stage)
	differ string // what is known to be otherwise through weir; empty: nothing
}

var behaviours = []behaviour{
	{
		name: "client ends its half first",
		acts: func(s *stage) {
			s.send(s.client, "question")
			s.client.CloseWrite()
			s.getsAll(s.backend)
			s.send(s.backend, "answer")
			s.backend.Close()
			s.getsAll(s.client)
		},
	},
	{
		name: "backend ends its half first",
		acts: func(s *stage) {
			s.send(s.backend, "greeting")
			s.backend.CloseWrite()
			s.getsAll(s.client)
			s.send(s.client, "late reply")
			s.client.Close()
			s.getsAll(s.backend)
		},
	},
	{
		name: "client sends and resets",
		acts: func(s *stage) {
			s.send(s.client, "and gone")
			s.gets(s.backend, len("and gone"))
			s.reset(s.client)
			s.getsAll(s.backend)
		},
	},
	{
		name: "backend sends and resets",
		acts: func(s *stage) {
			s.send(s.backend, "and gone")
			s.gets(s.client, len("and gone"))
			s.reset(s.backend)
			s.getsAll(s.client)
		},
	},
	{
		name: "client resets while the backend only writes",
		acts: func(s *stage) {
			s.reset(s.client)
			s.note("backend's writes end with %s", s.how(s.backend, writeUntilRefused(s)))
		},
	},
	{
		name: "client never reads",
		acts: func(s *stage) {
			block := bytes.Repeat([]byte("x"), 64<<10)
			sent := 0
			for {
				s.backend.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
				n, err := s.backend.Write(block)
				sent += n
				if errors.Is(err, os.ErrDeadlineExceeded) {
					break
				}
				if err != nil {
					s.t.Fatal(err)
				}
			}
			s.note("backend's writes stall")
			s.backend.Close()
			got, err := io.Copy(io.Discard, s.client)
			if err != nil {
				s.t.Fatal(err)
			}
			if got != int64(sent) {
				s.t.Fatalf("the client reads %d bytes in the end, want the %d that were taken", got, sent)
			}
			s.note("client reads late and gets all that was taken, then the end")
		},
	},
	{
		name: "client sends one byte at a time, each within the idle timeout, for longer than that",
		keys: `idle_timeout = "1s"`,
		acts: func(s *stage) {
			for _, text := range []string{"a", "b", "c", "d", "e"} {
				time.Sleep(400 * time.Millisecond) // the subject
				s.send(s.client, text)
				s.gets(s.backend, 1)
			}
			s.client.Close()
			s.getsAll(s.backend)
		},
	},
	{
		name: "backend accepts and says nothing",
		acts: func(s *stage) {
			s.send(s.client, "anybody?")
			s.silent(s.client, time.Second)
			s.client.Close()
			s.getsAll(s.backend)
		},
	},
	{
		name: "backend closes at once",
		acts: func(s *stage) {
			s.backend.Close()
			s.getsAll(s.client)
		},
	},
	{
		name: "backend resets at once",
		acts: func(s *stage) {
			s.reset(s.backend)
			s.getsAll(s.client)
		},
	},
	{
		name: "both sides end at the same time",
		acts: func(s *stage) {
			s.send(s.client, "from the client")
			s.send(s.backend, "from the backend")
			var both sync.WaitGroup
			both.Go(func() { s.client.CloseWrite() })
			both.Go(func() { s.backend.CloseWrite() })
			both.Wait()
			s.getsAll(s.client)
			s.getsAll(s.backend)
		},
	},
	{
		name: "urgent data",
		acts: func(s *stage) {
			inline(s)
			s.send(s.client, "before")
			urgent(s, "!")
			s.send(s.client, "after")
			s.client.CloseWrite()
			marked, text := readToMark(s)
			s.note("backend gets %q", text)
			if marked {
				s.note("with the mark where it was set")
			} else {
				s.note("without a mark")
			}
		},
		differ: "all bytes arrive in order, the urgent one as an ordinary one",
	},
	{
		name: "nothing is sent at all",
		acts: func(s *stage) {
			s.silent(s.backend, 200*time.Millisecond)
			s.client.Close()
			s.getsAll(s.backend)
		},
	},
}

// writeUntilRefused returns the error that ends writing to a client that is gone, as a reset: the
// first write after it is told so by one or the other name.
func writeUntilRefused(s *stage) error {
	s.t.Helper()
	s.backend.SetWriteDeadline(time.Now().Add(20 * time.Second))
	for {
		if _, err := s.backend.Write([]byte("more")); errors.Is(err, syscall.EPIPE) {
			return syscall.ECONNRESET
		} else if err != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
