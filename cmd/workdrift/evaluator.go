package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// An evaluator keeps an engine up to date with the store and publishes its
// reports. The store says what changed since the engine last looked, so an
// evaluation reads what changed and nothing else; a new configuration starts a
// new engine, which reads everything.
type evaluator struct {
	store store.Store
	log   *slog.Logger
	now   func() time.Time
	// accounts returns what accountsOf does; nil when nobody's name is known.
	accounts func(context.Context) (map[string]bool, error)
	// unread returns what setAsideOf does; nil when nobody tells.
	unread func(context.Context) ([]web.SetAside, error)
	// reportAt is the moment as of which reports are made; it differs from now
	// for a report about the past.
	reportAt  func() time.Time
	collector *scoring.Collector
	metrics   evaluatorMetrics
	// settle is how long changes may gather before they are evaluated.
	settle time.Duration
	// onReport is called with each report; it may be nil.
	onReport func(*scoring.Report)

	wake   chan struct{} // something changed
	urgent chan struct{} // somebody waits for the report
	report atomic.Pointer[scoring.Report]
	// What pages show besides the report, swapped in like it.
	encoded   atomic.Pointer[web.Encoded]
	history   atomic.Pointer[findings.History]
	overrides atomic.Pointer[[]store.Override]
	snapshot  atomic.Pointer[snapshot]
	aside     atomic.Pointer[[]web.SetAside] // see readQuarantine
	asideSeen string                         // what aside was read for
	briefs    briefs

	mu     turns // guards what follows
	engine *scoring.Engine
	known  *scoring.Declared
	print  string                 // fingerprint of known
	since  objective.Date         // day from which on weeks are frozen: the first that was watched
	made   *scoring.Report        // what engine reported, nil before
	saved  time.Time              // when a report was last saved, by the real clock
	obeyed *[]store.Override      // those of overrides that the engine knows
	stored map[uint64]*storedWork // of works in streams, by number of the item
}

type evaluatorMetrics struct {
	started, failed prometheus.Counter
	duration        prometheus.Histogram
	records         prometheus.Counter
}

func newEvaluatorMetrics(reg prometheus.Registerer) evaluatorMetrics {
	m := evaluatorMetrics{
		started: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "workdrift_evaluations_total", Help: "Evaluations started.",
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "workdrift_evaluation_failures_total",
			Help: "Evaluations that failed; the previous report stays in place.",
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "workdrift_evaluation_duration_seconds", Help: "Duration of evaluations.",
			Buckets: []float64{.01, .05, .25, 1, 5, 25}, NativeHistogramBucketFactor: 1.1,
		}),
		records: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "workdrift_evaluation_records_total",
			Help: "Items and events that evaluations read from the store.",
		}),
	}
	reg.MustRegister(m.started, m.failed, m.duration, m.records)
	return m
}

// declare makes a configuration the one that is evaluated from now on. What is
// declared is kept in the store, so that later reports know since when.
func (e *evaluator) declare(ctx context.Context, d *scoring.Declared) error {
	overrides, err := e.loadOverrides(ctx)
	if err != nil {
		return err
	}
	engine, err := scoring.NewEngine(d, overrides)
	if err != nil {
		return err
	}
	body, err := objective.Encode(&d.Set)
	if err != nil {
		return err
	}
	if _, err := e.store.Declare(ctx, store.Declaration{KnownFrom: e.now().UTC().Truncate(time.Second), Body: body}); err != nil {
		return fmt.Errorf("keep what is declared: %w", err)
	}
	history, err := loadDeclarations(ctx, e.store, e.log)
	if err != nil {
		return err
	}
	engine.SetDeclarations(history)
	print, err := fingerprint(d)
	if err != nil {
		return err
	}
	since, err := e.loadFrozen(ctx, engine)
	if err == nil {
		err = e.loadCollapsed(ctx, engine)
	}
	if err == nil {
		err = meet(ctx, e.store, engine) // what groups hold is part of the structure log
	}
	if err != nil {
		return err
	}
	engine.SetSettled(e.mu.open)
	log := structureLog(history, engine, e.reportAt())
	e.mu.Lock()
	e.engine, e.known, e.print, e.since, e.made = engine, d, print, since, nil
	e.briefs.forget()
	e.obeyed = &overrides
	e.history.Store(log)
	e.overrides.Store(&overrides)
	e.mu.Unlock()
	sources, err := e.store.Sources(ctx)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	// Before anything was read there is nothing to report: the first page asks
	// for the first report.
	if len(sources) > 0 || len(d.Sources) == 0 {
		e.hurry()
	}
	return nil
}

