package operate

import (
	"fmt"

	"weir/test/rig"
)

func atMost(what string, got, want int) error {
	if got > want {
		return fmt.Errorf("%d %s, want at most %d", got, what, want)
	}
	return nil
}

// descriptorsReturn demands that weir has no more of them than before, but for some pipes that it keeps
// for splicing.
func (s *site) descriptorsReturn(before int) {
	s.t.Helper()
	const pipes = 8
	s.until("return of the descriptors", func() error {
		return atMost("descriptors ("+s.weir.DescriptorKinds()+")", s.weir.Descriptors(s.t), before+pipes)
	})
}

// logged reports, by nil, that the line gives this reason for a connection's end.
func logged(l rig.Line, reason string) error {
	if got := l.Str("end"); got != reason {
		return fmt.Errorf("end %q, want %q", got, reason)
	}
	return nil
}
