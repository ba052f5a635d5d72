package scoring_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

func privacyVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-U1": vectorJackknife,
		"TV-U2": vectorDegenerate,
		"TV-U3": vectorWilson,
		"TV-U4": vectorModels,
		"TV-R1": vectorSuppress,
		"TV-R2": vectorDominance,
		"TV-R3": vectorRestated,
		"TV-R4": vectorWindows,
		"TV-W1": vectorWatermark,
	}
}

func vectorJackknife(t *testing.T, v vector) {
	in := decode[struct {
		People map[string][2]float64 `json:"person_days_top3_other"`
		Conf   float64
	}](t, v.Input)
	want := decode[struct {
		Share    float64
		LOO      []float64
		Variance float64    `json:"var_jk"`
		NEff     float64    `json:"n_eff"`
		CI       [2]float64 `json:"ci90"`
	}](t, v.Expected)
	var part, whole []effort.Micro
	var partSum, wholeSum effort.Micro
	for _, p := range slices.Sorted(maps.Keys(in.People)) {
		top, other := pd(in.People[p][0]), pd(in.People[p][1])
		part, whole = append(part, top), append(whole, top+other)
		partSum, wholeSum = partSum+top, wholeSum+top+other
	}
	var loo []float64
	for i := range part {
		theta, ok := stat.DeleteOne(partSum, wholeSum, part[i], whole[i])
		defined(t, ok)
		loo = append(loo, theta)
	}
	all(t, "delete-one ratios", loo, want.LOO)
	if in.Conf != scoring.Confidence {
		t.Errorf("the published confidence is %v, want %v", scoring.Confidence, in.Conf)
	}
	got, ok := scoring.SamplingInterval(part, whole, len(in.People), in.Conf)
	defined(t, ok)
	same(t, "share", got.Share, want.Share)
	same(t, "variance", got.Variance, want.Variance)
	within(t, "effective sample size", got.NEff, want.NEff, 5e-5) // it has four decimals
	same(t, "low", got.Low, want.CI[0])
	same(t, "high", got.High, want.CI[1])
}

func vectorDegenerate(t *testing.T, v vector) {
	in := decode[struct {
		Share   float64
		Persons int
	}](t, v.Input)
	want := decode[struct {
		NEff float64    `json:"n_eff"`
		CI   [2]float64 `json:"ci90"`
	}](t, v.Expected)
	whole := pds(slices.Repeat([]float64{4}, in.Persons)...)
	part := pds(slices.Repeat([]float64{4 * in.Share}, in.Persons)...)
	got, ok := scoring.SamplingInterval(part, whole, in.Persons, scoring.Confidence)
	defined(t, ok)
	same(t, "effective sample size", got.NEff, want.NEff)
	same(t, "low", got.Low, want.CI[0])
	same(t, "high", got.High, want.CI[1])
}

func vectorWilson(t *testing.T, v vector) {
	in := decode[struct{ K, N, Conf float64 }](t, v.Input)
	want := decode[struct {
		CI [2]float64 `json:"ci95"`
	}](t, v.Expected)
	low, high := stat.Wilson(in.K/in.N, in.N, in.Conf)
	same(t, "low", low, want.CI[0])
	same(t, "high", high, want.CI[1])
}

func vectorModels(t *testing.T, v vector) {
	in := decode[struct {
		Shares map[string]float64 `json:"top3_share_by_model"`
	}](t, v.Input)
	want := decode[struct{ Point, Low, High, Spread float64 }](t, v.Expected)
	var byModel []float64
	for name, share := range in.Shares {
		if _, err := effort.ParseModel(name); err != nil {
			t.Fatal(err)
		}
		byModel = append(byModel, share)
	}
	got, spread := scoring.ModelSpread(in.Shares[effort.DefaultConfig().Model.String()], byModel...)
	same(t, "point", got.Point, want.Point)
	same(t, "low", got.Low, want.Low)
	same(t, "high", got.High, want.High)
	same(t, "spread", spread, want.Spread)
}

