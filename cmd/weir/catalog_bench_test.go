package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/discovery"
	"weir/health"
)

// BenchmarkCatalog is what a change of one instance of N costs: unpacking and
// decoding Consul's answer, and all that follows from the decoded answer to the
// snapshot that connections pick from, heartbeats' part included. cpu-ns/op
// counts all threads, and so the garbage collector's.
func BenchmarkCatalog(b *testing.B) {
	equal := func(int) int { return 10 }
	rng := rand.New(rand.NewPCG(5, 2))
	mixed := func(int) int { return 1 + rng.IntN(100) }
	for _, stage := range []struct {
		name   string
		weight func(int) int
		run    func(b *testing.B, n int, answers [2][]byte)
	}{
		{"gunzip", equal, benchGunzip},
		{"decode", equal, benchDecode},
		{"apply", equal, benchApply},
		{"apply-mixed", mixed, benchApply},
	} {
		for _, n := range []int{10, 1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", stage.name, n), func(b *testing.B) {
				weights := make([]int, n)
				for i := range weights {
					weights[i] = stage.weight(i)
				}
				var answers [2][]byte
				for k := range answers {
					weights[n/2] += k
					answers[k] = healthAnswer(weights)
				}
				stage.run(b, n, answers)
			})
		}
	}
}

func benchGunzip(b *testing.B, _ int, answers [2][]byte) {
	var packed [2][]byte
	for k, text := range answers {
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		z.Write(text)
		z.Close()
		packed[k] = buf.Bytes()
	}
	b.SetBytes(int64(len(answers[0])))
	alternate(b, func(k int) {
		z, err := gzip.NewReader(bytes.NewReader(packed[k]))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, z); err != nil {
			b.Fatal(err)
		}
	})
}

func benchDecode(b *testing.B, _ int, answers [2][]byte) {
	replay := discovery.NewReplay(discovery.Query{Service: "web"}, discovery.NewFeed(), hclog.NewNullLogger())
	b.SetBytes(int64(len(answers[0])))
	alternate(b, func(k int) {
		if _, err := replay.Decode(bytes.NewReader(answers[k])); err != nil {
			b.Fatal(err)
		}
	})
}

// benchApply has every instance's heartbeat answered once.
func benchApply(b *testing.B, n int, answers [2][]byte) {
	log := hclog.NewNullLogger()
	s := newService(config.Service{
		Name: "web", HealthyWhen: config.HealthyBoth, Balance: config.WeightedRoundRobin,
		Heartbeat: &config.Heartbeat{Type: config.TCP, Port: answering(b), Interval: time.Hour, Timeout: time.Minute, Rise: 1, Fall: 1},
	}, discovery.NewResolver(discovery.SystemLookup, log), health.NewLimiter(health.MaxInFlight), log)
	local := s.tiers[0]
	replay := discovery.NewReplay(local.query(s.conf), local.catalog, log)
	var decoded [2]discovery.Answer
	for k, text := range answers {
		var err error
		if decoded[k], err = replay.Decode(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { local.resolve(ctx, s.resolver) })
	wg.Go(func() { s.checker.Run(ctx) })
	apply := func(k int) {
		if err := replay.Apply(ctx, decoded[k]); err != nil {
			b.Fatal(err)
		}
		<-s.changed
		s.update(time.Now())
	}
	for apply(0); s.pool.Snapshot().Len() < n; s.update(time.Now()) {
		<-s.checker.Changed()
		s.heard = true // as follow notes it
	}
	alternate(b, func(k int) {
		apply(k)
		for range 100 { // what they take is entered at the next change
			s.pool.Pick()
		}
	})
	if got := s.pool.Snapshot().Len(); got != n {
		b.Errorf("eligible: got %d, want %d", got, n)
	}
}

// answering returns a port that takes every connection, on all loopback addresses.
func answering(b *testing.B) int {
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

// alternate runs f with 0 and 1 in turn and reports its CPU time.
func alternate(b *testing.B, f func(k int)) {
	b.ReportAllocs()
	k, before := 0, time.Duration(-1)
	for b.Loop() {
		if before < 0 {
			before = cpuTime(b)
		}
		k = 1 - k
		f(k)
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// healthAnswer is Consul 1.21's list of instances of those weights, four to a
// node, in Consul's order, with all that weir doesn't look at.
func healthAnswer(weights []int) []byte {
	var text bytes.Buffer
	text.WriteByte('[')
	for i, w := range weights {
		if i > 0 {
			text.WriteByte(',')
		}
		node, id, ip := fmt.Sprintf("node-%04d", i/4), fmt.Sprintf("web-%05d", i), fmt.Sprintf("127.1.%d.%d", i/1000, 1+i/4%250)
		fmt.Fprintf(&text, `{"Node":{"ID":"4dc79831-da35-d6c4-521a-36c6%08[1]x","Node":"%[2]s","Address":"%[3]s","Datacenter":"dc1",`+
			`"TaggedAddresses":{"lan":"%[3]s","lan_ipv4":"%[3]s","wan":"%[3]s","wan_ipv4":"%[3]s"},`+
			`"Meta":{"consul-network-segment":"","consul-version":"1.21.0"},"CreateIndex":8,"ModifyIndex":8},`+
			`"Service":{"ID":"%[4]s","Service":"web","Tags":["v2","blue"],"Address":"%[3]s","Meta":{"version":"2.7.1","zone":"a"},"Port":%[5]d,`+
			`"Weights":{"Passing":%[6]d,"Warning":1},"EnableTagOverride":false,"Proxy":{"Mode":"","MeshGateway":{},"Expose":{}},"Connect":{},`+
			`"PeerName":"","CreateIndex":8,"ModifyIndex":8},`+
			`"Checks":[{"Node":"%[2]s","CheckID":"serfHealth","Name":"Serf Health Status","Status":"passing","Notes":"",`+
			`"Output":"Agent alive and reachable","ServiceID":"","ServiceName":"","ServiceTags":[],"Type":"","Interval":"","Timeout":"",`+
			`"ExposedPort":0,"Definition":{},"CreateIndex":8,"ModifyIndex":8},`+
			`{"Node":"%[2]s","CheckID":"service:%[4]s","Name":"Service 'web' check","Status":"passing","Notes":"",`+
			`"Output":"HTTP GET http://%[3]s:%[5]d/health: 200 OK Output: up","ServiceID":"%[4]s","ServiceName":"web","ServiceTags":["v2","blue"],`+
			`"Type":"http","Interval":"","Timeout":"","ExposedPort":0,"Definition":{},"CreateIndex":8,"ModifyIndex":8}]}`,
			i/4, node, ip, id, 20000+i%1000, w)
	}
	text.WriteByte(']')
	return text.Bytes()
}
