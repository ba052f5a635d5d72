package stat

import (
	"math"
	"slices"

	gonum "gonum.org/v1/gonum/stat"
)

// A Point is the value of one week.
type Point struct {
	Week  int // WeekOf its Monday
	Value float64
}

// Weekly is a series of weekly values, ascending, at most one a week. A week
// without a value is left out: it is a gap, not 0.
type Weekly []Point

// WeekOf numbers ISO weeks: it takes any of their days, as days since
// 1970-01-01.
func WeekOf(day int) int { return int(math.Floor(float64(day-firstMonday) / 7)) }

// MondayOf is the first day of a week that WeekOf numbered.
func MondayOf(week int) int { return 7*week + firstMonday }

const firstMonday = 4 // 1970-01-05

// Last returns the points of a number of weeks up to and including until,
// without those whose value is infinite or not a number.
func (w Weekly) Last(weeks, until int) Weekly {
	var part Weekly
	for _, p := range w {
		if until-weeks < p.Week && p.Week <= until && !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			part = append(part, p)
		}
	}
	return part
}

// Values returns the values without their weeks.
func (w Weekly) Values() []float64 {
	values := make([]float64, len(w))
	for i, p := range w {
		values[i] = p.Value
	}
	return values
}

// Map returns the series with a function applied to each value.
func (w Weekly) Map(f func(float64) float64) Weekly {
	mapped := make(Weekly, len(w))
	for i, p := range w {
		mapped[i] = Point{p.Week, f(p.Value)}
	}
	return mapped
}

// Differences returns the change since the week before, for each week that has
// a value as the week before has.
func (w Weekly) Differences() Weekly {
	var d Weekly
	for i := 1; i < len(w); i++ {
		if w[i].Week == w[i-1].Week+1 {
			d = append(d, Point{w[i].Week, w[i].Value - w[i-1].Value})
		}
	}
	return d
}

// A Line is a robust straight line through weekly values.
type Line struct {
	Slope        float64 // per week
	Lower, Upper float64 // limits of the slope
	// Intercept is the median of value − Slope·Week.
	Intercept float64
}

// At returns the line's value in a week, which may be a fraction or lie outside
// of the series.
func (l Line) At(week float64) float64 { return l.Intercept + l.Slope*week }

// TheilSen returns the line whose slope is the median of the slopes between all
// pairs of points (H. Theil, 1950; P. K. Sen, JASA 63, 1968). The limits are
// Sen's: the slopes whose ranks are half the number of pairs, plus and minus z
// times half the standard deviation of Kendall's S with its correction for
// ties; a rank of one half is rounded to even, as SciPy does. It needs two
// points. It compares every pair: n is meant to be small.
func TheilSen(w Weekly, confidence float64) (Line, bool) {
	var slopes []float64
	for i := range w {
		for _, later := range w[i+1:] {
			if later.Week != w[i].Week {
				slopes = append(slopes, (later.Value-w[i].Value)/float64(later.Week-w[i].Week))
			}
		}
	}
	if len(slopes) == 0 {
		return Line{}, false
	}
	slices.Sort(slopes)
	l := Line{Slope: middle(slopes)}
	pairs := float64(len(slopes))
	half := NormalQuantile(0.5+confidence/2) * math.Sqrt(kendallVariance(w.Values()))
	low := max(int(math.RoundToEven((pairs-half)/2))-1, 0)
	high := min(int(math.RoundToEven((pairs+half)/2)), len(slopes)-1)
	l.Lower, l.Upper = min(slopes[low], l.Slope), max(slopes[high], l.Slope)
	offsets := make([]float64, len(w))
	for i, p := range w {
		offsets[i] = p.Value - l.Slope*float64(p.Week)
	}
	l.Intercept = Median(offsets)
	return l, true
}

// Residuals returns what is left of the values when a line is taken away.
func (w Weekly) Residuals(l Line) []float64 {
	rest := make([]float64, len(w))
	for i, p := range w {
		rest[i] = p.Value - l.At(float64(p.Week))
	}
	return rest
}