func vectorSuppress(t *testing.T, v vector) {
	in := decode[struct {
		Sizes     map[string]int `json:"team_sizes"`
		K         int
		Published bool `json:"org_total_published"`
	}](t, v.Input)
	want := decode[struct {
		Suppressed []string
		Why        prose
	}](t, v.Expected)
	teams := slices.Sorted(maps.Keys(in.Sizes))
	sizes := make([]int, len(teams))
	for i, team := range teams {
		sizes[i] = in.Sizes[team]
	}
	var got []string
	for i, hidden := range scoring.Suppress(sizes, in.K, in.Published) {
		if hidden {
			got = append(got, teams[i])
		}
	}
	if !slices.Equal(got, want.Suppressed) {
		t.Errorf("suppressed are %v, want %v", got, want.Suppressed)
	}
}

func vectorDominance(t *testing.T, v vector) {
	in := decode[struct {
		Effort []float64 `json:"contributor_effort"`
		Most   float64   `json:"max_share"`
	}](t, v.Input)
	want := decode[struct {
		Largest float64 `json:"largest_share"`
		Publish bool
	}](t, v.Expected)
	largest, dominated := scoring.Dominated(pds(in.Effort...), in.Most)
	same(t, "largest share", largest, want.Largest)
	if dominated == want.Publish {
		t.Errorf("dominated is %v", dominated)
	}
}

func vectorRestated(t *testing.T, v vector) {
	in := decode[struct {
		Frozen     float64 `json:"frozen_on_share"`
		Restated   float64 `json:"restated_on_share"`
		Relabelled float64 `json:"items_relabelled_after_close_pd"`
		Total      float64 `json:"total_pd"`
	}](t, v.Input)
	want := decode[struct {
		Delta float64 `json:"restatement_delta"`
		Ratio float64 `json:"relabelled_effort_ratio"`
	}](t, v.Expected)
	delta, ratio, ok := scoring.Restatement(pd(in.Frozen*in.Total), pd(in.Restated*in.Total), pd(in.Relabelled), pd(in.Total))
	defined(t, ok)
	same(t, "delta", delta, want.Delta)
	same(t, "ratio", ratio, want.Ratio)
}

func vectorWindows(t *testing.T, v vector) {
	in := decode[map[string]json.RawMessage](t, v.Input)
	decode[struct{ Note prose }](t, v.Expected)
	end := day(t, decode[string](t, in["date"]))
	delete(in, "date")
	if len(in) != 4 {
		t.Errorf("windows %v", slices.Sorted(maps.Keys(in)))
	}
	for label, raw := range in {
		want := decode[[2]string](t, raw)
		got, err := scoring.WindowRange(label, end, time.January)
		if err != nil || got.From.String() != want[0] || got.Until.String() != want[1] {
			t.Errorf("%s is %s to %s (%v), want %v", label, got.From, got.Until, err, want)
		}
	}
}

func vectorWatermark(t *testing.T, v vector) {
	in := decode[struct {
		Watermarks map[string]string
		Day        string `json:"evaluate_day"`
	}](t, v.Input)
	want := decode[struct{ Status string }](t, v.Expected)
	marks := map[string]time.Time{}
	for source, text := range in.Watermarks {
		at, err := time.Parse("2006-01-02T15:04Z", text)
		if err != nil {
			t.Fatal(err)
		}
		marks[source] = at
	}
	evaluated := day(t, in.Day)
	const grace = 6 * time.Hour
	closes := (evaluated + 1).Time().Add(12*time.Hour + grace)
	closed, expected, late := scoring.ClosedDay(closes, grace, marks)
	if stale := closed < expected; expected != evaluated || stale != strings.HasPrefix(want.Status, "stale") {
		t.Errorf("closed is %s, expected %s, want it to be %s", closed, expected, want.Status)
	}
	// The vector names one source; by its own definition of a closed day the
	// watermarks of all three are before 12:00 UTC of the next day.
	if all := []string{"github", "jira", "slack"}; !slices.Equal(late, all) {
		t.Errorf("late are %v, want %v", late, all)
	}
}
