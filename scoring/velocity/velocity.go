package velocity

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// The minimum samples (score specification, section 2.7).
const (
	minSpells     = 10 // for the median
	minStops      = 5  // for the median
	minRestricted = 5  // spells, for the restricted means
	alertEffort   = 40 // person-days, to alert on a share of effort
)

// A Latency is score D1: how long workstreams outlive the decision to stop
// them, in days.
type Latency struct {
	// Median is the Kaplan–Meier median, with 95 % limits.
	Median stat.Estimate
	// LongestFollowUp bounds the median from below where Median is insufficient
	// because more than half went on. 0 where it does not.
	LongestFollowUp int
	// Restricted28 is the primary gauge: the mean number of the first 28 days
	// that are worked on regardless, 0 to 28. Restricted90 is that of 90 days.
	Restricted28, Restricted90 stat.Estimate
	// Curve is the estimate behind all three.
	Curve stat.Survival
}

// LatencyOf returns the stop latency of spells: Kaplan–Meier over stopped and
// censored ones (see stat.KaplanMeier).
//
// The median needs 10 spells and 5 stops, and is insufficient where more than
// half go on. The restricted means need 5 spells, one of which was followed for
// as many days, and are never extrapolated: where the curve ends above 0
// before, they are insufficient.
func LatencyOf(spells []Spell) Latency {
	observed := make([]stat.Observed, len(spells))
	followed := 0
	for i, s := range spells {
		observed[i] = stat.Observed{Time: float64(s.Days), Ended: s.Stopped}
		followed = max(followed, s.Followed, s.Days)
	}
	l := Latency{Curve: stat.KaplanMeier(observed)}
	l.Restricted28 = restricted(l.Curve, 28, followed)
	l.Restricted90 = restricted(l.Curve, 90, followed)
	median, reached := l.Curve.Median()
	if !reached {
		l.LongestFollowUp = int(l.Curve.Longest)
	}
	switch {
	case len(spells) == 0:
		l.Median = stat.NotDefined("no decision to stop anything")
	case len(spells) < minSpells:
		l.Median = stat.Insufficient(len(spells), "%d of at least %d stop decisions", len(spells), minSpells)
	case l.Curve.Ended < minStops:
		l.Median = stat.Insufficient(len(spells), "%d of at least %d confirmed stops", l.Curve.Ended, minStops)
	case !reached:
		l.Median = stat.Insufficient(len(spells), "more than half go on after %d days", l.LongestFollowUp)
	default:
		l.Median = stat.Known(median, len(spells)).Within(l.Curve.MedianLimits(stat.SurvivalConfidence))
	}
	return l
}

func restricted(curve stat.Survival, days, followed int) stat.Estimate {
	mean, ok := curve.Restricted(float64(days))
	switch {
	case curve.N == 0:
		return stat.NotDefined("no decision to stop anything")
	case curve.N < minRestricted:
		return stat.Insufficient(curve.N, "%d of at least %d stop decisions", curve.N, minRestricted)
	case !ok || followed < days:
		return stat.Insufficient(curve.N, "no decision was followed for %d days", days)
	default:
		return stat.Known(mean, curve.N)
	}
}

// Total returns the spells as they are from the day on which each decision took
// effect: the announcement lag comes before the time that work outlived it.
func Total(spells []Spell) []Spell {
	total := slices.Clone(spells)
	for i := range total {
		total[i].Days += total[i].Lag
		total[i].Followed += total[i].Lag
	}
	return total
}

// AnnouncementLag is the median of the days for which decisions were in effect
// before they were known. It is undefined without decisions.
func AnnouncementLag(spells []Spell) stat.Estimate {
	lags := make([]float64, len(spells))
	for i, s := range spells {
		lags[i] = float64(s.Lag)
	}
	if len(lags) == 0 {
		return stat.NotDefined("no decision to stop anything")
	}
	return stat.Known(stat.Median(lags), len(lags))
}

// ZombieEffort is score D2: the share of all effort that went to stopped
// workstreams after their grace (the bucket "stopped" of the ledger). It is
// undefined without effort. The minimum samples of effort are the caller's.
func ZombieEffort(stopped, total effort.Micro) stat.Estimate {
	if total <= 0 {
		return stat.NotDefined("no effort in this window")
	}
	return stat.Known(float64(stopped)/float64(total), int(total/effort.PersonDay)).AlertFrom(alertEffort)
}

// Zombies is the other half of D2: the number of open spells of more than 28
// days, and how many of them are worked on now, which is what to alert on
// (section 6). No spell at all makes none.
func Zombies(spells []Spell) (all, live stat.Estimate) {
	n, alive := 0, 0
	for _, s := range spells {
		if s.Age > ZombieAfter {
			n++
			if s.Live {
				alive++
			}
		}
	}
	return stat.Known(float64(n), len(spells)), stat.Known(float64(alive), len(spells))
}

// Resurrections is score D3: how many quiet runs of stopped workstreams were
// ended by new work.
func Resurrections(spells []Spell) stat.Estimate {
	n := 0
	for _, s := range spells {
		n += s.Resurrections
	}
	return stat.Known(float64(n), len(spells))
}
