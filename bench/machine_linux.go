package main

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"weir/bench/report"
)

func machine(isolated bool) report.Machine {
	m := report.Machine{
		CPU:         "unknown CPU",
		Cores:       runtime.NumCPU(),
		Go:          runtime.Version(),
		Network:     "loopback of the machine",
		Descriptors: descriptorLimit,
	}
	if isolated {
		m.Network = "loopback of a network namespace"
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	return m
}
