package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// decide keeps decisions about items and takes them into account at once. It
// returns those that they take the place of. All are kept or none.
func (d *daemon) decide(ctx context.Context, list []store.Override) ([]store.Override, error) {
	// A configuration that is being loaded would not see them.
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if err := d.evaluator.resolve(ctx, list); err != nil {
		return nil, err
	}
	before, err := replacedBy(d.evaluator.decisions(), list)
	if err != nil {
		return nil, err
	}
	if err := d.store.Override(context.WithoutCancel(ctx), list...); err != nil {
		d.fail(err)
		return nil, fmt.Errorf("keep a decision: %w", err)
	}
	d.log.Info("work was decided about", "items", len(list), "to", list[0].To, "role", list[0].Role)
	return before, d.evaluator.redecide(context.WithoutCancel(ctx))
}

// replacedBy returns those of the decisions in force that new ones take the place
// of. What somebody decided since another asked to withdraw what was there before
// is refused to be withdrawn.
func replacedBy(inForce, list []store.Override) (before []store.Override, err error) {
	about := make(map[string]*store.Override, len(list))
	for i := range list {
		about[list[i].Key] = &list[i]
	}
	for _, o := range inForce {
		next := about[o.Key]
		switch {
		case next == nil:
			continue
		case next.To == "" && !next.At.Equal(o.At):
			return nil, &web.Refusal{Status: http.StatusConflict, Detail: "It was decided anew meanwhile. Load the page again.", Keys: []string{o.Key}}
		}
		before = append(before, o)
	}
	return before, nil
}

// fail ends the daemon after an error that leaves open what is stored, and after
// no other.
func (d *daemon) fail(err error) {
	if !errors.Is(err, store.ErrCommit) {
		return
	}
	select {
	case d.broken <- err:
	default: // it ends already
	}
}

// resolve spells the keys of decisions as their items do, and refuses those
// that name none, or a target that is not declared.
func (e *evaluator) resolve(ctx context.Context, list []store.Override) error {
	known, declared, items := false, true, make([][]uint64, len(list))
	if !e.mu.turn(ctx, func() {
		if known = e.made != nil; !known {
			return
		}
		for i, o := range list {
			if o.To == "" {
				continue // withdrawn, whatever became of the item
			}
			declared = declared && e.target(o.To)
			items[i] = e.engine.Find(o.Key)
		}
	}) || !known {
		return evaluating()
	}
	if !declared {
		return &web.Refusal{Status: http.StatusUnprocessableEntity, Detail: "to is neither a declared objective nor run_work, excluded or unknown."}
	}
	var unknown []string
	for i := range list {
		o := &list[i]
		if o.To == "" {
			continue
		}
		key, err := e.spell(ctx, o.Key, items[i])
		if err != nil {
			return err
		}
		if key == "" {
			unknown = append(unknown, o.Key)
		}
		o.Key = key
	}
	if len(unknown) > 0 {
		return &web.Refusal{Status: http.StatusUnprocessableEntity, Detail: "These are no keys of stored items", Keys: unknown}
	}
	return nil
}

// target reports whether a decision may send work somewhere.
func (e *evaluator) target(to string) bool {
	buckets := []string{attribution.RunWork.String(), attribution.Excluded.String(), attribution.Unknown.String()}
	return slices.Contains(buckets, to) ||
		slices.ContainsFunc(e.known.Set.Objectives, func(o objective.Objective) bool { return o.ID == to })
}

// spell returns a key as one of some items has it, "" when none does.
func (e *evaluator) spell(ctx context.Context, key string, items []uint64) (string, error) {
	for _, no := range items {
		item, ok, err := e.store.Find(ctx, no)
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(item.Keys, func(k string) bool { return strings.EqualFold(k, key) }); ok && i >= 0 {
			return item.Keys[i], nil
		}
	}
	return "", nil
}

// decisions returns those in force, by key. The slice must not be changed.
func (e *evaluator) decisions() []store.Override {
	if list := e.overrides.Load(); list != nil {
		return *list
	}
	return nil
}

// redecide reads the decisions anew and asks for a report with them, which the
// engine learns of when that is made.
func (e *evaluator) redecide(ctx context.Context) error {
	list, err := e.loadOverrides(ctx)
	if err != nil {
		return err
	}
	e.overrides.Store(&list)
	e.hurry()
	return nil
}

func (e *evaluator) loadOverrides(ctx context.Context) ([]store.Override, error) {
	var list []store.Override
	for o, err := range e.store.Overrides(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read overrides: %w", err)
		}
		list = append(list, o)
	}
	return list, nil
}

// reportConfidence keeps how sure somebody is of an objective, as told over the
// web, and whether that cites its outcome.
func (d *daemon) reportConfidence(ctx context.Context, id string, confidence float64, cites bool) error {
	d.mu.Lock()
	cfg := d.config
	d.mu.Unlock()
	c := checkIn{objective: id, confidence: confidence, cites: cites}
	if err := c.check(&cfg.Declared(nil, nil).Set); err != nil {
		return &web.Refusal{Status: http.StatusUnprocessableEntity, Detail: "objective is not declared."}
	}
	if err := c.keep(context.WithoutCancel(ctx), d.store, d.now()); err != nil {
		d.fail(err)
		return err
	}
	d.evaluator.nudge()
	return nil
}
