package jira

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// A sweep compares what was updated lately with what is stored, because the
// index of a server may tell hours late. It also follows the feeds of
// worklogs, since logging work need not update the issue everywhere. Its state
// lives in memory: after a restart it begins again.
type sweep struct {
	began  time.Time
	scopes []scope
	search *search
	jql    string
	todo   []string // ids to read again
	queued map[string]bool
	fed    bool // the feeds were read
	next   sweepPos
}

// sweepStep does one unit of a sweep.
func (c *connector) sweepStep(ctx context.Context, f *fetch) (more bool, err error) {
	s := c.sweep
	if s == nil {
		if _, err := c.whoAmI(ctx); err != nil {
			return false, err
		}
		old, _ := connectors.DecodePosition[sweepPos](f.position(streamSweep))
		s = &sweep{began: c.api.gov.serverNow(), scopes: c.scopes, queued: map[string]bool{}, next: old}
		c.sweep = s
	}
	switch {
	case len(s.scopes) > 0:
		err = c.sweepPage(ctx, f, s)
	case !s.fed:
		s.fed = true
		err = c.readFeeds(ctx, f, s)
	case len(s.todo) > 0:
		n := min(c.most, len(s.todo))
		if err = c.reread(ctx, f, s.todo[:n]); err == nil {
			s.todo = s.todo[n:]
		}
	default:
		c.sweep = nil
		s.next.At = s.began.Unix()
		return false, f.move(streamSweep, s.next)
	}
	if err != nil {
		c.sweep = nil
	}
	return true, err
}

// reread reads issues again by id.
func (c *connector) reread(ctx context.Context, f *fetch, ids []string) error {
	got, err := c.lookUp(ctx, ids)
	if err != nil {
		return err
	}
	return c.keep(ctx, f, c.decode(f, got))
}

// A stamp is what a sweep reads of an issue.
type stamp struct {
	ID     text   `json:"id"`
	Key    string `json:"key"`
	Fields struct {
		Updated moment `json:"updated"`
	} `json:"fields"`
}

func (c *connector) sweepPage(ctx context.Context, f *fetch, s *sweep) error {
	sc := s.scopes[0]
	where, some := sc.where(c.visible(f))
	if !some {
		s.scopes = s.scopes[1:]
		return nil
	}
	var page *searchPage
	var err error
	if s.search == nil {
		s.search = &search{board: sc.board, fields: []string{"updated"}, size: 100}
		page, err = c.timed(ctx, s.search, func() string {
			s.jql = and(where, c.since("updated", s.began.Add(-time.Duration(c.cfg.SweepWindow))))
			return s.jql
		})
	} else {
		page, err = c.next(ctx, s.search, s.jql)
	}
	if err != nil {
		return err
	}
	for _, raw := range page.Issues {
		var w stamp
		if json.Unmarshal(raw, &w) != nil || !isID(string(w.ID)) {
			continue // what cannot be read was set aside when it was listed
		}
		fresh, err := c.isNews(ctx, f, w)
		if err != nil {
			return err
		}
		if fresh {
			s.queue(string(w.ID))
		}
	}
	if s.search.done {
		s.scopes, s.search = s.scopes[1:], nil
	}
	return nil
}

func (s *sweep) queue(id string) {
	if !s.queued[id] {
		s.queued[id] = true
		s.todo = append(s.todo, id)
	}
}

// isNews reports whether an issue is stored as it was before.
func (c *connector) isNews(ctx context.Context, f *fetch, w stamp) (bool, error) {
	if c.env.Stored == nil {
		return false, nil
	}
	it, known, err := f.stored(ctx, string(w.ID))
	if err != nil {
		return false, err
	}
	at := w.Fields.Updated.second()
	return !known || it.Gone != "" || !w.Fields.Updated.IsZero() && at.After(it.Updated.Truncate(time.Second)), nil
}

// A mark is one line of a feed of worklogs.
type mark struct {
	ID text   `json:"worklogId"`
	At moment `json:"updatedTime"`
}

// A workMark is what is used of a worklog that a feed told.
type workMark struct {
	Issue   text   `json:"issueId"`
	Updated moment `json:"updated"`
}

// readFeeds queues the issues whose worklogs were changed or deleted without
// telling otherwise.
func (c *connector) readFeeds(ctx context.Context, f *fetch, s *sweep) error {
	changed, until, err := c.feed(ctx, "updated", s.next.Updated)
	if err != nil {
		return err
	}
	s.next.Updated = until
	for part := range slices.Chunk(changed, partPage) {
		if err := c.queueWorked(ctx, f, s, part); err != nil {
			return err
		}
	}
	deleted, until, err := c.feed(ctx, "deleted", s.next.Deleted)
	if err != nil {
		return err
	}
	s.next.Deleted = until
	for _, m := range deleted {
		if issue, ok := c.worklogs[string(m.ID)]; ok {
			s.queue(issue)
		}
	}
	return nil
}

// feed reads a feed of worklogs to its end, which is a minute ago.
func (c *connector) feed(ctx context.Context, name string, since int64) (marks []mark, until int64, err error) {
	for range maxParts {
		rep, err := optional(c.api.get(ctx, "rest/api/2/worklog/"+name, url.Values{"since": {strconv.FormatInt(since, 10)}}))
		if err != nil {
			return nil, 0, err
		}
		if rep.status >= 400 {
			return nil, since, nil // time tracking is off
		}
		var page struct {
			Values []mark `json:"values"`
			Until  int64  `json:"until"`
			Last   bool   `json:"lastPage"`
		}
		if err := rep.object(&page, "values"); err != nil {
			return nil, 0, err
		}
		marks = append(marks, page.Values...)
		stuck := page.Until <= since
		since = max(since, page.Until)
		if page.Last || stuck {
			return marks, since, nil
		}
	}
	return marks, since, nil
}

// queueWorked finds out which issues worklogs belong to, and queues those that
// were not updated since.
func (c *connector) queueWorked(ctx context.Context, f *fetch, s *sweep, part []mark) error {
	numbers := make([]int64, 0, len(part))
	for _, m := range part {
		if n, err := strconv.ParseInt(string(m.ID), 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	rep, err := optional(c.api.post(ctx, "rest/api/2/worklog/list", map[string]any{"ids": numbers}))
	if err != nil {
		return err
	}
	if rep.status >= 400 {
		return nil
	}
	var elements []json.RawMessage
	if err := rep.array(&elements); err != nil {
		return err
	}
	// They are those of the whole server: one that cannot be read is none of
	// ours, or comes with its issue.
	logs, _ := decodeEach[workMark](elements)
	for _, w := range logs {
		it, known, err := f.stored(ctx, string(w.Issue))
		if err != nil {
			return err
		}
		// The issues of other scopes are none of ours.
		if known && it.Updated.Truncate(time.Second).Before(w.Updated.second()) {
			s.queue(string(w.Issue))
		}
	}
	return nil
}
