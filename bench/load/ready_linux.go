package load

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// await returns once each of several connections in a row has got its echo: the
// balancer listens and knows its backends.
func await(ctx context.Context, addrs []unix.Sockaddr) error {
	for good := 0; good < 2*len(addrs)+4; {
		err := probe(addrs[good%len(addrs)])
		if err == nil {
			good++
			continue
		}
		good = 0
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the balancer: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

func probe(addr unix.Sockaddr) error {
	fd, err := dial(addr)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return exchange(fd)
}
