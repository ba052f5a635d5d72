package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/scoring/objective"
)

// briefOf makes the brief of a period as of its end, or as of the last closed
// day where it has begun and not closed, which Brief.Provisional tells. Pages
// are linked below base, "" for no links. It reads the store and holds the lock
// while it does, as an evaluation would.
func (e *evaluator) briefOf(ctx context.Context, p brief.Period, base string) (*brief.Brief, error) {
	sources, err := e.store.Sources(ctx)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.made == nil:
		return nil, errors.New("the stored data is being evaluated; ask again in a moment")
	case e.made.Partial:
		return nil, errors.New("a source is still being read for the first time; no week is known to be complete")
	case p.From > e.made.Day:
		return nil, fmt.Errorf("%s has not begun, as far as days have closed: the last one that has is %s", p.Name, e.made.Day)
	}
	report := e.made
	if p.Until < report.Day {
		report = e.engine.Report(closedAt(objective.Date(p.Until), e.known.Windows.CloseGrace), sources)
	}
	if report.Day < p.Until && report != e.made {
		return nil, fmt.Errorf("%s cannot be told as of its end: %s was the last day that had closed", p.Name, report.Day)
	}
	streams, err := e.streamsOf(ctx, report, e.engine.WorkSums(report, streamWindow, streamBlocks))
	if err != nil {
		return nil, err
	}
	return brief.Make(brief.Input{
		Period: p, Report: report, Streams: streams, History: e.history.Load(), Overrides: e.decisions(), BaseURL: base,
	}), ctx.Err()
}
