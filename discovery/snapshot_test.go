package discovery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A scriptedCatalog says to each watch what the function does; nil says nothing.
type scriptedCatalog func(ctx context.Context, q Query, feed *Feed)

func (scriptedCatalog) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (c scriptedCatalog) Watch(ctx context.Context, q Query, feed *Feed) error {
	if c != nil {
		c(ctx, q, feed)
	}
	<-ctx.Done()
	return nil
}

// say publishes n instances, as a catalog does.
func say(feed *Feed, n int) {
	now := time.Now()
	feed.Publish(NewSet(manyInstances(n), now))
	feed.Answered(now)
}

func manyInstances(n int) []Instance {
	instances := make([]Instance, n)
	for i := range instances {
		id := Identity{Datacenter: "dc1", Node: fmt.Sprintf("n%05d", i), Service: "web"}
		instances[i] = Instance{Identity: id, Host: "10.0.0.1", Port: 80, Passing: 1, Warning: 1, Status: Passing}
	}
	return instances
}

// A snapshotRun is a snapshot at work in a bubble, with one watch for each query.
type snapshotRun struct {
	file  string
	feeds []*Feed
	logs  *logs
	stop  func() // waits until all has ended
}

func runSnapshot(t *testing.T, file string, catalog Catalog, queries ...Query) *snapshotRun {
	t.Helper()
	r := &snapshotRun{file: file, logs: &logs{}}
	s := NewSnapshot(catalog, SnapshotOptions{File: file, MaxAge: 24 * time.Hour}, r.logs.logger())
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
	})
	for _, q := range queries {
		feed := NewFeed()
		r.feeds = append(r.feeds, feed)
		wg.Go(func() {
			if err := s.Watch(ctx, q, feed); err != nil {
				t.Errorf("Watch: got %v, want nil", err)
			}
		})
	}
	r.stop = func() { cancel(); wg.Wait() }
	t.Cleanup(r.stop)
	return r
}

// pass lets the bubble come to rest after d.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (r *snapshotRun) content(t *testing.T) map[string]storedSet {
	t.Helper()
	content, err := os.ReadFile(r.file)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := decodeSnapshot(content)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// only returns the one set of the file.
func (r *snapshotRun) only(t *testing.T) storedSet {
	t.Helper()
	kept := r.content(t)
	if len(kept) != 1 {
		t.Fatalf("got %d sets, want 1", len(kept))
	}
	for _, stored := range kept {
		return stored
	}
	panic("unreachable")
}

func (r *snapshotRun) wantLog(t *testing.T, want ...string) {
	t.Helper()
	got := 0
	for line := range strings.Lines(r.logs.String()) {
		if !strings.HasPrefix(line, "[DEBUG]") {
			if got++; got > len(want) || !strings.Contains(line, want[got-1]) {
				t.Errorf("logged %s, want %q", line, want)
			}
		}
	}
	if got < len(want) {
		t.Errorf("logged %d lines, want %q", got, want)
	}
}

var webQuery, dbQuery = Query{Service: "web"}, Query{Service: "db"}

// storedFile writes a file in which each query had so many instances a while ago.
func storedFile(t *testing.T, ago time.Duration, instances map[string]int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "weir.snapshot")
	kept := map[string]storedSet{}
	at := time.Now().Add(-ago)
	for service, n := range instances {
		q := newStoredQuery(Query{Service: service}, SnapshotOptions{})
		kept[q.key()] = storedSet{q, NewSet(manyInstances(n), at), at}
	}
	mustWrite(t, snapshotFile(file), string(encoded(t, kept)))
	return file
}

func TestSnapshotServesWhileTheCatalogIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := storedFile(t, time.Hour, map[string]int{"web": 3, "db": 2, "other": 7})
		before, _ := os.ReadFile(file)
		r := runSnapshot(t, file, scriptedCatalog(nil), webQuery, dbQuery, Query{Service: "new"})
		pass(time.Second - 1)
		if r.feeds[0].Set() != nil {
			t.Error("the set was there before a second had gone by")
		}
		pass(1)
		for i, n := range []int{3, 2} {
			set := r.feeds[i].Set()
			if !set.Equal(&Set{Instances: manyInstances(n), Unverified: true}) {
				t.Errorf("feed %d: got %+v, want %d unverified instances", i, set, n)
			}
			<-r.feeds[i].Changed()
			if age, ok := r.feeds[i].Age(time.Now()); !ok || age != time.Hour+time.Second {
				t.Errorf("feed %d: got age %v, %v, want that of the last answer, 1h0m1s", i, age, ok)
			}
		}
		if r.feeds[2].Set() != nil {
			t.Error("a query that the file hasn't got a set")
		}
		pass(48 * time.Hour)
		r.stop()
		r.wantLog(t, "[WARN]  no answer from consul yet, serving from the snapshot: file="+file+" services=2 instances=5 age=1h0m1s")
		if after, _ := os.ReadFile(file); string(after) != string(before) {
			t.Error("the file was written, though the catalog said nothing")
		}
	})
}

