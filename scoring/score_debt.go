package scoring

import (
	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// The names of the scores of execution debt (score specification, section 4.11).
const (
	UnverifiedDone   = "unverified_done"
	UnverifiedItems  = "unverified_done_items"
	PhantomProgress  = "phantom_progress"
	PhantomItems     = "phantom_progress_items"
	ReopenedItems    = "reopen"
	AgentChanges     = "agent_change"
	AgentUnverified  = "agent_unverified"
	debtDays         = 28
	reopenDays       = 91
	evidenceFromDays = 400
)

// debtScores is the group of section 4.11: work that is reported and not there.
func debtScores() scoreGroup {
	of := func(name, unit, help string) latestFamily {
		f := latestFamily{score: name, of: ofOrganisation, unit: unit, help: help}
		if unit != "" {
			f.limits = "90 % Wilson interval."
		}
		return f
	}
	phantom, phantoms := of(PhantomProgress, "ratio", "Share of the tickets in progress that nobody worked on for 10 working days, in them or in what is linked to them, 0 to 1. Healthy up to 0.15, alarming from 0.30 (defaults, not benchmarks). Holidays are not known."),
		of(PhantomItems, "", "Tickets in progress that nobody worked on for 10 working days. Healthy at 0; no reading is known beyond. Holidays are not known.")
	phantom.work, phantoms.work = true, true
	return scoreGroup{
		latest: []latestFamily{
			of(UnverifiedDone, "ratio", "Share of the tickets done in the last 28 days without a linked change that was merged, or commit, from 7 days before the start to 14 days after the end, 0 to 1. Healthy up to 0.10, alarming from 0.30 (defaults). Explicit links find about 64 % of the true ones (a study), so up to 0.35 may be lost links; spikes, decisions and support are left out."),
			of(UnverifiedItems, "", "Tickets done in the last 28 days without a linked change or commit around that time. Healthy at 0; no reading is known beyond. Those that ended less than 14 days ago may still get one."),
			phantom, phantoms,
			of(ReopenedItems, "ratio", "Share of the tickets done in the last 91 days that were opened again since, 0 to 1. No reading is known; lower is better. Cannot tell a mistake from a new wish."),
			of(AgentChanges, "ratio", "Share of the changes merged in the last 28 days that a machine wrote, 0 to 1. No reading is known. Cannot tell coding agents from other machines that open changes."),
			of(AgentUnverified, "ratio", "Share of the changes that a machine wrote and that were merged in the last 28 days without a review or a commit of a person, 0 to 1. Healthy at 0; no reading is known beyond. Cannot tell a look from a thorough review."),
		},
		score: (*evaluation).debt,
	}
}

// below is what is linked to a ticket.
type below struct {
	works    []uint32
	evidence []minute
}

func (v *evaluation) debt() {
	linked := v.below()
	spike := make(map[uint32]bool)
	for _, class := range []string{"spike", "decision", "support"} {
		if n, known := v.engine.rare.names[class]; known {
			spike[n] = true
		}
	}
	var done []debt.Done
	var doing []debt.Doing
	var closed []debt.Closing
	for no := range v.engine.facts {
		f, n := &v.engine.facts[no], uint32(no)
		if f.kind != kindTicket || f.is(markGone) || f.is(markEpic) || v.engine.items[no].work != n {
			continue
		}
		if day := v.doneOn(n); day != objective.NoDate && day > v.day-debtDays {
			one := debt.Done{Started: f.started.time(), Ended: v.lastEnd(n).time(), Expects: !spike[f.class] && !f.is(markDecision)}
			for _, at := range linked[n].evidence {
				one.Evidence = append(one.Evidence, at.time())
			}
			done = append(done, one)
		}
		if f.started != noMinute && f.started.day() <= v.day && f.status != statusTodo && !v.endedBy(n, v.day) {
			doing = append(doing, debt.Doing{LastTouch: v.lastTouch(n, linked[n].works)})
		}
		closed = v.closings(closed, n)
	}
	u := debt.UnverifiedOf(done, v.asOf)
	v.organisation(scoreOf(UnverifiedDone, u.Estimate))
	v.organisation(plainScore(UnverifiedItems, float64(u.Count), true, ""))
	share, phantoms := debt.PhantomOf(doing, v.day)
	v.organisation(scoreOf(PhantomProgress, share))
	v.organisation(plainScore(PhantomItems, float64(phantoms), true, ""))
	v.organisation(scoreOf(ReopenedItems, debt.ReopenRatio(closed)))
	merged := v.merged()
	v.organisation(scoreOf(AgentChanges, debt.AgentChanges(merged)))
	v.organisation(scoreOf(AgentUnverified, debt.AgentUnverified(merged)))
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

// below lists the changes and commits that are linked to each ticket, by the
// ticket's number.
func (v *evaluation) below() map[uint32]below {
	linked := make(map[uint32]below)
	for no := range v.engine.facts {
		f := &v.engine.facts[no]
		if f.kind != kindChange && f.kind != kindCommit || f.is(markGone) || v.engine.items[no].work != uint32(no) {
			continue
		}
		ticket := uint32(v.engine.graph.Above(uint64(no)))
		if ticket == 0 || v.engine.facts[ticket].kind != kindTicket {
			continue
		}
		b := linked[ticket]
		b.works = append(b.works, uint32(no))
		at := f.created
		if f.kind == kindChange {
			at = f.closed
			if v.doneOn(uint32(no)) == objective.NoDate {
				at = noMinute
			}
		}
		if at != noMinute && at.day() <= v.day && at.day() > v.day-evidenceFromDays {
			b.evidence = append(b.evidence, at)
		}
		linked[ticket] = b
	}
	return linked
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

// merged lists the changes that were merged, with what persons did to them.
func (v *evaluation) merged() (list []debt.Change) {
	for no := range v.engine.facts {
		f := &v.engine.facts[no]
		if f.kind != kindChange || f.is(markGone) || v.engine.items[no].work != uint32(no) {
			continue
		}
		if day := v.doneOn(uint32(no)); day == objective.NoDate || day <= v.day-debtDays {
			continue
		}
		c := debt.Change{Agent: f.is(markMachine)}
		for _, member := range v.members(uint32(no)) {
			v.present(uint32(member), func(p presenceDay) {
				c.Reviewed = c.Reviewed || p.presence&effort.Review != 0
				c.Committed = c.Committed || p.presence&effort.Code != 0
			})
		}
		list = append(list, c)
	}
	return list
}
