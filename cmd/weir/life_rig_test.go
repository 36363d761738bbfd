package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patienceOfTests is how long a test waits for what must happen. It is no claim about speed.
const patienceOfTests = 20 * time.Second

// A lifeRig is a weir that is a process, with the generations that follow it, a backend that answers
// each line with itself, and what they write.
type lifeRig struct {
	t       *testing.T
	dir     string
	addr    string     // of the listener
	backend int        // its port
	env     []string   // beyond the test's own
	process string     // inside of process {}, beside pid_file
	extra   string     // at the end of the configuration
	files   []*os.File // it is to have, beyond standard error

	cmd  *exec.Cmd
	done chan struct{} // closed when all generations have ended
	mu   sync.Mutex    // guards log
	log  []logLine
}

type logLine map[string]any

func newLifeRig(t *testing.T) *lifeRig {
	t.Helper()
	l := &lifeRig{t: t, dir: t.TempDir(), addr: freeAddress(t), done: make(chan struct{})}
	backend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { serveEcho(backend) })
	t.Cleanup(func() {
		backend.Close()
		serving.Wait()
	})
	if err := os.Mkdir(l.file("services"), 0o755); err != nil {
		t.Fatal(err)
	}
	l.backend = backend.Addr().(*net.TCPAddr).Port
	l.serviceFile()
	l.link()
	return l
}

// serviceFile is the catalog.
func (l *lifeRig) serviceFile() {
	l.t.Helper()
	l.write("services/echo.json", fmt.Sprintf(`{"service": {"name": "echo", "address": "127.0.0.1", "port": %d}}`, l.backend))
}

func serveEcho(backend net.Listener) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		conn, err := backend.Accept()
		if err != nil {
			return
		}
		conns.Go(func() {
			defer conn.Close()
			io.Copy(conn, conn)
		})
	}
}

func (l *lifeRig) file(name string) string { return filepath.Join(l.dir, name) }

func (l *lifeRig) write(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(l.file(name), []byte(text), 0o755); err != nil {
		l.t.Fatal(err)
	}
}

// link makes the program a good weir.
func (l *lifeRig) link() {
	l.t.Helper()
	self := testBinary(l.t)
	l.replace(func(path string) error { return os.Symlink(self, path) })
}

// script makes the program a shell script.
func (l *lifeRig) script(text string) {
	l.t.Helper()
	l.replace(func(path string) error { return os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755) })
}

func (l *lifeRig) replace(create func(path string) error) {
	l.t.Helper()
	next := l.file("weir.next")
	if err := create(next); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Rename(next, l.file("weir")); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lifeRig) configure() {
	l.t.Helper()
	process := l.process
	if !strings.Contains(process, "pid_file") {
		process = "pid_file = \"weir.pid\"\n  " + process
	}
	l.write("config.hcl", fmt.Sprintf(`
log { format = "json" }
process {
  %s
}
files { dir = "services" }
service "echo" {}
listener "echo" {
  bind    = %q
  service = "echo"
}
%s
`, process, l.addr, l.extra))
}

// start runs weir until the test ends. Words before its command line are a program that becomes, or runs, weir.
func (l *lifeRig) start(before ...string) {
	l.t.Helper()
	l.configure()
	line := append(before, l.file("weir"), "run", "--config", l.file("config.hcl"))
	l.cmd = exec.Command(line[0], line[1:]...)
	l.cmd.Env = l.environment()
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	read, write, err := os.Pipe() // these outlive the first generation
	if err != nil {
		l.t.Fatal(err)
	}
	stdin, alive, err := os.Pipe()
	if err != nil {
		l.t.Fatal(err)
	}
	l.cmd.Stdin, l.cmd.Stderr, l.cmd.ExtraFiles = stdin, write, l.files
	err = l.cmd.Start()
	write.Close()
	stdin.Close()
	if err != nil {
		read.Close()
		l.t.Fatal(err)
	}
	var ended sync.WaitGroup
	ended.Go(func() { l.cmd.Wait() })
	go func() {
		defer close(l.done)
		l.read(read)
		read.Close()
		ended.Wait()
	}()
	l.t.Cleanup(func() {
		syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL)
		<-l.done
		alive.Close()
		if l.t.Failed() {
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, line := range l.log {
				l.t.Log(line)
			}
		}
	})
	l.await("serving", nil)
}

