package config

import "testing"

// TestEffective shows that limits and times which can just be reached bring no
// warning, nor does the default of half_close_timeout. Golden files hold the others.
func TestEffective(t *testing.T) {
	conf := valid(t, "testdata/valid/effective.hcl", noEnv)
	if got, want := conf.Listeners[0].MaxConnections, conf.Process.MaxConnections; got != want {
		t.Errorf("max_connections %d, want %d", got, want)
	}
}
