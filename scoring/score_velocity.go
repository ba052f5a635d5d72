package scoring

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/velocity"
)

// The names of the scores of decision velocity (score specification, section
// 4.4).
const (
	StopLatencyRestrictedMean     = "stop_latency_restricted_mean" // days
	StopLatencyLongRestrictedMean = "stop_latency_long_restricted_mean"
	StopLatencyMedian             = "stop_latency_median"
	StopTotalRestrictedMean       = "stop_total_latency_restricted_mean" // from the day the decision took effect
	StopTotalMedian               = "stop_total_latency_median"
	StopLatencyFollowUp           = "stop_latency_follow_up"
	AnnouncementLag               = "announcement_lag"
	ZombieEffort                  = "zombie_effort"
	ZombieWorkstreams             = "zombie_workstreams"
	LiveZombieWorkstreams         = "live_zombie_workstreams"
	StopResurrections             = "stop_resurrections"
)

const secondsPerDay = 24 * 60 * 60

// velocityScores is the group of section 4.4: how long work outlives the
// decision to stop it.
func velocityScores() scoreGroup {
	of := func(name, unit string, help string) latestFamily {
		f := latestFamily{score: name, of: ofOrganisation, unit: unit, work: true, help: help}
		if unit == "seconds" {
			f.scale = secondsPerDay
		}
		return f
	}
	median := of(StopLatencyMedian, "seconds",
		"Median time from a stop decision to the end of work, Kaplan-Meier over the decisions of the last year. Healthy up to 14 days, alarming above 28 (default; an article asks for kill sessions monthly). Sees the decisions that were declared, and is absent while more than half go on.")
	median.limits = "95 % confidence limit (Brookmeyer-Crowley)."
	total := of(StopTotalMedian, "seconds",
		"Median time from the day on which a stop decision took effect to the end of work: its announcement lag and the stop latency together. No reading is known beyond that of the stop latency. Depends on the dates that authors wrote down, and is absent while more than half go on.")
	total.limits = median.limits
	return scoreGroup{
		latest: []latestFamily{
			of(StopLatencyRestrictedMean, "seconds",
				"Mean time from a stop decision to the end of work, restricted to 28 days. Healthy up to 14 days, alarming from 22 (defaults, not benchmarks). Sees the decisions that were declared, and work in tickets and code only."),
			of(StopLatencyLongRestrictedMean, "seconds",
				"Mean time from a stop decision to the end of work, restricted to 90 days. A trend; no reading is known. Sees the decisions that were declared, and work in tickets and code only."),
			median,
			of(StopLatencyFollowUp, "seconds",
				"Lower bound of the median stop latency while more than half of the stopped workstreams go on: the longest time one was watched. Alarming above 28 days (default, not a benchmark). Sees the decisions that were declared, and is absent when the median is known."),
			of(AnnouncementLag, "seconds",
				"Median time for which stop decisions were in effect before they could be known. Healthy at 0; no reading is known beyond. Depends on the dates that authors wrote down."),
			of(StopTotalRestrictedMean, "seconds",
				"Mean time from the day on which a stop decision took effect to the end of work, restricted to 28 days. No reading is known beyond that of the stop latency. Depends on the dates that authors wrote down."),
			total,
			of(ZombieWorkstreams, "",
				"Workstreams that still go on more than 28 days after the decision to stop them. Healthy at 0 (default, not a benchmark). Cannot tell winding down from carrying on unless it is labelled wind_down."),
			of(LiveZombieWorkstreams, "",
				"Workstreams stopped more than 28 days ago that got more than 1 person-day in the last 14 days. Healthy at 0 (default, not a benchmark). Cannot tell winding down from carrying on unless it is labelled wind_down."),
			of(StopResurrections, "",
				"How often new work ended the quiet of a stopped workstream in the last year. Healthy at 0 (default); a pair to the stop latency, which alone could be gamed. Cannot tell why."),
		},
		score: (*evaluation).velocity,
		windowed: []scoreFamily{{ZombieEffort, "ratio", 1, false, false,
			"Share of effort on objectives that were stopped, after the grace period, 0 to 1. Healthy up to 0.02, alarming from 0.10 (defaults, not benchmarks). Winding down counts too."}},
		window: func(t *tally) []Score {
			return []Score{scoreOf(ZombieEffort, velocity.ZombieEffort(t.category[Stopped], t.sum()))}
		},
	}
}

func (v *evaluation) velocity() {
	judging := v.judging()
	decisions := append(v.stoppedObjectives(), v.excludedWork()...)
	stops := v.stops(decisions)
	v.report.Stops = v.clocks(decisions, stops)
	spells, left := judging.Spells(stops)
	latency := velocity.LatencyOf(spells)
	restricted := scoreOf(StopLatencyRestrictedMean, latency.Restricted28)
	restricted.Verdict = leftOut(len(stops), left)
	v.organisation(restricted)
	v.organisation(scoreOf(StopLatencyLongRestrictedMean, latency.Restricted90))
	v.organisation(scoreOf(StopLatencyMedian, latency.Median))
	v.organisation(plainScore(StopLatencyFollowUp, float64(latency.LongestFollowUp), latency.LongestFollowUp > 0,
		"the median is known, or nothing is"))
	v.organisation(scoreOf(AnnouncementLag, velocity.AnnouncementLag(spells)))
	total := velocity.LatencyOf(velocity.Total(spells))
	v.organisation(scoreOf(StopTotalRestrictedMean, total.Restricted28))
	v.organisation(scoreOf(StopTotalMedian, total.Median))
	all, live := velocity.Zombies(spells)
	if len(v.engine.kept.weeks) > 0 && left[velocity.BeforeData] > 0 {
		all = stat.Insufficient(all.N, "%d decisions to stop something reach into weeks that are collapsed", left[velocity.BeforeData])
		live = all
	}
	v.organisation(scoreOf(ZombieWorkstreams, all))
	v.organisation(scoreOf(LiveZombieWorkstreams, live))
	v.organisation(scoreOf(StopResurrections, velocity.Resurrections(spells)))
}

