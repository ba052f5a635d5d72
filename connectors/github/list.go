package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// A listing is a list of a repository that is ordered by update time,
// ascending, and filtered by since.
type listing[T any] struct {
	stream string
	path   string // below the repository
	params url.Values
	valid  func(*T) error
	// version returns what tells one state of an element from another.
	version func(*T) (id int64, updated time.Time)
	// take hands an element over.
	take func(ctx context.Context, f *fetch, r repository, p *listPos, v *T) error
}

// maxPasses bounds how often a second that spans pages is read again because
// its pages moved.
const maxPasses = 5

// read reads one page of the list and returns whether there are more.
//
// The window of the list starts at the position's Since. A full page moves
// Since to the last update time on it (a keyset), so nothing that is updated
// meanwhile can push an unread element onto a page that was read already.
// Only while one second fills whole pages are the server's own links followed,
// and then until a pass over them brings nothing new.
//
// Once a page is not full the window is the tail of the list: whatever is
// updated from now on appears on it, so its entity tag alone tells whether
// there is anything new. Its address stays the same until it fills up.
func (l listing[T]) read(ctx context.Context, f *fetch, r repository) (more bool, err error) {
	key := streamKey(r.id, l.stream)
	p, _ := connectors.DecodePosition[listPos](f.position(key))
	c := f.c
	if p.Since == 0 || p.From > c.api.gov.serverNow().Unix() {
		// At first, or after a server whose clock was wrong then.
		p = listPos{Pulls: p.Pulls}
		p.Since = c.cfg.from(c.api.gov.serverNow()).Unix()
		p.From = p.Since
	}
	if p.Seen == nil {
		p.Seen = seen{}
	}
	p.Next = c.api.resume(p.Next)
	address := p.Next
	if address == "" {
		address = l.address(r, p.Since, c.cfg.PageSize)
	}
	rep, err := c.api.get(ctx, address, p.validator)
	if err != nil {
		return false, err
	}
	if r, err = f.follow(ctx, r, rep); err != nil {
		return false, err
	}
	switch {
	case rep.status == http.StatusNotModified:
		f.heard(rep)
		return false, nil
	case rep.status == http.StatusGone:
		return l.off(f, key, p)
	case rep.status == http.StatusUnprocessableEntity && p.Next != "" && f.once("unpage/"+key):
		// The server no longer pages that far, or has forgotten the link:
		// read the second again from its first page.
		p.Next, p.Fresh, p.validator = "", false, validator{}
		return true, f.move(key, p)
	case rep.status == http.StatusNotFound:
		return false, errLost
	}
	last, full, err := l.absorb(ctx, f, r, &p, rep)
	if err != nil {
		return false, err
	}
	f.heard(rep)
	more = p.advance(rep, last, full, int64(time.Duration(c.cfg.Overlap)/time.Second))
	return more, f.move(key, p)
}

// absorb hands over what is new on a page. It returns the last update time on
// the page and whether others may follow it.
func (l listing[T]) absorb(ctx context.Context, f *fetch, r repository, p *listPos, rep *reply) (last int64, full bool, err error) {
	if err := rep.checkJSON(); err != nil {
		return 0, false, statusOrDecode(rep, err)
	}
	good, bad, err := decodeArray(rep.body, l.valid)
	if err != nil {
		return 0, false, decodeError(rep, err)
	}
	date := f.dateOf(rep).Unix()
	if p.Next == "" || p.Began == 0 {
		p.Began = date
	}
	for _, b := range bad {
		f.quarantine(b.name(l.prefix(r)), b.why)
	}
	full = rep.next != "" || len(good)+len(bad) >= f.c.cfg.PageSize
	for i := range good {
		id, updated := l.version(&good[i])
		last = max(last, updated.Unix())
		fresh, unsettled := p.Seen.note(id, updated.Unix(), date)
		p.Fresh = p.Fresh || fresh
		if !fresh && !unsettled {
			continue
		}
		if err := l.take(ctx, f, r, p, &good[i]); err != nil {
			return 0, false, err
		}
	}
	return last, full, f.want(r.id, f.found)
}

