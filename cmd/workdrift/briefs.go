package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Briefs are those that were made lately. A brief of a week that has closed takes
// two reports about the past, two seconds of a processor where a million events
// are stored. So pages show one that was made within the hour, that of the last
// closed week is always there, those that are being looked at are made anew
// after a report, and any other is made while who asked looks again.
type briefs struct {
	mu      sync.Mutex // guards what follows, held for a moment only
	list    map[brief.Period]*keptBrief
	config  int            // counts configurations
	ordered []brief.Period // to be made, the first of them is being made
	refused map[brief.Period]refusedBrief

	once   sync.Once
	making chan struct{} // holds an entry while somebody makes one
	wanted chan struct{} // holds an entry while something is ordered
}

// A keptBrief is a brief with what it was made from, and when by the real clock.
type keptBrief struct {
	*brief.Brief
	engine      *scoring.Engine
	config      int
	fed         uint64
	day         scoring.Day
	made, asked time.Time
}

const (
	// maxBriefs is how many are kept.
	maxBriefs = 16
	// briefAge is how old a brief may be that pages show.
	briefAge = time.Hour
	// briefPause is how old one is before it is made anew for who looks at it.
	briefPause = 5 * time.Minute
	// briefInterest is for how long that is done after somebody looked.
	briefInterest = 15 * time.Minute
)

// shownBrief is briefOf for pages: one that was made within the hour serves, and
// another is ordered.
func (e *evaluator) shownBrief(_ context.Context, p brief.Period, base string) (*brief.Brief, error) {
	s := e.snapshot.Load()
	if s == nil {
		return nil, evaluating()
	}
	if kept := e.briefs.look(p); kept != nil && kept.serves(s) {
		return kept.At(base), nil
	}
	if err := tellable(s.report, p); err != nil {
		return nil, err
	}
	return nil, e.briefs.order(p)
}

// briefOf makes the brief of a period as of its end, or as of the last closed
// day where it has begun and not closed, which Brief.Provisional tells. Pages
// are linked below base, "" for no links. What was made is kept until something
// changes. It waits for whatever others are at.
func (e *evaluator) briefOf(ctx context.Context, p brief.Period, base string) (*brief.Brief, error) {
	if err := e.briefs.begin(ctx); err != nil {
		return nil, err
	}
	defer e.briefs.end()
	if kept := e.briefs.get(p); kept != nil && kept.of(e.snapshot.Load()) {
		return kept.At(base), nil
	}
	sources, err := e.store.Sources(ctx)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	if err := e.mu.LockWithin(ctx); err != nil {
		return nil, err
	}
	in, kept, err := e.briefInput(ctx, p, sources)
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	// The lock was given back: the daemon's own report comes before another about
	// the past.
	if err := e.mu.LockWithin(ctx); err != nil {
		return nil, err
	}
	before, engine := e.reportOf(in.Report.Day-brief.Back, sources), e.engine
	e.mu.Unlock()
	if engine != kept.engine {
		return nil, evaluating() // there is another configuration
	}
	if enough(before) {
		in.Before = before
	}
	kept.Brief = brief.Make(in)
	e.briefs.keep(p, kept)
	return kept.At(base), nil
}

// briefInput gathers what the brief of a period is made from, but for the report
// that it is held against. The caller holds the lock.
func (e *evaluator) briefInput(ctx context.Context, p brief.Period, sources []store.SourceState) (brief.Input, *keptBrief, error) {
	in := brief.Input{Period: p}
	if err := tellable(e.made, p); err != nil {
		return in, nil, err
	}
	in.Report = e.made
	if p.Until < in.Report.Day {
		in.Report = e.reportOf(p.Until, sources)
	}
	if !enough(in.Report) {
		return in, nil, &web.Refusal{Status: http.StatusNotFound, Detail: fmt.Sprintf("Nothing is known of %s: the data begins later.", p.Name)}
	}
	stored := e.stored
	streams, err := e.streamsOf(ctx, in.Report, e.engine.WorkSums(in.Report, streamWindow, streamBlocks))
	e.stored = stored // for the next report, which is not of the past
	if err != nil {
		return in, nil, err
	}
	in.Streams, in.History, in.Overrides, in.Model = streams, e.history.Load(), e.decisions(), e.known.Effort.Model.String()
	return in, &keptBrief{engine: e.engine, config: e.briefs.configured(), fed: e.engine.Revision(), day: e.made.Day, made: time.Now()}, nil
}

