package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"weir/config"
	"weir/discovery"
)

func newCheck() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Validate a configuration and say what would run",
		Long: `Read a configuration as "weir run" would, and either say what would run or
print every mistake with its place, those in the service files of files {} too.
Nothing is started and Consul isn't asked.`,
		Example: `  weir check
  weir check --config /etc/weir/config.hcl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := loadConfig(path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if conf.Files != nil {
				log := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: cmd.ErrOrStderr(), DisableTime: true})
				if err := discovery.CheckFiles(conf.Files.Dir, log); err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", filepath.Base(path), err)
					return errInvalidConfig
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n%s\n", filepath.Base(path), conf.Summary())
			return nil
		},
	}
	addConfigFlag(cmd, &path)
	return cmd
}

func addConfigFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "config.hcl", "file, or directory of *.hcl files")
}

// loadConfig prints what there is to say about the configuration, warnings too.
func loadConfig(path string, w io.Writer) (*config.Config, error) {
	conf, diags := config.Load(path)
	width, color := 0, false
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		color = true
		width, _, _ = term.GetSize(int(f.Fd())) // 0, no wrapping, if unknown
	}
	if err := diags.Write(w, width, color); err != nil {
		return nil, runtimeError{err}
	}
	if diags.HasErrors() {
		return nil, errInvalidConfig
	}
	return conf, nil
}
