package config

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shortDir is a directory with a path that leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "weir")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// withSockets is a configuration in dir whose listeners l0, l1, ... are on these sockets.
func withSockets(dir string, paths ...string) []source {
	var b strings.Builder
	b.WriteString("service \"web\" {}\n")
	for i, path := range paths {
		fmt.Fprintf(&b, "listener \"l%d\" {\n  bind    = %q\n  service = \"web\"\n}\n", i, "unix:"+path)
	}
	return []source{{filepath.Join(dir, "weir.hcl"), []byte(b.String())}}
}

// TestSocketPath shows where a socket is to be, and that one which is already there is not in the way.
func TestSocketPath(t *testing.T) {
	dir := shortDir(t)
	l, err := net.Listen("unix", filepath.Join(dir, "live.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	absolute := filepath.Join(dir, strings.Repeat("n", longestPath-len(dir)-1))
	for written, want := range map[string]string{
		"web.sock":          filepath.Join(dir, "web.sock"),
		"./@web":            filepath.Join(dir, "@web"),
		"live.sock":         filepath.Join(dir, "live.sock"),
		"//" + dir + "/a.b": filepath.Join(dir, "a.b"), // as in a URL
		absolute:            absolute,
		absolute + "n":      "",
	} {
		conf, diags := parse(withSockets(dir, written), noEnv)
		if got := text(t, diags); (conf == nil) != (want == "") || strings.Contains(got, "Warning") {
			t.Errorf("%q brings %s", written, got)
		} else if conf != nil && conf.Listeners[0].Bind != (Bind{Path: want}) {
			t.Errorf("%q is %v, want %q", written, conf.Listeners[0].Bind, want)
		}
	}
}

// TestSocketOfRelativeFile shows that the path is absolute though that of the file is not.
func TestSocketOfRelativeFile(t *testing.T) {
	dir := shortDir(t)
	t.Chdir(dir)
	conf, diags := parse(withSockets(".", "web.sock"), noEnv)
	if conf == nil {
		t.Fatal(text(t, diags))
	}
	want := "unix:" + filepath.Join(dir, "web.sock")
	if got := conf.Listeners[0].Bind.String(); got != want {
		t.Errorf("bind %s, want %s", got, want)
	}
	if got := conf.Summary(); !strings.HasSuffix(got, ": "+want+" -> web") {
		t.Errorf("summary %s", got)
	}
}

// TestSocketByTwoNames shows that links do not hide that two paths are one.
func TestSocketByTwoNames(t *testing.T) {
	dir := shortDir(t)
	for link, to := range map[string]string{"here": ".", "web.sock": "there.sock"} { // the latter leads nowhere yet
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		a, b string
		one  bool
	}{
		{"a.sock", "here/a.sock", true},
		{"web.sock", "here/here/there.sock", true},
		{"web.sock", "a.sock", false},
	} {
		conf, diags := parse(withSockets(dir, test.a, test.b), noEnv)
		if got := text(t, diags); (conf == nil) != test.one || test.one && strings.Count(got, "Error: Address in use") != 1 {
			t.Errorf("%s and %s bring %s", test.a, test.b, got)
		}
	}
}
