package scoring_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

func coherenceVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-L1":  vectorLateDependencies,
		"TV-L2":  vectorMixDivergence,
		"TV-L3":  vectorOwnership,
		"TV-L4":  vectorEndstate,
		"TV-L5":  vectorFeedback,
		"TV-L6":  vectorLearning,
		"TV-L7":  vectorLineOfSight,
		"TV-L8":  vectorSilo,
		"TV-L9":  vectorFriction,
		"TV-L10": vectorTranslation,
		"TV-L11": vectorLocalGlobal,
		"TV-L12": vectorDecisions,
	}
}

func vectorLateDependencies(t *testing.T, v vector) {
	in := decode[struct {
		Links int `json:"cross_team_links"`
		Late  int `json:"created_after_start"`
	}](t, v.Input)
	want := decode[struct {
		Ratio float64
		CI    [2]float64 `json:"ci90"`
		Days  prose      `json:"median_late_days_example"`
	}](t, v.Expected)
	links := []coherence.Dependency{{BlockerTeam: "a", BlockedTeam: "a", Made: deciding(), Started: deciding().AddDate(0, 0, -9)}}
	for i := range in.Links {
		d := coherence.Dependency{BlockerTeam: "a", BlockedTeam: "b", Made: deciding(), Started: deciding().Add(-24 * time.Hour)}
		if i < in.Late {
			d.Started = deciding().AddDate(0, 0, -6)
		}
		links = append(links, d)
	}
	got := coherence.LateDependencies(links)
	known(t, "ratio", got.Estimate, want.Ratio)
	limits(t, "it", got.Estimate, want.CI)
	same(t, "days", got.MedianDays, 6)
}

func vectorMixDivergence(t *testing.T, v vector) {
	in := decode[struct {
		Shares map[string][]float64 `json:"shares_by_team"`
		Effort map[string]float64   `json:"effort_pd"`
	}](t, v.Input)
	want := decode[struct {
		Mix        []float64 `json:"org_mix"`
		Bits       float64   `json:"jsd_bits"`
		Normalised float64
	}](t, v.Expected)
	var teams []coherence.TeamMix
	for _, name := range slices.Sorted(maps.Keys(in.Shares)) {
		var mix coherence.Mix
		for _, s := range in.Shares[name] {
			mix = append(mix, pd(s*in.Effort[name]))
		}
		teams = append(teams, coherence.TeamMix{Weeks: []coherence.Mix{mix}})
	}
	got := coherence.MixDivergence(teams, 1)
	known(t, "divergence", got.Estimate, want.Normalised)
	same(t, "bits", got.Bits, want.Bits)
	all(t, "shares", got.Shares, want.Mix)
}

func vectorOwnership(t *testing.T, v vector) {
	in := decode[struct {
		Active int                `json:"active_objectives"`
		Effort map[string]float64 `json:"effort_pd_by_objective"`
		None   []string           `json:"no_valid_owner"`
	}](t, v.Input)
	want := decode[struct {
		Count  float64 `json:"count_ratio"`
		Effort float64 `json:"effort_weighted"`
	}](t, v.Expected)
	const today = 20000
	var active []coherence.Ownership
	for id, e := range in.Effort {
		o := coherence.Ownership{Effort: pd(e), Owners: 1, LastSign: today - 28}
		if slices.Contains(in.None, id) {
			o.Owners = 0
		}
		active = append(active, o)
	}
	if len(active) != in.Active {
		t.Fatalf("%d objectives", len(active))
	}
	byEffort, byNumber := coherence.OwnershipGap(active, today)
	known(t, "by effort", byEffort, want.Effort)
	known(t, "by number", byNumber, want.Count)
}

func vectorEndstate(t *testing.T, v vector) {
	type has struct {
		Metric, Target, Due, Baseline int
		Outcome                       int `json:"outcome_verb"`
	}
	in := decode[struct {
		O1, O2, O3 has
		Effort     map[string]float64
	}](t, v.Input)
	want := decode[struct {
		Clarity map[string]float64
		Effort  float64 `json:"effort_weighted"`
		Unclear float64 `json:"unclear_count(<0.6)"`
	}](t, v.Expected)
	var active []coherence.Endstate
	for id, h := range map[string]has{"O1": in.O1, "O2": in.O2, "O3": in.O3} {
		text := "Ship the new checkout"
		if h.Outcome == 1 {
			text = "Customers pay without help"
		}
		e := coherence.Endstate{
			Metric: h.Metric == 1, Target: h.Target == 1, Due: h.Due == 1, Baseline: h.Baseline == 1,
			Outcome: !coherence.ActivityPhrased(text, h.Target == 1), Effort: pd(in.Effort[id]),
		}
		same(t, "clarity of "+id, e.Clarity(), want.Clarity[id])
		active = append(active, e)
	}
	byEffort, unclear := coherence.ClarityOf(active)
	known(t, "by effort", byEffort, want.Effort)
	known(t, "unclear", unclear, want.Unclear)
}

