package profile

import "github.com/workdrift/workdrift/scoring/stat"

// A Share is a team's reading of a score that is a share, with the effective
// sample size behind it.
type Share struct {
	Value, NEff float64
	// OK is unset where the team has no value.
	OK bool
}

// A Placed is how a team's share compares with those of the organisation, and
// what is shown instead of it.
type Placed struct {
	// Estimate is the share drawn towards the mean by empirical Bayes
	// (stat.Shrink): the less the team's own sample says, the more. The limits
	// are the inner funnel limits, widened to hold it. N is the effective sample
	// size, rounded down. It is undefined where the team has no value.
	stat.Estimate
	// Inner and Outer are the 95 % and 99.8 % funnel limits around the mean, and
	// Odd and Extreme say that the share itself lies outside of them.
	Inner, Outer Range
	Odd, Extreme bool
}

// A Range is a pair of limits.
type Range struct{ Low, High float64 }

// The confidence of the funnel limits.
const (
	inner = 0.95
	outer = 0.998
)

// minTeams is the fewest teams that an organisation's spread can be told from.
const minTeams = 3

// Place compares teams' shares with the organisation, in the order of the teams:
// this is no ranking and must not be shown as one. The mean is the one that the
// teams have together (stat.Pool), and the funnel allows for the spread between
// them. It needs 3 teams with a value; without them nothing is placed, and a
// team is compared with its own past only.
func Place(teams []Share) ([]Placed, stat.Pool) {
	values, n := make([]float64, len(teams)), make([]float64, len(teams))
	with := 0
	for i, t := range teams {
		if t.OK && t.NEff > 0 {
			values[i], n[i] = t.Value, t.NEff
			with++
		}
	}
	placed := make([]Placed, len(teams))
	pool, ok := stat.Shrink(values, n)
	if !ok || with < minTeams {
		for i := range placed {
			placed[i].Estimate = stat.Insufficient(with, "%d of at least %d teams with a value", with, minTeams)
		}
		return placed, stat.Pool{}
	}
	for i := range teams {
		if n[i] <= 0 {
			placed[i].Estimate = stat.NotDefined("the team has no value")
			continue
		}
		p := Funnel(values[i], n[i], pool.Mean, pool.Between)
		p.Estimate = stat.Known(pool.Shrunk[i], int(n[i])).Within(p.Inner.Low, p.Inner.High)
		placed[i] = p
	}
	return placed, pool
}

// Funnel holds one share against the funnel limits (stat.FunnelLimits) around a
// mean, with the variance between teams. It leaves the estimate empty.
func Funnel(value, nEff, mean, between float64) Placed {
	var p Placed
	p.Inner.Low, p.Inner.High = stat.FunnelLimits(mean, nEff, between, inner)
	p.Outer.Low, p.Outer.High = stat.FunnelLimits(mean, nEff, between, outer)
	p.Odd = value < p.Inner.Low || value > p.Inner.High
	p.Extreme = value < p.Outer.Low || value > p.Outer.High
	return p
}
