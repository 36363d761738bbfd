package config

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
)

// catalog reads the blocks consul and files, of which only one may stand. With
// neither of them it is Consul, as its defaults and the environment have it.
func (c *checker) catalog(raw *rawConfig) (*Consul, *Files) {
	consul := sole(c, "consul", raw.Consul, func(r *rawConsul) hcl.Range { return r.At })
	files := sole(c, "files", raw.Files, func(r *rawFiles) hcl.Range { return r.At })
	if consul != nil && files != nil {
		c.reject(files.At, "Two catalogs",
			"Instances come from Consul or from files, not both, and a consul block is at %s. Remove one of the two.", place(consul.At))
	}
	var fromFiles *Files
	if files != nil {
		fromFiles = c.files(files)
	}
	if consul == nil && files != nil {
		return nil, fromFiles
	}
	if consul == nil {
		consul = &rawConsul{}
	}
	return c.consul(consul), fromFiles
}

// consul reads a consul block, empty if it was left out.
func (c *checker) consul(raw *rawConsul) *Consul {
	conf := &Consul{
		Datacenter: c.setting(raw.Datacenter, raw.DatacenterAt, "").value,
		Namespace:  c.setting(raw.Namespace, raw.NamespaceAt, "CONSUL_NAMESPACE").value,
		Partition:  c.setting(raw.Partition, raw.PartitionAt, "CONSUL_PARTITION").value,
	}
	conf.Address = c.address(c.setting(raw.Address, raw.AddressAt, "CONSUL_HTTP_ADDR"))
	conf.Token, conf.TokenFile = c.token(raw)
	conf.TLS = c.tls(sole(c, "tls", raw.TLS, func(r *rawTLS) hcl.Range { return r.At }), conf.Address)
	conf.SnapshotFile = c.written("snapshot_file", "weir.snapshot", c.setting(raw.SnapshotFile, raw.SnapshotFileAt, ""))
	conf.SnapshotMaxAge = c.snapshotMaxAge(raw)
	return conf
}

// address reads where Consul is; the result has a scheme, or is empty after a
// mistake. CONSUL_HTTP_SSL makes https of an address without a scheme and, as for
// the consul command, of an http:// that comes from the environment too.
func (c *checker) address(s setting) string {
	ssl := c.variableSet("CONSUL_HTTP_SSL", false)
	switch {
	case s.failed:
		return ""
	case s.value == "":
		s.value = "127.0.0.1:8500"
	}
	address, complaint := parseAddress(s.value, ssl, ssl && s.variable != "")
	if complaint != "" {
		c.refuse(s, "address", complaint)
		return ""
	}
	return address
}

// token reads the token or the file that it is in. What the file of the
// configuration says beats the environment, whose file beats its token.
func (c *checker) token(raw *rawConsul) (Secret, string) {
	token := c.setting(raw.Token, raw.TokenAt, "CONSUL_HTTP_TOKEN")
	file := c.setting(raw.TokenFile, raw.TokenFileAt, "CONSUL_HTTP_TOKEN_FILE")
	switch {
	case token.written() && file.written():
		c.reject(file.at, "Two tokens", "Both token, at %s, and token_file are given. Remove one of them.", place(token.at))
		return Secret{}, ""
	case token.written() || file.value == "":
		return NewSecret(token.value), ""
	}
	return Secret{}, c.existing(file, "token_file")
}

// variableSet reads a switch from the environment, in the words that the consul
// command takes; empty is the default.
func (c *checker) variableSet(variable string, def bool) bool {
	value := c.getenv(variable)
	if value == "" {
		return def
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		c.refuse(setting{value: value, variable: variable}, "", `It is a switch: "true" or "false".`)
	}
	return on
}
