package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"weir/config"
	"weir/proxy"
	"weir/upgrade"
)

// newRun returns the command, which gives the next generation of itself that much time to be ready.
func newRun(upgradeWithin time.Duration) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Balance connections as the configuration says",
		Long: `Run the balancer until SIGTERM or SIGINT: then the listeners close, live
connections get process.shutdown_grace (30 s) to finish, and weir exits 0. A second
signal ends at once. The log goes to standard error.

SIGHUP reads the configuration again and applies what has changed; one with a
mistake changes nothing. SIGUSR2 replaces the process by a new one, started from
the same path, without closing a connection. "weir reload" and "weir upgrade" do
the same and say how it went.

WEIR_RELAY=loop or WEIR_RELAY=goroutine chooses what moves the bytes; unset, the best there is.`,
		Example: `  weir run
  weir run --config /etc/weir/config.hcl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signals, stop := catchSignals()
			defer stop()
			relay, err := relayKind()
			if err != nil {
				return err
			}
			program, err := programPath()
			if err != nil {
				return runtimeError{fmt.Errorf("find the program's own path: %w", err)}
			}
			before, err := upgrade.Inherited()
			if err != nil {
				return runtimeError{err}
			}
			conf, err := loadToRun(path, cmd.ErrOrStderr(), before)
			if err != nil {
				return err
			}
			stopProfile, err := startProfile()
			if err != nil {
				return err
			}
			defer stopProfile()
			out := newLogWriter(cmd.ErrOrStderr())
			defer out.Close()
			log := newLogger(conf.Log, out)
			log.Info("starting", "version", buildVersion(), "file", path, "relay", relay, "config", conf.Summary())
			l := &life{
				log:           log,
				out:           out,
				path:          path,
				program:       program,
				upgradeWithin: upgradeWithin,
				began:         time.Now(),
				signals:       signals,
				before:        before,
			}
			return l.run(cmd.Context(), conf, relay)
		},
	}
	addConfigFlag(cmd, &path)
	return cmd
}

// loadToRun is loadConfig, whose diagnostics go to the process before this one too, if there is one.
func loadToRun(path string, w io.Writer, before *upgrade.Predecessor) (*config.Config, error) {
	if before == nil {
		return loadConfig(path, w)
	}
	var said bytes.Buffer
	conf, err := loadConfig(path, io.MultiWriter(w, &said))
	if errors.Is(err, errInvalidConfig) {
		before.Fail(fmt.Errorf("%w\n%s", err, said.Bytes()))
	} else if err != nil {
		before.Fail(err)
	}
	return conf, err
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

// withName says which part of the configuration an error is about.
func withName(kind, name string, err error) error { return fmt.Errorf("%s %q: %w", kind, name, err) }
