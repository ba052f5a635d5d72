package github

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// recent is how long a closed item still takes part in a census.
const recent = 30 * 24 * time.Hour

// Unseen implements connectors.Shortsighted.
func (c *connector) Unseen() []string {
	return []string{
		fmt.Sprintf("issues and pull requests that were deleted or moved away more than %.0f days after they closed", recent.Hours()/24),
		fmt.Sprintf("which files a pull request touched beyond the first %d", maxFiles),
	}
}

// maxChecks bounds how many missing items one step asks for.
const maxChecks = 50

// A census finds what was deleted or moved away, which no list of updates
// tells. It lists what is open or was touched lately, and asks for the stored
// items that are missing, one by one: a redirect means moved, 410 deleted and
// 404 that it can no longer be seen. Its state lives in memory: after a
// restart it begins again.
type census struct {
	began   time.Time // server's time
	lists   []string  // addresses still to be read
	listed  map[int64]bool
	changes []todo // open changes, whose children may have changed silently
	missing []missingItem
	checked bool // missing was computed
	lost    []string
	judged  int
}

type missingItem struct {
	id     string
	number int64
}

// censusDue reports whether a repository is due for a census.
func (f *fetch) censusDue(r repository) bool {
	p, ok := connectors.DecodePosition[censusPos](f.position(streamKey(r.id, streamCensus)))
	age := f.c.api.gov.serverNow().Sub(unix(p.At))
	return ok && (age >= time.Duration(f.c.cfg.CensusInterval) || age < 0)
}

// startCensusClock makes the first census due one interval after the first
// backfill.
func (f *fetch) startCensusClock(r repository) error {
	key := streamKey(r.id, streamCensus)
	if f.position(key) != "" {
		return nil
	}
	return f.move(key, censusPos{At: f.c.api.gov.serverNow().Unix()})
}

// readCensus does one step of a census.
func (f *fetch) readCensus(ctx context.Context, r repository) (more bool, err error) {
	s := f.c.censuses[r.id]
	if s == nil {
		s = f.c.newCensus(r)
		f.c.censuses[r.id] = s
	}
	switch {
	case len(s.lists) > 0:
		return true, f.censusPage(ctx, r, s)
	case !s.checked:
		return true, f.censusMissing(ctx, r, s)
	case len(s.missing) > 0:
		return true, f.censusCheck(ctx, r, s)
	}
	delete(f.c.censuses, r.id)
	if connectors.TooManyVanished(len(s.lost), s.judged, fewVanished) {
		f.c.env.Log.Warn("too many items vanished at once; keeping them until this is explained",
			"source", f.c.env.Source, "repository", r.Name, "vanished", len(s.lost), "known", s.judged)
	} else {
		for _, id := range s.lost {
			f.gone(id, store.GoneLostAccess, "")
		}
	}
	if err := f.want(r.id, s.changes); err != nil {
		return false, err
	}
	return false, f.move(streamKey(r.id, streamCensus), censusPos{At: s.began.Unix()})
}

func (c *connector) newCensus(r repository) *census {
	now := c.api.gov.serverNow().UTC().Truncate(time.Second)
	base := fmt.Sprintf("%s/issues?per_page=%d&direction=asc", repoPath(r.Name), c.cfg.PageSize)
	return &census{
		began:  now,
		listed: map[int64]bool{},
		lists: []string{
			base + "&sort=created&state=open",
			base + "&sort=updated&state=closed&since=" + now.Add(-recent).Format(time.RFC3339),
		},
	}
}

