package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"weir/bench/peers"
)

// heartbeat is how often weir asks each instance where that is measured. Of the
// eight instances two are steady; the other six change their answer each time, so
// that about 50 changes a second are left where two fall together.
const heartbeat = 80 * time.Millisecond

// A balancer is a running peer.
type balancer struct {
	cmd  *exec.Cmd
	port int
	said *os.File // its standard output and error
}

func (b *bench) startBalancer(r rival, o *backends, dir string) (*balancer, error) {
	site := peers.Site{
		Dir:       filepath.Join(dir, r.name),
		Backends:  o.ports,
		CPUs:      runtime.NumCPU(),
		Health:    o.health,
		Heartbeat: heartbeat,
	}
	for _, port := range []*int{&site.Listen, &site.Spare} {
		var err error
		if *port, err = b.ports.Next(); err != nil {
			return nil, err
		}
	}
	if err := r.peer.Configure(r.binary, &site); err != nil {
		return nil, err
	}
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		return nil, err
	}
	args := []string{"limited", "--descriptors", strconv.Itoa(descriptorLimit), "--on-death", strconv.Itoa(int(r.peer.OnDeath)), "--", r.binary}
	args = append(args, r.peer.Args(site)...)
	cmd := exec.Command(b.self, args...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), peers.Own), r.peer.Env...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = site.Dir, said, said
	if err := b.spawner.Start(cmd, r.peer.OnDeath); err != nil {
		said.Close()
		return nil, fmt.Errorf("start %s: %w", r.name, err)
	}
	return &balancer{cmd, site.Listen, said}, nil
}

func (b *balancer) pid() int { return b.cmd.Process.Pid }

// stopPatience is how long it may take to end by itself.
const stopPatience = time.Second

// stop ends it, by a request first, and its workers, who are in its process group.
func (b *balancer) stop() {
	ended := make(chan struct{}) // closed when it has
	go func() {
		defer close(ended)
		b.cmd.Wait()
	}()
	syscall.Kill(b.pid(), syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopPatience):
	}
	syscall.Kill(-b.pid(), syscall.SIGKILL)
	<-ended
	b.said.Close()
}

// changes counts those of weir's eligible set within a window.
func (b *balancer) changes(from time.Time, window time.Duration) (int, error) {
	log, err := os.Open(b.said.Name())
	if err != nil {
		return 0, err
	}
	defer log.Close()
	return countChanges(log, from, window)
}

// lastWords is what it printed, for the case that it failed.
func (b *balancer) lastWords() string {
	text, err := os.ReadFile(b.said.Name())
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "; it said: " + strings.Join(lines[max(0, len(lines)-3):], " / ")
}
