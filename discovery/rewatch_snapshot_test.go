package discovery

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A snapshotPlay is a snapshot at work whose watches a test begins and ends.
type snapshotPlay struct {
	*Snapshot
	run  func() // ends Run
	logs *logs
}

func playSnapshot(t *testing.T, file string, catalog Catalog) *snapshotPlay {
	t.Helper()
	p := &snapshotPlay{logs: &logs{}}
	p.Snapshot = NewSnapshot(catalog, SnapshotOptions{File: file, MaxAge: 24 * time.Hour}, p.logs.logger())
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { p.Run(ctx) })
	p.run = func() { cancel(); run.Wait() }
	t.Cleanup(p.run)
	return p
}

func (p *snapshotPlay) watch(t *testing.T, q Query, feed *Feed) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() { p.Watch(ctx, q, feed) })
	end = func() { cancel(); watch.Wait() }
	t.Cleanup(end)
	return end
}

// stored shows what a file has: the number of instances by service and tags.
func stored(t *testing.T, file string) map[string]int {
	t.Helper()
	content, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	kept, err := decodeSnapshot(content)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, s := range kept {
		got[strings.Join(append([]string{s.query.Service}, s.query.Tags...), " ")] = len(s.set.Instances)
	}
	return got
}

func wantStored(t *testing.T, file, key string, n int, number int) {
	t.Helper()
	got := stored(t, file)
	if at, ok := got[key]; len(got) != number || at != n || ok != (n > 0) {
		t.Errorf("file: got %v, want %d sets, %q with %d", got, number, key, n)
	}
}

var tagged = Query{Service: "web", Tags: []string{"v2"}}

// What one query has published isn't kept as the answer to the next one, until there is one.
func TestSnapshotOfAnotherQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan int, 1)
		p := playSnapshot(t, freshFile(t), scriptedCatalog(func(ctx context.Context, q Query, feed *Feed) {
			if len(q.Tags) == 0 {
				say(feed, 3)
				return
			}
			select {
			case n := <-answers:
				say(feed, n)
			case <-ctx.Done():
			}
		}))
		feed := NewFeed()
		file := p.options.File
		end := p.watch(t, webQuery, feed)
		pass(time.Second)
		end()
		end = p.watch(t, tagged, feed)
		pass(time.Minute)
		wantStored(t, file, "web", 3, 1)
		if feed.Set().Unverified || len(feed.Set().Instances) != 3 {
			t.Errorf("got %+v, want what was known", feed.Set())
		}
		answers <- 2
		pass(snapshotEvery)
		wantStored(t, file, "web v2", 2, 2)
		end()
		end = p.watch(t, webQuery, feed) // and back
		pass(snapshotEvery)
		wantStored(t, file, "web", 3, 2)
		end()
		p.run()
		wantStored(t, file, "web v2", 2, 2)
		p.logs.mustNotWarn(t)
	})
}

// A watch that has gone gives its feed nothing from the disk: another's query may have it.
func TestSnapshotRestoresNothingForWatchesThatEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := playSnapshot(t, storedFile(t, time.Hour, map[string]int{"web": 3}), scriptedCatalog(nil))
		feed := NewFeed()
		end := p.watch(t, webQuery, feed)
		pass(snapshotPatience / 2)
		end()
		end = p.watch(t, tagged, feed)
		pass(time.Minute)
		if feed.Set() != nil || feed.remembered() != nil {
			t.Errorf("got %+v, remembered %+v, want nothing: the file has nothing of this query", feed.Set(), feed.remembered())
		}
		end()
		p.watch(t, webQuery, feed) // and back: as at the first time
		pass(snapshotPatience - 1)
		early := feed.Set()
		pass(1)
		if set := feed.Set(); early != nil || set == nil || !set.Unverified || len(set.Instances) != 3 {
			t.Errorf("got %+v, then %+v, want it from the disk after a second", early, set)
		}
	})
}

