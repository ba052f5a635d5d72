package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

const (
	// retentionEvery is how often it is checked whether a week is due, so that
	// nothing outlives the limit by more.
	retentionEvery = time.Hour
	// retentionSoon is when it is checked again while weeks that are due wait.
	retentionSoon = time.Minute
	// firstReading is for how many days after the first declaration weeks are
	// not collapsed while a source was never read completely: its old history
	// would come too late to count. A source that stays unread must not keep
	// persons for ever.
	firstReading = 7
	// collapseTries is how often weeks are collapsed again because something
	// old was applied meanwhile, before that waits for the next check.
	collapseTries = 3
)

// A retention takes persons out of the ledger when they have been in it for
// privacy.ledger_retention_days: the ISO week in which a day becomes older than
// that is collapsed whole, into what each work earned per team and day, and
// then the store takes the persons out of all that is as old. Effort is kept
// before anybody is forgotten, so a crash in between loses nothing and the
// next check goes on where it was.
type retention struct {
	evaluator *evaluator
	days      func() int // the limit that is configured now
	now       func() time.Time
	log       *slog.Logger
	metrics   retentionMetrics
}

type retentionMetrics struct {
	lastRun         prometheus.Gauge
	records, failed prometheus.Counter
}

func newRetentionMetrics(reg prometheus.Registerer) retentionMetrics {
	m := retentionMetrics{
		lastRun: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "workdrift_retention_last_success_timestamp_seconds",
			Help: "Unix time at which nothing older than privacy.ledger_retention_days was last known to name a person.",
		}),
		records: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "workdrift_retention_records_total", Help: "Stored records that persons were taken out of because of their age.",
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "workdrift_retention_failures_total",
			Help: "Attempts to take persons out of old records that failed; each is repeated within an hour.",
		}),
	}
	reg.MustRegister(m.lastRun, m.records, m.failed)
	return m
}

// run checks at once and then every hour, until the context ends or the state
// of the store is no longer known.
func (r *retention) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		next := retentionEvery
		waits, err := r.once(ctx)
		if waits != "" {
			next = retentionSoon
		}
		switch {
		case errors.Is(err, store.ErrCommit):
			return err
		case err != nil && ctx.Err() == nil:
			r.metrics.failed.Inc()
			r.log.Error("persons were not taken out of what is older than privacy.ledger_retention_days", "err", err)
		}
		timer.Reset(next)
	}
}

// once collapses the weeks that are due and takes the persons out. It returns
// what weeks wait for that are due and were not collapsed.
func (r *retention) once(ctx context.Context) (waits string, err error) {
	now := r.now()
	weeks, waits, err := r.collapse(ctx, lastDue(now, r.days()))
	if err != nil {
		return waits, err
	}
	taken, err := r.evaluator.store.Erase(ctx)
	r.metrics.records.Add(float64(taken))
	if taken > 0 {
		r.evaluator.nudge()
	}
	if err != nil {
		return waits, err
	}
	if waits != "" {
		r.log.Debug("weeks that are due to be collapsed wait", "for", waits)
		return waits, nil
	}
	r.metrics.lastRun.Set(float64(now.Unix()))
	level := slog.LevelDebug
	if weeks > 0 || taken > 0 {
		level = slog.LevelInfo
	}
	r.log.Log(ctx, level, "nothing older than privacy.ledger_retention_days names a person", "weeks_collapsed", weeks, "records_taken", taken)
	return "", nil
}

// lastDue returns the Monday of the newest week that is due: something in it is
// as old as the limit, wherever on earth it happened.
func lastDue(now time.Time, days int) objective.Date {
	begun := now.UTC().AddDate(0, 0, -days)
	for monday := objective.DateOf(begun).Monday() + 7; ; monday -= 7 {
		if !store.NamelessBefore(monday.Time().AddDate(0, 0, -7)).After(begun) {
			return monday
		}
	}
}

// collapse collapses the weeks up to a last one. It returns how many, and what
// the others wait for.
func (r *retention) collapse(ctx context.Context, last objective.Date) (weeks int, waits string, err error) {
	for range collapseTries {
		n, waits, err := r.evaluator.collapse(ctx, last)
		weeks += n
		if waits != waitsForCalm || err != nil {
			return weeks, waits, err
		}
	}
	return weeks, waitsForCalm, nil
}

// What weeks wait for.
const (
	waitsForReport = "the first report"
	waitsForSource = "a source to be read completely for the first time"
	waitsForCalm   = "an evaluation of what was just read of them"
)

// collapse keeps the weeks up to a last one without persons, oldest first.
func (e *evaluator) collapse(ctx context.Context, last objective.Date) (weeks int, waits string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.engine.CollapsedBefore() > last {
		return 0, "", nil
	}
	if e.made == nil {
		return 0, waitsForReport, nil
	}
	if _, err := e.publish(ctx); err != nil {
		return 0, "", err
	}
	if e.made.Partial && objective.DateOf(e.now().UTC()) < e.since+firstReading {
		return 0, waitsForSource, nil
	}
	for _, monday := range e.engine.Uncollapsed(last) {
		body, err := e.engine.TeamDays(monday).MarshalBinary()
		if err != nil {
			return weeks, "", fmt.Errorf("encode the week of %s: %w", monday, err)
		}
		kept, err := e.store.Collapse(ctx, store.Collapsed{Monday: monday.Time(), Body: body, Seq: e.engine.Seq()})
		if err != nil {
			return weeks, "", err
		}
		if !kept {
			waits = waitsForCalm
			break
		}
		weeks++
	}
	return weeks, waits, e.loadCollapsed(ctx, e.engine)
}

// loadCollapsed gives an engine the weeks that were collapsed before.
func (e *evaluator) loadCollapsed(ctx context.Context, engine *scoring.Engine) error {
	var weeks []scoring.TeamWeek
	for kept, err := range e.store.Collapsed(ctx) {
		if err != nil {
			return fmt.Errorf("read collapsed weeks: %w", err)
		}
		var week scoring.TeamWeek
		if err := week.UnmarshalBinary(kept.Body); err != nil {
			return fmt.Errorf("read the collapsed week of %s: %w", objective.DateOf(kept.Monday), err)
		}
		weeks = append(weeks, week)
	}
	engine.SetCollapsed(weeks)
	return nil
}

// retentionDays is privacy.ledger_retention_days of the current configuration.
func (d *daemon) retentionDays() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config.Privacy.LedgerRetentionDays
}
