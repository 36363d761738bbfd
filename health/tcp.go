package health

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// TCP is the heartbeat for backends that speak anything: who accepts a connection is good.
type TCP struct {
	Header []byte // sent before hanging up, as by LocalHeader; mostly nothing
}

var _ Probe = TCP{}

// Probe connects and hangs up.
func (p TCP) Probe(ctx context.Context, addr netip.AddrPort) error {
	conn, hangUp, err := dial(ctx, addr)
	if err != nil {
		return explain(err)
	}
	defer hangUp()
	if len(p.Header) == 0 {
		return nil
	}
	if _, err := conn.Write(p.Header); err != nil {
		return explain(err)
	}
	return nil
}

// dial connects to addr. Until hangUp is called, the end of ctx makes every read and write on the connection fail.
func dial(ctx context.Context, addr netip.AddrPort) (conn net.Conn, hangUp func(), err error) {
	// Not DialTCP: given no local address, that one binds to 0.0.0.0:0, and each local port then serves one destination
	// at a time instead of all of them.
	dialer := net.Dialer{KeepAlive: -1}
	conn, err = dialer.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil, nil, err
	}
	interrupted := make(chan struct{}) // closed when the deadline is set
	stop := context.AfterFunc(ctx, func() {
		conn.SetDeadline(time.Unix(1, 0))
		close(interrupted)
	})
	return conn, func() {
		if !stop() {
			<-interrupted
		}
		conn.Close()
	}, nil
}
