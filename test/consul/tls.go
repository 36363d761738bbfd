package consul

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// TLS is what a client needs for an agent's HTTPS address: files in PEM form.
type TLS struct {
	CAFile     string // signs the agent's certificate
	CertFile   string // of a client
	KeyFile    string
	ServerName string // in the agent's certificate, beside its IP

	serverCert, serverKey string
}

// newTLS makes an authority, a certificate for an agent on ip and one for its clients.
func newTLS(dir string, ip netip.Addr) (*TLS, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	files := &TLS{
		CAFile: in("ca.pem"), CertFile: in("client.pem"), KeyFile: in("client-key.pem"),
		ServerName: "server.dc1.consul", serverCert: in("server.pem"), serverKey: in("server-key.pem"),
	}
	authority := certificate("weir's test authority")
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage |= x509.KeyUsageCertSign
	signer, err := authority.sign(nil, files.CAFile, in("ca-key.pem"))
	if err != nil {
		return nil, err
	}
	server := certificate(files.ServerName)
	server.DNSNames, server.IPAddresses = []string{files.ServerName}, []net.IP{ip.AsSlice()}
	if _, err := server.sign(signer, files.serverCert, files.serverKey); err != nil {
		return nil, err
	}
	client := certificate("client.dc1.consul")
	if _, err := client.sign(signer, files.CertFile, files.KeyFile); err != nil {
		return nil, err
	}
	return files, nil
}

// identity is a certificate with its key, or the plan of one.
type identity struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

func certificate(name string) identity {
	now := time.Now()
	return identity{Certificate: &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), // clocks may differ a little
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}}
}

// sign makes the certificate real and writes both files. Without a signer it signs itself.
func (i identity) sign(signer *identity, certFile, keyFile string) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	i.key = key
	if signer == nil {
		signer = &i
	}
	certDER, err := x509.CreateCertificate(rand.Reader, i.Certificate, signer.Certificate, &key.PublicKey, signer.key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := writePEM(certFile, "CERTIFICATE", certDER); err != nil {
		return nil, err
	}
	return &i, writePEM(keyFile, "EC PRIVATE KEY", keyDER)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
