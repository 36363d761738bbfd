package outages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weir/test/rig"
)

// What weir says of its snapshot.
const (
	fromSnapshot = "no answer from consul yet, serving from the snapshot"
	refused      = "snapshot refused"
)

// startFaults are what weir meets when it starts.
var startFaults = []fault{
	{
		name:  "weir killed and started again while Consul is dead, and one backend",
		lasts: length{5 * time.Second, time.Minute},
		world: withSnapshot,
		inject: func(s *scene) func() {
			s.killConsulAndWeir()
			s.backends["d"].Kill()
			s.serveWithin(3 * time.Second)
			s.startTraffic()
			return func() {
				s.backends["d"].Start(s.t)
				s.launchConsul()
			}
		},
		answers: led,
		says:    []string{fromSnapshot},
	},
	{
		name:  "weir killed and started again with a damaged snapshot while Consul is dead",
		world: withSnapshot,
		inject: func(s *scene) func() {
			s.killConsulAndWeir()
			s.damageSnapshot()
			s.weir, s.mark = rig.StartWeir(s.t, s.config()), 0
			s.addr = s.weir.Address(s.t, "web")
			return func() { // nobody is served until then
				s.launchConsul()
				s.weir.AwaitFor(s.t, patience, 0, changed, eligible(len(s.backends)))
				s.startTraffic()
			}
		},
		says: []string{refused},
	},
}

// killConsulAndWeir ends all but the backends, once weir has its snapshot.
func (s *scene) killConsulAndWeir() {
	s.t.Helper()
	s.until("snapshot with every backend", func(context.Context) error { return s.snapshotted() })
	s.agent.Kill()
	s.cluster.KillServers()
	s.stopTraffic()
	s.weir.Kill()
}

func (s *scene) launchConsul() {
	s.launchServers()
	s.agent.Launch(s.t)
}

func withSnapshot(t *testing.T) *world {
	w := threeAndOne(t)
	w.snapshot = filepath.Join(t.TempDir(), "snapshot")
	c := w.catalog.(consulCatalog)
	c.more += fmt.Sprintf("  snapshot_file = %q\n", w.snapshot)
	w.catalog = c
	return w
}

// snapshotted reports whether every backend's address is in the snapshot.
func (s *scene) snapshotted() error {
	text, err := os.ReadFile(s.snapshot)
	if err != nil {
		return err
	}
	for _, b := range s.backends {
		if !bytes.Contains(text, []byte(b.Host)) {
			return errors.New(b.Name + " isn't in it")
		}
	}
	return nil
}

// damageSnapshot changes one byte of it.
func (s *scene) damageSnapshot() {
	s.t.Helper()
	text, err := os.ReadFile(s.snapshot)
	s.must(err)
	text[rand.IntN(len(text))]++
	s.must(os.WriteFile(s.snapshot, text, 0o600))
}

// serveWithin starts weir and demands the first whole answer in time.
func (s *scene) serveWithin(limit time.Duration) {
	s.t.Helper()
	s.began = time.Now()
	s.weir, s.mark = rig.StartWeir(s.t, s.config()), 0
	s.addr = s.weir.Address(s.t, "web")
	s.until("answer through weir", func(ctx context.Context) error { return rig.Get(ctx, s.addr).Err })
	took := time.Since(s.began)
	if !s.form.full {
		limit = max(limit, s.form.recovery)
	}
	if took > limit {
		s.t.Errorf("weir served %v after its start, want %v", took, limit)
	}
	s.note = "served " + seconds(took) + " after its start"
}
