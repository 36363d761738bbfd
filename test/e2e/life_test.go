package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/test/consul"
	"weir/test/rig"
)

// Before its service had a set and its first verdicts, a listener holds its
// address but refuses connections: nobody is taken in and then left alone.
func TestListenerWaitsForItsService(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	agent.Freeze(t)
	bind := rig.FreeAddress(t)
	w := rig.StartWeir(t, strings.Replace(webConfig(agent, heartbeats), "127.0.0.1:0", bind, 1))
	w.Await(t, 0, "starting", nil)
	if conn, err := net.Dial("tcp", bind); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("dial while Consul is silent: got %v, %v, want connection refused", conn, err)
	}
	agent.Thaw(t)
	register(t, agent, rig.StartBackend(t, "a"), 1)
	w.Address(t, "web")
	w.Eligible(t, 0, 1)
	if r := rig.Get(t.Context(), bind); r.Err != nil || r.Name != "a" {
		t.Errorf("got %+v, want an answer of a", r)
	}
}

// With Consul away at start the listener opens after three seconds all the
// same, resets its clients, and serves once Consul is there.
func TestStartWithoutConsul(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	agent.Kill()
	w := rig.StartWeir(t, webConfig(agent, heartbeats))
	addr := w.Address(t, "web")
	conn, err := net.Dial("tcp", addr)
	if err == nil { // else the reset was there before Dial had looked
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("connection with no backend: got %v, want a reset", err)
	}
	w.Await(t, 0, "connection reset: no backend is eligible", nil)
	agent.Start(t)
	register(t, agent, rig.StartBackend(t, "a"), 1)
	w.Eligible(t, 0, 1)
	if r := rig.Get(t.Context(), addr); r.Err != nil || r.Name != "a" {
		t.Errorf("got %+v, want an answer of a", r)
	}
}

// A Consul that dies, and comes back with an empty catalog until its services
// register again, costs no connection while it is away.
func TestConsulDies(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	b := rig.StartBackend(t, "a")
	register(t, agent, b, 1)
	w := rig.StartWeir(t, webConfig(agent, heartbeats))
	addr := w.Address(t, "web")
	w.Eligible(t, 0, 1)
	agent.Kill()
	w.Await(t, 0, "consul is silent, the last known good sets stay", nil)
	for range 200 {
		if r := rig.Get(t.Context(), addr); r.Err != nil || r.Name != "a" {
			t.Fatalf("without Consul: got %+v, want an answer of a", r)
		}
	}
	mark := w.Mark()
	agent.Start(t)
	w.Await(t, mark, "consul answers again", nil)
	register(t, agent, rig.StartBackend(t, "b"), 1)
	w.Await(t, mark, "eligible set changed", func(l rig.Line) bool { return strings.Contains(fmt.Sprint(l.Fields["added"]), "/b") })
}

func TestShutdown(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	register(t, agent, rig.StartBackend(t, "a"), 1)
	talk := func(t *testing.T) (*rig.Weir, *net.TCPConn, *bufio.Reader) {
		w := rig.StartWeir(t, webConfig(agent, heartbeats))
		addr := w.Address(t, "web")
		w.Eligible(t, 0, 1)
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprint(conn, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
		in := bufio.NewReader(conn)
		say(t, conn, in, "before")
		w.Signal(t, syscall.SIGTERM)
		w.Await(t, 0, "shutting down, live connections may finish", nil)
		return w, conn.(*net.TCPConn), in
	}
	t.Run("live connections finish", func(t *testing.T) {
		w, conn, in := talk(t)
		say(t, conn, in, "after")
		conn.CloseWrite()
		if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
			t.Errorf("end: got %q, %v, want a plain end", rest, err)
		}
		if code := w.Wait(t); code != 0 {
			t.Errorf("exit code: got %d, want 0", code)
		}
		if l := w.Await(t, 0, "ended", nil); l.Num("connections_finished") != 1 || l.Num("connections_cut") != 0 {
			t.Errorf("last line: got %v, want 1 finished, 0 cut", l.Fields)
		}
	})
	t.Run("a second signal ends at once", func(t *testing.T) {
		w, _, in := talk(t)
		w.Signal(t, syscall.SIGINT)
		if code := w.Wait(t); code != 0 {
			t.Errorf("exit code: got %d, want 0", code)
		}
		if _, err := in.ReadString('\n'); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("live connection: got %v, want a reset", err)
		}
		if l := w.Await(t, 0, "connection finished", nil); l.Str("end") != "shutdown" {
			t.Errorf("end reason: got %q, want shutdown", l.Str("end"))
		}
	})
}

// say sends a line to a backend's echo and expects it back.
func say(t *testing.T, conn net.Conn, in *bufio.Reader, words string) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(rig.Patience))
	fmt.Fprintln(conn, words)
	if got, err := in.ReadString('\n'); err != nil || got != strings.ToUpper(words)+"\n" {
		t.Fatalf("echo of %q: got %q, %v", words, got, err)
	}
}
