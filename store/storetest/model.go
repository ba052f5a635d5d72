package storetest

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/store"
)

// A place names an item.
type place struct{ source, id string }

// A model is a store in memory, as simple as the contract allows.
type model struct {
	items       map[place]store.Item
	events      map[place]map[string]store.Event
	changed     map[place]int // the batch that changed it last
	batch       int           // batches that were applied
	seqs        map[uint64]int
	cursors     map[string]store.Cursor
	sources     map[string]store.SourceState
	quarantined map[place]bool
	declared    []store.Declaration
	overrides   map[string]store.Override
	report      []byte
	deliveries  map[mailing]store.Delivery
	profiles    map[place]store.Profile // by source and actor
	groups      map[place][]store.Group // by source and name
	before      time.Time               // what happened earlier names nobody
	erased      time.Time               // before, when persons were taken out last
}

func newModel() *model {
	return &model{
		items: map[place]store.Item{}, events: map[place]map[string]store.Event{}, changed: map[place]int{},
		seqs: map[uint64]int{0: 0}, cursors: map[string]store.Cursor{}, sources: map[string]store.SourceState{},
		quarantined: map[place]bool{}, overrides: map[string]store.Override{},
		deliveries: map[mailing]store.Delivery{}, profiles: map[place]store.Profile{}, groups: map[place][]store.Group{},
	}
}

// apply returns what Applied must say, without the sequence number.
func (m *model) apply(source string, b store.Batch) (items, events int) {
	m.batch++
	b = m.nameless(source, b)
	before := maps.Clone(m.items)
	touched := map[place]bool{}
	for _, it := range b.Items {
		p := place{source, it.ID}
		delete(m.quarantined, p)
		touched[p] = true
		old, stored := m.items[p]
		if stored && old.Updated.After(it.Updated) {
			old.Keys = merged(old.Keys, it.Keys)
			m.items[p] = old
			continue
		}
		it.Keys = merged(it.Keys, old.Keys)
		m.items[p] = it
	}
	for _, g := range b.Gone {
		p := place{source, g.ID}
		if it, stored := m.items[p]; stored {
			it.Gone = g.Why
			if g.MovedTo != "" {
				it.Keys = merged([]string{g.MovedTo}, it.Keys)
			}
			m.items[p] = it
			touched[p] = true
		}
	}
	for p := range touched {
		if old, stored := before[p]; !stored || !equalItems(old, m.items[p]) {
			items++
			m.changed[p] = m.batch
		}
	}
	events = m.applyEvents(source, b.Events) + m.takeBack(source, b)
	m.applyPeople(source, b)
	m.applyRest(source, b)
	return items, events
}

func (m *model) applyEvents(source string, events []store.Event) (n int) {
	last := map[place]map[string]store.Event{}
	for _, ev := range events {
		p := place{source, ev.Item}
		if last[p] == nil {
			last[p] = map[string]store.Event{}
		}
		last[p][ev.ID] = ev
	}
	for p, byID := range last {
		for id, ev := range byID {
			if old, stored := m.events[p][id]; stored && equalEvents(old, ev) {
				continue
			}
			if m.events[p] == nil {
				m.events[p] = map[string]store.Event{}
			}
			m.events[p][id] = ev
			m.changed[p] = m.batch
			n++
		}
	}
	return n
}

// takeBack removes what the batch says was taken back.
func (m *model) takeBack(source string, b store.Batch) (n int) {
	brought := map[string]bool{}
	for _, ev := range b.Events {
		brought[ev.Item+"\n"+ev.ID] = true
	}
	for _, w := range b.Whole {
		p := place{source, w.Item}
		for id := range m.events[p] {
			if strings.HasPrefix(id, w.Prefix) && !brought[w.Item+"\n"+id] {
				delete(m.events[p], id)
				m.changed[p] = m.batch
				n++
			}
		}
	}
	return n
}

func (m *model) applyPeople(source string, b store.Batch) {
	for _, id := range b.Identities {
		p := place{source, id.Actor}
		was := m.profiles[p]
		now := store.Profile{Source: source, Actor: id.Actor, Bot: id.Bot, Zone: id.Zone, Same: slices.Clone(id.Same), Account: was.Account, Since: was.Since}
		if now.Zone == "" {
			now.Zone = was.Zone
		}
		told := slices.ContainsFunc(id.Same, func(s store.Same) bool { return s.By == store.SameByProfile })
		for _, s := range was.Same {
			if (s.By == store.SameByEmail || !told) && !slices.Contains(now.Same, s) {
				now.Same = append(now.Same, s)
			}
		}
		sortSame(now.Same)
		m.profiles[p] = now
	}
	for _, a := range b.Accounts {
		p := place{source, a.Actor}
		now, stored := m.profiles[p]
		if stored && now.Account != a.State && (now.Account == "" || a.At.Unix() >= now.Since.Unix()) {
			now.Account, now.Since = a.State, a.At
			m.profiles[p] = now
		}
	}
	for _, g := range b.Groups {
		p := place{source, g.Name}
		versions := m.groups[p]
		if n := len(versions); n > 0 && equalTimes(versions[n-1].At, g.At) && !slices.Equal(versions[n-1].Members, g.Members) {
			versions = versions[:n-1]
		}
		if n := len(versions); n == 0 || g.At.Unix() > versions[n-1].At.Unix() && !slices.Equal(versions[n-1].Members, g.Members) {
			versions = append(slices.Clip(versions), g)
		}
		m.groups[p] = versions
	}
}

