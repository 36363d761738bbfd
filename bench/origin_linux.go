package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// origins is how many backends there are.
const origins = 4

// backends are the origins' process.
type backends struct {
	cmd    *exec.Cmd
	ports  []int
	health int // port of their heartbeats; 0: none
}

// startOrigins returns once they accept.
func (b *bench) startOrigins(w workload, counters string) (*backends, error) {
	o := &backends{}
	var list []string
	for range origins {
		port, err := b.ports.Next()
		if err != nil {
			return nil, err
		}
		o.ports = append(o.ports, port)
		list = append(list, strconv.Itoa(port))
	}
	args := []string{"origin", "--ports", strings.Join(list, ","), "--counters", counters}
	if w.banner {
		args = append(args, "--banner")
	}
	if w.heartbeats {
		port, err := b.ports.Next()
		if err != nil {
			return nil, err
		}
		o.health = port
		args = append(args, "--health", strconv.Itoa(port))
	}
	if w.flap {
		args = append(args, "--flap")
	}
	o.cmd = exec.Command(b.self, args...)
	o.cmd.Stderr = os.Stderr
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.spawner.Start(o.cmd, syscall.SIGKILL); err != nil {
		return nil, fmt.Errorf("start origins: %w", err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		o.stop()
		return nil, fmt.Errorf("start origins: %w", err)
	}
	return o, nil
}

func (o *backends) stop() {
	o.cmd.Process.Kill()
	o.cmd.Wait()
}
