package balance

// longest is the most slots that a ring may have: 256 KiB, and filled in milliseconds.
const longest = 1 << 16

// apportion gives each backend its number of slots in one cycle, and returns the
// cycle's length. Up to the longest ring the slots are in the exact proportion of
// the weights. Beyond, each backend has its share of the longest ring rounded up or
// down. Whoever would be rounded down to nothing is rounded up first, so that the
// light ones do not starve, then those with the largest remainder. Only with more
// such light backends than there are slots to round up do some go without.
func (w *workspace) apportion(eligible []Weighted) (counts []int32, length int) {
	counts = make([]int32, len(eligible))
	sum, divisor := 0, 0
	for _, e := range eligible {
		sum += e.Weight
		divisor = gcd(divisor, e.Weight)
	}
	if sum/divisor <= longest {
		for i, e := range eligible {
			counts[i] = int32(e.Weight / divisor)
		}
		return counts, sum / divisor
	}

	spare := longest
	order := sized(&w.order, len(eligible)) // by remainder, the largest first
	for i, e := range eligible {
		quota := e.Weight * longest
		counts[i] = int32(quota / sum)
		spare -= quota / sum
		remainder := quota % sum
		if counts[i] == 0 {
			remainder += sum
		}
		order[i] = ranked{rank: uint64(2*sum - remainder), index: int32(i)}
	}
	for _, r := range w.sort(order)[:spare] {
		counts[r.index]++
	}
	return counts, longest
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
