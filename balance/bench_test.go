package balance

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func mixedWeights(n int) []int {
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	weights := make([]int, n)
	for i := range weights {
		weights[i] = 1 + rng.IntN(100)
	}
	return weights
}

func BenchmarkPick(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, _ := poolOf(mixedWeights(n)...)
			b.ReportAllocs()
			for b.Loop() {
				p.Pick()
			}
		})
	}
}

// BenchmarkUpdate changes one weight each time, after some picks.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{10, 1_000, 5_000, 10_000} {
		for _, kind := range []string{"mixed", "equal"} {
			b.Run(fmt.Sprintf("%d/%s", n, kind), func(b *testing.B) {
				weights := mixedWeights(n)
				if kind == "equal" {
					for i := range weights {
						weights[i] = 10
					}
				}
				p, _ := poolOf(weights...)
				all := members(weights...)
				k := 0
				for b.Loop() {
					m := &all[(k*7)%n]
					if k++; m.Heartbeat == Up {
						m.Heartbeat = Down
					} else {
						m.Heartbeat = Up
					}
					p.Update(all, Admission{})
					for range 50 {
						p.Pick()
					}
				}
			})
		}
	}
}

// BenchmarkUpdateNothing is a refresh that changes nothing.
func BenchmarkUpdateNothing(b *testing.B) {
	weights := mixedWeights(10_000)
	p, _ := poolOf(weights...)
	all := members(weights...)
	for b.Loop() {
		p.Update(all, Admission{})
	}
}

// BenchmarkSelect is what a change costs beside the update: where one is enough, and where
// all are counted.
func BenchmarkSelect(b *testing.B) {
	for _, below := range []int{0, 50} {
		b.Run(fmt.Sprintf("10000/below-%d", below), func(b *testing.B) {
			now := time.Unix(1_000, 0)
			s := Selector{PanicBelow: below}
			tiers := []Tier{{Members: members(mixedWeights(10_000)...), Known: now}}
			b.ReportAllocs()
			for b.Loop() {
				s.Select(tiers, now)
			}
		})
	}
}

// BenchmarkUpdateAndLeaving is a refresh that changes nothing with its look for backends
// that leave: none, all of one datacenter on standby as well, and all of them unhealthy.
func BenchmarkUpdateAndLeaving(b *testing.B) {
	now := time.Unix(1_000, 0)
	all := members(mixedWeights(10_000)...)
	far := members(mixedWeights(10_000)...)
	down := members(mixedWeights(10_000)...)
	for i := range far {
		far[i].Name = "dc2/" + far[i].Name
		down[i].Heartbeat = Down
	}
	for _, c := range []struct {
		name    string
		members []Member
		standby [][]Member
	}{
		{"10000", all, nil},
		{"10000 and as many on standby", all, [][]Member{far}},
		{"10000 unhealthy", down, nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := NewPool(nil)
			b.ReportAllocs()
			for b.Loop() {
				p.Update(c.members, Admission{}, c.standby...)
				p.Leaving(now)
			}
		})
	}
}

// BenchmarkPickBelow is with room everywhere, with nine of ten full, and with all full.
func BenchmarkPickBelow(b *testing.B) {
	for _, full := range []int{0, 9, 10} {
		b.Run(fmt.Sprintf("10000/%d0%%-full", full), func(b *testing.B) {
			p, _ := poolOf(mixedWeights(10_000)...)
			i := 0
			for backend := range p.Snapshot().All() {
				if i++; i%10 < full {
					backend.Active.Store(5)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				p.PickBelow(5, nil)
			}
		})
	}
}
