package balance

// Change is what an Update did to the eligible set.
type Change struct {
	Added      []*Backend // eligible now, and not before
	Removed    []*Backend // the other way round
	Reweighted []Reweighted

	Eligible int // backends that are eligible now
	Total    int // members that the Update listed, each once; without those on standby
}

// Reweighted is a backend that stays eligible with another weight.
type Reweighted struct {
	Backend  *Backend
	From, To int
}

// Any reports whether the eligible set or a weight changed.
func (c Change) Any() bool {
	return len(c.Added)+len(c.Removed)+len(c.Reweighted) > 0
}

// note enters what becomes of one backend.
func (c *Change) note(b *Backend, from, to int) {
	if to > 0 {
		c.Eligible++
	}
	switch {
	case from == to:
	case from == 0:
		c.Added = append(c.Added, b)
	case to == 0:
		c.Removed = append(c.Removed, b)
	default:
		c.Reweighted = append(c.Reweighted, Reweighted{Backend: b, From: from, To: to})
	}
}
