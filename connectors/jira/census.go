package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// recent is how long a closed issue is still read again by a census.
const recent = 35 * 24 * time.Hour

// doneID is the id of the category of finished statuses, which has the same
// number on every server and another name in every language.
const doneID = "3"

// fewVanished is how many issues of a project have to vanish at once before it
// is doubted.
const fewVanished = 3

// A census finds what was deleted, moved away or hidden, which no list of
// updates tells: it lists the ids of everything, asks for the stored issues
// that are not among them, and judges by the projects that can be seen. It also
// reads open issues again, since not everything that happens to an issue
// updates it. Its state lives in memory: after a restart it begins again.
type census struct {
	began    time.Time
	scopes   []scope
	search   *search
	jql      string
	listed   []int64 // ids, ordered when compared
	compared bool
	missing  []missing
	stored   map[string]int       // issues by project
	lost     map[string][]missing // by project
	judged   bool
	todo     []string // to read again
	review   []scope  // whose open issues are still to be read
	failures int      // in a row
}

// maxFailures is how often in a row a census may fail before it begins again.
const maxFailures = 3

// Unseen implements connectors.Shortsighted.
func (c *connector) Unseen() []string {
	return []string{
		fmt.Sprintf("changes that Jira does not count as an update, such as those of a sprint or a link, in issues that closed and were last updated more than %.0f days ago", recent.Hours()/24),
		"whether an issue that vanished from a visible project was deleted or hidden by a security level: it counts as deleted",
	}
}

// A missing issue is stored but not listed.
type missing struct {
	id, key string
	updated time.Time
	above   bool // it may be the parent of what is in a scope
	hidden  bool // it was lost before
}

// censusStep does one unit of a census.
func (c *connector) censusStep(ctx context.Context, f *fetch) (more bool, err error) {
	s := c.census
	if s == nil {
		if s, err = c.newCensus(ctx, f); err != nil {
			return false, err
		}
		c.census = s
	}
	switch {
	case len(s.scopes) > 0:
		err = c.censusPage(ctx, f, s)
	case !s.compared:
		err = c.compare(ctx, s)
	case len(s.missing) > 0:
		err = c.check(ctx, f, s)
	case !s.judged:
		err = c.judge(ctx, f, s)
		s.judged = err == nil
	case len(s.todo) > 0:
		n := min(c.most, len(s.todo))
		if err = c.reread(ctx, f, s.todo[:n]); err == nil {
			s.todo = s.todo[n:]
		}
	case len(s.review) > 0:
		err = c.reviewPage(ctx, f, s)
	default:
		c.census = nil
		return false, f.move(streamCensus, duePos{At: s.began.Unix()})
	}
	// A unit that fails is tried again by the next round: a census of a large
	// server has too many of them for all to succeed in a row.
	if err == nil {
		s.failures = 0
	} else if s.failures++; s.failures > maxFailures || errors.Is(err, errRejected) {
		c.census = nil
	}
	return true, err
}

func (c *connector) newCensus(ctx context.Context, f *fetch) (*census, error) {
	// Fields and statuses change too, and who asks must be known for sure.
	site, err := c.probe(ctx)
	if err != nil {
		return nil, err
	}
	c.site, c.most = site, min(2*c.most, chunk)
	clear(c.asked)
	if len(c.cfg.Projects) > 0 {
		if _, err := c.readRoster(ctx, f); err != nil {
			return nil, err
		}
	}
	return &census{
		began: c.api.gov.serverNow(), scopes: c.scopes, review: c.scopes, stored: map[string]int{}, lost: map[string][]missing{},
	}, nil
}

