package e2e

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// The environment of a backend process: its name, and where it listens.
const (
	backendEnv     = "WEIR_E2E_BACKEND"
	backendBindEnv = "WEIR_E2E_BIND"
)

// padding makes an answer take more than one read.
var padding = strings.Repeat("0123456789abcdef", 1024)

// serveBackend is the whole life of a backend process: until it is killed, or
// its standard input ends because the test is gone.
func serveBackend(name string) {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	ln, err := net.Listen("tcp", os.Getenv(backendBindEnv))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening")
	var sick atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		if sick.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "up")
	})
	mux.HandleFunc("/sick", func(_ http.ResponseWriter, r *http.Request) { sick.Store(r.FormValue("on") == "true") })
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s\n%s", name, padding) })
	fmt.Fprintln(os.Stderr, http.Serve(ln, mux))
	os.Exit(1)
}

// echo leaves HTTP and answers each line with itself, upper case.
func echo(w http.ResponseWriter, _ *http.Request) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	lines := bufio.NewScanner(rw)
	for lines.Scan() {
		if _, err := fmt.Fprintln(conn, strings.ToUpper(lines.Text())); err != nil {
			return
		}
	}
}

// A backend is one process that serves, at an address that it keeps when it is
// killed and started again.
type backend struct {
	name string
	host string
	port int
	cmd  *exec.Cmd
}

// backendHost is a loopback address of this test's own: no outgoing connection
// ever takes one of its ports while a backend is dead.
func backendHost() string { return fmt.Sprintf("127.77.%d.%d", 1+rand.IntN(254), 1+rand.IntN(254)) }

// startBackend runs a backend until the test ends.
func startBackend(t *testing.T, name string) *backend {
	t.Helper()
	b := &backend{name: name, host: backendHost(), port: 7000}
	b.start(t)
	t.Cleanup(b.kill)
	return b
}

func (b *backend) addr() string { return fmt.Sprintf("%s:%d", b.host, b.port) }

func (b *backend) start(t *testing.T) {
	t.Helper()
	b.cmd = exec.Command(os.Args[0])
	b.cmd.Env = append(os.Environ(), backendEnv+"="+b.name, backendBindEnv+"="+b.addr())
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
		t.Fatalf("backend %s didn't start: %q %v", b.name, line, err)
	}
}

// kill ends the process with SIGKILL. A dead backend stays dead.
func (b *backend) kill() {
	if b.cmd.ProcessState == nil {
		b.cmd.Process.Kill()
		b.cmd.Wait()
	}
}

// setSick makes its /health fail, and nothing else.
func (b *backend) setSick(t *testing.T, on bool) {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://%s/sick?on=%t", b.addr(), on))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}
