// Command weir is a layer-4 TCP load balancer that follows the Consul catalog.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK      = 0
	exitRuntime = 1 // it was asked rightly and couldn't
	exitUsage   = 2 // wrong arguments, or an invalid configuration
)

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// A runtimeError is a failure that is not the fault of how weir was called.
type runtimeError struct{ err error }

func (e runtimeError) Error() string { return e.err.Error() }
func (e runtimeError) Unwrap() error { return e.err }

// errInvalidConfig follows diagnostics that were printed already.
var errInvalidConfig = errors.New("invalid configuration")

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return executeRoot(ctx, newRoot(upgradeWithin), args, stdout, stderr)
}

func executeRoot(ctx context.Context, root *cobra.Command, args []string, stdout, stderr io.Writer) int {
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	if failed, ok := errors.AsType[runtimeError](err); ok {
		fmt.Fprintf(stderr, "weir %s: %v\n", cmd.Name(), failed)
		return exitRuntime
	}
	if !errors.Is(err, errInvalidConfig) {
		fmt.Fprintf(stderr, "weir: %v\nSee '%s --help'.\n", err, cmd.CommandPath())
	}
	return exitUsage
}

// newRoot returns weir, which gives its next generation that much time to be ready.
func newRoot(upgradeWithin time.Duration) *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "A TCP load balancer that follows the Consul catalog",
		Long: `weir spreads TCP connections over the instances of a service that the Consul
catalog (or a folder of service files) and weir's own heartbeats both call good,
by weighted round robin, and applies every change without losing a connection.

Exit codes: 0 done, 1 failed while running, 2 wrong usage or invalid configuration.`,
		Example: `  weir demo --for 20s              see it work, with nothing installed
  weir check --config config.hcl   validate a configuration
  weir run --config config.hcl     run it
  weir reload --config config.hcl  have it apply a changed configuration`,
		Version:       buildVersion(),
		SilenceErrors: true, // execute prints them, once
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.New("a command is missing: run, check, reload, upgrade, demo, healthcheck or version")
		},
	}
	root.AddCommand(newRun(upgradeWithin), newCheck(), newReload(), newUpgrade(), newDemo(), newHealthcheck(), newVersion())
	return root
}
