package operate

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// Signals that come while the ones before are still being acted on, in any order, cost nobody a
// connection, and the last configuration is in force in the end.
func TestSignalsAtOnce(t *testing.T) {
	s := newSite(t)
	s.run()
	s.startTraffic()
	rounds := 10
	if s.form.full {
		rounds = 40
	}
	sent := 0
	for i := range rounds {
		s.plan.listeners["more"] = listenerPlan{bind: s.at(apiPort + i%2), service: "web"}
		s.weir.Configure(t, s.plan.text())
		for range 1 + rand.IntN(4) {
			s.weir.Signal(t, []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR2}[rand.IntN(2)])
			sent++
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond) // some are still being acted on
		}
		s.steady()
	}
	s.until("a process that takes the last configuration in", func() error {
		if o := s.weir.Reload(t); !o.OK {
			return fmt.Errorf("reload: %s", o.Message)
		}
		return nil
	})
	for _, l := range s.plan.listeners {
		s.serves(l.bind, l.service)
	}
	s.refuses(s.at(apiPort + rounds%2))
	s.stopTraffic()
	s.until("end of the old generations", func() error { return atMost("generations", len(s.weir.Generations()), 1) })
	s.report("reloads and upgrades at once", "%d signals, %d upgrades", sent, len(s.weir.Find("ended")))
	s.weir.Stop(t)
}
