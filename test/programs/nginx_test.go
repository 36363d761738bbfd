package programs

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"weir/test/rig"
)

// startNginx runs it with what goes into its http block, on an address of its own.
func startNginx(t *testing.T, addr, http string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		os.Chmod(d, 0o755) // its workers are another user's
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off;
user root;
pid %[1]s/pid;
error_log stderr;
worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  %[2]s
}
`, dir, http)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, exec.Command(find(t, "nginx", "nginx", "/usr/sbin/nginx"), "-c", conf, "-p", dir))
	p.await(t, "tcp", addr)
	return dir
}

// large is what is down- and uploaded.
const large = 256 << 20

// noise is a stream of so many bytes that nobody can guess, the same for the same seed.
func noise(seed uint64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{byte(seed)}), large)
}

func sum(t *testing.T, r io.Reader) (digest string, n int64) {
	t.Helper()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		t.Error(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), n
}

func TestNginx(t *testing.T) {
	t.Parallel()
	addr := rig.FreeAddress(t)
	root := t.TempDir()
	startNginx(t, addr, fmt.Sprintf(`server {
    listen %s;
    root %s;
    client_max_body_size 0;
    dav_methods PUT;
    location / { }
  }`, addr, root))
	_, through := front(t, "", addr)
	want, _ := sum(t, noise(1))

	t.Run("download", func(t *testing.T) {
		f, err := os.Create(filepath.Join(root, "download"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(f, noise(1)); err != nil {
			t.Fatal(err)
		}
		f.Close()
		resp, err := http.Get("http://" + through + "/download")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, n := sum(t, resp.Body); got != want {
			t.Errorf("got %d bytes with digest %s, want %d with %s", n, got, large, want)
		}
	})
	t.Run("upload", func(t *testing.T) {
		req, err := http.NewRequest(http.MethodPut, "http://"+through+"/upload", noise(1))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = large
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			t.Fatalf("got status %s, want 201", resp.Status)
		}
		f, err := os.Open(filepath.Join(root, "upload"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got, n := sum(t, f); got != want {
			t.Errorf("nginx has %d bytes with digest %s, want %d with %s", n, got, large, want)
		}
	})
	http.DefaultClient.CloseIdleConnections()
}
