package session

import "errors"

// ErrHandedOver is the cause with which a listener's context ends when another process, or
// another listener of this one, has its socket and serves the queue from now on.
var ErrHandedOver = errors.New("listening socket handed over")
