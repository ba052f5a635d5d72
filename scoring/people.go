package scoring

import (
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// people says which person is behind each actor, and to which teams persons
// belong. It is a function of what is declared and of what the sources tell
// about accounts and groups; an actor that neither knows is a person of its
// own.
type people struct {
	byActor   map[string]uint32
	machines  map[string]bool        // actors that are machines, by configuration or by their source
	known     map[string]providerSet // by actor: which providers tell of the account
	list      []person
	named     int // how many of list the configuration names; they come first
	conflicts int // pairs of identities that were not merged, see newPeople
	// Which accounts can be used, by actor and by person; those of which no source
	// tells are missing. See deactivated.
	accounts   map[string][]accountSign
	accountsOf map[uint32][]accountSign
	org        *time.Location
	order      []uint32 // persons in a stable order, nil when out of date
}

type person struct {
	// key is the configured id or the first of the actors; no output shows it.
	key         string
	zone        *time.Location // configured, or else of a profile
	teamZone    *time.Location
	fte         effort.Micro
	leave       []DateRange
	memberships []membership
	known       providerSet // which providers tell of an account of the person
}

type membership struct {
	team        int
	from, until objective.Date
	share       effort.Micro // of a person, in millionths
}

// lastDate is an open end.
const lastDate = objective.Date(1<<31 - 1)

// newPeople puts people together. Identities merge by configuration first,
// then by addresses that a source has verified, then by what profiles say, the
// latter two as far as d.People.Merge believes them. Two configured persons
// stay two whatever a source says, and machines are never part of a person.
func newPeople(d *Declared, at *providers, profiles []store.Profile, groups []store.Group) *people {
	p := &people{byActor: make(map[string]uint32), machines: make(map[string]bool), known: make(map[string]providerSet), org: d.Zone}
	actor := d.People.Actor
	if actor == nil {
		actor = func(identity string) string { return identity }
	}
	byID := make(map[string]uint32)
	for _, c := range d.People.Persons {
		no := p.add(person{key: "person:" + c.ID, zone: c.Zone, fte: millionths(c.FTE), leave: c.Leave})
		byID[c.ID] = no
		for _, identity := range c.Identities {
			p.byActor[actor(identity)] = no
		}
	}
	p.named = len(p.list)
	for _, identity := range d.People.Bots {
		p.machines[actor(identity)] = true
	}
	for i := range profiles {
		if profiles[i].Bot {
			p.machines[profiles[i].Actor] = true
		}
		p.known[profiles[i].Actor] |= providerOf(at.of(profiles[i].Source))
	}
	p.merge(d.People.Merge, profiles)
	p.takeZones(profiles)
	p.joinDeclared(d, byID)
	p.joinGroups(d, at, groups)
	p.takeAccounts(profiles)
	for actor, set := range p.known {
		if no, ok := p.byActor[actor]; ok {
			p.list[no].known |= set
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
		no = p.add(person{key: "actor:" + actor, fte: effort.PersonDay, known: p.known[actor]})
		p.byActor[actor] = no
	}
	return no
}

// takeZones gives persons without a configured zone that of a profile: of
// several, that of the first source by name that knows one.
func (p *people) takeZones(profiles []store.Profile) {
	best := make(map[uint32]*store.Profile)
	zones := make(map[string]*time.Location)
	for i := range profiles {
		q := &profiles[i]
		zone, seen := zones[q.Zone]
		if !seen {
			zone = profileZone(q.Zone)
			zones[q.Zone] = zone
		}
		if zone == nil || p.machines[q.Actor] {
			continue
		}
		no := p.of(q.Actor)
		if b := best[no]; p.list[no].zone == nil && (b == nil || compareProfiles(q, b) < 0) {
			best[no] = q
		}
	}
	for no, q := range best {
		p.list[no].zone = zones[q.Zone]
	}
}

// profileZone returns the zone with a name, nil when the name tells nothing.
// The table of zones is part of the program or of the system, as constant as
// the program itself.
func profileZone(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

func compareProfiles(a, b *store.Profile) int {
	if c := strings.Compare(a.Source, b.Source); c != 0 {
		return c
	}
	return strings.Compare(a.Actor, b.Actor)
}

// localDate returns the local day and minute of a moment of a person.
func (p *people) localDate(no uint32, at effort.Moment) (objective.Date, int) {
	who := &p.list[no]
	return at.LocalDate(who.zone, who.teamZone, p.org)
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

// sameWork reports whether the same touches of two persons come to the same
// effort.
func (w *person) sameWork(v *person) bool {
	return w.key == v.key && sameZone(w.zone, v.zone) && sameZone(w.teamZone, v.teamZone)
}

// sameZone compares zones by name: those of profiles are loaded anew.
func sameZone(a, b *time.Location) bool {
	return a == b || a != nil && b != nil && a.String() == b.String()
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
