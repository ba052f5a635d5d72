package scoring

import (
	"cmp"
	"slices"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of the phases (score specification, section 4.10).
// Those of an indicator and of its latch end in its phase.
const (
	DriftPhase      = "drift_phase"
	DriftPhaseStart = "drift_phase_start_timestamp" // Unix seconds
	DriftIndicator  = "drift_indicator"
	DriftLatch      = "drift_latch"
)

// indicators are the phases of the indicators, by their numbers.
func indicators() [phase.Indicators]phase.Phase {
	return [phase.Indicators]phase.Phase{phase.F: phase.FocusCreep, phase.V: phase.VocabularyGap, phase.G: phase.TotalDecoupling}
}

// phaseScores is the group of section 4.10: how far apart work and strategy
// are, told with a memory that no single week moves.
func phaseScores() scoreGroup {
	group := scoreGroup{
		latest: []latestFamily{
			{score: DriftPhase, of: ofOrganisation | ofTeams, label: "phase", work: true, states: phaseNames(),
				help: "1 for the current drift phase, 0 for the others. Healthy while aligned; the thresholds are defaults, chosen by simulation to latch falsely in 2 % of years. Replayed from the closed ISO weeks that still have persons (privacy.ledger_retention_days); unknown once what decides was not measured for 4 weeks. Cannot see what its three indicators do not."},
			{score: DriftPhaseStart, of: ofOrganisation | ofTeams, unit: "seconds", work: true,
				help: "Unix time at which the current drift phase began: the end of the ISO week that decided it. No reading is known: long phases are no worse than short ones by themselves. Cannot see before the first week with persons."},
		},
		score: (*evaluation).phases,
	}
	for i, p := range indicators() {
		group.latest = append(group.latest,
			latestFamily{score: DriftIndicator + "_" + string(p), of: ofOrganisation, metric: DriftIndicator, view: string(p), unit: "ratio", work: i == phase.F,
				limits: "what the limits of its parts give.",
				help:   "Indicator of the phase in the label view in the last closed ISO week, 0 to 1. Alarming from 0.5, healthy up to 0.3, of total decoupling 0.25 (defaults, not benchmarks). Looks at one week, and is absent where that has too little to measure it."})
	}
	for i, p := range indicators() {
		group.latest = append(group.latest,
			latestFamily{score: DriftLatch + "_" + string(p), of: ofOrganisation, metric: DriftLatch, view: string(p), work: i == phase.F,
				help: "1 while the phase in the label view is latched, whatever phase is told, else 0: from 3 of 4 weeks at its threshold until 4 of 4 are low. Healthy at 0 (default). Cannot see weeks without enough to measure: it holds what it knows."})
	}
	return group
}

// phaseNames are what a phase can be.
func phaseNames() []string {
	return []string{string(phase.Aligned), string(phase.FocusCreep), string(phase.VocabularyGap), string(phase.TotalDecoupling), string(phase.Unknown)}
}

func (v *evaluation) phases() {
	whole, tracks := v.replay()
	for _, s := range whole.scores() {
		v.organisation(v.dated(whole, s))
	}
	v.report.Phase = whole.report()
	for t := range tracks {
		for _, s := range tracks[t].scores()[:2] { // the rest is told of the organisation only
			v.team(t, v.dated(tracks[t], s))
		}
		v.report.Teams[t].Phase = tracks[t].report()
	}
}

// dated withholds when a phase began where collapsed weeks, which are not gone
// through, may have been in it: where it is the first that is known.
func (v *evaluation) dated(k *phaseTrack, s Score) Score {
	n := len(k.changes)
	if s.Name != DriftPhaseStart || v.engine.kept.first() == objective.NoDate || n > 0 && k.changes[n-1].From != "" && k.changes[n-1].From != string(phase.Unknown) {
		return s
	}
	return unavailable(DriftPhaseStart, InsufficientData, "the phase may have begun in weeks that are collapsed")
}

// replay goes through the weeks of the organisation and of each team.
func (v *evaluation) replay() (whole *phaseTrack, tracks []*phaseTrack) {
	if v.tracks != nil {
		return v.tracks[0], v.tracks[1:]
	}
	v.tracks = make([]*phaseTrack, 1+len(v.declared.Teams))
	for i := range v.tracks {
		v.tracks[i] = &phaseTrack{}
	}
	whole, tracks = v.tracks[0], v.tracks[1:]
	org, teams := v.weekBlocks()
	stands := v.standing(len(org))
	for i := range org {
		all := stands.at(org[i].week)
		whole.next(org[i].week, org[i].Creep, [phase.Indicators]stat.Estimate{
			phase.F: phase.CreepOf(org[i].Creep), phase.V: v.vocabularyIn(-1, org[i].week), phase.G: decouplingOf(all, nil),
		}, v.overridden("", org[i].week))
		for t := range tracks {
			b := &teams[t][i]
			tracks[t].next(b.week, b.Creep, [phase.Indicators]stat.Estimate{
				phase.F: phase.CreepOf(b.Creep), phase.V: v.vocabularyIn(t, b.week), phase.G: decouplingOf(all, v.takesPart(t)),
			}, v.overridden(v.declared.Teams[t].ID, b.week))
		}
	}
	return whole, tracks
}

// vocabularyIn is indicator V of the organisation (team -1) or of a team in one
// week: phase.VocabularyOf the pairs whose words were compared over the 91 days
// that end with it. Words are kept for the ends of the last 8 closed weeks. In
// earlier ones it is missing, which holds the latch: a gap that was latched
// before them and has since been between both thresholds is not told.
func (v *evaluation) vocabularyIn(team, week int) stat.Estimate {
	v.wordPairs()
	block := stat.WeekOf(int(v.lastMonday())) - week
	if block < 0 || block >= wordBlocks {
		return stat.Insufficient(0, "words are compared at the ends of the last %d closed weeks", wordBlocks)
	}
	var pairs []phase.Pair
	for i := range v.pastWords[block] {
		if p := &v.pastWords[block][i]; team < 0 || p.team == team {
			pairs = append(pairs, p.Pair)
		}
	}
	return phase.VocabularyOf(pairs)
}

// overridden returns the phase that a human declared for the organisation (team
// "") or a team in a week, "" for none. A declaration counts from the week in
// which it was known, and goes on to count when it is taken out again: it is an
// event, and no edit. Of several in one week the last one counts.
func (v *evaluation) overridden(team string, week int) phase.Phase {
	type event struct {
		on   objective.Date
		load int
		said string
	}
	var last *event
	for i, l := range v.history {
		for _, o := range l.Set.Phases {
			on := o.On
			if i > 0 {
				if slices.Contains(v.history[i-1].Set.Phases, o) {
					continue
				}
				on = max(on, objective.DateOf(l.Known.UTC()))
			}
			if o.Team != team || stat.WeekOf(int(on)) != week {
				continue
			}
			if last == nil || cmp.Or(cmp.Compare(last.on, on), cmp.Compare(last.load, i), cmp.Compare(last.said, o.Phase)) <= 0 {
				last = &event{on, i, o.Phase}
			}
		}
	}
	if last == nil {
		return ""
	}
	return phase.Phase(last.said)
}

// dayOfWeek returns the Monday of a week that is numbered as stat.WeekOf does.
func dayOfWeek(week int) objective.Date {
	monday := objective.Date(0).Monday()
	return monday + objective.Date(7*(week-stat.WeekOf(int(monday))))
}
