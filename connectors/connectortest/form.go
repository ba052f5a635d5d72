package connectortest

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/workdrift/workdrift/store"
)

var (
	itemKinds = []store.Kind{store.KindTicket, store.KindChange, store.KindCommit, store.KindDiscussion, store.KindOutcome}
	statuses  = []store.Status{store.StatusTodo, store.StatusDoing, store.StatusDone, store.StatusDropped}
	linkKinds = []store.LinkKind{store.LinkImplements, store.LinkCloses, store.LinkParent, store.LinkPartOf, store.LinkContains,
		store.LinkDiscusses, store.LinkRelates, store.LinkMentions, store.LinkBlocks}
	eventKinds = []store.EventKind{store.EventCommit, store.EventOpen, store.EventPush, store.EventReview, store.EventComment,
		store.EventReply, store.EventEdit, store.EventMessage, store.EventReaction, store.EventTransition, store.EventMerge,
		store.EventClose, store.EventLink, store.EventField, store.EventWorklog, store.EventCheckIn,
		store.EventSample}
	goneKinds = []store.Gone{store.GoneDeleted, store.GoneMoved, store.GoneLostAccess, store.GoneNotOnDefaultBranch}
)

// wellFormed checks the form of everything in a batch.
func (h *harness) wellFormed(b store.Batch) {
	identities := h.identities(b.Identities)
	for _, it := range b.Items {
		h.item(it)
	}
	seen := map[string]bool{}
	for _, e := range b.Events {
		h.event(e)
		if id := e.Item + " " + e.ID; seen[id] {
			h.problem("the event %s comes twice in one page", id)
		} else {
			seen[id] = true
		}
		if e.Actor != "" && !identities[e.Actor] {
			h.problem("the event %s of %s has an actor that is not among the identities of its page", e.ID, e.Item)
		}
	}
	for _, g := range b.Gone {
		if !isName(g.ID) || !slices.Contains(goneKinds, g.Why) {
			h.problem("the tombstone of %q says %q", g.ID, g.Why)
		}
	}
	for _, w := range b.Whole {
		if !isName(w.Item) || strings.ContainsFunc(w.Prefix, unicode.IsControl) {
			h.problem("whole names the item %q and the prefix %q", w.Item, w.Prefix)
		}
	}
	for _, a := range b.Accounts {
		if !isActor(a.Actor) || a.State != store.AccountActive && a.State != store.AccountInactive || a.At.IsZero() || a.At.After(h.now.Add(24*time.Hour)) {
			h.problem("the account %q is %q as of %s", a.Actor, a.State, a.At)
		}
	}
	for _, g := range b.Groups {
		h.group(g)
	}
	for _, q := range b.Quarantined {
		if q.Reason == "" || !isName(q.ID) {
			h.problem("quarantined %q: %q", q.ID, q.Reason)
		}
		h.quiet("the reason of a quarantine", q.Reason)
	}
	if b.Backlog < 0 || b.Backlog > 0 && !b.More {
		h.problem("a backlog of %d pages with more = %v", b.Backlog, b.More)
	}
	if b.Watermark.After(h.now.Add(24 * time.Hour)) {
		h.problem("the watermark %s lies in the future", b.Watermark)
	}
}

// identities checks accounts, takes note of the people among them, and returns
// their actors.
func (h *harness) identities(list []store.Identity) map[string]bool {
	seen := map[string]bool{}
	for _, i := range list {
		seen[i.Actor] = true
		for _, s := range i.Same {
			if !isActor(s.Actor) || s.By != store.SameByEmail && s.By != store.SameByProfile {
				h.problem("the identity %s is the same as %q by %q", i.Actor, s.Actor, s.By)
			}
		}
		if !isActor(i.Actor) || i.Handle == "" {
			h.problem("an identity has the actor %q and the handle %q", i.Actor, i.Handle)
		}
		if !i.Bot {
			_, name, _ := strings.Cut(i.Actor, ":")
			h.people[name], h.private[i.Actor] = true, true
			if strings.Contains(name, "@") {
				h.private[name] = true // a bare login may be the name of a repository's owner too
			}
		}
	}
	return seen
}

