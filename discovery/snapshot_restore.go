package discovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"
)

// load reads the file, if there is one that can be used.
func (s *Snapshot) load() {
	s.file.clean()
	content, err := s.file.read()
	if errors.Is(err, fs.ErrNotExist) {
		s.log.Debug("no snapshot yet")
		return
	}
	var kept map[string]storedSet
	if err == nil {
		kept, err = decodeSnapshot(content)
	}
	if err != nil {
		s.refused = true
		s.log.Warn("snapshot refused", "reason", err, "hint", "once consul answers there is a new one, and this one is kept as "+s.options.File+refusedSuffix)
		return
	}
	s.log.Debug("snapshot read", "services", len(kept))
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, stored := range kept {
		if _, heard := s.kept[key]; !heard {
			s.kept[key] = stored
		}
	}
}

// remind tells the feed what the file has, so that the catalog's first answer is judged by it.
func (s *Snapshot) remind(ctx context.Context, w *snapshotWatch) {
	select {
	case <-s.loaded:
	case <-ctx.Done():
	case <-time.After(snapshotPatience): // a disk that hangs is no reason to wait any longer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.kept[w.key]
	if !ok || time.Since(stored.confirmed) > s.options.MaxAge {
		w.feed.Remember(nil)
		return
	}
	w.feed.Remember(&Set{Instances: stored.set.Instances, Learnt: stored.set.Learnt, Unverified: true})
}

// restore gives the fresh watches that the catalog hasn't answered what the file has for them.
func (s *Snapshot) restore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	services, instances, tooOld := 0, 0, 0
	var oldest time.Duration
	youngest := time.Duration(math.MaxInt64) // of the too old
	for _, w := range s.fresh {
		stored, ok := s.kept[w.key]
		if !ok || w.feed.Set() != nil {
			continue
		}
		age := max(0, now.Sub(stored.confirmed)) // the clock may have been set back
		if age > s.options.MaxAge {
			tooOld++
			youngest = min(youngest, age)
			continue
		}
		set := &Set{Instances: stored.set.Instances, Learnt: stored.set.Learnt, Unverified: true}
		if w.feed.Restore(set, now.Add(-age)) {
			w.feed.answers.CompareAndSwap(nil, &w.query)
			services++
			instances += len(set.Instances)
			oldest = max(oldest, age)
		}
	}
	s.fresh = nil
	if services > 0 {
		s.log.Warn("no answer from consul yet, serving from the snapshot", "services", services, "instances", instances, "age", oldest.Round(time.Second).String())
	}
	if tooOld > 0 {
		s.log.Warn("snapshot refused", "services", tooOld, "reason",
			fmt.Sprintf("it is too old: consul confirmed it %s ago, and snapshot_max_age is %s", youngest.Round(time.Second), s.options.MaxAge))
	}
}
