package storetest

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/store"
)

// nameless returns a batch as it counts once weeks are collapsed.
func (m *model) nameless(source string, b store.Batch) store.Batch {
	past, named := map[string]bool{}, map[string]bool{}
	events := make([]store.Event, len(b.Events))
	for i, ev := range b.Events {
		if ev.At.Before(m.before) {
			past[ev.Actor] = true
			ev = bare(ev)
		} else {
			named[ev.Actor] = true
		}
		events[i] = ev
	}
	for _, g := range b.Groups {
		for _, actor := range g.Members {
			named[actor] = true
		}
	}
	b.Events = events
	known := maps.Clone(m.profiles)
	b.Identities = slices.DeleteFunc(slices.Clone(b.Identities), func(id store.Identity) bool {
		p := place{source, id.Actor}
		_, stored := known[p]
		drop := past[id.Actor] && !named[id.Actor] && !stored
		if !drop {
			known[p] = store.Profile{}
		}
		return drop
	})
	return b
}

// erase returns how many records lose a person.
func (m *model) erase() (n int) {
	if m.before.Equal(m.erased) {
		return 0
	}
	m.erased = m.before
	m.batch++
	named := map[string]bool{}
	for p, events := range m.events {
		for id, ev := range events {
			if _, offset := store.Offset(ev.At); ev.At.Before(m.before) && (ev.Actor != "" || offset) {
				events[id], m.changed[p] = bare(ev), m.batch
				n++
			}
			named[events[id].Actor] = true
		}
	}
	for p, versions := range m.groups {
		versions = slices.Clone(versions)
		for i := range versions {
			if i+1 < len(versions) && !versions[i+1].At.After(m.before) && len(versions[i].Members) > 0 {
				versions[i].Members = nil
				n++
			}
			for _, actor := range versions[i].Members {
				named[actor] = true
			}
		}
		m.groups[p] = versions
	}
	for before := -1; before != len(named); {
		before = len(named)
		for p, q := range m.profiles {
			for _, s := range q.Same {
				if named[p.id] || named[s.Actor] {
					named[p.id], named[s.Actor] = true, true
				}
			}
		}
	}
	for p := range m.profiles {
		if !named[p.id] {
			delete(m.profiles, p)
			n++
		}
	}
	return n
}

func (c *machine) collapse(t *rapid.T) {
	// A moment among those at which something happens.
	before := someDay.Add(time.Duration(rapid.IntRange(-1, 6).Draw(t, "nameless before")) * time.Hour)
	monday := before.Add(-store.NamelessBefore(time.Time{}).Sub(time.Time{}))
	kept, err := c.s.Collapse(c.ctx, store.Collapsed{Monday: monday, Body: []byte("week"), Seq: c.last})
	if err != nil || !kept {
		t.Fatalf("Collapse = %v, %v", kept, err)
	}
	if before.After(c.m.before) {
		c.m.before = before
	}
}

func (c *machine) erase(t *rapid.T) {
	want := c.m.erase()
	if got, err := c.s.Erase(c.ctx); err != nil || got != want {
		t.Fatalf("Erase = %d, %v, want %d", got, err, want)
	}
	for ch, err := range c.s.Changes(c.ctx, c.last) {
		if err != nil {
			t.Fatalf("Changes: %v", err)
		}
		c.last = ch.Seq
	}
	c.m.seqs[c.last] = c.m.batch
}
