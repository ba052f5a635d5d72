package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/focus"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of focus (score specification, section 4.8).
const (
	EffectiveWorkstreams = "effective_workstreams" // with _gamma, _alpha and _beta
	WorkstreamsRising    = "workstreams_rising"
	FocusHHI             = "focus_hhi"
	UnplannedWorkstreams = "unplanned_workstream_rate" // a week
	UnplannedEffort      = "unplanned_effort"
	WIPPerPerson         = "wip_per_person"
	ItemsTouched         = "items_touched_daily"
	ScatteredWork        = "scattered_work"
	ActiveObjectives     = "active_objectives"
	ParetoShare          = "pareto_share"
)

// wipDays is over how many days work in progress is told.
const wipDays = 7

// focusScores is the group of section 4.8: how many things are carried at a
// time, and how many of them nobody planned.
func focusScores() scoreGroup {
	const both = ofOrganisation | ofTeams
	const carried = "Effective number of workstreams of the last 28 days (exponential of Shannon's entropy of the effort): view gamma of the whole, alpha of the average person, beta the first over the second. Alpha is healthy up to 2, alarming from 3 (defaults; a study found fewer projects a day more productive). Depends on how work is cut: a workstream is an epic, else the topmost ticket, else the rest of a repository or channel."
	workstreams := func(view string) latestFamily {
		return latestFamily{score: EffectiveWorkstreams + "_" + view, of: both, metric: EffectiveWorkstreams, view: view, work: true, help: carried}
	}
	return scoreGroup{
		latest: []latestFamily{
			workstreams("gamma"), workstreams("alpha"), workstreams("beta"),
			{score: WorkstreamsRising, of: ofOrganisation, work: true,
				help: "1 when the last closed week's workstreams per person are at least a quarter above the median of the 26 weeks before, else 0. Alarming at 1 (default, not a benchmark). Needs 8 weeks with enough effort, and cannot tell a busy season from creep."},
			{score: FocusHHI, of: both, unit: "ratio", work: true,
				help: "Concentration of the effort of 28 days on workstreams, the sum of squared shares without bias, 0 to 1: 1 is one workstream. Higher is more focused; no reading is known. Depends on how work is cut into workstreams."},
			{score: UnplannedWorkstreams, of: both, limits: "90 % Garwood interval.", work: true,
				help: "Workstreams a week that began in the last 28 days on no active objective and got 2 person-days within 14 days. Healthy below 0.5, alarming from 2 (defaults, not benchmarks). Cannot see plans that nobody linked. One that rested for 3 years begins anew; a link that is made later is no plan where the source dates links, and is taken for one elsewhere."},
			{score: UnplannedEffort, of: both, unit: "ratio", work: true,
				help: "Share of the effort of 28 days on items that were made since and count for no active objective, 0 to 1; run work is never unplanned. No reading is known. Cannot see plans that nobody linked."},
			{score: WIPPerPerson, of: both, work: true,
				help: "Workstreams in progress that the member in the middle worked on in 7 days. No reading is known; less is more focused. Sees work in tickets, code and attributed threads only."},
			{score: ItemsTouched, of: both, work: true,
				help: "Items that a person touches on a day of work, on average over 28 days. No reading is known; fewer is more focused (a study found that productivity falls when many projects are touched on one day). Cannot tell a big item from a small one."},
			{score: ScatteredWork, of: both, unit: "ratio", limits: "90 % Wilson interval.", work: true,
				help: "Share of the days of work of 28 days on which a person touched 4 items or more, 0 to 1. A trend; no reading is known. Cannot tell a day of many small reviews from a scattered one."},
			{score: ActiveObjectives, of: ofTeams, work: true,
				help: "Active objectives that the team worked on in 28 days or is declared to take part in. Healthy up to 3, alarming above 5 (handbooks of objectives recommend at most 5). Sees declared objectives only."},
			{score: ParetoShare, of: both, unit: "ratio", work: true,
				help: "Share of the effort of 28 days on active objectives that goes to the most worked-on fifth of them, 0 to 1. No reading is known. With few objectives it is high by itself, and it sees declared objectives only."},
		},
		score: (*evaluation).focus,
	}
}

