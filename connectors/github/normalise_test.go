package github

import (
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/store"
)

func TestTicketsChangesAndCommits(t *testing.T) {
	w := newWorld()
	berlin := time.FixedZone("", 2*3600)
	bug := w.OpenIssue(day(0, 10), "acme/api", fake.IssueSpec{Author: "ada", Title: "PAY-7: slow login", Body: "see acme/web#3", Labels: []string{"bug"}, Milestone: "Q1"})
	w.Comment(day(0, 20), "acme/api", bug, "ben", "I see it too")
	pr := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{
		Author: "ben", Title: "fix(auth): speed up", Body: "Fixes #1", Head: "PAY-7-speed",
		Commits: []fake.CommitSpec{{Author: "ben", Message: "Cache it\n\nLong text", Files: []string{"login.go"}, CoAuthors: []string{"Cem"},
			Authored: time.Date(2026, 3, 2, 23, 30, 0, 0, berlin)}},
	})
	own := w.Comment(day(1, 5), "acme/api", pr, "ben", "mine")
	other := w.Comment(day(1, 6), "acme/api", pr, "ada", "yours")
	review := w.Review(day(1, 7), "acme/api", pr, fake.ReviewSpec{Author: "ada", State: "APPROVED"})
	note := w.ReviewComment(day(1, 8), "acme/api", pr, "ada", "login.go", "Why?")
	answer := w.ReviewComment(day(1, 9), "acme/api", pr, "ben", "login.go", "Because")
	sha := w.MergePull(day(2, 0), "acme/api", pr, "ada", fake.Squash)
	r := newRig(t, w, fake.Options{})
	r.MustPoll(r.connect())

	ticket := r.item("acme/api#1")
	equal(t, "kind", ticket.Kind, store.KindTicket)
	equal(t, "the merge closed it", ticket.Status, store.StatusDone)
	equal(t, "closed", ticket.Closed, day(2, 0))
	equal(t, "attributes", ticket.Attrs, map[string][]string{
		"repo": {"acme/api"}, "label": {"bug"}, "milestone": {"Q1"}, "author": {"human"},
		"words": {"3"}, "criteria": {"no"}, "assigned": {"no"},
	})
	equal(t, "ticket implements", connectortest.Keys(ticket, store.LinkImplements), []string{"PAY-7"})
	equal(t, "ticket mentions", connectortest.Keys(ticket, store.LinkMentions), []string{"acme/web#3"})
	equal(t, "opened by", r.event(ticket.ID, "open").Actor, "github:ada")

	change := r.item("acme/api#2")
	equal(t, "status", change.Status, store.StatusDone)
	equal(t, "started with its first commit", change.Started, time.Date(2026, 3, 2, 21, 30, 0, 0, time.UTC))
	equal(t, "attributes", change.Attrs, map[string][]string{
		"repo": {"acme/api"}, "branch": {"PAY-7-speed"}, "base": {"main"}, "path": {"login.go"},
		"change": {"fix"}, "scope": {"auth"}, "author": {"human"},
	})
	equal(t, "closes", connectortest.Keys(change, store.LinkCloses), []string{"acme/api#1"})
	equal(t, "implements", connectortest.Keys(change, store.LinkImplements), []string{"PAY-7"})

	commit := r.item("acme/api@" + sha)
	equal(t, "part of", connectortest.Keys(commit, store.LinkPartOf), []string{"acme/api#2"})
	contained := connectortest.Keys(change, store.LinkContains)
	equal(t, "contained: commit, its content, the squash", len(contained), 3)
	equal(t, "contains the squash", contained[2], "acme/api@"+sha)

	first := r.Shelf.Events[change.ID+" commit/"+contained[0][len("acme/api@"):]]
	equal(t, "author", first.Actor, "github:ben")
	if offset, known := store.Offset(first.At); !known || offset != 2*3600 {
		t.Errorf("the author's zone is lost: %v %v", offset, known)
	}
	equal(t, "co-author", r.event(change.ID, first.ID+"/1").Actor, "github:cem")
	wantEvents(t, r, change.ID, map[string]acted{
		"comment/" + itoa(own):           {store.EventReply, "github:ben"},
		"comment/" + itoa(other):         {store.EventComment, "github:ada"},
		"review/" + itoa(review):         {store.EventReview, "github:ada"},
		"review_comment/" + itoa(note):   {store.EventReview, "github:ada"},
		"review_comment/" + itoa(answer): {store.EventReply, "github:ben"},
		"open":                           {store.EventOpen, "github:ben"},
		"merge":                          {store.EventMerge, "github:ada"},
	})
	equal(t, "merged to", r.event(change.ID, "merge").Attrs["to"], "done")
	equal(t, "identities", len(r.Shelf.Identities), 3)
}

