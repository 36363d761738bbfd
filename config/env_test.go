package config

import (
	"net/netip"
	"strings"
	"testing"
)

// env is an environment of the given variables and no other.
func env(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func TestEnvFunction(t *testing.T) {
	conf := valid(t, "testdata/valid/env.hcl", env(map[string]string{
		"WEIR_TEST_ADDRESS": "https://10.0.0.5:8501", "WEIR_TEST_TEAM": "stock", "WEIR_TEST_RETRIES": "7",
	}))
	if got, want := conf.Consul.Address, "https://10.0.0.5:8501"; got != want {
		t.Errorf("address %q, want that of the environment, %q", got, want)
	}
	if got, want := conf.Consul.Namespace, "stock-test"; got != want {
		t.Errorf("namespace %q, want %q: one variable, one default", got, want)
	}
	if got, want := conf.Services[0].Retries, 7; got != want {
		t.Errorf("retries %d, want %d: a number from a variable", got, want)
	}
	if got, want := conf.Listeners[0].Bind.AddrPort, netip.MustParseAddrPort("127.0.0.1:8080"); got != want {
		t.Errorf("bind %v, want %v, by default", got, want)
	}
}

// TestLoadReadsTheEnvironment shows that an empty variable is as good as none, in
// the environment that the process really has.
func TestLoadReadsTheEnvironment(t *testing.T) {
	clearConsul(t)
	t.Setenv("WEIR_TEST_PORT", "9999")
	t.Setenv("WEIR_TEST_RETRIES", "")
	t.Setenv("CONSUL_PARTITION", "east")
	conf, diags := Load("testdata/valid/env.hcl")
	if conf == nil {
		t.Fatal(text(t, diags))
	}
	if got, want := conf.Listeners[0].Bind.AddrPort.Port(), uint16(9999); got != want {
		t.Errorf("port %d, want %d", got, want)
	}
	if got, want := conf.Services[0].Retries, 3; got != want {
		t.Errorf("retries %d, want the default of an empty variable, %d", got, want)
	}
	if got, want := conf.Consul.Partition, "east"; got != want {
		t.Errorf("partition %q, want %q", got, want)
	}
}

// clearConsul empties the variables of the machine that Load looks at.
func clearConsul(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"CONSUL_HTTP_ADDR", "CONSUL_HTTP_SSL", "CONSUL_HTTP_TOKEN", "CONSUL_HTTP_TOKEN_FILE", "CONSUL_NAMESPACE", "CONSUL_PARTITION",
		"CONSUL_CACERT", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY", "CONSUL_TLS_SERVER_NAME", "CONSUL_HTTP_SSL_VERIFY",
	} {
		t.Setenv(name, "")
	}
}

// TestBadVariable shows that a mistake in the environment is reported by name.
func TestBadVariable(t *testing.T) {
	for _, test := range []struct {
		vars map[string]string
		want []string
	}{
		{map[string]string{"CONSUL_HTTP_ADDR": "consul"}, []string{"Error: Invalid CONSUL_HTTP_ADDR", `is "consul"`, `Write "consul:8500"`}},
		{map[string]string{"CONSUL_HTTP_SSL": "yes"}, []string{"Error: Invalid CONSUL_HTTP_SSL", `is "yes"`, `"true" or "false"`}},
		{map[string]string{"CONSUL_HTTP_SSL_VERIFY": "no"}, []string{"Error: Invalid CONSUL_HTTP_SSL_VERIFY", `"true" or "false"`}},
		{
			map[string]string{"CONSUL_HTTP_SSL": "true", "CONSUL_CLIENT_CERT": "env_test.go"},
			[]string{"Error: Invalid CONSUL_CLIENT_CERT", "key_file is missing"},
		},
		{
			map[string]string{"CONSUL_HTTP_TOKEN_FILE": "no-such-file"},
			[]string{"Warning: No such file", "CONSUL_HTTP_TOKEN_FILE", "no-such-file"},
		},
	} {
		conf, diags := loadWith(t, "testdata/valid/smallest.hcl", env(test.vars))
		got := strings.Join(strings.Fields(text(t, diags)), " ")
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v: %q lacks %q", test.vars, got, want)
			}
		}
		if wantConf := strings.HasPrefix(test.want[0], "Warning"); (conf != nil) != wantConf {
			t.Errorf("%v: config %v", test.vars, conf)
		}
	}
}
