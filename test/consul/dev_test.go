package consul

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/consul/api"
)

// instance is what a test wants to see of one entry of a health answer.
type instance struct {
	ID, Address      string
	Port             int
	Tags             string
	Passing, Warning int
	Status           string
}

// awaitInstances waits until the service has exactly these instances, as the agent sees it.
func awaitInstances(t *testing.T, a *Agent, service string, want ...instance) {
	t.Helper()
	a.Await(t, "wanted instances of "+service, func(ctx context.Context) error {
		query := (&api.QueryOptions{}).WithContext(ctx)
		entries, _, err := a.API().Health().Service(service, "", false, query)
		if err != nil {
			return err
		}
		var got []instance
		for _, e := range entries {
			got = append(got, instance{
				ID: e.Service.ID, Address: e.Service.Address, Port: e.Service.Port, Tags: fmt.Sprint(e.Service.Tags),
				Passing: e.Service.Weights.Passing, Warning: e.Service.Weights.Warning,
				Status: e.Checks.AggregatedStatus(),
			})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("-want +got\n%s", diff)
		}
		return nil
	})
}

func TestDevRegisterAndChange(t *testing.T) {
	t.Parallel()
	a := Dev(t, Options{})
	web := instance{ID: "web-1", Address: "192.0.2.7", Port: 8080, Tags: "[blue v2]", Passing: 5, Warning: 0, Status: "passing"}
	registration := Instance{
		Service: "web", ID: "web-1", Host: "192.0.2.7", Port: 8080, Tags: []string{"blue", "v2"}, Weights: Weights{5, 0}, Check: true,
	}

	a.Register(t, registration)
	awaitInstances(t, a, "web", web)

	in := func(status string) instance { web := web; web.Status = status; return web }
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"warn", func() { a.Warn(t, "web-1") }, "warning"},
		{"fail", func() { a.Fail(t, "web-1") }, "critical"},
		{"maintain", func() { a.Maintain(t, "web-1", true) }, "maintenance"},
		{"end maintenance", func() { a.Maintain(t, "web-1", false) }, "critical"},
		{"pass", func() { a.Pass(t, "web-1") }, "passing"},
		{"maintain the node", func() { a.MaintainNode(t, true) }, "maintenance"},
		{"end the node's maintenance", func() { a.MaintainNode(t, false) }, "passing"},
	} {
		t.Log(step.name)
		step.do()
		awaitInstances(t, a, "web", in(step.want))
	}

	registration.Port, registration.Weights, registration.Tags = 8081, Weights{}, nil
	a.Register(t, registration)
	awaitInstances(t, a, "web", instance{ID: "web-1", Address: "192.0.2.7", Port: 8081, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"})

	a.Deregister(t, "web-1")
	awaitInstances(t, a, "web")
}

func TestDevKilledComesBackEmptyAtTheSameAddress(t *testing.T) {
	t.Parallel()
	a := Dev(t, Options{})
	for port := range 8 { // each moves the index on
		a.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080 + port})
	}
	awaitInstances(t, a, "web", instance{ID: "web", Address: "192.0.2.7", Port: 8087, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"})
	before := index(t, a)

	a.Kill()
	if _, err := a.API().Status().Leader(); err == nil {
		t.Error("a killed agent answers")
	}
	a.Start(t)
	awaitInstances(t, a, "web")

	a.Register(t, Instance{Service: "api", Host: "192.0.2.8", Port: 9090})
	awaitInstances(t, a, "api", instance{ID: "api", Address: "192.0.2.8", Port: 9090, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"})
	if after := index(t, a); after >= before {
		t.Errorf("index before the restart %d, after it %d: want it to begin again", before, after)
	}
}

func index(t *testing.T, a *Agent) uint64 {
	t.Helper()
	_, meta, err := a.API().Catalog().Services(nil)
	if err != nil {
		t.Fatal(err)
	}
	return meta.LastIndex
}

func TestFrozenAgentIsSilent(t *testing.T) {
	t.Parallel()
	a := Dev(t, Options{})
	a.Freeze(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	query := (&api.QueryOptions{}).WithContext(ctx)
	if leader, err := a.API().Status().LeaderWithQueryOptions(query); ctx.Err() == nil {
		t.Errorf("a frozen agent answers: %q, %v", leader, err)
	}
	a.Thaw(t)
	a.Ready(t)
}

func TestDevWithACLs(t *testing.T) {
	t.Parallel()
	const token = "6f8a3f0e-4d52-4a53-9a53-2b6f0e6b1c11"
	a := Dev(t, Options{Token: token})
	a.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080})
	awaitInstances(t, a, "web", instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"})

	// The anonymous token sees an empty list, a made-up one is refused.
	entries, _, err := a.API().Health().Service("web", "", false, &api.QueryOptions{Token: "anonymous"})
	if err != nil || len(entries) != 0 {
		t.Errorf("anonymous: got %d instances and %v, want none", len(entries), err)
	}
	if _, _, err = a.API().Health().Service("web", "", false, &api.QueryOptions{Token: "no-such-token"}); err == nil {
		t.Error("a made-up token: got no error")
	}
}

func TestDevOverTLS(t *testing.T) {
	t.Parallel()
	a := Dev(t, Options{TLS: true})
	client := func(tls api.TLSConfig) *api.Client {
		t.Helper()
		config := api.DefaultNonPooledConfig()
		config.Address, config.Scheme, config.TLSConfig = a.HTTPS(), "https", tls
		c, err := api.NewClient(config)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if leader, err := client(api.TLSConfig{CAFile: a.TLS.CAFile, CertFile: a.TLS.CertFile, KeyFile: a.TLS.KeyFile}).Status().Leader(); err != nil || leader == "" {
		t.Errorf("with all files: got %q, %v; want a leader", leader, err)
	}
	if leader, err := client(api.TLSConfig{CAFile: a.TLS.CAFile}).Status().Leader(); err == nil {
		t.Errorf("without a client certificate: got %q, want an error", leader)
	}
	if leader, err := client(api.TLSConfig{CertFile: a.TLS.CertFile, KeyFile: a.TLS.KeyFile}).Status().Leader(); err == nil {
		t.Errorf("without the authority: got %q, want an error", leader)
	}
}
