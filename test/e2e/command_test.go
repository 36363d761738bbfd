package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/test/rig"
)

// What a user types, what comes back, and the exit code: 0 fine, 1 failed, 2
// asked wrongly.
func TestCommands(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken := ln.Addr().String()
	good := write("config.hcl", `
service "web" {}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "web"
}
`)
	bad := write("bad.hcl", `
service "web" {
  retrys = 3
}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "wbe"
}
`)
	busy := write("busy.hcl", strings.Replace(`
service "web" {}
listener "front" {
  bind    = "ADDR"
  service = "web"
}
`, "ADDR", taken, 1))

	if err := os.Mkdir(filepath.Join(dir, "services.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("services.d/web.hcl", "service {\n  name = \"web\"\n  port = \"80\"\n}\n")
	files := write("files.hcl", `
files {
  dir = "services.d"
}
service "web" {}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "web"
}
`)

	for _, c := range []struct {
		name   string
		args   []string
		code   int
		stdout []string // parts of it
		stderr []string
	}{
		{"check", []string{"check", "--config", good}, 0, []string{"config.hcl: ok\n", "1 listener", "web"}, nil},
		{"check of a bad file", []string{"check", "--config", bad}, 2, nil, []string{"bad.hcl line 3", "bad.hcl line 7", `Did you mean "retries"?`, `Did you mean "web"?`}},
		{"check of a bad service file", []string{"check", "--config", files}, 2, nil, []string{"web.hcl:3:10", "port must be a whole number", "1 of 1 definition files are bad"}},
		{"run of a bad file", []string{"run", "--config", bad}, 2, nil, []string{"bad.hcl line 3", "bad.hcl line 7"}},
		{"check of no file", []string{"check", "--config", filepath.Join(dir, "none.hcl")}, 2, nil, []string{"none.hcl"}},
		{"address in use", []string{"run", "--config", busy}, 1, nil, []string{`listener "front"`, taken, "address already in use"}},
		{"unknown command", []string{"rnu"}, 2, nil, []string{`unknown command "rnu"`, "Did you mean this?\n\trun"}},
		{"unknown flag", []string{"run", "--confg", good}, 2, nil, []string{"unknown flag: --confg", "weir run --help"}},
		{"no command", nil, 2, nil, []string{"a command is missing"}},
		{"help", []string{"--help"}, 0, []string{"run", "check", "demo", "healthcheck", "version", "completion", "Examples:"}, nil},
		{"version", []string{"version"}, 0, []string{"weir ", "go1."}, nil},
		{"completion", []string{"completion", "bash"}, 0, []string{"complete"}, nil},
		{"healthcheck up", []string{"healthcheck", taken}, 0, nil, nil},
		{"healthcheck down", []string{"healthcheck", rig.FreeAddress(t)}, 1, nil, []string{"connection refused"}},
		{"healthcheck nonsense", []string{"healthcheck", "nonsense"}, 2, nil, []string{"HOST:PORT"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := rig.Command(t, c.args...)
			if code != c.code {
				t.Errorf("exit code: got %d, want %d", code, c.code)
			}
			for _, part := range c.stdout {
				if !strings.Contains(stdout, part) {
					t.Errorf("standard output: want %q in\n%s", part, stdout)
				}
			}
			for _, part := range c.stderr {
				if !strings.Contains(stderr, part) {
					t.Errorf("standard error: want %q in\n%s", part, stderr)
				}
			}
		})
	}
}
