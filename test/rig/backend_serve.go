package rig

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
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
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s\n%s", name, padding) })
	fmt.Fprintln(os.Stderr, http.Serve(ln, mux))
	return 1
}

// echo leaves HTTP and answers each line with itself, upper case.
func echo(w http.ResponseWriter, _ *http.Request) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	lines := bufio.NewScanner(rw)
	for lines.Scan() {
		if _, err := fmt.Fprintln(conn, strings.ToUpper(lines.Text())); err != nil {
			return
		}
	}
}
