package jira

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/connectors"
)

// chunk is how many issues are asked for by id or key at once.
const chunk = 100

// maxWaiting bounds how many parents wait for the end of a scan.
const maxWaiting = 1000

// want queues the parents of issues that were not met as issues. Most turn up
// by themselves before the scan ends.
func (f *fetch) want(issues []*issue) error {
	pos, _ := connectors.DecodePosition[ancestorsPos](f.position(streamAncestors))
	waiting := map[string]bool{}
	for _, w := range pos.Want {
		waiting[w.Key] = true
	}
	for _, is := range issues {
		if f.norm.levelOf(is) != "" {
			f.c.met[is.key] = true
		}
	}
	before, first := len(pos.Want), f.isFirst()
	for _, is := range issues {
		for _, key := range is.parents {
			if !waiting[key] && !f.c.met[key] {
				waiting[key] = true
				w := want{Key: key}
				if !first { // what is stored may have been read by other settings
					w.ID = is.parentID(key)
				}
				pos.Want = append(pos.Want, w)
			}
		}
	}
	pos.Want = slices.DeleteFunc(pos.Want, func(w want) bool { return f.c.met[w.Key] })
	switch {
	case len(pos.Want) == 0 && before == 0:
		return nil
	case len(pos.Want) == 0:
		f.forget(streamAncestors)
		return nil
	}
	return f.move(streamAncestors, pos)
}

// isFirst reports whether a scope is read as if for the first time.
func (f *fetch) isFirst() bool {
	return slices.ContainsFunc(f.c.scopes, func(s scope) bool {
		pos, _ := connectors.DecodePosition[scanPos](f.position(s.key()))
		return pos.Since == 0 || f.outdated(pos)
	})
}

// outdated reports whether issues were read by other settings, or when their
// projects had other names.
func (f *fetch) outdated(pos scanPos) bool {
	return pos.Settings != f.c.settings || pos.Names != f.names()
}

// parentID returns the id of a parent, empty where only its key is told.
func (is *issue) parentID(key string) string {
	for _, field := range []string{"parent", "epic"} {
		var w struct {
			ID  text   `json:"id"`
			Key string `json:"key"`
		}
		if json.Unmarshal(is.custom[field], &w) == nil && w.Key == key && isID(string(w.ID)) {
			return string(w.ID)
		}
	}
	return ""
}

// readAncestors reads some of the parents that no scope brought, and theirs in
// turn.
func (c *connector) readAncestors(ctx context.Context, f *fetch) (more bool, err error) {
	pos, _ := connectors.DecodePosition[ancestorsPos](f.position(streamAncestors))
	var asked []string
	n := 0
	for ; n < len(pos.Want) && len(asked) < c.most; n++ {
		w := pos.Want[n]
		if c.met[w.Key] {
			continue
		}
		c.met[w.Key] = true
		if w.ID != "" {
			it, known, err := f.stored(ctx, w.ID)
			if err != nil {
				return false, err
			}
			if known && it.Gone == "" {
				continue
			}
		}
		asked = append(asked, w.Key)
	}
	if n == 0 {
		return false, nil
	}
	if pos.Want = pos.Want[n:]; len(pos.Want) == 0 {
		f.forget(streamAncestors)
	} else if err := f.move(streamAncestors, pos); err != nil {
		return false, err
	}
	got, err := c.lookUp(ctx, asked)
	if err == nil {
		err = c.keep(ctx, f, c.decode(f, got))
	}
	if err != nil {
		for _, key := range asked {
			delete(c.met, key)
		}
		return false, err
	}
	return f.position(streamAncestors) != "", nil
}

// decode reads the issues of a page and sets aside those it cannot read.
func (c *connector) decode(f *fetch, page []json.RawMessage) []*issue {
	var out []*issue
	for _, raw := range page {
		is, err := decodeIssue(raw, &c.site.fields)
		if err != nil {
			f.quarantine(nameOf(raw), err.Error())
			continue
		}
		out = append(out, is)
	}
	return out
}

// lookUp reads whole issues by ids or keys. Those that are not there, or cannot
// be seen, are left out.
func (c *connector) lookUp(ctx context.Context, names []string) ([]json.RawMessage, error) {
	return c.lookUpFields(ctx, names, c.site.searchFields(), true)
}

func (c *connector) lookUpFields(ctx context.Context, names, fields []string, expand bool) ([]json.RawMessage, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if c.site.cloud {
		got, served, err := c.bulkIssues(ctx, names, fields, expand)
		if err != nil || served {
			return got, err
		}
	}
	got, err := c.searchFor(ctx, names, fields, expand)
	if !errors.Is(err, errRejected) {
		return got, err
	}
	// One that does not exist has the query refused.
	got = nil
	for _, name := range names {
		raw, err := c.one(ctx, name, fields, expand)
		if err != nil {
			return nil, err
		}
		if raw != nil {
			got = append(got, raw)
		}
	}
	return got, nil
}

// bulkIssues asks for issues at once. It reports whether the server serves that.
// Those that the server failed to read just now, which is not the same as not
// being there, are asked for one by one. The older version of the API writes
// texts as searches do, so that an issue reads the same either way.
func (c *connector) bulkIssues(ctx context.Context, names, fields []string, expand bool) (got []json.RawMessage, served bool, err error) {
	body := map[string]any{"issueIdsOrKeys": names, "fields": fields}
	if expand {
		body["expand"] = []string{"changelog"}
	}
	rep, err := optional(c.api.post(ctx, "rest/api/2/issue/bulkfetch", body))
	if err != nil {
		c.ease(ctx, len(names), err)
		return nil, false, err
	}
	if rep.status >= 400 {
		return nil, false, nil
	}
	var page struct {
		Issues []json.RawMessage `json:"issues"`
		Failed []struct {
			ID text `json:"id"`
		} `json:"issueErrors"`
	}
	if err := rep.object(&page, "issues"); err != nil {
		return nil, false, err
	}
	got = page.Issues
	for _, w := range page.Failed {
		if w.ID == "" {
			return nil, false, rep.decodeError(errShape)
		}
		raw, err := c.one(ctx, string(w.ID), fields, expand)
		if err != nil {
			return nil, false, err
		}
		if raw != nil {
			got = append(got, raw)
		}
	}
	return got, true, nil
}

// searchFor asks for issues by a query.
func (c *connector) searchFor(ctx context.Context, names, fields []string, expand bool) ([]json.RawMessage, error) {
	s := search{fields: fields, size: chunk, expand: expand, lenient: true}
	var got []json.RawMessage
	for !s.done {
		page, err := c.next(ctx, &s, nameClause(names))
		if err != nil {
			return nil, err
		}
		got = append(got, page.Issues...)
	}
	return got, nil
}

// nameClause selects issues by ids or keys.
func nameClause(names []string) string {
	field := "id"
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = name
		if !isID(name) {
			field, quoted[i] = "key", quoteJQL(name)
		}
	}
	return field + " in (" + strings.Join(quoted, ", ") + ")"
}

// one reads one issue, nil when it is not there.
func (c *connector) one(ctx context.Context, name string, fields []string, expand bool) (json.RawMessage, error) {
	q := url.Values{"fields": {strings.Join(fields, ",")}}
	if expand {
		q.Set("expand", "changelog")
	}
	rep, err := c.api.get(ctx, "rest/api/2/issue/"+url.PathEscape(name), q)
	if err != nil {
		return nil, err
	}
	if isAbsent(rep.status) {
		return nil, nil
	}
	var whole json.RawMessage
	if err := rep.object(&whole); err != nil {
		return nil, err
	}
	return whole, nil
}
