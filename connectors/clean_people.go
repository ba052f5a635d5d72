package connectors

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/store"
)

// Limits on what one item or account can make us keep. A group with more
// members is set aside, because a part of it would be a wrong group.
const (
	maxTerms   = 256
	maxCount   = 1 << 16
	maxSame    = 64
	maxMembers = 50_000
	maxZone    = 64
)

// terms replaces words by their keys. Of more words than are kept, the most
// frequent stay.
func (c *cleaner) terms(in []store.Term) []store.Term {
	out := filter(in, func(t *store.Term) bool {
		t.Word, t.Count = c.word(t.Word), min(t.Count, maxCount)
		return t.Word != "" && t.Count > 0
	})
	if len(out) == 0 {
		return nil
	}
	slices.SortFunc(out, byWord)
	merged := out[:1]
	for _, t := range out[1:] {
		if last := &merged[len(merged)-1]; last.Word == t.Word {
			last.Count = min(last.Count+t.Count, maxCount)
			continue
		}
		merged = append(merged, t)
	}
	if len(merged) > maxTerms {
		slices.SortFunc(merged, func(a, b store.Term) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), byWord(a, b))
		})
		merged = merged[:maxTerms]
		slices.SortFunc(merged, byWord)
	}
	return merged
}

func byWord(a, b store.Term) int { return cmp.Compare(a.Word, b.Word) }

func (c *cleaner) word(word string) string {
	if word == "" {
		return ""
	}
	key, ok := c.words[word]
	if !ok {
		key = c.hash.Term(word)
		c.words[word] = key
	}
	return key
}

func (c *cleaner) identity(i *store.Identity) bool {
	i.Handle = handle(i.Actor, clip(i.Handle, maxName))
	i.Actor = c.actor(i.Actor)
	if !c.isZone(i.Zone) {
		i.Zone = ""
	}
	i.Same = filter(i.Same, func(s *store.Same) bool {
		s.Actor = c.actor(s.Actor)
		return s.Actor != "" && s.Actor != i.Actor && knownSame(s.By)
	})
	slices.SortFunc(i.Same, func(a, b store.Same) int {
		return cmp.Or(cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.By, b.By))
	})
	if i.Same = slices.Compact(i.Same); len(i.Same) > maxSame {
		i.Same = i.Same[:maxSame]
	}
	return i.Actor != "" && i.Handle != ""
}

// handle makes of an identity and its name at the source what an operator can
// write into the configuration, and then recognise: "jira:5b10a2 Ada Lovelace".
// A name that says no more than the identity is left out.
func handle(actor, name string) string {
	provider, _, _ := strings.Cut(actor, ":")
	name = strings.TrimPrefix(name, provider+":")
	switch {
	case name == "":
		return ""
	case provider+":"+name == actor:
		return clip(actor, maxName)
	}
	return clip(actor+" "+name, maxName)
}

// isZone reports whether a name is in the time zone database.
func (c *cleaner) isZone(name string) bool {
	if name == "" || name == "Local" || len(name) > maxZone {
		return false
	}
	known, ok := c.zones[name]
	if !ok {
		_, err := time.LoadLocation(name)
		known = err == nil
		c.zones[name] = known
	}
	return known
}

func knownSame(by store.SameBy) bool {
	return by == store.SameByEmail || by == store.SameByProfile
}

func (c *cleaner) account(a *store.Account) bool {
	a.Actor = c.actor(a.Actor)
	if a.At.IsZero() || !sane(a.At) {
		a.At = c.now
	}
	return a.Actor != "" && (a.State == store.AccountActive || a.State == store.AccountInactive)
}

func (c *cleaner) group(g *store.Group) bool {
	switch {
	case !isName(g.Name):
		return c.reject(g.Name, "the group has no usable name")
	case g.Source != c.source:
		return c.reject(g.Name, "the group names another source")
	case len(g.Members) > maxMembers:
		return c.reject(g.Name, "the group has too many members")
	}
	g.Members = filter(g.Members, func(m *string) bool {
		*m = c.actor(*m)
		return *m != ""
	})
	slices.Sort(g.Members)
	g.Members = slices.Compact(g.Members)
	if g.At.IsZero() || !sane(g.At) {
		g.At = c.now
	}
	return true
}

// wholes leaves out those of items of which something was set aside: what
// could not be read was not taken back. It comes after everything else that
// may be set aside.
func (c *cleaner) wholes(b store.Batch) []store.Whole {
	if len(b.Whole) == 0 {
		return nil
	}
	unread := map[string]bool{}
	for _, list := range [][]store.Quarantined{b.Quarantined, c.bad} {
		for _, q := range list {
			unread[clip(q.ID, maxName/4)] = true
		}
	}
	return filter(b.Whole, func(w *store.Whole) bool {
		if !isName(w.Item) || w.Prefix != "" && !isName(w.Prefix) {
			return c.reject(w.Item, "what was taken back from the item has no usable name")
		}
		return !unread[clip(w.Item, maxName/4)]
	})
}