func sortSame(same []store.Same) {
	slices.SortFunc(same, func(a, b store.Same) int { return strings.Compare(a.Actor+string(a.By), b.Actor+string(b.By)) })
}

// people returns what Profiles and Groups must yield.
func (m *model) people() (profiles []store.Profile, groups []store.Group) {
	order := func(a, b place) int { return strings.Compare(a.source+"\x00"+a.id, b.source+"\x00"+b.id) }
	for _, p := range slices.SortedFunc(maps.Keys(m.profiles), order) {
		profiles = append(profiles, m.profiles[p])
	}
	for _, p := range slices.SortedFunc(maps.Keys(m.groups), order) {
		groups = append(groups, m.groups[p]...)
	}
	return profiles, groups
}

func (m *model) applyRest(source string, b store.Batch) {
	for _, it := range b.Items {
		delete(m.quarantined, place{source, it.ID})
	}
	for _, q := range b.Quarantined {
		m.quarantined[place{source, q.ID}] = true
	}
	if m.cursors[source] == nil {
		m.cursors[source] = store.Cursor{}
	}
	for stream, pos := range b.Next {
		if m.cursors[source][stream] = pos; pos == "" {
			delete(m.cursors[source], stream)
		}
	}
	st := m.sources[source]
	st.Source = source
	if !b.Watermark.IsZero() {
		st.Watermark = b.Watermark
	}
	st.Quarantined = 0
	for p := range m.quarantined {
		if p.source == source {
			st.Quarantined++
		}
	}
	m.sources[source] = st
}

func (m *model) declare(d store.Declaration) bool {
	var held *store.Declaration
	for i := range m.declared {
		if one := &m.declared[i]; !one.KnownFrom.After(d.KnownFrom) && (held == nil || !one.KnownFrom.Before(held.KnownFrom)) {
			held = one
		}
	}
	if held != nil && bytes.Equal(held.Body, d.Body) {
		return false
	}
	m.declared = append(m.declared, d)
	return true
}

func (m *model) override(o store.Override) {
	if m.overrides[o.Key] = o; o.To == "" {
		delete(m.overrides, o.Key)
	}
}

// changedAfter returns what Changes must yield after the batch that ended at
// a sequence number.
func (m *model) changedAfter(seq uint64) map[place]bool {
	out := map[place]bool{}
	for p, batch := range m.changed {
		if batch > m.seqs[seq] {
			out[p] = true
		}
	}
	return out
}

// change returns the present state of an item as Changes must yield it.
func (m *model) change(p place) (store.Item, []store.Event) {
	it, stored := m.items[p]
	if !stored {
		it = store.Item{Source: p.source, ID: p.id}
	}
	events := slices.SortedFunc(maps.Values(m.events[p]), func(a, b store.Event) int { return strings.Compare(a.ID, b.ID) })
	return it, events
}

// list returns what Items must yield.
func (m *model) list(source, prefix string) []store.Item {
	var out []store.Item
	for p, it := range m.items {
		if (source == "" || p.source == source) && strings.HasPrefix(p.id, prefix) {
			out = append(out, it)
		}
	}
	slices.SortFunc(out, func(a, b store.Item) int {
		if c := strings.Compare(a.Source, b.Source); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// merged returns newer keys followed by those older ones that are not among
// them, each once.
func merged(newer, older []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, k := range append(slices.Clone(newer), older...) {
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

func equalItems(a, b store.Item) bool {
	sameLink := func(x, y store.Link) bool { return x.Kind == y.Kind && x.Key == y.Key && equalTimes(x.At, y.At) }
	return a.Source == b.Source && a.ID == b.ID && a.Kind == b.Kind && slices.Equal(a.Keys, b.Keys) &&
		a.Title == b.Title && a.URL == b.URL && maps.EqualFunc(a.Attrs, b.Attrs, slices.Equal) &&
		slices.EqualFunc(a.Links, b.Links, sameLink) && slices.Equal(a.Terms, b.Terms) && a.Status == b.Status && a.Gone == b.Gone &&
		equalTimes(a.Created, b.Created) && equalTimes(a.Updated, b.Updated) &&
		equalTimes(a.Started, b.Started) && equalTimes(a.Closed, b.Closed)
}

func equalEvents(a, b store.Event) bool {
	offA, knownA := store.Offset(a.At)
	offB, knownB := store.Offset(b.At)
	return a.Source == b.Source && a.ID == b.ID && a.Item == b.Item && a.Kind == b.Kind && a.Actor == b.Actor &&
		a.Bot == b.Bot && equalTimes(a.At, b.At) && offA == offB && knownA == knownB && maps.Equal(a.Attrs, b.Attrs)
}

func equalProfiles(a, b store.Profile) bool {
	return a.Source == b.Source && a.Actor == b.Actor && a.Bot == b.Bot && a.Zone == b.Zone && slices.Equal(a.Same, b.Same) &&
		a.Account == b.Account && equalTimes(a.Since, b.Since)
}

func equalGroups(a, b store.Group) bool {
	return a.Source == b.Source && a.Name == b.Name && slices.Equal(a.Members, b.Members) && equalTimes(a.At, b.At)
}

// equalTimes compares to the second, which is what a store keeps.
func equalTimes(a, b time.Time) bool { return a.IsZero() == b.IsZero() && a.Unix() == b.Unix() }