// TestContentKeys proves that a commit has the content key that the git
// connector gives it, however its author's address is spelled.
func TestContentKeys(t *testing.T) {
	r := repository{id: 1, repoPos: repoPos{Name: "o/r"}}
	c := commit{sha: "x", message: "\nfix: x\n\nwhy", email: "A@b.c", authored: time.Unix(1700000000, 0)}
	equal(t, "keys", r.commitKeys(&c), []string{"o/r@x", refs.ContentKey("o/r", "a@b.c", c.authored, "fix: x")})
}

// TestUpdatedBranch proves that merging the base branch into a change is not
// the work of whoever did it, however the change is read.
func TestUpdatedBranch(t *testing.T) {
	w := newWorld()
	pr := w.OpenPull(day(1, 0), "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: "x",
		Commits: []fake.CommitSpec{{Author: "ben", Message: "x"}}})
	w.PushCommits(day(2, 0), "acme/api", "main", fake.CommitSpec{Author: "ada", Message: "Meanwhile"})
	sha := w.UpdateBranch(day(3, 0), "acme/api", pr, "Cem")
	r := newRig(t, w, fake.Options{})
	for _, way := range []string{"", "anonymous: true\n"} {
		r.config += way
		r.Shelf = r.fresh()
		change := r.item("acme/api#1")
		contained := connectortest.Keys(change, store.LinkContains)
		equal(t, way+"the merge is contained", slices.Contains(contained, "acme/api@"+sha), true)
		commits := 0
		for _, e := range r.Shelf.Events {
			if e.Item == change.ID && e.Kind == store.EventCommit {
				commits++
				equal(t, way+"author", e.Actor, "github:ben")
			}
		}
		equal(t, way+"commit events", commits, 1)
	}
}

// acted is what was done, and by whom.
type acted struct {
	kind  store.EventKind
	actor string
}

func wantEvents(t *testing.T, r *rig, item string, want map[string]acted) {
	t.Helper()
	for id, w := range want {
		e := r.event(item, id)
		equal(t, id, acted{e.Kind, e.Actor}, w)
	}
}

func itoa(n int64) string { return stamp(time.Unix(n, 0)) }

func TestPoll(t *testing.T) {
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 3, Issues: 60, Pulls: 60, Commits: 40, People: 5}, start, present.Add(-time.Hour), 1)
	r := newRig(t, w, fake.Options{})
	r.config += "page_size: 10\n"
	r.MustPoll(r.connect())
	checkTruth(t, r)
}

// checkTruth compares what is kept with what the world holds.
func checkTruth(t *testing.T, r *rig) {
	t.Helper()
	items := 0
	for _, repo := range r.world.Snapshot() {
		if repo.Revoked || repo.Archived {
			continue
		}
		items += len(repo.Issues) + len(repo.Commits)
		for _, sha := range repo.Commits {
			it, ok := r.Shelf.Items[prefixOf(repo.ID)+sha]
			if !ok || it.Gone != "" {
				t.Errorf("%s: commit %s is missing or %s", repo.Name, sha, it.Gone)
			}
		}
		for _, is := range repo.Issues {
			it, ok := r.Shelf.Items[prefixOf(repo.ID)+itoa(int64(is.Number))]
			if !ok || it.Gone != "" {
				t.Errorf("%s#%d is missing or %s", repo.Name, is.Number, it.Gone)
				continue
			}
			if !it.Updated.Equal(is.Updated) || it.Title != is.Title || (it.Kind == store.KindChange) != is.Pull {
				t.Errorf("%s#%d is %v, want %v", repo.Name, is.Number, it, is)
			}
			for _, id := range is.Comments {
				r.event(it.ID, "comment/"+itoa(id))
			}
			for _, id := range is.CodeNotes {
				r.event(it.ID, "review_comment/"+itoa(id))
			}
			for _, sha := range is.Commits {
				r.event(it.ID, "commit/"+sha)
			}
			for _, key := range is.Closes {
				found := false
				for _, k := range connectortest.Keys(it, store.LinkCloses) {
					found = found || k == key
				}
				if !found {
					t.Errorf("%s#%d does not close %s", repo.Name, is.Number, key)
				}
			}
		}
	}
	present := 0
	for _, it := range r.Shelf.Items {
		if it.Gone == "" {
			present++
		}
	}
	equal(t, "items that are there", present, items)
	if items == 0 {
		t.Error("the world is empty: this proves nothing")
	}
}

// What an issue gives to begin work with is kept, and never who is to do it.
func TestTicketInputs(t *testing.T) {
	at := day(0, 0)
	for assignees, want := range map[int]string{0: "no", 2: "yes"} {
		var n normaliser
		n.ticket(repository{id: 1, repoPos: repoPos{Name: "acme/api"}}, &wireIssue{
			Number: 1, State: "open", CreatedAt: at, UpdatedAt: at, Body: "- [ ] it is fast", Assignees: make([]struct{}, assignees),
		})
		got := n.out.Items[0].Attrs
		equal(t, "assigned", got[store.AttrAssigned], []string{want})
		equal(t, "criteria", got[store.AttrCriteria], []string{"yes"})
		equal(t, "words", got[store.AttrWords], []string{"3"})
	}
}
