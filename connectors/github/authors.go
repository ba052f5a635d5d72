package github

import (
	"context"
	"fmt"
	"net/http"
)

// authors remembers who opened the pull requests whose comments are being
// read, to tell a reply on one's own from a review of another's. It is a
// cache: after a restart what is missing is asked for.
type authors map[int64]*openers

// openers are the authors of one repository's pull requests.
type openers struct {
	byNumber map[int64]actor
	asked    int    // how many had to be asked for one by one
	next     string // page of the list to go on with
	listed   bool   // the list was read to its end
}

// maxAsked is after how many single questions the list is read instead.
const maxAsked = 5

func (a authors) of(repo int64) *openers {
	o := a[repo]
	if o == nil {
		o = &openers{byNumber: map[int64]actor{}}
		a[repo] = o
	}
	return o
}

func (a authors) put(repo, number int64, who actor) { a.of(repo).byNumber[number] = who }

// author returns who opened a pull request; since is how far back the list of
// pull requests is of interest, in unix seconds.
func (f *fetch) author(ctx context.Context, r repository, number, since int64) (actor, error) {
	o := f.c.authors.of(r.id)
	if who, ok := o.byNumber[number]; ok {
		return who, nil
	}
	if o.asked >= maxAsked && !o.listed {
		if err := f.listAuthors(ctx, r, o, since); err != nil {
			return actor{}, err
		}
		if who, ok := o.byNumber[number]; ok {
			return who, nil
		}
	}
	who, err := f.c.api.authorOf(ctx, r, number)
	if err == nil {
		o.byNumber[number] = who
		o.asked++
	}
	return who, err
}

// listAuthors reads the list of pull requests, newest first. An error keeps
// what was read.
func (f *fetch) listAuthors(ctx context.Context, r repository, o *openers, since int64) error {
	if o.next == "" {
		o.next = fmt.Sprintf("%s/pulls?direction=desc&per_page=%d&sort=updated&state=all", repoPath(r.Name), f.c.cfg.PageSize)
	}
	for !o.listed {
		rep, err := f.c.api.get(ctx, o.next, validator{})
		if err != nil {
			return err
		}
		if err := rep.checkJSON(); err != nil {
			o.listed = rep.status != http.StatusOK // then one by one
			return statusOrDecode(rep, err)
		}
		good, _, err := decodeArray(rep.body, (*wirePull).valid)
		if err != nil {
			return decodeError(rep, err)
		}
		older := false
		for i := range good {
			older = older || good[i].UpdatedAt.Unix() < since
			o.byNumber[good[i].Number] = userActor(good[i].User)
		}
		o.next = rep.next
		o.listed = older || rep.next == ""
	}
	return nil
}

// authorOf asks who opened an issue or pull request.
func (a *api) authorOf(ctx context.Context, r repository, number int64) (actor, error) {
	rep, err := a.get(ctx, fmt.Sprintf("%s/issues/%d", repoPath(r.Name), number), validator{})
	if err != nil {
		return actor{}, err
	}
	if rep.status == http.StatusNotFound || rep.status == http.StatusGone {
		return actor{}, nil // gone meanwhile: nobody's own
	}
	if err := rep.checkJSON(); err != nil {
		return actor{}, statusOrDecode(rep, err)
	}
	var w wireIssue
	if err := decodeObject(rep.body, &w); err != nil {
		return actor{}, decodeError(rep, err)
	}
	return userActor(w.User), nil
}