// The same query again, while the catalog is silent: what is known stays as sure, and as old, as it
// is, on disk as well.
func TestSnapshotOfTheSameQueryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := false
		p := playSnapshot(t, freshFile(t), scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) {
			if !told {
				told = true
				say(feed, 3)
			}
		}))
		feed := NewFeed()
		at := time.Now()
		for range 3 {
			end := p.watch(t, webQuery, feed)
			pass(time.Minute)
			end()
		}
		set := feed.Set()
		wantStored(t, p.options.File, "web", 3, 1)
		if age, _ := feed.Age(at); age != 0 || set.Unverified || !set.Learnt.Equal(at) {
			t.Errorf("got %+v of age %v, want the first answer", set, age)
		}
		if got := p.kept[newStoredQuery(webQuery, p.options).key()].confirmed; !got.Equal(at) {
			t.Errorf("confirmed: got %v, want %v", got, at)
		}
	})
}

// One catalog after another, with the same file or with another one: what is known goes to the
// file of the second at once, though that is silent, and the file of the first is left.
func TestSnapshotTakesOver(t *testing.T) {
	for _, same := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			feeds := []*Feed{NewFeed(), NewFeed()}
			old := playSnapshot(t, freshFile(t), scriptedCatalog(func(_ context.Context, q Query, feed *Feed) {
				say(feed, map[string]int{"web": 3, "db": 2}[q.Service])
			}))
			file := old.options.File
			endWeb, endDB := old.watch(t, webQuery, feeds[0]), old.watch(t, dbQuery, feeds[1])
			pass(time.Second) // nothing is written yet
			endWeb()
			endDB()
			old.run()
			wantStored(t, file, "web", 3, 2)
			published := feeds[0].Set()
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}

			if !same {
				file = filepath.Join(t.TempDir(), "other")
			}
			now := make(chan struct{})
			p := playSnapshot(t, file, scriptedCatalog(func(ctx context.Context, _ Query, feed *Feed) {
				select {
				case <-now:
					say(feed, 5)
				case <-ctx.Done():
				}
			}))
			p.watch(t, webQuery, feeds[0])
			pass(time.Minute)
			if feeds[0].Set() != published {
				t.Errorf("published %+v anew", feeds[0].Set())
			}
			wantStored(t, file, "web", 3, map[bool]int{true: 2, false: 1}[same])
			close(now)
			pass(snapshotEvery)
			wantStored(t, file, "web", 5, map[bool]int{true: 2, false: 1}[same])
			if left, _ := os.ReadFile(old.options.File); (string(left) == string(before)) == same {
				t.Errorf("same file: %v, written by the second: %v", same, !same)
			}
			p.logs.mustNotWarn(t)
			if others, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(others) > 0 {
				t.Errorf("left behind: %v", others)
			}
		})
	}
}

// mustNotWarn is for where nothing is amiss.
func (l *logs) mustNotWarn(t *testing.T) {
	t.Helper()
	for _, level := range []string{"WARN", "ERROR"} {
		if l.count(level) > 0 {
			t.Errorf("log:\n%s", l)
		}
	}
}

// A reload takes a watch away, and another feed's goes on: many at once, all the time.
func TestSnapshotWatchesComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := playSnapshot(t, freshFile(t), scriptedCatalog(func(_ context.Context, q Query, feed *Feed) {
			time.Sleep(300 * time.Millisecond)
			say(feed, 2+len(q.Tags))
		}))
		var turns sync.WaitGroup
		for n := range 8 {
			turns.Go(func() {
				feed := NewFeed()
				for turn := range 20 {
					q := webQuery
					if turn%2 == 1 {
						q = tagged
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(100+50*n)*time.Millisecond*time.Duration(1+turn%3))
					p.Watch(ctx, q, feed)
					cancel()
				}
			})
		}
		turns.Wait()
		p.run()
		for key, n := range stored(t, p.options.File) {
			if want := map[string]int{"web": 2, "web v2": 3}[key]; n != want {
				t.Errorf("%s: got %d instances, want %d", key, n, want)
			}
		}
		if len(p.watches) != 0 || len(p.fresh) != 0 {
			t.Errorf("got %d watches and %d fresh ones, want none", len(p.watches), len(p.fresh))
		}
	})
}
