package scripted

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// Faults of the connection.
var (
	// Reset breaks it off before anything is sent.
	Reset = Fault{Name: "reset", spoil: func(r *reply, _ *begun) {
		r.deliver = func(w http.ResponseWriter, _ *http.Request) { hijack(w).reset() }
	}}

	ResetInBody = Fault{Name: "reset mid-body", spoil: func(r *reply, _ *begun) {
		r.deliver = func(w http.ResponseWriter, _ *http.Request) {
			text := r.text()
			r.header.Set("Content-Length", strconv.Itoa(len(text)))
			r.sendHead(w)
			w.Write(text[:len(text)/2])
			http.NewResponseController(w).Flush()
			hijack(w).reset()
		}
	}}

	// EndInBody ends it as if that were all.
	EndInBody = Fault{Name: "end mid-body", spoil: func(r *reply, _ *begun) {
		r.deliver = func(w http.ResponseWriter, _ *http.Request) {
			text := r.text()
			r.sendOld(w, "1.1", len(text), text[:len(text)/2])
		}
	}}

	// HTTP10 answers truly in the old version: without a length, until the connection ends.
	HTTP10 = Fault{Name: "HTTP/1.0", spoil: func(r *reply, _ *begun) {
		r.deliver = func(w http.ResponseWriter, _ *http.Request) { r.sendOld(w, "1.0", 0, r.text()) }
	}}

	// Hang answers, truly, when it ends.
	Hang = Fault{Name: "hang", spoil: func(r *reply, b *begun) {
		r.deliver = func(w http.ResponseWriter, req *http.Request) {
			r.hang(req, b.mended)
			r.sendHead(w)
			w.Write(r.text())
		}
	}}

	HangAfterHeaders = Fault{Name: "hang after headers", spoil: func(r *reply, b *begun) {
		r.deliver = func(w http.ResponseWriter, req *http.Request) {
			r.sendHead(w)
			http.NewResponseController(w).Flush()
			r.hang(req, b.mended)
			w.Write(r.text())
		}
	}}

	// Lost never answers, nor when it has ended: the connection leads nowhere any more.
	Lost = Fault{Name: "connections that lead nowhere", spoil: func(r *reply, _ *begun) {
		r.deliver = func(_ http.ResponseWriter, req *http.Request) { r.hang(req, nil) }
	}}
)

// hang waits for the fault's end. It doesn't return if the request ends before.
func (r *reply) hang(req *http.Request, mended <-chan struct{}) {
	select {
	case <-mended:
		return
	case <-req.Context().Done():
	case <-r.consul.closed:
	}
	panic(http.ErrAbortHandler)
}

// sendOld sends by hand, and closes. A length of 0 is left out.
func (r *reply) sendOld(w http.ResponseWriter, version string, length int, text []byte) {
	conn := hijack(w)
	defer conn.Close()
	fmt.Fprintf(conn, "HTTP/%s %d %s\r\n", version, r.code, http.StatusText(r.code))
	r.header.Write(conn)
	if length > 0 {
		fmt.Fprintf(conn, "Content-Length: %d\r\n", length)
	}
	fmt.Fprintf(conn, "\r\n%s", text)
}

type connection struct{ *net.TCPConn }

func hijack(w http.ResponseWriter) connection {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // it is HTTP/1.1 over TCP
	}
	return connection{conn.(*net.TCPConn)}
}

func (c connection) reset() {
	c.SetLinger(0)
	c.Close()
}