func (h *harness) item(it store.Item) {
	bad := func(format string, args ...any) { h.problem("item "+it.ID+": "+format, args...) }
	if it.Source != source {
		bad("it names the source %q", it.Source)
	}
	if i := strings.LastIndexByte(it.ID, '/'); !isName(it.ID) || i <= 0 || i == len(it.ID)-1 {
		bad("its ID is not a container, a slash and a name")
	}
	if !slices.Contains(itemKinds, it.Kind) {
		bad("it is of the kind %q", it.Kind)
	}
	if !slices.Contains(statuses, it.Status) && (it.Status != "" || it.Kind != store.KindDiscussion && it.Kind != store.KindOutcome) {
		bad("it has the status %q", it.Status)
	}
	if it.Created.IsZero() || it.Updated.IsZero() {
		bad("it has no time of creation or update")
	}
	if len(it.Keys) == 0 {
		bad("it has no keys")
	}
	for i, k := range it.Keys {
		if !isName(k) || slices.Contains(it.Keys[:i], k) {
			bad("key %q is no name or comes twice", k)
		}
	}
	seen := map[store.Link]bool{}
	for _, l := range it.Links {
		if !isName(l.Key) || !slices.Contains(linkKinds, l.Kind) || seen[l] {
			bad("link %q to %q", l.Kind, l.Key)
		}
		seen[l] = true
	}
	if !utf8.ValidString(it.Title) || strings.ContainsAny(it.Title, "\r\n") {
		bad("its title %q is not one line of text", it.Title)
	}
	for i, t := range it.Terms {
		if t.Count < 1 || !isName(t.Word) || t.Word != strings.ToLower(t.Word) || i > 0 && it.Terms[i-1].Word >= t.Word {
			bad("the word %q, %d times, is no lower-case word in its place", t.Word, t.Count)
		}
	}
	h.attrs(it, bad)
}

func (h *harness) group(g store.Group) {
	if g.Source != source || !isName(g.Name) || g.At.IsZero() {
		h.problem("the group %q of %q as of %s", g.Name, g.Source, g.At)
	}
	for i, m := range g.Members {
		if !isActor(m) || i > 0 && g.Members[i-1] >= m {
			h.problem("the group %q has the member %q, or in another order", g.Name, m)
		}
	}
}

func (h *harness) attrs(it store.Item, bad func(string, ...any)) {
	for name, values := range it.Attrs {
		if name == "" || len(values) == 0 {
			bad("attribute %q has %d values", name, len(values))
		}
		for _, v := range values {
			if v == "" || !utf8.ValidString(v) {
				bad("attribute %s has the value %q", name, v)
			}
			for p := range h.people {
				// A person may be part of a path or a branch's name, but is
				// no attribute.
				if strings.EqualFold(v, p) || strings.Contains(p, "@") && strings.Contains(v, p) {
					bad("attribute %s names a person", name)
				}
			}
			if name == store.AttrAuthor && v != "bot" && v != "human" {
				bad("its author is %q", v)
			}
		}
	}
	if bots := it.Attrs[store.AttrBot]; len(bots) > 0 && !slices.Equal(it.Attrs[store.AttrAuthor], []string{"bot"}) {
		bad("it names the bot %v and its author is %v", bots, it.Attrs[store.AttrAuthor])
	}
}

func (h *harness) event(e store.Event) {
	bad := func(format string, args ...any) { h.problem("event "+e.ID+" of "+e.Item+": "+format, args...) }
	if e.Source != source {
		bad("it names the source %q", e.Source)
	}
	if !isName(e.ID) || !isName(e.Item) {
		bad("it has no usable ID or item")
	}
	if !slices.Contains(eventKinds, e.Kind) {
		bad("it is of the kind %q", e.Kind)
	}
	if e.At.IsZero() || e.At.Nanosecond() != 0 {
		bad("its time is %s, want whole seconds", e.At)
	}
	if e.Actor != "" && !isActor(e.Actor) {
		bad("its actor is %q", e.Actor)
	}
	for k, v := range e.Attrs {
		if k == "" || !utf8.ValidString(v) {
			bad("attribute %q has the value %q", k, v)
		}
	}
}

// isActor reports whether s is spelled provider:handle.
func isActor(s string) bool {
	kind, name, ok := strings.Cut(s, ":")
	return ok && kind != "" && name != "" && isName(s)
}

// isName reports whether s can be an ID or a key.
func isName(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
