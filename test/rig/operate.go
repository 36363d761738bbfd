package rig

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// PIDFile is what a test gives as process.pid_file if it reloads or upgrades.
func (w *Weir) PIDFile() string { return filepath.Join(w.dir, "weir.pid") }

// Configure replaces the configuration file at once. A running weir takes it in at the next reload
// or upgrade.
func (w *Weir) Configure(t testing.TB, config string) {
	t.Helper()
	replace(t, w.ConfigFile(), []byte(w.Log+config), 0o600)
}

// OwnBinary makes it be started from a copy that Replace may change.
func (w *Weir) OwnBinary(t testing.TB) {
	t.Helper()
	w.Binary = filepath.Join(w.dir, "weir")
	w.Replace(t, w.Built(t), 0o700)
}

// Built is the binary under test.
func (w *Weir) Built(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(built)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Replace makes the binary another at once, for the next upgrade.
func (w *Weir) Replace(t testing.TB, content []byte, mode os.FileMode) {
	t.Helper()
	replace(t, w.Binary, content, mode)
}

func replace(t testing.TB, path string, content []byte, mode os.FileMode) {
	t.Helper()
	temp := path + ".new"
	if err := os.WriteFile(temp, content, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temp, path); err != nil {
		t.Fatal(err)
	}
}

// An Outcome is what came of a reload or an upgrade.
type Outcome struct {
	OK      bool
	Message string // weir's own
	Pid     int    // that serves
	Took    time.Duration
}

// Reload makes weir take in its configuration by SIGHUP, and returns when it has.
func (w *Weir) Reload(t testing.TB) Outcome {
	t.Helper()
	return w.bySignal(t, "reload", syscall.SIGHUP)
}

// Upgrade makes the next generation take over by SIGUSR2, and returns when it has or when that has failed.
func (w *Weir) Upgrade(t testing.TB) Outcome {
	t.Helper()
	return w.bySignal(t, "upgrade", syscall.SIGUSR2)
}

// slow is how long a hanging upgrade may take until weir has given it up.
const slow = 40 * time.Second

// bySignal waits for the result that weir leaves beside its pid file.
func (w *Weir) bySignal(t testing.TB, action string, signal syscall.Signal) Outcome {
	t.Helper()
	sent := time.Now()
	w.Signal(t, signal)
	for deadline := sent.Add(slow); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var r struct {
			Action, Message string
			At              time.Time
			OK              bool
			Pid             int
		}
		text, err := os.ReadFile(w.PIDFile() + ".result")
		if err == nil && json.Unmarshal(text, &r) == nil && r.Action == action && r.At.After(sent) {
			return Outcome{r.OK, r.Message, r.Pid, time.Since(sent)}
		}
	}
	t.Fatalf("no result of the %s in %s.result", action, w.PIDFile())
	return Outcome{}
}

// ByCommand runs "weir reload" or "weir upgrade", whatever its own binary is by now.
func (w *Weir) ByCommand(t testing.TB, action string) Outcome {
	t.Helper()
	began := time.Now()
	cmd := exec.Command(built, action, "--config", w.ConfigFile())
	cmd.Env = environment()
	said, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return Outcome{err == nil, strings.TrimSpace(string(said)), w.Pid(), time.Since(began)}
}
