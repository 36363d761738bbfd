package balance

import "slices"

// longest is the most slots that a ring may have: 256 KiB, and filled in milliseconds.
const longest = 1 << 16

// apportion gives each backend its number of slots in one cycle, and returns the
// cycle's length. Up to the longest ring the slots are in the exact proportion of
// the weights. Beyond, each backend has its share of the longest ring rounded up or
// down. Whoever would be rounded down to nothing is rounded up first, so that the
// light ones do not starve, then those with the largest remainder. Only with more
// such light backends than there are slots to round up do some go without.
func apportion(eligible []Weighted) (counts []int32, length int) {
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
	order := make([]int, len(eligible)) // remainder, largest first, and index, in one number
	for i, e := range eligible {
		quota := e.Weight * longest
		counts[i] = int32(quota / sum)
		spare -= quota / sum
		remainder := quota % sum
		if counts[i] == 0 {
			remainder += sum
		}
		order[i] = -remainder*len(eligible) + i
	}
	slices.Sort(order)
	for _, o := range order[:spare] {
		i := o % len(eligible)
		if i < 0 {
			i += len(eligible)
		}
		counts[i]++
	}
	return counts, longest
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
