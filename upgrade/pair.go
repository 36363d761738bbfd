package upgrade

import (
	"os"
	"syscall"
)

// newPair makes a control channel: an end of ours, and a descriptor for a new process. Both are closed on
// exec, unless handed on.
func newPair() (ours *channel, theirs int, err error) {
	syscall.ForkLock.RLock() // no child may inherit them between socketpair and close-on-exec
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(pair[0])
		syscall.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, -1, os.NewSyscallError("socketpair", err)
	}
	ours, err = newChannel(pair[0])
	if err != nil {
		syscall.Close(pair[1])
		return nil, -1, err
	}
	return ours, pair[1], nil
}

// newPipe makes a pipe whose end to write, a descriptor for a new process, blocks as standard error does.
func newPipe() (read *os.File, write int, err error) {
	var ends [2]int
	syscall.ForkLock.RLock()
	if err = syscall.Pipe(ends[:]); err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, -1, os.NewSyscallError("pipe", err)
	}
	if err := syscall.SetNonblock(ends[0], true); err != nil { // so that closing it ends a read
		syscall.Close(ends[0])
		syscall.Close(ends[1])
		return nil, -1, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(ends[0]), "standard error of the new process"), ends[1], nil
}
