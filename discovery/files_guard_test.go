package discovery

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A moment is what the files say from then on.
type moment struct {
	after time.Duration // the moment before
	files string        // the IDs in them; "-": the folder can't be read
	want  string        // published right then
}

// What vanishes from the files is held: a second look proves it, and after the hold a third.
func TestFilesGuard(t *testing.T) {
	const hold = time.Minute
	tests := map[string][]moment{
		"emptied for good": {
			{0, "a b", "a b"},
			{time.Second, "", "!a !b"},
			{proofAfter + hold - time.Second, "", "!a !b"},
			{2 * time.Second, "", ""},
		},
		"emptied and filled again": {
			{0, "a b", "a b"},
			{time.Second, "", "!a !b"},
			{hold / 2, "a c", "a !b c"},
			{time.Second, "a b", "a b"},
		},
		"most of it removed for good": {
			{0, "a b c d", "a b c d"},
			{0, "d", "!a !b !c d"},
			{hold + proofAfter + time.Millisecond, "d", "d"},
		},
		"the folder goes, and comes back without its files": {
			{0, "a b", "a b"},
			{time.Second, "-", "a b"},
			{time.Hour, "", "!a !b"},
			{proofAfter + hold/2, "-", "!a !b"},
			{time.Hour, "", "!a !b"}, // the hold begins anew
			{hold - time.Second, "", "!a !b"},
			{proofAfter + 2*time.Second, "", ""},
		},
	}
	for name, moments := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := NewFiles("unread", (&logs{}).logger())
				feed := NewFeed()
				ctx, cancel := context.WithCancel(t.Context())
				var parts sync.WaitGroup
				defer parts.Wait()
				defer cancel()
				var mu sync.Mutex
				files := ""
				look := func() {
					mu.Lock()
					defer mu.Unlock()
					f.publish(defined(files), time.Now(), files != "-")
				}
				parts.Go(func() {
					for {
						select {
						case <-f.again:
							look()
						case <-ctx.Done():
							return
						}
					}
				})
				parts.Go(func() { f.Watch(ctx, Query{Service: "web", EmptyHold: hold}, feed) })
				for n, m := range moments {
					time.Sleep(m.after)
					mu.Lock()
					files = m.files
					mu.Unlock()
					look()
					synctest.Wait()
					if got := marked(feed.Set()); got != m.want {
						t.Fatalf("moment %d, files %q: got %q, want %q", n, m.files, got, m.want)
					}
				}
			})
		})
	}
}

// defined are definitions of instances with those IDs.
func defined(ids string) []definition {
	var list []definition
	for _, in := range instances(ids).Instances {
		list = append(list, definition{service: "web", instance: in})
	}
	return list
}
