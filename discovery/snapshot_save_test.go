package discovery

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func inode(t *testing.T, file string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// countWrites is how often the file is replaced while d goes by, seen every step.
func countWrites(t *testing.T, file string, d, step time.Duration) int {
	t.Helper()
	n := 0
	for last := inode(t, file); d > 0; d -= step {
		pass(step)
		if now := inode(t, file); !os.SameFile(now, last) {
			n++
			last = now
		}
	}
	return n
}

func freshFile(t *testing.T) string { return filepath.Join(t.TempDir(), "weir.snapshot") }

func TestSnapshotIsWrittenAfterAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan int)
		r := runSnapshot(t, freshFile(t), scriptedCatalog(func(ctx context.Context, _ Query, feed *Feed) {
			for {
				select {
				case n := <-answers:
					say(feed, n)
				case <-ctx.Done():
					return
				}
			}
		}), webQuery)
		for _, n := range []int{3, 0, 5} {
			answers <- n
			began := time.Now()
			pass(snapshotEvery)
			got := r.only(t)
			if len(got.set.Instances) != n || !got.confirmed.Equal(began) {
				t.Errorf("got %d instances of %v, want %d of %v", len(got.set.Instances), got.confirmed, n, began)
			}
		}
		r.wantLog(t)
	})
}

// However often a large service changes, the file is written every 2 s, with the newest.
func TestSnapshotIsWrittenAtMostEvery2s(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runSnapshot(t, freshFile(t), scriptedCatalog(func(ctx context.Context, _ Query, feed *Feed) {
			change := time.NewTicker(20 * time.Millisecond)
			defer change.Stop()
			for n := 0; ; n++ {
				say(feed, n)
				select {
				case <-change.C:
				case <-ctx.Done():
					return
				}
			}
		}), webQuery)
		pass(snapshotEvery)
		if got := countWrites(t, r.file, 20*time.Second, 100*time.Millisecond); got != 10 {
			t.Errorf("got %d writes in 20 s, want 10", got)
		}
		last := len(r.feeds[0].Set().Instances)
		if got := len(r.only(t).set.Instances); got < last-1 {
			t.Errorf("file: got %d instances, want the newest %d", got, last)
		}
	})
}

// While nothing changes the file is young all the same, and isn't written more often than that.
func TestSnapshotIsRefreshed(t *testing.T) {
	for _, c := range []struct{ maxAge, every time.Duration }{
		{24 * time.Hour, 5 * time.Minute},
		{time.Minute, 16 * time.Second}, // a quarter, and up to the next beat
	} {
		t.Run(c.maxAge.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := freshFile(t)
				s := NewSnapshot(scriptedCatalog(func(ctx context.Context, _ Query, feed *Feed) {
					say(feed, 2)
					poll := time.NewTicker(time.Second)
					defer poll.Stop()
					for {
						select {
						case <-poll.C:
							feed.Answered(time.Now())
						case <-ctx.Done():
							return
						}
					}
				}), SnapshotOptions{File: file, MaxAge: c.maxAge}, (&logs{}).logger())
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() { s.Run(ctx) })
				wg.Go(func() { s.Watch(ctx, webQuery, NewFeed()) })
				pass(snapshotEvery)
				r := &snapshotRun{file: file}
				if got := countWrites(t, file, 4*c.every, time.Second); got != 4 {
					t.Errorf("got %d writes in %v, want 4", got, 4*c.every)
				}
				if age := time.Since(r.only(t).confirmed); age > 3*time.Second {
					t.Errorf("the file was confirmed %v before it was written", age)
				}
				pass(3 * time.Second)
				cancel()
				wg.Wait()
				if age := time.Since(r.only(t).confirmed); age > time.Second {
					t.Errorf("at the end: confirmed %v ago, want just now", age)
				}
			})
		})
	}
}

// What a catalog that has fallen silent said last isn't made younger.
func TestSnapshotOfASilentCatalogGetsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runSnapshot(t, freshFile(t), scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) { say(feed, 2) }), webQuery)
		said := time.Now()
		pass(time.Minute)
		if got := countWrites(t, r.file, time.Hour, time.Second); got != 0 {
			t.Errorf("got %d writes, want none", got)
		}
		if got := r.only(t).confirmed; !got.Equal(said) {
			t.Errorf("confirmed: got %v, want %v", got, said)
		}
	})
}

