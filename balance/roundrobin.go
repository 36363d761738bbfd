package balance

// WeightedRoundRobin deals connections out in a fixed, evenly mixed cycle in which
// every backend has as many slots as its weight.
//
// Exactness. While the sum of the weights over their greatest common divisor is at
// most 65,536, that is the cycle's length, and any window of one cycle gives each
// backend exactly its share. Beyond, a cycle has 65,536 slots and each backend is
// less than one of them off its share (see apportion).
//
// Runs. No backend comes twice in a row, and one with more than half of the weight at
// most ceil(its weight / the others' weight) times, across the end of the cycle as
// well. No order of the same slots does better. This is proven, see schedule. It does
// not hold just after a change: two such runs may meet there, and the cycle that makes
// up for debts, see below, has no such limit.
//
// Changes. What each backend is owed is carried over, so that a change neither starts
// again at the first backend nor gives a newcomer a burst. Any number of consecutive
// picks, whatever changes lie between, are to stay within two of each backend's fair
// share. That is measured, not proven, and not always so: of random scripts of a dozen
// changes, some of many backends at once, one in a thousand has a window further off,
// of those of 200 changes one in eight, none so far by more than 2.4. No picker at all
// can promise it: whoever takes away each time the backend just picked starves the
// rest, and the last of n is owed 1/n + 1/(n-1) + ... + 1/2 picks, over two from
// n = 11. Where a change leaves a backend more than debtLimit off, the new order
// begins with one cycle that makes up for it, and is exact after that. Picks made
// while a new order is prepared come from the old one, and are entered in the accounts
// at the next change.
type WeightedRoundRobin struct{}

var _ Policy = WeightedRoundRobin{}

// debtLimit is the debt, in picks, that the exact cycle may keep for ever. An
// undisturbed cycle takes hardly anyone further than this from the middle of its range.
// Less means fewer windows that are more than two off, and more changes after which
// the first cycle is not exact.
const debtLimit = 0.6

// Prepare implements Policy.
func (WeightedRoundRobin) Prepare(eligible []Weighted, previous Picker) Picker {
	before, _ := previous.(*ring)
	work := &workspace{}
	if before != nil {
		if before.work != nil {
			work, before.work = before.work, nil
		}
		before.settle(work)
	}
	counts, length := work.apportion(eligible)
	credits, worst := work.credits(eligible)
	lead := 0
	if worst > debtLimit {
		lead = length
	}
	r := &ring{
		slots:    work.schedule(counts, length, lead, credits),
		lead:     uint64(lead),
		length:   uint64(length),
		eligible: eligible,
		counts:   counts,
		before:   before,
		work:     work,
	}
	if before != nil {
		// The old ring's picks while this one was made were, but for the change, its
		// first ones: go on after them.
		r.settled = before.cursor.Load() - before.settled
		r.cursor.Store(r.settled)
	}
	return r
}
