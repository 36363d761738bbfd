package discovery

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const consulName = "server.dc7.consul"

// clientFiles are the TLS files of one client, with what an authority issued.
func clientFiles(t *testing.T, ca *authority) TLSOptions {
	t.Helper()
	_, certFile, keyFile := ca.leaf("weir")
	return TLSOptions{CAFile: write(t, "ca.pem", ca.pem()), CertFile: certFile, KeyFile: keyFile, ServerName: consulName}
}

// TLS files are used as one whole: until they are good together, the old ones are.
func TestTLSFiles(t *testing.T) {
	const (
		changed = "[INFO] tls files changed, using the new ones"
		refused = "[WARN] tls files can't be used, the old ones stay"
		usable  = "[INFO] tls files can be used again"
	)
	ours, next := newAuthority(t), newAuthority(t)
	_, cert, key := next.issue("weir")
	_, cert2, key2 := next.issue("weir")
	type does = func(t *testing.T, o TLSOptions)
	ca := func(text string) does { return func(t *testing.T, o TLSOptions) { overwrite(t, o.CAFile, text) } }
	certIs := func(text string) does { return func(t *testing.T, o TLSOptions) { overwrite(t, o.CertFile, text) } }
	keyIs := func(text string) does { return func(t *testing.T, o TLSOptions) { overwrite(t, o.KeyFile, text) } }
	var was string // the key at the start
	keyIsBack := func(t *testing.T, o TLSOptions) { overwrite(t, o.KeyFile, was) }
	tests := map[string]struct {
		steps []does // with some looks after each
		uses  int    // new transports
		logs  []string
	}{
		"nothing":                              {nil, 0, nil},
		"another CA":                           {[]does{ca(next.pem())}, 1, []string{changed}},
		"another CA beside the old one":        {[]does{ca(ours.pem() + next.pem()), ca(next.pem())}, 2, []string{changed, changed}},
		"the certificate, and later its key":   {[]does{certIs(cert), keyIs(key)}, 1, []string{refused, changed}},
		"the key, and later its certificate":   {[]does{keyIs(key), certIs(cert)}, 1, []string{refused, changed}},
		"a key of another certificate, undone": {[]does{keyIs(key), keyIsBack}, 0, []string{refused, usable}},
		"two keys of other certificates":       {[]does{keyIs(key), keyIs(key2), certIs(cert2)}, 1, []string{refused, refused, changed}},
		"garbage for a CA":                     {[]does{ca("-----BEGIN CERTIFICATE-----\nAAAA")}, 0, []string{refused}},
		"an empty CA is not the system's":      {[]does{ca("")}, 0, []string{refused}},
		"no CA is not the system's":            {[]does{func(t *testing.T, o TLSOptions) { remove(t, o.CAFile) }}, 0, []string{refused}},
		"empty files are no anonymous client":  {[]does{func(t *testing.T, o TLSOptions) { certIs("")(t, o); keyIs("")(t, o) }}, 0, []string{refused}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := clientFiles(t, ours)
			text, err := os.ReadFile(files.KeyFile)
			if err != nil {
				t.Fatal(err)
			}
			was = string(text)
			synctest.Test(t, func(t *testing.T) {
				c, log := followCredentials(t, ConsulOptions{Address: "https://127.0.0.1:8501", TLS: files})
				uses, last := 0, c.now.Load().polls
				for _, do := range test.steps {
					do(t, files)
					for range 3 {
						time.Sleep(lookEvery + time.Millisecond)
						if now := c.now.Load().polls; now != last {
							uses, last = uses+1, now
						}
					}
				}
				if uses != test.uses {
					t.Errorf("new transports: got %d, want %d", uses, test.uses)
				}
				if got := log.messages(); !slices.Equal(got, test.logs) {
					t.Errorf("log: got %q, want %q", got, test.logs)
				}
			})
		})
	}
}

