package programs

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"weir/test/rig"
)

// readers are programs that read a PROXY header and answer "SOURCE SOURCE-PORT TARGET TARGET-PORT".
var readers = map[string]func(t *testing.T, addr string){
	"nginx": func(t *testing.T, addr string) {
		startNginx(t, addr, fmt.Sprintf(`server {
    listen %s proxy_protocol;
    location / {
      return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port";
    }
  }`, addr))
	},
	"haproxy": func(t *testing.T, addr string) {
		conf := filepath.Join(t.TempDir(), "haproxy.cfg")
		text := fmt.Sprintf(`defaults
  mode http
  timeout connect 10s
  timeout client 10s
  timeout server 10s
frontend reader
  bind %s accept-proxy
  http-request return status 200 content-type text/plain lf-string "%%[src] %%[src_port] %%[dst] %%[dst_port]"
`, addr)
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		start(t, exec.Command(find(t, "haproxy", "haproxy", "/usr/sbin/haproxy"), "-db", "-f", conf)).await(t, "tcp", addr)
	},
}

// Each reader is told the client's address, and weir's heartbeats, which have none, satisfy it.
func TestProxyProtocol(t *testing.T) {
	for reader, serve := range readers {
		for _, version := range []string{"v1", "v2"} {
			t.Run(reader+" reads "+version, func(t *testing.T) {
				t.Parallel()
				addr := rig.FreeAddress(t)
				serve(t, addr)
				socket := filepath.Join(t.TempDir(), "web.sock")
				w := rig.StartWeir(t, fmt.Sprintf(`
files {
  dir = %q
}
service "web" {
  connect_timeout = "5s"
  proxy_protocol  = %q
  heartbeat {
    path     = "/"
    interval = "500ms"
    timeout  = "400ms"
  }
}
listener "four" {
  bind    = "127.0.0.1:0"
  service = "web"
}
listener "six" {
  bind    = "[::1]:0"
  service = "web"
}
listener "unix" {
  bind    = "unix:%s"
  service = "web"
}
`, catalog(t, addr), version, socket))
				w.Eligible(t, 0, 1)
				for _, listener := range []string{"four", "six"} {
					got, own := ask(t, "tcp", w.Address(t, listener))
					host, port := split(t, own)
					toHost, toPort := split(t, w.Address(t, listener))
					if want := host + " " + port + " " + toHost + " " + toPort; got != want {
						t.Errorf("listener %s: got %q, want %q", listener, got, want)
					}
				}
				w.Address(t, "unix")
				ask(t, "unix", socket) // has no address to tell, and is served
				if down := w.Find("backend down"); len(down) > 0 {
					t.Errorf("the reader doesn't take weir's heartbeats: %v", down[0].Fields)
				}
			})
		}
	}
}

// ask makes one request on a connection of its own, and returns the answer and its own address.
func ask(t *testing.T, network, addr string) (answer, own string) {
	t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil {
				own = conn.LocalAddr().String()
			}
			return conn, err
		},
	}
	resp, err := (&http.Client{Transport: transport, Timeout: rig.Patience}).Get("http://weir/")
	if err != nil {
		t.Fatalf("%s: %v", addr, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", addr, resp.Status, err)
	}
	return string(text), own
}
