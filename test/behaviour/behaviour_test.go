package behaviour

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weir/test/rig"
)

// A row is what was seen of one case.
type row struct {
	behaviour
	direct, through []string
}

func TestBehaviour(t *testing.T) {
	rows := make([]row, len(behaviours))
	t.Run("cases", func(t *testing.T) {
		for i, c := range behaviours {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				b := listen(t)
				weir := startWeir(t, b.Addr().String(), c.keys)
				rows[i] = row{c, c.play(t, b, b.Addr().String()), c.play(t, b, weir.Address(t, "web"))}
				same := slices.Equal(rows[i].direct, rows[i].through)
				if same != (c.differ == "") {
					t.Errorf("known to differ: %q\ndirect:  %q\nthrough: %q", c.differ, rows[i].direct, rows[i].through)
				}
			})
		}
	})
	if path := os.Getenv("WEIR_BEHAVIOUR_REPORT"); path != "" && !t.Failed() {
		if err := os.WriteFile(path, []byte(report(rows)), 0o644); err != nil {
			t.Error(err)
		}
	}
}

func startWeir(t *testing.T, backend, keys string) *rig.Weir {
	t.Helper()
	host, port, _ := strings.Cut(backend, ":")
	dir := t.TempDir()
	text := fmt.Sprintf("service {\n  name = \"web\"\n  address = %q\n  port = %s\n}\n", host, port)
	if err := os.WriteFile(filepath.Join(dir, "web.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := rig.StartWeir(t, fmt.Sprintf(`
files {
  dir = %q
}
service "web" {}
listener "web" {
  bind    = "127.0.0.1:0"
  service = "web"
  %s
}
`, dir, keys))
	w.Eligible(t, 0, 1)
	return w
}

// report is docs/tcp.md.
func report(rows []row) string {
	var b strings.Builder
	b.WriteString(`# A connection through weir, and a direct one

Written by ` + "`make behaviour`" + `: each case was played on a direct connection and on one through weir,
and what both sides saw was compared. Nothing differs but what the last column says.

| case | seen, direct and through weir | differs |
|---|---|---|
`)
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.name, strings.Join(r.direct, "; "), differs(r))
	}
	return b.String()
}

func differs(r row) string {
	if r.differ == "" {
		return ""
	}
	var only []string
	for _, seen := range r.through {
		if !slices.Contains(r.direct, seen) {
			only = append(only, seen)
		}
	}
	return fmt.Sprintf("through weir: %s (%s)", strings.Join(only, "; "), r.differ)
}
