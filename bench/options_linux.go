package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// descriptorLimit is what every balancer gets: a common limit, and one under
// which two descriptors a connection make a difference.
const descriptorLimit = 20_000

type options struct {
	quick     bool
	rounds    int
	window    time.Duration
	workloads []string
	rivals    []string
	peers     map[string]string
	weir      string
	out       string
	shared    bool
}

func (o *options) register(f *pflag.FlagSet) {
	f.BoolVar(&o.quick, "quick", false, "everything once, briefly: two minutes, and nothing in docs/bench is replaced")
	f.IntVar(&o.rounds, "rounds", 5, "how often each is measured (with --quick 1)")
	f.DurationVar(&o.window, "window", 1500*time.Millisecond, "how long one measurement lasts, after a warm-up of a quarter of that (with --quick 250ms)")
	f.StringSliceVar(&o.workloads, "workloads", nil, "only these, by name or by its beginning up to a dash: conn,rr-64")
	f.StringSliceVar(&o.rivals, "rivals", nil, "only these: direct, weir, weir-goroutine (only if named), haproxy, haproxy-splice, nginx, and each --peer")
	f.StringToStringVar(&o.peers, "peer", nil, "another balancer: fabio, traefik or envoy, as NAME=/path/to/binary")
	f.StringVar(&o.weir, "weir", "", "measure this binary instead of building one")
	f.StringVar(&o.out, "out", "", "folder for the result (docs/bench for a whole run, a temporary one with --quick, else none)")
	f.BoolVar(&o.shared, "shared-network", false, "use the machine's own loopback rather than a network namespace")
}

// complete sets what --quick implies and the command line doesn't say.
func (o *options) complete(f *pflag.FlagSet) {
	if !o.quick {
		return
	}
	if !f.Changed("rounds") {
		o.rounds = 1
	}
	if !f.Changed("window") {
		o.window = 250 * time.Millisecond
	}
}

// chosen returns the workloads wanted, and whether the catalog is.
func (o options) chosen() ([]workload, bool, error) {
	if o.rounds < 1 || o.window <= 0 {
		return nil, false, fmt.Errorf("nothing is measured in %d rounds of %s", o.rounds, o.window)
	}
	all := workloads()
	var names []string
	for _, w := range all {
		names = append(names, w.name)
	}
	wanted, err := pick("workload", append(names, catalogName), o.workloads, true)
	if err != nil {
		return nil, false, err
	}
	return find(all, wanted), slices.Contains(wanted, catalogName), nil
}

// pick returns those of all that are wanted, in the order of all. With families a
// name stands also for all that begin with it and a dash.
func pick(what string, all, wanted []string, families bool) ([]string, error) {
	if len(wanted) == 0 {
		return all, nil
	}
	picked := map[string]bool{}
	for _, w := range wanted {
		found := false
		for _, name := range all {
			if name == w || families && strings.HasPrefix(name, w+"-") {
				picked[name], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no %s %q; there are %s", what, w, strings.Join(all, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !picked[name] }), nil
}
