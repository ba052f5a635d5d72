package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// reasonUnverified is why there is no output where nothing could verify it.
const reasonUnverified = "no change and no commit is read: what is done cannot be verified"

// output returns how many verified items of an objective were done in each week,
// in the weeks since it began: tickets that are done now, with evidence of that
// (debt.Done), or of a kind that leaves none. One that ended less than 14 days
// ago counts while it may still get evidence, because the newest weeks would
// otherwise always fall. Epics count as they are, where they are the scope. It is
// nil where nothing is read that could be evidence.
func (v *evaluation) output(o int) stat.Weekly {
	if v.outputs == nil {
		v.outputs = make([]stat.Weekly, len(v.declared.Set.Objectives))
		if v.verifiable() {
			for o := range v.outputs {
				v.outputs[o] = v.verified(o)
			}
		}
	}
	return v.outputs[o]
}

// verifiable reports whether any change or commit is there.
func (v *evaluation) verifiable() bool {
	return slices.ContainsFunc(v.engine.facts, func(f facts) bool { return f.kind == kindChange || f.kind == kindCommit })
}

func (v *evaluation) verified(o int) stat.Weekly {
	d, b := v.delivery(o), v.below()
	series := make(stat.Weekly, 0, len(d.weeks))
	if d.milestones {
		for _, w := range d.weeks {
			series = append(series, stat.Point{Week: w.Week, Value: float64(w.Completed)})
		}
		return series
	}
	done := make(map[int]int)
	for _, n := range v.scopeOf(o) {
		day := v.doneOn(n)
		if day == objective.NoDate {
			continue
		}
		if one := v.done(n, b); !one.Expects || one.Verified() || v.asOf.Before(one.Ended.Add(debt.EvidenceAfter)) {
			done[stat.WeekOf(int(day))]++
		}
	}
	for _, w := range d.weeks {
		series = append(series, stat.Point{Week: w.Week, Value: float64(done[w.Week])})
	}
	return series
}
