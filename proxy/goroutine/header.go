package goroutine

import (
	"syscall"

	"weir/proxy/session"
)

// header is what the backend is told before the client's first bytes; mostly nothing.
func (p *pair) header() []byte {
	version := p.service.ProxyProtocol
	if version == session.NoHeader {
		return nil
	}
	raw, err := p.client.SyscallConn()
	if err != nil {
		return nil
	}
	var local syscall.Sockaddr
	raw.Control(func(fd uintptr) { local, _ = syscall.Getsockname(int(fd)) })
	return version.Header(p.addr, addrPort(local))
}

// lead puts a header before what src has sent by now, so that one write takes both. It is
// not counted.
func (f *flow) lead(header []byte) error {
	f.buf = f.pair.relay.buffers.get()
	begin := copy(f.buf[:], header)
	f.n, f.sent = int32(begin), 0
	f.moved = -int64(begin)
	var failed error
	err := f.srcRaw.Read(func(fd uintptr) bool {
		n, err := syscall.Read(int(fd), f.buf[begin:])
		f.n += int32(max(n, 0))
		if err != nil && err != syscall.EAGAIN && err != syscall.EINTR {
			failed = err
		}
		return true // whatever there is; an end is found again
	})
	if err == nil {
		err = failed
	}
	return err
}
