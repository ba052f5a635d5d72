package scoring

import (
	"reflect"
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
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
	e.SetCollapsed(in.Collapsed)
	e.SetPeople(in.Profiles, in.Groups)
	e.SetDeclarations(in.Declarations)
	e.Expect(now, in.Sources)
	for _, ch := range in.Changes {
		e.Apply(ch)
	}
	return e.Report(now, in.Sources), nil
}

// Report scores what the engine holds, as of now. The report must not be changed:
// as long as the engine is not fed, further ones of the day share what is in it.
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
		r.Unread = slices.DeleteFunc(slices.Clone(late), func(name string) bool { return !watermarks[name].IsZero() })
	} else {
		r.DataUpTo = upTo.UTC().Truncate(time.Second)
	}
	r.Day = Day(day)
	open := DateRange{day + 1, max(day+1, objective.DateOf(now.UTC()))}
	made := newest{head: *r, revision: e.revision, open: open}
	if again := e.newest.again(&made); again != nil {
		return again
	}
	if !r.Partial {
		e.settleWords(day)
	}
	if e.settled != nil {
		e.settled()
	}
	e.guessTexts(day, r.Partial)
	r.Objectives = e.objectives(day)
	keep, trend := e.measure(r, day, open)
	e.scoreLatest(r, day, keep, trend)
	made.report = r
	e.newest = made
	return r
}

// newest is the newest report with what it was made from.
type newest struct {
	report   *Report
	head     Report // what was said of it before it was scored
	revision uint64
	open     DateRange // the days that have not closed
}