func (f *fetch) censusPage(ctx context.Context, r repository, s *census) error {
	rep, err := f.c.api.get(ctx, s.lists[0], validator{})
	if err != nil {
		return err
	}
	if rep.status == http.StatusGone {
		// Issues are switched off: nothing can be said about them. That this is
		// asked at every census is how it is noticed when they are on again.
		s.lists, s.checked = nil, true
		return nil
	}
	if err := rep.checkJSON(); err != nil {
		return statusOrDecode(rep, err)
	}
	good, bad, err := decodeArray(rep.body, (*wireIssue).valid)
	if err != nil {
		return decodeError(rep, err)
	}
	if err := f.issuesAreOn(r); err != nil {
		return err
	}
	for _, b := range bad {
		s.listed[b.id] = true
	}
	for i := range good {
		w := &good[i]
		s.listed[w.Number] = true
		if w.PullRequest != nil && w.State == "open" {
			s.changes = append(s.changes, w.todo())
		}
	}
	if s.lists[0] = rep.next; rep.next == "" {
		s.lists = s.lists[1:]
	}
	return nil
}

// issuesAreOn has the list of issues read again where it was not served before,
// from where it stopped being served.
func (f *fetch) issuesAreOn(r repository) error {
	key := streamKey(r.id, streamIssues)
	p, _ := connectors.DecodePosition[listPos](f.position(key))
	if !p.Pulls {
		return nil
	}
	return f.move(key, listPos{Since: p.Since, From: p.From})
}

// censusMissing compares what was listed with what is stored.
func (f *fetch) censusMissing(ctx context.Context, r repository, s *census) error {
	s.checked = true
	if f.c.env.Stored == nil {
		return nil
	}
	prefix := prefixOf(r.id)
	for it, err := range f.c.env.Stored(ctx, prefix) {
		if err != nil {
			return fmt.Errorf("list stored items: %w", err)
		}
		open := it.Status == store.StatusTodo || it.Status == store.StatusDoing
		if it.Kind == store.KindCommit || it.Gone != "" || !open && it.Updated.Before(s.began.Add(-recent)) {
			continue
		}
		number, err := strconv.ParseInt(it.ID[len(prefix):], 10, 64)
		if err != nil {
			continue
		}
		s.judged++
		if !s.listed[number] {
			s.missing = append(s.missing, missingItem{it.ID, number})
		}
	}
	return nil
}

// censusCheck asks for some of the missing items.
func (f *fetch) censusCheck(ctx context.Context, r repository, s *census) error {
	n := 0
	for ; n < len(s.missing) && n < maxChecks; n++ {
		lost, err := f.checkItem(ctx, r, s.missing[n])
		if err != nil {
			if n > 0 {
				break
			}
			return err
		}
		if lost {
			s.lost = append(s.lost, s.missing[n].id)
		}
	}
	s.missing = s.missing[n:]
	return nil
}

// checkItem finds out what became of an item that is no longer listed.
func (f *fetch) checkItem(ctx context.Context, r repository, m missingItem) (lost bool, err error) {
	address := fmt.Sprintf("%s/issues/%d", repoPath(r.Name), m.number)
	for hop := 0; hop <= maxHops; hop++ {
		rep, err := f.c.api.peek(ctx, address)
		if err != nil {
			return false, err
		}
		switch {
		case isRedirect(rep.status):
			if address, err = f.c.api.location(rep); err != nil {
				return false, &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: redirect that cannot be followed", pathOf(rep.url))}
			}
		case rep.status == http.StatusNotFound && hop > 0:
			f.gone(m.id, store.GoneMoved, "")
			return false, nil
		case rep.status == http.StatusNotFound:
			return true, nil
		case rep.status == http.StatusGone:
			f.gone(m.id, store.GoneDeleted, "")
			return false, nil
		case rep.status != http.StatusOK:
			return false, statusError(rep)
		default:
			return false, f.checkMoved(r, m, rep)
		}
	}
	return false, nil
}

// checkMoved compares what was asked for with what came.
func (f *fetch) checkMoved(r repository, m missingItem, rep *reply) error {
	var w struct {
		Number        int64  `json:"number"`
		RepositoryURL string `json:"repository_url"`
	}
	if err := decodeObject(rep.body, &w); err != nil {
		return decodeError(rep, err)
	}
	key := issueKey(fmt.Sprintf("%s/issues/%d", w.RepositoryURL, w.Number))
	if key == "" {
		return decodeError(rep, errShape)
	}
	if key != r.key(m.number) {
		f.gone(m.id, store.GoneMoved, key)
	}
	return nil
}
