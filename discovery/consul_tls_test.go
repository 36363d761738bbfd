package discovery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// An authority signs certificates for one test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Consul CA"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, key := a.sign(template)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, a.key, a.file = cert, key, write(t, "ca.pem", pemOf("CERTIFICATE", der))
	return a
}

// sign makes a key and a certificate, self-signed while there is none to sign with.
func (a *authority) sign(template *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return der, key
}

// leaf makes a certificate for that name, and its files.
func (a *authority) leaf(name string) (cert tls.Certificate, certFile, keyFile string) {
	a.t.Helper()
	cert, certPEM, keyPEM := a.issue(name)
	return cert, write(a.t, "cert.pem", certPEM), write(a.t, "key.pem", keyPEM)
}

// issue makes a certificate for that name, and the text of its files.
func (a *authority) issue(name string) (cert tls.Certificate, certPEM, keyPEM string) {
	a.t.Helper()
	der, key := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pemOf("CERTIFICATE", der), pemOf("PRIVATE KEY", private)
}

// pem is the authority's own certificate.
func (a *authority) pem() string { return pemOf("CERTIFICATE", a.cert.Raw) }

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// Over TLS an agent is verified against a CA file and a server name, may want a
// client certificate, and speaks HTTP/2: all watches share one connection.
func TestTLS(t *testing.T) {
	const name = "server.dc7.consul"
	ours, theirs := newAuthority(t), newAuthority(t)
	cert, _, _ := ours.leaf(name)
	_, certFile, keyFile := ours.leaf("weir")
	pool := x509.NewCertPool()
	pool.AddCert(ours.cert)
	tests := map[string]struct {
		tls   TLSOptions
		wants tls.ClientAuthType
		fails string // with this error; empty: it works
	}{
		"a CA file and a server name": {TLSOptions{CAFile: ours.file, ServerName: name}, tls.NoClientCert, ""},
		"a client certificate too":    {TLSOptions{CAFile: ours.file, ServerName: name, CertFile: certFile, KeyFile: keyFile}, tls.RequireAndVerifyClientCert, ""},
		"no verification":             {TLSOptions{InsecureSkipVerify: true}, tls.NoClientCert, ""},
		"no client certificate":       {TLSOptions{CAFile: ours.file, ServerName: name}, tls.RequireAndVerifyClientCert, "https://"}, // the reason may come too late to be read
		"another CA":                  {TLSOptions{CAFile: theirs.file, ServerName: name}, tls.NoClientCert, "unknown authority"},
		"another name":                {TLSOptions{CAFile: ours.file, ServerName: "server.dc8.consul"}, tls.NoClientCert, "not server.dc8.consul"},
		"no name":                     {TLSOptions{CAFile: ours.file}, tls.NoClientCert, "127.0.0.1"},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			s := newScript(t,
				step{first, "never", list(7, entryOne)},
				step{poll(7), one, nil},
			)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.ProtoMajor != 2 && strings.HasPrefix(r.URL.Path, "/v1/health/") {
					t.Errorf("protocol: got %s, want HTTP/2", r.Proto)
				}
				s.ServeHTTP(w, r)
			}))
			srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: test.wants, ClientCAs: pool}
			srv.EnableHTTP2 = true
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			defer srv.Close()
			c, logged := dial(t, ConsulOptions{Address: srv.URL, TLS: test.tls})
			if test.fails == "" {
				s.play(c, Query{Service: "web"}, logged)
				return
			}
			_, err := c.load(t.Context(), Query{Service: "web"}, new(lists), stale)
			if err == nil || !strings.Contains(err.Error(), test.fails) {
				t.Errorf("got error %v, want %q", err, test.fails)
			}
		})
	}
}
