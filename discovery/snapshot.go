package discovery

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// SnapshotOptions say where the last known good sets are kept, and whose they are.
type SnapshotOptions struct {
	File   string
	MaxAge time.Duration // what the catalog confirmed longer ago isn't used

	Datacenter, Namespace, Partition string // the catalog's own options
}

// A Snapshot is a catalog that keeps on disk what another one says. While that is silent at the
// start, what it said last is used (consul.md, rule 14).
type Snapshot struct {
	catalog Catalog
	options SnapshotOptions
	file    snapshotFile
	log     hclog.Logger

	arrived chan struct{} // cap 1: there are fresh watches
	loaded  chan struct{} // closed when the file has been read

	handedOver atomic.Bool // the file is another process's to keep

	mu      sync.Mutex // guards following
	watches map[*snapshotWatch]bool
	fresh   []*snapshotWatch     // the catalog may yet answer them in time
	began   time.Time            // when the last of the fresh ones did
	kept    map[string]storedSet // by the query's key
	changed bool                 // kept has instances that the file hasn't
	younger bool                 // kept has confirmations that the file hasn't

	// Run's:
	refused bool      // the file was of no use
	written time.Time // when the file was written last; zero: not by this process
	failing bool      // it couldn't be written the last time
}

// A snapshotWatch is one query that is watched.
type snapshotWatch struct {
	key   string
	query storedQuery
	feed  *Feed
}

// A storedSet is what the catalog said of one query.
type storedSet struct {
	query     storedQuery
	set       *Set
	confirmed time.Time // when the catalog gave its last good answer
}

// NewSnapshot doesn't touch the file.
func NewSnapshot(catalog Catalog, o SnapshotOptions, log hclog.Logger) *Snapshot {
	return &Snapshot{
		catalog: catalog,
		options: o,
		file:    snapshotFile(o.File),
		log:     log.With("file", o.File),
		arrived: make(chan struct{}, 1),
		loaded:  make(chan struct{}),
		watches: map[*snapshotWatch]bool{},
		kept:    map[string]storedSet{},
	}
}

var _ Catalog = (*Snapshot)(nil)

const (
	// A catalog that hasn't answered for this long at the start counts as silent.
	snapshotPatience = time.Second
	// The file is written at most this often, and changes wait no longer for it.
	snapshotEvery = 2 * time.Second
	// So often it is written all the same, for the confirmations.
	snapshotRefresh = 5 * time.Minute
)

// Run runs the catalog, and keeps the file.
func (s *Snapshot) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var err error
	var catalog sync.WaitGroup
	catalog.Go(func() {
		defer cancel()
		err = s.catalog.Run(ctx)
	})
	s.load()
	close(s.loaded)
	s.keep(ctx)
	catalog.Wait()
	return err
}

func (s *Snapshot) keep(ctx context.Context) {
	beat := time.NewTicker(snapshotEvery)
	defer beat.Stop()
	silent := time.NewTimer(snapshotPatience)
	defer silent.Stop()
	for {
		select {
		case <-ctx.Done():
			s.save(true)
			return
		case <-s.arrived:
			s.mu.Lock()
			silent.Reset(time.Until(s.began.Add(snapshotPatience)))
			s.mu.Unlock()
		case <-silent.C:
			s.restore()
		case <-beat.C:
			s.save(false)
		}
	}
}

// Watch lets the catalog publish to the feed, which may get a set from the disk first.
func (s *Snapshot) Watch(ctx context.Context, q Query, feed *Feed) error {
	query := newStoredQuery(q, s.options)
	w := &snapshotWatch{query.key(), query, feed}
	feed.ask(query)
	s.enter(w)
	defer s.leave(w)
	s.remind(ctx, w)
	return s.catalog.Watch(ctx, q, feed)
}

func (s *Snapshot) enter(w *snapshotWatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watches[w] = true
	s.fresh = append(s.fresh, w)
	s.began = time.Now()
	select {
	case s.arrived <- struct{}{}:
	default:
	}
}

func (s *Snapshot) leave(w *snapshotWatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteLocked(w)
	delete(s.watches, w)
	s.fresh = slices.DeleteFunc(s.fresh, func(f *snapshotWatch) bool { return f == w }) // its feed may be another's soon
}

// noteLocked keeps what the catalog has said to w, or to one before it with the same query. What
// comes from the disk itself stays as old as it is.
func (s *Snapshot) noteLocked(w *snapshotWatch) {
	answers := w.feed.answers.Load() // before the set, which is published before it is an answer
	set := w.feed.Set()
	if set == nil || set.Unverified || answers == nil || !answers.equal(&w.query) {
		return
	}
	confirmed := set.Learnt
	if answered := w.feed.answered.Load(); answered != nil && answered.After(confirmed) {
		confirmed = *answered
	}
	was := s.kept[w.key]
	s.changed = s.changed || !set.Equal(was.set)
	s.younger = s.younger || !confirmed.Equal(was.confirmed)
	s.kept[w.key] = storedSet{w.query, set, confirmed}
}
