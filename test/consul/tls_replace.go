package consul

import (
	"os"
	"path/filepath"
	"testing"
)

// ReplaceTLS makes a new authority and new certificates and points the agent to them: at once if it
// runs, as `consul reload` does, else from its start. The fields of TLS then name new files; the old
// ones stay. Connections that are open stay open under the old ones, and only new ones need the new.
func (a *Agent) ReplaceTLS(t testing.TB) {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(a.configFile), "tls-")
	if err != nil {
		t.Fatal(err)
	}
	if a.TLS, err = newTLS(dir, a.ip); err != nil {
		t.Fatalf("make certificates: %v", err)
	}
	a.writeConfig(t)
	if !a.process.alive() {
		return
	}
	if err := a.api.Agent().Reload(); err != nil {
		t.Fatalf("reload consul %s: %v", a.Name, err)
	}
}
