package origin

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
)

// Steady is how many instances never flap: those at 127.0.0.1 and the next.
const Steady = 2

// ServeHealth answers heartbeats on every address of loopback. With flap, all
// instances but the steady ones say by turns that they are well and that they
// are not, so that every heartbeat of theirs is a change.
func ServeHealth(port int, flap bool) error {
	var asked [256]atomic.Uint64 // by the last byte of the instance's address
	return http.ListenAndServe(net.JoinHostPort("", strconv.Itoa(port)), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr, err := netip.ParseAddrPort(r.Host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		last := addr.Addr().As4()[3]
		if n := asked[last].Add(1); flap && last > Steady && n%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
}
