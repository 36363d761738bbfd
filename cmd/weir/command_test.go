package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestReloadCommand(t *testing.T) {
	l := newLifeRig(t)
	l.start()
	k := l.talk()
	if stdout, stderr, code := l.command("reload"); code != exitOK || stdout != "reloaded\n" {
		t.Errorf("got code %d, %q, %q, want 0 and that it was reloaded", code, stdout, stderr)
	}
	if r := readResult(l.file("weir.pid.result")); !r.OK || r.Action != "reload" || r.PID != l.pid() || r.At.Before(r.Began) {
		t.Errorf("got the result %+v", r)
	}
	l.extra = `listener "other" {}`
	l.configure()
	before := readResult(l.file("weir.pid.result"))
	for _, command := range []string{"reload", "upgrade"} {
		_, stderr, code := l.command(command)
		if code != exitUsage || !strings.Contains(stderr, "config.hcl line") {
			t.Errorf("%s with a mistake: got code %d, %q, want 2 and its place", command, code, stderr)
		}
	}
	if after := readResult(l.file("weir.pid.result")); after != before {
		t.Errorf("the running weir was disturbed: got %+v after %+v", after, before)
	}
	k.say()
}

// What SIGHUP is answered with where the file has a mistake.
func TestReloadByTheRunning(t *testing.T) {
	l := newLifeRig(t)
	l.start()
	good := l.extra
	l.extra = `listener "other" {}`
	l.configure()
	l.signal(l.pid(), 1)
	line := l.await("reload failed, nothing changed", nil)
	if !strings.Contains(fmt.Sprint(line["error"]), "config.hcl line") {
		t.Errorf("got %v, want the place of the mistake", line)
	}
	eventually(t, "the result", func() bool {
		r := readResult(l.file("weir.pid.result"))
		return r.Action == "reload" && !r.OK && strings.Contains(r.Message, "config.hcl line")
	})
	// The pid file moves with the configuration.
	l.extra = good
	l.process = `pid_file = "moved.pid"`
	l.configure()
	pid := l.pid()
	l.signal(pid, 1)
	eventually(t, "the pid file to move", func() bool {
		moved, err := readPIDFile(l.file("moved.pid"))
		return err == nil && moved == pid && !exists(l.file("weir.pid"))
	})
}

func TestNobodyToReload(t *testing.T) {
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Wait()
	defer other.Process.Kill()
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		pid  string // in the file
		want string
	}{
		{"no such file", "", "weir isn't running with this configuration"},
		{"has ended", fmt.Sprint(ended.Process.Pid), "is stale: process"},
		{"is another program", fmt.Sprint(other.Process.Pid), "isn't weir"},
		{"is this test", fmt.Sprint(os.Getpid()), "isn't weir"},
		{"no number", "weir\n", `"weir\n"`},
		{"a group", "-1", `"-1"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLifeRig(t)
			l.configure()
			if c.pid != "" {
				l.write("weir.pid", c.pid)
			}
			for _, command := range []string{"reload", "upgrade"} {
				_, stderr, code := l.command(command)
				if code != exitRuntime || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "weir.pid") {
					t.Errorf("%s: got code %d, %q, want 1 and %q", command, code, stderr, c.want)
				}
			}
		})
	}
	t.Run("no pid_file", func(t *testing.T) {
		l := newLifeRig(t)
		l.write("config.hcl", strings.Replace("files { dir = \"services\" }\nservice \"echo\" {}\nlistener \"echo\" {\n bind = \"ADDR\"\n service = \"echo\"\n}\n", "ADDR", l.addr, 1))
		_, stderr, code := l.command("reload")
		if code != exitRuntime || !strings.Contains(stderr, "pid_file") {
			t.Errorf("got code %d, %q, want 1 and the key that is missing", code, stderr)
		}
	})
}