// advance moves the position past a page whose last update time is given, and
// returns whether there is more to read.
func (p *listPos) advance(rep *reply, last int64, full bool, overlap int64) (more bool) {
	chain := p.Next != ""
	signpost := max(p.Began-overlap, oldestSince.Unix())
	p.Pages++
	p.validator = validator{}
	defer func() { p.Seen.trim(min(p.Since, signpost)) }()
	switch {
	case full && rep.next != "" && last <= p.Since:
		p.Next = rep.next
		return true
	case chain && p.Fresh && p.Pass < maxPasses:
		// Pages may have moved while the links were followed.
		p.Next, p.Fresh, p.Pass = "", false, p.Pass+1
		return true
	case full && last > p.Since:
		p.Next, p.Since, p.Fresh, p.Pass = "", last, false, 0
		return true
	}
	p.Next, p.Fresh, p.Pass, p.Done = "", false, 0, true
	switch {
	case p.Since > signpost:
		// Too close to the present: what is made visible late must still fall
		// into the window.
		p.Since = signpost
	case full || chain:
		// The tail is not one page, so no tag can speak for it. The second is
		// over; start behind it.
		p.Since = min(p.Since+1, signpost)
	default:
		p.validator = rep.tag
	}
	return false
}

// off is the answer where issues are switched off.
func (l listing[T]) off(f *fetch, key string, p listPos) (bool, error) {
	if l.stream == streamIssues {
		p = listPos{Pulls: true, Since: p.Since, From: p.From, High: p.Since}
		return true, f.move(key, p)
	}
	return false, nil
}

func (l listing[T]) address(r repository, since int64, size int) string {
	q := url.Values{}
	for name, values := range l.params {
		q[name] = values
	}
	q.Set("since", time.Unix(since, 0).UTC().Format(time.RFC3339))
	q.Set("sort", "updated")
	q.Set("direction", "asc")
	q.Set("per_page", strconv.Itoa(size))
	return repoPath(r.Name) + "/" + l.path + "?" + q.Encode()
}

// prefix is what the quarantine calls elements of the list.
func (l listing[T]) prefix(r repository) string {
	if l.stream == streamIssues {
		return prefixOf(r.id)
	}
	return prefixOf(r.id) + l.stream + "/"
}

func issueListing() listing[wireIssue] {
	return listing[wireIssue]{
		stream: streamIssues, path: "issues", params: url.Values{"state": {"all"}},
		valid:   (*wireIssue).valid,
		version: func(w *wireIssue) (int64, time.Time) { return w.Number, w.UpdatedAt },
		take: func(_ context.Context, f *fetch, r repository, _ *listPos, w *wireIssue) error {
			if w.PullRequest == nil {
				f.norm.ticket(r, w)
				return nil
			}
			f.c.authors.put(r.id, w.Number, userActor(w.User))
			f.found = append(f.found, w.todo())
			return nil
		},
	}
}

// commentListing lists the comments on issues and pull requests, or with
// onCode those on code.
func commentListing(onCode bool) listing[wireComment] {
	l := listing[wireComment]{
		stream: streamComments, path: "issues/comments",
		valid:   (*wireComment).valid,
		version: func(w *wireComment) (int64, time.Time) { return w.ID, w.UpdatedAt },
		take: func(ctx context.Context, f *fetch, r repository, p *listPos, w *wireComment) error {
			if w.CreatedAt.Unix() < p.From {
				return nil // edited lately, on something that was left out
			}
			author := actor{}
			if onCode || w.onChange() {
				var err error
				if author, err = f.author(ctx, r, w.number(), p.From); err != nil {
					return err
				}
			}
			f.norm.comment(r, w, author, onCode)
			return nil
		},
	}
	if onCode {
		l.stream, l.path = streamReviewComments, "pulls/comments"
	}
	return l
}

// errLost says that a repository is not found under the name it had.
var errLost = errors.New("the repository is not found")

// repoPath is the address of a repository, below the base URL.
func repoPath(name string) string { return "repos/" + name }
