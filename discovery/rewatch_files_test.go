package discovery

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A watch of files takes over the feed of another one, of the same folder or of another, with the
// same query or with another one. Both have a hold of a minute.
func TestFilesWatchTakesOver(t *testing.T) {
	const hold = time.Minute
	same := Query{Service: "web", EmptyHold: hold}
	filtered := Query{Service: "web", EmptyHold: hold, Filter: `Service.ID matches ".*"`}
	tests := map[string]struct {
		before  string // what the watch before published; more than one: one set after another
		another bool   // folder
		query   Query
		moments []moment
		quiet   bool // nothing is published
	}{
		"the same":                     {"a b c d", false, same, []moment{{0, "a b c d", "a b c d"}}, true},
		"the same of another query":    {"a b c d", false, filtered, []moment{{0, "a b c d", "a b c d"}}, true},
		"another folder with the same": {"a b c d", true, same, []moment{{0, "a b c d", "a b c d"}}, true},
		"another folder that can't be read": {"a b c d", true, same, []moment{
			{0, "-", "a b c d"}, {time.Hour, "-", "a b c d"},
		}, true},
		"another folder with few": {"a b c d", true, same, []moment{
			{0, "d", "!a !b !c d"},
			{proofAfter + hold - time.Second, "d", "!a !b !c d"},
			{2 * time.Second, "d", "d"},
		}, false},
		"another folder without any": {"a b c d", true, same, []moment{
			{0, "", "!a !b !c !d"},
			{proofAfter + hold - time.Second, "", "!a !b !c !d"},
			{2 * time.Second, "", ""},
		}, false},
		"few for another query: a second look is enough": {"a b c d", false, filtered, []moment{
			{0, "d", "!a !b !c d"},
			{proofAfter + 1, "d", "d"},
			{0, "", "!d"}, // from here on it is a query like any other
			{hold, "", "!d"},
		}, false},
		"none for another query, then one": {"a b c d", false, filtered, []moment{
			{0, "", "!a !b !c !d"},
			{hold / 2, "d", "!a !b !c d"},
			{proofAfter + 1, "d", "d"},
		}, false},
		"a filter that can't be evaluated": {"a b c d", false, Query{Service: "web", Filter: "Service.Nothing == 1"}, []moment{
			{0, "d", "a b c d"}, {time.Hour, "d", "a b c d"},
		}, true},
		"in the middle of a hold: it begins anew": {"a b c d|d", false, same, []moment{
			{0, "d", "!a !b !c d"},
			{proofAfter + hold - time.Second, "d", "!a !b !c d"},
			{2 * time.Second, "d", "d"},
		}, false},
		"in the middle of a hold, and they are back": {"a b c d|d", false, same, []moment{{0, "a b c d", "a b c d"}}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := NewFeed()
				before := newFolderPlay(t)
				end := before.watch(same, feed)
				before.say(test.before)
				time.Sleep(proofAfter + time.Second)
				synctest.Wait()
				published := feed.Set()
				end()

				play := before
				if test.another {
					play = newFolderPlay(t)
				}
				play.set(test.moments[0].files)
				play.look()
				defer play.watch(test.query, feed)()
				for n, m := range test.moments {
					time.Sleep(m.after)
					play.say(m.files)
					synctest.Wait()
					if got := marked(feed.Set()); got != m.want {
						t.Fatalf("moment %d, files %q: got %q, want %q", n, m.files, got, m.want)
					}
				}
				if test.quiet && feed.Set() != published {
					t.Errorf("published %s anew", show(feed.Set()))
				}
			})
		})
	}
}

// A folderPlay is a catalog whose looks a test plays.
type folderPlay struct {
	*Files
	mu    sync.Mutex // guards following
	files string     // as in moment
}

// newFolderPlay answers the wish for another look until the test ends.
func newFolderPlay(t *testing.T) *folderPlay {
	p := &folderPlay{Files: NewFiles("unread", (&logs{}).logger()), files: "-"}
	ctx, cancel := context.WithCancel(t.Context())
	var looks sync.WaitGroup
	looks.Go(func() {
		for {
			select {
			case <-p.again:
				p.look()
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); looks.Wait() })
	return p
}

func (p *folderPlay) watch(q Query, feed *Feed) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { p.Watch(ctx, q, feed) })
	return func() { cancel(); watch.Wait() }
}

// say lets each look but the last be taken once.
func (p *folderPlay) say(files string) {
	for {
		now, rest, more := strings.Cut(files, "|")
		p.set(now)
		p.look()
		synctest.Wait()
		if !more {
			return
		}
		files = rest
	}
}

func (p *folderPlay) set(files string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files, _, _ = strings.Cut(files, "|")
}

func (p *folderPlay) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.publish(defined(p.files), time.Now(), p.files != "-")
}