func vectorFeedback(t *testing.T, v vector) {
	in := decode[struct {
		Effort map[string]float64 `json:"effort_pd"`
		Fresh  []string           `json:"fresh_outcome_reading_14d"`
	}](t, v.Input)
	want := decode[struct {
		Coverage float64 `json:"feedback_coverage"`
		Absence  float64
	}](t, v.Expected)
	const today = 20000
	var active []coherence.Measured
	for id, e := range in.Effort {
		m := coherence.Measured{Effort: pd(e), Sample: today - 15}
		if slices.Contains(in.Fresh, id) {
			m.Sample = today - 14
		}
		active = append(active, m)
	}
	got := coherence.FeedbackCoverage(active, today)
	known(t, "coverage", got, want.Coverage)
	same(t, "absence", 1-got.Value, want.Absence)
}

func vectorLearning(t *testing.T, v vector) {
	in := decode[struct {
		Days     []objective.Date `json:"days_done_to_first_outcome_review"`
		Event    []int
		Censored []*objective.Date `json:"censored_at"`
	}](t, v.Input)
	want := decode[struct {
		Median float64 `json:"median_km"`
	}](t, v.Expected)
	const today = 20000
	var lessons []coherence.Lesson
	for i, event := range in.Event {
		l := coherence.Lesson{Reviewed: objective.NoDate, Due: objective.NoDate, Until: objective.NoDate}
		if event == 1 {
			l.Delivered = today - 100
			l.Reviewed = l.Delivered + in.Days[i]
		} else {
			l.Delivered = today - *in.Censored[i]
		}
		lessons = append(lessons, l)
	}
	known(t, "median", coherence.LearningOf(lessons, today).Latency, want.Median)
}

func vectorLineOfSight(t *testing.T, v vector) {
	in := decode[struct {
		Effort struct {
			Live     float64 `json:"to_objective_with_live_outcome"`
			Blind    float64 `json:"to_objective_without"`
			RunWork  float64 `json:"ktlo"`
			Unmapped float64
		} `json:"effort_pd"`
	}](t, v.Input)
	want := decode[struct {
		Total         float64 `json:"line_of_sight_total"`
		Discretionary float64 `json:"line_of_sight_discretionary"`
	}](t, v.Expected)
	e := in.Effort
	total, discretionary := coherence.LineOfSight(coherence.Sight{
		Live: pd(e.Live), Blind: pd(e.Blind), RunWork: pd(e.RunWork), Off: pd(e.Unmapped),
	})
	known(t, "total", total, want.Total)
	known(t, "discretionary", discretionary, want.Discretionary)
}

func vectorSilo(t *testing.T, v vector) {
	in := decode[struct {
		Effort map[string]float64 `json:"objective_effort_by_team"`
	}](t, v.Input)
	want := decode[struct {
		Share float64 `json:"largest_team_share"`
		Teams float64 `json:"effective_teams_N2"`
	}](t, v.Expected)
	var byTeam []effort.Micro
	for _, e := range in.Effort {
		byTeam = append(byTeam, pd(e))
	}
	got := coherence.SiloShare(byTeam)
	known(t, "share", got.Estimate, want.Share)
	same(t, "teams", got.Teams, want.Teams)
}

func vectorFriction(t *testing.T, v vector) {
	in := decode[struct {
		Across float64 `json:"cross_team_review_wait_h_median"`
		Within float64 `json:"same_team_review_wait_h_median"`
	}](t, v.Input)
	want := decode[struct {
		Ratio float64 `json:"friction_ratio"`
	}](t, v.Expected)
	around := func(median float64) []float64 {
		waits := slices.Repeat([]float64{median}, 2)
		for i := range 4 {
			waits = append(waits, median/2, median*float64(2+i))
		}
		return waits
	}
	known(t, "friction", coherence.Friction(around(in.Across), around(in.Within)), want.Ratio)
	if got := coherence.Friction(around(in.Across)[:9], around(in.Within)); got.Status != stat.InsufficientData {
		t.Errorf("nine waits: %+v", got)
	}
}

func vectorTranslation(t *testing.T, v vector) {
	in := decode[struct {
		Tau map[string]float64 `json:"tau_by_team"`
	}](t, v.Input)
	want := decode[struct{ Median, Range float64 }](t, v.Expected)
	median, spread := coherence.PriorityTranslation(slices.Collect(maps.Values(in.Tau)))
	known(t, "median", median, want.Median)
	known(t, "range", spread, want.Range)
}

func vectorLocalGlobal(t *testing.T, v vector) {
	in := decode[struct {
		Reported float64 `json:"team_reported_mean"`
		Attained float64 `json:"org_outcome_attainment"`
	}](t, v.Input)
	want := decode[struct{ Gap float64 }](t, v.Expected)
	got := coherence.LocalGlobalGap([]float64{in.Reported - .1, in.Reported, in.Reported + .1}, stat.Known(in.Attained, 1))
	known(t, "gap", got, want.Gap)
}

func vectorDecisions(t *testing.T, v vector) {
	in := decode[struct {
		Decisions int
		Linked    int `json:"durable_and_linked"`
	}](t, v.Input)
	want := decode[struct {
		Ratio float64
		CI    [2]float64 `json:"ci90"`
	}](t, v.Expected)
	got := coherence.Decisions{All: in.Decisions, Durable: in.Linked + 3, Linked: in.Linked}
	known(t, "traceability", got.Traceability(), want.Ratio)
	limits(t, "it", got.Traceability(), want.CI)
	known(t, "visibility", got.Visibility(), want.Ratio+3/float64(in.Decisions))
}
