package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// oldTail is how many commits at the end of a page must be older than what was
// asked for before a walk ends: a single one may have been made long before it
// was pushed.
const oldTail = 5

// A walk remembers which commits a rewritten branch reaches, to find those it
// no longer does. It lives in memory: after a restart the walk begins again.
type walk struct {
	to, next  string
	reachable map[string]bool
}

// readCommits reads one page of what is new on the default branch.
//
// The head of the branch is asked for with one conditional request. When it
// moved, the comparison of the old head with the new one lists what was added,
// whatever dates the commits have. When history was rewritten, the branch is
// walked back from its head and commits it no longer reaches are marked.
//
// A round that went on with what an earlier one began asks for the head once
// more at the end: the branch may have moved in between, and the round's
// watermark says that everything up to its own beginning is known.
func (f *fetch) readCommits(ctx context.Context, r repository) (more bool, err error) {
	key := streamKey(r.id, streamCommits)
	p, _ := connectors.DecodePosition[commitsPos](f.position(key))
	if p.From > f.c.api.gov.serverNow().Unix() {
		p = commitsPos{} // the server's clock was wrong when it began
	}
	switch {
	case p.To == "":
		return f.readHead(ctx, r, key, p)
	case p.Walk:
		return f.walkBack(ctx, r, key, p)
	}
	return f.readCompare(ctx, r, key, p)
}

func (f *fetch) readHead(ctx context.Context, r repository, key string, p commitsPos) (more bool, err error) {
	if r.Branch == "" || f.stillEmpty(p) {
		return false, nil
	}
	rep, err := f.c.api.get(ctx, repoPath(r.Name)+"/branches/"+url.PathEscape(r.Branch), p.validator)
	if err != nil {
		return false, err
	}
	if r, err = f.follow(ctx, r, rep); err != nil {
		return false, err
	}
	switch rep.status {
	case http.StatusNotModified:
		f.heard(rep)
		return false, nil
	case http.StatusConflict, http.StatusNotFound:
		return f.noBranch(ctx, r, rep, key, p)
	}
	if err := rep.checkJSON(); err != nil {
		return false, statusOrDecode(rep, err)
	}
	var w wireBranch
	if err := decodeObject(rep.body, &w); err != nil {
		return false, decodeError(rep, err)
	}
	if !isSHA(w.Commit.SHA) {
		return false, decodeError(rep, errors.New("the branch has no head"))
	}
	f.heard(rep)
	f.once("newest/" + key)
	p.validator, p.Empty = rep.tag, 0
	if w.Commit.SHA == p.Head {
		return false, f.move(key, p)
	}
	if p.From == 0 {
		p.From = f.c.cfg.from(f.dateOf(rep)).Unix()
	}
	p.To, p.Next, p.Walk = w.Commit.SHA, "", p.Head == ""
	return true, f.move(key, p)
}

// noBranch finds out why there is no default branch: the repository is gone or
// empty, or the branch was renamed.
func (f *fetch) noBranch(ctx context.Context, r repository, rep *reply, key string, p commitsPos) (more bool, err error) {
	if p.Empty == 0 && f.once("branch/"+prefixOf(r.id)) {
		now, err := f.refresh(ctx, r)
		if err != nil {
			return false, err
		}
		if now.Branch != r.Branch {
			return true, nil
		}
	}
	f.heard(rep)
	p.Empty, p.validator = f.dateOf(rep).Unix(), validator{}
	return false, f.move(key, p)
}

// stillEmpty reports whether a repository was found empty not long ago.
func (f *fetch) stillEmpty(p commitsPos) bool {
	age := f.c.api.gov.serverNow().Sub(unix(p.Empty))
	return p.Empty != 0 && age >= 0 && age < time.Duration(f.c.cfg.DiscoveryInterval)
}

// A comparison is one page of a comparison of two commits.
type comparison struct {
	relation string // "ahead", "behind", "diverged", "identical"
	good     []wireCommit
	bad      []badElement
	*reply
}

// compare reads a page of a comparison, nil when the server does not know one
// of its ends.
func (a *api) compare(ctx context.Context, address string) (*comparison, error) {
	rep, err := a.get(ctx, address, validator{})
	if err != nil {
		return nil, err
	}
	if rep.status == http.StatusNotFound || rep.status == http.StatusUnprocessableEntity {
		return nil, nil
	}
	if err := rep.checkJSON(); err != nil {
		return nil, statusOrDecode(rep, err)
	}
	var w struct {
		Status  string          `json:"status"`
		Commits json.RawMessage `json:"commits"`
	}
	if err := decodeObject(rep.body, &w); err != nil {
		return nil, decodeError(rep, err)
	}
	c := &comparison{relation: w.Status, reply: rep}
	if c.good, c.bad, err = decodeArray(w.Commits, (*wireCommit).valid); err != nil {
		return nil, decodeError(rep, err)
	}
	return c, nil
}

