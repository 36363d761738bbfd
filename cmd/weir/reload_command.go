package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// reloadPatience bounds what is a matter of milliseconds, though one may wait for an upgrade to end.
const reloadPatience = time.Minute

func newReload() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have the running weir apply its configuration anew",
		Long: `Validate the configuration, and if it has no mistake have the running weir, found
by process.pid_file, read it and apply what has changed. No connection is lost:
those to a listener that is gone go on until they end. It waits for the result.

Exit codes: 0 applied, 1 not applied or not all of it, 2 the configuration has
mistakes, and the running weir was not disturbed.`,
		Example: `  weir reload --config /etc/weir/config.hcl`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, path, actionReload, syscall.SIGHUP, reloadPatience)
		},
	}
	addConfigFlag(cmd, &path)
	return cmd
}

// ask sends a signal to the running weir and prints what came of it.
func ask(cmd *cobra.Command, path, action string, signal syscall.Signal, patience time.Duration) error {
	conf, err := loadConfig(path, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	r, err := findRunning(conf)
	if err != nil {
		return runtimeError{err}
	}
	defer r.process.Release()
	ctx, cancel := context.WithTimeout(cmd.Context(), patience)
	defer cancel()
	sent := time.Now()
	if err := r.process.Signal(signal); err != nil {
		return runtimeError{fmt.Errorf("signal process %d: %w", r.pid, err)}
	}
	last, err := r.await(ctx, action, sent)
	if err == nil && !last.OK {
		err = errors.New(last.Message)
	}
	if err != nil {
		return runtimeError{err}
	}
	fmt.Fprintln(cmd.OutOrStdout(), last.Message)
	return nil
}
