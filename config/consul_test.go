package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestConsulVariables holds the consul block that results against what the file
// and the environment say.
func TestConsulVariables(t *testing.T) {
	const secure = "https://127.0.0.1:8501"
	type vars = map[string]string
	tests := []struct {
		name string
		file string // the inside of the consul block; "-" leaves the block out
		env  vars
		want Consul
	}{
		{"nothing", "-", nil, Consul{Address: "http://127.0.0.1:8500"}},
		{"address", "-", vars{"CONSUL_HTTP_ADDR": "10.0.0.5:8500"}, Consul{Address: "http://10.0.0.5:8500"}},
		{"address in both", `address = "10.0.0.6:8500"`, vars{"CONSUL_HTTP_ADDR": "10.0.0.5:8500"}, Consul{Address: "http://10.0.0.6:8500"}},
		{"empty in the file", `address = ""`, vars{"CONSUL_HTTP_ADDR": "10.0.0.5:8500"}, Consul{Address: "http://10.0.0.5:8500"}},
		{"socket", "", vars{"CONSUL_HTTP_ADDR": "unix:///run/consul.sock"}, Consul{Address: "unix:///run/consul.sock"}},
		{"ssl for the default", "", vars{"CONSUL_HTTP_SSL": "true"}, Consul{Address: "https://127.0.0.1:8500"}},
		{"ssl for a bare address", `address = "10.0.0.6:8501"`, vars{"CONSUL_HTTP_SSL": "1"}, Consul{Address: "https://10.0.0.6:8501"}},
		{"ssl beats http of the environment", "", vars{"CONSUL_HTTP_SSL": "true", "CONSUL_HTTP_ADDR": "http://a:8501"}, Consul{Address: "https://a:8501"}},
		{"http of the file beats ssl", `address = "http://a:8500"`, vars{"CONSUL_HTTP_SSL": "true"}, Consul{Address: "http://a:8500"}},
		{"ssl off", "", vars{"CONSUL_HTTP_SSL": "false"}, Consul{Address: "http://127.0.0.1:8500"}},
		{"token", "", vars{"CONSUL_HTTP_TOKEN": "a"}, Consul{Address: "http://127.0.0.1:8500", Token: NewSecret("a")}},
		{
			"token of the file beats both", `token = "mine"`,
			vars{"CONSUL_HTTP_TOKEN": "a", "CONSUL_HTTP_TOKEN_FILE": "consul_test.go"},
			Consul{Address: "http://127.0.0.1:8500", Token: NewSecret("mine")},
		},
		{
			"token file of the environment beats its token", "",
			vars{"CONSUL_HTTP_TOKEN": "a", "CONSUL_HTTP_TOKEN_FILE": "consul_test.go"},
			Consul{Address: "http://127.0.0.1:8500", TokenFile: "consul_test.go"},
		},
		{
			"token file of the file beats both", `token_file = "warning.hcl"`,
			vars{"CONSUL_HTTP_TOKEN": "a", "CONSUL_HTTP_TOKEN_FILE": "consul_test.go"},
			Consul{Address: "http://127.0.0.1:8500", TokenFile: "testdata/warning.hcl"},
		},
		{
			"tenancy", `namespace = "shop"`, vars{"CONSUL_NAMESPACE": "a", "CONSUL_PARTITION": "b"},
			Consul{Address: "http://127.0.0.1:8500", Namespace: "shop", Partition: "b"},
		},
		{
			"tls", "",
			vars{
				"CONSUL_HTTP_ADDR": secure, "CONSUL_CACERT": "env.go", "CONSUL_CLIENT_CERT": "raw.go", "CONSUL_CLIENT_KEY": "tls.go",
				"CONSUL_TLS_SERVER_NAME": "a", "CONSUL_HTTP_SSL_VERIFY": "false",
			},
			Consul{Address: secure, TLS: TLS{CAFile: "env.go", CertFile: "raw.go", KeyFile: "tls.go", ServerName: "a", InsecureSkipVerify: true}},
		},
		{
			"tls of both", "tls {\n insecure_skip_verify = false\n ca_file = \"warning.hcl\"\n server_name = \"\"\n}",
			vars{"CONSUL_HTTP_ADDR": secure, "CONSUL_CACERT": "env.go", "CONSUL_TLS_SERVER_NAME": "a", "CONSUL_HTTP_SSL_VERIFY": "0"},
			Consul{Address: secure, TLS: TLS{CAFile: "testdata/warning.hcl", ServerName: "a"}},
		},
		{
			"tls of the environment without https", "", vars{"CONSUL_CACERT": "env.go", "CONSUL_CLIENT_CERT": "raw.go"},
			Consul{Address: "http://127.0.0.1:8500"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			block := "consul {\n" + test.file + "\n}\n"
			if test.file == "-" {
				block = ""
			}
			rest := "service \"web\" {}\nlistener \"web\" {\n bind = \":1\"\n service = \"web\"\n}\n"
			conf, diags := parse([]source{{"testdata/made.hcl", []byte(block + rest)}}, env(test.env))
			if got := text(t, diags); got != "" {
				t.Fatal(got)
			}
			test.want.SnapshotMaxAge = 24 * time.Hour // no variable is for it
			if d := cmp.Diff(&test.want, conf.Consul, cmpopts.EquateComparable(Secret{})); d != "" {
				t.Errorf("consul (-want +got):\n%s", d)
			}
		})
	}
}

// TestFilesNeedNoConsul shows that the variables are left alone where nothing
// comes from Consul.
func TestFilesNeedNoConsul(t *testing.T) {
	conf := valid(t, "testdata/valid/files.hcl", env(map[string]string{"CONSUL_HTTP_ADDR": "no address", "CONSUL_HTTP_SSL": "maybe"}))
	if conf.Consul != nil || conf.Files == nil {
		t.Errorf("consul %v, files %v; want files alone", conf.Consul, conf.Files)
	}
}
