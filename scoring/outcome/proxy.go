package outcome

import (
	"github.com/workdrift/workdrift/scoring/stat"
)

// The periods of the proxy test.
const (
	proxyWeeks = 26
	minPairs   = 20
)

// A Proxy is score M3: whether a team's own metric still moves with the outcome
// that it stands for.
type Proxy struct {
	// Estimate is the earlier minus the later correlation, −2 to 2: above 0
	// the two have come apart. The limits are the differences between those of
	// the correlations, which is wider than 90 %.
	stat.Estimate
	Earlier, Later Correlation
	// Decoupled is set when they moved together earlier, no longer do, and the
	// team's metric still rises.
	Decoupled bool
}

// A Correlation is Spearman's ρ between weekly changes, with 90 % limits.
type Correlation struct {
	Rho, Lower, Upper float64
	Pairs             int
}

// ProxyOf compares how the weekly changes of a local metric go with those of
// the north star, over the last 26 weeks and the 26 before. Both series are so
// that more is better, and of one query each (see Result.Series). It needs 20 pairs of changes on
// either side and is undefined when one of the metrics never changes.
//
// It is decoupled when the limits of the earlier correlation are above 0, those
// of the later one include or are below 0, and the local metric rises with p ≤
// 0.10.
func ProxyOf(local, northStar stat.Weekly, until int) Proxy {
	p := Proxy{}
	var defined [2]bool
	p.Earlier, defined[0] = correlate(local, northStar, until-proxyWeeks)
	p.Later, defined[1] = correlate(local, northStar, until)
	n := min(p.Earlier.Pairs, p.Later.Pairs)
	switch {
	case n < minPairs:
		p.Estimate = stat.Insufficient(n, "%d of at least %d weekly changes on either side", n, minPairs)
		return p
	case !defined[0] || !defined[1]:
		p.Estimate = stat.NotDefined("one of the metrics never changes")
		return p
	}
	p.Estimate = stat.Known(p.Earlier.Rho-p.Later.Rho, n).
		Within(p.Earlier.Lower-p.Later.Upper, p.Earlier.Upper-p.Later.Lower)
	still := stat.MannKendall(local.Last(proxyWeeks, until)).Up <= rising
	p.Decoupled = p.Earlier.Lower > 0 && p.Later.Lower <= 0 && still
	return p
}

// correlate takes the changes of 26 weeks, for which it needs the week before
// them, too.
func correlate(a, b stat.Weekly, until int) (Correlation, bool) {
	other := map[int]float64{}
	for _, d := range b.Last(proxyWeeks+1, until).Differences() {
		other[d.Week] = d.Value
	}
	var x, y []float64
	for _, d := range a.Last(proxyWeeks+1, until).Differences() {
		if v, ok := other[d.Week]; ok {
			x, y = append(x, d.Value), append(y, v)
		}
	}
	rho, ok := stat.Spearman(x, y)
	low, high := stat.SpearmanLimits(rho, len(x), stat.Confidence)
	return Correlation{rho, low, high, len(x)}, ok
}