func (f *fetch) readCompare(ctx context.Context, r repository, key string, p commitsPos) (more bool, err error) {
	p.Next = f.c.api.resume(p.Next)
	address := p.Next
	if address == "" {
		address = fmt.Sprintf("%s/compare/%s...%s?per_page=%d", repoPath(r.Name), p.Head, p.To, f.c.cfg.PageSize)
	}
	page, err := f.c.api.compare(ctx, address)
	if err != nil {
		return false, err
	}
	if page == nil || page.relation != "ahead" && page.relation != "identical" {
		p.Walk, p.Next = true, ""
		return true, f.move(key, p)
	}
	f.takeCommits(r, page.good, page.bad, 0)
	f.heard(page.reply)
	if p.Next = page.next; p.Next != "" {
		return true, f.move(key, p)
	}
	return f.once("newest/" + key), f.move(key, commitsPos{Head: p.To, validator: p.validator, From: p.From})
}

// walkBack reads one page of the branch, newest first, back to where the first
// backfill began.
func (f *fetch) walkBack(ctx context.Context, r repository, key string, p commitsPos) (more bool, err error) {
	rewritten := p.Head != ""
	w := f.c.walks[r.id]
	if rewritten && (w == nil || w.to != p.To || w.next != p.Next) {
		w, p.Next = &walk{to: p.To, reachable: map[string]bool{}}, ""
		f.c.walks[r.id] = w
	}
	p.Next = f.c.api.resume(p.Next)
	address := p.Next
	if address == "" {
		address = fmt.Sprintf("%s/commits?sha=%s&per_page=%d", repoPath(r.Name), p.To, f.c.cfg.PageSize)
	}
	rep, err := f.c.api.get(ctx, address, validator{})
	if err != nil {
		return false, err
	}
	switch rep.status {
	case http.StatusConflict:
		f.heard(rep)
		return false, nil
	case http.StatusNotFound, http.StatusUnprocessableEntity:
		// The head moved on and what it was is gone: ask for it again.
		p.To, p.Next, p.Walk, p.validator = "", "", false, validator{}
		return f.once("head/" + key), f.move(key, p)
	}
	if err := rep.checkJSON(); err != nil {
		return false, statusOrDecode(rep, err)
	}
	good, bad, err := decodeArray(rep.body, (*wireCommit).valid)
	if err != nil {
		return false, decodeError(rep, err)
	}
	f.takeCommits(r, good, bad, p.From)
	p.Next = rep.next
	if reachedEnd(good, p.From) {
		p.Next = ""
	}
	f.heard(rep)
	if rewritten {
		for i := range good {
			w.reachable[good[i].SHA] = true
		}
		w.next = p.Next
	}
	if p.Next != "" {
		return true, f.move(key, p)
	}
	if rewritten {
		if err := f.orphans(ctx, r, w, p.From); err != nil {
			return false, err
		}
		delete(f.c.walks, r.id)
	}
	return f.once("newest/" + key), f.move(key, commitsPos{Head: p.To, validator: p.validator, From: p.From})
}

// reachedEnd reports whether a page ends in commits that are all too old.
func reachedEnd(page []wireCommit, from int64) bool {
	tail := page[max(0, len(page)-oldTail):]
	return len(tail) == oldTail && !slices.ContainsFunc(tail, func(w wireCommit) bool { return w.committed().Unix() >= from })
}

// takeCommits normalises commits, those committed before from left out.
func (f *fetch) takeCommits(r repository, good []wireCommit, bad []badElement, from int64) {
	for _, b := range bad {
		f.quarantine(b.name(prefixOf(r.id)+"commit-"), b.why)
	}
	for i := range good {
		if good[i].committed().Unix() >= from {
			c := good[i].commit()
			f.norm.commit(r, &c)
		}
	}
}

// orphans marks the stored commits that the branch no longer reaches. Commits
// older than what the walk covered are left alone.
func (f *fetch) orphans(ctx context.Context, r repository, w *walk, from int64) error {
	if f.c.env.Stored == nil {
		return nil
	}
	for it, err := range f.c.env.Stored(ctx, prefixOf(r.id)) {
		if err != nil {
			return fmt.Errorf("list stored commits: %w", err)
		}
		if it.Kind != store.KindCommit || it.Gone != "" || it.Updated.Unix() < from {
			continue
		}
		if sha := it.ID[len(prefixOf(r.id)):]; !w.reachable[sha] {
			f.gone(it.ID, store.GoneNotOnDefaultBranch, "")
		}
	}
	return nil
}
