package health

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestHTTP(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	sized := func(body string) string {
		return ok + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	long := strings.Repeat("x", maxBody)
	tests := []struct {
		name   string
		handle func(net.Conn)
		expect string
		want   string
	}{
		{"200", answering(sized("fine")), "", "good"},
		{"200 without a body", answering(ok + "Content-Length: 0\r\n\r\n"), "", "good"},
		{"200 up to the end", answering(ok + "\r\nup"), "up", "good"},
		{"HTTP/1.0", answering("HTTP/1.0 200 OK\r\n\r\nup"), "up", "good"},
		{"204", answering("HTTP/1.1 204 No Content\r\n\r\n"), "", "good"},
		{"299", answering("HTTP/1.1 299 Odd\r\n\r\n"), "", "good"},
		{"chunked", answering(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nu\r\n1\r\np\r\n0\r\n\r\n"), "up", "good"},
		{"interim answers", answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + sized("up")), "up", "good"},
		{"white space", answering(sized("\r\n\t up \n")), "up", "good"},
		{"keeps the connection", then(sized("up"), ""), "up", "good"},

		{"503", answering("HTTP/1.1 503 No\x1b[31mse\r\n\r\nup"), "up", "503 Service Unavailable"},
		{"404", answering("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nup"), "", "404 Not Found"},
		{"unknown status", answering("HTTP/1.1 599 Odd\r\n\r\n"), "", "status 599"},
		{"switching", answering("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "", "101 Switching Protocols"},
		{"redirect", answering("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n"), "", `302 Found to "/login", redirects are not followed`},
		{"not modified", answering("HTTP/1.1 304 Not Modified\r\n\r\n"), "", "304 Not Modified"},
		{"wrong body", answering(sized("down")), "up", `body "down" instead of "up"`},
		{"other case", answering(sized("UP")), "up", `body "UP" instead of "up"`},
		{"no body", answering(sized(" \n")), "up", `body "" instead of "up"`},
		{"more than expected", answering(sized("up\nup")), "up", `body "up\nup" instead of "up"`},
		{"unprintable body", answering(sized("\x1b[2J\xff")), "up", `body "\x1b[2J\xff" instead of "up"`},
		{"long wrong body", answering(sized(strings.Repeat("é", 300))), "up", `body "` + strings.Repeat("é", 30) + `"… instead of "up"`},
		{"longest body", answering(sized(long)), long, "good"},
		{"too long body", answering(sized(long + "x")), "up", `body longer than 64 KiB instead of "up"`},
		{"endless body", then(ok+"\r\n", long), "up", `body longer than 64 KiB instead of "up"`},
		{"endless white space", then(ok+"\r\n", strings.Repeat(" ", 1000)), "up", `body longer than 64 KiB instead of "up"`},
		{"endless body, nothing expected", then(ok+"\r\n", long), "", "good"},
		{"endless headers", then(ok, "A: b\r\n"), "", "headers longer than 64 KiB"},
		{"endless interim answers", then("", "HTTP/1.1 100 Continue\r\n\r\n"), "", "headers longer than 64 KiB"},

		{"silent", then("", ""), "", "timed out after 300ms"},
		{"slow headers", then(ok+"A: b\r\n", ""), "", "timed out after 300ms"},
		{"slow body", then(ok+"Content-Length: 2\r\n\r\nu", ""), "up", "timed out after 300ms"},
		{"slow body, nothing expected", then(ok+"Content-Length: 2\r\n\r\nu", ""), "", "timed out after 300ms"},

		{"garbage", answering("SSH-2.0-OpenSSH_9.2p1\r\n"), "", `not an HTTP answer: "SSH-2.0-OpenSSH_9.2p1\r\n"`},
		{"little garbage", answering("\x00\x01"), "", `not an HTTP answer: "\x00\x01"`},
		{"garbage in HTTP's clothes", answering("HTTP/9\r\n\r\n"), "", `not an HTTP answer: "malformed HTTP response \"HTTP/9\""`},
		{"closed after the request", answering(""), "", "connection closed without an answer"},
		{"closed in the headers", answering(ok + "A: "), "", "connection closed in the middle of the answer"},
		{"closed in the body", answering(ok + "Content-Length: 3\r\n\r\nup"), "", "connection closed in the middle of the answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			addr := listen(t, "tcp", "127.0.0.1:0", test.handle)
			timeout := 10 * time.Second
			if strings.HasPrefix(test.want, "timed out") {
				timeout = 300 * time.Millisecond
			}
			if got := ask(t, HTTP{Path: "/health", Expect: test.expect}, addr, timeout); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestHTTPNobodyThere(t *testing.T) {
	if got, want := ask(t, HTTP{Path: "/health"}, refused(t), 10*time.Second), "connection refused"; got != want {
		t.Errorf("refused: got %q, want %q", got, want)
	}
	addr := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0) })
	// Closed by a reset at once: it depends on the moment which call notices.
	got := ask(t, HTTP{Path: "/health"}, addr, 10*time.Second)
	if got != "connection reset by peer" && got != "broken pipe" {
		t.Errorf("reset: got %q, want %q", got, "connection reset by peer")
	}
}

func TestHTTPRequest(t *testing.T) {
	for _, test := range []struct{ network, bind, mapped string }{
		{"tcp4", "127.0.0.1:0", ""},
		{"tcp6", "[::1]:0", ""},
		{"tcp4", "127.0.0.1:0", "::ffff:127.0.0.1"},
	} {
		t.Run(test.bind+test.mapped, func(t *testing.T) {
			l, err := net.Listen(test.network, test.bind)
			if err != nil {
				t.Skipf("listen on %s: %v", test.bind, err)
			}
			var got *http.Request
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = r
				w.WriteHeader(http.StatusAccepted)
			}))
			server.Listener.Close()
			server.Listener = l
			server.Start()
			addr := l.Addr().(*net.TCPAddr).AddrPort()
			host := addr.String()
			if test.mapped != "" {
				addr = netip.AddrPortFrom(netip.MustParseAddr(test.mapped), addr.Port())
			}
			if err := (HTTP{Path: "/a%20b/health?deep=1&x"}).Probe(t.Context(), addr); err != nil {
				t.Fatal(err)
			}
			server.Close() // so that the handler has ended
			want := map[string]string{
				"method": "GET", "target": "/a%20b/health?deep=1&x", "host": host, "proto": "HTTP/1.1",
				"headers": "Connection=close&User-Agent=weir-heartbeat", "close": "true",
			}
			have := map[string]string{
				"method": got.Method, "target": got.RequestURI, "host": got.Host, "proto": got.Proto,
				"headers": url.Values(got.Header).Encode(), "close": strconv.FormatBool(got.Close),
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
	if err := (HTTP{Path: "health"}).Probe(t.Context(), refused(t)); err == nil || !strings.HasPrefix(err.Error(), "path: ") {
		t.Errorf("path without a slash: got %v, want an error of the path", err)
	}
}

// A redirect leads nowhere, not even to the same server.
func TestHTTPFollowsNoRedirect(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		if r.URL.Path != "/good" {
			http.Redirect(w, r, "/good", http.StatusMovedPermanently)
		}
	}))
	addr := server.Listener.Addr().(*net.TCPAddr).AddrPort()
	got := ask(t, HTTP{Path: "/"}, addr, 10*time.Second)
	server.Close()
	if want := `301 Moved Permanently to "/good", redirects are not followed`; got != want || requests != 1 {
		t.Errorf("got %q and %d requests, want %q and 1", got, requests, want)
	}
}

// The backend sees an orderly end of the connection, from our side, also when it would go on for ever.
func TestHTTPClosesItsConnection(t *testing.T) {
	ends := make(chan error, 1)
	addr := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		answering("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nup")(conn)
		_, err := conn.Read(make([]byte, 1))
		ends <- err
	})
	for range 5 {
		if got := ask(t, HTTP{Path: "/", Expect: "up"}, addr, 10*time.Second); got != "good" {
			t.Fatalf("got %s, want good", got)
		}
		if err := <-ends; err != io.EOF {
			t.Errorf("the backend's read ended with %v, want %v", err, io.EOF)
		}
	}
}