func TestSnapshotNotUsedIfTheCatalogAnswers(t *testing.T) {
	for _, age := range []time.Duration{time.Hour, 25 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			r := runSnapshot(t, storedFile(t, age, map[string]int{"web": 3}), scriptedCatalog(func(_ context.Context, _ Query, feed *Feed) {
				time.Sleep(time.Second - 1)
				say(feed, 1)
			}), webQuery)
			for range 2 {
				pass(time.Second)
				if set := r.feeds[0].Set(); len(set.Instances) != 1 || set.Unverified {
					t.Errorf("got %+v, want the catalog's", set)
				}
			}
			r.wantLog(t)
		})
	}
}

// A watch that begins later has its second as well.
func TestSnapshotServesWatchesThatBeginLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := storedFile(t, 0, map[string]int{"web": 3})
		s := NewSnapshot(scriptedCatalog(nil), SnapshotOptions{File: file, MaxAge: time.Hour}, (&logs{}).logger())
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { s.Run(ctx) })
		pass(time.Minute)
		feed := NewFeed()
		wg.Go(func() { s.Watch(ctx, webQuery, feed) })
		pass(time.Second - 1)
		early := feed.Set()
		pass(1)
		if early != nil || !feed.Set().Unverified {
			t.Errorf("got %v, then %v, want it after a second", early, feed.Set())
		}
		cancel()
		wg.Wait()
	})
}

func TestSnapshotBelongsToItsQuery(t *testing.T) {
	same := func(a, b Query, oa, ob SnapshotOptions) bool {
		return newStoredQuery(a, oa).key() == newStoredQuery(b, ob).key()
	}
	var none SnapshotOptions
	q := Query{Service: "web", Tags: []string{"a", "b"}, Filter: "f", Datacenter: "dc2"}
	for _, other := range []Query{
		{Service: "db", Tags: []string{"a", "b"}, Filter: "f", Datacenter: "dc2"},
		{Service: "web", Tags: []string{"a,b"}, Filter: "f", Datacenter: "dc2"},
		{Service: "web", Tags: []string{"a"}, Filter: "f", Datacenter: "dc2"},
		{Service: "web", Tags: []string{"a", "b"}, Datacenter: "dc2"},
		{Service: "web", Tags: []string{"a", "b"}, Filter: "f"},
	} {
		if same(q, other, none, none) {
			t.Errorf("%v has the set of %v", other, q)
		}
	}
	for _, o := range []SnapshotOptions{{Namespace: "n"}, {Partition: "p"}} {
		if same(q, q, none, o) {
			t.Errorf("a catalog with %v has the set of one without", o)
		}
	}
	if same(webQuery, webQuery, none, SnapshotOptions{Datacenter: "dc1"}) {
		t.Error("the catalog's datacenter is of no account")
	}
	turned := q
	turned.Tags = []string{"b", "a"}
	turned.OnEmpty, turned.EmptyHold = Apply, time.Hour
	if !same(q, turned, none, SnapshotOptions{File: "other", MaxAge: 1}) {
		t.Error("what has no say in the answer made another query")
	}
	if !same(webQuery, Query{Service: "web", Datacenter: "dc1"}, SnapshotOptions{Datacenter: "dc1"}, none) {
		t.Error("one datacenter, named twice, made two queries")
	}
}

type brokenCatalog struct{ scriptedCatalog }

var errBroken = errors.New("broken")

func (brokenCatalog) Run(context.Context) error { return errBroken }

func TestSnapshotEndsWithItsCatalog(t *testing.T) {
	s := NewSnapshot(brokenCatalog{}, SnapshotOptions{File: filepath.Join(t.TempDir(), "weir.snapshot"), MaxAge: time.Hour}, (&logs{}).logger())
	if err := s.Run(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("Run: got %v, want the catalog's error", err)
	}
}
