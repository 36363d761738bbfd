package outages

import (
	"context"

	"weir/test/consul"
	"weir/test/rig"
)

// A catalog is where weir finds the instances of "web".
type catalog interface {
	block() string // of weir's configuration: "consul" or "files"
	keys() string  // in that block
	add(context.Context, *rig.Backend) error
	remove(context.Context, *rig.Backend) error
}

// A world is what weir follows while a fault happens. Only catalog is in every one.
type world struct {
	catalog catalog
	more    string // of weir's configuration

	agent   *consul.Agent  // that weir asks
	cluster *consul.Agents // that it belongs to
	far     *consul.Agents // in another datacenter
	folder  *folder
	counter *counter // between weir and its agent

	token     consul.Token // weir's
	tokenFile string
	tlsDir    string // has weir's certificates
	snapshot  string // file in which weir keeps what it knows
	saved     []byte // state of the cluster
}
