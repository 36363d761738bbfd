package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"weir/config"
	"weir/proxy"
)

// shutdownGrace is how long live connections may go on after SIGTERM.
const shutdownGrace = 30 * time.Second

func newRun() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Balance connections as the configuration says",
		Long: `Run the balancer until SIGTERM or SIGINT: then the listeners close, live
connections get 30 seconds to finish, and weir exits 0. A second signal ends at
once. SIGHUP is ignored: the configuration is read at start. The log goes to
standard error.

WEIR_RELAY=loop or WEIR_RELAY=goroutine chooses what moves the bytes; unset, the best there is.`,
		Example: `  weir run
  weir run --config /etc/weir/config.hcl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			relay, err := relayKind()
			if err != nil {
				return err
			}
			conf, err := loadConfig(path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			stopProfile, err := startProfile()
			if err != nil {
				return err
			}
			defer stopProfile()
			// Neither a log that nobody reads any more nor a terminal that is gone is
			// a reason to cut connections.
			signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
			signals := make(chan os.Signal, 2) // both signals that may come, however late we look
			signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
			defer signal.Stop(signals)
			out := newLogWriter(cmd.ErrOrStderr())
			defer out.Close()
			log := newLogger(conf.Log, out)
			log.Info("starting", "version", buildVersion(), "file", path, "relay", relay, "config", conf.Summary())
			if err := runUntil(cmd.Context(), conf, relay, log, signals); err != nil {
				return runtimeError{err}
			}
			return nil
		},
	}
	addConfigFlag(cmd, &path)
	return cmd
}

// relayKind is the relay that the environment asks for.
func relayKind() (proxy.Kind, error) {
	const variable = "WEIR_RELAY"
	kind, err := proxy.ParseKind(os.Getenv(variable))
	if err != nil {
		return "", fmt.Errorf("%s: %w", variable, err)
	}
	return kind, nil
}

func newLogger(c config.Log, w io.Writer) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{
		Name:       "weir",
		Level:      hclog.LevelFromString(string(c.Level)),
		JSONFormat: c.Format == config.FormatJSON,
		Output:     w,
	})
}

// runUntil runs a balancer until the first signal, and lets it end in peace
// until the second.
func runUntil(ctx context.Context, conf *config.Config, relay proxy.Kind, log hclog.Logger, signals <-chan os.Signal) error {
	b, err := newBalancer(conf, relay, log)
	if err != nil {
		return err
	}
	tune(relay)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	failed := make(chan struct{}) // closed when run has returned, which it does before the end only in failure
	var runErr error
	go func() {
		defer close(failed)
		runErr = b.run(ctx)
	}()

	var sig os.Signal
	select {
	case sig = <-signals:
	case <-failed:
		return runErr
	}
	log.Info("shutting down, live connections may finish", "signal", sig.String(), "grace", shutdownGrace.String())
	grace, stop := context.WithTimeout(ctx, shutdownGrace)
	defer stop()
	var impatience sync.WaitGroup
	impatience.Go(func() {
		select {
		case sig := <-signals:
			log.Warn("ending at once", "signal", sig.String())
			stop()
		case <-grace.Done():
		}
	})
	finished, cut := b.server.Shutdown(grace)
	stop()
	impatience.Wait()
	cancel(nil)
	<-failed
	level := hclog.Info
	if cut > 0 {
		level = hclog.Warn
	}
	log.Log(level, "ended", "connections_finished", finished, "connections_cut", cut)
	return runErr
}

// withName says which part of the configuration an error is about.
func withName(kind, name string, err error) error { return fmt.Errorf("%s %q: %w", kind, name, err) }