// nudge asks for an evaluation soon. It never blocks.
func (e *evaluator) nudge() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// hurry asks for an evaluation now. It never blocks.
func (e *evaluator) hurry() {
	select {
	case e.urgent <- struct{}{}:
	default:
	}
}

// run evaluates whenever something changed, and once a minute so that a day
// that closes is noticed, and makes the briefs that pages ordered. It returns
// when the context ends, or with the error of a store whose state is no longer
// known.
func (e *evaluator) run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-e.urgent:
		case <-e.wake:
			if !e.gather(ctx) {
				return nil
			}
		case <-e.briefs.orders():
			e.makeOrdered(ctx)
			continue
		}
		err := e.round(ctx)
		switch {
		case errors.Is(err, store.ErrCommit):
			return err
		case err != nil && ctx.Err() == nil:
			// The report before stays in place, and its age tells.
			e.metrics.failed.Inc()
			e.log.Error("evaluation failed", "err", err)
		case err == nil:
			e.rebrief(ctx)
		}
	}
}

// round evaluates, freezes what is due and saves the report, all under one
// configuration.
func (e *evaluator) round(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	unshown, err := e.publish(ctx)
	if err != nil {
		return err
	}
	return errors.Join(unshown, e.freeze(ctx), e.save(ctx, saveEvery))
}

// readAhead is how many changes are read while others are applied.
const readAhead = 512

// follow feeds the engine what changed since it last looked. Reading runs
// ahead of applying, on another processor.
func (e *evaluator) follow(ctx context.Context) error {
	pages := make(chan []store.Change, 2)
	var failed error
	go func(after uint64) {
		defer close(pages) // the loop below ends with it, so this is waited for
		failed = e.read(ctx, after, pages)
	}(e.engine.Seq())
	for page := range pages {
		records := len(page)
		for i := range page {
			e.engine.Apply(page[i])
			delete(e.stored, page[i].No)
			records += len(page[i].Events)
		}
		e.metrics.records.Add(float64(records))
	}
	return failed
}

// read sends the changes after seq to pages.
func (e *evaluator) read(ctx context.Context, seq uint64, pages chan<- []store.Change) error {
	page := make([]store.Change, 0, readAhead)
	for ch, err := range e.store.Changes(ctx, seq) {
		if err != nil {
			return err
		}
		if page = append(page, ch); len(page) == readAhead {
			pages <- page
			page = make([]store.Change, 0, readAhead)
		}
	}
	pages <- page
	return nil
}

// gather lets changes gather, unless somebody waits for the report. It reports
// whether the context is still alive.
func (e *evaluator) gather(ctx context.Context) bool {
	timer := time.NewTimer(e.settle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-e.urgent:
	case <-timer.C:
	}
	return true
}

// evaluate feeds the engine what changed and publishes its report.
func (e *evaluator) evaluate(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	unshown, err := e.publish(ctx)
	return errors.Join(unshown, err)
}

// publish is evaluate for who holds the lock. There is a new report even when
// pages cannot show what is behind it, and unshown is why.
func (e *evaluator) publish(ctx context.Context) (unshown, err error) {
	e.metrics.started.Inc()
	began := time.Now()
	e.mu.open() // who people are changes nothing about items
	// Watermarks first: what is applied in between must not close a day whose
	// last events the engine has not seen.
	sources, err := e.store.Sources(ctx)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	if err := e.readQuarantine(ctx, sources); err != nil {
		return nil, err
	}
	// People before changes: who they are is known before what they did, so
	// that little has to be built again.
	if err := meet(ctx, e.store, e.engine); err != nil {
		return nil, err
	}
	e.tellMembers()
	e.mu.shut()
	if decided := e.overrides.Load(); decided != e.obeyed {
		e.engine.SetOverrides(*decided)
		e.obeyed = decided
	}
	e.engine.Expect(e.reportAt(), sources)
	if err := e.follow(ctx); err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	report := e.engine.Report(e.reportAt(), sources)
	if err := e.nameStops(ctx, report); err != nil {
		return nil, fmt.Errorf("name what was stopped: %w", err)
	}
	e.mu.shut()
	e.made = report
	e.mu.open()
	encoded, unshown := web.Encode(report)
	if shown, err := e.snapshotOf(ctx, report); err == nil {
		e.show(shown)
	} else {
		unshown = errors.Join(unshown, fmt.Errorf("make what pages show: %w", err))
	}
	e.put(report, encoded)
	e.metrics.duration.Observe(time.Since(began).Seconds())
	if e.onReport != nil {
		e.onReport(report)
	}
	return unshown, nil
}

// put makes a report the published one, with what was encoded of it.
func (e *evaluator) put(report *scoring.Report, encoded *web.Encoded) {
	e.collector.Set(report)
	e.encoded.Store(encoded)
	e.report.Store(report)
}
