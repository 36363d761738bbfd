package discovery

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func dirNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func mustWrite(t *testing.T, f snapshotFile, content string) {
	t.Helper()
	if err := f.write([]byte(content), false); err != nil {
		t.Fatal(err)
	}
}

func TestSnapshotFileIsReplaced(t *testing.T) {
	dir := t.TempDir()
	f := snapshotFile(filepath.Join(dir, "weir.snapshot"))
	if _, err := f.read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read: got %v, want that there is none", err)
	}
	if err := os.WriteFile(string(f), []byte("an older and longer one"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, f, "new")
	if got, err := f.read(); err != nil || string(got) != "new" {
		t.Errorf("read: got %q, %v", got, err)
	}
	if info, _ := os.Stat(string(f)); info.Mode() != 0o600 {
		t.Errorf("mode: got %v, want that only its owner may read it", info.Mode())
	}
	if got := dirNames(t, dir); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

// A file of configuration management, or of a volume: the link is theirs, what it leads to is ours.
func TestSnapshotFileBehindLinks(t *testing.T) {
	etc, data := t.TempDir(), t.TempDir()
	far := filepath.Join(data, "state", "web.snapshot")
	for name, to := range map[string]string{
		filepath.Join(etc, "absolute"):         far,
		filepath.Join(etc, "twice"):            "absolute",
		filepath.Join(data, "relative"):        "state/web.snapshot",
		filepath.Join(etc, "through"):          "dir/../state/web.snapshot",
		filepath.Join(etc, "dir"):              filepath.Join(data, "other"),
		filepath.Join(data, "other", "upward"): "../state/web.snapshot",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Dir(far), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{etc + "/absolute", etc + "/twice", data + "/relative", etc + "/through", etc + "/dir/upward"} {
		os.Remove(far) // so that the first write finds a link to nothing
		for _, content := range []string{"first", "second"} {
			mustWrite(t, snapshotFile(link), content)
			if got, err := os.ReadFile(far); err != nil || string(got) != content {
				t.Errorf("%s: got %q, %v, want %q", link, got, err, content)
			}
			if got, err := snapshotFile(link).read(); err != nil || string(got) != content {
				t.Errorf("%s: read: got %q, %v, want %q", link, got, err, content)
			}
			if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
				t.Errorf("%s: got %v, %v, want the link", link, info, err)
			}
		}
		if got := dirNames(t, filepath.Dir(far)); len(got) != 1 {
			t.Errorf("%s: left behind: %v", link, got)
		}
	}

	circle := snapshotFile(filepath.Join(etc, "circle"))
	if err := os.Symlink("circle", string(circle)); err != nil {
		t.Fatal(err)
	}
	if err := circle.write(nil, false); err == nil {
		t.Error("a circle of links was written to")
	}
}

func TestSnapshotFileCanNotBeWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, os.DevNull, file + "/weir.snapshot", dir + "/none/weir.snapshot", dir + "/" + strings.Repeat("x", 300)} {
		if err := snapshotFile(path).write([]byte("new"), false); err == nil {
			t.Errorf("%s: was written", path)
		}
		if _, err := snapshotFile(path).read(); err == nil {
			t.Errorf("%s: was read", path)
		}
	}
	full := snapshotFile(filepath.Join(dir, "full"))
	mustWrite(t, full, "old")
	if err := os.MkdirAll(string(full)+".refused/full", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := full.write([]byte("new"), true); err == nil {
		t.Error("there is no place for the refused one, and it was written all the same")
	}
	if got, err := full.read(); err != nil || string(got) != "old" {
		t.Errorf("after a failure: got %q, %v, want the old one", got, err)
	}
	if got := dirNames(t, dir); !slices.Equal(got, []string{"file", "full", "full.refused"}) {
		t.Errorf("left behind: %v", got)
	}
}

func TestSnapshotFileTooLarge(t *testing.T) {
	f := snapshotFile(filepath.Join(t.TempDir(), "weir.snapshot"))
	mustWrite(t, f, "")
	if err := os.Truncate(string(f), maxSnapshot+1); err != nil { // a file with a hole
		t.Fatal(err)
	}
	if _, err := f.read(); err == nil {
		t.Error("it was read")
	}
}

func TestSnapshotFileKeepsTheRefusedAside(t *testing.T) {
	dir := t.TempDir()
	f := snapshotFile(filepath.Join(dir, "weir.snapshot"))
	if err := f.write([]byte("first"), true); err != nil { // nothing to keep
		t.Fatal(err)
	}
	if err := f.write([]byte("second"), true); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, f, "third")
	if got, err := os.ReadFile(string(f) + ".refused"); err != nil || string(got) != "first" {
		t.Errorf("aside: got %q, %v, want the one that was refused", got, err)
	}
	if got := dirNames(t, dir); len(got) != 2 {
		t.Errorf("left behind: %v", got)
	}
}

func TestSnapshotFileCleansUp(t *testing.T) {
	dir := t.TempDir()
	f := snapshotFile(filepath.Join(dir, "a[1].snapshot"))
	old := time.Now().Add(-2 * halfWritten)
	for name, age := range map[string]time.Time{
		"a[1].snapshot":            old,
		".a[1].snapshot.12.tmp":    old,
		".a[1].snapshot.13.tmp":    time.Now(), // of a process that is at it
		".a[1].snapshot.tmp":       old,
		".a[1].snapshot..tmp":      old,
		".a[1].snapshot.x.tmp":     old,
		".a[1].snapshot.2.12.tmp":  old, // of a[1].snapshot.2
		"a[1].snapshot.12.tmp":     old,
		".a[1].snapshot.12.tmp.gz": old,
		".a1.snapshot.12.tmp":      old,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, age, age)); err != nil {
			t.Fatal(err)
		}
	}
	before := dirNames(t, dir)
	f.clean()
	want := slices.DeleteFunc(before, func(name string) bool { return name == ".a[1].snapshot.12.tmp" })
	if got := dirNames(t, dir); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// Two processes write, as in an upgrade, and one reads.
func TestSnapshotFileSharedIsNeverTorn(t *testing.T) {
	f := snapshotFile(filepath.Join(t.TempDir(), "weir.snapshot"))
	one, two := bytes.Repeat([]byte("1"), 100_000), bytes.Repeat([]byte("2"), 50_000)
	mustWrite(t, f, string(one))
	var wg sync.WaitGroup
	for _, content := range [][]byte{one, two} {
		wg.Go(func() {
			for range 50 {
				if err := f.write(content, false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 500 {
		if got, err := f.read(); err != nil || !bytes.Equal(got, one) && !bytes.Equal(got, two) {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
	}
	wg.Wait()
}