func (v *evaluation) focus() {
	all, org, teams := v.streamsOf()
	first := v.firstRows(all.rows, all.days.From)
	tell := func(s *streams, team int, hand func(Score)) {
		for _, score := range v.focusOf(s, team, first) {
			if s.status != OK {
				score = unavailable(score.Name, s.status, s.reason)
			}
			hand(score)
		}
	}
	tell(&org, -1, v.organisation)
	v.organisation(v.rising())
	for t := range teams {
		tell(&teams[t], t, func(score Score) { v.team(t, score) })
	}
}

// began is the first day of a workstream, and whether it was planned then.
type began struct {
	day     objective.Date
	planned bool
}

// firstRows returns when the workstreams began that were not worked on before.
func (v *evaluation) firstRows(rows []streamRow, before objective.Date) map[root]began {
	first, book := make(map[root]began), v.book()
	for i := range rows {
		r := &rows[i]
		if r.effort <= 0 || book.before(r.root, before) {
			continue
		}
		b, seen := first[r.root]
		on := r.category == OnObjective && v.linkedOn(r.work, r.day)
		switch {
		case !seen || r.day < b.day:
			b = began{r.day, on}
		case r.day == b.day:
			b.planned = b.planned || on
		}
		first[r.root] = b
	}
	return first
}

// focusOf returns the scores of the organisation, or of a team.
func (v *evaluation) focusOf(s *streams, team int, first map[root]began) []Score {
	carried, pieces := make([]focus.Carry, 0, len(s.rows)), make([]focus.Piece, 0, len(s.rows))
	mix := make(map[root]effort.Micro)
	on := make([]effort.Micro, len(v.declared.Set.Objectives))
	for i := range s.rows {
		r := &s.rows[i]
		carried = append(carried, focus.Carry{Person: int(r.person), Workstream: uint64(r.root), Effort: r.effort})
		mix[r.root] += r.effort
		created := v.engine.facts[r.work].created.day()
		pieces = append(pieces, focus.Piece{Effort: r.effort, Created: created, Objective: r.category == OnObjective, RunWork: r.category == RunWork})
		if r.category == OnObjective {
			on[r.objective] += r.effort
		}
	}
	d := focus.DiversityOf(carried, v.engine.accountsFor(s.people.headcount()))
	byRoot := make([]effort.Micro, 0, len(mix))
	for _, sum := range mix {
		byRoot = append(byRoot, sum)
	}
	var active []effort.Micro
	var has []bool
	for o := range on {
		if v.active(o) {
			active = append(active, on[o])
			has = append(has, on[o] > 0 || team >= 0 && slices.Contains(v.declared.Set.Objectives[o].Teams, v.declared.Teams[team].ID))
		}
	}
	unplanned := focus.UnplannedRate(s.workstreams(first), s.days.From, s.days.Until)
	if from := v.dataFrom(); from == objective.NoDate || from+warmUp > s.days.From {
		unplanned = tooEarly()
	}
	scores := []Score{
		scoreOf(EffectiveWorkstreams+"_gamma", d.Gamma),
		scoreOf(EffectiveWorkstreams+"_alpha", d.Alpha),
		scoreOf(EffectiveWorkstreams+"_beta", d.Beta),
		scoreOf(FocusHHI, focus.FocusOf(byRoot).Concentration),
		scoreOf(UnplannedWorkstreams, unplanned),
		scoreOf(UnplannedEffort, focus.UnplannedEffort(pieces, s.days.From)),
		scoreOf(WIPPerPerson, v.wip(s, team)),
		scoreOf(ParetoShare, focus.ParetoShare(active)),
	}
	touched, scattered := v.itemsPerDay(s)
	scores = append(scores, scoreOf(ItemsTouched, touched), scoreOf(ScatteredWork, scattered))
	if team >= 0 {
		scores = append(scores, scoreOf(ActiveObjectives, focus.ActiveObjectives(has)))
	}
	return scores
}

