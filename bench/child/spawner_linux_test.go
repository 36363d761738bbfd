package child

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// role says what this test binary is, where a test runs it again.
const role = "CHILD_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "benchmark":
		fmt.Fprintln(os.Stderr, benchmark())
	case "limited":
		fmt.Fprintln(os.Stderr, Exec(100, syscall.SIGKILL, []string{"/bin/sleep", "60"}))
	}
	os.Exit(1)
}

// benchmark starts a limited command, prints its pid, and waits to be killed.
func benchmark() error {
	s, err := NewSpawner(true)
	if err != nil {
		return err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"=limited")
	if err := s.Start(cmd, syscall.SIGKILL); err != nil {
		return err
	}
	fmt.Println(cmd.Process.Pid)
	return cmd.Wait()
}

// TestDeath kills a benchmark as roughly as can be: what it started ends too.
func TestDeath(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"=benchmark")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	until(t, "sleep runs", func() bool { return strings.TrimSpace(read(filepath.Join(dir, "comm"))) == "sleep" })
	if limits := read(filepath.Join(dir, "limits")); !strings.Contains(strings.Join(strings.Fields(limits), " "), "Max open files 100 100 files") {
		t.Errorf("want 100 descriptors, got:\n%s", limits)
	}
	cmd.Process.Kill()
	cmd.Wait()
	until(t, "sleep has ended", func() bool {
		_, after, _ := strings.Cut(read(filepath.Join(dir, "stat")), ") ")
		return after == "" || after[0] == 'Z' // nobody may have reaped it
	})
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came about that %s", what)
		}
	}
}

func read(path string) string {
	text, _ := os.ReadFile(path) // it may be gone
	return string(text)
}

func TestPorts(t *testing.T) {
	s, err := NewSpawner(true)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPorts(s)
	p.last = lastPort - 1
	for _, want := range []int{lastPort, firstPort, firstPort + 1} { // all free, it is to be hoped
		if got, err := p.Next(); err != nil || got != want {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
	}
}
