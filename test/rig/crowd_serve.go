package rig

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// The environment of a crowd's process: where its clients connect to, from which address, how many
// they are, and within which time, in nanoseconds.
const (
	crowdRole = "crowd"
	crowdEnv  = "WEIR_RIG_CROWD"
)

// A census is a Census that goes on.
type census struct {
	mu    sync.Mutex // guards following
	count Census
	free  []net.Conn // answered and not told to leave
}

func (c *census) note(change func(*Census)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.count)
}

// serveCrowd is the whole life of a crowd's process: until its standard input ends.
func serveCrowd() (code int) {
	var addr, from string
	var clients int
	var within time.Duration
	if _, err := fmt.Sscan(os.Getenv(crowdEnv), &addr, &from, &clients, &within); err != nil {
		fmt.Fprintln(os.Stderr, crowdEnv, err)
		return 1
	}
	c := &census{count: Census{Clients: clients, Failed: Failures{}, Backends: map[string]int{}, Lost: Failures{}}}
	go func() {
		for i := range clients {
			go c.client(addr, from, i)
			time.Sleep(within / time.Duration(clients))
		}
	}()
	go func() {
		for out := json.NewEncoder(os.Stdout); ; time.Sleep(200 * time.Millisecond) {
			c.note(func(count *Census) { out.Encode(count) })
		}
	}()
	for in := bufio.NewReader(os.Stdin); ; {
		var n int
		if _, err := fmt.Fscanln(in, &n); err != nil {
			return 0
		}
		c.leave(n)
	}
}

func (c *census) leave(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = min(n, len(c.free))
	c.count.Left += n
	for _, conn := range c.free[:n] {
		conn.Close()
	}
	c.free = c.free[n:]
}

// client waits for as long as it takes to be answered, and then says something every few seconds.
func (c *census) client(addr, from string, i int) {
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: Patience}).Dial("tcp", addr)
	if err != nil {
		c.note(func(count *Census) { count.Failed[Kind(err)]++ })
		return
	}
	defer conn.Close()
	c.note(func(count *Census) { count.Connected++ })
	answered := false
	var name string
	err = talk(conn, func(who string) {
		answered, name = true, who
		c.note(func(count *Census) {
			count.Answered++
			count.Backends[name]++
			c.free = append(c.free, conn)
		})
	})
	c.note(func(count *Census) {
		told := answered
		for _, free := range c.free {
			told = told && free != conn
		}
		switch {
		case told:
		case answered:
			count.Lost[name]++
		default:
			count.Failed[Kind(err)]++
		}
	})
}

// talk goes on until an error, and says who answers once it knows.
func talk(conn net.Conn, answered func(name string)) error {
	const pace = 5 * time.Second
	if _, err := fmt.Fprint(conn, "GET /talk HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	in := bufio.NewReaderSize(conn, 64)
	name, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	answered(strings.TrimSpace(name))
	for i := 0; ; i++ {
		if _, err := fmt.Fprintf(conn, "line %d\n", i); err != nil {
			return err
		}
		got, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if want := fmt.Sprintf("LINE %d\n", i); got != want {
			return fmt.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(pace)
	}
}