// A service that the catalog hasn't answered keeps what the file has for it, as old as it is; so
// does one that nobody watches now.
func TestSnapshotKeepsWhatIsUnconfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := storedFile(t, time.Hour, map[string]int{"web": 3, "db": 2, "later": 1})
		hourAgo := time.Now().Add(-time.Hour)
		r := runSnapshot(t, file, scriptedCatalog(func(_ context.Context, q Query, feed *Feed) {
			if q.Service == "db" {
				say(feed, 5)
			}
		}), webQuery, dbQuery)
		for _, d := range []time.Duration{snapshotEvery, time.Hour} {
			pass(d)
			for key, got := range r.content(t) {
				want, at := 3, hourAgo
				switch got.query.Service {
				case "db":
					want, at = 5, hourAgo.Add(time.Hour)
				case "later":
					want = 1
				}
				if len(got.set.Instances) != want || !got.confirmed.Equal(at) {
					t.Errorf("%s: got %d instances of %v, want %d of %v", key, len(got.set.Instances), got.confirmed, want, at)
				}
			}
			if got := len(r.content(t)); got != 3 {
				t.Errorf("got %d sets, want 3", got)
			}
		}
	})
}

// Of two watches of one query the one that the catalog has answered counts.
func TestSnapshotOfAQueryWatchedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var once sync.Once
		r := runSnapshot(t, storedFile(t, time.Hour, map[string]int{"web": 3}), scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) {
			time.Sleep(2 * time.Second)
			once.Do(func() { say(feed, 5) })
		}), webQuery, webQuery)
		pass(5 * time.Second)
		if got := countWrites(t, r.file, time.Minute, time.Second); got != 0 {
			t.Errorf("got %d writes, want none", got)
		}
		if got := len(r.only(t).set.Instances); got != 5 {
			t.Errorf("file: got %d instances, want 5", got)
		}
	})
}

// A held instance is still one after a restart.
func TestSnapshotKeepsHeldInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := freshFile(t)
		r := runSnapshot(t, file, scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) {
			instances := manyInstances(2)
			instances[1].Held = true
			feed.Publish(NewSet(instances, time.Now()))
			feed.Answered(time.Now())
		}), webQuery)
		pass(snapshotEvery)
		r.stop()
		r = runSnapshot(t, file, scriptedCatalog(nil), webQuery)
		pass(time.Second)
		if in := r.feeds[0].Set().Instances; len(in) != 2 || in[0].Held || !in[1].Held {
			t.Errorf("got %+v, want both, the second held", in)
		}
	})
}

func TestSnapshotIsWrittenAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runSnapshot(t, freshFile(t), scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) { say(feed, 3) }), webQuery)
		pass(time.Millisecond)
		r.stop()
		if got := r.only(t); len(got.set.Instances) != 3 {
			t.Errorf("got %d instances, want 3", len(got.set.Instances))
		}
	})
}

// A disk in trouble is told of once, costs discovery nothing, and is tried until it works.
func TestSnapshotCanNotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "state")
		changes := make(chan int)
		r := runSnapshot(t, filepath.Join(dir, "weir.snapshot"), scriptedCatalog(func(ctx context.Context, _ Query, feed *Feed) {
			for n := range changes {
				say(feed, n)
			}
		}), webQuery)
		defer close(changes)
		warning := "[WARN]  snapshot can't be written: file=" + r.file + ` error="open ` + dir
		changes <- 3
		pass(time.Minute)
		changes <- 4
		pass(time.Minute)
		r.wantLog(t, warning)
		if got := len(r.feeds[0].Set().Instances); got != 4 {
			t.Errorf("feed: got %d instances, want 4", got)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		pass(snapshotEvery)
		if got := len(r.only(t).set.Instances); got != 4 {
			t.Errorf("file: got %d instances, want 4", got)
		}
		changes <- 5
		pass(time.Minute)
		r.wantLog(t, warning, "[INFO]  snapshot can be written again: file="+r.file)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		changes <- 6
		pass(time.Minute)
		r.wantLog(t, warning, "[INFO]", warning)
	})
}

// Many watches come and go while the file is written and restored from.
func TestSnapshotConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		services := map[string]int{}
		var queries []Query
		for n := range 50 {
			q := Query{Service: fmt.Sprintf("s%d", n)}
			services[q.Service] = 3
			queries = append(queries, q, q) // as two services of a configuration may
		}
		r := runSnapshot(t, storedFile(t, time.Hour, services), scriptedCatalog(func(ctx context.Context, _ Query, feed *Feed) {
			time.Sleep(time.Second)
			for n := range 100 {
				say(feed, 3+n%2)
				time.Sleep(100 * time.Millisecond)
			}
		}), queries...)
		pass(10 * time.Second)
		for i, feed := range r.feeds {
			if feed.Set() == nil || feed.Set().Unverified {
				t.Errorf("feed %d: got %+v, want the catalog's", i, feed.Set())
			}
		}
		r.stop()
		if got := len(r.content(t)); got != 50 {
			t.Errorf("got %d sets, want 50", got)
		}
	})
}
