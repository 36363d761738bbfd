package balance

import "math"

// schedule orders the picks of one cycle, in which backend i has counts[i] of length
// slots, and before it lead slots in which the rates are the same but the numbers are
// free. credits is what each backend is owed at the start, in picks.
//
// Each slot goes to the backend that is owed most, its share of this slot included,
// under two limits that hold within the cycle: no backend twice in a row, and the one
// with the most slots, top, no more than limit times, where limit is the least
// possible, ceil(top's slots / the others').
//
// That top's limit can be kept follows from an invariant: what is left of top, h,
// never exceeds the room that the o others left still make for it: limit before each
// of them but the next, limit less the run now open before the next, and at the end
// limit less the run at the start, which it joins as the cycle closes. To give a slot
// to another is refused when it would break this, and if top is at its limit it
// can't. The others may, rarely, end next to themselves; spread mends that.
func (w *workspace) schedule(counts []int32, length, lead int, credits []float64) []int32 {
	top := 0
	for i, n := range counts {
		if n > counts[top] {
			top = i
		}
	}
	slots := make([]int32, lead+length)
	if int(counts[top]) == length {
		for t := range slots {
			slots[t] = int32(top)
		}
		return slots
	}
	f := &filler{
		queues: w.queue(counts, length, credits, int32(top), max(lead, length)),
		top:    int32(top),
		count:  int64(counts[top]),
		owed:   int64(math.Round(credits[top] * float64(length))),
	}
	f.free(slots[:lead])
	f.cycle(slots[lead:])
	others := f.length - f.count
	spread(slots[lead:], int32(top), (f.count+others-1)/others > 1)
	return slots
}

// filler deals slots out between top and the queues of all others.
type filler struct {
	*queues
	top   int32
	count int64 // top's slots in one cycle
	owed  int64 // to top before its share of the next slot, in picks times length
}

// free fills slots by what is owed alone.
func (f *filler) free(slots []int32) {
	for t := range slots {
		f.owed += f.count
		f.again = none // nobody gives way
		g, most := f.most(int64(t))
		if f.owed >= most {
			slots[t] = f.top
			f.owed -= f.length
			continue
		}
		head := &f.queue[f.groups[g].first+f.next(g)]
		head.left++ // these do not count against the cycle
		slots[t] = f.take(g, int64(t))
	}
	f.start(len(slots))
}

// cycle fills one whole cycle.
func (f *filler) cycle(slots []int32) {
	left, others := f.count, f.length-f.count
	limit := (left + others - 1) / others
	var (
		run   int64        // of top, up to this slot
		begin int64 = none // the run that the cycle begins with, once it has ended
	)
	f.again = none
	for t := range slots {
		f.owed += f.count
		joins := begin
		if begin == none {
			joins = run
		}
		// Given to another now, the others after it leave room for this many of top.
		if room := limit*others - joins; left <= room {
			g, most := f.most(int64(t))
			if left == 0 || run == limit || f.owed < most {
				begin = joins
				slots[t] = f.take(g, int64(t))
				others--
				run = 0
				continue
			}
		}
		slots[t] = f.top
		f.owed -= f.length
		left--
		run++
		f.again = none
	}
}
