package upgrade

import "golang.org/x/sys/unix"

// monotonicUsec is the time by the clock that systemd compares with.
func monotonicUsec() (int64, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0, err
	}
	return now.Nano() / 1000, nil
}
