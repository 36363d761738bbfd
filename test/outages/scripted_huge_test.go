package outages

import (
	"fmt"
	"time"

	"weir/test/rig"
	"weir/test/scripted"
)

// hugeFaults are bodies of 100 MB, of which weir must keep little.
var hugeFaults = []fault{
	huge(scripted.HugeList, reads),
	huge(scripted.HugeEntries, reads),
	huge(scripted.HugeString, reads),
	huge(scripted.HugeSpace, reads),
	huge(scripted.HugeGarbage, reads),
	huge(scripted.HugeList, all),
	huge(scripted.HugeError, all),
}

// mostMemory is how much more than before weir may take.
const mostMemory = 128 << 20

func huge(what scripted.Fault, to hearing) fault {
	f := answers(what, to, length{3 * time.Second, 10 * time.Second})
	broken := f.inject
	f.inject = func(s *scene) func() {
		before, grown := s.weir.Memory(s.t), 0
		mend := broken(s)
		for time.Since(s.began) < f.lasts.in(s.form) {
			grown = max(grown, s.weir.Memory(s.t)-before)
			s.settle(5 * time.Millisecond)
		}
		s.note = fmt.Sprintf("memory grew by %d MB at most", grown>>20)
		if grown > mostMemory && !rig.Race { // the race detector keeps its own books
			s.t.Errorf("weir's memory grew by %d MB, want at most %d", grown>>20, mostMemory>>20)
		}
		return mend
	}
	return f
}
