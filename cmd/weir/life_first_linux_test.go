package main

import (
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// asFirst runs weir as process 1 of a namespace, as Docker does, and returns the pid that it has here.
func (l *lifeRig) asFirst() int {
	l.t.Helper()
	if err := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "true").Run(); err != nil {
		l.t.Skip("no pid namespaces here: ", err)
	}
	l.start("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
	return l.youngest([]int{l.cmd.Process.Pid})
}

// youngest is the process that isn't among those.
func (l *lifeRig) youngest(others []int) int {
	l.t.Helper()
	now := slices.DeleteFunc(l.generations(), func(pid int) bool { return slices.Contains(others, pid) })
	if len(now) != 1 {
		l.t.Fatalf("got the processes %v beside %v, want one", now, others)
	}
	return now[0]
}

// Process 1 drains as any other, and then stays: it passes signals on to the newest and ends with it.
func TestFirstProcess(t *testing.T) {
	l := newLifeRig(t)
	first := l.asFirst()
	if pid := l.pid(); pid != 1 {
		t.Fatalf("got process %d, want 1", pid)
	}
	// upgrade asks process 1 for it, whoever is the newest, and returns the new one, as it is seen here.
	upgrade := func(n int) int {
		t.Helper()
		before := l.generations()
		l.signal(first, syscall.SIGUSR2)
		eventually(t, "the upgrade", func() bool { return len(l.find("upgraded, the new process serves", nil)) == n })
		return l.youngest(before)
	}
	oldest := l.talk()
	second := upgrade(1)
	middle := l.talk()
	third := upgrade(2)
	newest := l.talk()
	oldest.say()
	middle.say()

	oldest.conn.Close()
	l.await("staying as process 1 for the newer ones", nil)
	middle.conn.Close()
	eventually(t, "the second to end, without a trace", func() bool { return !exists("/proc/" + strconv.Itoa(second)) })
	if got, want := l.generations(), []int{l.cmd.Process.Pid, first, third}; !slices.Equal(got, want) {
		t.Errorf("got the processes %v, want %v", got, want)
	}

	l.signal(first, syscall.SIGHUP)
	eventually(t, "the reload", func() bool { return readResult(l.file("weir.pid.result")).Action == actionReload })
	newest.say()
	l.signal(first, syscall.SIGTERM)
	l.await("shutting down, live connections may finish", nil)
	newest.say()
	newest.conn.Close()
	if code := l.wait(); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
}

// Whoever runs process 1 must see that the one that served is gone.
func TestFirstProcessLosesTheNewest(t *testing.T) {
	l := newLifeRig(t)
	first := l.asFirst()
	k := l.talk()
	before := l.generations()
	l.signal(first, syscall.SIGUSR2)
	l.await("upgraded, the new process serves", nil)
	l.signal(l.youngest(before), syscall.SIGKILL)
	k.reset()
	if code := l.wait(); code != 128+9 {
		t.Errorf("exit code: got %d, want 137", code)
	}
	l.await("the newest process has ended, nobody accepts connections", nil)
}

// A second SIGTERM to process 1 ends every generation at once.
func TestFirstProcessEndsAtOnce(t *testing.T) {
	l := newLifeRig(t)
	first := l.asFirst()
	oldest := l.talk()
	l.signal(first, syscall.SIGUSR2)
	l.await("upgraded, the new process serves", nil)
	newest := l.talk()
	l.signal(first, syscall.SIGTERM)
	eventually(t, "both to shut down", func() bool { return len(l.find("shutting down, live connections may finish", nil)) == 2 })
	oldest.say()
	newest.say()
	l.signal(first, syscall.SIGTERM)
	oldest.reset()
	newest.reset()
	if code := l.wait(); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
}
