package scoring_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/structure"
)

func structureVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-Q1": vectorCusum,
		"TV-Q2": vectorRunLength,
		"TV-Q3": vectorPartition,
		"TV-Q4": vectorWelch,
		"TV-Q5": vectorPageHinkley,
		"TV-Q6": vectorAlignment,
		"TV-Q7": vectorRunLengths,
	}
}

// moved is the input of Q1.
type moved struct {
	Baseline []float64 `json:"baseline_26w"`
	New      []float64
	K, H     float64
}

func vectorCusum(t *testing.T, v vector) {
	in := decode[moved](t, v.Input)
	want := decode[struct {
		Median float64   `json:"baseline_median"`
		Sigma  float64   `json:"sigma_mad"`
		Down   []float64 `json:"S_dn"`
		Up     []float64 `json:"S_up"`
		Alarms []int     `json:"alarm_index"`
	}](t, v.Expected)
	detector := structure.Ratios()
	chart := detector.Chart(in.Baseline)
	all(t, "chart", []float64{chart.Centre, chart.Sigma, chart.Allowance, chart.Limit},
		[]float64{want.Median, want.Sigma, in.K, in.H})
	var alarms []int
	for i, x := range in.New {
		var alarm bool
		if chart, alarm = chart.Step(x); alarm {
			alarms = append(alarms, i)
		}
		within(t, "sum down", chart.Down, want.Down[i], 5e-5) // four decimals
		within(t, "sum up", chart.Up, want.Up[i], 5e-5)
	}
	if !slices.Equal(alarms, want.Alarms) {
		t.Errorf("alarms at %v, want %v", alarms, want.Alarms)
	}
	// Production learns what is usual anew after the first of them.
	series := weekly(slices.Concat(in.Baseline, in.New))
	online, watched := detector.Online(series, len(series)-1)
	if len(online) != 1 || online[0].Week != len(in.Baseline)+want.Alarms[0] || online[0].Up || watched {
		t.Errorf("online alarms %+v, watched %v", online, watched)
	}
}

// averageRun is the mean number of steps until a one-sided chart leaves its
// limit, for normal values with a mean, by a Markov chain on the sum (D. Brook
// and D. A. Evans, Biometrika 59, 1972). It proves the figures that the choice of
// k and h rests on; production needs no such figure.
func averageRun(t *testing.T, k, h, mean float64) float64 {
	t.Helper()
	const states = 400
	width := 2 * h / (2*states - 1)
	a := mat.NewDense(states, states, nil)
	ones := mat.NewVecDense(states, nil)
	for i := range states {
		ones.SetVec(i, 1)
		for j := range states {
			up := stat.NormalCDF((float64(j-i)+0.5)*width + k - mean)
			down := 0.0
			if j > 0 {
				down = stat.NormalCDF((float64(j-i)-0.5)*width + k - mean)
			}
			p := down - up
			if i == j {
				p++
			}
			a.Set(i, j, p)
		}
	}
	var run mat.VecDense
	if err := run.SolveVec(a, ones); err != nil {
		t.Fatal(err)
	}
	return run.AtVec(0)
}

func vectorRunLength(t *testing.T, v vector) {
	in := decode[struct {
		K float64
		H []float64
	}](t, v.Input)
	want := decode[struct {
		OneSided []float64 `json:"ARL0_one_sided"`
		TwoSided []float64 `json:"ARL0_two_sided"`
		Shifted  []float64 `json:"ARL1_shift1sd_one_sided"`
	}](t, v.Expected)
	for i, h := range in.H {
		usual := averageRun(t, in.K, h, 0)
		// The vector's chain is coarser: with more states the runs grow a little.
		within(t, "one-sided run", usual, want.OneSided[i], 0.5)
		within(t, "two-sided run", usual/2, want.TwoSided[i], 0.25)
		within(t, "run after a shift", averageRun(t, in.K, h, 1), want.Shifted[i], 0.01)
	}
	chart := structure.Ratios().Chart(nil)
	same(t, "k", chart.Allowance, in.K)
	same(t, "h", chart.Limit, in.H[0])
}

// shifted is the series of Q3: that of Q1 and four weeks more.
func shifted(t *testing.T) []float64 {
	in := decode[moved](t, readVectors(t)["TV-Q1"].Input)
	return slices.Concat(in.Baseline, in.New, []float64{.55, .54, .56, .55})
}

func vectorPartition(t *testing.T, v vector) {
	in := decode[struct {
		Series, Penalty prose
		N               int
		Least           int `json:"min_seg"`
	}](t, v.Input)
	want := decode[struct {
		Sigma  float64 `json:"sigma_diff_mad"`
		Beta   float64
		Points []int `json:"changepoints"`
		Cost   float64
		Means  []float64
	}](t, v.Expected)
	values := shifted(t)
	if len(values) != in.N {
		t.Fatalf("the series has %d values", len(values))
	}
	same(t, "σ", stat.DifferenceSigma(values), want.Sigma)
	cuts, cost := structure.Ratios().Segments(values)
	if !slices.Equal(cuts, want.Points) {
		t.Errorf("cuts at %v, want %v", cuts, want.Points)
	}
	same(t, "cost", cost, want.Cost)
	same(t, "β", cost-stat.Known(spread(values[:28])+spread(values[28:]), 1).Value, want.Beta)
	shifts, ok := structure.Ratios().Offline(weekly(values), len(values)-1)
	defined(t, ok && len(shifts) == 1)
	all(t, "means", []float64{shifts[0].Before, shifts[0].After}, want.Means)
}

