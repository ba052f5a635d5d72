package github

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/store"
)

// A change is a pull request with its children, however it was read.
type change struct {
	number                           int
	title, body, url                 string
	open, draft                      bool
	created, updated, closed, merged time.Time
	author, mergedBy                 actor
	base, head                       string
	mergeSHA                         string
	labels                           []string
	milestone                        string
	commits                          []commit
	reviews                          []review
	closing                          []string // keys of what merging it closes, by the source's account
	files                            []string
}

// A commit is a commit of a change or of the default branch.
type commit struct {
	sha, message string
	name, email  string // as git has them
	user         actor  // the account, when the source knows it
	authored     time.Time
	committed    time.Time
	url          string
	parents      int
}

type review struct {
	id    int64
	by    actor
	state string
	at    time.Time
}

// repository is what normalisation knows of a repository.
type repository struct {
	id int64
	repoPos
}

func (r repository) key(number int64) string {
	return r.Name + "#" + strconv.FormatInt(number, 10)
}

func (r repository) itemID(rest string) string { return prefixOf(r.id) + rest }

// commitKeys are a commit's hash and what a rebase keeps of it: a commit that
// is merged by rebasing shares the second with the commit of the pull request
// it was, and with the same commit read from a clone.
func (r repository) commitKeys(c *commit) []string {
	return []string{r.Name + "@" + c.sha, refs.ContentKey(r.Name, c.email, c.authored, refs.Subject(c.message))}
}

// A normaliser turns what was read into records of one source.
type normaliser struct {
	source string
	out    store.Batch
	known  map[string]bool // identities in out
}

// saw records an identity and returns it as an actor.
func (n *normaliser) saw(a actor) string {
	id := a.identity()
	if id == "" || n.known[id] {
		return id
	}
	if n.known == nil {
		n.known = map[string]bool{}
	}
	n.known[id] = true
	n.out.Identities = append(n.out.Identities, store.Identity{Actor: id, Handle: id, Bot: a.bot})
	return id
}

func (n *normaliser) event(item, id string, kind store.EventKind, by actor, at time.Time, attrs map[string]string) {
	if at.IsZero() {
		return
	}
	n.out.Events = append(n.out.Events, store.Event{
		Source: n.source, ID: id, Item: item, Kind: kind,
		Actor: n.saw(by), Bot: by.bot, At: at.Truncate(time.Second), Attrs: attrs,
	})
}

// ticket normalises an issue.
func (n *normaliser) ticket(r repository, w *wireIssue) {
	author := userActor(w.User)
	it := store.Item{
		Source: n.source, ID: r.itemID(strconv.FormatInt(w.Number, 10)), Kind: store.KindTicket,
		Keys: []string{r.key(w.Number)}, Title: connectors.Printable(w.Title), URL: w.URL,
		Attrs:  attrs(r, author, names(w.Labels)),
		Links:  refs.Ticket(r.full(), w.Title, w.Body),
		Terms:  refs.Terms(w.Title, w.Body),
		Status: store.StatusTodo, Created: w.CreatedAt.UTC(), Updated: w.UpdatedAt.UTC(),
	}
	if w.Milestone != nil {
		set(it.Attrs, store.AttrMilestone, w.Milestone.Title)
	}
	// Edits of an issue have no history: what it gives is what it gives now.
	refs.Inputs(it.Attrs, w.Body, false, len(w.Assignees) > 0)
	if w.Type != nil {
		set(it.Attrs, store.AttrType, w.Type.Name)
	}
	if key := issueKey(w.ParentIssueURL); key != "" {
		it.Links = addLink(it.Links, store.LinkParent, key)
	}
	n.event(it.ID, "open", store.EventOpen, author, it.Created, nil)
	if w.State == "closed" {
		it.Status, it.Closed = store.StatusDone, w.ClosedAt.UTC()
		if w.StateReason == "not_planned" || w.StateReason == "duplicate" {
			it.Status = store.StatusDropped
		}
		n.event(it.ID, "close/"+stamp(it.Closed), store.EventClose, userActor(w.ClosedBy), it.Closed, to(it.Status))
	}
	n.out.Items = append(n.out.Items, it)
}

// change normalises a pull request; both ways of reading one end here.
func (n *normaliser) change(r repository, c *change) {
	it := store.Item{
		Source: n.source, ID: r.itemID(strconv.Itoa(c.number)), Kind: store.KindChange,
		Keys: []string{r.key(int64(c.number))}, Title: connectors.Printable(c.title), URL: c.url,
		Attrs:  attrs(r, c.author, c.labels),
		Links:  refs.Change(r.full(), c.title, c.body, c.head, c.base == r.Branch),
		Terms:  refs.Terms(c.title, c.body),
		Status: store.StatusDoing, Created: c.created.UTC(), Updated: c.updated.UTC(), Started: c.created.UTC(),
	}
	set(it.Attrs, store.AttrMilestone, c.milestone)
	set(it.Attrs, store.AttrBranch, c.head)
	set(it.Attrs, store.AttrBase, c.base)
	set(it.Attrs, store.AttrPath, c.files...)
	conventional(it.Attrs, c.title)
	for _, key := range c.closing {
		it.Links = addLink(it.Links, store.LinkCloses, key)
	}
	n.event(it.ID, "open", store.EventOpen, c.author, it.Created, nil)
	for i := range c.commits {
		k := &c.commits[i]
		for _, key := range r.commitKeys(k) {
			it.Links = addLink(it.Links, store.LinkContains, key)
		}
		if k.authored.Before(it.Started) {
			it.Started = k.authored.UTC().Truncate(time.Second)
		}
		if k.parents < 2 { // merging the base into a change is not authoring
			n.commitEvents(it.ID, k, store.EventCommit)
		}
	}
	for _, v := range c.reviews {
		if v.state != "PENDING" {
			n.event(it.ID, fmt.Sprintf("review/%d", v.id), others(store.EventReview, v.by, c.author), v.by, v.at.UTC(), nil)
		}
	}
	switch {
	case !c.merged.IsZero():
		it.Status, it.Closed = store.StatusDone, c.merged.UTC()
		if isSHA(c.mergeSHA) {
			it.Links = addLink(it.Links, store.LinkContains, r.Name+"@"+c.mergeSHA)
		}
		n.event(it.ID, "merge", store.EventMerge, c.mergedBy, it.Closed, to(it.Status))
	case !c.open:
		it.Status, it.Closed = store.StatusDropped, c.closed.UTC()
		n.event(it.ID, "close/"+stamp(it.Closed), store.EventClose, actor{}, it.Closed, to(it.Status))
	}
	n.out.Items = append(n.out.Items, it)
}

