package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// changeBatch is how many changes one GraphQL query asks for.
const changeBatch = 20

// maxTries is how often the detail of a change is asked for before the change
// is set aside.
const maxTries = 3

// readChanges reads the detail of the changes that wait for it, one batch.
func (f *fetch) readChanges(ctx context.Context, r repository) (more bool, err error) {
	key := streamKey(r.id, streamChanges)
	p, _ := connectors.DecodePosition[changesPos](f.position(key))
	if f.once(lateKey(r.id)) {
		p.Todo, p.Late = append(p.Todo, p.Late...), nil
	}
	if len(p.Todo) == 0 {
		return f.readAgain(ctx, r, key, p)
	}
	if f.c.graphQL() {
		batch, rest := splitBatch(p.Todo, f.c.batchSize())
		if len(batch) > 0 {
			again, err := f.readGraphQL(ctx, r, batch)
			if err == nil {
				p.Todo = append(again, rest...)
				p.complete(without(batch, again))
				f.lagging(r, &p, batch)
				return len(p.Todo) > 0, f.move(key, p)
			}
			if !errors.Is(err, errNoGraphQL) {
				return false, err
			}
			f.c.giveUpGraphQL(err)
		}
	}
	return f.readREST(ctx, r, key, p)
}

// splitBatch takes the first n changes that GraphQL may be asked for.
func splitBatch(todos []todo, n int) (batch, rest []todo) {
	for _, t := range todos {
		if len(batch) < n && t.Node != "" && !t.REST {
			batch = append(batch, t)
		} else {
			rest = append(rest, t)
		}
	}
	return batch, rest
}

// readREST reads changes one by one. What was read before an error is kept.
func (f *fetch) readREST(ctx context.Context, r repository, key string, p changesPos) (more bool, err error) {
	done := 0
	var read []todo
	keep := func() error {
		f.lagging(r, &p, read)
		f.plain(&p, read)
		return f.move(key, p)
	}
	for len(p.Todo) > 0 && done < changeBatch {
		t := p.Todo[0]
		kept, err := f.isKept(ctx, r, t)
		if err != nil {
			return false, err
		}
		if kept {
			p.Todo = p.Todo[1:]
			continue
		}
		c, err := f.c.api.restChange(ctx, r, t.Number)
		switch {
		case err == nil && c != nil:
			f.c.authors.put(r.id, int64(t.Number), c.author)
			f.norm.change(r, c)
			read = append(read, t)
		case err == nil: // not there any more
			p.complete([]todo{t})
		case isPoison(err):
			// Behind the others, so that one bad change does not stop them.
			t.Tries++
			if t.Tries < maxTries {
				p.Todo = append(p.Todo[1:], t)
				if err := keep(); err != nil {
					return false, err
				}
				f.commit()
				return false, err
			}
			f.quarantine(r.itemID(fmt.Sprint(t.Number)), "its detail cannot be read: "+string(connectors.ReasonOf(err)))
		case done > 0:
			return true, keep()
		default:
			return false, err
		}
		done++
		p.Todo = p.Todo[1:]
	}
	err = keep()
	return len(p.Todo) > 0, err
}

// A detail that is older than the list may come from a copy of the server's
// database that lags. It is asked for again at once and then in later rounds,
// maxLags times. Lists and details that disagree for longer than lagWindow do
// so for another reason.
const (
	maxLags   = 4
	lagWindow = 15 * time.Minute
)

func lateKey(repo int64) string { return "late/" + prefixOf(repo) }

// lagging queues again those of the changes just read whose detail is older
// than it was listed.
func (f *fetch) lagging(r repository, p *changesPos, read []todo) {
	at := make(map[string]int64, len(read))
	for i := range f.norm.out.Items {
		at[f.norm.out.Items[i].ID] = f.norm.out.Items[i].Updated.Unix()
	}
	now := f.c.api.gov.serverNow()
	for _, t := range read {
		updated, ok := at[r.itemID(fmt.Sprint(t.Number))]
		if !ok || updated >= t.Updated || t.Lags >= maxLags || t.Lags == 0 && now.Sub(unix(t.Updated)) > lagWindow {
			continue
		}
		if t.Lags++; t.Lags == 1 {
			p.Todo = append(p.Todo, t)
		} else {
			p.Late = append(p.Late, t)
		}
	}
}

