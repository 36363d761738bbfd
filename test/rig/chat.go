package rig

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"
)

// A Chat is a long-lived connection that talks all the time, and checks every answer.
type Chat struct {
	Client string // its local address, as weir logs it
	Lines  int    // answered; this and Err may be read once Stop has returned
	Err    error  // that ended it, nil if it went on until Stop

	conn  net.Conn
	ended chan struct{} // closed when it stopped talking
	quit  chan struct{} // closed to make it stop
}

// Chats are open together.
type Chats []*Chat

// StartChats opens enough connections for every backend to have some. They last until Stop or the
// test's end.
func StartChats(t testing.TB, addr string) Chats {
	t.Helper()
	var all Chats
	for range 20 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c := &Chat{conn: conn, ended: make(chan struct{}), quit: make(chan struct{}), Client: conn.LocalAddr().String()}
		t.Cleanup(func() { conn.Close(); <-c.ended })
		fmt.Fprint(conn, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
		go c.talk()
		all = append(all, c)
	}
	return all
}

func (c *Chat) talk() {
	defer close(c.ended)
	in := bufio.NewReader(c.conn)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; ; c.Lines++ {
		if _, c.Err = fmt.Fprintf(c.conn, "line %d\n", c.Lines); c.Err != nil {
			return
		}
		var got string
		if got, c.Err = in.ReadString('\n'); c.Err != nil {
			return
		}
		if want := fmt.Sprintf("LINE %d\n", c.Lines); got != want {
			c.Err = fmt.Errorf("got %q, want %q", got, want)
			return
		}
		select {
		case <-c.quit:
			return
		case <-tick.C:
		}
	}
}

// Stop ends them all, once. One that gets no answer for long ends with an error.
func (all Chats) Stop() {
	for _, c := range all {
		close(c.quit)
		c.conn.SetDeadline(time.Now().Add(Patience))
	}
	for _, c := range all {
		<-c.ended
		c.conn.Close()
	}
}
