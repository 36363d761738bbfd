package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A manager is systemd's end of the notify socket.
type manager struct {
	mu   sync.Mutex // guards said
	said []string
}

func newManager(t *testing.T, path string) *manager {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.said = append(m.said, string(buf[:n]))
			m.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		conn.Close()
		reading.Wait()
	})
	return m
}

// told waits for the next message, which must match.
func (m *manager) told(t *testing.T, pattern string) {
	t.Helper()
	var next string
	eventually(t, "systemd to be told "+pattern, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		if len(m.said) == 0 {
			return false
		}
		next, m.said = m.said[0], m.said[1:]
		return true
	})
	if ok, _ := filepath.Match(pattern, next); !ok {
		t.Fatalf("systemd was told %q, want %q", next, pattern)
	}
}

// systemd knows at each time which process serves, and what it is about. What a process that isn't the
// main one says, it doesn't believe.
func TestNotify(t *testing.T) {
	l := newLifeRig(t)
	m := newManager(t, l.file("notify"))
	l.env = []string{"NOTIFY_SOCKET=" + l.file("notify")}
	l.start()
	m.told(t, "READY=1")
	if _, stderr, code := l.command("reload"); code != 0 {
		t.Fatal(stderr)
	}
	m.told(t, "RELOADING=1\nMONOTONIC_USEC=[1-9]*")
	m.told(t, "READY=1")
	l.upgrade()
	m.told(t, fmt.Sprintf("MAINPID=%d\nREADY=1", l.pid()))
	l.signal(l.pid(), syscall.SIGTERM)
	m.told(t, "STOPPING=1")
	l.wait()
	if len(m.said) > 0 {
		t.Errorf("systemd was told more: %q", m.said)
	}
}

// Sockets of systemd are used by the listeners that have their addresses, over upgrades too; they stay
// systemd's, so that not even a restart refuses a connection.
func TestSocketActivation(t *testing.T) {
	l := newLifeRig(t)
	tcp, err := net.Listen("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0") // of no listener
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	datagram, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagram.Close()
	var files []*os.File
	for _, s := range []interface{ File() (*os.File, error) }{tcp.(*net.TCPListener), other.(*net.TCPListener), datagram.(*net.UDPConn)} {
		f, err := s.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	l.files = files
	l.start("sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=3 exec "$@"`, "sh")
	if line := l.await("socket left alone", nil); !strings.Contains(fmt.Sprint(line["error"]), "no stream socket") {
		t.Errorf("got %v, want it to be about the datagram socket", line)
	}
	l.talk().conn.Close()
	l.upgrade()
	k := l.talk()
	l.upgrade()
	l.talk().conn.Close()
	k.say()
	k.conn.Close()
	l.signal(l.pid(), syscall.SIGTERM)
	l.wait()
	waiting, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatalf("nobody serves, but systemd's socket must hold: %v", err)
	}
	defer waiting.Close()
	tcp.(*net.TCPListener).SetDeadline(time.Now().Add(patienceOfTests))
	if conn, err := tcp.Accept(); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
}

// The unit files are such as systemd takes.
func TestUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd here: ", err)
	}
	dir := t.TempDir()
	units, err := filepath.Glob("../../docs/deploy/weir.*")
	if err != nil || len(units) != 2 {
		t.Fatalf("got %q, %v, want a service and a socket", units, err)
	}
	var copies []string
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		// It wants the programs to be there.
		text = []byte(strings.ReplaceAll(string(text), "/usr/local/bin/weir", "/bin/true"))
		to := filepath.Join(dir, filepath.Base(unit))
		if err := os.WriteFile(to, text, 0o644); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, to)
	}
	cmd := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, copies...)...)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "weir.") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