// spread is the sum of squared distances from the mean.
func spread(values []float64) (sum float64) {
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum
}

func vectorWelch(t *testing.T, v vector) {
	decode[struct{ Segments prose }](t, v.Input)
	want := decode[struct {
		T     float64
		DF    float64
		P     string
		Delta float64
	}](t, v.Expected)
	p, err := strconv.ParseFloat(want.P, 64)
	if err != nil {
		t.Fatal(err)
	}
	values := shifted(t)
	shifts, ok := structure.Ratios().Offline(weekly(values), len(values)-1)
	defined(t, ok && len(shifts) == 1)
	got := shifts[0].Test
	within(t, "t", got.T, want.T, 5e-5)
	within(t, "df", got.DF, want.DF, 5e-4)
	within(t, "p", got.P/p, 1, 5e-4)
	same(t, "Δ", got.Delta, want.Delta)
}

// vectorPageHinkley shows why the test of that name is left out: with its usual
// parameters even the largest sum that a jump can add each week takes years to
// reach the limit.
func vectorPageHinkley(t *testing.T, v vector) {
	in := decode[struct{ Lambda, Delta, Jump float64 }](t, v.Input)
	want := decode[struct {
		Weeks int `json:"min_weeks_to_alarm_lower_bound"`
	}](t, v.Expected)
	sum, weeks := 0.0, 0
	for ; sum <= in.Lambda; weeks++ {
		sum += in.Jump - in.Delta // while the mean stays where it was
	}
	if weeks != want.Weeks {
		t.Errorf("%d weeks, want %d", weeks, want.Weeks)
	}
}

func vectorAlignment(t *testing.T, v vector) {
	in := decode[struct {
		Edits  int `json:"edits_per_90d"`
		Window int `json:"window_days"`
	}](t, v.Input)
	want := decode[struct {
		Chance  float64 `json:"chance_coincidence"`
		Weight  float64 `json:"evidence_weight"`
		Matches int     `json:"matches_needed_for_p<0.05"`
	}](t, v.Expected)
	shift := structure.Shift{Week: 2870}
	var log []structure.Change
	for i := range in.Edits {
		day := shift.Day()
		if i > 0 {
			day = shift.Day() - 80 // within 90 days, no candidate
		}
		log = append(log, structure.Change{Kind: structure.Target, Scope: "o1", Effective: day, Known: day})
	}
	got := structure.Align([]structure.Shift{shift}, log, "o1")[0]
	all(t, "coincidence", []float64{got.Chance, got.Weight}, []float64{want.Chance, want.Weight})
	if n := structure.MatchesNeeded(got.Chance); n != want.Matches || len(got.Candidates) != 1 {
		t.Errorf("%d matches are needed, %d candidates", n, len(got.Candidates))
	}
	// The window is as wide as the vector says: 24 days around the shift.
	days := 0
	for day := shift.Day() - 90; day < shift.Day()+90; day++ {
		log := []structure.Change{{Effective: day, Known: day}}
		if len(structure.Align([]structure.Shift{shift}, log)[0].Candidates) > 0 {
			days++
		}
	}
	if days-1 != in.Window {
		t.Errorf("from the first to the last day of the window are %d days", days-1)
	}
}

// vectorRunLengths is Bayesian online change point detection (R. P. Adams and D.
// J. C. MacKay, 2007) with a normal-inverse-gamma prior. The specification does
// not recommend it, because its prior and hazard decide for short series;
// production has no such function.
func vectorRunLengths(t *testing.T, v vector) {
	in := decode[struct {
		X      []float64
		Hazard float64
		Prior  string
	}](t, v.Input)
	want := decode[struct {
		Runs  []int     `json:"map_run_length"`
		Final []float64 `json:"final_posterior"`
	}](t, v.Expected)
	if in.Prior != "NIG(0,1,1,1)" {
		t.Fatalf("another prior: %s", in.Prior)
	}
	type belief struct{ mu, kappa, alpha, beta float64 }
	prior := belief{0, 1, 1, 1}
	beliefs, runs := []belief{prior}, []float64{1}
	for i, x := range in.X {
		next, total := make([]float64, len(runs)+1), 0.0
		grown := []belief{prior}
		for r, b := range beliefs {
			p := runs[r] * studentDensity(x, b.mu, b.beta*(b.kappa+1)/(b.alpha*b.kappa), 2*b.alpha)
			next[r+1] += p * (1 - in.Hazard)
			next[0] += p * in.Hazard
			total += p
			grown = append(grown, belief{
				(b.kappa*b.mu + x) / (b.kappa + 1), b.kappa + 1, b.alpha + 0.5,
				b.beta + b.kappa*(x-b.mu)*(x-b.mu)/(2*(b.kappa+1)),
			})
		}
		for r := range next {
			next[r] /= total
		}
		beliefs, runs = grown, next
		if most := slices.Index(runs, slices.Max(runs)); most != want.Runs[i] {
			t.Errorf("after %d values the run is %d, want %d", i+1, most, want.Runs[i])
		}
	}
	all(t, "posterior", runs, want.Final)
}

// studentDensity is the density of Student's t with a location, a squared scale
// and degrees of freedom.
func studentDensity(x, location, square, df float64) float64 {
	above, _ := math.Lgamma((df + 1) / 2)
	below, _ := math.Lgamma(df / 2)
	z := (x - location) * (x - location) / square
	return math.Exp(above-below-math.Log1p(z/df)*(df+1)/2) / math.Sqrt(df*math.Pi*square)
}
