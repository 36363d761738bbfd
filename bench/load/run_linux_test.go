package load

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weir/bench/origin"
)

// serve starts an origin in this process.
func serve(t *testing.T, banner bool) Job {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	job, err := serveAt(addr, banner, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// serveAt also says how to use it. It ends with the test binary, as an origin does
// with its process.
func serveAt(addr string, banner bool, dir string) (Job, error) {
	job := Job{
		Addrs:    []string{addr},
		Warm:     20 * time.Millisecond,
		Window:   150 * time.Millisecond,
		Origin:   os.Getpid(),
		Counters: filepath.Join(dir, "counters"),
	}
	counters, err := origin.OpenCounters(job.Counters)
	if err != nil {
		return job, err
	}
	s, err := origin.Listen([]netip.AddrPort{netip.MustParseAddrPort(addr)}, counters)
	if err != nil {
		return job, err
	}
	s.Banner = banner
	go s.Serve()
	return job, nil
}

func do(t *testing.T, job Job) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	result, err := Run(ctx, job, func(Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestCrews(t *testing.T) {
	for _, c := range []struct {
		crew   Crew
		banner bool
		ops    bool // or only bytes
	}{
		{Crew{Call, 4, 64}, false, true},
		{Crew{Banner, 2, origin.BannerSize}, true, true},
		{Crew{Talk, 3, 64}, false, true},
		{Crew{Talk, 100, 4096}, false, true},
		{Crew{Down, 2, 64}, false, false},
		{Crew{Up, 3, 64}, false, false},
	} {
		t.Run(string(c.crew.Kind), func(t *testing.T) {
			job := serve(t, c.banner)
			job.Crews = []Crew{c.crew}
			got := do(t, job).Crews[0]
			if got.Errors != 0 {
				t.Errorf("got %d errors: %s", got.Errors, got.Error)
			}
			if got.Bytes == 0 {
				t.Error("nothing arrived")
			}
			if !c.ops {
				return
			}
			if want := got.Ops * uint64(c.crew.Size); got.Ops == 0 || got.Bytes != want {
				t.Errorf("got %d bytes in %d operations, want %d", got.Bytes, got.Ops, want)
			}
			if l := got.Latency; l.P50 <= 0 || l.P99 < l.P50 || l.P999 < l.P99 || l.Max < l.P999 {
				t.Errorf("got latencies %+v", l)
			}
		})
	}
}

// TestErrors has a balancer that serves until the clients have begun, and then
// closes every connection at once: all of that is counted.
func TestErrors(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	const good = 30 // more than Run wants to see before it begins
	go func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if n < good {
				b := make([]byte, 64)
				k, _ := conn.Read(b)
				conn.Write(b[:k])
			}
			conn.Close()
		}
	}()
	job := serve(t, false)
	job.Addrs = []string{ln.Addr().String()}
	job.Crews = []Crew{{Call, 4, 64}}
	got := do(t, job).Crews[0]
	if got.Errors == 0 || got.Error == "" {
		t.Errorf("got %d errors (%q) from one that closes every connection", got.Errors, got.Error)
	}
}

func TestRest(t *testing.T) {
	job := serve(t, false)
	job.Rest, job.Balancer = 50, os.Getpid() // which has both ends of each connection
	got := do(t, job).Rest
	if got.Held != 50 || got.Error != "" {
		t.Errorf("held %d of 50: %s", got.Held, got.Error)
	}
	if got.Descriptors < 1.9 || got.Descriptors > 2.1 {
		t.Errorf("got %.2f descriptors a connection, want 2", got.Descriptors)
	}
}

func TestNobodyThere(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Run(ctx, Job{Addrs: []string{"127.0.0.1:1"}, Rest: 1}, func(Progress) {}); err == nil {
		t.Error("want an error")
	}
}
