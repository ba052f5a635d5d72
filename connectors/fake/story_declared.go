package fake

import (
	"cmp"
	"slices"
	"time"
)

// The weeks, counted from 1, in which the story declares something anew.
const (
	nonGoalWeek = 12 // growth experiments become a non-goal
	rerankWeek  = 14 // a new quarter: the second and the third objective change places
	retireWeek  = 16 // search-relevance is retired as of its Monday
	answerWeek  = 21 // all that the alarms are answered with: the fourth and the fifth change places
	unlabelWeek = 27 // experiments lose the label by which they were known
)

// reranked are the ranks of the objectives that get another, and from which week
// on.
var reranked = map[Focus]struct{ rank, week int }{
	onResidency: {3, rerankWeek}, onBilling: {2, rerankWeek}, onOnboarding: {4, answerWeek}, onPartners: {5, answerWeek},
}

// A Plan is what the story declares from a time on, until the next plan.
type Plan struct {
	Known      time.Time   // when it was written down
	Objectives []Objective // in rank order
	// NonGoal is set once work with LabelNonGoal is declared not to be done.
	NonGoal bool
}

// monday returns the beginning of a week, counted from 1.
func (s *Story) monday(week int) time.Time { return s.start.AddDate(0, 0, 7*(week-1)) }

// planned is when the first plan was written: the Friday before it begins.
func (s *Story) planned() time.Time { return s.start.AddDate(0, 0, -3).Add(12 * time.Hour) }

// Plans returns what was declared by now, oldest first.
func (s *Story) Plans() []Plan {
	var plans []Plan
	for _, known := range []time.Time{
		s.planned(),
		s.monday(nonGoalWeek).Add(9 * time.Hour),
		s.monday(rerankWeek).Add(8 * time.Hour),
		s.monday(retireWeek).Add(3*24*time.Hour + 9*time.Hour), // decided on Monday, written down on Thursday
		s.monday(answerWeek).Add(8 * time.Hour),
	} {
		if known.Before(s.day) || len(plans) == 0 {
			plans = append(plans, s.planAt(known))
		}
	}
	return plans
}

func (s *Story) planAt(known time.Time) Plan {
	p := Plan{Known: known, NonGoal: !known.Before(s.monday(nonGoalWeek))}
	for _, g := range s.goals {
		o := g.Objective
		if r := reranked[g.focus]; r.rank > 0 && !known.Before(s.monday(r.week)) {
			o.Before, o.Rank, o.Reranked = o.Rank, r.rank, s.monday(r.week)
		}
		if g.focus == onSearch && known.After(s.retirement()) {
			o.Retired = s.retirement()
		}
		if o.Outcome = g.outcome(); o.Outcome != nil {
			o.Due = s.start.AddDate(0, 0, 7*due)
		}
		p.Objectives = append(p.Objectives, o)
	}
	slices.SortStableFunc(p.Objectives, func(a, b Objective) int { return cmp.Compare(a.Rank, b.Rank) })
	return p
}

// Objectives returns the declared objectives in rank order, as they stand.
func (s *Story) Objectives() []Objective {
	plans := s.Plans()
	return plans[len(plans)-1].Objectives
}

func (s *Story) retirement() time.Time { return s.monday(retireWeek) }
