package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// responseDays is over how many days answers to check-ins count: as long as a
// report of confidence does.
const responseDays = 28

// responseFamily is how answers to check-ins are exposed.
func responseFamily() latestFamily {
	return latestFamily{score: CheckInResponse, of: ofTeams, unit: "ratio",
		help: "Share of the team's members who checked in, within 28 days, on an active objective that the team takes part in and on which anybody checked in within 91 days, 0 to 1. A trend; no reading is known. Nobody records who was asked: the whole team counts as asked, so it is a lower bound where only some were. Told of 5 members or more (privacy.k_people)."}
}

// checkInResponse hands over how many of each team answer. It is of teams only.
// Two teams that differ in a few are not both told of, see
// measurement.hideOverlaps.
func (v *evaluation) checkInResponse() {
	end := v.engine.teamDay(v.day)
	days := DateRange{end - responseDays + 1, end}
	alive := make([]bool, len(v.declared.Set.Objectives))
	answers := make([]map[uint32]bool, len(alive)) // persons, by objective
	v.eachCheckIn(func(o int, c checkIn) {
		day := objective.DateOf(c.at.UTC())
		alive[o] = alive[o] || day > v.day-checkInDays
		if no, known := v.engine.people.byActor[c.actor]; known && in(days, day) {
			if answers[o] == nil {
				answers[o] = make(map[uint32]bool)
			}
			answers[o][no] = true
		}
	})
	estimates := make([]stat.Estimate, len(v.declared.Teams))
	asked := make([]map[uint32]effort.Micro, len(v.declared.Teams))
	for t := range asked {
		estimates[t], asked[t] = v.responseOf(t, days, alive, answers)
	}
	hidden := v.engine.overlapping(asked, v.declared.Privacy.KPeople)
	for t, e := range estimates {
		s := scoreOf(CheckInResponse, e)
		if hidden[t] && s.Status == OK {
			s = unavailable(CheckInResponse, SuppressedPrivacy, reasonFew)
		}
		v.team(t, s)
	}
}

// responseOf returns how many of a team answered, and who was asked.
func (v *evaluation) responseOf(team int, days DateRange, alive []bool, answers []map[uint32]bool) (stat.Estimate, map[uint32]effort.Micro) {
	part := v.takesPart(team)
	var on []int
	for o := range alive {
		if alive[o] && v.active(o) && part(o) {
			on = append(on, o)
		}
	}
	asked := make(map[uint32]effort.Micro)
	if len(on) == 0 {
		return stat.NotDefined("nobody checked in within 91 days on an active objective of the team, so nobody seems to be asked"), asked
	}
	answered := 0
	var n headcount
	for _, member := range v.wholeTeam(team, days, nil) {
		no := uint32(member)
		who := v.engine.contributor(no)
		n.add(&who)
		asked[no] = effort.PersonDay // each weighs as much as the others
		if slices.ContainsFunc(on, func(o int) bool { return answers[o][no] }) {
			answered++
		}
	}
	return cadence.CheckInResponse(answered, len(asked), v.engine.accountsFor(n)), asked
}
