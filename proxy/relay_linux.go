//go:build amd64 || arm64

package proxy

import "weir/proxy/loop"

const best = EventLoop

func newEventLoop() (relay, error) { return loop.New(), nil }
