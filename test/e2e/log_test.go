package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"weir/test/consul"
)

// A log that nobody reads stops nothing: connections, catalog changes, shutdown.
func TestStuckLog(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	register(t, agent, startBackend(t, "a"), 1)
	bind := freeAddress(t)
	path := filepath.Join(t.TempDir(), "config.hcl")
	config := fmt.Sprintf("%s\nconsul {\n  address = %q\n}\nservice \"web\" {\n%s}\nlistener \"web\" {\n  bind = %q\n  service = \"web\"\n}\n",
		logging, agent.HTTP(), heartbeats, bind)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close() // never read
	cmd := exec.Command(binary, "run", "--config", path)
	cmd.Env, cmd.Stderr = cleanEnv(), in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })

	answers := func(want string) {
		t.Helper()
		var last result
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
			if last = get(t.Context(), bind); last.name == want {
				return
			}
		}
		t.Fatalf("no answer of %s, last: %+v", want, last)
	}
	answers("a")
	for range 1000 { // at debug, several times what the pipe holds
		if r := get(t.Context(), bind); r.err != nil {
			t.Fatal(r.err)
		}
	}
	register(t, agent, startBackend(t, "b"), 1)
	answers("b")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("end: got %v, want exit code 0", err)
		}
	case <-time.After(patience):
		t.Error("weir didn't end")
	}
}
