package programs

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/test/rig"
)

// requiredEnv is set where a missing program is a failure: in CI, which installs them.
const requiredEnv = "WEIR_PROGRAMS"

// find returns the path of a program, which may be outside PATH, by pattern. Without it the test is
// skipped, unless the environment says that all are "required".
func find(t *testing.T, name, pkg string, elsewhere ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range elsewhere {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	missing := fmt.Sprintf("%s is missing; on Debian it comes with: apt-get install %s", name, pkg)
	if os.Getenv(requiredEnv) == "required" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// A program is a server under test's control.
type program struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

// start runs a server until the test ends.
func start(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true // its workers end with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(cmd.Path), p.out.String())
		}
	})
	return p
}

// kill ends it, workers included, as kill -9 does.
func (p *program) kill() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// await returns once something accepts at the address, which may be a path.
func (p *program) await(t *testing.T, network, addr string) {
	t.Helper()
	for deadline := time.Now().Add(rig.Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial(network, addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-p.done:
			t.Fatalf("%s ended: %s", p.cmd.Path, p.out.String())
		default:
		}
	}
	t.Fatalf("%s doesn't answer at %s", p.cmd.Path, addr)
}

// run runs a client to its end, and returns what it printed.
func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// split returns host and port of an address.
func split(t *testing.T, addr string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// catalog writes a folder of service files with one instance per address, named s0, s1, ...
func catalog(t *testing.T, addrs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, addr := range addrs {
		host, port := split(t, addr)
		n, _ := strconv.Atoi(port)
		text := fmt.Sprintf("service {\n  name = \"web\"\n  id = \"s%d\"\n  address = %q\n  port = %d\n}\n", i, host, n)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("s%d.hcl", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// front runs weir in front of the addresses and returns where it listens.
func front(t *testing.T, keys string, addrs ...string) (*rig.Weir, string) {
	t.Helper()
	w := rig.StartWeir(t, fmt.Sprintf(`
files {
  dir = %q
}
service "web" {
  connect_timeout = "5s"
  %s
  heartbeat {
    type     = "tcp"
    interval = "500ms"
    timeout  = "400ms"
  }
}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "web"
}
`, catalog(t, addrs...), keys))
	w.Eligible(t, 0, len(addrs))
	return w, w.Address(t, "web")
}
