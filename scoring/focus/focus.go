// Package focus measures focus creep: how many things a team carries at a time,
// and how many of them nobody planned.
//
// The definitions follow section 4.8 of the score specification, the minimum
// samples section 2.7. A workstream is the root of an item tree (RootOf). Its
// effort comes from the ledger; how much effort a team needs for its shares to
// be told at all is the caller's to check, once for the whole window.
package focus

import (
	"cmp"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The fewest person-days, and the fewest people, to alert on.
const (
	alertEffort = 40
	alertPeople = 8
)

// A Carry is the effort of one person on one workstream in the window. The
// numbers are the caller's and private; pairs may repeat.
type Carry struct {
	Person     int
	Workstream uint64
	Effort     effort.Micro
}

// A Diversity is score F1: how many workstreams are carried, each as if all
// were equally large (the exponential of Shannon's entropy of the shares of
// effort). The order 1 is the only one that splits into α and β when people
// weigh differently (L. Jost, Ecology 88, 2007).
type Diversity struct {
	// Gamma is how many workstreams the team carries.
	Gamma stat.Estimate
	// Alpha is how many the average person carries, weighted by effort:
	// fragmentation. Beta is Gamma/Alpha, how many teams' worth of
	// specialisation there is: 1 when everybody does everything.
	Alpha, Beta stat.Estimate
}

// DiversityOf returns the effective numbers of workstreams. N is whole
// person-days. Alpha and Beta are about people: with fewer than k of them they
// are suppressed, because either gives the other with Gamma. All are undefined
// without effort.
//
// The result does not depend on the order of the rows nor on the numbers.
func DiversityOf(rows []Carry, k int) Diversity {
	team, people, total := mixes(rows)
	if total <= 0 {
		none := stat.NotDefined("no effort in this window")
		return Diversity{none, none, none}
	}
	days := int(total / effort.PersonDay)
	entropy, _ := stat.Entropy(team)
	d := Diversity{Gamma: stat.Known(math.Exp(entropy), days).AlertFrom(alertEffort)}
	if len(people) < k {
		few := stat.Estimate{Status: stat.Suppressed, Reason: "fewer persons than privacy.k_people"}
		d.Alpha, d.Beta = few, few
		return d
	}
	own := make([]float64, len(people))
	for i, p := range people {
		h, _ := stat.Entropy(p.mix)
		own[i] = p.effort / float64(total) * h
	}
	slices.Sort(own)
	mean := 0.0
	for _, h := range own {
		mean += h
	}
	d.Alpha = stat.Known(math.Exp(mean), days).AlertFrom(alertEffort)
	d.Beta = stat.Known(max(1, math.Exp(entropy-mean)), days).AlertFrom(alertEffort)
	return d
}

// A carrier is one person's mix.
type carrier struct {
	mix    []float64
	effort float64
}

// mixes adds up the rows by workstream, and by person and workstream.
func mixes(rows []Carry) (team []float64, people []carrier, total effort.Micro) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Carry) bool { return r.Effort <= 0 })
	slices.SortFunc(rows, func(a, b Carry) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Workstream, b.Workstream))
	})
	byWorkstream := map[uint64]effort.Micro{}
	for i := 0; i < len(rows); {
		person := carrier{}
		for first := i; i < len(rows) && rows[i].Person == rows[first].Person; {
			sum, workstream := effort.Micro(0), rows[i].Workstream
			for ; i < len(rows) && rows[i].Person == rows[first].Person && rows[i].Workstream == workstream; i++ {
				sum += rows[i].Effort
			}
			byWorkstream[workstream] += sum
			total += sum
			person.mix = append(person.mix, float64(sum))
			person.effort += float64(sum)
		}
		people = append(people, person)
	}
	for _, sum := range byWorkstream {
		team = append(team, float64(sum))
	}
	return team, people, total
}

// A Focus is score F2: how concentrated effort is.
type Focus struct {
	// Concentration is the unbiased Σs² with n, the person-days: 1 when all
	// effort is on one workstream. It is insufficient below 2 person-days,
	// which cannot meet.
	Concentration stat.Estimate
	// Raw is Σs², Effective 1/Σs², and Unbiased the inverse of Concentration,
	// +Inf where that is 0. Evenness is the entropy over its maximum, 1 for a
	// single workstream.
	Raw, Effective, Unbiased float64
	Entropy, Evenness        float64 // Entropy in nats
}

// FocusOf returns the concentration of effort over workstreams, in any order. It
// is undefined without effort. (The lines that antitrust authorities draw do
// not carry over: here concentration is good.)
func FocusOf(workstreams []effort.Micro) Focus {
	masses, total, used := make([]float64, 0, len(workstreams)), effort.Micro(0), 0
	for _, e := range workstreams {
		if e > 0 {
			masses, total, used = append(masses, float64(e)), total+e, used+1
		}
	}
	raw, ok := stat.Concentration(masses)
	if !ok {
		return Focus{Concentration: stat.NotDefined("no effort in this window")}
	}
	f := Focus{Raw: raw, Effective: 1 / raw, Evenness: 1}
	f.Entropy, _ = stat.Entropy(masses)
	if used > 1 {
		f.Evenness = min(1, f.Entropy/math.Log(float64(used)))
	}
	days := int(total / effort.PersonDay)
	unbiased, ok := stat.UnbiasedConcentration(raw, total.PersonDays())
	if !ok || days < 2 {
		f.Concentration = stat.Insufficient(days, "%d of at least 2 person-days", days)
		return f
	}
	f.Concentration = stat.Known(unbiased, days).AlertFrom(alertEffort)
	f.Unbiased = 1 / unbiased
	return f
}

// ParetoShare is part of score F5: the share of the effort on active objectives
// that goes to the most worked-on fifth of them, rounded up. It is undefined
// without effort on active objectives. The list has one entry for each of them,
// those without effort included.
func ParetoShare(objectives []effort.Micro) stat.Estimate {
	sorted := slices.Sorted(slices.Values(objectives))
	slices.Reverse(sorted)
	top, total := effort.Micro(0), effort.Micro(0)
	for i, e := range sorted {
		if e = max(e, 0); i < (len(sorted)+4)/5 {
			top += e
		}
		total += e
	}
	if total <= 0 {
		return stat.NotDefined("no effort on an active objective")
	}
	return stat.Known(float64(top)/float64(total), int(total/effort.PersonDay)).AlertFrom(alertEffort)
}

// ActiveObjectives is part of score F5: how many active objectives a team
// carries, that is spends effort on in the window or is declared to take part
// in. At most 3 is healthy, more than 5 an alarm. A team without any has 0.
func ActiveObjectives(carried []bool) stat.Estimate {
	n := 0
	for _, c := range carried {
		if c {
			n++
		}
	}
	return stat.Known(float64(n), len(carried))
}

// Risen reports the warning of F1: that α is at least a quarter above the median
// of its last 26 weeks, the newest excluded. It needs 8 of them.
func Risen(alpha stat.Weekly, until int) (risen, known bool) {
	const weeks, least, rise = 26, 8, 1.25
	now := alpha.Last(1, until)
	before := alpha.Last(weeks, until-1)
	if len(now) == 0 || len(before) < least {
		return false, false
	}
	return now[0].Value >= rise*stat.Median(before.Values()), true
}
