package consul

import (
	"context"
	"testing"

	"github.com/hashicorp/consul/api"
)

// Token of Consul's ACLs, with one policy of its own.
type Token struct {
	Accessor, Secret string
	Policy           string // its ID
}

// NewToken makes a token that may do what the rules (HCL; empty: nothing) allow, and waits until
// every server that runs knows it.
func (a *Agent) NewToken(t testing.TB, rules string) Token {
	t.Helper()
	policy, _, err := a.api.ACL().PolicyCreate(&api.ACLPolicy{Name: "test-" + uuid(), Rules: rules}, nil)
	if err != nil {
		t.Fatalf("make a policy: %v", err)
	}
	made, _, err := a.api.ACL().TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: policy.ID}}}, nil)
	if err != nil {
		t.Fatalf("make a token: %v", err)
	}
	servers := []*Agent{a}
	if a.cluster != nil {
		servers = a.cluster.running(t)
	}
	for _, server := range servers {
		server.Await(t, "new token", func(ctx context.Context) error {
			query := &api.QueryOptions{Token: made.SecretID, AllowStale: true} // from this very server
			_, _, err := server.api.ACL().TokenReadSelf(query.WithContext(ctx))
			return err
		})
	}
	return Token{Accessor: made.AccessorID, Secret: made.SecretID, Policy: policy.ID}
}

// SetRules replaces what the token may do. Client agents may go by the old rules for a second.
func (a *Agent) SetRules(t testing.TB, token Token, rules string) {
	t.Helper()
	policy, _, err := a.api.ACL().PolicyRead(token.Policy, nil)
	if err != nil {
		t.Fatalf("read policy %s: %v", token.Policy, err)
	}
	policy.Rules = rules
	if _, _, err := a.api.ACL().PolicyUpdate(policy, nil); err != nil {
		t.Fatalf("change policy %s: %v", token.Policy, err)
	}
}

// DeleteToken makes the token one that Consul doesn't know. Client agents may know it for a second.
func (a *Agent) DeleteToken(t testing.TB, token Token) {
	t.Helper()
	if _, err := a.api.ACL().TokenDelete(token.Accessor, nil); err != nil {
		t.Fatalf("delete token %s: %v", token.Accessor, err)
	}
}
