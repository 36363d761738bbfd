package report

import "testing"

func TestJudge(t *testing.T) {
	s := Samples{
		sample(1, "w", "weir", P99, 10), sample(1, "w", "haproxy", P99, 10), sample(1, "w", "nginx", P99, 20),
		sample(2, "w", "weir", P99, 10), sample(2, "w", "haproxy", P99, 20), sample(2, "w", "nginx", P99, 8),
		sample(3, "w", "weir", P99, 10), sample(3, "w", "haproxy", P99, 20), // without nginx there is no better one
		sample(1, "w", "weir", Throughput, 6), sample(1, "w", "direct", Throughput, 10),
		sample(1, "other", "weir", P99, 8),
		sample(1, "idle", "weir", Held, 9900), sample(2, "idle", "weir", Held, 9899), sample(3, "idle", "weir", Held, 9900),
	}
	for _, c := range []struct {
		name   string
		target Target
		want   Spread
		state  string
	}{
		{"at most, kept", over("w", P99, "haproxy", 0.5), Spread{0.5, 0.5, 1, 3}, "met"},
		{"at most, not kept", over("w", P99, "haproxy", 0.49), Spread{0.5, 0.5, 1, 3}, "missed"},
		{"at least, kept", over("w", Throughput, "direct", 0.6), Spread{0.6, 0.6, 0.6, 1}, "met"},
		{"at least, not kept", over("w", Throughput, "direct", 0.61), Spread{0.6, 0.6, 0.6, 1}, "missed"},
		{"the better one by round", overBetter("w", P99, "haproxy", "nginx", 1.1), Spread{1, 1.125, 1.25, 2}, "missed"},
		{"another workload", overOther("w", "other", P99, 1.25), Spread{1.25, 1.25, 1.25, 1}, "met"},
		{"a figure itself", own("idle", "weir", Held, "connections", 9900), Spread{9899, 9900, 9900, 3}, "met"},
		{"nobody there", over("w", Cost, "haproxy", 1), Spread{}, "not measured"},
	} {
		got := c.target.Judge(s)
		if got.State != c.state || got.Seen.N != c.want.N || got.Seen.N > 0 && got.Seen != c.want {
			t.Errorf("%s: got %q of %+v, want %q of %+v", c.name, got.State, got.Seen, c.state, c.want)
		}
	}
}
