package discovery

import (
	"maps"
	"time"
)

// HandOver leaves the file to another process, which may watch more than this one: what this one
// wrote would be less.
func (s *Snapshot) HandOver() { s.handedOver.Store(true) }

// save writes the file if that is due, or at the end if anything isn't written.
func (s *Snapshot) save(end bool) {
	if s.handedOver.Load() {
		return
	}
	now := time.Now()
	s.mu.Lock()
	watched := map[string]bool{}
	for w := range s.watches {
		s.noteLocked(w)
		watched[w.key] = true
	}
	refresh := end || now.Sub(s.written) >= min(snapshotRefresh, s.options.MaxAge/4)
	if !s.changed && !(s.younger && refresh) {
		s.mu.Unlock()
		return
	}
	// What nobody asks for any more may be asked for again, after a change in the configuration.
	maps.DeleteFunc(s.kept, func(key string, stored storedSet) bool {
		return !watched[key] && now.Sub(stored.confirmed) > s.options.MaxAge
	})
	kept := maps.Clone(s.kept)
	s.changed, s.younger = false, false
	s.mu.Unlock()

	content, err := encodeSnapshot(kept)
	if err == nil {
		err = s.file.write(content, s.refused)
	}
	if err != nil {
		s.mu.Lock()
		s.changed = true
		s.mu.Unlock()
		if !s.failing {
			s.log.Warn("snapshot can't be written", "error", err)
		}
		s.failing = true
		return
	}
	if s.failing {
		s.log.Info("snapshot can be written again")
	}
	s.failing, s.refused, s.written = false, false, now
}
