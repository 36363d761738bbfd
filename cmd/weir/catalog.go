package main

import (
	"fmt"

	"github.com/hashicorp/go-hclog"

	"weir/config"
	"weir/discovery"
)

// newCatalog reads the token and certificate files. It doesn't connect.
func newCatalog(conf *config.Config, log hclog.Logger) (discovery.Catalog, error) {
	if conf.Files != nil {
		return discovery.NewFiles(conf.Files.Dir, log), nil
	}
	c := conf.Consul
	catalog, err := discovery.NewConsul(discovery.ConsulOptions{
		Address:    c.Address,
		Token:      c.Token.Reveal(),
		TokenFile:  c.TokenFile,
		Datacenter: c.Datacenter,
		Namespace:  c.Namespace,
		Partition:  c.Partition,
		TLS: discovery.TLSOptions{
			CAFile:             c.TLS.CAFile,
			CertFile:           c.TLS.CertFile,
			KeyFile:            c.TLS.KeyFile,
			ServerName:         c.TLS.ServerName,
			InsecureSkipVerify: c.TLS.InsecureSkipVerify,
		},
	}, log)
	if err != nil {
		return nil, fmt.Errorf("consul: %w", err)
	}
	if c.SnapshotFile == "" {
		return catalog, nil
	}
	return discovery.NewSnapshot(catalog, discovery.SnapshotOptions{
		File:       c.SnapshotFile,
		MaxAge:     c.SnapshotMaxAge,
		Datacenter: c.Datacenter,
		Namespace:  c.Namespace,
		Partition:  c.Partition,
	}, log), nil
}