// workstreams lists what began with what these people did for it at first.
func (s *streams) workstreams(first map[root]began) []focus.Workstream {
	type started struct {
		early  effort.Micro
		people map[uint32]bool
	}
	got := make(map[root]*started, len(first))
	for i := range s.rows {
		r := &s.rows[i]
		b, fresh := first[r.root]
		if !fresh || r.effort <= 0 || r.day >= b.day+focus.EarlyDays {
			continue
		}
		if got[r.root] == nil {
			got[r.root] = &started{people: make(map[uint32]bool)}
		}
		got[r.root].early += r.effort
		got[r.root].people[r.person] = true
	}
	list := make([]focus.Workstream, 0, len(got))
	for root, g := range got {
		list = append(list, focus.Workstream{First: first[root].day, Planned: first[root].planned, Early: g.early, Members: len(g.people)})
	}
	return list
}

// itemsPerDay is about everybody who worked.
func (v *evaluation) itemsPerDay(s *streams) (mean, scattered stat.Estimate) {
	type personDay struct {
		person uint32
		day    objective.Date
	}
	touched := make(map[personDay]map[uint32]bool)
	people := make(map[uint32]bool)
	for i := range s.rows {
		r := &s.rows[i]
		at := personDay{r.person, r.day}
		if touched[at] == nil {
			touched[at] = make(map[uint32]bool)
		}
		touched[at][r.work], people[r.person] = true, true
	}
	days := make([]focus.PersonDay, 0, len(touched))
	for at, works := range touched {
		days = append(days, focus.PersonDay{Person: int(at.person), Items: len(works)})
	}
	var n headcount
	for no := range people {
		who := v.engine.contributor(no)
		n.add(&who)
	}
	return focus.ItemsPerDay(days, v.engine.accountsFor(n))
}

// wip is about the members on the last of the days.
func (v *evaluation) wip(s *streams, team int) stat.Estimate {
	week := DateRange{s.days.Until - wipDays + 1, s.days.Until}
	ended := make(map[root]bool)
	var touched []focus.Touched
	for i := range s.rows {
		r := &s.rows[i]
		if !in(week, r.day) {
			continue
		}
		over, known := ended[r.root]
		if !known {
			if no, item := r.root.item(); item {
				over = v.endedBy(no, s.days.Until)
			}
			ended[r.root] = over
		}
		if !over {
			touched = append(touched, focus.Touched{Person: int(r.person), Workstream: uint64(r.root)})
		}
	}
	members := v.wholeTeam(team, week, s)
	var n headcount
	for _, no := range members {
		who := v.engine.contributor(uint32(no))
		n.add(&who)
	}
	return focus.WIP(members, touched, v.engine.accountsFor(n))
}

// endedBy reports whether an item had ended by the end of a day.
func (v *evaluation) endedBy(no uint32, day objective.Date) (ended bool) {
	for _, m := range v.engine.movesFor(no) {
		if m.at.day() <= day {
			ended = m.to.ended()
		}
	}
	return ended
}

// rising compares the newest week with those before it.
func (v *evaluation) rising() Score {
	var alpha stat.Weekly
	org, _ := v.weekBlocks()
	for _, b := range org {
		if b.Alpha.OK() {
			alpha = append(alpha, stat.Point{Week: b.week, Value: b.Alpha.Value})
		}
	}
	risen, known := focus.Risen(alpha, stat.WeekOf(int(v.lastMonday())))
	if !known {
		return scoreOf(WorkstreamsRising, stat.Insufficient(len(alpha), "fewer than 8 weeks with enough effort before the last closed one, or too little in that"))
	}
	s := plainScore(WorkstreamsRising, 0, true, "")
	s.SampleSize = Number(len(alpha))
	if risen {
		s.Value = 1
	}
	return s
}
