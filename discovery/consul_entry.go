package discovery

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// An entry is the part of api.ServiceEntry that a balancer needs.
type entry struct {
	Identity
	address, nodeAddress string
	port                 int
	passing, warning     int // weights
	status               Status
	name, kind           string // of the service
	tags                 []string
}

// unusable says why the entry can't be balanced over plain TCP; "" if it can (rule 10).
func (e *entry) unusable() string {
	switch {
	case e.kind != "":
		return "it is a " + e.kind + ", not a plain service"
	case e.port == 0:
		return "it has no port"
	case e.port < 0 || e.port > 65535:
		return fmt.Sprintf("its port %d is none", e.port)
	case e.host() == "":
		return "it has no address"
	}
	if why := badAddress(e.host()); why != "" {
		return fmt.Sprintf("its address %q %s", e.host(), why)
	}
	return ""
}

func (e *entry) host() string { return cmp.Or(e.address, e.nodeAddress) }

func (e *entry) weights() (passing, warning int) {
	if e.passing == 0 && e.warning == 0 { // agents before 1.2.3 send none
		return 1, 1
	}
	return bound(e.passing), bound(e.warning)
}

// instance maps the entry. Of an unknown status the caller decides.
func (e *entry) instance() Instance {
	passing, warning := e.weights()
	return Instance{Identity: e.Identity, Host: e.host(), Port: e.port, Passing: passing, Warning: warning, Status: e.status}
}

// is reports whether i, an instance of the same identity, came from an entry that said
// the same.
func (e *entry) is(i *Instance) bool {
	passing, warning := e.weights()
	return i.Host == e.host() && i.Port == e.port && i.Passing == passing && i.Warning == warning && i.Status == e.status && e.kind == ""
}

// maxWeight is Consul's own bound. What is outside its bounds can't come from
// an agent, and mustn't upset a sum of weights.
const maxWeight = math.MaxUint16

func bound(weight int) int {
	if weight < 0 { // 0 would take the instance out
		return 1
	}
	return min(weight, maxWeight)
}

// about reports whether the entries may be of that service: what has no name may be of any.
func about(service string, entries []entry) bool {
	for i := range entries {
		if name := entries[i].name; name != service && name != "" && !strings.EqualFold(name, service) {
			return false
		}
	}
	return true
}
