package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// roleEnv makes the test binary, run once more, a next generation: it says what that does.
const roleEnv = "WEIR_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

func play(role string) int {
	time.AfterFunc(time.Minute, func() { os.Exit(99) }) // whatever becomes of the test
	p, err := Inherited()
	if err != nil || p == nil {
		fmt.Fprintln(os.Stderr, "inherited:", p, err)
		return 1
	}
	if again, err := Inherited(); again != nil || err != nil {
		p.Fail(errors.New("inherited twice"))
		return 1
	}
	switch role {
	case "fail":
		p.Fail(errors.New("no luck"))
		return 3
	case "fall silent":
		fmt.Fprintln(os.Stderr, "hm")
		select {}
	}
	listener, err := net.FileListener(os.NewFile(uintptr(p.Sockets()[0].FD), "socket"))
	if err != nil {
		p.Fail(err)
		return 1
	}
	fmt.Fprintln(os.Stderr, "getting ready")
	elders, err := p.Ready(context.Background())
	if err != nil && !errors.Is(err, ErrOrphan) {
		return 1
	}
	if role == "serve, but say nothing" {
		os.Exit(5)
	}
	fmt.Fprintln(os.Stderr, "on its own")
	elders.Serving()
	conn, err := listener.Accept() // the first client asks it to go on
	if err != nil {
		return 1
	}
	fmt.Fprintf(conn, "%d child of %d\n", os.Getpid(), os.Getppid())
	conn.Read(make([]byte, 1))
	switch role {
	case "serve":
		elders.Stop(1500 * time.Millisecond)
		if err := elders.Drained(context.Background()); err != nil {
			return 1
		}
		elders.Ended(7)
		return 7
	case "serve and crash":
		return 6
	}
	return 0
}
