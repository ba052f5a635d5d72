package connectors

import (
	"maps"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/workdrift/workdrift/store"
)

// Limits on what a source can make us keep, in runes for text that people
// read and in bytes for names that machines compare.
const (
	maxTitle = 512
	maxText  = 4096
	maxName  = 1024
	maxURL   = 2048
)

// noName stands for the ID of a record that came without one.
const noName = "(no id)"

// queries matches the part of a URL in running text that may hold a secret.
var queries = regexp.MustCompile(`(?i)(https?://)(?:[^\s/@"']*@)?([^\s?#"']*)(?:[?#][^\s"']*)?`)

// Printable returns s as one line of valid UTF-8 that is safe to print: line
// breaks and other control characters become spaces, and characters that turn
// the reading direction are left out.
func Printable(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case isControl(r):
			return ' '
		case isBidi(r):
			return -1
		}
		return r // invalid bytes arrive as U+FFFD
	}, s)
}

// safeText is Printable for the text of errors: it also takes user names and
// queries out of URLs, which is where credentials hide.
func safeText(s string) string {
	return Printable(queries.ReplaceAllString(s, "$1$2"))
}

// isPlain is the fast path: printable ASCII, nothing to change.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029
}

func isBidi(r rune) bool {
	return r == 0x061c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// isName reports whether s can be used as an ID or a key without a change.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, isControl)
}

// clip returns s, printable and at most limit runes long.
func clip(s string, limit int) string {
	s = strings.TrimSpace(Printable(s))
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}

// clean returns a copy of a batch that is fit to be stored: identities are
// hashed, text is printable and of bounded length, and records that break the
// contract are set aside in Quarantined. The batch itself is left alone,
// because the connector may hand it over again.
func clean(source string, hash store.Hasher, now time.Time, b store.Batch) store.Batch {
	c := cleaner{
		source: source, hash: hash, now: now,
		keys: map[string]string{}, words: map[string]string{}, zones: map[string]bool{},
	}
	out := b
	out.Items = filter(b.Items, c.item)
	out.Events = filter(b.Events, c.event)
	out.Gone = filter(b.Gone, c.tombstone)
	out.Identities = filter(b.Identities, c.identity)
	out.Accounts = filter(b.Accounts, c.account)
	out.Groups = filter(b.Groups, c.group)
	out.Whole = c.wholes(b)
	out.Quarantined = append(filter(b.Quarantined, c.quarantined), c.bad...)
	if _, ok := b.Next[ownStream]; ok {
		out.Next = maps.Clone(b.Next)
		delete(out.Next, ownStream)
	}
	out.Backlog = max(b.Backlog, 0)
	return out
}

