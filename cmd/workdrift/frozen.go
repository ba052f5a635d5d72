package main

import (
	"context"
	"fmt"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// loadFrozen gives an engine the weeks that were frozen before, and returns the
// day from which on weeks are frozen. History that was imported in one go was
// never watched: before the first declaration there is only today's telling.
func (e *evaluator) loadFrozen(ctx context.Context, engine *scoring.Engine) (objective.Date, error) {
	var weeks []scoring.Frozen
	for kept, err := range e.store.Frozen(ctx) {
		if err != nil {
			return 0, fmt.Errorf("read frozen weeks: %w", err)
		}
		var week scoring.Frozen
		if err := week.UnmarshalBinary(kept.Body); err != nil {
			return 0, fmt.Errorf("read the frozen week of %s: %w", objective.DateOf(kept.Monday), err)
		}
		weeks = append(weeks, week)
	}
	engine.SetFrozen(weeks)
	for d, err := range e.store.Declarations(ctx) {
		if err != nil {
			return 0, fmt.Errorf("read declarations: %w", err)
		}
		return objective.DateOf(d.KnownFrom.UTC()), nil
	}
	return objective.DateOf(e.now().UTC()), nil
}

// freeze keeps what the weeks that are due count for now. The caller holds the
// lock.
func (e *evaluator) freeze(ctx context.Context) error {
	due := e.engine.Unfrozen(e.made, e.since)
	for _, monday := range due {
		body, err := e.engine.Freeze(monday).MarshalBinary()
		if err != nil {
			return fmt.Errorf("encode the week of %s: %w", monday, err)
		}
		if err := e.store.Freeze(ctx, store.Frozen{Monday: monday.Time(), Body: body}); err != nil {
			return fmt.Errorf("freeze the week of %s: %w", monday, err)
		}
		e.log.Info("week frozen", "monday", monday.String())
	}
	if len(due) == 0 {
		return nil
	}
	_, err := e.loadFrozen(ctx, e.engine)
	return err
}
