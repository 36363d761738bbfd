//go:build !linux

package proxy

import "errors"

const childVariable = "WEIR_PROXY_CHILD"

func child(string) error { return errors.ErrUnsupported }
