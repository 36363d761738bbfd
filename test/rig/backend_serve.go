package rig

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The environment of a backend process: its name, and where it listens.
const (
	backendEnv     = "WEIR_RIG_BACKEND"
	backendBindEnv = "WEIR_RIG_BIND"
)

// padding makes an answer take more than one read.
var padding = strings.Repeat("0123456789abcdef", 1024)

// serveBackend is the whole life of a backend process: until it is killed, or
// its standard input ends because the test is gone.
func serveBackend(name string) (code int) {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	ln, err := net.Listen("tcp", os.Getenv(backendBindEnv))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("listening")
	var sick atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		if sick.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "up")
	})
	mux.HandleFunc("/sick", func(_ http.ResponseWriter, r *http.Request) { sick.Store(r.FormValue("on") == "true") })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, _ *http.Request) { echo(w, "") })
	mux.HandleFunc("/talk", func(w http.ResponseWriter, _ *http.Request) { echo(w, name+"\n") })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) { stream(w, r, name) })
	mux.HandleFunc("/bulk", func(w http.ResponseWriter, r *http.Request) { serveBulk(w, r, name) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s\n%s", name, padding) })
	fmt.Fprintln(os.Stderr, http.Serve(ln, mux))
	return 1
}

// echo leaves HTTP, greets, and answers each line with itself, upper case.
func echo(w http.ResponseWriter, greeting string) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, greeting)
	lines := bufio.NewScanner(rw)
	for lines.Scan() {
		if _, err := fmt.Fprintln(conn, strings.ToUpper(lines.Text())); err != nil {
			return
		}
	}
}

// stream leaves HTTP, says who this is and sends frames.
func stream(w http.ResponseWriter, r *http.Request, name string) {
	id, _ := strconv.ParseUint(r.FormValue("id"), 10, 32)
	every, err := time.ParseDuration(r.FormValue("every"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintln(conn, name)
	serveStream(conn, rw.Reader, uint32(id), every)
}
