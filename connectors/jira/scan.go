package jira

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// A scan is the memory of a running scan: it saves asking again from the
// creation time in the position.
type scan struct {
	search   search
	jql      string
	raw      string // the position it belongs to
	estimate int    // pages in all, 0 when unknown
}

// scan reads one page of a scope.
func (c *connector) scan(ctx context.Context, f *fetch, s scope) (more bool, err error) {
	if len(s.projects) > 0 && f.position(streamRoster) == "" {
		return false, nil // the list of projects could not be read, which says so
	}
	where, some := s.where(c.visible(f))
	if !some {
		return false, &connectors.Error{Reason: connectors.ReasonAuth, Err: fmt.Errorf("none of the projects can be seen: %w", errNotVisible)}
	}
	pos, _ := connectors.DecodePosition[scanPos](f.position(s.key()))
	if f.outdated(pos) {
		pos = scanPos{From: pos.From, Settings: c.settings, Names: f.names()}
	}
	walk := c.scans[s.key()]
	fresh := walk == nil || walk.raw != f.position(s.key()) || pos.Began == 0
	if fresh {
		walk = &scan{search: c.fullSearch(s.board)}
		c.scans[s.key()] = walk
	}
	page, err := c.scanPage(ctx, walk, &pos, where, fresh)
	if errors.Is(err, errRejected) && fresh && len(s.projects) > 0 {
		// A project that went since the projects were listed has it refused.
		page, err = c.scanAgain(ctx, f, s, walk, &pos, where)
	}
	if err != nil {
		delete(c.scans, s.key())
		return false, err
	}
	now := c.api.gov.serverNow()
	if pos.Began == 0 {
		pos.Began = startOf(page, now).UnixMilli()
	}
	if walk.search.total > 0 {
		walk.estimate = pagesOf(walk.search.total, c.cfg.PageSize)
	}
	issues := c.decode(f, page.Issues)
	for _, is := range issues {
		pos.After = max(pos.After, is.created.UnixMilli())
	}
	if err := c.keep(ctx, f, unread(issues, &pos, now)); err != nil {
		return false, err
	}
	pos.Pages++
	pos.Count += len(page.Issues)
	if walk.search.done {
		if err := c.proveEmpty(ctx, page, &pos); err != nil {
			return false, err
		}
		pos = c.complete(pos)
		delete(c.scans, s.key())
	}
	if err := f.move(s.key(), pos); err != nil {
		return false, err
	}
	walk.raw = f.position(s.key())
	return !walk.search.done, nil
}

// scanAgain lists the projects and reads the page with those that are left.
func (c *connector) scanAgain(ctx context.Context, f *fetch, s scope, walk *scan, pos *scanPos, before string) (*searchPage, error) {
	if _, err := c.readRoster(ctx, f); err != nil {
		return nil, err
	}
	where, some := s.where(c.visible(f))
	if !some || where == before {
		return nil, &connectors.Error{Reason: connectors.ReasonServer, Err: errRejected}
	}
	return c.scanPage(ctx, walk, pos, where, true)
}

// fullSearch is a search for whole issues. Histories come along: Cloud tells
// the newest of them only, which is enough for most.
func (c *connector) fullSearch(board int64) search {
	return search{board: board, fields: c.site.searchFields(), size: c.cfg.PageSize, expand: true}
}

// startOf is when a page was made, by the server's clock.
func startOf(page *searchPage, now time.Time) time.Time {
	if page.date.IsZero() {
		return now
	}
	return page.date
}

