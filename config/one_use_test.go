package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOneUseByLink shows that a link does not hide that weir would write over its token,
// nor a variable of the environment that names it.
func TestOneUseByLink(t *testing.T) {
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("5f1c"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("token", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	vars := env(map[string]string{"CONSUL_HTTP_TOKEN_FILE": token})
	for name, wrong := range map[string]bool{"link": true, "token": true, "snapshot": false} {
		src := source{filepath.Join(dir, "weir.hcl"), []byte(`
consul { snapshot_file = "` + name + `" }
service "web" {}
listener "web" {
  bind    = ":8080"
  service = "web"
}`)}
		conf, diags := parse([]source{src}, vars)
		got := strings.Join(strings.Fields(text(t, diags)), " ")
		if (conf == nil) != wrong || wrong && !strings.Contains(got, "would be both token_file and snapshot_file.") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
