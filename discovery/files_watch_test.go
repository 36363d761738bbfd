package discovery

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestFilesAtomicRename(t *testing.T) {
	t.Parallel()
	r := runEmpty(t)
	r.write("a.hcl", web("web-1", 81))
	r.want("web-1:81")
	elsewhere := filepath.Join(t.TempDir(), "a.hcl")
	for port := 82; port < 85; port++ {
		if err := os.WriteFile(elsewhere, []byte(web("web-1", port)), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(elsewhere, r.path("a.hcl")); err != nil {
			t.Fatal(err)
		}
		r.want(fmt.Sprintf("web-1:%d", port))
	}
}

// A Kubernetes config map: files link to ..data/NAME, and ..data is a link
// that is renamed over.
func TestFilesConfigMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	point := func(version, content string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, version), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, version, "a.hcl"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(version, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	point("..v1", web("web-1", 81))
	if err := os.Symlink(filepath.Join("..data", "a.hcl"), filepath.Join(dir, "a.hcl")); err != nil {
		t.Fatal(err)
	}
	r := runFiles(t, dir)
	r.want("web-1:81")
	point("..v2", web("web-1", 82, "web-2", 83))
	r.want("web-1:82 web-2:83")
}

func TestFilesFolderVanishesAndReturns(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	r := runFiles(t, filepath.Join(parent, "services.d"))
	r.wantLine("folder can't be read, waiting for it")
	if s := r.feed.Set(); s != nil {
		t.Fatalf("got %q of a folder that never was, want no set", ids(s))
	}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.write("a.hcl", web("web-1", 81))
	r.want("web-1:81")

	away := filepath.Join(parent, "away")
	if err := os.Rename(r.dir, away); err != nil {
		t.Fatal(err)
	}
	r.wantLine("folder can't be read, its last good content stays in force")
	r.want("web-1:81")
	if err := os.WriteFile(filepath.Join(away, "b.hcl"), []byte(web("web-2", 82)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(away, r.dir); err != nil {
		t.Fatal(err)
	}
	r.want("web-1:81 web-2:82")
	r.write("a.hcl", web("web-1", 91)) // watched again
	r.want("web-1:91 web-2:82")

	// Removed and made anew: the new folder may have the old one's inode.
	if err := os.RemoveAll(r.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.write("c.hcl", web("web-3", 83))
	r.want("web-3:83")
	r.write("c.hcl", web("web-3", 93))
	r.want("web-3:93")
}

// The folder's own path is a link, swapped as by a deployment.
func TestFilesFolderLinkSwapped(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	link := filepath.Join(parent, "current")
	for i, release := range []string{"r1", "r2"} {
		if err := os.Mkdir(filepath.Join(parent, release), 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(parent, release, "a.hcl")
		if err := os.WriteFile(path, []byte(web("web-1", 81+i)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("r1", link); err != nil {
		t.Fatal(err)
	}
	r := runFiles(t, link)
	r.want("web-1:81")
	if err := os.Symlink("r2", link+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link+".new", link); err != nil {
		t.Fatal(err)
	}
	r.want("web-1:82")
	r.write("a.hcl", web("web-1", 92))
	r.want("web-1:92")
}

// A link out of the folder: nothing tells of a change there, it is read now and then.
func TestFilesLinkLeadsOut(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes 10 s")
	}
	r := runEmpty(t)
	outside := filepath.Join(t.TempDir(), "a.hcl")
	if err := os.WriteFile(outside, []byte(web("web-1", 81)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, r.path("a.hcl")); err != nil {
		t.Fatal(err)
	}
	r.want("web-1:81")
	if err := os.WriteFile(outside, []byte(web("web-1", 91)), 0o644); err != nil {
		t.Fatal(err)
	}
	r.want("web-1:91")
}

func TestDebounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDebounce()
		defer d.stop()
		start := time.Now()
		settled := func() time.Duration {
			<-d.C()
			d.settled()
			return time.Since(start)
		}

		d.touch(time.Now())
		if got := settled(); got != quiet {
			t.Errorf("one change settled after %v, want %v", got, quiet)
		}

		start = time.Now()
		for range 4 {
			d.touch(time.Now())
			time.Sleep(60 * time.Millisecond)
		}
		if got, want := settled(), 3*60*time.Millisecond+quiet; got != want {
			t.Errorf("four changes settled after %v, want %v", got, want)
		}

		start = time.Now()
		for time.Since(start) < patience { // never quiet
			d.touch(time.Now())
			time.Sleep(70 * time.Millisecond)
		}
		select {
		case <-d.C():
		default:
			t.Errorf("changes that never rest were not settled after %v", time.Since(start))
		}
	})
}
