package balance

import (
	"testing"
	"time"
)

// A step is what a selector is told, and what it is to say.
type step struct {
	at          time.Duration
	tiers, want string
}

func TestSelectionOverTime(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	tests := []struct {
		name     string
		below    int
		failback time.Duration
		steps    []step
	}{
		{"back after the failback, not a moment before", 0, 30 * s, []step{
			{0, "u|uu", "u"},
			{10 * s, "d|uu", "|uu"},
			{20 * s, "u|uu", "|uu again 50s"},
			{50*s - 1, "u|uu", "|uu again 50s"},
			{50 * s, "u|uu", "u"},
		}},
		{"each break begins it anew", 0, 30 * s, []step{
			{0, "d|u", "|u"},
			{1 * s, "u|u", "|u again 31s"},
			{30 * s, "d|u", "|u"},
			{30*s + 1, "u|u", "|u again 1m0.000000001s"},
			{31 * s, "u|u", "|u again 1m0.000000001s"},
			{60 * s, "ud|u", "|u again 1m0.000000001s"},
			{61 * s, "du|u", "u"},
		}},
		{"other members of it are no break", 0, 30 * s, []step{
			{0, "d|u", "|u"},
			{1 * s, "ud|u", "|u again 31s"},
			{9 * s, "du|u", "|u again 31s"},
			{31 * s, "ud|u", "u"},
		}},
		{"back at once when the one in use has nobody", 0, 30 * s, []step{
			{0, "d|u", "|u"},
			{1 * s, "u|u", "|u again 31s"},
			{2 * s, "u|d", "u"},
			{3 * s, "u|u", "u"},
		}},
		{"there again at once", 0, 30 * s, []step{
			{0, "d|u", "|u"},
			{1 * s, "u|u", "|u again 31s"},
			{31 * s, "u|u", "u"},
			{31*s + ms, "d|u", "|u"},
			{32 * s, "u|u", "|u again 1m2s"},
		}},
		{"no failback time", 0, 0, []step{
			{0, "d|u", "|u"},
			{1 * s, "u|u", "u"},
			{1*s + 1, "d|u", "|u"},
		}},
		{"by way of a tier between", 0, 30 * s, []step{
			{0, "d|d|u", "||u"},
			{1 * s, "d|u|u", "||u again 31s"},
			{10 * s, "u|u|u", "||u again 31s"},
			{31 * s, "u|u|u", "|u again 40s"},
			{35 * s, "u|d|u", "u"},
		}},
		{"to the best that has been good for long enough", 0, 30 * s, []step{
			{0, "d|d|u", "||u"},
			{1 * s, "u|u|u", "||u again 31s"},
			{31 * s, "u|u|u", "u"},
		}},
		{"a worse tier is never waited for", 0, 30 * s, []step{
			{0, "d|u|d", "|u"},
			{1 * s, "d|u|u", "|u"},
			{2 * s, "d|d|u", "||u"},
			{3 * s, "d|u|u", "||u again 33s"},
		}},
		{"from panic, the first that is good", 0, 30 * s, []step{
			{0, "d|U", "|U panic"},
			{1 * s, "u|U", "u"},
			{2 * s, "d|D", "d panic"},
			{3 * s, "d|u", "|u"},
			{4 * s, "x|D", "|D panic"},
			{5 * s, "x|u", "|u"},
			{6 * s, "u|u", "|u again 36s"},
		}},
		{"panic ends when enough are eligible", 50, 30 * s, []step{
			{0, "udd", "udd panic"},
			{1 * s, "uud", "uu"},
			{2 * s, "ddd", "ddd panic"},
			{3 * s, "mmm", ""},
		}},
		{"a tier that nobody is left of stays in use", 0, 30 * s, []step{
			{0, "|u", "|u"},
			{1 * s, "|", "|"},
			{2 * s, "|u", "|u"},
		}},

		{"at the start, the first tier is waited for", 0, 30 * s, []step{
			{0, "~|~", " waiting again 3s"},
			{10 * ms, "~|u", " waiting again 3s"},
			{20 * ms, "?d~|u", " waiting again 3s"},
			{25 * ms, "ud?~|u", "u waiting again 3s"},
			{30 * ms, "udu|u", "uu"},
		}},
		{"at the start, later tiers aren't", 0, 30 * s, []step{
			{0, "u|~", "u"},
		}},
		{"at the start, the next is taken when the first has nobody", 0, 30 * s, []step{
			{0, "~|u", " waiting again 3s"},
			{1 * s, "d|u", "|u"},
			{2 * s, "u|u", "|u again 32s"},
		}},
		{"at the start, no panic while one is waited for", 50, 30 * s, []step{
			{0, "d|~", " waiting again 3s"},
			{1 * s, "d|u?dd~", "|u waiting again 3s"},
			{2 * s, "d|uddd", "|uddd panic"},
		}},
		{"at the start, no panic before every chance", 100, 30 * s, []step{
			{0, "~", " waiting again 3s"},
			{10 * ms, "d??~", " waiting again 3s"},
			{20 * ms, "du?~", "u waiting again 3s"},
			{30 * ms, "duu", "duu panic"},
		}},
		{"at the start, when a chance is over", 50, 30 * s, []step{
			{0, "~", " waiting again 3s"},
			{1 * s, "??~2s", " waiting again 2s"},
			{1500 * ms, "ud?d~2s", "u waiting again 2s"},
			{2 * s, "ud?d~2s", "udd panic"},
		}},
		{"at the start, when a chance is over too late", 0, 30 * s, []step{
			{0, "~|u", " waiting again 3s"},
			{2500 * ms, "??~3.5s|u", " waiting again 3s"},
			{3 * s, "??~3.5s|u", "|u again 3.5s"},
			{3100 * ms, "u?~3.5s|u", "u again 3.5s"},
			{3500 * ms, "u?~3.5s|u", "u"},
		}},
		{"a silent tier is passed over in the end", 0, 30 * s, []step{
			{0, "~|u|u", " waiting again 3s"},
			{3*s - 1, "~|u|u", " waiting again 3s"},
			{3 * s, "~|u|u", "|u"},
		}},
		{"and used at once when it speaks", 0, 30 * s, []step{
			{0, "~|u", " waiting again 3s"},
			{3 * s, "~|u", "|u"},
			{60 * s, "??~|u", "|u"},
			{61 * s, "?d~|u", "|u"},
			{62 * s, "ud~|u", "u"},
			{63 * s, "dd|u", "|u"},
			{64 * s, "ud|u", "|u again 1m34s"},
		}},
		{"but not if what it says is bad", 0, 30 * s, []step{
			{0, "~|u", " waiting again 3s"},
			{3 * s, "~|u", "|u"},
			{60 * s, "dd|u", "|u"},
			{61 * s, "ud|u", "|u again 1m31s"},
		}},
		{"panic without a tier that stays silent", 0, 30 * s, []step{
			{0, "~|d", " waiting again 3s"},
			{3 * s, "~|d", "|d panic"},
			{4 * s, "D??~|d", "|d panic"},
			{5 * s, "DDD|d", "DDD panic"},
		}},
	}
	for _, tt := range tests {
		sel := Selector{PanicBelow: tt.below, Failback: tt.failback, Patience: 3 * s}
		start := time.Unix(1_000, 0)
		for _, step := range tt.steps {
			tiers := tiersOf(step.tiers, start)
			if got := sel.Select(tiers, start.Add(step.at)).text(tiers, start); got != step.want {
				t.Errorf("%s, at %v: of %q got %q, want %q", tt.name, step.at, step.tiers, got, step.want)
			}
		}
	}
}
