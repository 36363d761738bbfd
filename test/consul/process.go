package consul

import (
	"os"
	"os/exec"
	"runtime"
)

// process is one run of an agent's binary.
type process struct {
	os     *os.Process
	exited chan struct{} // closed when the process has been waited for
}

// launch starts the binary with its output appended to log.
func launch(path string, args []string, log *os.File) (*process, error) {
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()

	p := &process{exited: make(chan struct{})}
	started := make(chan error) // unbuffered: launch always receives
	go p.supervise(cmd, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// supervise starts the process and waits for it. Both happen on one locked thread, since Linux
// kills the child when the thread that started it ends, not when the whole process does.
func (p *process) supervise(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.os = cmd.Process
	started <- nil
	_ = cmd.Wait() // killed by us nearly always: the exit status says nothing
	close(p.exited)
}

// alive reports whether the process hasn't ended yet.
func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// kill ends the process at once, even one that is stopped, and waits until it is gone.
func (p *process) kill() {
	_ = p.os.Kill() // the only error: it has ended already
	<-p.exited
}
