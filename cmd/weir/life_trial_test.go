package main

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// A new process that waits for its services takes no connection: it might have to reset it, where the
// old one has a backend. That holds beyond the time after which a weir listens come what may.
func TestNobodyMeetsANewProcessOnTrial(t *testing.T) {
	t.Parallel()
	l := newLifeRig(t)
	l.env = []string{asWeir + "=4500ms"}
	l.start()
	// Its catalog is silent.
	l.script(fmt.Sprintf("sed -i 's|^files .*|consul { address = \"127.0.0.1:1\" }|' %s\nexec %s \"$@\"\n", l.file("config.hcl"), testBinary(t)))
	stop := make(chan struct{})
	var asking sync.WaitGroup
	var failures []error
	connections := 0
	asking.Go(func() {
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		for {
			select {
			case <-pace.C:
			case <-stop:
				return
			}
			connections++
			if err := converseOnce(l.addr); err != nil {
				failures = append(failures, err)
			}
		}
	})
	_, _, code := l.command("upgrade")
	close(stop)
	asking.Wait()
	if code != exitRuntime || len(l.find("taking over", nil)) != 1 {
		t.Fatalf("got code %d, want a new process that got no further than taking over", code)
	}
	if len(l.find("listening", nil)) != 1 || connections < 100 || failures != nil {
		t.Errorf("got %d connections, failed %v, and %v, want no failure, and the new process not to listen", connections, failures, l.find("listening", nil))
	}
}

// converseOnce is a connection that must get its line back.
func converseOnce(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patienceOfTests))
	fmt.Fprintln(conn, "hello")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && line != "hello\n" {
		err = fmt.Errorf("got %q", line)
	}
	return err
}
