package programs

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/test/rig"
)

const postgresBin = "/usr/lib/postgresql/*/bin/"

// A postgres is a database server of the test's own. PostgreSQL refuses to run as root.
type postgres struct {
	*program
	addr string
}

func startPostgres(t *testing.T) *postgres {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-postgres-") // below the test's folder only root may look
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	own(t, dir)
	data := filepath.Join(dir, "data")
	run(t, asPostgres(t, exec.Command(find(t, "initdb", "postgresql", postgresBin+"initdb"), "-D", data, "-A", "trust", "-U", "weir", "--no-sync")))
	addr := rig.FreeAddress(t)
	host, port := split(t, addr)
	p := start(t, asPostgres(t, exec.Command(find(t, "postgres", "postgresql", postgresBin+"postgres"),
		"-D", data, "-h", host, "-p", port, "-k", dir, "-c", "fsync=off", "-c", "max_connections=60")))
	p.await(t, "tcp", addr)
	pgbench(t, addr, "-i", "-s", "1")
	return &postgres{p, addr}
}

// asPostgres has root run a command as the user that Debian's package brings.
func asPostgres(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	cmd.Dir = os.TempDir()
	if os.Getuid() == 0 {
		uid, gid := postgresUser(t)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	return cmd
}

func own(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	uid, gid := postgresUser(t)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func postgresUser(t *testing.T) (uid, gid int) {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("%v, though PostgreSQL is here", err)
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid
}

// pgbench runs one to its end.
func pgbench(t *testing.T, addr string, args ...string) string {
	t.Helper()
	return run(t, pgbenchCommand(t, addr, args...))
}

func pgbenchCommand(t *testing.T, addr string, args ...string) *exec.Cmd {
	t.Helper()
	host, port := split(t, addr)
	args = append([]string{"-h", host, "-p", port, "-U", "weir"}, args...)
	return exec.Command(find(t, "pgbench", "postgresql", postgresBin+"pgbench"), append(args, "postgres")...)
}

// A backend is killed in the middle of transactions: its own connections end, and no other.
func TestPostgres(t *testing.T) {
	t.Parallel()
	killed, stays := startPostgres(t), startPostgres(t)
	w, addr := front(t, "", killed.addr, stays.addr)

	if out := pgbench(t, addr, "-c", "10", "-j", "2", "-T", "2", "-C"); !strings.Contains(out, "number of failed transactions: 0 ") {
		t.Errorf("with a connection for each transaction:\n%s", out)
	}

	const clients = 20
	mark := w.Mark()
	long := pgbenchCommand(t, addr, "-c", strconv.Itoa(clients), "-j", "2", "-T", "8", "--verbose-errors")
	var out strings.Builder
	long.Stdout, long.Stderr = &out, &out
	if err := long.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // of transactions
	killed.kill()
	w.Eligible(t, mark, 1)
	long.Wait() // it says by its exit that some clients were aborted

	aborted := strings.Count(out.String(), "aborted in command")
	if aborted != clients/2 {
		t.Errorf("%d of %d clients were aborted, want those of the killed server, %d:\n%s", aborted, clients, clients/2, out.String())
	}
	if out := pgbench(t, addr, "-c", "10", "-j", "2", "-T", "2", "-C"); !strings.Contains(out, "number of failed transactions: 0 ") {
		t.Errorf("after the kill:\n%s", out)
	}
}
