package report

// Targets are what weir is to reach.
func Targets() []Target {
	const haproxy, splice, nginx = "haproxy", "haproxy-splice", "nginx"
	list := []Target{
		over("conn", Cost, haproxy, 0.95),
		over("conn", Cost, nginx, 1.0),
		over("conn", Throughput, haproxy, 1.0),
		over("conn", Throughput, nginx, 1.0),
		own("segments", Weir, BytesFirst, "of a connection", 18),
		overBetter("banner", P50, haproxy, nginx, 1.1),
		overBetter("banner", P99, haproxy, nginx, 1.1),
	}
	for _, w := range []string{"rr-64-32", "rr-64-1000", "rr-4k-32", "rr-4k-1000"} {
		list = append(list,
			over(w, Cost, haproxy, 0.90),
			over(w, Cost, nginx, 0.95),
			overBetter(w, P99, haproxy, nginx, 1.1),
		)
	}
	for _, w := range []string{"bulk-down-1", "bulk-down-2", "bulk-down-32", "bulk-up-1", "bulk-up-2", "bulk-up-32"} {
		list = append(list,
			over(w, Cost, haproxy, 0.35),
			over(w, Cost, splice, 0.95),
			over(w, Throughput, "direct", 0.6),
		)
	}
	for _, w := range []string{"idle-3000", "idle-9900"} {
		list = append(list,
			own(w, Weir, Memory, "bytes a connection", 1024),
			own(w, Weir, Descriptors, "a connection", 2),
		)
	}
	return append(list,
		own("idle-9900", Weir, Held, "connections within 20,000 descriptors", 9900),
		over("mixed", P99, haproxy, 0.9),
		own("catalog", "apply/10000", CPU, "ms", 10),
		overOther("churn", "churn-none", Cost, 1.05),
		overOther("churn", "churn-still", Cost, 1.05), // without what the heartbeats themselves cost
	)
}
