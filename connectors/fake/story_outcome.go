package fake

import (
	"math"
	"time"
)

// An Outcome is how the story measures what an objective is for.
type Outcome struct {
	Query            string
	Direction        string // "up" or "down"
	Baseline, Target float64
}

// courses are how the outcomes of the objectives go, week by week.
var courses = map[Focus]struct {
	Outcome
	// early and late are the change in a week before and after the turn, which
	// is a week from 0.
	early, late, noise, turn float64
}{
	// Improves at first, then stalls, while it is reported green.
	onLatency: {Outcome{"histogram_quantile(0.99, sum by (le) (rate(checkout_duration_seconds_bucket[1d])))", "down", .45, .3}, -.006, 0, .006, 12},
	// Grows on, but far too slowly.
	onResidency: {Outcome{"sum(customers{region=\"eu\",home=\"eu\"}) / sum(customers{region=\"eu\"})", "up", .2, .9}, .025, .006, .004, 14},
	// Goes well.
	onBilling: {Outcome{"sum(increase(plan_changes_total{channel=\"self_service\"}[7d]))", "up", 40, 200}, 6, 5, 4, 14},
}

// due is the week, from 0, by which the objectives that are measured are to be
// reached.
const due = 34

// outcome returns how an objective is measured, nil when it is not.
func (g *goal) outcome() *Outcome {
	c, ok := courses[g.focus]
	if !ok {
		return nil
	}
	return &c.Outcome
}

// Curve returns what a query of the story gives: nothing before its first week.
func (s *Story) Curve(query string) Curve {
	for _, c := range courses {
		if c.Query != query {
			continue
		}
		return func(at time.Time) (float64, bool) {
			weeks := at.Sub(s.start).Hours() / (7 * 24)
			if weeks < 0 {
				return 0, false
			}
			// A wave in place of chance, so that a value never changes.
			wave := math.Sin(1.7*weeks) + math.Sin(4.1*weeks)
			return c.Baseline + c.early*min(weeks, c.turn) + c.late*max(0, weeks-c.turn) + c.noise*wave/2, true
		}
	}
	return func(time.Time) (float64, bool) { return 0, false }
}
