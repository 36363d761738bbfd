package balance

import (
	"cmp"
	"math/bits"
	"slices"
)

// ranked is a backend's index with what to sort it by.
type ranked struct {
	rank  uint64
	index int32
}

// few is up to where comparing sorts as fast as distributing does.
const few = 200

// sort sorts a list in the order of its indexes by rank, the lowest first, and leaves
// those of one rank in the order of their indexes. A long list is distributed by eleven
// bits of the rank after another: thousands of backends are sorted at each change.
func (w *workspace) sort(list []ranked) []ranked {
	if len(list) <= few {
		slices.SortFunc(list, func(a, b ranked) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.index, b.index))
		})
		return list
	}
	const width = 11
	ranks := uint64(0)
	for _, r := range list {
		ranks |= r.rank
	}
	spare := sized(&w.spare, len(list))
	for shift := 0; shift < bits.Len64(ranks); shift += width {
		var at [1 << width]int32 // where the next one of these bits goes
		for _, r := range list {
			at[r.rank>>shift%(1<<width)]++
		}
		sum := int32(0)
		for i, n := range at {
			at[i] = sum
			sum += n
		}
		for _, r := range list {
			digit := r.rank >> shift % (1 << width)
			spare[at[digit]] = r
			at[digit]++
		}
		list, spare = spare, list
	}
	return list
}