// again returns the report for another moment, nil where it would tell something
// else.
func (n *newest) again(next *newest) *Report {
	head := n.head
	head.At, head.DataUpTo = next.head.At, next.head.DataUpTo
	if n.report == nil || n.revision != next.revision || n.open != next.open || !reflect.DeepEqual(head, next.head) {
		return nil
	}
	again := *n.report
	again.At, again.DataUpTo = head.At, head.DataUpTo
	return &again
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

// measure fills the windows and weeks of a report. It returns the first day that
// they need, and the scopes that are the weeks of Report.Weeks.
func (e *Engine) measure(r *Report, day objective.Date, open DateRange) (keep objective.Date, trend []Scope) {
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
	m.open = newOrg(open)
	end := e.teamDay(day)
	for range d.Teams {
		m.teams = append(m.teams, e.teamTallies(r, end))
	}
	m.rest = e.teamTallies(r, end)
	if e.owners != nil {
		m.owned, m.all = make([][]ownedTally, len(d.Teams)), make([]effort.Micro, len(m.rest))
		for t := range m.owned {
			m.owned[t] = make([]ownedTally, len(m.rest))
		}
		m.shared = newSharedSums(len(e.owners.sets), len(m.rest))
	}
	for _, t := range m.rest {
		m.from = min(m.from, t.days.From)
	}
	m.restated = e.restatedWeeks(m.from)
	works := e.sum(m)
	for w := range r.Windows {
		e.fillWindow(&r.Windows[w], m, w, r.Day < r.Expected || r.Partial)
		r.Windows[w].Org.Works = works[w]
	}
	trend = e.fillWeeks(r, m.weeks)
	ahead := e.score(m.open, false)
	r.Provisional = ahead.week(m.open)
	return m.from, trend
}

// teamDay is the last day of the teams' windows. While the membership of any
// team changed by fewer than KPeople on a day of the windows, teams move in
// weekly steps only: the difference of two daily values would tell about who
// came or left, and the other teams' would tell that of this one.
//
// A membership that is taken out of the configuration without its last day
// leaves no trace here: give members an until. Groups at the sources have their
// versions, which tell.
func (e *Engine) teamDay(day objective.Date) objective.Date {
	for _, n := range e.people.changes(DateRange{day - longestWindow, day}) {
		if WeeklyOnly(n.people(), e.declared.Privacy.KPeople) {
			return (day + 1).Monday() - 1
		}
	}
	return day
}

// longestWindow is how far back a change of membership matters, in days.
const longestWindow = 92

// teamTallies returns a tally for each window that ends on a day. The quarter
// begins with that of the organisation, so it is empty while the first week of
// a quarter has not ended.
func (e *Engine) teamTallies(r *Report, end objective.Date) []*tally {
	tallies := make([]*tally, 0, len(r.Windows))
	for _, w := range r.Windows {
		days, _ := WindowRange(w.Label, end, e.declared.Windows.FiscalYearStartMonth)
		if w.Label == Quarter {
			days.From = objective.Date(w.From)
		}
		tallies = append(tallies, newTally(e.declared.Effort.Model, days, len(e.declared.Set.Objectives)))
	}
	return tallies
}

// fillWindow scores one window.
func (e *Engine) fillWindow(w *WindowReport, m *measurement, window int, stale bool) {
	w.Org = e.score(m.org[window], stale)
	w.Org.Unplaced = e.beyondEffort(m.org[window], m.org[window].unplaced, w.Org.Status)
	for t := range m.owned {
		w.Owned = append(w.Owned, e.ownedReport(t, m, window))
	}
	restated := restatement(m.restated, m.org[window].days)
	switch {
	case w.Org.Status != OK:
		restated = unavailable(RestatementScore, w.Org.Status, w.Org.Reason)
	case stale && restated.Status == OK:
		restated.Status, restated.Reason = Stale, reasonStale
	}
	w.Org.Scores = append(w.Org.Scores, restated)
	sizes, counts := make([]int, len(m.teams)), make([]headcount, len(m.teams)+1)
	for t := range m.teams {
		tally := m.teams[t][window]
		scope := e.score(tally, stale)
		scope.Team = e.declared.Teams[t].ID
		scope.Overtime = e.beyondEffort(tally, tally.overtime, scope.Status)
		w.Teams = append(w.Teams, scope)
		counts[t] = tally.people.headcount()
		sizes[t] = counts[t].people()
	}
	if w.Org.Status != OK || len(sizes) == 0 {
		return
	}
	// Who is in no team is a sibling too: the organisation less its teams.
	rest := e.score(m.rest[window], stale)
	counts[len(m.teams)] = m.rest[window].people.headcount()
	sizes = append(sizes, counts[len(m.teams)].people())
	hidden := Suppress(sizes, e.declared.Privacy.KEffort, false)
	for t := range w.Teams {
		hidden[t] = hidden[t] || w.Teams[t].Status == SuppressedPrivacy
	}
	hidden[len(w.Teams)] = hidden[len(w.Teams)] || rest.Status == SuppressedPrivacy
	before := slices.Clone(hidden)
	m.hideOverlaps(hidden, sizes, counts, window, e.declared.Privacy.KEffort)
	complement(hidden, sizes, e.declared.Privacy.KEffort, func() int {
		var together headcount
		for t, h := range hidden {
			if h {
				together = together.plus(&counts[t], 1)
			}
		}
		return together.people()
	})
	for t := range w.Teams {
		if hidden[t] && !before[t] {
			w.Teams[t].withhold(SuppressedPrivacy, reasonFew)
		}
		if hidden[t] && m.owned != nil && w.Owned[t].Status == OK && w.Owned[t].Own > 0 {
			w.Owned[t].withhold(reasonFew) // most of what a team does may be on what it owns
		}
	}
}

// fillWeeks scores the closed weeks and counts the breached ones. Weeks with
// less than twice the effort that a score needs raise no alarm, and neither
// does what is only partly read.
func (e *Engine) fillWeeks(r *Report, weeks []*tally) (trend []Scope) {
	breached := make(map[string]int, len(e.declared.Alerts))
	for i, t := range weeks {
		s := e.score(t, false)
		r.Weeks, trend = append(r.Weeks, s.week(t)), append(trend, s)
		if i < len(weeks)-blocks || t.sum().PersonDays() < 2*e.declared.Privacy.MinPersonDays {
			continue
		}
		for name, limit := range e.declared.Alerts {
			if beyond(name, s.value(name), Number(limit)) {
				breached[name]++
			}
		}
	}
	if r.Partial {
		return trend
	}
	r.Breached = make(map[string]int)
	for name := range e.declared.Alerts {
		r.Breached[name] = breached[name]
	}
	return trend
}

// beyond reports whether a score is on the wrong side of its alert threshold.
func beyond(name string, value, limit Number) bool {
	if name == TopObjectivesEffort || name == EffortCoverage {
		return value < limit
	}
	return value > limit
}

// week tells of a scope that is a few days of the organisation. It holds no
// amounts: a window less its other weeks would tell of one that is withheld.
func (s *Scope) week(t *tally) WeekReport {
	w := WeekReport{
		Monday: Day(t.days.From), Status: s.Status, Coverage: s.value(EffortCoverage),
		Top: s.value(TopObjectivesEffort), Shadow: s.value(ShadowEffort),
		TopLower: Absent(), TopUpper: Absent(), ShadowLower: Absent(), ShadowUpper: Absent(),
	}
	if top := s.Score(TopObjectivesEffort); top != nil {
		w.TopLower, w.TopUpper = top.Lower, top.Upper
	}
	if shadow := s.Score(ShadowEffort); shadow != nil {
		w.ShadowLower, w.ShadowUpper = shadow.Lower, shadow.Upper
	}
	return w
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
