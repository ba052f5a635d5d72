package cadence

import (
	"math"

	"github.com/workdrift/workdrift/scoring/stat"
)

// describedFrom is how many words make a description.
const describedFrom = 20

// A Begun is an item as it was when work on it started.
type Begun struct {
	Words      int  // of its description
	Acceptance bool // has acceptance criteria
	Owner      bool // is assigned
	Objective  bool // is linked to an objective
}

// InputQuality is the mean, over the items started in the window, of the share
// of four inputs that each had at its start: a description of at least 20 words,
// acceptance criteria, an owner, a link to an objective. It is undefined when
// nothing was started.
func InputQuality(started []Begun) stat.Estimate {
	if len(started) == 0 {
		return stat.NotDefined("nothing was started")
	}
	have := 0
	for _, item := range started {
		for _, has := range []bool{item.Words >= describedFrom, item.Acceptance, item.Owner, item.Objective} {
			if has {
				have++
			}
		}
	}
	return stat.Known(float64(have)/float64(4*len(started)), len(started))
}

// A Scope is what became of one objective's or epic's scope since its start.
type Scope struct {
	AtStart, Added int // items, or points
	// Edits are the changes of each item's description after its start.
	Edits []int
}

// Churn is how much scope was added after the start, over what there was at the
// start. It is +Inf where something was added to nothing, undefined where
// nothing was.
func (s Scope) Churn() stat.Estimate {
	if s.AtStart <= 0 && s.Added <= 0 {
		return stat.NotDefined("no scope")
	}
	if s.AtStart <= 0 {
		return stat.Known(math.Inf(1), s.Added)
	}
	return stat.Known(float64(s.Added)/float64(s.AtStart), s.AtStart)
}

// MeanEdits is the mean number of edits per item after its start. It is
// undefined without items.
func (s Scope) MeanEdits() stat.Estimate {
	if len(s.Edits) == 0 {
		return stat.NotDefined("no items")
	}
	sum := 0
	for _, n := range s.Edits {
		sum += n
	}
	return stat.Known(float64(sum)/float64(len(s.Edits)), len(s.Edits))
}

// Edits are the changes of declared objectives in 90 days, by what was changed.
type Edits struct{ Target, Due, Owner, Rank, Text int }

// ObjectiveChurn is score Q2: the edits of objectives, where a rank or a text
// counts half (score specification, section 4.13).
func ObjectiveChurn(e Edits) stat.Estimate {
	return stat.Known(float64(e.Target+e.Due+e.Owner)+float64(e.Rank+e.Text)/2,
		e.Target+e.Due+e.Owner+e.Rank+e.Text)
}

// RankVolatility is the other half of Q2: by how many places the objectives
// moved on average, from the ranks of those that were ranked at both ends of the
// window. The slices are parallel. It is undefined without any.
func RankVolatility(before, after []int) stat.Estimate {
	if len(before) == 0 {
		return stat.NotDefined("no objective was ranked at both ends")
	}
	places := 0
	for i, rank := range before {
		places += max(rank-after[i], after[i]-rank)
	}
	return stat.Known(float64(places)/float64(len(before)), len(before))
}
