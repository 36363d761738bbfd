package outages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"weir/test/consul"
)

const (
	master  = "0b1ac3de-1234-4321-8765-00ff00ff00ff" // may do everything
	reading = `service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }`
	nothing = `service "other" { policy = "read" }`

	newToken = "token file changed, using the new token"
)

// rightsFaults are what happens to weir's token.
var rightsFaults = []fault{
	{
		name:  "token deleted, later replaced through the file",
		lasts: length{10 * time.Second, 2 * time.Minute},
		world: withToken,
		inject: func(s *scene) func() {
			s.agent.DeleteToken(s.t, s.token)
			return func() { s.replaceToken() }
		},
		says: []string{newToken},
	},
	{
		name:  "token narrowed to nothing, later widened",
		lasts: length{10 * time.Second, 2 * time.Minute},
		world: withToken,
		inject: func(s *scene) func() {
			s.agent.SetRules(s.t, s.token, nothing)
			return func() { s.agent.SetRules(s.t, s.token, reading) }
		},
		answers: mayRead, // an agent believes for a while what it knows of a token
	},
	{
		name:  "token replaced through the file, the old one deleted",
		world: withToken,
		inject: func(s *scene) func() {
			old := s.token
			s.replaceToken()
			s.agent.DeleteToken(s.t, old)
			return nil
		},
		says: []string{newToken},
	},
}

func withToken(t *testing.T) *world {
	c := consul.NewCluster(t, consul.ClusterOptions{Servers: 1, Clients: 1, Token: master})
	w := clusterWorld(t, c)
	w.token = w.agent.NewToken(t, reading)
	w.tokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(w.tokenFile, []byte(w.token.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.catalog = consulCatalog{agent: w.agent, more: address(w.agent.HTTP()) + fmt.Sprintf("  token_file = %q\n", w.tokenFile)}
	return w
}

// replaceToken writes a new token into the file in place.
func (s *scene) replaceToken() {
	s.t.Helper()
	s.token = s.agent.NewToken(s.t, reading)
	s.must(os.WriteFile(s.tokenFile, []byte(s.token.Secret+"\n"), 0o600))
}

// mayRead is the answer of a Consul that shows weir's token all instances.
func mayRead(ctx context.Context, s *scene) error {
	entries, _, err := s.agent.API().Health().Service("web", "", false, (&api.QueryOptions{Token: s.token.Secret}).WithContext(ctx))
	if err == nil && len(entries) < len(s.backends) {
		err = errors.New("the token sees less than all instances")
	}
	return err
}
