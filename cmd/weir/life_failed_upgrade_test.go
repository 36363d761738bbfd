package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// A new process that is broken, whatever way, leaves the old one as it was, and the log of the old one
// says why. After that a good one takes over.
func TestBrokenUpgrades(t *testing.T) {
	self := testBinary(t)
	real := "exec " + self + ` "$@"` + "\n"
	for _, c := range []struct {
		name   string
		within string // for the new process to be ready
		breaks func(*lifeRig)
		want   []string // of the error
		passed string   // on to standard error
	}{
		{
			name:   "crashes",
			breaks: func(l *lifeRig) { l.script("echo 'panic: no luck' >&2\nseq 1 50 >&2\nexit 2\n") },
			want:   []string{"ended with exit code 2", "panic: no luck"},
			passed: "50",
		},
		{
			name:   "is killed",
			breaks: func(l *lifeRig) { l.script("kill -9 $$\n") },
			want:   []string{"ended by a signal (killed)", "said nothing"},
		},
		{
			name:   "ends without a word",
			breaks: func(l *lifeRig) { l.script("exit 0\n") },
			want:   []string{"ended with exit code 0", "said nothing"},
		},
		{
			name:   "hangs",
			within: "300ms",
			breaks: func(l *lifeRig) { l.script("echo thinking >&2\nexec sleep 60\n") },
			want:   []string{"wasn't ready within 300ms", "thinking"},
			passed: "thinking",
		},
		{
			name:   "prints rubbish",
			within: "300ms",
			breaks: func(l *lifeRig) {
				l.script("head -c 300000 /dev/urandom >&2\nhead -c 300000 /dev/urandom\nexec sleep 60\n")
			},
			want: []string{"wasn't ready within 300ms", "its last words"},
		},
		{
			name:   "says rubbish to its predecessor",
			breaks: func(l *lifeRig) { l.script("echo '<html>' >&3\nexec sleep 60\n") },
			want:   []string{"a line that is no message: <html>"},
		},
		{
			name:   "never ends a line",
			breaks: func(l *lifeRig) { l.script("exec cat /dev/zero >&3\n") },
			want:   []string{"a line of more than"},
		},
		{
			name:   "says something else first",
			breaks: func(l *lifeRig) { l.script(`echo '{"kind":"stop"}' >&3` + "\nexec sleep 60\n") },
			want:   []string{`said "stop"`},
		},
		{
			name:   "takes the service and is gone",
			breaks: func(l *lifeRig) { l.script(`echo '{"kind":"ready"}' >&3` + "\nexit 7\n") },
			want:   []string{"ended with exit code 7"},
		},
		{
			name:   "closes the channel",
			breaks: func(l *lifeRig) { l.script("exec 3>&-\nexec sleep 60\n") },
			want:   []string{"closed its control channel"},
		},
		{
			name: "is no program",
			breaks: func(l *lifeRig) {
				l.replace(func(path string) error { return os.WriteFile(path, []byte("text"), 0o755) })
			},
			want: []string{"exec format error"},
		},
		{
			name: "may not be executed",
			breaks: func(l *lifeRig) {
				l.replace(func(path string) error { return os.WriteFile(path, []byte("text"), 0o644) })
			},
			want: []string{"permission denied"},
		},
		{
			name:   "is missing",
			breaks: func(l *lifeRig) { os.Remove(l.file("weir")) },
			want:   []string{"no such file or directory"},
		},
		{
			name: "rejects the configuration",
			breaks: func(l *lifeRig) {
				// The command, with the old binary, finds no fault.
				l.script("sed -i 's/bind /bound /' " + l.file("config.hcl") + "\n" + real)
			},
			want:   []string{"invalid configuration", "config.hcl line", "bound"},
			passed: "bound",
		},
		{
			name: "can't bind",
			breaks: func(l *lifeRig) {
				l.script(fmt.Sprintf("cat >>%s <<'END'\nlistener \"other\" {\n  bind = \"192.0.2.1:80\"\n  service = \"echo\"\n}\nEND\n", l.file("config.hcl")) + real)
			},
			want: []string{`failed: listener "other"`, "192.0.2.1:80"},
		},
		{
			name:   "is never ready",
			within: "1s",
			breaks: func(l *lifeRig) {
				l.script(`sed -i 's/^files .*/consul { address = "127.0.0.1:1" }/' ` + l.file("config.hcl") + "\n" + real)
			},
			want: []string{"not ready within 900ms", "echo"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLifeRig(t)
			if c.within != "" {
				l.env = []string{asWeir + "=" + c.within}
			}
			l.start()
			k := l.talk()
			pid := l.pid()
			c.breaks(l)
			stdout, stderr, code := l.command("upgrade")
			if code != exitRuntime || stdout != "" {
				t.Errorf("weir upgrade: got code %d, %q, want 1 and nothing", code, stdout)
			}
			line := l.await("upgrade failed, this process serves on", nil)
			for _, want := range c.want {
				for _, got := range []string{stderr, fmt.Sprint(line["error"])} {
					if !strings.Contains(got, want) {
						t.Errorf("got %q, want it to say %q", got, want)
					}
				}
			}
			if r := readResult(l.file("weir.pid.result")); r.OK || r.Action != "upgrade" || r.PID != pid || !strings.Contains(r.Message, c.want[0]) {
				t.Errorf("got the result %+v", r)
			}
			if c.passed != "" && !l.plain(c.passed) {
				t.Errorf("%q didn't go to standard error", c.passed)
			}
			if got := l.generations(); len(got) != 1 || got[0] != pid || l.pid() != pid {
				t.Errorf("got the processes %v, and %d in the pid file, want %d alone", got, l.pid(), pid)
			}
			k.say()
			l.talk().say()

			l.configure()
			l.link()
			l.upgrade()
			k.say()
			l.talk().say()
		})
	}
}
