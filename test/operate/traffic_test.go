package operate

import (
	"fmt"

	"weir/test/rig"
)

// traffic is the load and the streams of a site, and what became of them.
type traffic struct {
	load    *rig.Load
	streams rig.Streams

	connections, failed, cut int

	ending string // the reason that connections to one instance end for; empty: none does
}

// startTraffic opens the streams of the form, and begins its load.
func (s *site) startTraffic() {
	s.t.Helper()
	s.open(s.addr, s.form.streams)
	s.load = rig.StartLoad(s.t, s.addr, s.form.rate)
}

// open opens more streams, which belong to the traffic.
func (s *site) open(addr string, n int) {
	s.t.Helper()
	s.streams = append(s.streams, rig.OpenStreams(s.t, addr, n, s.form.every)...)
}

// steady demands that no stream has been cut, so that a test ends at the first that was.
func (s *site) steady() {
	s.t.Helper()
	for _, c := range s.streams.Over() {
		s.cut++
		s.t.Errorf("stream to %s was cut at %s after %d frames: %v; weir says %v", c.Name, c.Ended.Format("15:04:05.000"), c.Got, c.Err, s.weir.Finished(c.Client, c.Opened).Fields)
	}
	if s.t.Failed() {
		s.t.FailNow()
	}
}

// stopTraffic ends all connections and demands that none failed or was cut.
func (s *site) stopTraffic() {
	s.t.Helper()
	s.stopLoad()
	s.stopStreams()
}

func (s *site) stopLoad() {
	s.t.Helper()
	results := s.load.Stop()
	s.connections += len(results)
	if len(results) == 0 {
		s.t.Error("no connections were made")
	}
	failures := rig.Count(results)
	for _, r := range results {
		if r.Err == nil {
			continue
		}
		said := s.weir.Finished(r.Client, r.Began)
		if end := said.Str("end"); end != "" && end == s.ending {
			continue // it was under way to the very instance
		}
		if s.failed++; s.failed <= 5 {
			s.t.Errorf("connection at %s failed: %v; weir says %v", r.Began.Format("15:04:05.000"), r.Err, said.Fields)
		}
	}
	if s.failed > 0 {
		s.t.Errorf("of %d new connections failed: %v", len(results), failures)
	}
}

func (s *site) stopStreams() {
	s.t.Helper()
	for _, c := range s.streams.Stop() {
		s.cut++
		s.t.Errorf("stream to %s ended badly at %s after %d frames: %v; weir says %v", c.Name, c.Ended.Format("15:04:05.000"), c.Got, c.Err, s.weir.Finished(c.Client, c.Opened).Fields)
	}
	s.connections += len(s.streams)
	s.streams = nil
}

// report notes what was observed, also of a test that broke off.
func (s *site) report(claim, format string, args ...any) {
	o := observation{claim, s.connections, s.failed, s.cut, fmt.Sprintf(format, args...), s.t.Failed()}
	s.t.Logf("%d connections, %d failed, %d cut; %s", o.connections, o.failed, o.cut, o.note)
	theReport.add(o)
}
