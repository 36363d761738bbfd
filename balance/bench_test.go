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
