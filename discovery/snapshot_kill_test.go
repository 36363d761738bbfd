package discovery

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const killedFile = "WEIR_TEST_SNAPSHOT" // what a child writes until it is killed

// Whenever a process is killed, the file is one that it wrote, and whole.
func TestSnapshotFileSurvivesKill(t *testing.T) {
	contents := make([][]byte, 4)
	for i := range contents {
		contents[i] = encoded(t, someKept(rand.New(rand.NewPCG(uint64(i), 4))))
		contents[i] = append(contents[i], bytes.Repeat([]byte{byte('0' + i)}, i*200_000)...)
	}
	if path := os.Getenv(killedFile); path != "" {
		for i := 0; ; i++ {
			mustWrite(t, snapshotFile(path), string(contents[i%len(contents)]))
		}
	}
	dir := t.TempDir()
	f := snapshotFile(filepath.Join(dir, "weir.snapshot"))
	mustWrite(t, f, string(contents[0]))
	kills, before := 25, contents[0]
	writes := 0
	for range kills {
		child := exec.Command(os.Args[0], "-test.run=^TestSnapshotFileSurvivesKill$")
		child.Env = append(os.Environ(), killedFile+"="+string(f))
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		started, _ := os.Stat(string(f))
		for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(time.Millisecond) {
			if info, err := os.Stat(string(f)); err == nil && !os.SameFile(info, started) { // it is at it
				break
			}
		}
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		child.Process.Kill()
		child.Wait()
		got, err := f.read()
		if err != nil || !slices.ContainsFunc(contents, func(c []byte) bool { return bytes.Equal(c, got) }) {
			t.Fatalf("got %d bytes, %v, which nobody wrote", len(got), err)
		}
		if !bytes.Equal(got, before) {
			writes++
		}
		before = got
	}
	left := dirNames(t, dir)
	t.Logf("%d kills, %d files half written", kills, len(left)-1)
	if writes == 0 || len(left)-1 > kills {
		t.Errorf("the children wrote %d times and left %v", writes, left)
	}
	for _, name := range left {
		old := time.Now().Add(-2 * halfWritten)
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	f.clean()
	if got := dirNames(t, dir); len(got) != 1 {
		t.Errorf("after the clean-up: %v", got)
	}
}