// judging says from when on spells can be followed: collapsed weeks do not tell
// who worked when.
func (v *evaluation) judging() velocity.Judging {
	return velocity.Judging{Now: v.day, DataFrom: v.engine.kept.from(v.dataFrom()), QuietDays: v.declared.Decisions.QuietDays}
}

// leftOut says how many decisions there were, and why some are no spells.
func leftOut(decisions int, left map[velocity.Why]int) string {
	parts := []string{fmt.Sprintf("stop decisions: %d", decisions)}
	whys := make([]velocity.Why, 0, len(left))
	for why := range left {
		if why != velocity.Counted {
			whys = append(whys, why)
		}
	}
	slices.Sort(whys)
	for _, why := range whys {
		parts = append(parts, fmt.Sprintf("%d %s", left[why], why))
	}
	return strings.Join(parts, "; ")
}

// A stopDecision is a decision to stop a workstream, with the works that make
// it up.
type stopDecision struct {
	objective                     string // its id, "" for other work
	item                          uint64 // its number, of other work
	effective, known, reactivated objective.Date
	works                         map[uint32]bool
}

// stops returns what is known of decisions.
func (v *evaluation) stops(decisions []stopDecision) []velocity.Stop {
	var list []velocity.Stop
	for _, d := range decisions {
		s := velocity.Stop{Effective: d.effective, Known: d.known, Reactivated: d.reactivated}
		start := s.Start()
		for work := range d.works {
			for _, no := range v.members(work) {
				windDown := v.engine.facts[no].is(markWindDown)
				v.present(uint32(no), func(p presenceDay) {
					if velocity.Touch(p.presence, windDown) {
						s.Touches = append(s.Touches, p.day)
					}
				})
			}
		}
		slices.Sort(s.Touches)
		s.Touches = slices.Compact(s.Touches)
		s.Before = v.spent(d.works, DateRange{start - velocity.LookBack, start - 1})
		s.Recent = v.spent(d.works, DateRange{v.day - velocity.RecentDays + 1, v.day})
		list = append(list, s)
	}
	return list
}

// mayCount reports whether a decision lies within the year that counts. What
// came of others is not looked up.
func (v *evaluation) mayCount(start objective.Date) bool {
	return start >= v.day-velocity.History && start <= v.day
}

// knownDay is the day on which an edit could be read, NoDate where nothing is
// known of that.
func knownDay(known time.Time) objective.Date {
	if known.IsZero() {
		return objective.NoDate
	}
	return objective.DateOf(known.UTC())
}

// stoppedObjectives lists the decisions to retire, deprioritise or pause an
// objective. One that was stopped already is not stopped again.
func (v *evaluation) stoppedObjectives() []stopDecision {
	var list []stopDecision
	for o := range v.declared.Set.Objectives {
		for _, d := range v.stopsOf(o) {
			start := max(d.effective, d.known)
			if !v.mayCount(start) {
				continue
			}
			d.works = make(map[uint32]bool)
			v.eachWork(start-velocity.LookBack, func(w *workSum) {
				if int(w.objective) == o {
					d.works[w.work] = true
				}
			})
			list = append(list, d)
		}
	}
	return list
}

// stopsOf lists the decisions to stop one objective.
func (v *evaluation) stopsOf(o int) []stopDecision {
	var list []stopDecision
	id := v.declared.Set.Objectives[o].ID
	open, stopped := -1, v.stoppedAtFirst(id) // open is the index of the decision that holds
	for _, edit := range v.edits {
		if edit.Objective != id || edit.Start() > v.day {
			continue
		}
		switch {
		case edit.Kind == objective.EditAdded:
			open, stopped = -1, edit.State != objective.Active
		case edit.Kind != objective.EditState:
		case edit.State == objective.Active:
			if open >= 0 {
				list[open].reactivated = edit.Start()
			}
			open, stopped = -1, false
		case !stopped:
			stopped = true
			if edit.State == objective.Achieved {
				continue // nothing was given up
			}
			list = append(list, stopDecision{objective: id, effective: edit.Effective, known: knownDay(edit.Known), reactivated: objective.NoDate})
			open = len(list) - 1
		}
	}
	return list
}

// stoppedAtFirst reports whether an objective was not active when it was first
// declared.
func (v *evaluation) stoppedAtFirst(id string) bool {
	first := v.history[0].Set.Objectives
	i := slices.IndexFunc(first, func(o objective.Objective) bool { return o.ID == id })
	return i >= 0 && first[i].Versions[0].State != objective.Active
}

// eachWork calls f for what was worked on in each week from that of a day on.
func (v *evaluation) eachWork(from objective.Date, f func(*workSum)) {
	for monday := max(from, v.dataFrom()).Monday(); monday <= v.day; monday += 7 {
		works := v.week(monday).works
		for i := range works {
			f(&works[i])
		}
	}
}
