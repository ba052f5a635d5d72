package scoring

import (
	"cmp"
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring/consensus"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of decisions (score specification, section 4.6), and
// of the same about ordinary changes.
const (
	ConsensusTrap        = "consensus_trap"
	TimeToDecision       = "time_to_decision" // hours
	TimeToDecisionAtBest = "time_to_decision_follow_up"
	DecisionDebt         = "decision_debt" // seconds
	OpenDecisions        = "open_decisions"
	OldDecisions         = "old_decisions"
	DecisionPeople       = "decision_participants"
	DecisionRounds       = "decision_rounds"
	DecisionDuration     = "decision_duration" // hours
	ChangeTrap           = "change_consensus_trap"
	TimeToChange         = "time_to_change" // hours
	ChangeDebt           = "change_debt"    // seconds
)

// changeDays is over how many days ordinary changes are told. There are many
// more of them than decisions.
const changeDays = 28

// lazyConsensus is how long a thread must be quiet for what was said to hold.
const lazyConsensus = 72 * time.Hour

// consensusScores is the group of section 4.6: decisions that cost more
// agreement than they are worth.
func consensusScores() scoreGroup {
	const both = ofOrganisation | ofTeams
	const trap = "Share of decisions of the last 26 weeks (view decision), or of ordinary changes of the last 28 days (view change), in the consensus trap: two of 8 people or more, 4 rounds or more, longer than 72 hours and twice the team's median. Healthy up to 0.10, alarming from 0.30 (defaults, not benchmarks). Sees what is written down, no meetings."
	const took = "Median time to a decision of the last 26 weeks (view decision), or to the end of an ordinary change of the last 28 days (view change), Kaplan-Meier with the open ones. Alarming above 2 weeks for decisions (default, not a benchmark). Nights and holidays count too."
	const debt = "Ages of all open decisions (view decision), or open ordinary changes (view change), together. A trend; no reading is known. What nobody closes goes on counting."
	of := func(name, help string) latestFamily { return latestFamily{score: name, of: ofOrganisation, help: help} }
	duration := of(DecisionDuration, "Time that the decision in the middle took or has taken so far, of the last 26 weeks. No reading is known; workdrift_time_to_decision_seconds accounts for the open ones. Nights and holidays count too.")
	duration.unit, duration.scale = "seconds", secondsPerHour
	atBest := of(TimeToDecisionAtBest, "Lower bound of the median time to a decision while more than half of the decisions are open longer: the longest time one was watched. Alarming above 2 weeks for decisions (default, not a benchmark). Nights and holidays count too; absent when the median is known.")
	atBest.unit, atBest.scale = "seconds", secondsPerHour
	return scoreGroup{
		latest: []latestFamily{
			{score: ConsensusTrap, of: both, metric: ConsensusTrap, view: "decision", unit: "ratio", limits: "90 % Wilson interval.", help: trap},
			{score: ChangeTrap, of: both, metric: ConsensusTrap, view: "change", unit: "ratio", limits: "90 % Wilson interval.", help: trap},
			{score: TimeToDecision, of: both, metric: TimeToDecision, view: "decision", unit: "seconds", scale: secondsPerHour,
				limits: "95 % confidence limit (Brookmeyer-Crowley).", help: took},
			{score: TimeToChange, of: both, metric: TimeToDecision, view: "change", unit: "seconds", scale: secondsPerHour,
				limits: "95 % confidence limit (Brookmeyer-Crowley).", help: took},
			{score: DecisionDebt, of: both, metric: DecisionDebt, view: "decision", unit: "seconds", help: debt},
			{score: ChangeDebt, of: both, metric: DecisionDebt, view: "change", unit: "seconds", help: debt},
			atBest,
			of(OpenDecisions, "Decisions that are not taken. No reading is known. A thread counts as decided once it is quiet for 72 hours."),
			of(OldDecisions, "Decisions that have been open for more than 30 days. Healthy at 0 (default, not a benchmark). Cannot tell the forgotten from the disputed."),
			of(DecisionPeople, "People who wrote in the decision in the middle, of the last 26 weeks. Alarming from 8 (a trade book's rule of seven, whose method is not public). Sees what is written down, no meetings."),
			of(DecisionRounds, "Rounds of review in the decision in the middle, of the last 26 weeks. Alarming from 4 (default, not a benchmark). Sees reviews of changes only."),
			duration,
		},
		score: (*evaluation).consensus,
	}
}

const secondsPerHour = 60 * 60

// deciding is the decisions of one kind, each with the others of its team: a
// team's slowness is judged by its own past. The last group has no team.
type deciding struct {
	byTeam [][]consensus.Decision
	since  time.Time // from when on decisions are told of
}

func (v *evaluation) consensus() {
	decisions := deciding{make([][]consensus.Decision, len(v.declared.Teams)+1), v.asOf.Add(-consensus.Trailing)}
	changes := deciding{make([][]consensus.Decision, len(v.declared.Teams)+1), v.asOf.AddDate(0, 0, -changeDays)}
	for no := range v.engine.facts {
		f := &v.engine.facts[no]
		if f.is(markGone) || v.engine.items[no].work != uint32(no) || f.created != noMinute && f.created.day() > v.day {
			continue
		}
		switch {
		case f.is(markDecision):
			v.decide(&decisions, uint32(no))
		case f.kind == kindChange && !f.is(markMachine):
			v.decide(&changes, uint32(no))
		}
	}
	all, judged := v.tellDecisions(&decisions, ConsensusTrap, TimeToDecision, DecisionDebt)
	ended, _ := v.tellDecisions(&changes, ChangeTrap, TimeToChange, ChangeDebt)
	v.watchChanges(ended, changes.since.Add(-consensus.Trailing))

	debt := consensus.DebtOf(all, v.asOf)
	v.organisation(plainScore(OpenDecisions, float64(debt.Open), true, ""))
	v.organisation(plainScore(OldDecisions, float64(debt.Old), true, ""))
	least := consensus.LatencyOf(decisions.opened(all), v.asOf).AtLeast
	v.organisation(plainScore(TimeToDecisionAtBest, least, least > 0, "the median is known, or there are no decisions"))
	typical, ok := consensus.TypicalOf(judged, v.asOf)
	for _, s := range []Score{
		plainScore(DecisionPeople, typical.Participants, ok, "no decisions"),
		plainScore(DecisionRounds, typical.Rounds, ok, "no decisions"),
		plainScore(DecisionDuration, typical.Hours, ok, "no decisions"),
	} {
		s.SampleSize = Number(len(judged))
		v.organisation(s)
	}
}

// watchChanges hands over how long the changes took that ended in each week, from
// a time on.
func (v *evaluation) watchChanges(changes []consensus.Decision, from time.Time) {
	hours := make(map[objective.Date][]float64) // by Monday
	for _, c := range changes {
		if took, ended := c.Took(v.asOf); ended {
			monday := objective.DateOf(c.Closed.UTC()).Monday()
			hours[monday] = append(hours[monday], took.Hours())
		}
	}
	v.watchWeeks(TimeToChange, func(monday objective.Date) stat.Estimate {
		n := len(hours[monday])
		if n < watchedItems || monday.Time().Before(from) {
			return stat.Insufficient(n, "%d of at least %d changes ended", n, watchedItems)
		}
		return stat.Known(stat.Median(hours[monday]), n)
	})
}

// tellDecisions hands over what is told of decisions and of changes alike, and
// returns the decisions of all teams.
func (v *evaluation) tellDecisions(d *deciding, trap, took, debt string) (all []consensus.Decision, judged []consensus.Judged) {
	scores := func(list []consensus.Decision, judged []consensus.Judged) []Score {
		return []Score{
			scoreOf(trap, consensus.TrapRatio(judged)),
			scoreOf(took, consensus.LatencyOf(d.opened(list), v.asOf).Median),
			plainScore(debt, consensus.DebtOf(list, v.asOf).Seconds, true, ""),
		}
	}
	for t, list := range d.byTeam {
		own := consensus.Judge(list, d.since, v.asOf)
		all, judged = append(all, list...), append(judged, own...)
		if t == len(v.declared.Teams) {
			continue
		}
		for _, s := range scores(list, own) {
			if k := v.declared.Privacy.KPeople; v.membersOf(t) < k {
				s = unavailable(s.Name, SuppressedPrivacy, "a team of too few people (privacy.k_people)")
			}
			v.team(t, s)
		}
	}
	for _, s := range scores(all, judged) {
		v.organisation(s)
	}
	return all, judged
}

// opened returns the decisions that were opened in the time that is told of.
func (d *deciding) opened(list []consensus.Decision) []consensus.Decision {
	var opened []consensus.Decision
	for _, one := range list {
		if !one.Opened.Before(d.since) {
			opened = append(opened, one)
		}
	}
	return opened
}

// membersOf counts the people in a team on the day, as many as they are at
// least.
func (v *evaluation) membersOf(team int) int {
	var n headcount
	for p := range v.engine.people.list {
		if slices.ContainsFunc(v.engine.people.list[p].memberships, func(m membership) bool {
			return m.team == team && m.from <= v.day && v.day <= m.until
		}) {
			who := v.engine.contributor(uint32(p))
			n.add(&who)
		}
	}
	return n.people()
}

// decide adds an item to the decisions of its team. What ended too long ago to
// be told of, or to be in a median, is left out.
func (v *evaluation) decide(d *deciding, no uint32) {
	oldest := d.since.Add(-consensus.Trailing)
	if f := &v.engine.facts[no]; f.status.ended() && f.closed != noMinute && f.closed < minuteOf(oldest) && v.engine.rare.moves[no] == nil {
		return
	}
	spans := consensus.Join(v.spans(no))
	for i, s := range spans {
		if !s.Closed.IsZero() && s.Closed.Before(oldest) {
			continue
		}
		one := consensus.Decision{Span: s}
		if s.Closed.IsZero() || !s.Closed.Before(d.since) {
			until, after := v.asOf, time.Time{}
			if !s.Closed.IsZero() {
				until = s.Closed
			}
			if i > 0 {
				after = spans[i-1].Closed
			}
			one.Talk = consensus.TalkOf(v.acts(no, after, until))
		}
		t := v.teamOf(no, objective.DateOf(s.Opened.UTC()))
		d.byTeam[t] = append(d.byTeam[t], one)
	}
}

// spans lists when an item was open. A thread has no state: what is said holds
// once nobody has objected for as long as lazy consensus asks.
func (v *evaluation) spans(no uint32) []consensus.Span {
	f := &v.engine.facts[no]
	if f.kind == kindDiscussion {
		return v.quietSpans(no)
	}
	opened := f.created
	if opened == noMinute {
		opened = v.firstTouch(no)
	}
	if opened == noMinute || !opened.time().Before(v.asOf) {
		return nil
	}
	spans := []consensus.Span{{Opened: opened.time()}}
	for _, m := range v.engine.movesFor(no) {
		switch last := &spans[len(spans)-1]; {
		case m.at == noMinute:
			return nil // it ended, or was opened again, nobody knows when
		case !m.at.time().Before(v.asOf):
			return spans
		case m.to == statusDoing:
			spans = append(spans, consensus.Span{Opened: m.at.time()})
		default:
			last.Closed = m.at.time()
		}
	}
	return spans
}

func (v *evaluation) quietSpans(no uint32) []consensus.Span {
	var spans []consensus.Span
	for _, t := range v.engine.items[no].touches {
		if at := minute(t.minute).time(); at.Before(v.asOf) && !v.automatic(&t) {
			spans = append(spans, consensus.Span{Opened: at, Closed: at})
		}
	}
	slices.SortFunc(spans, func(a, b consensus.Span) int { return a.Opened.Compare(b.Opened) })
	if n := len(spans); n > 0 && v.asOf.Sub(spans[n-1].Closed) < lazyConsensus {
		spans[n-1].Closed = time.Time{}
	}
	return spans
}

func (v *evaluation) automatic(t *touch) bool { return t.machine || v.engine.actors[t.actor].machine }

func (v *evaluation) firstTouch(no uint32) minute {
	first := noMinute
	for _, t := range v.engine.items[no].touches {
		if at := minute(t.minute); first == noMinute || at < first {
			first = at
		}
	}
	return first
}

// acts lists what was done to an item, and to the commits that are part of it,
// after a time and up to another.
func (v *evaluation) acts(no uint32, after, until time.Time) []consensus.Act {
	var acts []consensus.Act
	for _, part := range v.members(no) {
		for _, t := range v.engine.items[part].touches {
			at := minute(t.minute).time()
			if !at.After(after) && !after.IsZero() || at.After(until) || !at.Before(v.asOf) {
				continue
			}
			act := consensus.Act{Actor: v.engine.people.list[v.engine.actors[t.actor].person].key, At: at, Automatic: v.automatic(&t)}
			for _, is := range []struct {
				presence effort.Presence
				kind     consensus.ActKind
			}{{effort.Code, consensus.Push}, {effort.Review, consensus.Review}, {effort.Ticket | effort.Discussion, consensus.Message}} {
				if act.Kind = is.kind; t.presence&is.presence != 0 {
					acts = append(acts, act)
				}
			}
		}
	}
	return acts
}

// teamOf returns the number of the team of the person who opened an item, or
// who was the first to write in it, on a day: of several, that which has most
// of the person. The number of teams stands for none.
func (v *evaluation) teamOf(no uint32, day objective.Date) int {
	e := v.engine
	who, first := -1, noMinute
	if c := e.facts[no].creator; c > 0 && !e.actors[c-1].machine {
		who = int(e.actors[c-1].person)
	} else {
		for _, t := range e.items[no].touches {
			p := int(e.actors[t.actor].person)
			switch at := minute(t.minute); {
			case v.automatic(&t):
			case who < 0 || cmp.Or(cmp.Compare(at, first), cmp.Compare(e.people.list[p].key, e.people.list[who].key)) < 0:
				who, first = p, at
			}
		}
	}
	if who < 0 {
		return len(v.declared.Teams)
	}
	return v.homeTeam(uint32(who), day)
}
