package scoring

import (
	"fmt"
	"math"

	"github.com/workdrift/workdrift/scoring/profile"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The names of the scores of the profile (score specification, section 4.14).
// Those of a dimension end in its score, those of a team's place begin with it.
const (
	DriftProfile         = "drift_profile"
	DriftIndex           = "drift_index"
	DriftIndexLeast      = "drift_index_least"
	DriftIndexMost       = "drift_index_most"
	DriftIndexArithmetic = "drift_index_arithmetic"
	DriftIndexWorst      = "drift_index_worst_two"
	DriftIndexCoverage   = "drift_index_coverage"
	DriftIndexDominant   = "drift_index_dominant"

	shrunk         = "_shrunk"
	funnel         = "_funnel"
	insideFunnel   = "inside"
	outsideFunnel  = "outside_95"
	outsideFunnels = "outside_998"
)

// profileWindow is the window of the dimensions that have one.
const profileWindow = "28d"

// placedShares are the shares that teams are compared by.
func placedShares() []string { return []string{TopObjectivesEffort, ShadowEffort} }

// profileScores is the group of section 4.14: all other scores side by side,
// each as bad as it is, and where it is turned on what they come to.
func profileScores() scoreGroup {
	const side = "How bad the score in the label dimension reads, 0 to 1: healthy at 0, up to its good reading, and alarming at 1, from its bad one, straight between (profile.dimensions; defaults, not benchmarks). Objectives count by rank. Dimensions without a value are absent, and cannot tell what their score cannot see; read each with its own past."
	var g scoreGroup
	var names []string
	for _, d := range profiledScores() {
		names = append(names, d.Name)
		g.latest = append(g.latest, latestFamily{score: DriftProfile + "_" + d.Name, of: d.of, metric: DriftProfile, view: d.Name, as: "dimension",
			limits: "what the limits of the score give, of a share of the effort its sampling interval.", help: side})
	}
	const moved = "The drift index with every weight at half or at one and a half of what is declared, in all combinations: view least and view most. Healthy when both tell the same (default); what lies between is opinion. Cannot tell which weights are right."
	const other = "What other ways to put the dimensions together give, 0 to 1: view arithmetic is the weighted mean, which lets one pay for another, view worst_two the mean of the two worst. No reading is known; they show how much the way decides, and cannot show which is right."
	index := func(f latestFamily) latestFamily { f.of = ofOrganisation; return f }
	g.latest = append(g.latest,
		index(latestFamily{score: DriftIndex, limits: "90 % range of a bootstrap over person-weeks, which moves the shares of the effort only.",
			help: "Composite of the drift profile, 0 to 0.98: 1 minus the weighted geometric mean of what is good, off unless profile.drift_index turns it on. No reading is known, and weights are opinion: read it as a trend with its range, never as a target. Cannot see dimensions without a value; at least 70 % of the weight must have one."}),
		index(withView(latestFamily{score: DriftIndexLeast, help: moved}, "drift_index_reweighted", "least")),
		index(withView(latestFamily{score: DriftIndexMost, help: moved}, "drift_index_reweighted", "most")),
		index(withView(latestFamily{score: DriftIndexArithmetic, help: other}, "drift_index_otherwise", "arithmetic")),
		index(withView(latestFamily{score: DriftIndexWorst, help: other}, "drift_index_otherwise", "worst_two")),
		index(latestFamily{score: DriftIndexCoverage, unit: "ratio",
			help: "Share of the weight of the drift index whose dimensions have a value, 0 to 1. Healthy at 1; below 0.70 there is no index (default). Cannot tell why one is missing: see workdrift_latest_score_unavailable."}),
		index(latestFamily{score: DriftIndexDominant, label: "dimension", states: names,
			help: "1 for the dimension that adds most to the drift index, 0 for the others. No reading is known: it is no worse than the others, look there first. Depends on the weights."}))
	for _, name := range placedShares() {
		g.latest = append(g.latest,
			latestFamily{score: name + shrunk, of: ofTeams, unit: "ratio", limits: "95 % funnel limits around the mean of the teams, by the team's effective sample size.",
				help: "The team's workdrift_team_" + name + "_ratio of 28 days, drawn towards the mean of the teams the more the less its own sample says (empirical Bayes), 0 to 1. No reading is known; a place inside of its limits says nothing. It cannot see that teams differ in what they are for: never rank them."},
			latestFamily{score: name + funnel, of: ofTeams, label: "place", states: []string{insideFunnel, outsideFunnel, outsideFunnels},
				help: "1 for where the team's workdrift_team_" + name + "_ratio of 28 days lies among the funnel limits around the mean of the teams: inside the 95 % ones, outside of them, outside of the 99.8 % ones; 0 for the others. Healthy inside, outside asks for a look (default). Cannot tell a mission of its own from drift."})
	}
	g.after = (*evaluation).profile
	return g
}

// profile runs when everything that must not be told is withheld.
func (v *evaluation) profile() {
	window := v.report.Window(profileWindow)
	dimensions := v.declared.dimensions()
	var org []Score // parallel to dimensions
	for i := range dimensions {
		d := &dimensions[i]
		var scope *Scope
		if window != nil {
			scope = &window.Org
		}
		s := v.sideOf(d, v.report.Scores, scope)
		if d.of&ofOrganisation == 0 {
			s = unavailable(s.Name, Undefined, "of teams only")
		} else {
			v.organisation(s)
		}
		org = append(org, s)
		for t := range v.report.Teams {
			if d.of&ofTeams != 0 {
				scope = nil
				if window != nil {
					scope = &window.Teams[t]
				}
				v.team(t, v.sideOf(d, v.report.Teams[t].Scores, scope))
			}
		}
	}
	if window != nil {
		for _, name := range placedShares() {
			v.placeTeams(name, window.Teams)
		}
	}
	if v.declared.Profile.Index {
		v.driftIndex(dimensions, org)
	}
}

// sideOf scales the score of a dimension to its badness.
func (v *evaluation) sideOf(d *profiled, latest []Score, scope *Scope) Score {
	name := DriftProfile + "_" + d.Name
	if d.from == fromObjectives {
		return v.meanSide(d, name)
	}
	var s *Score
	switch {
	case d.from != fromWindow:
		s = scoreIn(latest, d.score)
	case scope == nil:
		return unavailable(name, InsufficientData, "the window of 28 days is not configured (windows.labels)")
	default:
		s = scope.Score(d.score)
	}
	if s == nil {
		return unavailable(name, InsufficientData, "the score is not told")
	}
	return v.scaled(d, s, name)
}

// scaled is the badness of a score that may be told, and otherwise why it is
// not. What is late stays late.
func (v *evaluation) scaled(d *profiled, s *Score, name string) Score {
	if !s.Value.Known() {
		return unavailable(name, s.Status, s.Reason)
	}
	reading := stat.Known(float64(s.Value), 0)
	lower, upper := s.Lower, s.Upper
	switch d.from {
	case fromWindow:
		lower, upper = s.IntervalLower, s.IntervalUpper
	case fromTime:
		reading = stat.Known(float64(v.day)-float64(s.Value)/secondsPerDay, 0)
		lower, upper = Absent(), Absent()
	}
	if lower.Known() && upper.Known() {
		reading = reading.Within(float64(lower), float64(upper))
	}
	side := scoreOf(name, stat.BadnessOf(reading, d.Good, d.Bad))
	side.SampleSize = s.SampleSize
	if s.Status == Stale {
		side.Status, side.Reason = s.Status, s.Reason
	}
	return side
}

// meanSide is the mean badness over the active objectives that have the score,
// with the weights of their ranks (rank-order centroid).
func (v *evaluation) meanSide(d *profiled, name string) Score {
	ranking := v.engine.calendar.at(v.day).ranking
	weights := stat.RankOrderCentroid(len(ranking))
	mean := plainScore(name, 0, true, "")
	missing := unavailable(name, InsufficientData, "no active objective has a value")
	sum, total, n := 0.0, 0.0, 0
	for place, o := range ranking {
		s := scoreIn(v.report.Objectives[o].Scores, d.score)
		if s == nil {
			continue
		}
		side := v.scaled(d, s, name)
		switch {
		case !side.Value.Known() && side.Status == SuppressedPrivacy:
			missing = side
		case side.Value.Known():
			sum, total, n = sum+weights[place]*float64(side.Value), total+weights[place], n+1
			if side.Status == Stale {
				mean.Status, mean.Reason = side.Status, side.Reason
			}
		}
	}
	if n == 0 {
		return missing
	}
	mean.Value, mean.SampleSize = Number(sum/total), Number(n)
	return mean
}

// placeTeams compares the teams' shares.
func (v *evaluation) placeTeams(name string, teams []Scope) {
	shares := make([]profile.Share, len(teams))
	for t := range teams {
		if s := teams[t].Score(name); s != nil && s.Value.Known() && s.SampleSize.Known() {
			shares[t] = profile.Share{Value: float64(s.Value), NEff: float64(s.SampleSize), OK: true}
		}
	}
	placed, _ := profile.Place(shares)
	for t := range teams {
		share := scoreOf(name+shrunk, placed[t].Estimate)
		where := plainScore(name+funnel, 0, share.Status == OK, share.Reason)
		where.Status, where.SampleSize = share.Status, share.SampleSize
		switch {
		case placed[t].Extreme:
			where.Verdict = outsideFunnels
		case placed[t].Odd:
			where.Verdict = outsideFunnel
		default:
			where.Verdict = insideFunnel
		}
		if s := teams[t].Score(name); s != nil && s.Status != OK {
			if !shares[t].OK {
				share, where = unavailable(share.Name, s.Status, s.Reason), unavailable(where.Name, s.Status, s.Reason)
			} else if share.Status == OK {
				share.Status, share.Reason = s.Status, s.Reason
				where.Status, where.Reason = s.Status, s.Reason
			}
		}
		if !where.Value.Known() {
			where.Verdict = ""
		}
		v.team(t, share)
		v.team(t, where)
	}
}

// driftIndex hands over what the dimensions come to.
func (v *evaluation) driftIndex(dimensions []profiled, sides []Score) {
	list := make([]profile.Dimension, len(dimensions))
	late := ""
	for i, s := range sides {
		e := stat.Estimate{Status: stat.Status(s.Status), Reason: s.Reason}
		if s.Value.Known() {
			e = stat.Known(float64(s.Value), 0)
			if s.Status == Stale && dimensions[i].Weight > 0 {
				late = s.Reason
			}
		}
		list[i] = profile.Dimension{Name: dimensions[i].Name, Badness: e, Weight: dimensions[i].Weight}
		if dimensions[i].of&ofOrganisation == 0 {
			list[i].Weight = 0
		}
	}
	x := profile.IndexOf(list, v.replicates(dimensions, sides))
	tell := func(name string, value float64) Score {
		s := scoreOf(name, stat.Estimate{Status: x.Status, Reason: x.Reason, N: x.N, Value: value})
		if late != "" && s.Status == OK {
			s.Status, s.Reason = Stale, late
		}
		return s
	}
	index := tell(DriftIndex, x.Value)
	if x.Bounded {
		index.Lower, index.Upper = Number(x.Lower), Number(x.Upper)
	}
	if x.OK() {
		index.Verdict = fmt.Sprintf("weights alone move it from %.2f to %.2f", x.Least, x.Most)
	}
	v.organisation(index)
	v.organisation(plainScore(DriftIndexCoverage, x.Coverage, x.Status != stat.Undefined, x.Reason))
	if !x.OK() {
		return // the index says why
	}
	v.organisation(tell(DriftIndexLeast, x.Least))
	v.organisation(tell(DriftIndexMost, x.Most))
	v.organisation(tell(DriftIndexArithmetic, x.Arithmetic))
	v.organisation(tell(DriftIndexWorst, x.Worst))
	dominant := tell(DriftIndexDominant, 0)
	dominant.Verdict = x.Dominant
	v.organisation(dominant)
}

// replicates draws person-weeks of the organisation anew and says what the
// dimensions would be: those that are shares of the effort of the 28 days are
// computed as they always are, the others stay as they are.
func (v *evaluation) replicates(dimensions []profiled, sides []Score) [][]float64 {
	_, org, _ := v.streamsOf()
	weeks, groups := v.weekTallies(&org), v.engine.scored
	return profile.Bootstrap(len(weeks), stat.Seed(DriftIndex, "", Day(v.day).String()), func(drawn []int) []float64 {
		whole := v.emptyTally(org.days)
		for _, i := range drawn {
			whole.merge(weeks[i])
		}
		var scope Scope
		scope.Scores = append(shadowScores(whole), v.engine.topScore(whole))
		scope.Scores = append(scope.Scores, v.engine.allocationScores(whole)...)
		for _, g := range groups {
			if g.window != nil {
				scope.Scores = append(scope.Scores, g.window(whole)...)
			}
		}
		badness := make([]float64, len(dimensions))
		for i := range dimensions {
			badness[i] = math.NaN()
			side := sides[i]
			if s := scope.Score(dimensions[i].score); s != nil && dimensions[i].from == fromWindow && side.Value.Known() {
				side = v.scaled(&dimensions[i], s, side.Name)
			}
			if side.Value.Known() {
				badness[i] = float64(side.Value)
			}
		}
		return badness
	})
}

func (v *evaluation) emptyTally(days DateRange) *tally {
	return newTally(v.declared.Effort.Model, days, len(v.declared.Set.Objectives))
}

// weekTallies sums up each person-week of rows, which come by person.
func (v *evaluation) weekTallies(s *streams) []*tally {
	var list []*tally
	for i := range s.rows {
		r := &s.rows[i]
		if i == 0 || s.rows[i-1].person != r.person || s.rows[i-1].day.Monday() != r.day.Monday() {
			list = append(list, v.emptyTally(s.days))
		}
		t := list[len(list)-1]
		t.category[r.category] += r.effort
		t.total[t.model] += r.effort
		if r.category == OnObjective {
			t.objectives[r.objective] += r.effort
			if v.engine.calendar.at(r.day).top(r.objective, v.declared.Set.TopN) {
				t.top[t.model] += r.effort
			}
		}
	}
	return list
}

// merge adds what another tally sums up under the headline model.
func (t *tally) merge(o *tally) {
	for c, sum := range o.category {
		t.category[c] += sum
	}
	for i, sum := range o.objectives {
		t.objectives[i] += sum
	}
	t.total[t.model] += o.total[o.model]
	t.top[t.model] += o.top[o.model]
}
