package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

func newScoreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "score",
		Short: "Poll every source once and print the report",
		Long: `Score polls every configured source once, evaluates, and prints the report. It
keeps what it read in the storage directory, so the next run fetches only what
is new.

A ratio that is withheld says why: too few contributors (privacy.k_effort), one
contributor with most of the effort (privacy.dominance), or too little effort
(privacy.min_person_days). For a repository of your own, lower them in the
configuration.

With --at the report is made as of a day in the past, from what is stored now.`,
		Example: "  workdrift score --config config.yaml\n  workdrift score --window 91d --output json\n  workdrift score --at 2026-03-31",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	output := outputFlag(cmd)
	window := cmd.Flags().String("window", "28d", "`window` whose objectives are listed")
	at := cmd.Flags().String("at", "", "score as of this `day` (2006-01-02), when it has closed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		now, err := clockAt(*at, cfg)
		if err != nil {
			return err
		}
		report, err := scoreOnce(cmd.Context(), cfg, now, cmd.ErrOrStderr())
		if report == nil {
			return err
		}
		if *output == "json" {
			return errors.Join(err, writeJSON(cmd.OutOrStdout(), report))
		}
		return errors.Join(err, writeReport(cmd.OutOrStdout(), report, *window))
	}
	return cmd
}

// scoreOnce polls every source once and evaluates as of a moment. When a source fails there is a
// report of what is stored beside the error.
func scoreOnce(ctx context.Context, cfg *config.Config, now func() time.Time, stderr io.Writer) (*scoring.Report, error) {
	if err := prepareDirectory(cfg.Storage.Directory); err != nil {
		return nil, err
	}
	log := newLogger(stderr, cfg.Log)
	for _, w := range cfg.Warnings() {
		log.Warn(w)
	}
	options := daemonOptions{Log: log, Now: time.Now, ReportAt: now}
	done := func() {}
	if bar, ok := terminalProgress(stderr); ok {
		options.OnPage, done = bar.page, bar.done
		options.Log = quietLogger()
	}
	d, err := newDaemon(ctx, cfg, options)
	if err != nil {
		return nil, err
	}
	err = d.pollOnce(ctx)
	done()
	if _, fetching := errors.AsType[*connectors.Error](err); err == nil || fetching {
		err = errors.Join(err, d.evaluator.evaluate(ctx))
	}
	return d.evaluator.report.Load(), errors.Join(err, d.Close())
}

// pollOnce polls every source once, one after the other. A source that fails
// does not keep the others from being read: their *connectors.Error come
// joined. A failure of the store ends it.
func (d *daemon) pollOnce(ctx context.Context) error {
	var failed error
	for _, p := range d.pollers {
		_, err := p.Poll(ctx)
		if _, ok := errors.AsType[*connectors.Error](err); ok {
			failed = errors.Join(failed, fmt.Errorf("connector %s: %w", p.Status().Source, err))
			continue
		}
		if err != nil {
			return err
		}
	}
	return failed
}

// clockAt returns the clock of a score: the real one, or one that stands at the
// moment when a day has closed.
func clockAt(day string, cfg *config.Config) (func() time.Time, error) {
	if day == "" {
		return time.Now, nil
	}
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, fmt.Errorf("--at: %w", err)
	}
	closed := closedAt(objective.DateOf(t), cfg.Declared(nil, nil).Windows.CloseGrace)
	return func() time.Time { return closed }, nil
}

func terminalProgress(w io.Writer) (progress, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progress{}, false
	}
	return progress{w}, true
}
