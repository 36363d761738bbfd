package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// programPath is where this program was started from, absolute: the path by which it was called, as a
// link may point to a newer one in time, or else what the system knows.
func programPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	called, err := exec.LookPath(os.Args[0])
	if err != nil {
		return self, nil
	}
	called, err = filepath.Abs(called)
	if err != nil || !sameFile(called, self) {
		return self, nil
	}
	return called, nil
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
