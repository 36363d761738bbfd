package main

import (
	"fmt"
	"maps"
	"slices"

	"weir/bench/peers"
)

// direct is the rival that is none: clients connect to the origins.
const direct = "direct"

// A rival is what a workload is measured with.
type rival struct {
	name    string
	version string
	weir    bool // weir itself, on whichever relay

	// Of a balancer.
	peer   peers.Peer
	binary string
}

// findRivals returns those wanted that are there. Notes name the others, and
// where they are from.
func findRivals(o options, weir string) (list []rival, notes []string, err error) {
	const optional = "weir-goroutine" // takes part only where it is named
	known := []peers.Peer{peers.Weir(weir, false), peers.Weir(weir, true), peers.HAProxy(false), peers.HAProxy(true), peers.Nginx()}
	for _, name := range slices.Sorted(maps.Keys(o.peers)) {
		p, err := peers.Named(name, o.peers[name])
		if err != nil {
			return nil, nil, err
		}
		known = append(known, p)
	}
	all := []string{direct}
	for _, p := range known {
		all = append(all, p.Name)
	}
	wanted, err := pick("rival", all, o.rivals, false)
	if err != nil {
		return nil, nil, err
	}
	if slices.Contains(wanted, direct) {
		list = append(list, rival{name: direct, version: "no balancer"})
	}
	for _, p := range known {
		if !slices.Contains(wanted, p.Name) || len(o.rivals) == 0 && p.Name == optional {
			continue
		}
		binary, err := p.Find()
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s is not measured: %v. It comes with: %s", p.Name, err, p.Package))
			continue
		}
		list = append(list, rival{name: p.Name, version: p.AskVersion(binary), weir: p.Binary == weir, peer: p, binary: binary})
	}
	return list, notes, nil
}
