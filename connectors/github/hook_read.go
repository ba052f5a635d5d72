package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// maxHookPages bounds how far Refetch follows a default branch; the next poll
// reads the rest.
const maxHookPages = 20

// remember keeps the positions, which say what the repositories are called and
// where their backfills began, for Refetch, which is given none.
func (c *connector) remember(f *fetch) {
	if len(c.secrets) == 0 {
		return
	}
	c.seen = maps.Clone(f.cursor)
	if c.seen == nil {
		c.seen = store.Cursor{}
	}
	maps.Copy(c.seen, f.next)
}

// Refetch implements connectors.Receiver. It reads with the functions of
// polls, so that it finds what they will find, and leaves to them what they
// have not begun with, what is older than their backfill, and what is gone or
// moved. Before the first Fetch it knows no repository.
func (c *connector) Refetch(ctx context.Context, objects []string) (store.Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return store.Batch{}, fmt.Errorf("github: %w", err)
	}
	round := c.round
	c.round = newRound()
	clear(c.api.told)
	defer func() { c.round = round }()
	f := newFetch(c, c.seen)
	f.hinted = true
	listed := f.listed()
	for _, o := range objects {
		id, rest, ok := repoOf(o)
		if !ok || !listed[id] {
			continue
		}
		pos, ok := connectors.DecodePosition[repoPos](f.position(streamKey(id, streamRepo)))
		if !ok || pos.Skip {
			continue
		}
		err := f.reread(ctx, repository{id: id, repoPos: pos}, rest)
		delete(c.authors, id)
		if ctx.Err() != nil {
			return store.Batch{}, fmt.Errorf("github: %w", ctx.Err())
		}
		if errors.Is(err, errLost) && !isConnectorError(err) {
			c.relist = true
			f.discard()
			continue
		}
		if err != nil {
			return store.Batch{}, connectors.Describe("webhook", err)
		}
		f.commit()
	}
	return f.batch, nil // without the positions, which are in f.next
}

// reread reads one object of a repository: its default branch, or what has a
// number.
func (f *fetch) reread(ctx context.Context, r repository, object string) error {
	if object == streamCommits {
		return f.rereadBranch(ctx, r)
	}
	number, err := strconv.ParseInt(object, 10, 64)
	if err != nil || number <= 0 {
		return nil
	}
	p, _ := connectors.DecodePosition[listPos](f.position(streamKey(r.id, streamIssues)))
	if p.From == 0 {
		return nil // no poll has come here yet
	}
	if p.Pulls {
		return f.rereadPull(ctx, r, number, p.From)
	}
	return f.rereadIssue(ctx, r, number, p.From)
}

// rereadBranch reads what is new on a default branch since the last poll.
func (f *fetch) rereadBranch(ctx context.Context, r repository) error {
	p, _ := connectors.DecodePosition[commitsPos](f.position(streamKey(r.id, streamCommits)))
	if p.Head == "" {
		return nil
	}
	defer delete(f.c.walks, r.id)
	for range maxHookPages {
		if more, err := f.readCommits(ctx, r); err != nil || !more {
			return err
		}
	}
	return nil
}

// rereadIssue reads an issue or a pull request with all that is said about it.
func (f *fetch) rereadIssue(ctx context.Context, r repository, number, from int64) error {
	rep, err := f.c.api.get(ctx, fmt.Sprintf("%s/issues/%d", repoPath(r.Name), number), validator{})
	if err != nil {
		return err
	}
	if r, err = f.follow(ctx, r, rep); err != nil {
		return err
	}
	if isGone(rep.status) {
		return nil
	}
	var w struct {
		wireIssue
		RepositoryURL string `json:"repository_url"`
	}
	if err := readOne(rep, &w, w.valid); err != nil {
		return err
	}
	if issueKey(fmt.Sprintf("%s/issues/%d", w.RepositoryURL, w.Number)) != r.key(number) {
		return nil // transferred
	}
	if w.UpdatedAt.Unix() < from {
		return nil
	}
	author := userActor(w.User)
	if w.PullRequest == nil {
		f.norm.ticket(r, &w.wireIssue)
		return f.rereadComments(ctx, r, number, author, false)
	}
	return f.rereadChange(ctx, r, w.todo(), author)
}

// rereadPull reads a pull request where issues are switched off.
func (f *fetch) rereadPull(ctx context.Context, r repository, number, from int64) error {
	rep, err := f.c.api.get(ctx, fmt.Sprintf("%s/pulls/%d", repoPath(r.Name), number), validator{})
	if err != nil {
		return err
	}
	if r, err = f.follow(ctx, r, rep); err != nil {
		return err
	}
	if isGone(rep.status) {
		return nil
	}
	var w wirePull
	if err := readOne(rep, &w, w.valid); err != nil {
		return err
	}
	if w.Number != number || w.UpdatedAt.Unix() < from {
		return nil
	}
	t := todo{Number: int(number), Node: w.NodeID, Updated: w.UpdatedAt.Unix()}
	return f.rereadChange(ctx, r, t, userActor(w.User))
}

// rereadChange reads the detail of one pull request, and what is said about it.
func (f *fetch) rereadChange(ctx context.Context, r repository, t todo, author actor) error {
	f.moves[streamKey(r.id, streamChanges)] = "" // others that wait are the polls'
	f.c.authors.put(r.id, int64(t.Number), author)
	if err := f.want(r.id, []todo{t}); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = f.readChanges(ctx, r); err != nil {
			return err
		}
	}
	if err := f.rereadComments(ctx, r, int64(t.Number), author, false); err != nil {
		return err
	}
	return f.rereadComments(ctx, r, int64(t.Number), author, true)
}

// rereadComments reads the comments on one issue or pull request, or with
// onCode those on its code.
func (f *fetch) rereadComments(ctx context.Context, r repository, number int64, author actor, onCode bool) error {
	stream, below := streamComments, "issues"
	if onCode {
		stream, below = streamReviewComments, "pulls"
	}
	p, _ := connectors.DecodePosition[listPos](f.position(streamKey(r.id, stream)))
	if p.From == 0 {
		return nil
	}
	address := fmt.Sprintf("%s/%s/%d/comments?per_page=%d", repoPath(r.Name), below, number, f.c.cfg.PageSize)
	for address != "" {
		rep, err := f.c.api.get(ctx, address, validator{})
		if err != nil {
			return err
		}
		if isGone(rep.status) {
			return nil
		}
		if err := rep.checkJSON(); err != nil {
			return statusOrDecode(rep, err)
		}
		good, bad, err := decodeArray(rep.body, (*wireComment).valid)
		if err != nil {
			return decodeError(rep, err)
		}
		for _, b := range bad {
			f.quarantine(b.name(prefixOf(r.id)+stream+"/"), b.why)
		}
		for i := range good {
			if w := &good[i]; w.CreatedAt.Unix() >= p.From && w.number() == number {
				f.norm.comment(r, w, author, onCode)
			}
		}
		address = rep.next
	}
	return nil
}

// isGone reports whether there is nothing to be read, which polls look into.
func isGone(status int) bool {
	return status == http.StatusNotFound || status == http.StatusGone
}

// readOne reads an answer that is one object.
func readOne(rep *reply, into any, valid func() error) error {
	if err := rep.checkJSON(); err != nil {
		return statusOrDecode(rep, err)
	}
	if err := decodeObject(rep.body, into); err != nil {
		return decodeError(rep, err)
	}
	if err := valid(); err != nil {
		return decodeError(rep, err)
	}
	return nil
}

var (
	_ connectors.Receiver      = (*connector)(nil)
	_ connectors.HeaderChecker = (*connector)(nil)
)
