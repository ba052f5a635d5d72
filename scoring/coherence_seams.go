package scoring

import (
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// The names of the scores of what happens between teams: how much longer one
// waits for another team, and whether decisions leave a trace.
const (
	Friction             = "friction"
	DecisionVisibility   = "decision_visibility"
	DecisionTraceability = "decision_traceability"
)

// seamFamilies lists them as they are published.
func seamFamilies() []latestFamily {
	const unseen = " Talks and private channels are out of sight, so it is an upper bound."
	return []latestFamily{
		{score: Friction, of: ofOrganisation, unit: "ratio", work: true,
			help: "Median wait across teams over the median wait within a team, of the last 91 days: changes for their first review, blocked items for what blocks them. 1 when teams wait for each other no longer than for themselves; no reading is known. Sees waits that have ended, by day and by night."},
		{score: DecisionVisibility, of: ofOrganisation, unit: "ratio", limits: "90 % Wilson interval.",
			help: "Share of the decisions of the last 91 days that have a lasting record, 0 to 1: a ticket or a change that is the decision, or that the thread of the decision leads to. No reading is known; higher is better." + unseen},
		{score: DecisionTraceability, of: ofOrganisation, unit: "ratio", limits: "90 % Wilson interval.",
			help: "Share of the decisions of the last 91 days whose lasting record counts for an objective, 0 to 1. No reading is known; higher is better." + unseen},
	}
}

// linked keeps what few items link to: of every item what it blocks, with who
// said so, and of decisions all that they lead to.
func (r *rareFacts) linked(ch *store.Change, f *facts) {
	no, it := uint32(ch.No), &ch.Item
	var blocks []blockLink
	var records []string
	for i := range it.Links {
		switch l := &it.Links[i]; {
		case f.is(markGone):
		case l.Kind == store.LinkBlocks:
			blocks = append(blocks, blockLink{strings.Clone(l.Key), minuteOf(l.At), linkedBy(ch.Events, l)})
		case f.is(markDecision):
			records = append(records, strings.Clone(l.Key))
		}
	}
	put(r.blocks, no, blocks)
	put(r.records, no, records)
}

// linkedBy returns who made a link: whoever did so to the item in the same
// second, "" where nobody tells, or several did.
func linkedBy(events []store.Event, l *store.Link) string {
	who := ""
	for i := range events {
		ev := &events[i]
		switch {
		case ev.Kind != store.EventLink || ev.Actor == "" || l.At.IsZero() || !ev.At.Equal(l.At):
		case who != "" && who != ev.Actor:
			return ""
		default:
			who = strings.Clone(ev.Actor)
		}
	}
	return who
}

// seams hands over how teams wait for each other, and what decisions leave.
func (v *evaluation) seams() {
	var w waits
	var d decided
	for no := range v.engine.facts {
		f := &v.engine.facts[no]
		if f.is(markGone) || v.engine.items[no].work != uint32(no) || f.created == noMinute {
			continue
		}
		if day := f.created.day(); day > v.day || day <= v.day-7*coherenceWeeks {
			continue
		}
		if f.is(markDecision) {
			d.items = append(d.items, uint32(no))
		}
		if f.kind == kindChange {
			v.reviewWait(&w, uint32(no))
		}
	}
	for no, blocks := range v.engine.rare.blocks {
		for _, b := range blocks {
			v.blockedWait(&w, no, b)
		}
	}
	v.organisation(v.friction(&w))
	decisions := v.recorded(&d)
	v.organisation(scoreOf(DecisionVisibility, decisions.Visibility()))
	v.organisation(scoreOf(DecisionTraceability, decisions.Traceability()))
}

// waits are hours that somebody waited, across teams and within one, and how
// often for whom.
type waits struct {
	across, within waited
}

type waited struct {
	hours []float64
	whom  map[uint32]int // by person, private
}

// add counts a wait for a person, or for nobody who is known where it is
// negative.
func (w *waits) add(waiting, waitedFor int, hours float64, person int) {
	side := &w.across
	if waiting == waitedFor {
		side = &w.within
	}
	side.hours = append(side.hours, hours)
	if person >= 0 {
		if side.whom == nil {
			side.whom = make(map[uint32]int)
		}
		side.whom[uint32(person)]++
	}
}

// reviewWait adds how long a change waited for its first review by somebody
// else, by the teams that the two belonged to.
func (v *evaluation) reviewWait(w *waits, no uint32) {
	e := v.engine
	f := &e.facts[no]
	if f.creator == 0 || f.is(markMachine) || e.actors[f.creator-1].machine {
		return
	}
	author, reviewer, first := e.actors[f.creator-1].person, -1, noMinute
	for i := range e.items[no].touches {
		t := &e.items[no].touches[i]
		at, who := minute(t.minute), e.actors[t.actor].person
		if t.presence&effort.Review == 0 || v.automatic(t) || who == author || at < f.created || !at.time().Before(v.asOf) {
			continue
		}
		if reviewer < 0 || at < first || at == first && e.people.list[who].key < e.people.list[reviewer].key {
			reviewer, first = int(who), at
		}
	}
	if reviewer < 0 {
		return
	}
	waiting, waitedFor := v.homeTeam(author, f.created.day()), v.homeTeam(uint32(reviewer), first.day())
	if n := len(v.declared.Teams); waiting < n && waitedFor < n {
		w.add(waiting, waitedFor, float64(first-f.created)/60, reviewer)
	}
}

// blockedWait adds how long an item waited for what blocks it, from when both
// the link and the blocked item were there, where that ended within the window.
func (v *evaluation) blockedWait(w *waits, no uint32, b blockLink) {
	e := v.engine
	blocked, ok := v.itemOf(b.key)
	if !ok || b.at == noMinute || e.facts[no].is(markGone) {
		return
	}
	from, until := max(b.at, e.facts[blocked].created), noMinute
	for _, m := range e.movesFor(no) {
		if m.at <= from {
			until = noMinute
			if m.to.ended() {
				until = m.at
			}
		} else if until == noMinute && m.to.ended() {
			until = m.at
		}
	}
	day := until.day()
	if until < from || day > v.day || day <= v.day-7*coherenceWeeks {
		return // it never waited, waits still, or no longer counts
	}
	for _, m := range e.movesFor(blocked) {
		if m.to.ended() && m.at < until {
			return // it went without
		}
	}
	waiting, waitedFor := v.teamOf(blocked, day), v.teamOf(no, day)
	person := -1
	if c := e.facts[no].creator; c > 0 {
		person = int(e.actors[c-1].person)
	}
	if n := len(v.declared.Teams); waiting < n && waitedFor < n {
		w.add(waiting, waitedFor, float64(until-from)/60, person)
	}
}

// friction tells the waits, unless too few people are waited for.
func (v *evaluation) friction(w *waits) Score {
	privacy := v.declared.Privacy
	s := scoreOf(Friction, coherence.Friction(w.across.hours, w.within.hours))
	if s.Status != OK {
		return s
	}
	for _, side := range []*waited{&w.across, &w.within} {
		var people contributors
		for person, n := range side.whom {
			people = people.with(v.engine.contributor(person), effort.Micro(n)*effort.PersonDay)
		}
		if people.count() < privacy.KPeople {
			return unavailable(Friction, SuppressedPrivacy, "too few people are waited for (privacy.k_people)")
		}
		if people.dominated(privacy.Dominance) {
			return unavailable(Friction, SuppressedPrivacy, "most waits are for one person (privacy.dominance)")
		}
	}
	return s
}

// decided are the decisions of the window.
type decided struct{ items []uint32 }

// recorded counts the decisions, and those with a record that lasts: tickets and
// changes are one themselves. A thread has one in what it leads to, and is the
// same decision as a record that is one itself.
func (v *evaluation) recorded(d *decided) coherence.Decisions {
	records, threads := make(map[uint32]bool), make(map[uint32]bool)
	for _, no := range d.items {
		switch v.engine.facts[no].kind {
		case kindTicket, kindChange:
			records[no] = true
		case kindDiscussion:
			threads[no] = true
		}
	}
	var n coherence.Decisions
	for no := range records {
		for _, thread := range v.leadsTo(no, kindDiscussion) {
			delete(threads, thread) // told in the record
		}
		n.All, n.Durable = n.All+1, n.Durable+1
		if len(v.objectivesOf(no)) > 0 {
			n.Linked++
		}
	}
	for no := range threads {
		found := append(v.leadsTo(no, kindTicket), v.leadsTo(no, kindChange)...)
		if slices.ContainsFunc(found, func(record uint32) bool { return records[record] }) {
			continue
		}
		n.All++
		if len(found) > 0 {
			n.Durable++
		}
		if slices.ContainsFunc(found, func(record uint32) bool { return len(v.objectivesOf(record)) > 0 }) {
			n.Linked++
		}
	}
	return n
}

// leadsTo lists the items of a kind that a decision links to.
func (v *evaluation) leadsTo(no uint32, kind kind) []uint32 {
	var list []uint32
	for _, key := range v.engine.rare.records[no] {
		if to, ok := v.itemOf(key); ok && v.engine.facts[to].kind == kind {
			list = append(list, uint32(v.engine.graph.Work(uint64(to))))
		}
	}
	return list
}

// homeTeam returns the number of the team that has most of a person on a day,
// the number of teams for none.
func (v *evaluation) homeTeam(person uint32, day objective.Date) int {
	team, most := len(v.declared.Teams), effort.Micro(-1)
	for _, m := range v.engine.people.list[person].memberships {
		if m.from <= day && day <= m.until && (m.share > most || m.share == most && m.team < team) {
			team, most = m.team, m.share
		}
	}
	return team
}
