package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// minDemo leaves each step the time to show its effect: heartbeats and the
// watch on the files need some hundred milliseconds.
const minDemo = 5 * time.Second

// demoGrace is how long connections may go on when the demo ends.
const demoGrace = 2 * time.Second

type demoOptions struct {
	length  time.Duration // 0: until a signal
	listen  string
	plain   bool
	verbose bool
}

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See weir balance, with nothing installed",
		Long: `Run weir on three small HTTP backends of its own, listed in a folder of service
files, and send it 100 connections a second. In a cycle one backend is killed
and brought back, and another one's weight is changed; a table, or one line a
second where the output is no terminal, shows who gets the connections.

It ends with a summary, and exits 1 if any request failed.`,
		Example: `  weir demo                            until Ctrl-C
  weir demo --for 20s                  every step once
  weir demo --listen 127.0.0.1:8080    then try: curl http://127.0.0.1:8080/`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd.Flags().Changed("for")); err != nil {
				return err
			}
			// A closed terminal or pipe ends it as Ctrl-C does, so that nothing is left behind.
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
			defer stop()
			if err := runDemo(ctx, o, cmd.OutOrStdout(), cmd.ErrOrStderr()); err != nil {
				return runtimeError{err}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&o.length, "for", 0, "end after this long, 5s or more (default: run until Ctrl-C)")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "IP:PORT of weir's listener; port 0 is any free one")
	flags.BoolVar(&o.plain, "plain", false, "lines instead of a table, on a terminal too")
	flags.BoolVar(&o.verbose, "verbose", false, "weir's own log on standard error, as it is; implies --plain")
	cmd.AddCommand(newDemoBackend())
	return cmd
}

// check says what is wrong with the flags.
func (o demoOptions) check(limited bool) error {
	if limited && o.length < minDemo {
		return fmt.Errorf("--for %s is too short to see every step; the least is %s", o.length, minDemo)
	}
	host, port, err := net.SplitHostPort(o.listen)
	if err == nil && host != "" {
		_, err = netip.ParseAddr(host)
	}
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("--listen %q is no IP:PORT, such as 127.0.0.1:8080", o.listen)
	}
	return nil
}

// runDemo plays until ctx ends or the time is over, and leaves nothing behind.
// It is an error if a request failed.
func runDemo(ctx context.Context, o demoOptions, out, logs io.Writer) (err error) {
	stage, err := newDemoStage(o.listen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.close()) }()
	conf, err := loadConfig(stage.configFile(), logs)
	if err != nil {
		return err
	}

	journal := newDemoJournal(time.Now())
	ends := newDemoEnds()
	sink := demoLog{journal: journal, ends: ends, fall: conf.Services[0].Heartbeat.Fall}
	b, err := newBalancer(conf, "", nil, newDemoLog(sink, o.verbose, logs))
	if err != nil {
		return err
	}

	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	weirCtx, stopWeir := context.WithCancel(context.WithoutCancel(ctx)) // outlives the traffic
	defer stopWeir()
	var weir sync.WaitGroup
	var weirErr error // valid after weir.Wait
	weir.Go(func() {
		weirErr = b.run(weirCtx)
		fail(weirErr)
	})

	addr := reachable(b.listeners[0].Addr().AddrPort)
	tally := &demoTally{}
	d := &demo{
		stage:   stage,
		service: b.services[demoService],
		addr:    addr,
		traffic: &demoTraffic{addr: addr.String(), stage: stage, ends: ends, tally: tally, journal: journal},
		journal: journal,
		tally:   tally,
		screen:  newDemoScreen(out, o.plain || o.verbose),
	}
	err = d.play(ctx, o.length)

	grace, cancel := context.WithTimeout(weirCtx, demoGrace)
	defer cancel()
	b.server.Shutdown(grace)
	stopWeir()
	weir.Wait()
	return errors.Join(weirErr, err)
}

// reachable is the address to connect to for a listener at addr.
func reachable(addr netip.AddrPort) netip.AddrPort {
	if addr.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port())
	}
	return addr
}
