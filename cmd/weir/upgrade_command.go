package main

import (
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// upgradeWithin is how long a new process may take to be ready: as long as Consul may take to answer
// for each service, and a first heartbeat after that.
const upgradeWithin = 30 * time.Second

func newUpgrade() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Have the running weir hand over to a new process",
		Long: `Have the running weir, found by process.pid_file, start a new process from the path
that it was started from, with the same arguments, and hand it the listening
sockets. Once the new one serves, the old one accepts no more, and ends when its
connections have, or process.upgrade_grace is over. No connection is refused or
cut. A new process that fails changes nothing. It waits for the result.

Exit codes: 0 the new process serves, 1 the old one serves on, 2 the
configuration has mistakes, and the running weir was not disturbed.`,
		Example: `  cp weir-new /usr/local/bin/weir.tmp && mv /usr/local/bin/weir.tmp /usr/local/bin/weir
  weir upgrade --config /etc/weir/config.hcl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, path, actionUpgrade, syscall.SIGUSR2, upgradeWithin+reloadPatience)
		},
	}
	addConfigFlag(cmd, &path)
	return cmd
}
