package procfs

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestCPUSince(t *testing.T) {
	before := CPU{threads: map[string]time.Duration{"1/1": 10, "1/2": 50}, ticks: 100}
	after := CPU{threads: map[string]time.Duration{"1/1": 15, "1/3": 7}, ticks: 140} // 2 has ended, 3 is new
	schedstat, stat := after.Since(before)
	if schedstat != 12 || stat != 40 {
		t.Errorf("got %d and %d, want 12 and 40", schedstat, stat)
	}
}

// TestReadCPU burns time on a thread and finds it charged, in both ways.
func TestReadCPU(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	self := []int{os.Getpid()}
	before, err := ReadCPU(self)
	if err != nil {
		t.Fatal(err)
	}
	const burn = 100 * time.Millisecond
	for {
		after, err := ReadCPU(self)
		if err != nil {
			t.Fatal(err)
		}
		schedstat, stat := after.Since(before)
		if schedstat < burn {
			continue
		}
		if off := stat - schedstat; off < -30*time.Millisecond || off > 30*time.Millisecond {
			t.Errorf("schedstat says %v, stat %v: further apart than ticks explain", schedstat, stat)
		}
		return
	}
}

func TestFamily(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 60 & echo; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // sleep is started
		t.Fatal(err)
	}
	shell := cmd.Process.Pid
	got, err := Family(shell)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range got {
		p, _ := os.FindProcess(pid)
		p.Kill()
	}
	cmd.Wait()
	if len(got) != 2 || !slices.Contains(got, shell) {
		t.Errorf("got %v, want %d and its child", got, shell)
	}
}

func TestReadFootprint(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command("cat") // waits for its input
	cmd.ExtraFiles = []*os.File{f, f}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Write([]byte("x"))
	if _, err := out.Read(make([]byte, 1)); err != nil { // it is at work
		t.Fatal(err)
	}
	once, err := ReadFootprint([]int{cmd.Process.Pid})
	twice, err2 := ReadFootprint([]int{cmd.Process.Pid, cmd.Process.Pid})
	in.Close()
	cmd.Wait()
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if once.Descriptors < 5 { // its own three, and ours
		t.Errorf("got %d descriptors, want at least 5", once.Descriptors)
	}
	if once.Resident < 64<<10 {
		t.Errorf("got %d bytes", once.Resident)
	}
	if twice.Descriptors <= once.Descriptors || twice.Resident <= once.Resident {
		t.Errorf("got %+v for one process, and %+v for it taken twice", once, twice)
	}
}
