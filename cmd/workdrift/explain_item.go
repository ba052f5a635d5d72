package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/store"
)

// reasons are what the engine says of an item: numbers and names, no texts.
type reasons struct {
	no, work   uint64
	why        attribution.Explanation
	objectives []string
	owners     []string
	suggested  []scoring.Suggested
	// unpublished is set where the published report tells another thing.
	unpublished bool
}

// reasonsOf asks the engine about an item. The caller has a turn or the lock.
func (e *evaluator) reasonsOf(no uint64) reasons {
	r := reasons{no: no, work: e.engine.Work(no), why: e.engine.Explain(no), owners: e.engine.Owners(no), suggested: e.engine.Suggest(no)}
	r.unpublished = e.engine.Unpublished(no)
	for _, s := range r.why.Attribution.Shares {
		r.objectives = append(r.objectives, e.known.Set.Objectives[s.Objective].ID)
	}
	return r
}

// item explains the attribution of one item. The caller has the lock.
func (e *evaluator) item(ctx context.Context, no uint64, item store.Item) (explainedItem, error) {
	return e.describe(ctx, item, e.reasonsOf(no))
}

// describe puts in words why an item is attributed as it is. It reads the store
// and leaves the engine alone.
func (e *evaluator) describe(ctx context.Context, item store.Item, r reasons) (explainedItem, error) {
	x := explainedItem{
		Key: nameOf(item), Kind: item.Kind, Title: item.Title, URL: item.URL, Gone: item.Gone,
		Bucket: r.why.Attribution.Bucket.String(), Method: r.why.Attribution.Method.String(), Rule: r.why.Rule,
		To: r.objectives, Effort: effortShare{}, Owners: r.owners, Suggested: r.suggested,
	}
	if r.work != r.no {
		whole, _, err := e.store.Find(ctx, r.work)
		if err != nil {
			return x, err
		}
		x.PartOf = nameOf(whole)
	}
	for _, step := range r.why.Path {
		text, err := e.step(ctx, step)
		if err != nil {
			return x, err
		}
		x.Path = append(x.Path, text)
	}
	return x, nil
}

// step tells one link of a path in words.
func (e *evaluator) step(ctx context.Context, s attribution.Step) (string, error) {
	to := s.Key
	if s.To != 0 {
		item, ok, err := e.store.Find(ctx, s.To)
		if err != nil {
			return "", err
		}
		if ok {
			to = fmt.Sprintf("%s %q", nameOf(item), item.Title)
		}
	}
	return fmt.Sprintf("%s %s (%.1f)", s.Kind, to, s.Weight), nil
}

// nameStops fills in what the clocks of a report are about, which the engine
// knows by number only. The clocks that it finds may be those of the published
// report, which others read. The caller holds the lock.
func (e *evaluator) nameStops(ctx context.Context, report *scoring.Report) error {
	stops := slices.Clone(report.Stops)
	for i := range stops {
		c := &stops[i]
		if o := report.Objective(c.Objective); o != nil {
			c.Title = o.Title
		}
		if c.No == 0 {
			continue
		}
		item, ok, err := e.store.Find(ctx, c.No)
		if err != nil {
			return err
		}
		if ok {
			c.Key, c.Title = nameOf(item), item.Title
		}
	}
	report.Stops = stops
	return nil
}

// nameOf is what people call an item.
func nameOf(item store.Item) string {
	if len(item.Keys) == 0 {
		return item.Source + ":" + item.ID
	}
	return item.Keys[0]
}
