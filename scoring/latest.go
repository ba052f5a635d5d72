package scoring

import (
	"time"

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
	latest []latestFamily
	score  func(*evaluation)
	// after runs when all scores are there and what must not be told is
	// withheld: it may read the report, and must tell nothing that is not in it.
	after    func(*evaluation)
	windowed []scoreFamily
	window   func(*tally) []Score
}

// scoreGroups lists the groups in the order of publication.
func scoreGroups() []scoreGroup {
	return []scoreGroup{velocityScores(), confidenceScores(), outcomeScores(), consensusScores(), structureScores(), cadenceScores(), focusScores(), phaseScores(), coherenceScores(), vocabularyScores(), debtScores(), humanScores(), attributionScores(), textScores(), shiftScores(), profileScores()}
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
	as           string // what the label of view is called, "" for view
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
	// Of the levels of sparse what is not 0 is exposed only, and not why it is
	// missing: most series would be zeros. Of those of untold it is in the report,
	// and no metric.
	sparse, untold level
	help           string
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
	scope    []delivery    // by objective, nil before it is asked for; see deliveries
	tickets  [][]uint32    // by objective, likewise; see scopeOf
	beneath  *below        // see below
	streams  []streams     // see streamsOf
	booked   bool          // the blocks are up to date, see book
	tracks   []*phaseTrack // see replay
	outputs  []stat.Weekly // by objective, see output
	// How check-ins may name objectives, nil before it is asked for.
	named, keyed map[string]int
	reporters    map[string]contributor  // by confidence.Report.Person, see reports
	claimed      []claim                 // see claims
	trend        []Scope                 // of the weeks of the report
	given        map[weekOf]stat.Weekly  // see watch
	enoughIn     map[objective.Date]bool // by Monday, see watchable
	words        []wordPair              // see wordPairs
	wordsRead    bool
	pastWords    [wordBlocks][]saidBy // at the ends of the last closed weeks, newest first
}

// hidden says why scores from work are withheld.
type hidden struct {
	organisation *Scope
	teams        []*Scope
}

// scoreLatest adds the scores without a window to a report whose windows are
// filled. Days from keep on are needed by windows; trend are the weeks.
func (e *Engine) scoreLatest(r *Report, day, keep objective.Date, trend []Scope) {
	v := &evaluation{engine: e, declared: e.declared, report: r, day: day, asOf: (day + 1).Time(), keep: keep.Monday(), trend: trend}
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
	for _, g := range e.scored {
		if g.score != nil {
			g.score(v)
		}
	}
	v.withdraw()
	v.finish()
	v.teamWeeks()
	for _, g := range e.scored {
		if g.after != nil {
			g.after(v)
		}
	}
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
	withheld := func(scope *Scope) bool { return scope != nil && scope.Status == SuppressedPrivacy }
	if withheld(v.hidden.organisation) {
		v.report.Phase, v.report.Stops = nil, nil
	}
	rule(v.report.Scores, v.hidden.organisation)
	for t := range v.report.Teams {
		var scope *Scope
		if t < len(v.hidden.teams) {
			scope = v.hidden.teams[t]
		}
		if withheld(scope) {
			v.report.Teams[t].Phase = nil
		}
		rule(v.report.Teams[t].Scores, scope)
	}
	for o := range v.report.Objectives {
		if withheld(v.hidden.organisation) {
			v.report.Objectives[o].Progress = nil
		}
		rule(v.report.Objectives[o].Scores, v.hidden.organisation)
	}
}

// organisation hands over a score of the organisation.
func (v *evaluation) organisation(s Score) {
	v.report.Scores = append(v.report.Scores, s)
}

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
