//go:build compose

package compose

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// standInLabel marks an image of ours, so that one left by a run that broke off isn't taken for the
// official one.
const standInLabel = "weir.stand-in"

// provideStandIns makes images under the names of the official ones that docker-compose.yml and the
// Dockerfile want, for an engine that can reach no registry, and takes their tags away in the end.
// An official image that is there already is left alone.
func provideStandIns(t *testing.T) {
	t.Helper()
	for _, image := range []struct {
		file, name string // where its name is written, as what
		make       func(t *testing.T, name, version string)
	}{
		{"docker-compose.yml", `image: (hashicorp/consul:(\d[\w.]*))`, makeConsulImage},
		{"Dockerfile", `FROM (golang:(\d[\w.]*)-bookworm)`, makeGoImage},
	} {
		text, err := os.ReadFile(filepath.Join(root, image.file))
		if err != nil {
			t.Fatal(err)
		}
		match := regexp.MustCompile(image.name).FindStringSubmatch(string(text))
		if match == nil {
			t.Fatalf("%s: nothing like %q", image.file, image.name)
		}
		name, version := match[1], match[2]
		if official(name) {
			continue
		}
		t.Cleanup(func() { _ = exec.Command("docker", "rmi", name).Run() })
		image.make(t, name, version)
		t.Logf("made a stand-in for %s", name)
	}
}

// official reports whether the engine has an image of that name that isn't one of ours.
func official(name string) bool {
	label, err := exec.Command("docker", "inspect", "-f", `{{index .Config.Labels "`+standInLabel+`"}}`, name).Output()
	return err == nil && strings.TrimSpace(string(label)) == ""
}

// makeConsulImage puts the Consul that weir pins as a tool on an empty image.
func makeConsulImage(t *testing.T, name, version string) {
	t.Helper()
	pinned, err := filepath.Abs(filepath.Join(root, ".tools", "consul"))
	if err != nil {
		t.Fatal(err)
	}
	answer := command(t, time.Minute, pinned, "version", "-format=json") // `make .tools/consul` builds it
	var built struct{ Version string }
	if err := json.Unmarshal([]byte(answer), &built); err != nil {
		t.Fatal(err)
	}
	if built.Version != version {
		t.Fatalf("docker-compose.yml has Consul %s, the module tools pins %s: want the same", version, built.Version)
	}
	dir := t.TempDir()
	command(t, time.Minute, "cp", pinned, filepath.Join(dir, "consul"))
	dockerfile := "FROM scratch\nCOPY consul /bin/consul\nLABEL " + standInLabel + "=true\nENTRYPOINT [\"/bin/consul\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, 5*time.Minute, "docker", "build", "-t", name, dir)
}

// makeGoImage puts this machine's Go on a fresh Debian.
func makeGoImage(t *testing.T, name, version string) {
	t.Helper()
	if got := strings.TrimSpace(command(t, time.Minute, "go", "env", "GOVERSION")); got != "go"+version {
		t.Logf("the Dockerfile builds with Go %s, the stand-in with %s", version, got)
	}
	dir := filepath.Join(t.TempDir(), "debian")
	command(t, 10*time.Minute, "debootstrap", "--variant=minbase", "--include=ca-certificates,git", "bookworm", dir)
	goroot := strings.TrimSpace(command(t, time.Minute, "go", "env", "GOROOT"))
	command(t, time.Minute, "cp", "-a", goroot, filepath.Join(dir, "usr", "local", "go"))
	// The authorities that this machine trusts, which may have more than Debian's.
	const bundle = "/etc/ssl/certs/ca-certificates.crt"
	if _, err := os.Stat(bundle); err == nil {
		command(t, time.Minute, "cp", "-L", bundle, filepath.Join(dir, bundle))
	}
	command(t, 5*time.Minute, "sh", "-c", `tar -C "$1" -c . | docker import \
		--change "ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
		--change "ENV GOTOOLCHAIN=local" --change "LABEL $3=true" - "$2"`, "sh", dir, name, standInLabel)
}
