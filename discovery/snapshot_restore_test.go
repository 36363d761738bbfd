package discovery

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// The catalog's first answer replaces what was restored, and its guards compare with that.
func TestSnapshotThenConsulAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer []string
		want   string
	}{
		{"the same", []string{registered("a", "10.0.0.1", 80, "passing")}, "a 10.0.0.1:80 passing 5/2"},
		{"another", []string{registered("b", "10.0.0.2", 80, "passing")}, "b 10.0.0.2:80 passing 5/2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := Instance{Identity: Identity{Datacenter: "dc1", Node: "n1", Service: "a"}, Host: "10.0.0.1", Port: 80, Passing: 5, Warning: 2, Status: Passing}
				file := filepath.Join(t.TempDir(), "weir.snapshot")
				q := newStoredQuery(webQuery, SnapshotOptions{})
				at := time.Now().Add(-time.Hour)
				mustWrite(t, snapshotFile(file), string(encoded(t, map[string]storedSet{q.key(): {q, NewSet([]Instance{in}, at), at}})))

				a := &lateAgent{at: time.Now().Add(5 * time.Second), answer: list(7, c.answer...)}
				consul, _ := memoryConsul(t, pulsed(a.serve))
				r := runSnapshot(t, file, consul, webQuery)
				pass(4 * time.Second)
				if set := r.feeds[0].Set(); show(set) != "a 10.0.0.1:80 passing 5/2" || !set.Unverified {
					t.Errorf("while it is silent: got %s, unverified %v", show(set), set.Unverified)
				}
				pass(time.Minute)
				if set := r.feeds[0].Set(); show(set) != c.want || set.Unverified {
					t.Errorf("then: got %s, unverified %v, want %s", show(set), set.Unverified, c.want)
				}
				if stored := r.only(t); show(stored.set) != c.want || stored.confirmed.Before(a.at) {
					t.Errorf("file: got %s of %v, want %s", show(stored.set), stored.confirmed, c.want)
				}
			})
		})
	}
}

// lateAgent is silent before a moment, and answers its reads, but not its polls, from then on.
type lateAgent struct {
	at     time.Time
	answer func(http.ResponseWriter, *http.Request)
}

func (a *lateAgent) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case time.Now().Before(a.at):
		fail(http.StatusInternalServerError, "No cluster leader")(w, r)
	case r.URL.Query().Has("index"):
		hang(w, r)
	default:
		a.answer(w, r)
	}
}

// A clock set back makes nothing too old, and no age negative.
func TestSnapshotFromTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := storedFile(t, -1000*time.Hour, map[string]int{"web": 3})
		before := inode(t, file)
		r := runSnapshot(t, file, scriptedCatalog(nil), webQuery)
		pass(time.Second)
		if age, ok := r.feeds[0].Age(time.Now()); !ok || age != 0 {
			t.Errorf("age: got %v, %v, want 0", age, ok)
		}
		pass(time.Minute)
		if age, _ := r.feeds[0].Age(time.Now()); age != time.Minute {
			t.Errorf("age: got %v, want 1m", age)
		}
		r.stop()
		if !os.SameFile(before, inode(t, file)) {
			t.Error("the file was written, though the catalog said nothing")
		}
	})
}

func TestSnapshotTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runSnapshot(t, storedFile(t, 24*time.Hour-time.Second, map[string]int{"web": 3}), scriptedCatalog(nil), webQuery)
		pass(time.Second)
		if len(r.feeds[0].Set().Instances) != 3 {
			t.Errorf("at its maximum age: got %v, want it used", r.feeds[0].Set())
		}
		r.stop()

		r = runSnapshot(t, storedFile(t, 25*time.Hour, map[string]int{"web": 3, "db": 2}), scriptedCatalog(nil), webQuery, dbQuery)
		pass(time.Minute)
		if r.feeds[0].Set() != nil || r.feeds[1].Set() != nil {
			t.Error("it was used")
		}
		r.wantLog(t, "[WARN]  snapshot refused: file="+r.file+` services=2 reason="it is too old: consul confirmed it 25h0m1s ago, and snapshot_max_age is 24h0m0s"`)
	})
}

// Each set has an age of its own.
func TestSnapshotPartlyTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := storedFile(t, 25*time.Hour, map[string]int{"web": 3, "db": 2, "gone": 1})
		first := runSnapshot(t, file, scriptedCatalog(func(_ context.Context, q Query, feed *Feed) {
			if q.Service == "db" {
				say(feed, 1)
			}
		}), webQuery, dbQuery)
		pass(3 * time.Second)
		first.stop()
		kept := first.content(t)
		if len(kept) != 2 {
			t.Errorf("file: got %d sets, want those that are watched", len(kept))
		}
		second := runSnapshot(t, file, scriptedCatalog(nil), webQuery, dbQuery)
		pass(time.Second)
		if second.feeds[0].Set() != nil || len(second.feeds[1].Set().Instances) != 1 {
			t.Errorf("got %v and %v, want the younger one alone", second.feeds[0].Set(), second.feeds[1].Set())
		}
		second.wantLog(t, "serving from the snapshot: file="+file+" services=1 instances=1", "snapshot refused: file="+file+" services=1")
	})
}

// A file that is of no use does no harm, and is kept aside when there is a better one.
func TestSnapshotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := storedFile(t, 0, map[string]int{"web": 3})
		content, _ := os.ReadFile(file)
		content[len(content)/2] ^= 1
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		answers := make(chan int)
		r := runSnapshot(t, file, scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) {
			for n := range answers {
				say(feed, n)
			}
		}), webQuery)
		defer close(answers)
		pass(time.Minute)
		if r.feeds[0].Set() != nil {
			t.Errorf("got %v, want nothing", r.feeds[0].Set())
		}
		if still, _ := os.ReadFile(file); string(still) != string(content) {
			t.Error("the file was touched, though there is no better one")
		}
		r.wantLog(t, "[WARN]  snapshot refused: file="+file+` reason="its checksum is wrong: it was cut off, damaged or edited" hint=`)
		for _, n := range []int{1, 2} {
			answers <- n
			pass(snapshotEvery)
			if got := r.only(t); len(got.set.Instances) != n {
				t.Errorf("file: got %d instances, want %d", len(got.set.Instances), n)
			}
		}
		if aside, err := os.ReadFile(file + ".refused"); err != nil || string(aside) != string(content) {
			t.Errorf("aside: got %d bytes, %v, want the refused one", len(aside), err)
		}
	})
}

func TestSnapshotMissingIsNoTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runSnapshot(t, filepath.Join(t.TempDir(), "weir.snapshot"), scriptedCatalog(nil), webQuery)
		pass(time.Minute)
		r.stop()
		r.wantLog(t)
		if _, err := os.Stat(r.file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("file: got %v, want none, as nothing is known", err)
		}
	})
}
