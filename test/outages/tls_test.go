package outages

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weir/test/consul"
)

// tlsFaults are what happens to the certificates between weir and its agent.
var tlsFaults = []fault{
	{
		name:  "certificate and authority of Consul replaced, weir's files later",
		lasts: length{5 * time.Second, time.Minute},
		world: withTLS,
		inject: func(s *scene) func() {
			s.agent.Kill() // what is open would stay so, under the old ones
			s.agent.ReplaceTLS(s.t)
			s.agent.Start(s.t)
			return func() { s.must(s.copyTLS()) }
		},
		says: []string{newFiles},
	},
	{
		name:  "certificate and authority of Consul replaced with weir's files, agent killed later",
		lasts: length{short: 3 * time.Second},
		world: withTLS,
		inject: func(s *scene) func() {
			s.agent.ReplaceTLS(s.t)
			s.must(s.copyTLS())
			return func() {
				s.agent.Kill()
				s.agent.Launch(s.t)
			}
		},
		answers: led,
		says:    []string{newFiles},
	},
}

const newFiles = "tls files changed, using the new ones"

func withTLS(t *testing.T) *world {
	c := consul.NewCluster(t, consul.ClusterOptions{Servers: 1, Clients: 1, TLS: true})
	w := clusterWorld(t, c)
	w.tlsDir = t.TempDir()
	if err := w.copyTLS(); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(w.tlsDir, name) }
	w.catalog = consulCatalog{agent: w.agent, more: fmt.Sprintf(`  address = "https://%s"
  tls {
    ca_file     = %q
    cert_file   = %q
    key_file    = %q
    server_name = %q
  }
`, w.agent.HTTPS(), in("ca.pem"), in("cert.pem"), in("key.pem"), w.agent.TLS.ServerName)}
	return w
}

// copyTLS gives weir the files that fit the agent's, one after the other, in place.
func (w *world) copyTLS() error {
	for name, from := range map[string]string{"ca.pem": w.agent.TLS.CAFile, "cert.pem": w.agent.TLS.CertFile, "key.pem": w.agent.TLS.KeyFile} {
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(w.tlsDir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
