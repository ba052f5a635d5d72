package coherence

import (
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// An Ownership is who answers for an active objective.
type Ownership struct {
	Effort effort.Micro // on the objective, in the window
	// Owners is how many persons are declared as owners.
	Owners int
	// Group is set where a group is declared instead of a person; Deactivated
	// where no declared owner's account is active.
	Group, Deactivated bool
	// LastSign is the last day on which an owner checked in, edited or
	// commented; NoDate for never.
	LastSign objective.Date
	// ByTeam is the effort of each team on it.
	ByTeam []effort.Micro
}

// What makes an owner absent, and an objective contested.
const (
	absentAfter = 28 // days
	contested   = 0.15
)

// A Gap is why nobody answers for an objective. The empty value means that
// somebody does.
type Gap string

// The gaps in ownership, the first that holds is told.
const (
	GapNobody      Gap = "nobody"      // no owner is declared
	GapGroup       Gap = "group"       // a group is, and no person
	GapDeactivated Gap = "deactivated" // no owner's account is active
	GapSilent      Gap = "silent"      // no owner gave a sign for 28 days
	GapContested   Gap = "contested"   // several own it, and two teams at least have 15 % of its effort each
)

// Gap returns why nobody answers for the objective, "" where somebody does.
func (o Ownership) Gap(today objective.Date) Gap {
	switch {
	case o.Owners <= 0:
		return GapNobody
	case o.Group:
		return GapGroup
	case o.Deactivated:
		return GapDeactivated
	case o.LastSign == objective.NoDate || today-o.LastSign > absentAfter:
		return GapSilent
	case o.Owners > 1 && o.shared():
		return GapContested
	}
	return ""
}

// shared reports whether two teams at least have a good part of the effort.
func (o Ownership) shared() bool {
	total, large := Mix(o.ByTeam).total(), 0
	for _, e := range o.ByTeam {
		if total > 0 && float64(e) >= contested*float64(total) {
			large++
		}
	}
	return large >= 2
}

// OwnershipGap is score L3: the share of the effort on active objectives that is
// on those without an owner who answers, and their share by number. Both are
// undefined without active objectives, the first without effort.
func OwnershipGap(active []Ownership, today objective.Date) (byEffort, byNumber stat.Estimate) {
	var gaps, total effort.Micro
	n := 0
	for _, o := range active {
		total += o.Effort
		if o.Gap(today) != "" {
			n++
			gaps += o.Effort
		}
	}
	if len(active) == 0 {
		none := stat.NotDefined("no active objective")
		return none, none
	}
	return share(gaps, total), stat.Known(float64(n)/float64(len(active)), len(active))
}

func share(part, whole effort.Micro) stat.Estimate {
	if whole <= 0 {
		return stat.NotDefined("no effort on active objectives")
	}
	return stat.Known(float64(part)/float64(whole), int(whole/effort.PersonDay)).AlertFrom(alertEffort)
}