func TestHTTPEndsWithItsContext(t *testing.T) {
	asked, gone := make(chan struct{}), make(chan struct{})
	addr := listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		close(asked)
		io.Copy(io.Discard, conn)
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() { failed <- HTTP{Path: "/"}.Probe(ctx, addr) }()
	<-asked
	cancel()
	if err := <-failed; err == nil {
		t.Errorf("got no error from a cancelled probe")
	}
	<-gone
}

// FuzzHTTPAnswer feeds the reader anything: its word must be short and printable, and good only what the library takes too.
func FuzzHTTPAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup"), "up")
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: \x1b[1m\r\n\r\n"), "")
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "")
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 204 \r\n\r\n"), "")
	f.Add([]byte("SSH-2.0-x"), "\u202eup")
	f.Fuzz(func(t *testing.T, answer []byte, expect string) {
		h := HTTP{Path: "/health", Expect: expect}
		req, err := h.request(netip.MustParseAddrPort("192.0.2.1:80"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := readAnswer(strings.NewReader(string(answer)), req)
		if err == nil {
			err = h.judge(resp)
		}
		if err == nil {
			if resp.StatusCode/100 != 2 {
				t.Errorf("good, but status %d", resp.StatusCode)
			}
			return
		}
		text := err.Error()
		if len(text) > 600 {
			t.Errorf("reason of %d bytes: %q", len(text), text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("reason isn't printable: %q", text)
		}
		if errors.Is(err, context.Canceled) {
			t.Errorf("reason is a cancellation: %v", err)
		}
	})
}