// scanPage reads the next page of a scan, or the first one of a resumed scan.
func (c *connector) scanPage(ctx context.Context, walk *scan, pos *scanPos, where string, fresh bool) (*searchPage, error) {
	if !fresh {
		return c.next(ctx, &walk.search, walk.jql)
	}
	if pos.Since == 0 && pos.Began == 0 {
		if from := c.cfg.Since.From(c.api.gov.serverNow()).UnixMilli(); pos.From == 0 || from < pos.From {
			pos.From = from
		}
	}
	from := pos.From
	if pos.Since != 0 {
		from = pos.Since - time.Duration(c.cfg.Overlap).Milliseconds()
		if now := c.api.gov.serverNow(); pos.Since > now.UnixMilli() {
			// An answer had the date of another time; when it was is not known.
			from = now.Add(-time.Duration(c.cfg.SweepWindow)).UnixMilli()
		}
	}
	page, err := c.timed(ctx, &walk.search, func() string {
		conditions := []string{where, c.since("updated", time.UnixMilli(from))}
		if pos.Began != 0 && pos.After != 0 {
			conditions = append(conditions, c.since("created", time.UnixMilli(pos.After)))
		}
		walk.jql = and(conditions...)
		return walk.jql
	})
	if err == nil && pos.Since == 0 && !walk.search.done && walk.search.total == 0 {
		walk.estimate = pagesOf(c.count(ctx, walk.jql), c.cfg.PageSize)
	}
	return page, err
}

// count asks how many issues a first backfill will bring, 0 when the server
// does not tell: it is for the progress only.
func (c *connector) count(ctx context.Context, jql string) int {
	rep, err := c.api.post(ctx, "rest/api/3/search/approximate-count", map[string]any{"jql": jql})
	if err != nil {
		return 0
	}
	var answer struct {
		Count int `json:"count"`
	}
	if rep.object(&answer, "count") != nil {
		return 0
	}
	return answer.Count
}

func pagesOf(issues, size int) int { return (issues + size - 1) / size }

// unread leaves out the versions that an earlier poll brought.
func unread(issues []*issue, pos *scanPos, now time.Time) []*issue {
	if pos.Seen == nil {
		pos.Seen = seen{}
	}
	kept := issues[:0:0]
	for _, is := range issues {
		if is.updated.IsZero() || pos.Seen.note(is.id, is.updated.UnixMilli(), now.UnixMilli()) {
			kept = append(kept, is)
		}
	}
	pos.Seen.trim(pos.Began - 24*time.Hour.Milliseconds())
	return kept
}

// proveEmpty asks who reads when a scan ends with nothing after issues, its own
// or those of the scan before: an expired token may read an empty list.
func (c *connector) proveEmpty(ctx context.Context, last *searchPage, pos *scanPos) error {
	if len(last.Issues) > 0 || pos.Count == 0 && !pos.Had {
		return nil
	}
	_, err := c.whoAmI(ctx)
	return err
}

// complete is the position after a scan.
func (c *connector) complete(pos scanPos) scanPos {
	done := scanPos{Since: pos.Began, From: pos.From, Had: pos.Count > 0, Seen: pos.Seen, Settings: pos.Settings, Names: pos.Names}
	done.Seen.trim(pos.Began - time.Duration(c.cfg.Overlap).Milliseconds() - time.Hour.Milliseconds())
	return done
}

// keep completes issues and normalises them.
func (c *connector) keep(ctx context.Context, f *fetch, issues []*issue) error {
	for _, is := range issues {
		c.site.learn(is.status)
		c.told.comments = c.told.comments || is.hasComments
		c.told.worklogs = c.told.worklogs || is.hasWorklogs
	}
	issues, err := c.fill(ctx, issues)
	if err != nil {
		return err
	}
	if err := c.learnNames(ctx, f, issues); err != nil {
		return err
	}
	for _, is := range issues {
		for _, w := range is.worklogs {
			c.remember(string(w.ID), is.id)
		}
		f.norm.issue(is)
	}
	if err := f.want(issues); err != nil {
		return err
	}
	for {
		pos, _ := connectors.DecodePosition[ancestorsPos](f.position(streamAncestors))
		if len(pos.Want) <= maxWaiting {
			return nil
		}
		if _, err := c.readAncestors(ctx, f); err != nil {
			return err
		}
	}
}

// maxRemembered bounds how many worklogs are known by their ids.
const maxRemembered = 200_000

func (c *connector) remember(worklog, issue string) {
	if len(c.worklogs) >= maxRemembered {
		clear(c.worklogs)
	}
	c.worklogs[worklog] = issue
}

// isAbsent reports whether an answer says that something is not there.
func isAbsent(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }
