// Package phase says in which phase of drift a team is: aligned, focus creep,
// vocabulary gap or total decoupling.
//
// The definitions follow section 4.10 of the score specification. Three
// indicators between 0 and 1 are taken of each ISO week; each has a latch with
// hysteresis (Machine), so that a single week never changes the phase. The order
// of the phases is a story, not a law: each latch is told by itself, too.
package phase

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// A Creep is what indicator F is made of, all of one ISO week and not of a
// rolling window.
type Creep struct {
	Alpha     stat.Estimate // workstreams per person (focus.Diversity)
	Unplanned stat.Estimate // unplanned workstreams a week (focus.UnplannedRate)
	Top       stat.Estimate // share of effort on the top objectives
	Shadow    stat.Estimate // share of effort off strategy
}

// Parts returns the four readings scaled from good to bad: α 2 to 3, unplanned
// workstreams 0.5 to 2 a week, top share 0.60 to 0.40, shadow share 0.20 to
// 0.50.
func (c Creep) Parts() [4]stat.Estimate {
	return [4]stat.Estimate{
		stat.BadnessOf(c.Alpha, 2, 3),
		stat.BadnessOf(c.Unplanned, 0.5, 2),
		stat.BadnessOf(c.Top, 0.60, 0.40),
		stat.BadnessOf(c.Shadow, 0.20, 0.50),
	}
}

// CreepOf is indicator F, focus creep: the mean of the four parts. It needs all
// of them, because a mean of fewer is another indicator, and one without a
// suppressed part would tell that part. The limits are the means of the limits.
func CreepOf(c Creep) stat.Estimate {
	value, lower, upper, n := 0.0, 0.0, 0.0, 0
	alertable := true
	for i, part := range c.Parts() {
		if !part.OK() {
			return part
		}
		value, lower, upper = value+part.Value/4, lower+part.Lower/4, upper+part.Upper/4
		if i == 0 || part.N < n {
			n = part.N
		}
		alertable = alertable && part.Alertable
	}
	f := stat.Known(value, n).Within(lower, upper)
	f.Alertable = alertable
	return f
}

// A Pair is a team and an objective whose words were compared.
type Pair struct {
	Effort effort.Micro // of the team on the objective
	// Eligible is set where the comparison has a value, Flagged where it flags
	// the pair (vocabulary.Gap).
	Eligible, Flagged bool
}

// VocabularyOf is indicator V: the share of the effort of eligible pairs that
// belongs to flagged ones. Pairs without enough words leave the denominator. It
// is insufficient when no pair is eligible, undefined when those that are have
// no effort. N is the number of eligible pairs.
func VocabularyOf(pairs []Pair) stat.Estimate {
	var flagged, eligible effort.Micro
	n := 0
	for _, p := range pairs {
		if !p.Eligible {
			continue
		}
		n++
		eligible += p.Effort
		if p.Flagged {
			flagged += p.Effort
		}
	}
	switch {
	case n == 0:
		return stat.Insufficient(0, "no pair of team and objective has enough words")
	case eligible <= 0:
		return stat.NotDefined("no effort on objectives with enough words")
	default:
		return stat.Known(float64(flagged)/float64(eligible), n)
	}
}

// minGreens is the fewest green objectives with a live outcome that the
// decoupling can be told of.
const minGreens = 3

// A Stand is how one active objective stands.
type Stand struct {
	Weight float64 // of its rank, see stat.RankOrderCentroid
	Green  bool    // reported at 0.7 or more
	// Live is set where its outcome is fresh enough to test; Stalled where the
	// test of section 4.7 says so (outcome.Stalled).
	Live, Stalled bool
}

// DecouplingOf is indicator G: over the objectives that are reported green and
// have a live outcome, the share by weight whose outcome is stalled. It needs 3
// of them, or, where the organisation as a whole has a declared outcome that is
// live (orgOutcome), one. N is their number.
func DecouplingOf(stands []Stand, orgOutcome bool) stat.Estimate {
	stalled, all, n := 0.0, 0.0, 0
	for _, s := range stands {
		if !s.Green || !s.Live || !(s.Weight > 0) {
			continue
		}
		n++
		all += s.Weight
		if s.Stalled {
			stalled += s.Weight
		}
	}
	switch {
	case n == 0:
		return stat.Insufficient(0, "no objective is reported green and has a live outcome")
	case n < minGreens && !orgOutcome:
		return stat.Insufficient(n, "%d of at least %d green objectives with a live outcome", n, minGreens)
	default:
		return stat.Known(min(stalled/all, 1), n)
	}
}
