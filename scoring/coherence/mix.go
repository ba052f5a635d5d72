package coherence

import (
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// A Mix is the effort on each of the same objectives.
type Mix []effort.Micro

func (m Mix) total() (sum effort.Micro) {
	for _, e := range m {
		sum += max(e, 0)
	}
	return sum
}

// A TeamMix is what a team spends on the shared objectives.
type TeamMix struct {
	// Weeks are the person-weeks that make it up, in an order that does not
	// change from one evaluation to the next. One for the whole team will do;
	// then there is no sampling interval.
	Weeks []Mix
}

// A Divergence is score L2.
type Divergence struct {
	// Estimate is the divergence over its maximum H(weights), 0 to 1: 0 where
	// all teams spend alike, 1 where no objective has two teams. High can be
	// good specialisation: read it with SiloShare. The limits are the 90 % range
	// of a bootstrap over the person-weeks, where teams have several. N is
	// whole person-days.
	stat.Estimate
	Bits float64 // the divergence
	// Shares are those of the whole organisation.
	Shares []float64
}

// mixResamples is how often person-weeks are drawn.
const mixResamples = 199

// MixDivergence returns how much the mixes of teams over the shared objectives
// differ: the generalised Jensen–Shannon divergence weighted by effort
// (stat.JensenShannon). Teams without effort on them do not count; it is
// undefined for fewer than two.
func MixDivergence(teams []TeamMix, seed uint64) Divergence {
	mixes, weights, total := sums(teams, nil)
	with := 0
	for _, w := range weights {
		if w > 0 {
			with++
		}
	}
	if with < 2 {
		return Divergence{Estimate: stat.NotDefined("fewer than two teams work on shared objectives")}
	}
	bits, most, _ := stat.JensenShannon(mixes, weights)
	d := Divergence{Bits: bits}
	for place := range longest(mixes) {
		whole := 0.0
		for _, m := range mixes {
			if place < len(m) {
				whole += max(m[place], 0)
			}
		}
		d.Shares = append(d.Shares, whole/float64(total))
	}
	d.Estimate = stat.Known(min(bits/most, 1), int(total/effort.PersonDay)).AlertFrom(alertEffort)
	if low, high, ok := resample(teams, seed); ok {
		d.Estimate = d.Within(low, high)
	}
	return d
}

// sums adds up the weeks of each team, or those that were drawn of each.
func sums(teams []TeamMix, drawn func(n int) int) (mixes [][]float64, weights []float64, total effort.Micro) {
	for _, t := range teams {
		var mix []float64
		var weight effort.Micro
		for i := range t.Weeks {
			if drawn != nil {
				i = drawn(len(t.Weeks))
			}
			week := t.Weeks[i]
			for len(mix) < len(week) {
				mix = append(mix, 0)
			}
			for place, e := range week {
				mix[place] += float64(max(e, 0))
			}
			weight += week.total()
		}
		mixes, weights = append(mixes, mix), append(weights, float64(weight))
		total += weight
	}
	return mixes, weights, total
}

func longest(mixes [][]float64) (n int) {
	for _, m := range mixes {
		n = max(n, len(m))
	}
	return n
}

func resample(teams []TeamMix, seed uint64) (low, high float64, ok bool) {
	if !slices.ContainsFunc(teams, func(t TeamMix) bool { return len(t.Weeks) > 1 }) {
		return 0, 0, false
	}
	random := stat.Random(seed)
	var values []float64
	for range mixResamples {
		mixes, weights, _ := sums(teams, random.IntN)
		if bits, most, ok := stat.JensenShannon(mixes, weights); ok && most > 0 {
			values = append(values, bits/most)
		}
	}
	if len(values) < mixResamples/2 {
		return 0, 0, false
	}
	slices.Sort(values)
	tail := len(values) / 20
	return values[tail], values[len(values)-1-tail], true
}

// A Silo is part of score L7, of one objective that is declared
// cross-functional.
type Silo struct {
	// Estimate is the share of its effort that the largest team has.
	stat.Estimate
	// Teams is how many equally large teams would be as concentrated, 1/Σs².
	Teams float64
}

// SiloShare returns how much of the objective one team carries. It is undefined
// without effort.
func SiloShare(byTeam []effort.Micro) Silo {
	masses := make([]float64, len(byTeam))
	largest := effort.Micro(0)
	for i, e := range byTeam {
		masses[i] = float64(max(e, 0))
		largest = max(largest, e)
	}
	total := Mix(byTeam).total()
	concentration, ok := stat.Concentration(masses)
	if !ok {
		return Silo{Estimate: stat.NotDefined("no effort on the objective")}
	}
	return Silo{
		Estimate: stat.Known(float64(largest)/float64(total), int(total/effort.PersonDay)).AlertFrom(alertEffort),
		Teams:    1 / concentration,
	}
}

// LocalGlobalGap is part of score L7: the mean of what the teams report of their
// attainment minus what the organisation's outcome has attained of its way (the
// caller clips neither): above 0, the teams are better off than the whole. N is
// the number of teams. It is undefined without a report; attained is not OK
// where the outcome is not, and the gap neither.
func LocalGlobalGap(reported []float64, attained stat.Estimate) stat.Estimate {
	switch {
	case len(reported) == 0:
		return stat.NotDefined("no team reports its attainment")
	case !attained.OK():
		return attained
	}
	sum := 0.0
	for _, r := range reported {
		sum += r
	}
	mean, n := sum/float64(len(reported)), len(reported)
	gap := stat.Known(mean-attained.Value, n)
	if attained.Bounded {
		gap = gap.Within(mean-attained.Upper, mean-attained.Lower)
	}
	return gap
}

// PriorityTranslation tells how evenly priorities reach the teams (score A5 per
// team, priority_fidelity): the median of the teams' rank correlations, and
// their range, 0 to 2. Teams without one are left out. It is undefined without
// any.
func PriorityTranslation(fidelity []float64) (median, spread stat.Estimate) {
	taus := slices.DeleteFunc(slices.Clone(fidelity), math.IsNaN)
	if len(taus) == 0 {
		none := stat.NotDefined("no team has a priority fidelity")
		return none, none
	}
	n := len(taus)
	return stat.Known(stat.Median(taus), n), stat.Known(slices.Max(taus)-slices.Min(taus), n)
}
