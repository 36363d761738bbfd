package consul

import (
	"cmp"
	"os/exec"
	"testing"

	"github.com/hashicorp/consul/api"
)

// Instance is one registration of a service with an agent.
type Instance struct {
	Service string
	ID      string // empty: the service's name
	Host    string // IP or hostname; empty: the node's address stands for it
	Port    int
	Tags    []string
	Meta    map[string]string
	Weights Weights // zero: Consul's default, 1 and 1
	Check   bool    // bears a check that passes until Pass, Warn or Fail say otherwise, over restarts too
}

// Weights by the status of an instance. Consul takes a Passing of at least 1; a Warning of 0 is
// an instance that drains while it warns.
type Weights struct {
	Passing, Warning int
}

// Register adds the instance to the agent, or replaces the one with its ID, its check included.
func (a *Agent) Register(t testing.TB, i Instance) {
	t.Helper()
	if i.Weights == (Weights{}) {
		i.Weights = Weights{1, 1}
	}
	registration := &api.AgentServiceRegistration{
		ID: i.ID, Name: i.Service, Address: i.Host, Port: i.Port, Tags: i.Tags, Meta: i.Meta,
		Weights: &api.AgentWeights{Passing: i.Weights.Passing, Warning: i.Weights.Warning},
	}
	if i.Check {
		registration.Check = &api.AgentServiceCheck{TTL: "24h", Status: api.HealthPassing} // it never lapses by itself
	}
	options := api.ServiceRegisterOpts{ReplaceExistingChecks: true}.WithContext(t.Context())
	if err := a.api.Agent().ServiceRegisterOpts(registration, options); err != nil {
		t.Fatalf("register %+v: %v", i, err)
	}
	if i.Check {
		a.Pass(t, cmp.Or(i.ID, i.Service)) // only what was reported outlives the agent's process: else the check would be critical then
	}
}

// Deregister removes the instance with that service ID from the agent.
func (a *Agent) Deregister(t testing.TB, id string) {
	t.Helper()
	if err := a.api.Agent().ServiceDeregister(id); err != nil {
		t.Fatalf("deregister %s: %v", id, err)
	}
}

// Pass lets the check of the instance with that service ID pass.
func (a *Agent) Pass(t testing.TB, id string) { t.Helper(); a.report(t, id, api.HealthPassing) }

// Warn turns the check to warning.
func (a *Agent) Warn(t testing.TB, id string) { t.Helper(); a.report(t, id, api.HealthWarning) }

// Fail turns the check to critical.
func (a *Agent) Fail(t testing.TB, id string) { t.Helper(); a.report(t, id, api.HealthCritical) }

func (a *Agent) report(t testing.TB, id, status string) {
	t.Helper()
	if err := a.api.Agent().UpdateTTL("service:"+id, "set by the test", status); err != nil {
		t.Fatalf("turn the check of %s to %s: %v", id, status, err)
	}
}

// Maintain puts the instance with that service ID in maintenance, or takes it out.
func (a *Agent) Maintain(t testing.TB, id string, on bool) {
	t.Helper()
	var err error
	if on {
		err = a.api.Agent().EnableServiceMaintenance(id, "set by the test")
	} else {
		err = a.api.Agent().DisableServiceMaintenance(id)
	}
	if err != nil {
		t.Fatalf("turn maintenance of %s to %v: %v", id, on, err)
	}
}

// MaintainNode puts the agent's whole node in maintenance, or takes it out.
func (a *Agent) MaintainNode(t testing.TB, on bool) {
	t.Helper()
	var err error
	if on {
		err = a.api.Agent().EnableNodeMaintenance("set by the test")
	} else {
		err = a.api.Agent().DisableNodeMaintenance()
	}
	if err != nil {
		t.Fatalf("turn maintenance of node %s to %v: %v", a.Name, on, err)
	}
}

// RegisterFiles registers what service-definition files hold, by Consul's own command.
func (a *Agent) RegisterFiles(t testing.TB, paths ...string) {
	t.Helper()
	args := append([]string{"services", "register", "-http-addr", a.HTTP(), "-token", a.Token}, paths...)
	if out, err := exec.CommandContext(t.Context(), a.binary, args...).CombinedOutput(); err != nil {
		t.Fatalf("consul services register %v: %v\n%s", paths, err, out)
	}
}
