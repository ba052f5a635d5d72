package github

import (
	"net/http"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// pages is how many pages a list of n elements has, at least one.
func pages(n, size int) int { return max(1, (n+size-1)/size) }

// minimum is how many requests a first backfill cannot do without: one list of
// repositories, and of each repository its head, its commits, its issues with
// one query for twenty changes, and both lists of comments.
func minimum(w *fake.World, size int) int {
	n := 1
	for _, r := range w.Snapshot() {
		changes, comments, notes := 0, 0, 0
		for _, is := range r.Issues {
			if is.Pull {
				changes++
			}
			comments += len(is.Comments)
			notes += len(is.CodeNotes)
		}
		n += 1 + pages(len(r.Commits), size) + pages(len(r.Issues), size) + pages(comments, size) + pages(notes, size) +
			(changes+changeBatch-1)/changeBatch
	}
	return n
}

func TestBackfillRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 4, Issues: 2000, Pulls: 1500, Commits: 1000, People: 12}, start, present.Add(-time.Hour), 7)
	r := newRig(t, w, fake.Options{})
	r.MustPoll(r.connect())
	checkTruth(t, r)
	got, least := len(r.hub.Log()), minimum(w, 100)
	t.Logf("first backfill: %d requests, at least %d are needed: %.3f", got, least, float64(got)/float64(least))
	if float64(got) > 1.1*float64(least) {
		t.Errorf("%d requests, more than 1.1 times the %d that are needed", got, least)
		for _, s := range r.hub.Log() {
			t.Log(s)
		}
	}
	if r.hub.Peak() != 1 {
		t.Errorf("%d requests at once, want one by one", r.hub.Peak())
	}
}

// TestIdlePoll proves that a poll of an unchanged organisation is one
// conditional request per stream and costs nothing, also in a new process and
// also the very first one after the backfill.
func TestIdlePoll(t *testing.T) {
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 3, Issues: 400, Pulls: 300, Commits: 300, People: 6}, start, present.Add(-time.Hour), 3)
	w.AddRepo(fake.RepoSpec{Name: "acme/empty", Created: start})
	r := newRig(t, w, fake.Options{})
	c := r.connect()
	r.MustPoll(c)
	cursor := r.Shelf.Clone().Cursor
	for i := range 3 {
		r.server.Advance(5 * time.Minute)
		r.local.Advance(5 * time.Minute)
		r.hub.ResetLog()
		if i == 2 {
			c = r.connect()
		}
		before := r.Shelf.Watermark
		r.MustPoll(c)
		// The empty repository has no branch to ask for.
		const streams = 4*4 - 1
		conditional, points := 0, 0
		for _, s := range r.hub.Log() {
			if s.Conditional && s.Status == http.StatusNotModified {
				conditional++
			}
			points += s.Points
		}
		equal(t, "conditional requests", conditional, streams)
		equal(t, "points", points, 0)
		equal(t, "requests", len(r.hub.Log()), streams)
		if !r.Shelf.Watermark.After(before) {
			t.Error("the watermark does not move on an idle poll")
		}
	}
	equal(t, "cursor of an idle source", r.Shelf.Cursor, cursor)
}

// TestChangesCost proves that what a poll costs depends on what changed.
func TestChangesCost(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 2, Issues: 600, Pulls: 600, Commits: 300, People: 6}, start, present.Add(-24*time.Hour), 5)
	r := newRig(t, w, fake.Options{})
	c := r.connect()
	r.MustPoll(c)
	changed := 0
	for _, s := range w.Snapshot() {
		for _, is := range s.Issues[:150] {
			w.Relabel(present.Add(time.Duration(changed)*time.Second), s.Name, is.Number, "touched")
			changed++
		}
	}
	r.server.Advance(10 * time.Minute)
	r.local.Advance(10 * time.Minute)
	r.hub.ResetLog()
	r.MustPoll(c)
	checkTruth(t, r)
	if got := len(r.hub.Log()); got > changed/4 {
		t.Errorf("%d requests for %d changes", got, changed)
	}
	t.Logf("%d changes: %d requests", changed, len(r.hub.Log()))
}
