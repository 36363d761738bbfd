// Command bench measures weir side by side with other balancers: the same work
// for each, one after the other, round by round. docs/bench/README.md says what
// is measured, and how.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	stop()
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "bench: stopped")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure weir side by side with other balancers",
		Example: `  go run -C bench . --quick
  go run -C bench . --workloads conn,rr --rivals weir,haproxy,nginx --rounds 3
  go run -C bench . --weir /path/to/weir --out /tmp/result
  go run -C bench . --peer fabio=/path/to/fabio --peer envoy=/path/to/envoy`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.complete(cmd.Flags())
			return run(cmd.Context(), o)
		},
	}
	o.register(cmd.Flags())
	cmd.AddCommand(newClient(), newOrigin(), newLimited())
	return cmd
}