func (l *lifeRig) environment() []string {
	within := asWeir + "=20s"
	return append(append(os.Environ(), within), l.env...)
}

func (l *lifeRig) read(from io.Reader) {
	scan := bufio.NewScanner(from)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		line := logLine{}
		if json.Unmarshal(scan.Bytes(), &line) != nil {
			line["plain"] = scan.Text()
		}
		l.mu.Lock()
		l.log = append(l.log, line)
		l.mu.Unlock()
	}
}

// find returns the lines that have the message and fit.
func (l *lifeRig) find(message string, fits func(logLine) bool) (found []logLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.log {
		if line["@message"] == message && (fits == nil || fits(line)) {
			found = append(found, line)
		}
	}
	return found
}

// await waits for such a line.
func (l *lifeRig) await(message string, fits func(logLine) bool) logLine {
	l.t.Helper()
	var found []logLine
	eventually(l.t, fmt.Sprintf("the log to say %q", message), func() bool {
		found = l.find(message, fits)
		return len(found) > 0
	})
	return found[0]
}

// plain reports whether a line that isn't of the log has this in it.
func (l *lifeRig) plain(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.log, func(line logLine) bool {
		text, _ := line["plain"].(string)
		return strings.Contains(text, part)
	})
}

// eventually polls for what must come true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patienceOfTests); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// pid is that of the pid file.
func (l *lifeRig) pid() int {
	pid, _ := readPIDFile(l.file("weir.pid"))
	return pid
}

func (l *lifeRig) signal(pid int, sig syscall.Signal) {
	l.t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		l.t.Fatalf("send %v to %d: %v", sig, pid, err)
	}
}

// generations are the processes of the group that live.
func (l *lifeRig) generations() (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		text, _ := os.ReadFile(path)
		_, fields, _ := bytes.Cut(text, []byte(") "))
		var state string
		var parent, group int
		if n, _ := fmt.Sscan(string(fields), &state, &parent, &group); n == 3 && group == l.cmd.Process.Pid && state != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// command runs another command of weir.
func (l *lifeRig) command(args ...string) (stdout, stderr string, code int) {
	l.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(os.Args[0], append(args, "--config", l.file("config.hcl"))...)
	cmd.Env = l.environment()
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		l.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// upgrade must work.
func (l *lifeRig) upgrade() {
	l.t.Helper()
	before := l.pid()
	stdout, stderr, code := l.command("upgrade")
	if code != exitOK || l.pid() == before || stdout != fmt.Sprintf("upgraded: process %d serves\n", l.pid()) {
		l.t.Fatalf("upgrade: got code %d, %q, %q, process %d after %d", code, stdout, stderr, l.pid(), before)
	}
}

// wait returns the exit code of the first generation once all have ended.
func (l *lifeRig) wait() int {
	l.t.Helper()
	select {
	case <-l.done:
	case <-time.After(patienceOfTests):
		l.t.Fatalf("weir didn't end: %v are left", l.generations())
	}
	return l.cmd.ProcessState.ExitCode()
}

// A lifeTalk is one connection through weir.
type lifeTalk struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	n    int
}

func (l *lifeRig) talk() *lifeTalk {
	l.t.Helper()
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { conn.Close() })
	k := &lifeTalk{t: l.t, conn: conn, in: bufio.NewReader(conn)}
	k.say()
	return k
}

// say sends a line and must get it back.
func (k *lifeTalk) say() {
	k.t.Helper()
	k.n++
	want := fmt.Sprintf("line %d\n", k.n)
	k.conn.SetDeadline(time.Now().Add(patienceOfTests))
	io.WriteString(k.conn, want)
	if got, err := k.in.ReadString('\n'); got != want {
		k.t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

// reset waits for the connection to be.
func (k *lifeTalk) reset() {
	k.t.Helper()
	k.conn.SetDeadline(time.Now().Add(patienceOfTests))
	if got, err := k.in.ReadString('\n'); !errors.Is(err, syscall.ECONNRESET) {
		k.t.Fatalf("got %q, %v, want a reset", got, err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// testBinary is the path of this one.
func testBinary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
