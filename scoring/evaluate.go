package scoring

import (
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// trendWeeks is how many closed ISO weeks a report looks back.
const trendWeeks = 26

// blocks is how many closed weeks alerts look back.
const blocks = 4

// Evaluate makes a report from scratch. It is pure: the same input and time
// give the same report, bit for bit. An Engine gives the same without reading
// everything again.
func Evaluate(in Input, now time.Time) (*Report, error) {
	e, err := NewEngine(in.Declared, in.Overrides)
	if err != nil {
		return nil, err
	}
	for _, ch := range in.Changes {
		e.Apply(ch)
	}
	return e.Report(now, in.Sources), nil
}

// Report scores what the engine holds, as of now.
func (e *Engine) Report(now time.Time, sources []store.SourceState) *Report {
	e.settle()
	d := e.declared
	watermarks := make(map[string]time.Time, len(d.Sources))
	for _, name := range d.Sources {
		watermarks[name] = time.Time{}
	}
	for _, s := range sources {
		if _, configured := watermarks[s.Source]; configured {
			watermarks[s.Source] = s.Watermark
		}
	}
	upTo := now
	for _, mark := range watermarks {
		if mark.Before(upTo) {
			upTo = mark
		}
	}
	day, expected, late := ClosedDay(now, d.Windows.CloseGrace, watermarks)
	r := &Report{
		At: now.UTC().Truncate(time.Second), Expected: Day(expected), Late: late,
		TopN: d.Set.TopN, Thresholds: d.Alerts, Stats: e.Stats(),
	}
	if day == objective.NoDate {
		// A source is still being read for the first time: what is there is
		// told, as of the day that would be closed.
		r.Partial, day = true, expected
	} else {
		r.DataUpTo = upTo.UTC().Truncate(time.Second)
	}
	r.Day = Day(day)
	r.Objectives = e.objectives(day)
	e.measure(r, day, now)
	return r
}

// objectives says what is declared on a day.
func (e *Engine) objectives(day objective.Date) []ObjectiveReport {
	list := make([]ObjectiveReport, 0, len(e.declared.Set.Objectives))
	for i := range e.declared.Set.Objectives {
		o := &e.declared.Set.Objectives[i]
		v := o.At(day)
		declared := Absent()
		if v.TargetShare >= 0 && v.State == objective.Active {
			declared = Number(v.TargetShare)
		}
		list = append(list, ObjectiveReport{
			ID: o.ID, Title: o.Text, Owner: v.OwnerTeam, State: v.State, Rank: v.Rank, Declared: declared,
		})
	}
	return list
}

// measure fills the windows and weeks of a report.
func (e *Engine) measure(r *Report, day objective.Date, now time.Time) {
	d := e.declared
	m := &measurement{from: day, until: day}
	newOrg := func(days DateRange) *tally {
		m.from, m.until = min(m.from, days.From), max(m.until, days.Until)
		return newTally(d.Effort.Model, days, len(d.Set.Objectives))
	}
	for _, label := range d.Windows.Labels {
		days, err := WindowRange(label, day, d.Windows.FiscalYearStartMonth)
		if err != nil {
			continue // the configuration refuses such a label
		}
		r.Windows = append(r.Windows, WindowReport{Label: label, From: Day(days.From), Until: Day(days.Until)})
		m.org = append(m.org, newOrg(days))
	}
	lastMonday := (day + 1).Monday() - 7
	for i := range trendWeeks {
		monday := lastMonday - objective.Date(7*(trendWeeks-1-i))
		m.weeks = append(m.weeks, newOrg(DateRange{monday, monday + 6}))
	}
	m.open = newOrg(DateRange{day + 1, max(day+1, objective.DateOf(now.UTC()))})
	for t := range d.Teams {
		end := e.teamDay(t, day)
		var tallies []*tally
		for _, w := range r.Windows {
			days, _ := WindowRange(w.Label, end, d.Windows.FiscalYearStartMonth)
			tallies = append(tallies, newTally(d.Effort.Model, days, len(d.Set.Objectives)))
			m.from = min(m.from, days.From)
		}
		m.teams = append(m.teams, tallies)
	}
	m.restated = e.restatedWeeks(m.from)
	works := e.sum(m)
	for w := range r.Windows {
		e.fillWindow(&r.Windows[w], m, w, r.Day < r.Expected || r.Partial)
		r.Windows[w].Org.Works = works[w]
	}
	e.fillWeeks(r, m.weeks)
	r.Provisional = e.weekReport(m.open)
}

// teamDay is the last day of a team's windows. After a change of fewer than
// KPeople members, values move in weekly steps only: the difference of two
// daily ones would tell about who came or left.
func (e *Engine) teamDay(team int, day objective.Date) objective.Date {
	changed := 0
	for _, m := range e.declared.Teams[team].Members {
		for _, edge := range []objective.Date{m.From, m.Until} {
			if edge != objective.NoDate && day-91 <= edge && edge <= day {
				changed++
			}
		}
	}
	if WeeklyOnly(changed, e.declared.Privacy.KPeople) {
		return (day + 1).Monday() - 1
	}
	return day
}

// fillWindow scores one window.
func (e *Engine) fillWindow(w *WindowReport, m *measurement, window int, stale bool) {
	w.Org = e.score(m.org[window], stale)
	restated := restatement(m.restated, m.org[window].days)
	if w.Org.Status == SuppressedPrivacy {
		restated = unavailable(RestatementScore, w.Org.Status, w.Org.Reason)
	}
	w.Org.Scores = append(w.Org.Scores, restated)
	sizes := make([]int, len(m.teams))
	for t := range m.teams {
		tally := m.teams[t][window]
		scope := e.score(tally, stale)
		scope.Team = e.declared.Teams[t].ID
		w.Teams = append(w.Teams, scope)
		sizes[t] = len(tally.people)
	}
	if w.Org.Status != OK {
		return
	}
	hidden := Suppress(sizes, e.declared.Privacy.KEffort, false)
	for t := range hidden {
		hidden[t] = hidden[t] || w.Teams[t].Status == SuppressedPrivacy
	}
	before := slices.Clone(hidden)
	Complement(hidden, sizes)
	for t := range hidden {
		if hidden[t] && !before[t] {
			w.Teams[t].withhold(SuppressedPrivacy, "would reveal the one team that is withheld")
		}
	}
}

// fillWeeks scores the closed weeks and counts the breached ones.
func (e *Engine) fillWeeks(r *Report, weeks []*tally) {
	for _, t := range weeks {
		r.Weeks = append(r.Weeks, e.weekReport(t))
	}
	r.Breached = make(map[string]int)
	for name, limit := range e.declared.Alerts {
		n := 0
		for _, w := range r.Weeks[len(r.Weeks)-blocks:] {
			var value Number
			below := false
			switch name {
			case TopObjectivesEffort:
				value, below = w.Top, true
			case ShadowEffort:
				value = w.Shadow
			case AllocationGapScore:
				value = w.Gap
			default:
				continue
			}
			if below && value < Number(limit) || !below && value > Number(limit) {
				n++
			}
		}
		r.Breached[name] = n
	}
}

// weekReport scores a few days of the organisation.
func (e *Engine) weekReport(t *tally) WeekReport {
	s := e.score(t, false)
	return WeekReport{
		Monday: Day(t.days.From), Effort: s.Effort, Status: s.Status,
		Top: s.value(TopObjectivesEffort), Shadow: s.value(ShadowEffort), Gap: s.value(AllocationGapScore),
	}
}

func (s *Scope) value(name string) Number {
	if score := s.Score(name); score != nil {
		return score.Value
	}
	return Absent()
}

// methods lists the attribution methods in cascade order.
func methods() []attribution.Method {
	return []attribution.Method{attribution.Override, attribution.Explicit, attribution.Inherited,
		attribution.Rule, attribution.Text, attribution.LLM, attribution.None}
}
