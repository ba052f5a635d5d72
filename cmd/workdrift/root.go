package main

import (
	"fmt"
	"iter"
	"os"
	"runtime/debug"

	promversion "github.com/prometheus/common/version"
	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/store"
)

type iterItems = iter.Seq2[store.Item, error]

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "workdrift",
		Short: "Is the work going where we said it would?",
		Long: `Workdrift reads what people did in GitHub, Jira, Slack and git, maps it to
the objectives declared in a file, and publishes the distance between the two
as Prometheus metrics and pages.

Start with "workdrift demo". Then write a config.yaml for your own repositories,
see "workdrift check --help", and run "workdrift score" once or "workdrift serve"
for good.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		// Something to run, so that an unknown command is an error.
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newDemoCommand(), newServeCommand(), newCheckCommand(), newScoreCommand(),
		newExplainCommand(), newIdentitiesCommand(), newCheckInCommand(), newDeclarationsCommand(),
		newHistoryCommand(), newBriefCommand(), newBacktestCommand(), newBackupCommand(), newVerifyCommand(), newVersionCommand())
	return root
}

// stampVersion fills in what a release build gets from its linker flags, from
// what the go command recorded.
func stampVersion() {
	if promversion.Version != "" {
		return
	}
	promversion.Version = "devel"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		promversion.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			promversion.Revision = s.Value
		}
	}
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and how it was built",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), promversion.Print("workdrift"))
			return err
		},
	}
}

// configFlag adds the flag that names the configuration.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("config", "c", "config.yaml", "configuration `file`")
}

// prepareDirectory makes the storage directory, for its owner only.
func prepareDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the storage directory: %w", err)
	}
	return nil
}
