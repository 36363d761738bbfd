package config

import (
	"fmt"
	"strings"
)

// tls reads a tls block, nil if left out. Address is Consul's, empty when it is
// not known for a mistake.
func (c *checker) tls(raw *rawTLS, address string) TLS {
	if raw == nil {
		raw = &rawTLS{}
	}
	ca := c.setting(raw.CAFile, raw.CAFileAt, "CONSUL_CACERT")
	cert := c.setting(raw.CertFile, raw.CertFileAt, "CONSUL_CLIENT_CERT")
	key := c.setting(raw.KeyFile, raw.KeyFileAt, "CONSUL_CLIENT_KEY")
	name := c.setting(raw.ServerName, raw.ServerNameAt, "CONSUL_TLS_SERVER_NAME")

	verify := c.variableSet("CONSUL_HTTP_SSL_VERIFY", true)
	insecure := !verify
	if written := given(c, raw.Insecure, raw.InsecureAt); written != nil {
		insecure = *written
	}

	secure := strings.HasPrefix(address, "https://")
	c.pair(cert, key, "cert_file", "key_file", secure)
	c.pair(key, cert, "key_file", "cert_file", secure)
	if address != "" && !secure {
		// Plain text was hardly meant, and would carry the token.
		skip := setting{at: raw.InsecureAt}
		if insecure && raw.Insecure != nil {
			skip.value = "true"
		}
		for _, s := range []setting{ca, cert, key, name, skip} {
			if s.written() {
				c.reject(s.at, "TLS without https", "%s", withoutHTTPS(address))
				break
			}
		}
	}
	if !secure {
		return TLS{}
	}
	return TLS{
		CAFile:             c.existing(ca, "ca_file"),
		CertFile:           c.existing(cert, "cert_file"),
		KeyFile:            c.existing(key, "key_file"),
		ServerName:         name.value,
		InsecureSkipVerify: insecure,
	}
}

// withoutHTTPS explains why keys of tls can't stand beside such an address.
func withoutHTTPS(address string) string {
	host, http := strings.CutPrefix(address, "http://")
	if !http {
		return fmt.Sprintf("TLS is for an https address, and Consul's is %s. Remove the keys of tls, or write an address such as \"https://127.0.0.1:8501\".", address)
	}
	return fmt.Sprintf("Consul's address, %s, is without https, so that the keys of tls have no effect. Write \"https://%s\" (Consul's usual port for https is 8501), or remove them.", host, host)
}

// pair complains about one half of a certificate and its key without the other.
// What the environment alone leaves half, it may when there is no TLS.
func (c *checker) pair(s, other setting, key, otherKey string, secure bool) {
	if s.value == "" || other.value != "" || other.failed || (s.variable != "" && !secure) {
		return
	}
	c.refuse(s, key, fmt.Sprintf("A client certificate takes two files, and %s is missing. Give both cert_file and key_file, or neither.", otherKey))
}
