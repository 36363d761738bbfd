package goroutine

// A reset is noticed by whoever waits on that socket. When nobody reads src, because
// it has ended or because dst takes nothing, its flow looks after it here.

// watch waits, when src has ended, until it is lost or the session is closed.
func (f *flow) watch() {
	if f.srcRaw.Read(f.isLost) == nil {
		f.pair.abort(f.pair.lost(f.src))
	}
}

// look is isLost for when nothing on src is waited for. It also notes that its end
// has come.
func (f *flow) look() (lost bool) {
	var ended bool
	f.srcRaw.Control(func(fd uintptr) {
		lost = f.isLost(fd)
		_, _, ended = condition(fd)
	})
	if ended {
		f.end()
	}
	return lost
}

// end notes that src's end has come, once.
func (f *flow) end() {
	if !f.ended {
		f.ended = true
		f.pair.halved()
	}
}

// isLost reports whether src is there no more, ended or not. A socket that is closed
// on both sides is so in peace if the other flow has ended and passed that on; a unix
// socket is when its peer has closed it, which is an end like another.
func (f *flow) isLost(fd uintptr) bool {
	failed, closed, _ := condition(fd)
	return failed || closed && f.pair.running.Load() == 2 && !f.pair.isUnix(f.src)
}
