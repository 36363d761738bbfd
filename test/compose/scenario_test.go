//go:build compose

package compose

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// root of the repository: a test runs in its package's folder.
const root = "../.."

// A scenario is one project of docker-compose.yml with names and a port of its own, so that it
// meets no other.
type scenario struct {
	project string
	image   string   // tag of weir's image
	address string   // where weir listens for us
	binary  []string // Compose
	standIn bool     // images come from here instead of a registry
}

// newScenario skips the test where no Docker engine answers, and cleans up behind it.
func newScenario(t *testing.T) *scenario {
	t.Helper()
	if out, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no Docker engine answers: %v %s", err, out)
	}
	s := &scenario{
		project: fmt.Sprintf("weir-scenario-%d", os.Getpid()),
		address: freeAddress(t),
		binary:  composeBinary(t),
		standIn: os.Getenv("WEIR_STANDIN_IMAGES") != "",
	}
	s.image = s.project + ":latest"
	before := danglingImages(t)
	if s.standIn {
		provideStandIns(t)
	}
	t.Cleanup(func() {
		for image := range danglingImages(t) {
			if !before[image] { // a stage of the build
				_ = exec.Command("docker", "rmi", image).Run()
			}
		}
	})
	t.Cleanup(func() { s.down(t) })
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.compose(t, time.Minute, "logs", "--no-color", "--tail", "40"))
		}
	})
	return s
}

// up builds weir's image and starts everything.
func (s *scenario) up(t *testing.T) {
	t.Helper()
	const build = 10 * time.Minute // modules are downloaded
	if !s.standIn {
		s.compose(t, build, "up", "--build", "--detach")
		return
	}
	// Compose can't be told from outside which network a build has, and this one needs the host's.
	args := []string{"build", "--network", "host", "-t", s.image}
	for _, name := range []string{"GOPROXY", "GOFLAGS"} {
		if value := strings.TrimSpace(command(t, time.Minute, "go", "env", name)); value != "" {
			args = append(args, "--build-arg", name+"="+value)
		}
	}
	command(t, build, "docker", append(args, root)...)
	s.compose(t, 5*time.Minute, "up", "--detach")
}

// down removes all that up has made, images included.
func (s *scenario) down(t *testing.T) {
	t.Helper()
	s.compose(t, 2*time.Minute, "down", "--volumes", "--remove-orphans")
	_ = exec.Command("docker", "rmi", s.image).Run() // there is none if up broke off
}

// compose runs Compose on the scenario's project and returns what it printed on standard output.
func (s *scenario) compose(t *testing.T, limit time.Duration, args ...string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	line := append([]string{
		"env", "WEIR_IMAGE=" + s.image, "WEIR_PORT=" + port,
		s.binary[0],
	}, s.binary[1:]...)
	line = append(line, "--project-name", s.project, "--file", filepath.Join(root, "docker-compose.yml"))
	line = append(line, args...)
	return command(t, limit, line[0], line[1:]...)
}

// composeBinary is Compose v2 where the docker command has it, else docker-compose.
func composeBinary(t *testing.T) []string {
	t.Helper()
	if exec.Command("docker", "compose", "version").Run() == nil {
		return []string{"docker", "compose"}
	}
	path, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Fatal("a Docker engine answers, but there is neither `docker compose` nor docker-compose")
	}
	return []string{path}
}

// freeAddress is a loopback address nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// danglingImages are the IDs of images without a name, such as the stages of a build leave behind.
func danglingImages(t *testing.T) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for id := range strings.FieldsSeq(command(t, time.Minute, "docker", "images", "-q", "--filter", "dangling=true")) {
		ids[id] = true
	}
	return ids
}
