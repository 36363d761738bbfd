package consul

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestTokenMayDoWhatItsRulesSay(t *testing.T) {
	t.Parallel()
	c := NewCluster(t, ClusterOptions{Servers: 3, Clients: 1, Token: "6f8a3f0e-4d52-4a53-9a53-2b6f0e6b1c11"})
	client := c.Clients[0]
	client.Register(t, Instance{Service: "web", Host: "192.0.2.7", Port: 8080})
	awaitInstances(t, client, "web", instance{ID: "web", Address: "192.0.2.7", Port: 8080, Tags: "[]", Passing: 1, Warning: 1, Status: "passing"})

	// As many instances as wanted, or with -1 a refusal.
	await := func(what, token string, want int) {
		t.Helper()
		client.Await(t, what, func(ctx context.Context) error {
			entries, _, err := client.API().Health().Service("web", "", false, (&api.QueryOptions{Token: token}).WithContext(ctx))
			if status, ok := errors.AsType[api.StatusError](err); ok && status.Code == 403 && want == -1 {
				return nil
			}
			if err != nil || len(entries) != want {
				return fmt.Errorf("got %d instances and %v", len(entries), err)
			}
			return nil
		})
	}
	await("empty list for the anonymous token", "anonymous", 0)
	token := client.NewToken(t, `service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }`)
	if entries, _, err := client.API().Health().Service("web", "", false, &api.QueryOptions{Token: token.Secret}); err != nil || len(entries) != 1 {
		t.Errorf("with a new token: got %d instances and %v, want one at once", len(entries), err)
	}
	client.SetRules(t, token, "")
	await("empty list for a token that may do nothing", token.Secret, 0)
	client.SetRules(t, token, `service "web" { policy = "read" } node_prefix "" { policy = "read" }`)
	await("instance for a token with rules again", token.Secret, 1)
	client.DeleteToken(t, token)
	await("refusal of a deleted token", token.Secret, -1)
}