// censusPage lists ids.
func (c *connector) censusPage(ctx context.Context, f *fetch, s *census) error {
	sc := s.scopes[0]
	where, some := sc.where(c.visible(f))
	if !some {
		s.scopes = s.scopes[1:]
		return nil
	}
	pos, _ := connectors.DecodePosition[scanPos](f.position(sc.key()))
	var page *searchPage
	var err error
	if s.search == nil {
		s.search = &search{board: sc.board, fields: []string{"id"}, size: c.idPageSize()}
		page, err = c.timed(ctx, s.search, func() string {
			s.jql = and(where, c.since("updated", time.UnixMilli(pos.From)))
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
		if json.Unmarshal(raw, &w) == nil && isID(string(w.ID)) {
			s.listed = append(s.listed, number(string(w.ID)))
		}
	}
	if s.search.done {
		s.scopes, s.search = s.scopes[1:], nil
	}
	return nil
}

// compare finds the stored issues that are not listed, and the listed ones that
// are not stored.
func (c *connector) compare(ctx context.Context, s *census) error {
	s.missing, s.stored = nil, map[string]int{}
	if c.env.Stored == nil {
		s.compared = true
		return nil
	}
	slices.Sort(s.listed)
	s.listed = slices.Compact(s.listed)
	there := make([]bool, len(s.listed))
	for it, err := range c.env.Stored(ctx, prefix) {
		if err != nil {
			return fmt.Errorf("list stored items: %w", err)
		}
		id := it.ID[len(prefix):]
		if !isID(id) || len(it.Keys) == 0 {
			continue
		}
		m := missing{id: id, key: it.Keys[0], updated: it.Updated, above: isAbove(it), hidden: it.Gone == store.GoneLostAccess}
		i, listed := slices.BinarySearch(s.listed, number(id))
		switch {
		case it.Gone == "" && listed:
			there[i] = true
		case it.Gone == "" || m.hidden && m.above && !listed:
			s.missing = append(s.missing, m)
		}
		if it.Gone == "" {
			s.stored[projectOf(m.key)]++
		}
	}
	for i, known := range there {
		if !known {
			s.todo = append(s.todo, strconv.FormatInt(s.listed[i], 10))
		}
	}
	s.listed, s.compared = nil, true
	return nil
}

// isAbove reports whether an item may be the parent of issues elsewhere.
// Sub-tasks go where their parents go.
func isAbove(it store.Item) bool { return len(it.Attrs[store.AttrLevel]) > 0 }

// number is the value of an id, which isID has accepted.
func number(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64) // at most 18 digits
	return n
}

// check asks for some of the missing issues by id.
func (c *connector) check(ctx context.Context, f *fetch, s *census) error {
	n := min(chunk, len(s.missing))
	found, err := c.stamps(ctx, s.missing[:n])
	if err != nil {
		return err
	}
	for _, m := range s.missing[:n] {
		w, ok := found[m.id]
		switch {
		case !ok && m.hidden:
		case !ok:
			s.lost[projectOf(m.key)] = append(s.lost[projectOf(m.key)], m)
		case w.Key != m.key && c.leftScope(m.key, w.Key) && !m.above:
			f.gone(itemID(m.id), store.GoneMoved, w.Key)
		case m.hidden || w.Key != m.key || w.Fields.Updated.second().After(m.updated.Truncate(time.Second)):
			s.todo = append(s.todo, m.id) // out of the scope, and changed
		}
	}
	s.missing = s.missing[n:]
	return nil
}

// stamps reads by id what is needed to tell what became of issues.
func (c *connector) stamps(ctx context.Context, asked []missing) (map[string]stamp, error) {
	names := make([]string, len(asked))
	for i, m := range asked {
		names[i] = m.id
	}
	got, err := c.lookUpFields(ctx, names, []string{"updated"}, false)
	if err != nil {
		return nil, err
	}
	found := map[string]stamp{}
	for _, raw := range got {
		var w stamp
		if json.Unmarshal(raw, &w) == nil {
			found[string(w.ID)] = w
		}
	}
	return found, nil
}

// leftScope reports whether an issue was moved out of the configured projects.
// What else may select an issue is not told by its key.
func (c *connector) leftScope(from, to string) bool {
	if c.cfg.JQL != "" || len(c.cfg.Boards) > 0 {
		return false
	}
	return c.configured(from) && !c.configured(to)
}

// judge decides what became of the issues that are not found at all. It asks
// once more who reads: a token may have expired since the census began, and
// strangers find little.
func (c *connector) judge(ctx context.Context, f *fetch, s *census) error {
	if len(s.lost) == 0 {
		return nil
	}
	if _, err := c.whoAmI(ctx); err != nil {
		return err
	}
	for name, lost := range s.lost {
		why, err := c.verdict(ctx, name)
		if err != nil {
			return err
		}
		if why == store.GoneDeleted && connectors.TooManyVanished(len(lost), s.stored[name], fewVanished) {
			c.env.Log.Warn("too many issues vanished at once; keeping them until this is explained",
				"source", c.env.Source, "project", name, "vanished", len(lost), "known", s.stored[name])
			continue
		}
		for part := range slices.Chunk(lost, chunk) {
			if err := c.bury(ctx, f, part, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// bury marks issues as gone. Whether they were deleted is asked once more now
// that their project is known to be visible: it may not have been before.
func (c *connector) bury(ctx context.Context, f *fetch, lost []missing, why store.Gone) error {
	var found map[string]stamp
	if why == store.GoneDeleted {
		var err error
		if found, err = c.stamps(ctx, lost); err != nil {
			return err
		}
	}
	for _, m := range lost {
		if _, there := found[m.id]; !there {
			f.gone(itemID(m.id), why, "")
		}
	}
	return nil
}

// verdict is what not finding issues of a project means: they were deleted
// when the project is there now, else they cannot be seen any more.
func (c *connector) verdict(ctx context.Context, name string) (store.Gone, error) {
	p, err := c.oneProject(ctx, name)
	if err != nil {
		return "", err
	}
	if p.ID != "" {
		return store.GoneDeleted, nil
	}
	return store.GoneLostAccess, nil
}

// reviewPage reads a page of the issues that are open or were touched lately.
func (c *connector) reviewPage(ctx context.Context, f *fetch, s *census) error {
	sc := s.review[0]
	where, some := sc.where(c.visible(f))
	if !some {
		s.review = s.review[1:]
		return nil
	}
	pos, _ := connectors.DecodePosition[scanPos](f.position(sc.key()))
	var page *searchPage
	var err error
	before := s.search.mark()
	if s.search == nil {
		whole := c.fullSearch(sc.board)
		s.search = &whole
		page, err = c.timed(ctx, s.search, func() string {
			s.jql = and(where, c.since("updated", time.UnixMilli(pos.From)),
				"(statusCategory != "+doneID+" OR "+c.since("updated", s.began.Add(-recent))+")")
			return s.jql
		})
	} else {
		page, err = c.next(ctx, s.search, s.jql)
	}
	if err != nil {
		return err
	}
	if err := c.keep(ctx, f, c.decode(f, page.Issues)); err != nil {
		s.search = before
		return err
	}
	if s.search.done {
		s.review, s.search = s.review[1:], nil
	}
	return nil
}
