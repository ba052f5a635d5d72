package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/store"
)

// SetPeople tells the engine what the sources know about accounts and groups,
// in place of what it was told before. Weeks of persons who are now others, or
// live in another zone, are built again from the touches; everything else
// stays. The slices must not be changed afterwards.
func (e *Engine) SetPeople(profiles []store.Profile, groups []store.Group) {
	if slices.EqualFunc(e.profiles, profiles, sameProfile) && slices.EqualFunc(e.groups, groups, sameGroup) {
		return
	}
	e.revision++
	e.profiles, e.groups = profiles, groups
	e.layOutAll()
	next := newPeople(e.declared, e.providers, profiles, groups)
	// Persons whose weeks have to be built again, and the identities that
	// were theirs. Who only gets another number keeps the weeks.
	stale := make([]bool, len(e.lines))
	person := make([]uint32, len(e.actors))
	for n := range e.actors {
		a := &e.actors[n]
		person[n] = next.of(a.key)
		if a.machine != next.machines[a.key] || !e.people.list[a.person].sameWork(&next.list[person[n]]) {
			stale[a.person] = true
		}
	}
	moved := make([]bool, len(e.actors))
	lines := make([]timeline, len(next.list))
	for n := range e.actors {
		a := &e.actors[n]
		to := &lines[person[n]]
		if moved[n] = stale[a.person]; !moved[n] && to.weeks == nil {
			from := &e.lines[a.person]
			to.first, to.weeks, to.logged = from.first, from.weeks, from.logged
		}
		to.actors = append(to.actors, uint32(n))
	}
	e.forget(stale)
	e.swapPeople(next, person, lines)
	e.fileMoved(moved)
	e.recall()
	for _, s := range e.weekly {
		s.teams = nil // who is in which may be another
	}
}

// forget counts the weeks of persons out that are to be built again.
func (e *Engine) forget(stale []bool) {
	for p, gone := range stale {
		if !gone {
			continue
		}
		for _, w := range e.lines[p].weeks {
			if w != nil {
				e.stats.Weeks--
				delete(e.weekly, w.monday)
			}
		}
	}
}

// swapPeople gives every identity its new person, and every week.
func (e *Engine) swapPeople(next *people, person []uint32, lines []timeline) {
	other := slices.ContainsFunc(e.actors, func(a actor) bool { return a.machine != next.machines[a.key] })
	if other {
		e.countAll(-1)
	}
	e.people, e.lines = next, lines
	for n := range e.actors {
		a := &e.actors[n]
		a.person, a.machine = person[n], next.machines[a.key]
	}
	if other {
		e.countAll(1)
	}
	for p := range e.lines {
		for _, w := range e.lines[p].weeks {
			if w != nil {
				w.person = uint32(p)
			}
		}
	}
}

// countAll counts every touch and log in, or with a sign of -1 out.
func (e *Engine) countAll(sign int) {
	for no := range e.items {
		e.countTouches(uint32(no), sign)
	}
	for no := range e.logs {
		e.countLogs(no, sign)
	}
}

// fileMoved enters the touches and logs of identities into the weeks of the
// persons they now belong to.
func (e *Engine) fileMoved(moved []bool) {
	if !slices.Contains(moved, true) {
		return
	}
	var some []touch
	for no := range e.items {
		some = some[:0]
		for _, t := range e.items[no].touches {
			if moved[t.actor] {
				some = append(some, t)
			}
		}
		e.file(uint32(no), some)
	}
	for no, logs := range e.logs {
		for _, l := range logs {
			if moved[l.actor] {
				e.fileLogs(no, []logEntry{l})
			}
		}
	}
}

func sameProfile(a, b store.Profile) bool {
	return a.Source == b.Source && a.Actor == b.Actor && a.Bot == b.Bot && a.Zone == b.Zone && slices.Equal(a.Same, b.Same) &&
		a.Account == b.Account && a.Since.Equal(b.Since)
}

func sameGroup(a, b store.Group) bool {
	return a.Source == b.Source && a.Name == b.Name && a.At.Equal(b.At) && slices.Equal(a.Members, b.Members)
}
