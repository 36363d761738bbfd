package discovery

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// messages are the lines that are logged at INFO and above, without what follows the message.
func (l *logs) messages() []string {
	var all []string
	for line := range strings.Lines(l.String()) {
		message, _, _ := strings.Cut(strings.TrimSpace(line), ": ")
		all = append(all, strings.Join(strings.Fields(message), " "))
	}
	return all
}

// replace puts a file there by renaming one, as editors and agents do.
func replace(t *testing.T, path, content string) {
	t.Helper()
	overwrite(t, path+".new", content)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// The token is that of its file, however that is replaced; while there is none, the last.
func TestTokenFile(t *testing.T) {
	const (
		changed = "[INFO] token file changed, using the new token"
		refused = "[WARN] token file can't be used, the old token stays"
		usable  = "[INFO] token file can be used again"
	)
	type does = func(t *testing.T, path string)
	written := func(content string) does {
		return func(t *testing.T, path string) { overwrite(t, path, content) }
	}
	tests := map[string]struct {
		steps []does // with some looks after each
		want  string
		logs  []string
	}{
		"nothing":                     {nil, "secret-1", nil},
		"another by rename":           {[]does{func(t *testing.T, path string) { replace(t, path, "secret-2\n") }}, "secret-2", []string{changed}},
		"another in place":            {[]does{written("secret-2\n")}, "secret-2", []string{changed}},
		"two, one after the other":    {[]does{written("secret-2"), written("secret-3")}, "secret-3", []string{changed, changed}},
		"truncated, then written":     {[]does{written(""), written("secret-2")}, "secret-2", []string{refused, changed}},
		"emptied":                     {[]does{written(" \n")}, "secret-1", []string{refused}},
		"removed":                     {[]does{remove}, "secret-1", []string{refused}},
		"removed, and back":           {[]does{remove, written("secret-1")}, "secret-1", []string{refused, usable}},
		"white space":                 {[]does{written("\n secret-1")}, "secret-1", nil},
		"a folder in its place":       {[]does{remove, func(t *testing.T, path string) { os.Mkdir(path, 0o700) }}, "secret-1", []string{refused, refused}},
		"twice within a clock's tick": {[]does{func(t *testing.T, path string) { written("secret-2")(t, path); written("secret-3")(t, path) }}, "secret-3", []string{changed}},
		"of the same size and time": {[]does{func(t *testing.T, path string) {
			was, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			overwrite(t, path, "secret-4")
			os.Chtimes(path, was.ModTime(), was.ModTime())
		}}, "secret-4", []string{changed}},
		"a link that points elsewhere": {[]does{func(t *testing.T, path string) {
			overwrite(t, path+"-2", "secret-2")
			remove(t, path)
			os.Symlink(path+"-2", path)
		}}, "secret-2", []string{changed}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			overwrite(t, path, "secret-1")
			synctest.Test(t, func(t *testing.T) {
				c, log := followCredentials(t, ConsulOptions{Address: "127.0.0.1:8500", Token: "beaten", TokenFile: path})
				for _, do := range test.steps {
					do(t, path)
					time.Sleep(3*lookEvery + time.Millisecond)
				}
				if got := c.token(); got != test.want {
					t.Errorf("token: got %s, want %s", got, test.want)
				}
				if got := log.messages(); !slices.Equal(got, test.logs) {
					t.Errorf("log: got %q, want %q", got, test.logs)
				}
				if strings.Contains(log.String(), "secret") {
					t.Errorf("a token was logged:\n%s", log)
				}
			})
		})
	}
}

// followCredentials runs credentials to the end of the bubble.
func followCredentials(t *testing.T, o ConsulOptions) (*credentials, *logs) {
	t.Helper()
	log := &logs{}
	c, err := newCredentials(o, log.logger())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { c.run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		c.closeIdle()
	})
	return c, log
}

// Kubernetes keeps the files of a secret behind one link, which it swaps.
func TestTokenFileOfKubernetes(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, token := range map[string]string{"v1": "t1", "v2": "t2"} {
		if err := os.Mkdir(in(name), 0o700); err != nil {
			t.Fatal(err)
		}
		overwrite(t, filepath.Join(in(name), "token"), token)
	}
	swap := func(version string) {
		t.Helper()
		if err := os.Symlink(version, in("..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(in("..data_tmp"), in("..data")); err != nil {
			t.Fatal(err)
		}
	}
	swap("v1")
	if err := os.Symlink("..data/token", in("token")); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		c, _ := followCredentials(t, ConsulOptions{Address: "127.0.0.1:8500", TokenFile: in("token")})
		swap("v2")
		<-c.changed()
		if got := c.token(); got != "t2" {
			t.Errorf("token: got %s, want t2", got)
		}
	})
}

// Who is refused needn't wait for the next look, and all who are share one.
func TestLookAtOnce(t *testing.T) {
	path := write(t, "token", "t1")
	c, err := newCredentials(ConsulOptions{Address: "127.0.0.1:8500", TokenFile: path}, (&logs{}).logger())
	if err != nil {
		t.Fatal(err)
	}
	outdated := c.changed()
	if c.look(outdated) {
		t.Error("look: got something new, want nothing")
	}
	replace(t, path, "t2")
	if got := c.token(); got != "t1" {
		t.Errorf("token before a look: got %s, want t1", got)
	}
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if !c.look(outdated) {
				t.Error("look: got nothing new, want a token")
			}
			if got := c.token(); got != "t2" {
				t.Errorf("token: got %s, want t2", got)
			}
		})
	}
	wg.Wait()
	if c.look(c.changed()) {
		t.Error("another look: got something new, want nothing")
	}
}

// A file that hangs when it is read, as those of a network may, holds up nobody for long.
func TestLookAtFileThatHangs(t *testing.T) {
	path := write(t, "token", "t1")
	c, err := newCredentials(ConsulOptions{Address: "127.0.0.1:8500", TokenFile: path}, (&logs{}).logger())
	if err != nil {
		t.Fatal(err)
	}
	remove(t, path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	outdated, began := c.changed(), time.Now()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if c.look(outdated) {
				t.Error("look: got something new, want nothing")
			}
		})
	}
	wg.Wait()
	if took := time.Since(began); took > 3*lookPatience {
		t.Errorf("50 looks took %v, want about %v", took, lookPatience)
	}
	if got := c.token(); got != "t1" {
		t.Errorf("token: got %s, want t1", got)
	}
	overwrite(t, path, "t2") // which ends the one read that hangs
	<-outdated
	if got := c.token(); got != "t2" {
		t.Errorf("token: got %s, want t2", got)
	}
}
