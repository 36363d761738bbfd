package discovery

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Files is the catalog of a folder of Consul service-definition files (*.hcl
// and *.json), in the form that `consul services register` takes. Every
// instance in it counts as passing: files carry no checks' results.
type Files struct {
	dir string
	log hclog.Logger

	again chan struct{} // cap 1: a watch wants another look

	mu      sync.Mutex // guards the following
	newest  scanned
	watches map[chan struct{}]bool // each of cap 1: wakes one watch
}

// scanned is what one good look into the folder found. It is immutable.
type scanned struct {
	definitions []definition
	at          time.Time // when the look began; zero: no good one yet
	failures    int       // looks so far that were none
}

// NewFiles doesn't touch the folder; that may also appear later.
func NewFiles(dir string, log hclog.Logger) *Files {
	return &Files{dir: filepath.Clean(dir), log: log, again: make(chan struct{}, 1), watches: map[chan struct{}]bool{}}
}

var _ Catalog = (*Files)(nil)

// Run reads the folder at once, and again after each change.
func (f *Files) Run(ctx context.Context) error {
	watch := newFolderWatch(f.dir, f.log)
	defer watch.close()
	folder := newFolder(f.dir, f.log)
	look := func() {
		at := time.Now()
		definitions, ok := folder.scan()
		f.publish(definitions, at, ok)
	}
	watch.follow() // before the first look, so that no change falls between
	look()

	settle := newDebounce()
	defer settle.stop()
	tick := time.NewTicker(folderCheck)
	defer tick.Stop()
	for n := 1; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-watch.events():
			settle.touch(time.Now())
		case err := <-watch.errors(): // events were lost
			f.log.Debug("folder events were lost, reading it anew", "error", err)
			settle.touch(time.Now())
		case <-f.again:
			settle.touch(time.Now())
		case <-tick.C:
			n++
			if watch.follow() || folder.failed() || n%rereadTicks == 0 {
				settle.touch(time.Now())
			}
		case <-settle.C():
			settle.settled()
			look()
		}
	}
}

// Watch follows the instances of one service until ctx ends.
func (f *Files) Watch(ctx context.Context, q Query, feed *Feed) error {
	wake := make(chan struct{}, 1)
	f.mu.Lock()
	f.watches[wake] = true
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.watches, wake)
		f.mu.Unlock()
	}()

	log := f.log.With("service", q.Service)
	m, g := newMatcher(q, log), newFilesGuard(q, log)
	g.another = feed.ask(newStoredQuery(q, SnapshotOptions{}))
	defer g.stop()
	for {
		f.mu.Lock()
		s := f.newest
		f.mu.Unlock()
		if set, ok := m.match(s); ok {
			if set = g.pass(feed.Set(), set, s); !set.Equal(feed.Set()) {
				feed.Publish(set)
			}
			feed.Answered(s.at)
		}
		select {
		case <-wake:
		case <-g.due():
			g.asked = time.Now()
			f.lookAgain()
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *Files) lookAgain() {
	select {
	case f.again <- struct{}{}:
	default:
	}
}

// publish takes in what a look has found, and wakes every watch: each takes the newest state,
// never a queue.
func (f *Files) publish(definitions []definition, at time.Time, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ok {
		f.newest.definitions, f.newest.at = definitions, at
	} else {
		f.newest.failures++
	}
	for wake := range f.watches {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}
