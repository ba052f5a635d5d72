package scoring

import (
	"time"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// An accountSign is what a source tells of one account, see store.Account.
type accountSign struct {
	inactive bool
	since    time.Time
}

// takeAccounts notes which accounts can be used. It comes when everybody is put
// together.
func (p *people) takeAccounts(profiles []store.Profile) {
	p.accounts, p.accountsOf = make(map[string][]accountSign), make(map[uint32][]accountSign)
	for i := range profiles {
		q := &profiles[i]
		if q.Account == "" || p.machines[q.Actor] {
			continue
		}
		sign := accountSign{q.Account == store.AccountInactive, q.Since}
		p.accounts[q.Actor] = append(p.accounts[q.Actor], sign)
		if no, ok := p.byActor[q.Actor]; ok {
			p.accountsOf[no] = append(p.accountsOf[no], sign)
		}
	}
}

// deactivated reports whether the person behind some actors has no account left:
// one at least was told to be inactive by then, and none to be active. A source
// that tells neither, such as git, says nothing of its accounts, and what was
// first seen later was not known yet.
func (p *people) deactivated(actors []string, by time.Time) bool {
	gone := false
	for _, actor := range actors {
		signs := p.accounts[actor]
		if no, ok := p.byActor[actor]; ok && len(p.accountsOf[no]) > 0 {
			signs = p.accountsOf[no] // those of the merged accounts, too
		}
		for _, s := range signs {
			if !s.since.Before(by) {
				continue
			}
			if !s.inactive {
				return false
			}
			gone = true
		}
	}
	return gone
}

// ownership returns who answers for an objective, with the effort on it and the
// day of the last sign of an owner.
func (v *evaluation) ownership(o int, spent effort.Micro, sign objective.Date) coherence.Ownership {
	owner := coherence.Ownership{Effort: spent, LastSign: sign}
	if declared := v.at(o); declared.HasOwner {
		owner.Owners, owner.Group = 1, declared.OwnerIsGroup
	}
	owner.Deactivated = v.engine.people.deactivated(v.declared.ownerOn(v.declared.Set.Objectives[o].ID, v.day), v.asOf)
	return owner
}

// ownerOn returns the actors of the person who owns an objective on a day.
func (d *Declared) ownerOn(id string, day objective.Date) []string {
	list := d.People.Owners[id]
	if len(list) == 0 {
		return nil
	}
	on := &list[0]
	for i := range list[1:] {
		if next := &list[1+i]; next.From <= day {
			on = next
		}
	}
	if d.People.Actor == nil {
		return on.Identities
	}
	actors := make([]string, len(on.Identities))
	for i, identity := range on.Identities {
		actors[i] = d.People.Actor(identity)
	}
	return actors
}