// tellable says why there can be no brief of a period as of a report, which is nil
// before the first.
func tellable(made *scoring.Report, p brief.Period) error {
	switch {
	case made == nil:
		return evaluating()
	case p.From > made.Day:
		return &web.Refusal{Status: http.StatusNotFound, Detail: fmt.Sprintf("%s has not begun, as far as days have closed: the last that has is %s.", p.Name, made.Day)}
	}
	return nil
}

// reportOf reports as of a day that has closed. The caller holds the lock.
func (e *evaluator) reportOf(day scoring.Day, sources []store.SourceState) *scoring.Report {
	return e.engine.ReportPast(closedAt(objective.Date(day), e.known.Windows.CloseGrace), sources)
}

// enough reports whether anything had happened when a report was made.
func enough(r *scoring.Report) bool {
	worked := func(w scoring.WindowReport) bool { return w.Org.Works > 0 }
	measured := func(w scoring.WeekReport) bool { return w.Status != scoring.InsufficientData }
	return slices.ContainsFunc(r.Windows, worked) || slices.ContainsFunc(r.Weeks, measured)
}

// rebrief makes a brief that pages will want or that they show and that is too
// old.
func (e *evaluator) rebrief(ctx context.Context) {
	s := e.snapshot.Load()
	if s == nil || s.report.Partial {
		return // the first reading has more use for the processor
	}
	p, ok := e.briefs.due(s)
	if !ok {
		return
	}
	_, err := e.briefOf(ctx, p, "")
	if _, none := errors.AsType[*web.Refusal](err); err != nil && !none && ctx.Err() == nil {
		e.log.Warn("a brief could not be made", "brief", p.Key(), "err", err)
	}
}

func (b *briefs) init() {
	b.once.Do(func() { b.making, b.wanted = make(chan struct{}, 1), make(chan struct{}, 1) })
}

// begin waits until nobody makes a brief.
func (b *briefs) begin(ctx context.Context) error {
	b.init()
	select {
	case b.making <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (b *briefs) end() { <-b.making }

// get returns what is kept, nil when nothing is.
func (b *briefs) get(p brief.Period) *keptBrief {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.list[p]
}

// look is get for somebody who looks at it.
func (b *briefs) look(p brief.Period) *keptBrief {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.list[p]
	if kept != nil {
		kept.asked = time.Now()
	}
	return kept
}

func (b *briefs) keep(p brief.Period, kept *keptBrief) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if kept.config != b.config {
		return // it was made under another configuration
	}
	if before := b.list[p]; before != nil {
		kept.asked = before.asked
	} else if len(b.list) >= maxBriefs || b.list == nil {
		b.list = make(map[brief.Period]*keptBrief)
	}
	b.list[p] = kept
}

// forget drops what was made before there is another configuration.
func (b *briefs) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list, b.refused = nil, nil
	b.config++
}

func (b *briefs) configured() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.config
}

// due returns a brief that is to be made: that of the last closed week, or one
// that somebody looks at.
func (b *briefs) due(s *snapshot) (brief.Period, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := brief.LastClosed(brief.Weekly, s.report.Day)
	if kept := b.list[last]; kept == nil || !kept.of(s) && !kept.serves(s) {
		return last, true
	}
	for p, kept := range b.list {
		if !kept.of(s) && time.Since(kept.made) >= briefPause && time.Since(kept.asked) < briefInterest {
			return p, true
		}
	}
	return brief.Period{}, false
}

// serves reports whether pages may show a brief.
func (k *keptBrief) serves(s *snapshot) bool {
	return k.engine == s.engine && k.Partial == s.report.Partial && (k.of(s) || time.Since(k.made) < briefAge && (k.day == s.report.Day || k.Until <= k.day))
}

// of reports whether a brief tells what it would tell if it were made now.
func (k *keptBrief) of(s *snapshot) bool {
	return s != nil && k.engine == s.engine && k.fed == s.fed && k.day == s.report.Day && k.Partial == s.report.Partial
}
