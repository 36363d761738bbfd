package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A Predecessor is the generation that started this process, seen from it.
type Predecessor struct {
	control  *channel
	manifest manifest
}

// handshake bounds how long the manifest takes, which is there before this process asks.
const handshake = 5 * time.Second

// Inherited returns what this process was started with by the generation before it, or nil if it was
// started by anybody else. It is called once, before anything else opens descriptors or starts processes.
func Inherited() (*Predecessor, error) {
	value, found := os.LookupEnv(variable)
	os.Unsetenv(variable) // what we start is meant to take over only if we say so
	if !found {
		return nil, nil
	}
	fd, err := strconv.Atoi(value)
	if err != nil {
		return nil, fmt.Errorf("%s=%q is no descriptor: weir sets this variable itself", variable, value)
	}
	if _, err := syscall.Getsockname(fd); err != nil {
		return nil, fmt.Errorf("%s=%d is no socket: weir sets this variable itself", variable, fd)
	}
	control, err := newChannel(fd)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshake)
	defer cancel()
	m, err := control.receive(ctx)
	if err == nil && (m.Kind != kindManifest || m.Manifest == nil) {
		err = fmt.Errorf("%q came first", excerpt([]byte(m.Kind)))
	}
	if err != nil {
		control.close()
		return nil, fmt.Errorf("learn what was handed over: %w", err)
	}
	for _, fd := range m.Manifest.descriptors() {
		syscall.CloseOnExec(fd)
	}
	return &Predecessor{control: control, manifest: *m.Manifest}, nil
}

func (m *manifest) descriptors() []int {
	all := append([]int{stderrFD}, m.Elders...)
	for _, s := range m.Sockets {
		all = append(all, s.FD)
	}
	return all
}

// Sockets are the caller's from now on.
func (p *Predecessor) Sockets() []Socket { return p.manifest.Sockets }

// Within is how long after its start this process must be Ready.
func (p *Predecessor) Within() time.Duration { return p.manifest.Within }

// Fail says why this process will not be ready. It must end then.
func (p *Predecessor) Fail(why error) {
	p.control.send(message{Kind: kindFailed, Error: why.Error()})
}

// ErrOrphan says that the process before this one is gone. Nobody but this one serves.
var ErrOrphan = errors.New("the process before this one has ended")

// Ready says that this process can serve, and waits until it is to. Then it has the service, its own
// standard error, and all older generations to talk to. ErrOrphan comes with them.
func (p *Predecessor) Ready(ctx context.Context) (*Elders, error) {
	err := p.control.send(message{Kind: kindReady})
	var m message
	if err == nil {
		m, err = p.control.receive(ctx)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && m.Kind != kindServe {
		return nil, fmt.Errorf("the process before this one said %q, where only %q would do", excerpt([]byte(m.Kind)), kindServe)
	}
	orphan := err != nil
	if err := redirect(stderrFD, 2); err != nil {
		return nil, fmt.Errorf("take over standard error: %w", err)
	}
	elders := &Elders{}
	for _, fd := range p.manifest.Elders {
		if c, err := newChannel(fd); err == nil {
			elders.channels = append(elders.channels, c)
		}
	}
	if orphan {
		p.control.close()
		return elders, ErrOrphan
	}
	elders.channels = append(elders.channels, p.control)
	return elders, nil
}

// redirect makes a descriptor mean what another does, which is closed.
func redirect(from, to int) error {
	if err := duplicate(from, to); err != nil {
		return os.NewSyscallError("dup", err)
	}
	return syscall.Close(from)
}
