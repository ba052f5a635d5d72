package findings

import (
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A Flag says in a word what is to be known of an objective.
type Flag struct{ Text, Score string }

// unclear is the clarity below which an end-state counts as unclear, that of the
// metric's help.
const unclear = .6

// FlagsOf returns what is to be known of an objective in a window.
func FlagsOf(r *scoring.Report, w *scoring.WindowReport, o *scoring.ObjectiveReport) (list []Flag) {
	effort := EffortOn(w, o.ID)
	add := func(on bool, text, score string) {
		if on {
			list = append(list, Flag{text, score})
		}
	}
	add(scoreValue(o, scoring.WatermelonScore) == 1, "green outside, red inside", scoring.WatermelonScore)
	add(o.State == objective.Active && o.Rank <= r.TopN && o.Declared-effort.Share >= farBelow, "far below its share", scoring.StarvedObjectives)
	add(o.OwnerGap != "", OwnerGapText(o.OwnerGap), scoring.OwnershipGap)
	add(o.State == objective.Active && scoreValue(o, "endstate_clarity") < unclear, "unclear end-state", "endstate_clarity")
	add(o.State != objective.Active && effort.Effort > 0, "worked on after its end", scoring.ZombieEffort)
	add(scoreValue(o, "output_without_outcome") == 1, "output without outcome", "output_without_outcome")
	add(scoreValue(o, "outcome_stalled") == 1, "outcome stands still", "outcome_stalled")
	return list
}

// OwnerGapText says why nobody answers for an objective. It names nobody.
func OwnerGapText(g coherence.Gap) string {
	switch g {
	case coherence.GapNobody:
		return "no owner"
	case coherence.GapGroup:
		return "owned by a team as a whole"
	case coherence.GapDeactivated:
		return "owner's account is deactivated"
	case coherence.GapSilent:
		return "no sign of an owner for 28 days"
	case coherence.GapContested:
		return "several owners, several teams"
	}
	return ""
}

// EffortOn is the effort of a window on an objective, absent where that is not
// told. The window may be nil.
func EffortOn(w *scoring.WindowReport, id string) scoring.ObjectiveEffort {
	if w != nil {
		for _, e := range w.Org.Objectives {
			if e.Objective == id {
				return e
			}
		}
	}
	return scoring.ObjectiveEffort{Objective: id, Effort: scoring.Absent(), Share: scoring.Absent()}
}

// CategoryShare is the part of all effort of a category, absent where that is
// not told.
func CategoryShare(s *scoring.Scope, category scoring.Category) scoring.Number {
	for _, c := range s.Effort {
		if c.Category == category && s.Total > 0 {
			return c.Effort / s.Total
		}
	}
	return scoring.Absent()
}

func scoreValue(o *scoring.ObjectiveReport, name string) scoring.Number {
	if s := o.Score(name); s != nil {
		return s.Value
	}
	return scoring.Absent()
}
