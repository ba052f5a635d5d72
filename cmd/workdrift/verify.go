package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/scoring"
)

func newVerifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Prove that a backup can be restored",
		Long: `Verify restores a backup into a temporary directory, verifies every record, and
makes a report of what it holds, as a daemon started on it would. It asks no
source, needs no secret, and leaves the backup and the running daemon alone.
With --record it notes the success in the storage directory: the metric
workdrift_backup_last_verified_timestamp_seconds tells when that was.

The last line has a hash of everything that was learnt. Two databases that hold
the same have the same hash.`,
		Example: "  workdrift verify /backup/workdrift-2026-03-31.db --config /etc/workdrift/config.yaml",
		Args:    cobra.ExactArgs(1),
	}
	path := configFlag(cmd)
	output := outputFlag(cmd)
	at := cmd.Flags().String("at", "", "score as of this `day` (2006-01-02), when it has closed")
	record := cmd.Flags().Bool("record", false, "note in the storage directory that the backup can be restored")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		now, err := clockAt(*at, cfg)
		if err != nil {
			return err
		}
		storage := cfg.Storage.Directory
		proof, err := restoreAside(cmd.Context(), cfg, args[0], now)
		if err == nil && *record {
			err = recordProof(storage, time.Now())
		}
		if err != nil {
			return fmt.Errorf("verify %s: %w", args[0], err)
		}
		if *output == "json" {
			return writeJSON(cmd.OutOrStdout(), proof)
		}
		return proof.write(cmd.OutOrStdout(), args[0])
	}
	return cmd
}

// A proof is what a backup turned out to hold.
type proof struct {
	State  string          `json:"state"` // hash of everything that was learnt, in hexadecimal
	Items  uint64          `json:"items"`
	Events uint64          `json:"events"`
	Report *scoring.Report `json:"report"`
}

func (p *proof) write(w io.Writer, file string) error {
	if err := writeReport(w, p.Report, "28d"); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s can be restored: %d items and %d events, read up to %s, state %s.\n",
		file, p.Items, p.Events, p.Report.DataUpTo.UTC().Format(time.RFC3339), p.State)
	return err
}

// restoreAside copies a backup to a directory of its own and opens it there,
// so that a database of an older version is migrated in the copy.
func restoreAside(ctx context.Context, cfg *config.Config, file string, now func() time.Time) (p *proof, err error) {
	dir, err := os.MkdirTemp("", "workdrift-verify-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := copyBackup(ctx, filepath.Join(dir, databaseFile), file); err != nil {
		return nil, err
	}
	cfg.Storage.Directory = dir
	d, err := newDaemon(ctx, cfg, daemonOptions{Log: quietLogger(), Now: time.Now, ReportAt: now, Offline: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.store.Check(ctx); err != nil {
		return nil, err
	}
	sum, err := d.store.StateHash(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.evaluator.evaluate(ctx); err != nil {
		return nil, err
	}
	p = &proof{State: fmt.Sprintf("%x", sum), Report: d.evaluator.report.Load()}
	stats := d.store.Stats()
	p.Events = stats.Events
	for _, n := range stats.Items {
		p.Items += n
	}
	return p, nil
}

// copyBackup copies a file that must be there to one that must not.
func copyBackup(ctx context.Context, to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, &interruptible{ctx, in})
	return errors.Join(err, out.Close())
}

// An interruptible reader ends with its context.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}
