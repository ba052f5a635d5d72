package scoring_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring/profile"
	"github.com/workdrift/workdrift/scoring/stat"
)

func profileVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-I1": vectorComposite,
		"TV-I2": vectorCompositeMissing,
		"TV-I3": vectorTeamFunnel,
		"TV-I4": vectorShrinkage,
	}
}

// dimensions is the profile of I1, without some of its dimensions' values.
func dimensions(t *testing.T, missing ...string) []profile.Dimension {
	t.Helper()
	in := decode[struct {
		Badness, Weights map[string]float64
		Eps              float64
	}](t, readVectors(t)["TV-I1"].Input)
	// At the worst the floor shows: 1 − ε.
	worst := profile.IndexOf([]profile.Dimension{{Badness: stat.Known(1, 1), Weight: 1}}, nil)
	known(t, "worst", worst.Estimate, 1-in.Eps)
	var list []profile.Dimension
	for _, name := range slices.Sorted(maps.Keys(in.Badness)) {
		d := profile.Dimension{Name: name, Badness: stat.Known(in.Badness[name], 10), Weight: in.Weights[name]}
		if slices.Contains(missing, name) {
			d.Badness = stat.NotDefined("missing")
		}
		list = append(list, d)
	}
	return list
}

func vectorComposite(t *testing.T, v vector) {
	want := decode[struct {
		Arithmetic, Geometric float64
		Worst                 float64    `json:"worst2_mean"`
		Range                 [2]float64 `json:"weight_sensitivity_range(+-50%)"`
	}](t, v.Expected)
	got := profile.IndexOf(dimensions(t), nil)
	known(t, "geometric", got.Estimate, want.Geometric)
	all(t, "others", []float64{got.Arithmetic, got.Worst, got.Least, got.Most},
		[]float64{want.Arithmetic, want.Worst, want.Range[0], want.Range[1]})
	if got.Dominant != "outcome" {
		t.Errorf("%s dominates", got.Dominant)
	}
}

func vectorCompositeMissing(t *testing.T, v vector) {
	in := decode[struct {
		Missing  []string
		Coverage float64
		Least    float64 `json:"min_coverage"`
	}](t, v.Input)
	want := decode[struct {
		Geometric float64
		Published bool
	}](t, v.Expected)
	got := profile.IndexOf(dimensions(t, in.Missing...), nil)
	known(t, "geometric", got.Estimate, want.Geometric)
	same(t, "coverage", got.Coverage, in.Coverage)
	if got.OK() != want.Published {
		t.Errorf("published: %v", got.OK())
	}
	// With focus missing, too, the least coverage is met; with shadow it is not.
	if got := profile.IndexOf(dimensions(t, "outcome", "focus"), nil); !got.OK() {
		t.Errorf("%v of %v is known: %+v", got.Coverage, in.Least, got.Estimate)
	}
	if got := profile.IndexOf(dimensions(t, "outcome", "shadow"), nil); got.Status != stat.InsufficientData {
		t.Errorf("%v of %v is known: %+v", got.Coverage, in.Least, got.Estimate)
	}
}

func vectorTeamFunnel(t *testing.T, v vector) {
	in := decode[struct {
		Mean  float64 `json:"org_mean"`
		NEff  float64 `json:"n_eff"`
		Value float64 `json:"team_value"`
	}](t, v.Input)
	want := decode[struct {
		Inner   []float64 `json:"limits_95"`
		Outer   []float64 `json:"limits_99.8"`
		Odd     bool      `json:"outside_95"`
		Extreme bool      `json:"outside_99.8"`
	}](t, v.Expected)
	got := profile.Funnel(in.Value, in.NEff, in.Mean, 0)
	all(t, "95 % limits", []float64{got.Inner.Low, got.Inner.High}, want.Inner)
	all(t, "99.8 % limits", []float64{got.Outer.Low, got.Outer.High}, want.Outer)
	if got.Odd != want.Odd || got.Extreme != want.Extreme {
		t.Errorf("odd %v, extreme %v", got.Odd, got.Extreme)
	}
}

func vectorShrinkage(t *testing.T, v vector) {
	in := decode[struct {
		Share []float64
		NEff  []float64 `json:"n_eff"`
	}](t, v.Input)
	want := decode[struct {
		Q, Tau2 float64
		Mean    float64 `json:"org_mean"`
		Shrunk  []float64
	}](t, v.Expected)
	var teams []profile.Share
	for i, share := range in.Share {
		teams = append(teams, profile.Share{Value: share, NEff: in.NEff[i], OK: true})
	}
	placed, pool := profile.Place(teams)
	within(t, "Q", pool.Q, want.Q, 5e-5) // four decimals
	all(t, "pool", []float64{pool.Between, pool.Mean}, []float64{want.Tau2, want.Mean})
	for i, p := range placed {
		known(t, "share", p.Estimate, want.Shrunk[i])
	}
}
