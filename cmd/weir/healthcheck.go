package main

import (
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"
)

func newHealthcheck() *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "healthcheck HOST:PORT",
		Short: "Connect to a TCP address and exit 0 if it answers, else 1",
		Long: `Connect to HOST:PORT and close again: exit 0 if that worked, 1 if not. It is what
a container's health check calls, since the image holds no other program.`,
		Example: `  weir healthcheck 127.0.0.1:8080`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, _, err := net.SplitHostPort(args[0]); err != nil {
				return fmt.Errorf("%q is no HOST:PORT, such as 127.0.0.1:8080", args[0])
			}
			d := net.Dialer{Timeout: timeout}
			conn, err := d.DialContext(cmd.Context(), "tcp", args[0])
			if err != nil {
				return runtimeError{err}
			}
			return conn.Close()
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 2*time.Second, "how long to wait for the connection")
	return cmd
}
