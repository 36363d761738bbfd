package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"weir/test/consul"
	"weir/test/rig"
)

// A token that loses its rights makes Consul answer with an empty list and
// status 200: that takes nothing away.
func TestTokenLosesItsRights(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a poll's length: a minute")
	}
	t.Parallel() // with TestChangesUnderLoad, which takes as long
	const master = "0b1ac3de-1234-4321-8765-00ff00ff00ff"
	agent := consul.Dev(t, consul.Options{Token: master})
	acl := agent.API().ACL()
	policy, _, err := acl.PolicyCreate(&api.ACLPolicy{
		Name:  "weir",
		Rules: `service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }`,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := acl.TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: policy.ID}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	register(t, agent, rig.StartBackend(t, "a"), 1)
	w := rig.StartWeir(t, fmt.Sprintf("consul {\n  address = %q\n  token = %q\n}\nservice \"web\" {\n%s}\nlistener \"web\" {\n  bind = \"127.0.0.1:0\"\n  service = \"web\"\n}\n",
		agent.HTTP(), token.SecretID, heartbeats))
	addr := w.Address(t, "web")
	w.Eligible(t, 0, 1)

	policy.Rules = `service "other" { policy = "read" }`
	if _, _, err := acl.PolicyUpdate(policy, nil); err != nil {
		t.Fatal(err)
	}
	// Consul ends the poll only after its time, with an empty list at the same index.
	w.AwaitFor(t, 90*time.Second, 0, "the token may not see all instances, those that it no longer sees stay", nil)
	if r := rig.Get(t.Context(), addr); r.Err != nil || r.Name != "a" {
		t.Errorf("without rights: got %+v, want an answer of a", r)
	}
	if changes := len(w.Find("eligible set changed")); changes != 1 {
		t.Errorf("changes of the eligible set: got %d, want 1", changes)
	}
}
