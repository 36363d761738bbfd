package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// Nginx is found in PATH.
func Nginx() Peer {
	return Peer{
		Name:    "nginx",
		Binary:  "nginx",
		Package: "Debian: nginx and libnginx-mod-stream",
		Files:   map[string]string{"nginx.conf": "nginx.conf"},
		Args:    func(s Site) []string { return []string{"-p", s.Dir, "-e", "stderr", "-c", at(s, "nginx.conf")} },
		Check: func(s Site) []string {
			return []string{"-t", "-q", "-p", s.Dir, "-e", "stderr", "-c", at(s, "nginx.conf")}
		},
		Version: []string{"-v"},
		OnDeath: syscall.SIGTERM, // the master takes its workers along
		Prepare: findStream,
	}
}

var modulesPath = regexp.MustCompile(`--modules-path=(\S+)`)

// findStream looks where a stream module that isn't built in lies.
func findStream(binary string, s *Site) error {
	out, err := exec.Command(binary, "-V").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s -V: %w", binary, err)
	}
	dynamic := strings.Contains(string(out), "--with-stream=dynamic")
	if !dynamic {
		return nil
	}
	dir := "/usr/lib/nginx/modules"
	if m := modulesPath.FindSubmatch(out); m != nil {
		dir = string(m[1])
	}
	s.Module = filepath.Join(dir, "ngx_stream_module.so")
	if _, err := os.Stat(s.Module); err != nil {
		return fmt.Errorf("nginx has no stream module: %w", err)
	}
	return nil
}
