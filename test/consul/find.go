package consul

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// oldestMinor is the oldest 1.x taken from PATH: the tests lean on the streaming backend and the
// defaults as they are since then.
const oldestMinor = 15

// Find returns the Consul binary that the tests run, and in words where it comes from. The first
// of these wins: the environment variable WEIR_CONSUL; a consul on PATH of version 1.15 or later;
// the one that make has built into .tools. Where there is none, the error says how to get one.
func Find() (path, from string, err error) {
	path, from, err = Installed()
	if err != nil || path != "" {
		return path, from, err
	}
	root, err := moduleRoot()
	if err != nil {
		return "", "", err
	}
	path = filepath.Join(root, ".tools", "consul")
	if _, err := os.Stat(path); err != nil {
		return "", "", fmt.Errorf("no consul of version 1.%d or later on PATH and none in .tools: "+
			"run `make test`, which builds one first (some five minutes, once), or set WEIR_CONSUL", oldestMinor)
	}
	return path, "built by make", nil
}

// Installed is Find without the binary that make builds. The path is empty where there is none.
func Installed() (path, from string, err error) {
	if given := os.Getenv("WEIR_CONSUL"); given != "" {
		path, err := exec.LookPath(given)
		if err != nil {
			return "", "", fmt.Errorf("look for WEIR_CONSUL: %w", err)
		}
		return path, "WEIR_CONSUL", nil
	}
	path, err = exec.LookPath("consul")
	if err != nil {
		return "", "", nil
	}
	answer, err := exec.Command(path, "version", "-format=json").Output()
	if err != nil {
		return "", "", nil // some other program of that name
	}
	version, recent := parseVersion(answer)
	if !recent {
		return "", "", nil
	}
	return path, "version " + version + " on PATH", nil
}

// parseVersion reads the answer of `consul version -format=json`, and reports whether that Consul
// is recent enough for the tests.
func parseVersion(answer []byte) (version string, recent bool) {
	var decoded struct{ Version string }
	if err := json.Unmarshal(answer, &decoded); err != nil {
		return "", false
	}
	numbers := strings.Split(decoded.Version, ".")
	if len(numbers) < 2 {
		return decoded.Version, false
	}
	major, errMajor := strconv.Atoi(numbers[0])
	minor, errMinor := strconv.Atoi(numbers[1])
	if errMajor != nil || errMinor != nil {
		return decoded.Version, false
	}
	return decoded.Version, major > 1 || major == 1 && minor >= oldestMinor
}

// moduleRoot is the nearest folder with a go.mod, from the working directory upwards; a test's
// working directory is its package's folder.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above " + start)
		}
	}
}
