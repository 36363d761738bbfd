package discovery

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
)

func instanceAt(id, host string, port, passing, warning int) Instance {
	return Instance{Identity: Identity{Service: id}, Host: host, Port: port, Passing: passing, Warning: warning, Status: Passing}
}

// Each name stands for an HCL and a JSON file that mean the same.
func TestGoodDefinitions(t *testing.T) {
	for name, want := range map[string][]definition{
		"block": {{
			service:  "web",
			instance: instanceAt("web-1", "10.0.0.7", 8081, 5, 2),
			tags:     []string{"blue", "v2"},
			meta:     map[string]string{"zone": "a"},
		}},
		"attribute": {{
			service:  "db",
			instance: instanceAt("db", "127.0.0.1", 5432, 7, 1),
			meta:     map[string]string{"zone": "b", "lb-weight": "4"},
		}},
		"blocks": {
			{service: "api", instance: instanceAt("api-1", "::1", 9001, 1, 1)},
			{service: "api", instance: instanceAt("api-2", "api-2.internal", 9002, 1, 0)},
		},
		"list": {
			{service: "mail", instance: instanceAt("mail-1", "127.0.0.1", 2501, 1, 1), tags: []string{"mx"}},
			{service: "mail", instance: instanceAt("mail-2", "127.0.0.1", 2502, 1, 1)},
			{service: "spool", instance: instanceAt("spool", "127.0.0.1", 2600, 1, 1)},
		},
		"case": {{
			service:  "cache",
			instance: instanceAt("cache-1", "127.0.0.1", 11211, 3, 1),
			tags:     []string{"ram"},
		}},
		"others": {
			{service: "shop", instance: instanceAt("shop", "127.0.0.1", 8088, 1, 1)},
			{
				service:  "shop-sidecar",
				instance: instanceAt("shop-sidecar", "127.0.0.1", 20000, 1, 1),
				skip:     "it is a connect-proxy, not a plain service",
			},
			{service: "portless", instance: instanceAt("portless", "127.0.0.1", 0, 1, 1), skip: "it has no port"},
		},
	} {
		for _, ext := range []string{".hcl", ".json"} {
			t.Run(name+ext, func(t *testing.T) {
				path := filepath.Join("testdata", "definitions", "good", name+ext)
				src, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				got, problems := parseDefinitions(path, src)
				if len(problems) > 0 {
					t.Fatalf("got problems %v, want none", problems)
				}
				opts := cmp.Options{cmp.AllowUnexported(definition{}), cmpopts.IgnoreTypes(hcl.Range{})}
				if diff := cmp.Diff(want, got, opts); diff != "" {
					t.Errorf("definitions (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestGoodDefinitionsAreAllListed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "definitions", "good", "*"))
	if err != nil || len(files) != 12 {
		t.Errorf("got %d files (%v), want the 12 of the table", len(files), err)
	}
}

// One file per kind of mistake; beside it stands what the log says of it.
func TestBadDefinitions(t *testing.T) {
	goldens, err := filepath.Glob(filepath.Join("testdata", "definitions", "bad", "*.golden"))
	if err != nil || len(goldens) == 0 {
		t.Fatalf("got %d golden files, %v", len(goldens), err)
	}
	for _, golden := range goldens {
		path := strings.TrimSuffix(golden, ".golden")
		t.Run(filepath.Base(path), func(t *testing.T) {
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, problems := parseDefinitions(filepath.Base(path), src)
			var got strings.Builder
			for _, p := range problems {
				fmt.Fprintln(&got, p)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// HCL's parsers recurse: without a bound, some of these would end the process.
func TestBottomlessDefinitions(t *testing.T) {
	const n = 20_000
	for name, tt := range map[string]struct{ file, unit, want string }{
		"json lists":      {"x.json", "[", "x.json:1:65: nested more than 64 deep"},
		"json objects":    {"x.json", `{"a":`, "x.json:1:321: nested more than 64 deep"},
		"hcl lists":       {"x.hcl", "x=[", "x.hcl:1:195: nested more than 64 deep"},
		"hcl blocks":      {"x.hcl", "a {\n", "x.hcl:65:3: nested more than 64 deep"},
		"hcl templates":   {"x.hcl", `x="${`, `x.hcl:1:4: only plain values are allowed here, no ${...}`},
		"hcl negations":   {"x.hcl", "x=!", `x.hcl:1:3: only plain values are allowed here, no "!"`},
		"hcl conditions":  {"x.hcl", "x=a?", `x.hcl:1:4: only plain values are allowed here, no "?"`},
		"hcl indices":     {"x.hcl", `x=""[x]`, "x.hcl:1:5: only plain values are allowed here, no index"},
		"hcl parentheses": {"x.hcl", "x=(", `x.hcl:1:3: only plain values are allowed here, no "("`},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := parseDefinitions(tt.file, []byte(strings.Repeat(tt.unit, n)))
			if len(problems) != 1 || problems[0].String() != tt.want {
				t.Errorf("got %v, want only %q", problems, tt.want)
			}
		})
	}
}

func FuzzDefinitions(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		files, _ := filepath.Glob(filepath.Join("testdata", "definitions", dir, "*"))
		for _, path := range files {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src, strings.HasSuffix(path, ".json"))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, asJSON bool) {
		path := "x.hcl"
		if asJSON {
			path = "x.json"
		}
		defs, problems := parseDefinitions(path, src)
		for _, p := range problems {
			if p.at.Filename != path || p.at.Start.Line < 1 || p.at.Start.Column < 1 || p.reason == "" || strings.Contains(p.reason, "\n") {
				t.Errorf("got a problem %q without a place, or not on one line", p)
			}
		}
		if len(problems) > 0 {
			return
		}
		ids := map[string]bool{}
		for _, def := range defs {
			in := def.instance
			switch {
			case def.service == "" || in.Service == "" || in.Host == "":
				t.Errorf("got %+v without name, id or host", def)
			case ids[in.Service]:
				t.Errorf("got id %q twice", in.Service)
			case in.Port < 0 || in.Port > 65535 || in.Port == 0 && def.skip == "":
				t.Errorf("got port %d", in.Port)
			case min(in.Passing, in.Warning) < 0 || max(in.Passing, in.Warning) > 65535:
				t.Errorf("got weights %d, %d", in.Passing, in.Warning)
			case def.at.Filename != path || def.at.Start.Line < 1:
				t.Errorf("got place %q", place(def.at))
			}
			ids[in.Service] = true
		}
	})
}
