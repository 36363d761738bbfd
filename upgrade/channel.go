package upgrade

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// sendTimeout bounds how long a generation waits for one that doesn't read.
const sendTimeout = 2 * time.Second

// A channel is one end of a control channel.
type channel struct {
	fd    int // of file, to be handed on without making it blocking, as File.Fd does
	file  *os.File
	lines *bufio.Scanner
}

// newChannel owns the descriptor from now on.
func newChannel(fd int) (*channel, error) {
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil { // so that File can wait with a deadline
		syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	c := &channel{fd: fd, file: os.NewFile(uintptr(fd), "control channel")}
	c.lines = bufio.NewScanner(c.file)
	c.lines.Buffer(nil, maxMessage)
	return c, nil
}

// send writes one message. It may be called while another goroutine receives.
func (c *channel) send(m message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode %s: %w", m.Kind, err)
	}
	c.file.SetWriteDeadline(time.Now().Add(sendTimeout))
	_, err = c.file.Write(append(line, '\n'))
	return err
}

// receive returns the next message, and io.EOF once the other side is gone. Any other error than
// ctx's says what it sent instead. After an error there are no more.
func (c *channel) receive(ctx context.Context) (message, error) {
	stop := context.AfterFunc(ctx, func() { c.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if !c.lines.Scan() {
		err := c.lines.Err()
		switch {
		case ctx.Err() != nil:
			return message{}, ctx.Err()
		case err == nil, errors.Is(err, syscall.ECONNRESET): // it ended with something unread
			return message{}, io.EOF
		case errors.Is(err, bufio.ErrTooLong):
			return message{}, fmt.Errorf("a line of more than %d bytes", maxMessage)
		}
		return message{}, err
	}
	var m message
	if err := json.Unmarshal(c.lines.Bytes(), &m); err != nil || m.Kind == "" {
		return message{}, fmt.Errorf("a line that is no message: %s", excerpt(c.lines.Bytes()))
	}
	return m, nil
}

// endWrites lets the other side see the end, while it is still listened to.
func (c *channel) endWrites() { syscall.Shutdown(c.fd, syscall.SHUT_WR) }

func (c *channel) close() { c.file.Close() }
