package procfs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Family returns a process and all that descend from it: a master and its
// workers.
func Family(pid int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	children := map[int][]int{}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // it ended since the listing
		}
		s, err := parseStat(string(text))
		if err != nil {
			return nil, err
		}
		children[s.parent] = append(children[s.parent], child)
	}
	family := []int{pid}
	for i := 0; i < len(family); i++ {
		family = append(family, children[family[i]]...)
	}
	slices.Sort(family)
	return family, nil
}
