package procfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Footprint is what some processes hold.
type Footprint struct {
	Resident    int64 // bytes, VmRSS
	Descriptors int
}

// ReadFootprint sums over the processes.
func ReadFootprint(pids []int) (Footprint, error) {
	var sum Footprint
	for _, pid := range pids {
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		text, err := os.ReadFile(filepath.Join(dir, "status"))
		if err != nil {
			return Footprint{}, fmt.Errorf("read memory: %w", err)
		}
		resident, err := parseResident(string(text))
		if err != nil {
			return Footprint{}, fmt.Errorf("process %d: %w", pid, err)
		}
		fds, err := os.ReadDir(filepath.Join(dir, "fd"))
		if err != nil {
			return Footprint{}, fmt.Errorf("count descriptors: %w", err)
		}
		sum.Resident += resident
		sum.Descriptors += len(fds)
	}
	return sum, nil
}

func parseResident(status string) (int64, error) {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			number, unit, _ := strings.Cut(strings.TrimSpace(rest), " ")
			n, err := strconv.ParseInt(number, 10, 64)
			if err != nil || unit != "kB" {
				return 0, fmt.Errorf("VmRSS %q is no number of kB", strings.TrimSpace(rest))
			}
			return n << 10, nil
		}
	}
	return 0, fmt.Errorf("status has no VmRSS")
}
