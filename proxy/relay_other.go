//go:build !linux || !(amd64 || arm64)

package proxy

import "errors"

const best = Goroutines

func newEventLoop() (relay, error) {
	return nil, errors.New("the event loop is for Linux on amd64 and arm64 only")
}
