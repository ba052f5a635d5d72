package scoring

import (
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// Besides the scores of the ledger, which every scope has in every window
// (scores.go), there are groups of scores that have one value as of the last
// closed day: of the organisation, of a team, of an objective. Each group is one
// file score_<name>.go with one function that returns its scoreGroup, and one
// line in scoreGroups. To add one:
//
//  1. List what it publishes in scoreGroup.latest, in the order of publication:
//     name, unit, what the limits are, and the help. The names of the metrics
//     follow from it: workdrift_<score>_<unit>, workdrift_team_…{work_team} and
//     workdrift_objective_…{objective}. The help is one sentence that says what
//     it is, one that says when it is healthy and when alarming and how good the
//     evidence for that is, and one that says what it cannot see.
//  2. Compute in scoreGroup.score. It reads an evaluation, which says what was
//     declared when, what is known of items, and what the weeks hold; it asks
//     for the estimates of its own package, which knows no events; and it hands
//     each over with evaluation.organisation, team or objective. What it does not
//     hand over is not told, and neither is why: hand over unknown estimates too.
//  3. A score that is a sum over a window belongs into scoreGroup.windowed and
//     scoreGroup.window instead: that has every window and team, with the rules
//     of privacy of the ledger.
//
// Everything must follow from the newest state of what is stored: no result may
// depend on the order in which changes came, on the numbers of items or persons,
// or on the order of a map. TestEngineFollowsThreeSources finds what does.
//
// Nothing after evaluation.day may count: use evaluation.asOf for now, and
// compare days of events with evaluation.day.
type scoreGroup struct {
	latest   []latestFamily
	score    func(*evaluation)
	windowed []scoreFamily
	window   func(*tally) []Score
}

// scoreGroups lists the groups in the order of publication.
func scoreGroups() []scoreGroup {
	return []scoreGroup{velocityScores(), confidenceScores(), outcomeScores()}
}

// A level is whose score it is.
type level uint8

const (
	ofOrganisation level = 1 << iota
	ofTeams
	ofObjectives
)

// A latestFamily is how a score without a window is exposed. The score's name
// is also its value in the label score.
type latestFamily struct {
	score string
	of    level
	// metric stands for score in the metric's name where several scores share
	// one, told apart by view, the value of the label view.
	metric, view string
	// states are what the score's verdict can be, where that is what it tells:
	// each is exposed as 1 or 0, told apart by the label.
	label  string
	states []string
	unit   string  // last part of the metric's name, "" for a plain count
	scale  float64 // from the score's unit to the metric's, 0 for 1
	limits string  // what Lower and Upper are; "" where they are not exposed
	// work is set where the score follows from who worked when. Such scores
	// are withheld with the effort of the scope.
	work bool
	help string
}

// An evaluation is what the scores as of one day are made from. Only report is
// written to, and only through its methods.
type evaluation struct {
	engine   *Engine
	declared *Declared
	report   *Report
	day      objective.Date // the last closed day
	asOf     time.Time      // its end, in UTC
	edits    []objective.Edit
	history  []objective.Loaded // as known by then, oldest first, never empty
	keep     objective.Date     // first day whose cells the windows need
	hidden   hidden
	scope    []delivery // by objective, nil before it is asked for; see deliveries
}

// hidden says why scores from work are withheld.
type hidden struct {
	organisation *Scope
	teams        []*Scope
}

// scoreLatest adds the scores without a window to a report whose windows are
// filled. Days from keep on are needed by windows.
func (e *Engine) scoreLatest(r *Report, day, keep objective.Date) {
	v := &evaluation{engine: e, declared: e.declared, report: r, day: day, asOf: (day + 1).Time(), keep: keep.Monday()}
	for _, edit := range e.edits {
		if edit.Known.Before(v.asOf) {
			v.edits = append(v.edits, edit)
		}
	}
	for _, l := range e.history {
		if l.Known.Before(v.asOf) {
			v.history = append(v.history, l)
		}
	}
	if len(v.history) == 0 {
		// Everything was declared later. What it says of earlier days is all
		// there is.
		v.history = []objective.Loaded{{Set: e.declared.Set}}
	}
	v.hide()
	for t := range e.declared.Teams {
		r.Teams = append(r.Teams, TeamReport{Team: e.declared.Teams[t].ID})
	}
	for _, g := range scoreGroups() {
		if g.score != nil {
			g.score(v)
		}
	}
	v.finish()
}

// hide finds out whose work may not be told: by the longest window, because
// what was done before is told with it.
func (v *evaluation) hide() {
	longest := -1
	for i, w := range v.report.Windows {
		if longest < 0 || w.From < v.report.Windows[longest].From {
			longest = i
		}
	}
	if longest < 0 {
		return
	}
	w := &v.report.Windows[longest]
	v.hidden.organisation = &w.Org
	for t := range w.Teams {
		v.hidden.teams = append(v.hidden.teams, &w.Teams[t])
	}
}

// finish withholds what must not be told and marks what is late.
func (v *evaluation) finish() {
	work := make(map[string]bool)
	for _, f := range latestFamilies() {
		work[f.score] = f.work
	}
	rule := func(list []Score, scope *Scope) {
		for i := range list {
			s := &list[i]
			switch {
			case scope != nil && scope.Status == SuppressedPrivacy && work[s.Name]:
				*s = unavailable(s.Name, scope.Status, scope.Reason)
			case s.Status == OK && (v.report.Partial || v.report.Day < v.report.Expected):
				s.Status, s.Reason = Stale, reasonStale
			}
		}
	}
	rule(v.report.Scores, v.hidden.organisation)
	for t := range v.report.Teams {
		var scope *Scope
		if t < len(v.hidden.teams) {
			scope = v.hidden.teams[t]
		}
		rule(v.report.Teams[t].Scores, scope)
	}
	for o := range v.report.Objectives {
		rule(v.report.Objectives[o].Scores, v.hidden.organisation)
	}
}

// organisation hands over a score of the organisation.
func (v *evaluation) organisation(s Score) { v.report.Scores = append(v.report.Scores, s) }

// team hands over a score of a team, by its number. Scores about people need at
// least Privacy.KPeople of them: that is for the group to see to.
func (v *evaluation) team(t int, s Score) {
	v.report.Teams[t].Scores = append(v.report.Teams[t].Scores, s)
}

// objective hands over a score of an objective, by its number.
func (v *evaluation) objective(o int, s Score) {
	v.report.Objectives[o].Scores = append(v.report.Objectives[o].Scores, s)
}

// scoreOf turns an estimate into a score. The limits are told where there are
// any, and the number of observations always.
func scoreOf(name string, e stat.Estimate) Score {
	s := unavailable(name, Status(e.Status), e.Reason)
	s.SampleSize = Number(e.N)
	if !e.OK() {
		return s
	}
	s.Value = Number(e.Value)
	if e.Bounded {
		s.Lower, s.Upper = Number(e.Lower), Number(e.Upper)
	}
	return s
}

// lastMonday is the Monday of the last closed week.
func (v *evaluation) lastMonday() objective.Date { return (v.day + 1).Monday() - 7 }

// week returns the sums of a closed week by its Monday.
func (v *evaluation) week(monday objective.Date) *weekSums { return v.engine.weekSums(monday, v.keep) }

// weekly returns a series over the last n closed weeks.
func (v *evaluation) weekly(n int, value func(*weekSums) float64) stat.Weekly {
	series := make(stat.Weekly, 0, n)
	for monday := v.lastMonday() - objective.Date(7*(n-1)); monday <= v.lastMonday(); monday += 7 {
		series = append(series, stat.Point{Week: stat.WeekOf(int(monday)), Value: value(v.week(monday))})
	}
	return series
}

// effortOf returns the weekly person-days on an objective.
func (v *evaluation) effortOf(o, weeks int) stat.Weekly {
	return v.weekly(weeks, func(s *weekSums) float64 { return s.on[o].PersonDays() })
}

// at returns what holds about an objective on the day.
func (v *evaluation) at(o int) objective.Version { return v.declared.Set.Objectives[o].At(v.day) }

// active reports whether an objective is active on the day.
func (v *evaluation) active(o int) bool {
	return v.at(o).State == objective.Active && v.declared.Set.Objectives[o].Start <= v.day
}

// number returns the number of an objective by its id, -1 when there is none.
func (v *evaluation) number(id string) int {
	for i := range v.declared.Set.Objectives {
		if v.declared.Set.Objectives[i].ID == id {
			return i
		}
	}
	return -1
}

// teamNumber returns the number of a team by its id, -1 when there is none.
func (v *evaluation) teamNumber(id string) int {
	for i := range v.declared.Teams {
		if v.declared.Teams[i].ID == id {
			return i
		}
	}
	return -1
}

// objectivesOf returns what an item counts for, none where that is no objective.
func (v *evaluation) objectivesOf(no uint32) []int {
	var list []int
	for _, s := range v.engine.graph.Of(uint64(no)).Shares {
		list = append(list, s.Objective)
	}
	return list
}

// A presenceDay is a day on which a person was present at an item.
type presenceDay struct {
	person   uint32 // private; the number means nothing outside
	day      objective.Date
	minute   int // from the person's local midnight
	presence effort.Presence
}

// present calls f for every presence of a person at an item up to the day, in
// the person's own time. Machines have none. The order means nothing.
func (v *evaluation) present(no uint32, f func(presenceDay)) {
	e := v.engine
	touches := e.items[no].touches
	for i := range touches {
		t := &touches[i]
		a := &e.actors[t.actor]
		if t.machine || a.machine {
			continue
		}
		if day, minute := e.people.localDate(a.person, t.at()); day <= v.day {
			f(presenceDay{a.person, day, minute, t.presence})
		}
	}
}

// members lists the items of a work.
func (v *evaluation) members(work uint32) []uint64 { return v.engine.graph.Members(uint64(work)) }

// spent adds up the effort on works in a range of days.
func (v *evaluation) spent(works map[uint32]bool, days DateRange) (sum effort.Micro) {
	e := v.engine
	type personMonday struct {
		person uint32
		monday objective.Date
	}
	seen := make(map[personMonday]bool)
	look := func(person uint32, monday objective.Date) {
		at := personMonday{person, monday}
		if monday+6 < days.From || monday > days.Until || e.kept.from(monday) > monday || seen[at] {
			return
		}
		seen[at] = true
		w := e.lines[person].at(monday)
		if w == nil {
			return
		}
		for _, c := range e.cells(w) {
			if works[c.work] && in(days, monday+objective.Date(c.day)) {
				sum += effort.Micro(c.micros[e.declared.Effort.Model])
			}
		}
	}
	e.keptParts(days, func(work uint32, p *placement) bool {
		if works[work] {
			sum += p.micros[e.declared.Effort.Model]
		}
		return true
	})
	for work := range works {
		for _, no := range v.members(work) {
			for person, monday := range e.weeksOf(e.items[no].touches) {
				look(person, monday)
			}
			for _, l := range e.logs[uint32(no)] {
				if a := &e.actors[l.actor]; !l.machine && !a.machine {
					for monday := days.From.Monday(); monday <= days.Until; monday += 7 {
						look(a.person, monday)
					}
				}
			}
		}
	}
	return sum
}

// dataFrom is the first day of the data, NoDate without any.
func (v *evaluation) dataFrom() objective.Date {
	first := objective.NoDate
	if kept := v.engine.kept.weeks; len(kept) > 0 {
		first = kept[0].Monday
	}
	for i := range v.engine.lines {
		l := &v.engine.lines[i]
		for k, w := range l.weeks {
			if w == nil {
				continue
			}
			if monday := l.first + objective.Date(7*k); first == objective.NoDate || monday < first {
				first = monday
			}
			break
		}
	}
	return first
}

// personKey names the person behind an identity the same way in every engine.
// It is private.
func (v *evaluation) personKey(actor string) string {
	p := v.engine.people
	if no, ok := p.byActor[actor]; ok {
		return p.list[no].key
	}
	return "actor:" + actor
}

// meant returns the objective that a check-in names: by its id, or by a key of
// work that counts for exactly one. -1 when it names none.
func (v *evaluation) meant(name string) int {
	if o := v.number(name); o >= 0 {
		return o
	}
	found := -1
	for _, no := range v.engine.graph.Find(name) {
		a := v.engine.graph.Of(no)
		if len(a.Shares) != 1 || found >= 0 && found != a.Shares[0].Objective {
			return -1
		}
		found = a.Shares[0].Objective
	}
	if found < 0 {
		found = v.standsFor(name)
	}
	return found
}

// standsFor returns the objective that declares a key as its own, whether
// anything stored has it or not.
func (v *evaluation) standsFor(key string) int {
	for i := range v.declared.Set.Objectives {
		for _, k := range v.declared.Set.Objectives[i].Keys {
			if strings.EqualFold(k, key) {
				return i
			}
		}
	}
	return -1
}

// eachCheckIn calls f for every check-in of a person up to the day, with the
// objective it names. The order means nothing.
func (v *evaluation) eachCheckIn(f func(o int, c checkIn)) {
	for _, list := range v.engine.rare.checkIns {
		for _, c := range list {
			if c.machine || v.engine.people.machines[c.actor] || !c.at.Before(v.asOf) {
				continue
			}
			if o := v.meant(c.objective); o >= 0 {
				f(o, c)
			}
		}
	}
}