// kendallVariance is the variance of Kendall's S when there is no trend, with
// the correction for tied values: (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) / 18.
func kendallVariance(values []float64) float64 {
	term := func(n int) float64 { return float64(n) * float64(n-1) * float64(2*n+5) }
	sorted := slices.Sorted(slices.Values(values))
	sum := term(len(sorted))
	for i := 0; i < len(sorted); {
		first := i
		for ; i < len(sorted) && sorted[i] == sorted[first]; i++ {
		}
		sum -= term(i - first)
	}
	return sum / 18
}

// A Trend is the outcome of a Mann–Kendall test.
type Trend struct {
	N   int
	S   int     // pairs that rise minus pairs that fall
	Var float64 // of S when there is no trend
	Z   float64 // of S, with continuity correction
	// Tau is Kendall's τ-b against time; it is defined where HasTau is set,
	// that is unless all values are equal.
	Tau    float64
	HasTau bool
	// Rho is the autocorrelation assumed between neighbouring weeks, VIF how
	// much it inflates Var, and Corrected is Z with it.
	Rho, VIF, Corrected float64
	// Up and Down are the probabilities of a rise and of a fall at least this
	// clear when there is no trend, with the correction.
	Up, Down float64
}

// The limits of the autocorrelation that MannKendall assumes.
const (
	minAutocorrelation = 0.3
	maxAutocorrelation = 0.8
)

// MannKendall tests weekly values for a trend in either direction (H. B. Mann,
// Econometrica 13, 1945; M. G. Kendall). Neighbouring weeks resemble each
// other, which makes the plain test reject too often, so its variance is
// inflated by that of a mean of n values with the autocorrelation ρ,
//
//	1 + 2·Σ_{k<n} (1 − k/n)·ρᵏ
//
// ρ is what the values show between neighbouring weeks once the Theil–Sen line
// is taken away, but at least 0.3, because so few weeks cannot find it, and at
// most 0.8 (score specification, section 4.7, with simulations in its
// appendix B). Values that are all equal have Z = 0 and no τ.
func MannKendall(w Weekly) Trend {
	t := Trend{N: len(w), Rho: minAutocorrelation, VIF: 1}
	weeks := make([]float64, len(w))
	for i := range w {
		weeks[i] = float64(w[i].Week)
		for _, later := range w[i+1:] {
			t.S += order(later.Value, w[i].Value)
		}
	}
	t.Tau, t.HasTau = KendallTauB(weeks, w.Values())
	if t.Var = kendallVariance(w.Values()); t.Var > 0 && t.S != 0 {
		t.Z = float64(t.S-order(float64(t.S), 0)) / math.Sqrt(t.Var)
	}
	if l, ok := TheilSen(w, Confidence); ok {
		t.Rho = min(max(neighbours(w, w.Residuals(l)), minAutocorrelation), maxAutocorrelation)
	}
	n, power := float64(len(w)), 1.0
	for k := 1; k < len(w); k++ {
		power *= t.Rho
		t.VIF += 2 * (1 - float64(k)/n) * power
	}
	t.Corrected = t.Z / math.Sqrt(t.VIF)
	t.Up, t.Down = NormalCDF(-t.Corrected), NormalCDF(t.Corrected)
	return t
}

// neighbours returns the autocorrelation between neighbouring weeks, 0 when
// nothing varies. Weeks around a gap are no neighbours.
func neighbours(w Weekly, values []float64) float64 {
	mean := gonum.Mean(values, nil)
	product, square := 0.0, 0.0
	for i, v := range values {
		square += (v - mean) * (v - mean)
		if i > 0 && w[i].Week == w[i-1].Week+1 {
			product += (v - mean) * (values[i-1] - mean)
		}
	}
	if square == 0 {
		return 0
	}
	return product / square
}
