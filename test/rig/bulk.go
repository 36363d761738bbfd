package rig

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// bulkMore is how much longer the answer to a bulk is than the question: a swap must not go unseen.
const bulkMore = 4321

// content is a reproducible one of its own for each seed.
func content(seed, size int) io.Reader {
	var key [32]byte
	copy(key[:], fmt.Sprint(seed))
	return io.LimitReader(rand.NewChaCha8(key), int64(size))
}

// digest reads to the end.
func digest(r io.Reader) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return fmt.Sprintf("%d bytes %x", n, h.Sum(nil)), err
}

// Bulk makes one new connection, sends so many bytes and ends its half; only then it gets about as
// many, after a pause in which the connection is half-closed.
func Bulk(addr string, size int, pause time.Duration) (r Result) {
	r.Began = time.Now()
	conn, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		r.Err = err
		return r
	}
	defer conn.Close()
	r.Client = conn.LocalAddr().String()
	conn.SetDeadline(time.Now().Add(Patience + pause))
	r.Name, r.Err = askBulk(conn.(*net.TCPConn), size, pause)
	return r
}

func askBulk(conn *net.TCPConn, size int, pause time.Duration) (name string, err error) {
	if _, err := fmt.Fprintf(conn, "GET /bulk?size=%d&pause=%s HTTP/1.1\r\nHost: x\r\n\r\n", size, pause); err != nil {
		return "", err
	}
	if _, err := io.Copy(conn, content(1, size)); err != nil {
		return "", err
	}
	if err := conn.CloseWrite(); err != nil {
		return "", err
	}
	in := bufio.NewReader(conn)
	if _, err := fmt.Fscanln(in, &name); err != nil {
		return "", err
	}
	got, err := digest(in)
	if err != nil {
		return "", err
	}
	if want, _ := digest(content(2, size+bulkMore)); got != want {
		return "", fmt.Errorf("got %s, want %s", got, want)
	}
	return name, nil
}

// serveBulk is the backend's side. A question that isn't whole is reset.
func serveBulk(w http.ResponseWriter, r *http.Request, name string) {
	size, _ := strconv.Atoi(r.FormValue("size"))
	pause, _ := time.ParseDuration(r.FormValue("pause"))
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	got, err := digest(rw)
	if want, _ := digest(content(1, size)); err != nil || got != want {
		conn.(*net.TCPConn).SetLinger(0)
		return
	}
	time.Sleep(pause)
	fmt.Fprintln(conn, name)
	io.Copy(conn, content(2, size+bulkMore))
}
