package github

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// A round visits every stream once, until each has caught up. Repositories take
// turns, so that a large one does not keep the others waiting.
type round struct {
	planned bool
	tasks   []*task
	began   time.Time // server's time when the first answer of the round came
	done    map[string]bool
	err     error // the failure that says most, returned when everything else is done
	fetches int
	handed  store.Cursor // positions of the batch that was returned last
	inARow  int          // failures since the last success
}

func newRound() *round { return &round{done: map[string]bool{}} }

func (r *round) heard(at time.Time) {
	if r.began.IsZero() || at.Before(r.began) {
		r.began = at
	}
}

func (r *round) once(what string) bool {
	if r.done[what] {
		return false
	}
	r.done[what] = true
	return true
}

// kept reports whether the batch that was returned last was stored. When it
// was not, what the round takes for done is not.
func (r *round) kept(cursor store.Cursor) bool {
	for key, position := range r.handed {
		if cursor[key] != position {
			return false
		}
	}
	return true
}

// fail keeps the failure that says most about when to come back.
func (r *round) fail(err error) {
	if r.err == nil || rank(err) > rank(r.err) {
		r.err = err
	}
}

func rank(err error) int {
	switch connectors.ReasonOf(err) {
	case connectors.ReasonRateLimited:
		return 2
	case connectors.ReasonAuth:
		return 1
	}
	return 0
}

// A task is what is left to do for one repository in a round.
type task struct {
	repo   int64
	done   map[string]bool // streams that caught up or failed
	failed map[string]bool
	turn   int
	counts map[string]counted
}

// A counted is what a position amounted to when it was last looked at, so that
// it is decoded once only.
type counted struct {
	raw string
	n   int
}

// count returns what a position of a stream amounts to.
func (t *task) count(f *fetch, stream string, of func(raw string) int) int {
	raw := f.position(streamKey(t.repo, stream))
	c, ok := t.counts[stream]
	if !ok || c.raw != raw {
		c = counted{raw, of(raw)}
		t.counts[stream] = c
	}
	return c.n
}

// waiting is how many changes wait for their detail in this round.
func (t *task) waiting(f *fetch) int {
	return t.count(f, streamChanges, func(raw string) int {
		p, _ := connectors.DecodePosition[changesPos](raw)
		if f.c.round.done[lateKey(t.repo)] {
			return len(p.Todo)
		}
		return len(p.Todo) + len(p.Late)
	})
}

func newTask(repo int64) *task {
	return &task{repo: repo, done: map[string]bool{}, failed: map[string]bool{}, counts: map[string]counted{}}
}

// maxWaiting bounds the changes that wait for their detail.
const maxWaiting = 500

var turns = []string{streamIssues, streamCommits, streamComments, streamReviewComments}

// next chooses a stream, "" when the repository is done. Comments come after
// the issues they are about, so that it is known whose they are.
func (t *task) next(f *fetch, r repository) string {
	n := t.waiting(f)
	if !t.done[streamChanges] && (n >= changeBatch || n > 0 && t.done[streamIssues]) {
		return streamChanges
	}
	if !t.done[streamChanges] && t.done[streamIssues] && f.againDue(t.repo) {
		return streamChanges
	}
	if n >= maxWaiting {
		t.done[streamIssues] = true
	}
	for range turns {
		s := turns[t.turn%len(turns)]
		t.turn++
		if t.done[s] || !t.done[streamIssues] && (s == streamComments || s == streamReviewComments) {
			continue
		}
		return s
	}
	if len(t.failed) == 0 && !t.done[streamCensus] && f.censusDue(r) {
		return streamCensus
	}
	return ""
}

// step does one unit of work and returns whether there is more.
func (t *task) step(ctx context.Context, f *fetch) (more bool, err error) {
	pos, ok := connectors.DecodePosition[repoPos](f.position(streamKey(t.repo, streamRepo)))
	if !ok {
		return false, nil
	}
	r := repository{id: t.repo, repoPos: pos}
	stream := t.next(f, r)
	if stream == "" {
		return false, t.finish(f, r)
	}
	again, err := f.read(ctx, r, stream)
	if errors.Is(err, errLost) && !isConnectorError(err) {
		err = t.lost(f, r)
	}
	if err != nil {
		t.done[stream], t.failed[stream] = true, true
		return true, describeRepo(r, stream, err)
	}
	switch stream {
	case streamChanges:
		again = again || !t.done[streamIssues] // which may find more
	case streamCensus:
		t.done[streamChanges] = false // it may have queued some
	}
	t.done[stream] = !again
	return true, nil
}

// lost stops the work on a repository that is not found, and has the lists of
// repositories read again: they decide whether it is gone.
func (t *task) lost(f *fetch, r repository) error {
	for _, s := range append([]string{streamChanges, streamCensus}, turns...) {
		t.done[s] = true
	}
	f.c.relist = true
	return fmt.Errorf("%w under the name %s", errLost, r.Name)
}

// finish runs when every stream of a repository has caught up.
func (t *task) finish(f *fetch, r repository) error {
	delete(f.c.authors, t.repo)
	if len(t.failed) > 0 {
		return nil
	}
	return f.startCensusClock(r)
}

// read reads one page of a stream.
func (f *fetch) read(ctx context.Context, r repository, stream string) (more bool, err error) {
	switch stream {
	case streamIssues:
		if p, _ := connectors.DecodePosition[listPos](f.position(streamKey(r.id, streamIssues))); p.Pulls {
			return f.readPulls(ctx, r)
		}
		return issueListing().read(ctx, f, r)
	case streamComments:
		return commentListing(false).read(ctx, f, r)
	case streamReviewComments:
		return commentListing(true).read(ctx, f, r)
	case streamChanges:
		return f.readChanges(ctx, r)
	case streamCommits:
		return f.readCommits(ctx, r)
	}
	return f.readCensus(ctx, r)
}

func isConnectorError(err error) bool {
	_, ok := errors.AsType[*connectors.Error](err)
	return ok
}

func describeRepo(r repository, stream string, err error) error {
	if isConnectorError(err) {
		return connectors.Describe(r.Name+", "+stream, err)
	}
	if errors.Is(err, errLost) {
		return &connectors.Error{Reason: connectors.ReasonAuth, Err: err}
	}
	return fmt.Errorf("%s, %s: %w", r.Name, stream, err)
}
