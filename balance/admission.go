package balance

// Admission says which members get new connections, and with what weight: those of a
// Rule, unless Panic.
type Admission struct {
	Rule  Rule
	Panic Panic
}

// Panic says who is tried when the rule lets too few in: better one that may fail than
// none. Whoever the rule lets in stays in, with the same weight.
type Panic uint8

const (
	NoPanic   Panic = iota // the rule decides
	AnyUp                  // all whose heartbeat is up, whatever the catalog says
	AnyJudged              // all that had a verdict; under Catalog that is all
)

// weight returns the share of new connections that m is due, from 1 to MaxWeight, or 0
// when it gets none.
func (a Admission) weight(m *Member) int {
	w := m.CatalogWeight
	switch {
	case !a.vouched(m):
		return 0
	case a.Rule == HeartbeatOnly:
		w = m.HeartbeatWeight
	case a.Panic != NoPanic:
		w = m.PanicWeight
	}
	return min(max(w, 0), MaxWeight)
}

// vouched reports whether m's heartbeat says what it must. Nothing speaks for a held
// member that is down.
func (a Admission) vouched(m *Member) bool {
	switch {
	case m.Heartbeat == Up:
		return true
	case a.Panic == AnyUp, m.Held && m.Heartbeat == Down:
		return false
	case a.Rule == Catalog:
		return true
	}
	return a.Panic == AnyJudged && m.Heartbeat == Down
}

// anyone reports whether one of the members gets connections.
func (a Admission) anyone(members []Member) bool {
	for i := range members {
		if a.weight(&members[i]) > 0 {
			return true
		}
	}
	return false
}

// unproven reports whether one of the members may get connections once it has a verdict.
func (a Admission) unproven(members []Member) bool {
	for i := range members {
		if a.awaits(&members[i]) {
			return true
		}
	}
	return false
}

// awaits reports whether m may get connections once it has a verdict.
func (a Admission) awaits(m *Member) bool {
	if m.Heartbeat != Unproven {
		return false
	}
	proven := *m
	proven.Heartbeat = Up
	return a.weight(&proven) > 0
}
