package storetest

import (
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/store"
)

// The small world of the state machine: few names, so that histories repeat
// themselves, of every shape that sources use.
var (
	someSources = []string{"a", "b"}
	someIDs     = []string{"r/1", "r/2", "r/10", "s/1", "commit/" + someHash, "C1/1700000000.000100", "12", "ü/\xff"}
	someEvents  = []string{"commit/" + someHash, "commit/" + someHash + "/2", "review/12", "review/012", "open", "7"}
	someKeys    = []string{"PAY-7", "PAY-07", "acme/api#12", "acme/api@" + someHash, "OLD-1", "x", "0"}
	someActors  = []string{"", "0123456789abcdef01234567", "fedcba9876543210fedcba98", "github:octocat"}
	someTexts   = []string{"", "x", "svc/sso/token.go", "svc/sso/key.go", "2026 Q1", "fix: \"quotes\"\n\x00", "\xff\xfe", "0", "00",
		"123456789012345678", "1234567890123456789", someHash, strings.ToUpper(someHash), someHash[:17], strings.Repeat("long ", 400)}
)

const someHash = "1f0c3e5a9b7d2c4e6f8091a3b5c7d9e1f0c3e5a9"

var someDay = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func drawText(t *rapid.T, label string) string {
	if rapid.Bool().Draw(t, label+" known") {
		return rapid.SampledFrom(someTexts).Draw(t, label)
	}
	return rapid.StringN(0, 20, 60).Draw(t, label)
}

// drawTime draws from few moments, so that versions tie.
func drawTime(t *rapid.T, label string) time.Time {
	n := rapid.IntRange(-1, 6).Draw(t, label)
	switch n {
	case -1:
		return time.Time{}
	case 6:
		return time.Unix(rapid.Int64Range(-1<<35, 1<<35).Draw(t, label+" seconds"), 0).UTC()
	}
	return someDay.Add(time.Duration(n) * time.Hour)
}

func drawTombstone(t *rapid.T) store.Tombstone {
	return store.Tombstone{
		ID:      rapid.SampledFrom(someIDs).Draw(t, "gone id"),
		Why:     rapid.SampledFrom([]store.Gone{store.GoneDeleted, store.GoneMoved, store.GoneLostAccess}).Draw(t, "why"),
		MovedTo: rapid.SampledFrom(append([]string{"", ""}, someKeys...)).Draw(t, "moved to"),
		At:      drawTime(t, "gone at"),
	}
}

func drawBatch(t *rapid.T, source string) store.Batch {
	few := func(label string, most int) int { return rapid.IntRange(0, most).Draw(t, label) }
	var b store.Batch
	for range few("items", 3) {
		b.Items = append(b.Items, drawItem(t, source))
	}
	for range few("events", 4) {
		b.Events = append(b.Events, drawEvent(t, source))
	}
	for range few("gone", 1) {
		b.Gone = append(b.Gone, drawTombstone(t))
	}
	for range few("quarantined", 1) {
		b.Quarantined = append(b.Quarantined, store.Quarantined{
			ID: rapid.SampledFrom(someIDs).Draw(t, "quarantined id"), Reason: drawText(t, "reason"),
		})
	}
	for range few("identities", 1) {
		actor := rapid.SampledFrom(someActors[1:]).Draw(t, "identity")
		id := store.Identity{
			Actor: actor, Handle: drawText(t, "handle"), Bot: rapid.Bool().Draw(t, "is bot"),
			Zone: rapid.SampledFrom([]string{"", "", "Europe/Berlin", "UTC"}).Draw(t, "zone"),
		}
		for _, other := range rapid.SliceOfNDistinct(rapid.SampledFrom(someActors[1:]), 0, 2, rapid.ID[string]).Draw(t, "the same") {
			by := rapid.SampledFrom([]store.SameBy{store.SameByEmail, store.SameByProfile}).Draw(t, "by")
			id.Same = append(id.Same, store.Same{Actor: other, By: by})
		}
		sortSame(id.Same)
		b.Identities = append(b.Identities, id)
	}
	for range few("accounts", 2) {
		at := drawTime(t, "account seen at")
		if at.IsZero() {
			at = someDay
		}
		b.Accounts = append(b.Accounts, store.Account{
			Actor: rapid.SampledFrom(someActors[1:]).Draw(t, "account"), At: at,
			State: rapid.SampledFrom([]store.AccountState{store.AccountActive, store.AccountInactive}).Draw(t, "state"),
		})
	}
	for range few("groups", 2) {
		members := rapid.SliceOfNDistinct(rapid.SampledFrom(someActors[1:]), 0, 3, rapid.ID[string]).Draw(t, "members")
		slices.Sort(members)
		b.Groups = append(b.Groups, store.Group{
			Source: source, Name: rapid.SampledFrom([]string{"acme/core", "acme/core-x", "ü"}).Draw(t, "group"), Members: members,
			At: drawTime(t, "seen at"),
		})
	}
	for range few("whole", 2) {
		b.Whole = append(b.Whole, store.Whole{
			Item:   rapid.SampledFrom(someIDs).Draw(t, "whole"),
			Prefix: rapid.SampledFrom([]string{"", "review/", "commit/", "commit/" + someHash, "never/"}).Draw(t, "all of"),
		})
	}
	for range few("streams", 2) {
		if b.Next == nil {
			b.Next = store.Cursor{}
		}
		stream := rapid.SampledFrom([]string{"issues", "acme/api/pulls", "x"}).Draw(t, "stream")
		b.Next[stream] = rapid.SampledFrom([]string{"", "p1", "p2", "2026-03-01T00:00:00Z|17"}).Draw(t, "position")
	}
	if rapid.Bool().Draw(t, "moves watermark") {
		b.Watermark = someDay.Add(time.Duration(few("watermark", 48)) * time.Hour)
	}
	return b
}

