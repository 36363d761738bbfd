package proxy

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"weir/proxy/session"
)

// Who speaks first is not the relay's business.

func TestBackendSpeaksFirst(t *testing.T) {
	const banner, answer = "220 mail.example ready\r\n", "221 bye\r\n"
	o := startOrigin(t, func(conn *net.TCPConn) {
		io.WriteString(conn, banner)
		io.ReadFull(conn, make([]byte, 6))
		io.WriteString(conn, answer)
	})
	r := startRig(t, o.addr)
	for i := range 50 {
		client := r.dial(t)
		client.SetDeadline(time.Now().Add(patience))
		got := make([]byte, len(banner))
		if _, err := io.ReadFull(client, got); err != nil || string(got) != banner {
			t.Fatalf("connection %d: got %q and %v, want %q", i, got, err, banner)
		}
		io.WriteString(client, "QUIT\r\n")
		if got, err := io.ReadAll(client); err != nil || string(got) != answer {
			t.Fatalf("connection %d: got %q and %v, want %q", i, got, err, answer)
		}
		client.Close()
	}
	for _, l := range r.finished(t, 50) {
		if l["end"] != string(session.Complete) || l["bytes_up"] != 6.0 || l["bytes_down"] != float64(len(banner)+len(answer)) {
			t.Errorf("got %v, want %s, 6 bytes up and %d down", l, session.Complete, len(banner)+len(answer))
		}
	}
}

// A backend that sends its all and ends before the client has said a word.
func TestBackendSpeaksAndEnds(t *testing.T) {
	o := startOrigin(t, func(conn *net.TCPConn) { io.Copy(conn, noise(1, 5*bulkSize)) })
	r := startRig(t, o.addr)
	want, _ := receive(noise(1, 5*bulkSize))
	for i := range 20 {
		client := r.dial(t)
		client.SetDeadline(time.Now().Add(patience))
		if got, err := receive(client); err != nil || got != want {
			t.Fatalf("connection %d: got %+v and %v, want %+v", i, got, err, want)
		}
		client.Close()
	}
}

// All that a client has to say may be there before it is accepted, its end included.
func TestClientSendsAndEndsAtOnce(t *testing.T) {
	o := startOrigin(t, func(conn *net.TCPConn) {
		n, err := io.Copy(io.Discard, conn)
		fmt.Fprintf(conn, "%d bytes, %v", n, err)
	})
	r := startRig(t, o.addr)
	for i, size := range []int64{0, 1, 100, 1460, 16 << 10, bufferSize - 1, bufferSize, bufferSize + 1, bulkSize, 5*bulkSize + 1} {
		for range 10 {
			client := r.dial(t)
			client.SetDeadline(time.Now().Add(patience))
			if _, err := send(client, uint64(i), size); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(client)
			if want := fmt.Sprintf("%d bytes, <nil>", size); err != nil || string(got) != want {
				t.Fatalf("got %q and %v, want %q", got, err, want)
			}
			client.Close()
		}
	}
}
