package discovery

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/hashicorp/consul/api"
)

// An entry is the part of api.ServiceEntry that a balancer needs: decoding the
// whole costs several times as much (checks carry their output and definition).
type entry struct {
	Node struct {
		Node, Address, Datacenter string
	}
	Service struct {
		Kind, ID, Address    string
		Namespace, Partition string
		Tags                 []string
		Port                 int
		Weights              struct{ Passing, Warning int }
	}
	Checks []struct {
		CheckID, Status string
	}
}

func (e *entry) identity() Identity {
	return Identity{
		Datacenter: e.Node.Datacenter,
		Partition:  e.Service.Partition,
		Namespace:  e.Service.Namespace,
		Node:       e.Node.Node,
		Service:    e.Service.ID,
	}
}

// unusable says why the entry can't be balanced over plain TCP; "" if it can (rule 10).
func (e *entry) unusable() string {
	switch {
	case e.Service.Kind != "":
		return "it is a " + e.Service.Kind + ", not a plain service"
	case e.Service.Port == 0:
		return "it has no port"
	case e.Service.Port < 0 || e.Service.Port > 65535:
		return fmt.Sprintf("its port %d is none", e.Service.Port)
	case e.host() == "":
		return "it has no address"
	}
	if why := badAddress(e.host()); why != "" {
		return fmt.Sprintf("its address %q %s", e.host(), why)
	}
	return ""
}

func (e *entry) host() string { return cmp.Or(e.Service.Address, e.Node.Address) }

// instance maps the entry. Of an unknown status the caller decides.
func (e *entry) instance() Instance {
	passing, warning := e.Service.Weights.Passing, e.Service.Weights.Warning
	if passing == 0 && warning == 0 { // agents before 1.2.3 send no weights
		passing, warning = 1, 1
	}
	return Instance{
		Identity: e.identity(),
		Host:     e.host(),
		Port:     e.Service.Port,
		Passing:  bound(passing),
		Warning:  bound(warning),
		Status:   e.status(),
	}
}

// maxWeight is Consul's own bound. What is outside its bounds can't come from
// an agent, and mustn't upset a sum of weights.
const maxWeight = math.MaxUint16

func bound(weight int) int { return min(max(weight, 0), maxWeight) }

// status aggregates the checks of the instance and of its node: maintenance,
// then critical, unknown, warning, passing. No checks pass. Consul's api puts
// unknown first; but no other check can better a critical one.
func (e *entry) status() Status {
	worst, unknown := Passing, false
	for _, c := range e.Checks {
		if c.CheckID == api.NodeMaint || strings.HasPrefix(c.CheckID, api.ServiceMaintPrefix) {
			return Maintenance
		}
		switch c.Status {
		case api.HealthPassing:
		case api.HealthWarning:
			worst = max(worst, Warning)
		case api.HealthCritical:
			worst = Critical
		default:
			unknown = true
		}
	}
	if unknown && worst != Critical {
		return Unknown
	}
	return worst
}
