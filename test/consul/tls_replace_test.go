package consul

import (
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestReplacedCertificatesAreWhatTheAgentServes(t *testing.T) {
	t.Parallel()
	c := NewCluster(t, ClusterOptions{Servers: 1, Clients: 1, TLS: true})
	client := c.Clients[0]
	old := *client.TLS
	stays := overTLS(t, client, old)
	answers(t, "over a connection that stays", stays)

	client.ReplaceTLS(t)
	if now := *client.TLS; now.CAFile == old.CAFile || now.CertFile == old.CertFile || now.KeyFile == old.KeyFile {
		t.Errorf("files before %+v, after %+v: want others", old, now)
	}
	answers(t, "with the new files", overTLS(t, client, *client.TLS))
	answers(t, "over a connection that stays", stays)
	refuses(t, "with the old files", overTLS(t, client, old))
	mixed := *client.TLS
	mixed.CertFile, mixed.KeyFile = old.CertFile, old.KeyFile
	refuses(t, "with an old client certificate", overTLS(t, client, mixed))

	client.Kill()
	client.ReplaceTLS(t)
	client.Start(t)
	answers(t, "with files replaced while it was down", overTLS(t, client, *client.TLS))
}

// overTLS is a client of the agent's HTTPS address with these files.
func overTLS(t *testing.T, a *Agent, files TLS) *api.Client {
	t.Helper()
	config := api.DefaultConfig()
	config.Address, config.Scheme = a.HTTPS(), "https"
	config.TLSConfig = api.TLSConfig{CAFile: files.CAFile, CertFile: files.CertFile, KeyFile: files.KeyFile}
	c, err := api.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(config.HttpClient.CloseIdleConnections)
	return c
}

func answers(t *testing.T, how string, c *api.Client) {
	t.Helper()
	if leader, err := c.Status().Leader(); err != nil || leader == "" {
		t.Errorf("%s: got %q, %v; want a leader", how, leader, err)
	}
}

func refuses(t *testing.T, how string, c *api.Client) {
	t.Helper()
	if leader, err := c.Status().Leader(); err == nil {
		t.Errorf("%s: got %q, want an error", how, leader)
	}
}