// isPoison reports whether an error may be about one change only.
func isPoison(err error) bool {
	switch connectors.ReasonOf(err) {
	case connectors.ReasonServer, connectors.ReasonDecode, connectors.ReasonTimeout:
		e, ok := errors.AsType[*connectors.Error](err)
		return ok && e.RetryAt.IsZero()
	}
	return false
}

// restChange reads a change by REST: detail, commits, reviews, paths. It is nil
// when the change is not there any more.
func (a *api) restChange(ctx context.Context, r repository, number int) (*change, error) {
	path := fmt.Sprintf("%s/pulls/%d", repoPath(r.Name), number)
	rep, err := a.get(ctx, path, validator{})
	if err != nil {
		return nil, err
	}
	if rep.status == http.StatusNotFound || rep.status == http.StatusGone {
		return nil, nil
	}
	if err := rep.checkJSON(); err != nil {
		return nil, statusOrDecode(rep, err)
	}
	var w wirePull
	if err := decodeObject(rep.body, &w); err != nil {
		return nil, decodeError(rep, err)
	}
	if err := w.valid(); err != nil {
		return nil, decodeError(rep, err)
	}
	c := w.change()
	commits, err := a.restCommits(ctx, path, r, &w)
	if err != nil {
		return nil, err
	}
	for i := range commits {
		c.commits = append(c.commits, commits[i].commit())
	}
	reviews, err := listAll(ctx, a, path+"/reviews?per_page=100", (*wireReview).valid)
	if err != nil {
		return nil, err
	}
	for _, v := range reviews {
		c.reviews = append(c.reviews, review{id: v.ID, by: userActor(v.User), state: v.State, at: v.SubmittedAt})
	}
	if c.files, err = a.restFiles(ctx, path); err != nil {
		return nil, err
	}
	return c, nil
}

// maxListed is how many commits of a pull request are listed; a comparison
// shows the others.
const maxListed = 250

func (a *api) restCommits(ctx context.Context, path string, r repository, w *wirePull) ([]wireCommit, error) {
	if w.Commits <= maxListed {
		return listAll(ctx, a, path+"/commits?per_page=100", (*wireCommit).valid)
	}
	var all []wireCommit
	address := fmt.Sprintf("%s/compare/%s...%s?per_page=100", repoPath(r.Name), w.Base.SHA, w.Head.SHA)
	for address != "" {
		page, err := a.compare(ctx, address)
		if err != nil {
			return nil, err
		}
		if page == nil {
			return listAll(ctx, a, path+"/commits?per_page=100", (*wireCommit).valid)
		}
		all, address = append(all, page.good...), page.next
	}
	return all, nil
}

func statusOrDecode(rep *reply, err error) error {
	if rep.status != http.StatusOK {
		return statusError(rep)
	}
	return decodeError(rep, err)
}

// listAll reads a short list to its end. Elements that cannot be read fail it:
// the caller has no place for half a change.
func listAll[T any](ctx context.Context, a *api, address string, valid func(*T) error) ([]T, error) {
	var all []T
	for address != "" {
		rep, err := a.get(ctx, address, validator{})
		if err != nil {
			return nil, err
		}
		if err := rep.checkJSON(); err != nil {
			return nil, statusOrDecode(rep, err)
		}
		good, bad, err := decodeArray(rep.body, valid)
		if err == nil && len(bad) > 0 {
			err = errors.New("an element " + bad[0].why)
		}
		if err != nil {
			return nil, decodeError(rep, err)
		}
		all, address = append(all, good...), rep.next
	}
	return all, nil
}

// change is the part of a change that its detail holds.
func (w *wirePull) change() *change {
	c := &change{
		number: int(w.Number), title: w.Title, body: w.Body, url: w.URL,
		open: w.State == "open", draft: w.Draft,
		created: w.CreatedAt, updated: w.UpdatedAt, closed: w.ClosedAt, merged: w.MergedAt,
		author: userActor(w.User), mergedBy: userActor(w.MergedBy),
		base: w.Base.Ref, head: w.Head.Ref, mergeSHA: w.MergeCommitSHA, labels: names(w.Labels),
	}
	if w.Milestone != nil {
		c.milestone = w.Milestone.Title
	}
	return c
}
