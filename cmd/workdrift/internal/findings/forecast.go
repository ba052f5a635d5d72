package findings

import (
	"fmt"
	"strings"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// From where on a confidence counts as on track, and below which as off track:
// those of the metric's help.
const (
	onTrack  = .7
	offTrack = .4
)

// A Forecast says whether an objective will be reached in time.
type Forecast struct {
	Word string // on track, at risk, off track, or not known
	Text string // where that comes from
	Due  string // 2 Jan 2006, "" where none is declared
}

// ForecastOf puts together what delivery and outcome say of an objective; the
// worse of the two decides. The declaration may be nil.
func ForecastOf(o *scoring.ObjectiveReport, declared *objective.Objective, day scoring.Day) Forecast {
	f := Forecast{Word: "not known"}
	if o.State != objective.Active {
		return Forecast{Word: string(o.State), Text: "It is not active any more."}
	}
	if declared != nil {
		if due := declared.At(objective.Date(day)).Due; due != objective.NoDate {
			f.Due = Date(due.Time())
		}
	}
	worst := scoring.Absent()
	var texts []string
	for _, by := range []struct{ score, text string }{{scoring.ObservedConfidence, "the delivery so far"}, {scoring.OutcomeConfidence, "the trend of its outcome"}} {
		s := o.Score(by.score)
		switch {
		case s == nil:
		case s.Value.Known():
			text := fmt.Sprintf("By %s it is %s: %s likely", by.text, reading(s.Value), Percent(s.Value))
			if s.Lower.Known() && s.Upper.Known() && Percent(s.Lower) != Percent(s.Upper) {
				text += fmt.Sprintf(", between %s and %s", Percent(s.Lower), Percent(s.Upper))
			}
			texts = append(texts, text+".")
			if !worst.Known() || s.Value < worst {
				worst = s.Value
			}
		case s.Reason != "":
			texts = append(texts, fmt.Sprintf("By %s it cannot be told: %s.", by.text, s.Reason))
		}
	}
	if worst.Known() {
		f.Word = reading(worst)
	}
	if len(texts) == 0 {
		texts = []string{"Neither its delivery nor its outcome can be forecast."}
	}
	f.Text = strings.Join(texts, " ")
	return f
}

func reading(confidence scoring.Number) string {
	switch {
	case confidence >= onTrack:
		return "on track"
	case confidence < offTrack:
		return "off track"
	}
	return "at risk"
}

// EndstateGaps lists what an objective lacks of an end-state that can be
// checked.
func EndstateGaps(o *objective.Objective, day scoring.Day) (list []string) {
	add := func(missing bool, text string) {
		if missing {
			list = append(list, text)
		}
	}
	add(o.At(objective.Date(day)).Due == objective.NoDate, "a due date")
	add(o.Outcome == nil || o.Outcome.Query == "", "an outcome that is measured")
	add(o.Outcome == nil || o.Outcome.Target == nil, "a target")
	add(o.Outcome == nil || o.Outcome.Baseline == nil, "a baseline")
	return list
}

// Objective returns the newest declaration of an objective, nil when it is
// declared no more. The history may be nil.
func (h *History) Objective(id string) *objective.Objective {
	if h == nil || len(h.Declared) == 0 {
		return nil
	}
	return objectiveIn(&h.Declared[len(h.Declared)-1].Set, id)
}
