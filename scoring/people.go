package scoring

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// people maps the actors of events to persons. An actor that the
// configuration does not name is a person of its own.
type people struct {
	byActor  map[string]uint32
	machines map[string]bool // actors that are machines by configuration
	list     []person
	named    int // how many of list the configuration names; they come first
	org      *time.Location
	teams    []string // team ids in declared order
	order    []uint32 // persons in a stable order, nil when out of date
}

type person struct {
	key         string // the configured id or the actor; no output shows it
	zone        *time.Location
	teamZone    *time.Location
	fte         effort.Micro
	leave       []DateRange
	memberships []membership
}

type membership struct {
	team        int
	from, until objective.Date
	share       effort.Micro // of a person, in millionths
}

func newPeople(d *Declared) *people {
	p := &people{byActor: make(map[string]uint32), machines: make(map[string]bool), org: d.Zone}
	actor := d.People.Actor
	if actor == nil {
		actor = func(identity string) string { return identity }
	}
	byID := make(map[string]uint32)
	for _, c := range d.People.Persons {
		fte := effort.Micro(math.Round(c.FTE * float64(effort.PersonDay)))
		no := p.add(person{key: "person:" + c.ID, zone: c.Zone, fte: fte, leave: c.Leave})
		byID[c.ID] = no
		for _, identity := range c.Identities {
			p.byActor[actor(identity)] = no
		}
	}
	for _, identity := range d.People.Bots {
		p.machines[actor(identity)] = true
	}
	p.named = len(p.list)
	for t, team := range d.Teams {
		p.teams = append(p.teams, team.ID)
		for _, m := range team.Members {
			no, ok := byID[m.Person]
			if !ok {
				continue
			}
			who := &p.list[no]
			if who.teamZone == nil {
				who.teamZone = team.Zone
			}
			until := m.Until
			if until == objective.NoDate {
				until = 1<<31 - 1
			}
			who.memberships = append(who.memberships, membership{
				team: t, from: m.From, until: until,
				share: effort.Micro(math.Round(m.Share * float64(effort.PersonDay))),
			})
		}
	}
	return p
}

func (p *people) add(who person) uint32 {
	p.list = append(p.list, who)
	p.order = nil
	return uint32(len(p.list) - 1)
}

// of returns the person behind an actor.
func (p *people) of(actor string) uint32 {
	no, ok := p.byActor[actor]
	if !ok {
		actor = strings.Clone(actor)
		no = p.add(person{key: "actor:" + actor, fte: effort.PersonDay})
		p.byActor[actor] = no
	}
	return no
}

func (p *people) localDate(no uint32, at time.Time) (objective.Date, int) {
	who := &p.list[no]
	return effort.LocalDate(at, who.zone, who.teamZone, p.org)
}

// ordered returns the persons in an order that does not depend on which was
// seen first, so that sums of floats come out the same.
func (p *people) ordered() []uint32 {
	if p.order == nil {
		p.order = make([]uint32, len(p.list))
		for i := range p.order {
			p.order[i] = uint32(i)
		}
		slices.SortFunc(p.order, func(a, b uint32) int {
			return strings.Compare(p.list[a].key, p.list[b].key)
		})
	}
	return p.order
}

// leaveDays counts the days of leave among the working days of the week that
// starts on monday.
func (w *person) leaveDays(monday objective.Date, workingDays int) int {
	n := 0
	for day := monday; day < monday+objective.Date(workingDays); day++ {
		if w.onLeave(day) {
			n++
		}
	}
	return n
}

// share is how much of the person belongs to teams on a day, in millionths.
func (w *person) share(day objective.Date) (sum effort.Micro) {
	for k := range w.memberships {
		if m := &w.memberships[k]; m.from <= day && day <= m.until {
			sum += m.share
		}
	}
	return sum
}

func (w *person) onLeave(day objective.Date) bool {
	for _, r := range w.leave {
		if r.From <= day && day <= r.Until {
			return true
		}
	}
	return false
}
