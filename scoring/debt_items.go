package scoring

import (
	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// below is what execution debt needs to know of tickets.
type below struct {
	tickets []uint32                // those that were ever in progress or ended, no epics
	linked  map[uint32]linked       // of those in progress, and those done in the last year
	spent   map[uint32]effort.Micro // on those done in the window, over the last year
	begins  map[uint32]bool         // places whose tickets have a state in progress
	spikes  map[uint32]bool         // classes that are expected to leave nothing
	first   map[uint32]minute       // of tickets that do not say when they were started: when what is linked was
}

// linked are the changes and commits that are linked to a ticket.
type linked struct {
	works    []uint32
	evidence []minute
}

// head reports whether an item is there and stands for its work: copies that
// other sources saw do not count again.
func (v *evaluation) head(n uint32, k kind) bool {
	f := &v.engine.facts[n]
	return f.kind == k && !f.is(markGone) && v.engine.items[n].work == n
}

// inProgress reports whether a ticket is in progress on the day.
func (v *evaluation) inProgress(n uint32) bool {
	f := &v.engine.facts[n]
	return f.started != noMinute && f.started.day() <= v.day && f.status != statusTodo && !v.endedBy(n, v.day)
}

// below looks at every item, once in an evaluation.
func (v *evaluation) below() *below {
	if v.beneath != nil {
		return v.beneath
	}
	b := &below{first: make(map[uint32]minute), linked: make(map[uint32]linked), spent: make(map[uint32]effort.Micro), begins: make(map[uint32]bool), spikes: make(map[uint32]bool)}
	for _, class := range []string{"spike", "decision", "support"} {
		if n, known := v.engine.rare.names[class]; known {
			b.spikes[n] = true
		}
	}
	owner := make(map[uint32]uint32) // work → ticket done in the window
	for no := range v.engine.facts {
		f, n := &v.engine.facts[no], uint32(no)
		if !v.head(n, kindTicket) || f.is(markEpic) {
			continue
		}
		if f.started != noMinute || f.status == statusDoing {
			b.begins[f.place] = true
		}
		doing, done := v.inProgress(n), v.doneOn(n)
		if doing || len(v.engine.movesFor(n)) > 0 {
			b.tickets = append(b.tickets, n)
		}
		if doing || done != objective.NoDate && done > v.day-7*debtYear {
			b.linked[n] = linked{}
		}
		if done != objective.NoDate && done > v.day-debtDays {
			owner[n] = n
		}
	}
	for no := range v.engine.facts {
		v.link(b, owner, uint32(no))
	}
	from := v.dataFrom()
	for monday := max(from, v.lastMonday()-7*(debtYear-1)); from != objective.NoDate && monday <= v.day; monday += 7 {
		works := v.week(monday).works
		for i := range works {
			if ticket, ok := owner[works[i].work]; ok {
				b.spent[ticket] += works[i].effort
			}
		}
	}
	v.beneath = b
	return b
}

// link puts a change or commit to the ticket that it is linked to.
func (v *evaluation) link(b *below, owner map[uint32]uint32, n uint32) {
	f := &v.engine.facts[n]
	if !v.head(n, kindChange) && !v.head(n, kindCommit) || f.closed != noMinute && f.closed.day() <= v.day-7*debtYear {
		return
	}
	ticket := v.ticketOf(n)
	if ticket != 0 && f.started != noMinute && v.engine.facts[ticket].started == noMinute {
		if at, known := b.first[ticket]; !known || f.started < at {
			b.first[ticket] = f.started
		}
	}
	l, wanted := b.linked[ticket]
	if !wanted {
		return
	}
	l.works = append(l.works, n)
	at := f.created
	if f.kind == kindChange {
		at = f.closed
		if v.doneOn(n) == objective.NoDate {
			at = noMinute
		}
	}
	if at != noMinute && at.day() <= v.day {
		l.evidence = append(l.evidence, at)
	}
	b.linked[ticket] = l
	if _, done := owner[ticket]; done {
		owner[n] = ticket
	}
}

// done is a ticket that was done, with the evidence of it.
func (v *evaluation) done(n uint32, b *below) debt.Done {
	f := &v.engine.facts[n]
	one := debt.Done{Started: f.started.time(), Ended: v.lastEnd(n).time(), Expects: !b.spikes[f.class] && !f.is(markDecision)}
	for _, at := range b.linked[n].evidence {
		one.Evidence = append(one.Evidence, at.time())
	}
	return one
}

// heldBy returns the teams that hold a ticket: those that own it, or else that of
// the person who opened it, on that day. Of tickets that were opened before the
// weeks that are collapsed the person is not known any more.
func (v *evaluation) heldBy(n uint32) []int {
	if len(v.declared.Teams) == 0 {
		return nil
	}
	if owners := v.engine.owners.teamsOf(uint64(n)); len(owners) > 0 {
		return owners
	}
	f := &v.engine.facts[n]
	day := v.day
	if f.created != noMinute {
		day = f.created.day()
	}
	if t := v.teamOf(n, day); t < len(v.declared.Teams) {
		return []int{t}
	}
	return nil
}

// gaps hands over what is reported done and not backed, of each active objective
// and of all of them together.
func (v *evaluation) gaps(b *below) {
	var all reported
	seen := make(map[uint32]bool)
	for o := range v.declared.Set.Objectives {
		if !v.active(o) {
			continue
		}
		var own reported
		for _, n := range v.scopeOf(o) {
			v.countReported(&own, n, b)
			if !seen[n] {
				seen[n] = true
				v.countReported(&all, n, b)
			}
		}
		v.objective(o, scoreOf(ReportedActualGap, own.gap(v)))
	}
	v.organisation(scoreOf(ReportedActualGap, all.gap(v)))
}

// reported counts the tickets of a scope.
type reported struct {
	scope, done int
	lately      []debt.Done // done in the last year
}

// countReported counts a ticket that is in scope on the day.
func (v *evaluation) countReported(r *reported, n uint32, b *below) {
	if f := &v.engine.facts[n]; f.created != noMinute && f.created.day() > v.day {
		return
	}
	day, how := v.endOf(n, v.day)
	if day != objective.NoDate && how == statusDropped {
		return
	}
	r.scope++
	if day == objective.NoDate {
		return
	}
	r.done++
	if day > v.day-7*debtYear {
		r.lately = append(r.lately, v.done(n, b))
	}
}

func (r *reported) gap(v *evaluation) stat.Estimate {
	return debt.ReportedActualGap(r.done, r.scope, debt.UnverifiedOf(r.lately, v.asOf).Estimate)
}

// lastEnd is when an item last ended.
func (v *evaluation) lastEnd(no uint32) minute {
	end := noMinute
	for _, m := range v.engine.movesFor(no) {
		if m.at.day() <= v.day && m.to.ended() {
			end = m.at
		}
	}
	return end
}

// lastTouch is the last day on which a person worked on a ticket or on what is
// linked to it, or else on which it was started.
func (v *evaluation) lastTouch(ticket uint32, works []uint32) objective.Date {
	last := v.engine.facts[ticket].started.day()
	for _, work := range append(works[:len(works):len(works)], ticket) {
		for _, no := range v.members(work) {
			v.present(uint32(no), func(p presenceDay) { last = max(last, p.day) })
		}
	}
	return last
}

// closings appends when an item was done within the time that counts, and when
// it was opened again after.
func (v *evaluation) closings(list []debt.Closing, no uint32) []debt.Closing {
	moves := v.engine.movesFor(no)
	for i, m := range moves {
		if day := m.at.day(); m.to != statusDone || day > v.day || day <= v.day-reopenDays {
			continue
		}
		c := debt.Closing{Closed: m.at.time()}
		if i+1 < len(moves) && moves[i+1].to == statusDoing && moves[i+1].at.day() <= v.day {
			c.Reopened = moves[i+1].at.time()
		}
		list = append(list, c)
	}
	return list
}
