package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
)

// A container has 10 seconds from SIGTERM until it is killed. A request to
// Consul under way and the one that deregisters may need callTimeout, then these.
const (
	backendLinger = time.Second     // serving on, until every balancer has heard
	backendGrace  = 3 * time.Second // for requests under way
)

type backendOptions struct {
	name, listen, address string
	register              string // Consul's URL; "": none
	service               string
	weight                int
	token                 string
}

func newDemoBackend() *cobra.Command {
	o := backendOptions{token: os.Getenv("CONSUL_HTTP_TOKEN")}
	cmd := &cobra.Command{
		Use:   "backend",
		Short: "Serve as a small HTTP backend that registers itself in Consul",
		Long: `Serve HTTP until SIGTERM or SIGINT: / answers with the backend's name, /health
with "up". With --register it keeps itself registered in Consul, however late
that starts, under its name as the ID; the token is taken from
CONSUL_HTTP_TOKEN. At the end it deregisters first, serves on for a second, so
that every balancer has heard, and lets requests finish.`,
		Example: `  weir demo backend --name blue --listen 127.0.0.1:9001
  weir demo backend --name blue --weight 5 --register http://127.0.0.1:8500`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			log := hclog.New(&hclog.LoggerOptions{Name: o.name, Output: cmd.ErrOrStderr()})
			if err := runBackend(ctx, o, log); err != nil {
				return runtimeError{err}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.name, "name", "", "the backend's name, and its service ID in Consul (required)")
	flags.StringVar(&o.listen, "listen", ":8080", "HOST:PORT to serve on")
	flags.StringVar(&o.register, "register", "", "URL of the Consul agent to register with, such as http://127.0.0.1:8500")
	flags.StringVar(&o.service, "service", demoService, "the service's name in Consul")
	flags.IntVar(&o.weight, "weight", 1, "the weight in Consul while passing")
	flags.StringVar(&o.address, "address", "", "the address in Consul (default: that of --listen, or the host's first)")
	cmd.MarkFlagRequired("name")
	return cmd
}

// check says what is wrong with the flags.
func (o backendOptions) check() error {
	if o.name == "" {
		return errors.New("--name is empty")
	}
	if _, _, err := net.SplitHostPort(o.listen); err != nil {
		return fmt.Errorf("--listen %q is no HOST:PORT, such as :8080", o.listen)
	}
	const maxWeight = 65535 // Consul's limits
	if o.weight < 1 || o.weight > maxWeight {
		return fmt.Errorf("--weight %d is not from 1 to %d", o.weight, maxWeight)
	}
	if o.register == "" {
		return nil
	}
	u, err := url.Parse(o.register)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--register %q is no URL of a Consul agent, such as http://127.0.0.1:8500", o.register)
	}
	return nil
}

// runBackend serves until ctx ends, and then leaves in good order.
func runBackend(ctx context.Context, o backendOptions, log hclog.Logger) error {
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	server := newBackendServer(backendHandler(o.name))
	server.ErrorLog = log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug})
	serving, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			fail(err)
		}
	})
	bound := ln.Addr().(*net.TCPAddr).AddrPort()
	log.Info("serving", "address", bound)

	err = stayRegistered(serving, o, bound, log)
	if err == nil {
		err = context.Cause(serving)
		if errors.Is(err, context.Canceled) {
			err = nil
		}
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), backendGrace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		log.Warn("requests were cut")
		server.Close()
	}
	accepting.Wait()
	log.Info("ended")
	return err
}

// stayRegistered keeps the backend in Consul, if that is asked for, until ctx
// ends, and then takes it out and gives balancers the time to hear of it.
func stayRegistered(ctx context.Context, o backendOptions, bound netip.AddrPort, log hclog.Logger) error {
	if o.register == "" {
		<-ctx.Done()
		return nil
	}
	addr, err := advertised(o.address, bound)
	if err != nil {
		return err
	}
	r := newRegistration(o, addr, bound.Port(), log)
	defer r.close()
	r.keep(ctx)
	if r.leave(context.WithoutCancel(ctx)) {
		time.Sleep(backendLinger)
	}
	return nil
}

// advertised is the host to register for a server at bound.
func advertised(given string, bound netip.AddrPort) (string, error) {
	if given != "" {
		return given, nil
	}
	if !bound.Addr().IsUnspecified() {
		return bound.Addr().Unmap().String(), nil
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	if addr, ok := firstAddress(addrs); ok {
		return addr.String(), nil
	}
	return "", errors.New("this host has no address but loopback: --address must say which to register")
}

// firstAddress is the first address that others may reach, IPv4 before IPv6.
func firstAddress(addrs []net.Addr) (first netip.Addr, ok bool) {
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		addr := prefix.Addr().Unmap()
		if addr.IsGlobalUnicast() && (!ok || addr.Is4() && !first.Is4()) {
			first, ok = addr, true
		}
	}
	return first, ok
}