func drawItem(t *rapid.T, source string) store.Item {
	it := store.Item{
		Source: source, ID: rapid.SampledFrom(someIDs).Draw(t, "id"),
		Kind:  rapid.SampledFrom([]store.Kind{store.KindTicket, store.KindChange, store.KindCommit}).Draw(t, "kind"),
		Keys:  rapid.SliceOfNDistinct(rapid.SampledFrom(someKeys), 0, 3, rapid.ID[string]).Draw(t, "keys"),
		Title: drawText(t, "title"), URL: drawText(t, "url"),
		Status: rapid.SampledFrom([]store.Status{store.StatusTodo, store.StatusDone}).Draw(t, "status"),
		Gone:   rapid.SampledFrom([]store.Gone{"", "", "", store.GoneNotOnDefaultBranch}).Draw(t, "gone"),

		Created: drawTime(t, "created"), Updated: drawTime(t, "updated"), Started: drawTime(t, "started"), Closed: drawTime(t, "closed"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "attrs") {
		if it.Attrs == nil {
			it.Attrs = map[string][]string{}
		}
		name := rapid.SampledFrom([]string{store.AttrRepo, store.AttrPath, store.AttrLabel}).Draw(t, "attr")
		it.Attrs[name] = append(it.Attrs[name], drawText(t, "value"))
	}
	for range rapid.IntRange(0, 2).Draw(t, "links") {
		it.Links = append(it.Links, store.Link{
			Kind: rapid.SampledFrom([]store.LinkKind{store.LinkCloses, store.LinkMentions}).Draw(t, "link"),
			Key:  rapid.SampledFrom(someKeys).Draw(t, "to"), At: drawTime(t, "linked"),
		})
	}
	it.Terms = drawTerms(t)
	return it
}

// drawTerms draws few hashed words, and sometimes words as they are.
func drawTerms(t *rapid.T) (terms []store.Term) {
	words := rapid.SampledFrom([][]string{{"00ff00ff00ff", "0a1b2c3d4e5f", "fedcba987654"}, {"", "0A1B2C3D4E5F", "fedcba98765", "größe"}}).Draw(t, "words")
	for _, w := range words {
		if rapid.Bool().Draw(t, "has "+w) {
			terms = append(terms, store.Term{Word: w, Count: rapid.SampledFrom([]int{1, 2, 127, 128, 1 << 16}).Draw(t, "count")})
		}
	}
	return terms
}

func drawEvent(t *rapid.T, source string) store.Event {
	ev := store.Event{
		Source: source, ID: rapid.SampledFrom(someEvents).Draw(t, "event"), Item: rapid.SampledFrom(someIDs).Draw(t, "of"),
		Kind:  rapid.SampledFrom([]store.EventKind{store.EventCommit, store.EventReview}).Draw(t, "event kind"),
		Actor: rapid.SampledFrom(someActors).Draw(t, "actor"), Bot: rapid.Bool().Draw(t, "bot"), At: drawTime(t, "at"),
	}
	if !ev.At.IsZero() && rapid.Bool().Draw(t, "zone known") {
		offset := rapid.SampledFrom([]int{0, 3600, -12600, 20700, 37800, 50400, 1234, -1, 90000}).Draw(t, "offset")
		ev.At = store.WithOffset(ev.At, offset)
	}
	for range rapid.IntRange(0, 2).Draw(t, "event attrs") {
		if ev.Attrs == nil {
			ev.Attrs = map[string]string{}
		}
		ev.Attrs[rapid.SampledFrom([]string{"to", "seconds"}).Draw(t, "name")] = drawText(t, "value")
	}
	return ev
}
