package goroutine

// A reset is noticed by whoever waits on that socket. When nobody reads src, because
// it has ended or because dst takes nothing, its flow looks after it here.

// watch waits, when src has ended, until it is lost or the session is closed.
func (f *flow) watch() {
	if f.srcRaw.Read(f.isLost) == nil {
		f.pair.abort(f.pair.lost(f.src))
	}
}

// srcLost is isLost for when nothing on src is waited for.
func (f *flow) srcLost() (lost bool) {
	f.srcRaw.Control(func(fd uintptr) { lost = f.isLost(fd) })
	return lost
}

// isLost reports whether src is there no more, ended or not. A socket that is closed
// on both sides is so in peace if the other flow has ended and passed that on.
func (f *flow) isLost(fd uintptr) bool {
	failed, closed := condition(fd)
	return failed || closed && f.pair.running.Load() == 2
}
