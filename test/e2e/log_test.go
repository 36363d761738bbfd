package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"weir/test/consul"
	"weir/test/rig"
)

// A log that nobody reads stops nothing: connections, catalog changes, shutdown.
func TestStuckLog(t *testing.T) {
	agent := consul.Dev(t, consul.Options{})
	register(t, agent, rig.StartBackend(t, "a"), 1)
	bind := rig.FreeAddress(t)
	path := filepath.Join(t.TempDir(), "config.hcl")
	config := fmt.Sprintf("%s\nconsul {\n  address = %q\n}\nservice \"web\" {\n%s}\nlistener \"web\" {\n  bind = %q\n  service = \"web\"\n}\n",
		rig.Logging, agent.HTTP(), heartbeats, bind)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close() // never read
	cmd := rig.NewCommand("run", "--config", path)
	cmd.Stderr = in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })

	answers := func(want string) {
		t.Helper()
		var last rig.Result
		for deadline := time.Now().Add(rig.Patience); time.Now().Before(deadline); {
			if last = rig.Get(t.Context(), bind); last.Name == want {
				return
			}
		}
		t.Fatalf("no answer of %s, last: %+v", want, last)
	}
	answers("a")
	for range 1000 { // at debug, several times what the pipe holds
		if r := rig.Get(t.Context(), bind); r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	register(t, agent, rig.StartBackend(t, "b"), 1)
	answers("b")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("end: got %v, want exit code 0", err)
		}
	case <-time.After(rig.Patience):
		t.Error("weir didn't end")
	}
}
