package outages

import (
	"context"
	"fmt"
	"time"

	"weir/test/rig"
)

const changed = "eligible set changed"

// patience is longer than what is demanded: a row tells by how much it was missed.
const patience = 90 * time.Second

// recover waits until Consul answers again, changes the catalog twice, and measures how long weir
// takes: for the first change from the fault's end, for the second from when it was made.
func (s *scene) recover() {
	s.t.Helper()
	s.mended = time.Now()
	if s.fault.answers != nil {
		s.until("answer of consul", func(ctx context.Context) error { return s.fault.answers(ctx, s) })
		s.mended = time.Now()
	}
	mark := s.weir.Mark()
	s.until("registration", func(ctx context.Context) error { return s.catalog.add(ctx, s.fresh) })
	in := s.awaitChange(mark, "added")
	s.recovery = max(0, in.Time.Sub(s.mended))
	if s.recovery > s.form.recovery {
		s.t.Errorf("a new instance was in the set %v after the fault's end, want %v", s.recovery, s.form.recovery)
	}
	s.until("answer of the new instance", func(ctx context.Context) error {
		r := rig.Get(ctx, s.addr)
		s.asked = append(s.asked, r)
		if r.Err == nil && r.Name != s.fresh.Name {
			return fmt.Errorf("%s answers", r.Name)
		}
		return r.Err
	})

	mark = s.weir.Mark()
	s.until("deregistration", func(ctx context.Context) error { return s.catalog.remove(ctx, s.fresh) })
	gone := time.Now()
	out := s.awaitChange(mark, "removed")
	took := out.Time.Sub(gone)
	if took > s.form.recovery {
		s.t.Errorf("the instance left the set %v after it was deregistered, want %v", took, s.form.recovery)
	}
	s.recovery, s.freshOut = max(s.recovery, took), out.Time
	s.settle(500 * time.Millisecond) // for it to be picked by mistake
}

// awaitChange waits, longer than is demanded, for the fresh backend's coming or going.
func (s *scene) awaitChange(mark int, field string) rig.Line {
	s.t.Helper()
	return s.weir.AwaitFor(s.t, patience, mark, changed, func(l rig.Line) bool { return names(l, field, s.fresh.Name) })
}

// A span is from when to when.
type span struct{ from, to time.Time }

func (s span) has(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

func clock(t time.Time) string { return t.Format("15:04:05.000") }
