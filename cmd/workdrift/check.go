package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors"
)

func newCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration file",
		Long: `Check reads a configuration as the daemon would and prints every error at once,
each as file:line:column: path: what is wrong. It reads the secrets that are
named, sends nothing anywhere, and warns of objectives that nothing can match.
The exit code is 1 when there is an error.

config.example.yaml explains every key.`,
		Example: "  workdrift check config.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			types := make(map[string]func(config.Connector) error)
			for name, factory := range factories() {
				types[name] = func(section config.Connector) error {
					_, err := factory(connectors.Env{
						Source: section.Name, Log: quietLogger(), Now: time.Now,
						Transport: http.DefaultTransport, Resolve: section.Resolve,
					}, section.Decode)
					return err
				}
			}
			warnings, err := config.Check(args[0], types)
			if err != nil {
				return err
			}
			if err := checkBrief(args[0]); err != nil {
				return err
			}
			for _, w := range warnings {
				fmt.Fprintf(cmd.OutOrStdout(), "warning: %s\n", w)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is good.\n", args[0])
			return err
		},
	}
}

// checkBrief builds what delivers the brief, which reads its secrets too.
func checkBrief(path string) error {
	cfg, err := config.Load(path)
	if err == nil {
		_, err = newMailing(cfg, time.Now, quietLogger(), nil, "")
	}
	return err
}
