package rig

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"testing"
)

// A Backend is one process that serves, at an address that it keeps when it is
// killed and started again.
type Backend struct {
	Name string
	Host string
	Port int

	cmd *exec.Cmd
}

// Host is a loopback address of this test's own: no outgoing connection
// ever takes one of its ports while a backend is dead. It is one of sixteen
// million, so that tests that run at once don't meet.
func Host() string {
	part := func() int { return 1 + rand.IntN(254) }
	return fmt.Sprintf("127.%d.%d.%d", part(), part(), part())
}

// StartBackend runs a backend until the test ends.
func StartBackend(t testing.TB, name string) *Backend {
	t.Helper()
	b := &Backend{Name: name, Host: Host(), Port: 7000}
	b.Start(t)
	t.Cleanup(b.Kill)
	return b
}

func (b *Backend) addr() string { return fmt.Sprintf("%s:%d", b.Host, b.Port) }

// Start runs a backend that was killed.
func (b *Backend) Start(t testing.TB) {
	t.Helper()
	b.cmd = exec.Command(os.Args[0])
	b.cmd.Env = append(os.Environ(), backendEnv+"="+b.Name, backendBindEnv+"="+b.addr())
	b.cmd.Stderr = os.Stderr
	if _, err := b.cmd.StdinPipe(); err != nil { // held open for as long as we live
		t.Fatal(err)
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("backend %s didn't start: %q %v", b.Name, line, err)
	}
}

// Kill ends the process with SIGKILL. A dead backend stays dead.
func (b *Backend) Kill() {
	if b.cmd.ProcessState == nil {
		b.cmd.Process.Kill()
		b.cmd.Wait()
	}
}

// SetSick makes its /health fail, and nothing else.
func (b *Backend) SetSick(t testing.TB, on bool) {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://%s/sick?on=%t", b.addr(), on))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}
