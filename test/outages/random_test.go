package outages

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"

	"weir/test/scripted"
)

// seedEnv repeats the random faults of the seed that the row printed.
const seedEnv = "WEIR_OUTAGES_SEED"

// randomFaults are all the scripted ones at random, over each other too, while instances come and go
// and backends die and come back. As long as one of those that weir knows is up, no connection may fail.
var randomFaults = fault{
	name:      "scripted: random faults, dying backends, changes of the catalog",
	lasts:     length{15 * time.Second, 10 * time.Minute},
	world:     scriptedWorld,
	instances: []string{"a", "b", "c", "d", "e"},
	// Whoever really leaves while all seem to have left is held with them.
	keys:  `  empty_hold = "20s"`,
	moves: true,
	inject: func(s *scene) func() {
		r := newRandomRun(s)
		ctx, cancel := context.WithTimeout(s.t.Context(), s.fault.lasts.in(s.form))
		defer cancel()
		var storm sync.WaitGroup
		storm.Go(func() { r.storm.Run(ctx, s.script()) })
		r.live(ctx)
		storm.Wait()
		return r.end
	},
}

// A randomRun is what happens to the backends during random faults, and to the connections.
type randomRun struct {
	*scene
	seed   uint64
	random *rand.Rand
	storm  *scripted.Storm
	faults int
	fates  map[string]*fate
	deaths []death
}

// A fate is what has become of a backend.
type fate struct {
	dead, out bool      // the process; from the catalog
	born, in  time.Time // when it wasn't for the last time; zero: it always was
}

// A death takes a while: until its end the kernel goes on taking connections for the dying process.
type death struct {
	name string
	span
}

func newRandomRun(s *scene) *randomRun {
	s.t.Helper()
	seed, err := strconv.ParseUint(os.Getenv(seedEnv), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	s.t.Logf("to repeat it: %s=%d", seedEnv, seed)
	r := &randomRun{scene: s, seed: seed, random: rand.New(rand.NewPCG(seed, 1)), fates: map[string]*fate{}}
	for name := range s.backends {
		r.fates[name] = &fate{}
	}
	r.storm = &scripted.Storm{
		Random: rand.New(rand.NewPCG(seed, 2)), Faults: scripted.Faults(), Services: []string{"web"},
		Note: func(f scripted.Fault, on scripted.Target, lasts time.Duration) {
			r.faults++
			s.t.Logf("%s %s of %v for %v", clock(time.Now()), f.Name, on.Kinds, lasts.Round(time.Millisecond))
		},
	}
	return r
}

// live lets backends die, come back, and leave and enter the catalog until ctx ends.
func (r *randomRun) live(ctx context.Context) {
	r.t.Helper()
	r.stopTraffic() // the row's own knows of no deaths
	traffic := r.startRound()
	for ctx.Err() == nil {
		r.step()
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(r.random.IntN(1500)) * time.Millisecond):
		}
		if time.Since(traffic.began) > 10*time.Second {
			next := r.startRound()
			r.check(traffic)
			traffic = next
		}
	}
	r.check(traffic)
}

// end waits until what weir uses is what is up and in the catalog, then brings back the others.
func (r *randomRun) end() {
	r.t.Helper()
	ended := time.Now()
	const patience = 90 * time.Second // a hold and a poll
	for r.wrong() != "" {
		if time.Since(ended) > patience {
			r.t.Fatalf("the eligible set %v after the last fault: %s", patience, r.wrong())
		}
		r.settle(20 * time.Millisecond)
	}
	r.note = fmt.Sprintf("%d faults (seed %d), %d deaths; the set was right %s after the last fault", r.faults, r.seed, len(r.deaths), seconds(time.Since(ended)))
	mark := r.weir.Mark()
	missing := len(r.backends) - len(r.eligible())
	for name, f := range r.fates {
		if f.dead {
			r.backends[name].Start(r.t)
		}
		if f.out {
			r.register(name)
		}
	}
	if missing > 0 {
		r.weir.Await(r.t, mark, changed, eligible(len(r.backends)))
	}
	r.startTraffic()
}
