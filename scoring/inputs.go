package scoring

import (
	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// inputDays is over how many days the inputs of what began are told.
const inputDays = 28

// inputQuality hands over what the tickets that were begun had to begin with. A
// ticket that does not say when it was started was with the first change or
// commit that is linked to it.
func (v *evaluation) inputQuality() {
	b := v.below()
	var begun []cadence.Begun
	weeks := make(map[objective.Date][]cadence.Begun) // by Monday
	unread := 0
	for no := range v.engine.facts {
		f, n := &v.engine.facts[no], uint32(no)
		if !v.head(n, kindTicket) || f.is(markEpic) {
			continue
		}
		at, known := f.started, f.started != noMinute
		if !known {
			at, known = b.first[n]
		}
		day := at.day()
		if !known || day > v.day || day < v.watchedFrom() {
			continue
		}
		recent := day > v.day-inputDays
		if !f.is(markInputs) {
			if recent {
				unread++
			}
			continue
		}
		given := cadence.Begun{Words: int(f.described), Acceptance: f.is(markCriteria), Owner: f.is(markAssigned), Objective: len(v.objectivesOf(n)) > 0}
		weeks[day.Monday()] = append(weeks[day.Monday()], given)
		if recent {
			begun = append(begun, given)
		}
	}
	v.inputTrend(weeks)
	v.watchWeeks(InputQuality, func(monday objective.Date) stat.Estimate {
		if n := len(weeks[monday]); n < watchedItems {
			return stat.Insufficient(n, "%d of at least %d tickets begun", n, watchedItems)
		}
		return cadence.InputQuality(weeks[monday])
	})
	quality := cadence.InputQuality(begun)
	if len(begun) == 0 && unread > 0 {
		quality = stat.Insufficient(0, "of %d tickets that were begun none tells what it had then", unread)
	}
	v.organisation(scoreOf(InputQuality, quality))
}

// The trend of inputs looks at so many closed weeks, and needs so many of them.
const (
	inputWeeks    = 12
	minInputWeeks = 8
)

// inputTrend hands over whether work is begun with less than before, from what
// was begun in each week.
func (v *evaluation) inputTrend(begun map[objective.Date][]cadence.Begun) {
	var series stat.Weekly
	for monday := v.lastMonday() - 7*(inputWeeks-1); monday <= v.lastMonday(); monday += 7 {
		if q := cadence.InputQuality(begun[monday]); q.OK() {
			series = append(series, stat.Point{Week: stat.WeekOf(int(monday)), Value: q.Value})
		}
	}
	trend := stat.Insufficient(len(series), "%d of at least %d weeks in which tickets were begun", len(series), minInputWeeks)
	if len(series) >= minInputWeeks {
		trend = stat.NotDefined("all weeks are alike")
		if t := stat.MannKendall(series); t.HasTau {
			trend = stat.Known(t.Tau, t.N)
		}
	}
	v.organisation(scoreOf(InputTrend, trend))
}