// commitEvents gives the author and every co-author their event.
func (n *normaliser) commitEvents(item string, c *commit, kind store.EventKind) {
	author := c.author()
	n.event(item, "commit/"+c.sha, kind, author, c.authored, nil)
	if kind != store.EventCommit {
		return
	}
	given := map[string]bool{author.identity(): true}
	_, body := splitMessage(c.message)
	for i, co := range refs.CoAuthors(body) {
		a := gitActor(co.Email)
		if id := a.identity(); id == "" || given[id] {
			continue
		}
		given[a.identity()] = true
		n.event(item, fmt.Sprintf("commit/%s/%d", c.sha, i+1), kind, a, c.authored, nil)
	}
}

// commit normalises a commit of the default branch.
func (n *normaliser) commit(r repository, c *commit) {
	subject, body := splitMessage(c.message)
	author := c.author()
	it := store.Item{
		Source: n.source, ID: r.itemID(c.sha), Kind: store.KindCommit,
		Keys: r.commitKeys(c), Title: connectors.Printable(subject), URL: c.url,
		Attrs:  attrs(r, author, nil),
		Links:  refs.Commit(r.full(), subject, body),
		Terms:  refs.Terms(c.message),
		Status: store.StatusDone, Created: c.authored.UTC(), Started: c.authored.UTC(),
		Updated: c.committed.UTC(), Closed: c.committed.UTC(),
	}
	conventional(it.Attrs, subject)
	n.out.Items = append(n.out.Items, it)
	kind := store.EventCommit
	if c.parents > 1 {
		kind = store.EventMerge // pressing the button is not authoring
	}
	n.commitEvents(it.ID, c, kind)
}

// comment normalises a comment on an issue or a pull request; author is who
// opened that.
func (n *normaliser) comment(r repository, w *wireComment, author actor, onCode bool) {
	by := userActor(w.User)
	item := r.itemID(strconv.FormatInt(w.number(), 10))
	id, kind := "comment/", store.EventComment
	if onCode {
		id, kind = "review_comment/", store.EventReview
	}
	if onCode || w.onChange() {
		kind = others(kind, by, author)
	}
	n.event(item, id+strconv.FormatInt(w.ID, 10), kind, by, w.CreatedAt.UTC(), nil)
}

// onChange reports whether a comment is about a pull request.
func (w *wireComment) onChange() bool { return strings.Contains(w.URL, "/pull/") }

// others returns the kind, or a reply when it is one's own change.
func others(kind store.EventKind, by, author actor) store.EventKind {
	if id := by.identity(); id != "" && id == author.identity() {
		return store.EventReply
	}
	return kind
}

func (n *normaliser) quarantine(id, why string) {
	n.out.Quarantined = append(n.out.Quarantined, store.Quarantined{ID: id, Reason: why})
}

func attrs(r repository, author actor, labels []string) map[string][]string {
	a := map[string][]string{store.AttrRepo: {r.Name}, store.AttrAuthor: {"human"}}
	if author.bot {
		a[store.AttrAuthor] = []string{"bot"}
		set(a, store.AttrBot, author.login)
	}
	set(a, store.AttrLabel, labels...)
	return a
}

// conventional adds what a conventional subject says.
func conventional(a map[string][]string, subject string) {
	typ, scope := refs.Conventional(subject)
	set(a, store.AttrChange, typ)
	set(a, store.AttrScope, scope)
}

func set(a map[string][]string, name string, values ...string) {
	for _, v := range values {
		if v != "" {
			a[name] = append(a[name], v)
		}
	}
}

// addLink adds a link that is not there yet, and takes a mere mention of the
// same key away.
func addLink(links []store.Link, kind store.LinkKind, key string) []store.Link {
	links = slices.DeleteFunc(links, func(l store.Link) bool {
		return l.Key == key && l.Kind == store.LinkMentions && kind != store.LinkContains
	})
	if slices.ContainsFunc(links, func(l store.Link) bool { return l.Key == key && l.Kind == kind }) {
		return links
	}
	return append(links, store.Link{Kind: kind, Key: key})
}

func names(labels []wireNamed) []string {
	out := make([]string, 0, len(labels))
	for _, l := range labels {
		out = append(out, l.Name)
	}
	return out
}

func to(s store.Status) map[string]string { return map[string]string{"to": string(s)} }

func stamp(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// splitMessage returns the first line of a commit message, and the rest.
func splitMessage(message string) (subject, body string) {
	subject, body, _ = strings.Cut(strings.TrimSpace(message), "\n")
	return strings.TrimSpace(subject), body
}
