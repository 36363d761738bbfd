package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"weir/bench/child"
	"weir/bench/load"
	"weir/bench/origin"
)

// newClient is the process that does one job, read from standard input.
func newClient() *cobra.Command {
	return &cobra.Command{
		Use:    "client",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var job load.Job
			if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
				return fmt.Errorf("read the job: %w", err)
			}
			out := json.NewEncoder(os.Stdout)
			result, err := load.Run(cmd.Context(), job, func(p load.Progress) { out.Encode(told{Progress: &p}) })
			if err != nil {
				return err
			}
			return out.Encode(told{Result: &result})
		},
	}
}

// newOrigin is the process of the backends.
func newOrigin() *cobra.Command {
	var ports []int
	var counters string
	var health int
	var banner, flap bool
	cmd := &cobra.Command{
		Use:    "origin",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			shared, err := origin.OpenCounters(counters)
			if err != nil {
				return err
			}
			defer shared.Close()
			var addrs []netip.AddrPort
			for _, port := range ports {
				addrs = append(addrs, netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port)))
			}
			s, err := origin.Listen(addrs, shared)
			if err != nil {
				return err
			}
			s.Banner = banner
			failed := make(chan error, 2)
			if health != 0 {
				go func() { failed <- origin.ServeHealth(health, flap) }()
			}
			go func() { failed <- s.Serve() }()
			fmt.Println("ready")
			return <-failed
		},
	}
	cmd.Flags().IntSliceVar(&ports, "ports", nil, "")
	cmd.Flags().StringVar(&counters, "counters", "", "")
	cmd.Flags().BoolVar(&banner, "banner", false, "")
	cmd.Flags().IntVar(&health, "health", 0, "")
	cmd.Flags().BoolVar(&flap, "flap", false, "")
	return cmd
}

// newLimited runs a command with a limit of descriptors.
func newLimited() *cobra.Command {
	var descriptors uint64
	var onDeath int
	cmd := &cobra.Command{
		Use:    "limited",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return child.Exec(descriptors, syscall.Signal(onDeath), args)
		},
	}
	cmd.Flags().Uint64Var(&descriptors, "descriptors", descriptorLimit, "")
	cmd.Flags().IntVar(&onDeath, "on-death", int(syscall.SIGKILL), "")
	return cmd
}
