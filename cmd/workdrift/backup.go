package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/store/bolt"
)

func newBackupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a verified copy of the database",
		Long: `Backup writes a consistent copy of the database, reads it back, and compares it
with what it was taken from. Only then it gets its name, and replaces a file of
that name. It works beside a running daemon, which then takes the backup, and
without one.

To restore, stop the daemon, put the copy in place of workdrift.db in the
storage directory, and start again: what happened since is fetched again.`,
		Example: "  workdrift backup /backup/workdrift-$(date +%F).db",
		Args:    cobra.ExactArgs(1),
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		file, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		began := time.Now()
		if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
			if err := daemon.call(ctx, "POST", "/backup", url.Values{"file": {file}}, &struct{}{}); err != nil {
				return err
			}
		} else {
			db, err := bolt.Open(ctx, filepath.Join(cfg.Storage.Directory, databaseFile), bolt.Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				return err
			}
			if err := errors.Join(db.Backup(ctx, file), db.Close()); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "Wrote and verified %s in %s.\n", file, time.Since(began).Round(time.Millisecond))
		return err
	}
	return cmd
}
