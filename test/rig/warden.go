package rig

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
)

// The warden is a process that outlives the test, however that ends, and then kills every weir of it:
// a generation that an upgrade has started is no child of ours, and no cleanup runs after a panic or
// go test's own timeout. Each weir and its next generations are a process group.
const wardenRole = "warden"

var warden struct {
	mu sync.Mutex // guards in
	in io.Writer
}

func startWarden() (stop func(), err error) {
	cmd := inRole(wardenRole)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that an interrupt from the terminal leaves it its work
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	warden.in = in
	return func() {
		in.Close()
		cmd.Wait()
	}, nil
}

// watch tells the warden of a group, unwatch that it is gone.
func watch(group int)   { tellWarden(group) }
func unwatch(group int) { tellWarden(-group) }

func tellWarden(n int) {
	warden.mu.Lock()
	defer warden.mu.Unlock()
	fmt.Fprintln(warden.in, n)
}

func serveWarden() (code int) {
	groups := map[int]bool{}
	for in := bufio.NewReader(os.Stdin); ; {
		var n int
		if _, err := fmt.Fscanln(in, &n); err != nil {
			break
		}
		if n > 0 {
			groups[n] = true
		} else {
			delete(groups, -n)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		syscall.Kill(-group, syscall.SIGKILL)
	}
	return 0
}
