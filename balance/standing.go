package balance

import "time"

// Standing says whether a backend is part of its service, whether or not it gets new
// connections at the moment.
type Standing uint8

const (
	inService Standing = iota // also while a first verdict is awaited, and on standby
	Withdrawn                 // no longer listed, in maintenance, or at weight 0
	Unhealthy                 // by the catalog or by its heartbeat, as the rule says, and not used all the same in panic
)

// standing returns that of m, which gets no connections.
func (a Admission) standing(m *Member) Standing {
	rule := Admission{Rule: a.Rule}
	switch {
	case rule.weight(m) > 0, rule.awaits(m):
		return inService
	case rule.withdrawn(m):
		return Withdrawn
	}
	return Unhealthy
}

// withdrawn reports whether m would get nothing though all spoke for it: who runs it has
// taken it out.
func (a Admission) withdrawn(m *Member) bool {
	if a.Rule == HeartbeatOnly {
		return m.HeartbeatWeight <= 0
	}
	return m.PanicWeight <= 0 && m.CatalogWeight <= 0
}

// Leaving is a backend that isn't in service.
type Leaving struct {
	Backend *Backend
	Why     Standing  // Withdrawn or Unhealthy
	Since   time.Time // when it was first seen to stand so; it has not stood otherwise since then
}

// Leaving returns the backends that the pool knows and that aren't in service, of those
// no longer listed only the ones that are active or have just left. It is to be called
// after each Update, with a time that isn't before the last; what it returns is good
// until the next Update.
func (p *Pool) Leaving(now time.Time) []Leaving {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.leaving {
		l := &p.leaving[i]
		if l.Since.IsZero() {
			l.Since, l.Backend.since = now, now
		}
	}
	return p.leaving
}
