// Package procfs reads from /proc what the benchmark charges a process with:
// time on a CPU, memory, descriptors, and TCP segments.
package procfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU is what some processes have spent so far.
type CPU struct {
	threads map[string]time.Duration // by "pid/tid", on-CPU time by schedstat
	ticks   time.Duration            // user and system time by stat, threads that ended included
}

// tick is the unit of times in stat. It is fixed for user space, whatever the kernel's own HZ.
const tick = time.Second / 100

// ReadCPU reads the on-CPU time of every thread of the processes.
func ReadCPU(pids []int) (CPU, error) {
	c := CPU{threads: map[string]time.Duration{}}
	for _, pid := range pids {
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		text, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			return CPU{}, fmt.Errorf("read CPU time: %w", err)
		}
		s, err := parseStat(string(text))
		if err != nil {
			return CPU{}, err
		}
		c.ticks += s.cpu
		tasks, err := os.ReadDir(filepath.Join(dir, "task"))
		if err != nil {
			return CPU{}, fmt.Errorf("list threads: %w", err)
		}
		for _, task := range tasks {
			text, err := os.ReadFile(filepath.Join(dir, "task", task.Name(), "schedstat"))
			if errors.Is(err, fs.ErrNotExist) {
				continue // it ended since the listing
			}
			if err != nil {
				return CPU{}, fmt.Errorf("read CPU time: %w", err)
			}
			d, err := parseSchedstat(string(text))
			if err != nil {
				return CPU{}, err
			}
			c.threads[strconv.Itoa(pid)+"/"+task.Name()] = d
		}
	}
	return c, nil
}

// Since returns what was spent after before: by schedstat, to the nanosecond,
// over the threads that are still there; and by stat, to 10 ms, over all. The
// two differ by much only if threads have ended.
func (c CPU) Since(before CPU) (schedstat, stat time.Duration) {
	for id, d := range c.threads {
		schedstat += d - before.threads[id]
	}
	return schedstat, c.ticks - before.ticks
}

// parseSchedstat takes the first of three numbers: nanoseconds on a CPU.
func parseSchedstat(text string) (time.Duration, error) {
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("schedstat %q: %w", text, err)
	}
	return time.Duration(n), nil
}

type stat struct {
	parent int
	cpu    time.Duration
}

// parseStat takes the parent and the times of a /proc/PID/stat. The second
// field, the command, may itself hold spaces and parentheses.
func parseStat(text string) (stat, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return stat{}, fmt.Errorf("stat %q: too short", text)
	}
	var numbers [3]int64 // fields 4, 14 and 15 in proc(5), counted from 1
	for i, field := range []int{1, 11, 12} {
		n, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return stat{}, fmt.Errorf("stat %q: %w", text, err)
		}
		numbers[i] = n
	}
	return stat{int(numbers[0]), time.Duration(numbers[1]+numbers[2]) * tick}, nil
}
