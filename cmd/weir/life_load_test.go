package main

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Clients that come while one generation follows another are all served.
func TestUpgradesUnderLoad(t *testing.T) {
	l := newLifeRig(t)
	l.start()
	stop := make(chan struct{})
	var clients sync.WaitGroup
	var mu sync.Mutex // guards following
	served := 0
	var failures []error
	for range 8 {
		clients.Go(func() {
			pace := time.NewTicker(20 * time.Millisecond)
			defer pace.Stop()
			for {
				select {
				case <-pace.C:
				case <-stop:
					return
				}
				err := converseOnce(l.addr)
				mu.Lock()
				served++
				if err != nil {
					failures = append(failures, err)
				}
				mu.Unlock()
			}
		})
	}
	kept := []*lifeTalk{l.talk()}
	for i := range 10 {
		if i%3 == 2 {
			l.script("exit 1\n")
			if _, _, code := l.command("upgrade"); code != exitRuntime {
				t.Errorf("broken upgrade: got code %d", code)
			}
			l.link()
			continue
		}
		l.upgrade()
		kept = append(kept, l.talk())
	}
	close(stop)
	clients.Wait()
	if failures != nil || served < 100 {
		t.Errorf("%d connections, %d failed: %v", served, len(failures), failures)
	}
	for _, k := range kept {
		k.say()
		k.conn.(*net.TCPConn).CloseWrite()
	}
	eventually(t, "the older ones to end", func() bool { return len(l.generations()) == 1 })
}