func TestTLSFileErrors(t *testing.T) {
	ours := newAuthority(t)
	_, other, _ := newAuthority(t).leaf("weir")
	empty, missing := write(t, "empty.pem", "\n"), filepath.Join(t.TempDir(), "missing.pem")
	for name, test := range map[string]struct {
		turn func(o *TLSOptions)
		want string
	}{
		"a missing CA":         {func(o *TLSOptions) { o.CAFile = missing }, "missing.pem: no such file"},
		"an empty CA":          {func(o *TLSOptions) { o.CAFile = empty }, "empty.pem is empty"},
		"another's key":        {func(o *TLSOptions) { o.CertFile = other }, "private key does not match"},
		"a certificate alone":  {func(o *TLSOptions) { o.KeyFile = "" }, "both client cert and client key"},
		"a key alone":          {func(o *TLSOptions) { o.CertFile = "" }, "both client cert and client key"},
		"a key for a CA":       {func(o *TLSOptions) { o.CAFile = o.KeyFile }, "parse PEM"},
		"an empty certificate": {func(o *TLSOptions) { o.CertFile, o.KeyFile = empty, empty }, "empty.pem is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			o := ConsulOptions{Address: "https://127.0.0.1:8501", TLS: clientFiles(t, ours)}
			test.turn(&o.TLS)
			_, err := newCredentials(o, (&logs{}).logger())
			if err == nil || !strings.HasPrefix(err.Error(), "set up TLS to Consul: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}

// Consul's certificate, its CA and ours are replaced, each side knowing the new CA before the
// other uses it, with requests all the time and a poll that outlasts it all: none fails.
func TestTLSRotationLosesNothing(t *testing.T) {
	polled, release := make(chan struct{}), make(chan struct{})
	var answered atomic.Int64
	s := newTLSServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/poll" {
			close(polled)
			<-release
		}
	})
	ca := newAuthority(t)
	cert, _, _ := ca.issue(consulName)
	s.present(cert, ca)
	s.StartTLS()
	files := clientFiles(t, ca)
	c, _ := followCredentials(t, ConsulOptions{Address: s.URL, TLS: files})

	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		if _, err := get(t, c, s.URL+"/poll"); err != nil {
			t.Errorf("poll: %v", err)
		}
	})
	<-polled
	stop := make(chan struct{})
	var underway sync.RWMutex // held for reading by each request
	for range 4 {
		wg.Go(func() {
			request := func() error {
				underway.RLock()
				defer underway.RUnlock()
				_, err := get(t, c, s.URL)
				return err
			}
			for {
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
				if err := request(); err != nil {
					t.Errorf("request: %v", err)
				}
				answered.Add(1)
			}
		})
	}
	write := func(files map[string]string) {
		t.Helper()
		outdated := c.changed()
		for path, text := range files {
			replace(t, path, text)
		}
		for !c.look(outdated) { // a look may have been under way
		}
		for _, via := range []http.RoundTripper{c, c.pulse()} {
			if _, err := get(t, via, s.URL); err != nil {
				t.Errorf("first request with the new files: %v", err)
			}
		}
		// One that began with the files before may be slow, but not until the server has moved on twice.
		underway.Lock()
		defer underway.Unlock()
	}
	const rounds = 20
	for range rounds {
		next := newAuthority(t)
		cert, _, _ := next.issue(consulName)
		_, certPEM, keyPEM := next.issue("weir")
		write(map[string]string{files.CAFile: ca.pem() + next.pem()})
		s.present(cert, ca, next)
		write(map[string]string{files.CertFile: certPEM, files.KeyFile: keyPEM})
		s.present(cert, next)
		write(map[string]string{files.CAFile: next.pem()})
		ca = next
	}
	close(stop)
	close(release)
	wg.Wait()
	t.Logf("%d requests over %d replaced files", answered.Load(), 4*rounds)
	s.await(t, 2) // one for polls and one for pulses
}

// Consul and its CA are replaced at once: requests fail until our file is, and not once more.
func TestTLSReplacedWithoutNotice(t *testing.T) {
	s := newTLSServer(t, func(http.ResponseWriter, *http.Request) {})
	ca, next := newAuthority(t), newAuthority(t)
	cert, _, _ := ca.issue(consulName)
	s.present(cert, ca)
	s.StartTLS()
	files := clientFiles(t, ca)
	c, err := newCredentials(ConsulOptions{Address: s.URL, TLS: files}, (&logs{}).logger())
	if err != nil {
		t.Fatal(err)
	}
	defer c.closeIdle()
	if _, err := get(t, c, s.URL); err != nil {
		t.Fatal(err)
	}
	cert, _, _ = next.issue(consulName)
	s.present(cert, ca)
	s.kick()
	outdated := c.changed()
	if _, err := get(t, c, s.URL); err == nil || c.look(outdated) {
		t.Errorf("with the old CA: got error %v, and something new %v, want an error alone", err, c.look(outdated))
	}
	replace(t, files.CAFile, next.pem())
	if _, err := get(t, c, s.URL); err == nil || !c.look(outdated) {
		t.Errorf("after a failed handshake: got error %v, and nothing new", err)
	}
	if _, err := get(t, c, s.URL); err != nil {
		t.Errorf("after the look: got error %v", err)
	}
}
