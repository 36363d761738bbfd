package main

import (
	"fmt"

	"weir/bench/load"
	"weir/bench/origin"
	"weir/bench/report"
)

// The sizes of messages.
const (
	small = 64
	large = 4096
)

func workloads() []workload {
	changes := append(exchange("conn"), report.Column{Figure: report.Changes, Unit: "/s"})
	call := []load.Crew{{Kind: load.Call, Connections: 32, Size: small}}
	list := []workload{
		{name: "conn", columns: exchange("conn"), job: load.Job{Crews: call}, figures: perOperation},
		{name: "churn-none", columns: changes, job: load.Job{Crews: call}, needs: weirItself, figures: whileChanging},
		{name: "churn-still", columns: changes, job: load.Job{Crews: call}, needs: weirItself, heartbeats: true, figures: whileChanging},
		{name: "churn", columns: changes, job: load.Job{Crews: call}, needs: weirItself, heartbeats: true, flap: true, figures: whileChanging},
	}
	for _, size := range []int{small, large} {
		for _, n := range []int{1, 32, 1000} {
			list = append(list, workload{
				name:    fmt.Sprintf("rr-%s-%d", map[int]string{small: "64", large: "4k"}[size], n),
				columns: exchange("message"),
				job:     load.Job{Crews: []load.Crew{{Kind: load.Talk, Connections: n, Size: size}}},
				figures: perOperation,
			})
		}
	}
	for _, way := range []load.Kind{load.Down, load.Up} {
		for _, n := range []int{1, 2, 32} {
			list = append(list, workload{
				name:    fmt.Sprintf("bulk-%s-%d", way, n),
				columns: []report.Column{{Figure: report.Cost, Unit: "ms/GB"}, {Figure: report.Throughput, Unit: "GB/s"}},
				job:     load.Job{Crews: []load.Crew{{Kind: way, Connections: n, Size: small}}},
				figures: perGigabyte,
			})
		}
	}
	list = append(list, workload{
		name:    "mixed",
		columns: append(latency(), report.Column{Figure: report.Throughput, Unit: "messages/s"}, report.Column{Figure: report.Bulk, Unit: "GB/s"}),
		job:     load.Job{Crews: []load.Crew{{Kind: load.Talk, Connections: 8, Size: small}, {Kind: load.Down, Connections: 4, Size: small}}},
		figures: besideBulk,
	}, workload{
		name:    "banner",
		columns: latency(),
		job:     load.Job{Crews: []load.Crew{{Kind: load.Banner, Connections: 1, Size: origin.BannerSize}}},
		banner:  true,
		figures: onlyLatency,
	}, workload{
		name: "segments",
		columns: []report.Column{
			{Figure: report.Natural}, {Figure: report.BytesFirst},
		},
		job:     load.Job{Count: 2000},
		figures: perSegment,
	})
	for _, n := range []int{3000, 9900} {
		list = append(list, workload{
			name: fmt.Sprintf("idle-%d", n),
			columns: []report.Column{
				{Figure: report.Memory, Unit: "bytes/conn"}, {Figure: report.Descriptors, Unit: "/conn"}, {Figure: report.Held},
			},
			job:     load.Job{Rest: n},
			needs:   ownSettings,
			figures: atRest,
		})
	}
	return list
}
