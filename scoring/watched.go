package scoring

import (
	"strings"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/structure"
)

// A watching says how the values of one score's weeks come about, which do not
// overlap, or why they are not watched. There is one for every score; see
// watchings.
type watching struct {
	// score is its name. With a star at the end it stands for all scores whose
	// names begin so.
	score string
	of    level // whose values are watched
	scale scale
	// headline is set for the three shares of the organisation, and the share of
	// an objective, whose shifts are told with all that goes with them as metrics.
	// Of others the step and the alarm are.
	headline bool
	// One of the following says where the value of the organisation's week comes
	// from. Where all are nil, the score's group hands the weeks over (see
	// evaluation.watch).
	sums  func(v *evaluation, monday objective.Date, s *weekSums) (float64, bool)
	block func(b *block) stat.Estimate
	trend bool // from the score of the window that is the week, as far as the trend looks back
	work  bool // set where a group hands the weeks over and the score follows from who worked when
	why   string
}

// A scale is the unit of a score's values, and how its shifts are judged in it.
type scale struct {
	unit   string  // as in latestFamily
	factor float64 // from the value's unit to that, 0 for 1
	structure.Detector
}

// The scales of what is watched. The floor is the least noise that is believed,
// and five of it are the least step that is told.
func inRatio() scale { return scale{"ratio", 0, structure.Ratios()} }
func inOdds() scale  { return scale{"ratio", 0, structure.Detector{Floor: .04, MinShift: .2}} } // slope of s/(1-s) at one half
func inCorrelation() scale {
	return scale{"correlation", 0, structure.Detector{Floor: .02, MinShift: .1}}
}
func inWorkstreams() scale { return scale{"", 0, structure.Detector{Floor: .05, MinShift: .25}} }
func inItems() scale       { return scale{"", 0, structure.Detector{Floor: .1, MinShift: .5}} }
func inHours() scale {
	return scale{"seconds", secondsPerHour, structure.Detector{Floor: 1, MinShift: 5}}
}

// spent reports whether the weeks follow from who worked when, as
// latestFamily.work.
func (w *watching) spent() bool { return w.sums != nil || w.block != nil || w.trend || w.work }

// named reports whether a watching is about a score.
func (w *watching) named(score string) bool {
	if prefix, all := strings.CutSuffix(w.score, "*"); all {
		return strings.HasPrefix(score, prefix)
	}
	return w.score == score
}

// watchingOf returns what is said of a score, nil when nothing is.
func watchingOf(score string) *watching {
	list := watchings()
	for i := range list {
		if list[i].named(score) {
			return &list[i]
		}
	}
	return nil
}

// watchedOf lists the scores whose values of a level are watched.
func watchedOf(of level) (list []watching) {
	for _, w := range watchings() {
		if w.of&of != 0 {
			list = append(list, w)
		}
	}
	return list
}

// ShiftUnit returns the unit of the step by which a watched score shifted, as in
// Definition.Unit. It is false for what is not watched.
func ShiftUnit(score string) (unit string, ok bool) {
	w := watchingOf(score)
	if w == nil || w.of == 0 {
		return "", false
	}
	return w.scale.unit, true
}