// filter applies f to a copy of each record and keeps those it accepts.
func filter[T any](in []T, f func(*T) bool) []T {
	if len(in) == 0 {
		return nil
	}
	out := make([]T, 0, len(in))
	for _, v := range in {
		if f(&v) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

type cleaner struct {
	source string
	hash   store.Hasher
	now    time.Time
	// A page repeats its identities, words and zones.
	keys  map[string]string
	words map[string]string
	zones map[string]bool // whether they exist
	bad   []store.Quarantined
}

func (c *cleaner) actor(identity string) string {
	key, ok := c.keys[identity]
	if !ok {
		key = c.hash.Actor(identity)
		c.keys[identity] = key
	}
	return key
}

// reject sets a record aside; why never quotes what the source sent.
func (c *cleaner) reject(id, why string) bool {
	if id = clip(id, maxName/4); id == "" {
		id = noName
	}
	c.bad = append(c.bad, store.Quarantined{ID: id, Reason: why})
	return false
}

func (c *cleaner) item(it *store.Item) bool {
	switch {
	case !isName(it.ID):
		return c.reject(it.ID, "the item has no usable id")
	case it.Source != c.source:
		return c.reject(it.ID, "the item names another source")
	case !knownKind(it.Kind):
		return c.reject(it.ID, "the item is of an unknown kind")
	case !knownStatus(it.Status):
		return c.reject(it.ID, "the item has an unknown status")
	case it.Created.IsZero() || it.Updated.IsZero():
		return c.reject(it.ID, "the item has no time of creation or update")
	case !sane(it.Created) || !sane(it.Updated) || !sane(it.Started) || !sane(it.Closed):
		return c.reject(it.ID, "the item has a time outside of the calendar")
	}
	it.Title = clip(unnamed(it.Title), maxTitle)
	it.URL = cleanURL(it.URL)
	it.Keys = filter(it.Keys, func(k *string) bool { return isName(*k) })
	it.Links = filter(it.Links, func(l *store.Link) bool { return isName(l.Key) && sane(l.At) })
	it.Attrs = cleanAttrs(it.Attrs)
	it.Terms = c.terms(it.Terms)
	return true
}

func (c *cleaner) event(e *store.Event) bool {
	switch {
	case !isName(e.Item):
		return c.reject(e.Item, "an event names no usable item")
	case !isName(e.ID):
		return c.reject(e.Item, "an event of the item has no usable id")
	case e.Source != c.source:
		return c.reject(e.Item, "an event of the item names another source")
	case e.Kind == "" || !isName(string(e.Kind)):
		return c.reject(e.Item, "an event of the item has no kind")
	case e.At.IsZero() || !sane(e.At):
		return c.reject(e.Item, "an event of the item has no usable time")
	}
	e.Actor = c.actor(e.Actor)
	for k, v := range e.Attrs {
		if !isPlain(k) || !isPlain(v) || len(v) > maxText {
			clean := make(map[string]string, len(e.Attrs))
			for k, v := range e.Attrs {
				clean[clip(k, maxName)] = clip(v, maxText)
			}
			e.Attrs = clean
			break
		}
	}
	if e.Kind == store.EventCheckIn {
		c.checkIn(e)
	}
	return true
}

// checkIn hashes what a check-in was said to be about. That is a word of a
// message like any other, as long as nobody knows whether an objective has it:
// in "Ada: 🟢" it is a name. Connectors tell the check-ins of one message apart
// by the word, so it may be in the event's ID too.
func (c *cleaner) checkIn(e *store.Event) {
	typed := e.Attrs["objective"]
	if typed == "" {
		return
	}
	word := c.word(strings.ToLower(typed))
	e.Attrs = maps.Clone(e.Attrs)
	e.Attrs["objective"] = word
	if head, ok := strings.CutSuffix(e.ID, "/"+typed); ok {
		e.ID = head + "/" + word
	}
}

func (c *cleaner) tombstone(t *store.Tombstone) bool {
	if !isName(t.ID) || t.Why == "" {
		return c.reject(t.ID, "a tombstone has no usable id or no reason")
	}
	if t.MovedTo != "" && !isName(t.MovedTo) {
		return c.reject(t.ID, "a tombstone names no usable new key")
	}
	if t.At.IsZero() || !sane(t.At) {
		t.At = c.now
	}
	return true
}

func (c *cleaner) quarantined(q *store.Quarantined) bool {
	if q.ID = clip(q.ID, maxName/4); q.ID == "" {
		q.ID = noName
	}
	q.Reason = clip(safeText(q.Reason), maxTitle)
	return true
}

// cleanURL keeps links that a page can show: absolute, http or https, and
// without a user name.
func cleanURL(s string) string {
	if s == "" || len(s) > maxURL || Printable(s) != s {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}

// cleanAttrs copies the map only when something in it has to change.
func cleanAttrs(attrs map[string][]string) map[string][]string {
	ok := true
	for k, vs := range attrs {
		ok = ok && k != "" && isPlain(k)
		for _, v := range vs {
			ok = ok && v != "" && len(v) <= maxText && isPlain(v)
		}
	}
	if ok {
		return attrs
	}
	out := make(map[string][]string, len(attrs))
	for k, vs := range attrs {
		if k = clip(k, maxName); k == "" {
			continue
		}
		for _, v := range vs {
			if v = clip(v, maxText); v != "" {
				out[k] = append(out[k], v)
			}
		}
	}
	return out
}

// sane reports whether t is within the years that a calendar, RFC 3339 and an
// int64 of nanoseconds can all express, or zero.
func sane(t time.Time) bool {
	return t.IsZero() || t.Year() >= 1700 && t.Year() <= 2200
}

func knownKind(k store.Kind) bool {
	switch k {
	case store.KindTicket, store.KindChange, store.KindCommit, store.KindDiscussion, store.KindOutcome:
		return true
	}
	return false
}

func knownStatus(s store.Status) bool {
	switch s {
	case "", store.StatusTodo, store.StatusDoing, store.StatusDone, store.StatusDropped:
		return true
	}
	return false
}
