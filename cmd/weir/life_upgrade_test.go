package main

import (
	"net"
	"slices"
	"syscall"
	"testing"
)

// Each generation keeps the connections that it has, and the newest takes the new ones. The end of the
// newest is that of all.
func TestGenerations(t *testing.T) {
	l := newLifeRig(t)
	l.process = `shutdown_grace = "500ms"`
	l.start()
	var talks []*lifeTalk
	var pids []int
	for range 4 {
		talks = append(talks, l.talk())
		pids = append(pids, l.pid())
		l.upgrade()
	}
	pids = append(pids, l.pid())
	slices.Sort(pids)
	if got := l.generations(); !slices.Equal(got, pids) {
		t.Errorf("got the processes %v, want %v", got, pids)
	}
	for _, k := range talks {
		k.say()
	}
	// One in the middle ends with its last connection; the others don't depend on it.
	talks[1].conn.Close()
	eventually(t, "the second generation to end", func() bool { return len(l.generations()) == 4 })
	talks = append(talks[:1], talks[2:]...)
	for _, k := range append(talks, l.talk()) {
		k.say()
	}
	if r := readResult(l.file("weir.pid.result")); !r.OK || r.Action != "upgrade" || r.PID != l.pid() {
		t.Errorf("result: got %+v, want an upgrade to %d", r, l.pid())
	}
	l.signal(l.pid(), syscall.SIGTERM)
	for _, k := range talks {
		k.reset()
	}
	if code := l.wait(); code != 0 {
		t.Errorf("exit code of the first: got %d, want 0", code)
	}
	if _, err := readPIDFile(l.file("weir.pid")); err == nil {
		t.Error("the pid file is still there")
	}
	if n := len(l.find("ended", nil)); n != 5 {
		t.Errorf("%d processes have said that they ended, want 5", n)
	}
}

// While a new process is on its way, another upgrade is refused, a reload waits, and a signal to end ends
// both.
func TestSignalsDuringUpgrade(t *testing.T) {
	l := newLifeRig(t)
	l.start()
	k := l.talk()
	l.script("touch " + l.file("begun") + "\nexec sleep 60\n")
	first := l.pid()
	l.signal(first, syscall.SIGUSR2)
	eventually(t, "the new process", func() bool { return exists(l.file("begun")) })
	l.signal(first, syscall.SIGUSR2)
	l.await("an upgrade is under way, there is one at a time", nil)
	l.signal(first, syscall.SIGHUP)
	l.await("the reload waits for the upgrade to end", nil)
	k.say()
	k.conn.Close()
	l.signal(first, syscall.SIGTERM)
	if code := l.wait(); code != 0 {
		t.Errorf("exit code: got %d, want 0", code)
	}
	if len(l.find("upgrade broken off", nil)) == 0 {
		t.Error("not a word of the upgrade that was broken off")
	}
}

// A reload that waited for an upgrade is the new process's to do.
func TestReloadDuringUpgrade(t *testing.T) {
	l := newLifeRig(t)
	l.start()
	self := testBinary(t)
	l.script("touch " + l.file("begun") + "\nwhile ! [ -e " + l.file("go") + " ]; do sleep 0.02; done\nexec " + self + ` "$@"` + "\n")
	l.signal(l.pid(), syscall.SIGUSR2)
	eventually(t, "the new process", func() bool { return exists(l.file("begun")) })
	l.signal(l.pid(), syscall.SIGHUP)
	l.await("the reload waits for the upgrade to end", nil)
	l.write("go", "")
	l.await("upgraded, the new process serves", nil)
	eventually(t, "the result of the reload", func() bool {
		r := readResult(l.file("weir.pid.result"))
		return r.Action == "reload" && r.OK && r.PID == l.pid()
	})
}

// The new process has its own sense of the configuration, and its own words.
func TestUpgradeTakesNewConfiguration(t *testing.T) {
	l := newLifeRig(t)
	l.start()
	other := freeAddress(t)
	l.extra = `listener "other" {
  bind    = "` + other + `"
  service = "echo"
}`
	l.configure()
	l.upgrade()
	conn, err := net.Dial("tcp", other)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	l.talk().conn.Close()
	if line := l.await("taking over", nil); line["sockets"] != 1.0 {
		t.Errorf("got %v, want 1 socket", line)
	}
	l.signal(l.pid(), syscall.SIGTERM)
	l.wait()
}

// What upgrade_grace leaves is cut, and says so.
func TestUpgradeGrace(t *testing.T) {
	l := newLifeRig(t)
	l.process = `upgrade_grace = "300ms"`
	l.start()
	k := l.talk()
	l.upgrade()
	k.reset()
	if line := l.await("ended", nil); line["connections_cut"] != 1.0 {
		t.Errorf("got %v, want one connection cut", line)
	}
	l.talk().say()
}

func TestUnixSocketOverUpgrades(t *testing.T) {
	l := newLifeRig(t)
	path := l.file("echo.sock")
	l.extra = `listener "local" {
  bind    = "unix:` + path + `"
  service = "echo"
}`
	l.start()
	l.upgrade()
	l.script("exit 1")
	if _, _, code := l.command("upgrade"); code != exitRuntime {
		t.Errorf("bad upgrade: got code %d", code)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	l.signal(l.pid(), syscall.SIGTERM)
	l.wait()
	if exists(path) {
		t.Error("the socket's file is left")
	}
}
