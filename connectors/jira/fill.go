package jira

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	gojira "github.com/andygrunwald/go-jira"

	"github.com/workdrift/workdrift/connectors"
)

// Sizes of the pages of an issue's parts. A server may lower them.
const (
	historyIssues = 1000
	historyPage   = 10_000
	partPage      = 1000
	maxParts      = 1000 // pages of one list
)

// fill completes issues, and leaves out those that went meanwhile. Each issue
// that is complete is remembered until all of them are: a server may allow
// fewer requests at once than one page of issues takes.
func (c *connector) fill(ctx context.Context, issues []*issue) ([]*issue, error) {
	var short []*issue
	for _, is := range issues {
		if is.needsHistory && c.filled[is.version()] == nil {
			short = append(short, is)
		}
	}
	if err := c.fillHistories(ctx, short); err != nil {
		return nil, err
	}
	kept := issues[:0:0]
	for _, is := range issues {
		if done := c.filled[is.version()]; done != nil {
			kept = append(kept, done)
			continue
		}
		there, err := c.fillLists(ctx, is)
		if err != nil {
			return nil, err
		}
		if there {
			kept = append(kept, is)
			c.filled[is.version()] = is
		}
	}
	clear(c.filled)
	return kept, nil
}

// version tells an issue as it was read from what it was before or will be.
func (is *issue) version() string {
	return is.id + " " + is.key + " " + is.lastUpdate().String()
}

// fillHistories completes the histories that came in part: on Cloud many at
// once. What that leaves is completed issue by issue.
func (c *connector) fillHistories(ctx context.Context, short []*issue) error {
	for len(short) > 0 && c.site.cloud {
		n := min(len(short), historyIssues)
		served, err := c.bulkHistories(ctx, short[:n])
		if err != nil || !served {
			return err // or not for this kind of token
		}
		for _, is := range short[:n] {
			is.needsHistory = false // that was all there is
		}
		short = short[n:]
	}
	return nil
}

// bulkHistories reads whole histories of many issues. It reports whether the
// server serves that.
func (c *connector) bulkHistories(ctx context.Context, issues []*issue) (served bool, err error) {
	body := map[string]any{"issueIdsOrKeys": ids(issues), "maxResults": historyPage}
	got := map[string]histories{}
	tokens := map[string]bool{}
	for {
		rep, err := optional(c.api.post(ctx, "rest/api/3/changelog/bulkfetch", body))
		if err != nil {
			return false, err
		}
		if rep.status >= 400 && len(tokens) == 0 {
			return false, nil
		}
		var page struct {
			Logs []struct {
				ID        text      `json:"issueId"`
				Histories histories `json:"changeHistories"`
			} `json:"issueChangeLogs"`
			Token string `json:"nextPageToken"`
		}
		if err := rep.object(&page, "issueChangeLogs"); err != nil {
			return false, err
		}
		for _, l := range page.Logs {
			got[string(l.ID)] = append(got[string(l.ID)], l.Histories...)
		}
		if page.Token == "" {
			break
		}
		if tokens[page.Token] {
			return false, rep.decodeError(errShape)
		}
		tokens[page.Token] = true
		body["nextPageToken"] = page.Token
	}
	for _, is := range issues {
		is.complete(got[is.id])
	}
	return true, nil
}

// complete takes a history that was read apart, together with what the issue
// came with: neither list is older than the other for sure.
func (is *issue) complete(more []wireHistory) {
	total := len(is.history) + is.historyMissing
	is.setHistory(append(slices.Clone(is.history), more...))
	is.historyMissing = max(0, total-len(is.history))
	is.needsHistory = is.historyMissing > 0
}

// fillHistory reads the history of one issue: with the issue itself, and where
// that is cut off too, from its own list, which older servers do not have.
func (c *connector) fillHistory(ctx context.Context, is *issue) error {
	rep, err := c.api.get(ctx, "rest/api/2/issue/"+is.id, url.Values{"fields": {"created"}, "expand": {"changelog"}})
	if err != nil {
		return err
	}
	if isAbsent(rep.status) {
		return nil
	}
	var whole wireIssue
	if err := rep.object(&whole); err != nil {
		return err
	}
	if log := whole.Changelog; log != nil {
		is.historyMissing = max(is.historyMissing, log.Total-len(is.history))
		is.complete(log.Histories)
	}
	if is.historyMissing == 0 {
		return nil
	}
	elements, _, err := c.parts(ctx, "rest/api/2/issue/"+is.id+"/changelog", "values")
	if err != nil {
		return err
	}
	more, _ := decodeEach[wireHistory](elements) // what is left out is counted as missing
	is.complete(more)
	return nil
}

// parts reads all pages of a list with offsets. It reports whether the list is
// there.
func (c *connector) parts(ctx context.Context, path, member string) (all []json.RawMessage, there bool, err error) {
	for range maxParts {
		rep, err := c.api.get(ctx, path, url.Values{"startAt": {strconv.Itoa(len(all))}, "maxResults": {strconv.Itoa(partPage)}})
		if err != nil {
			return nil, false, err
		}
		if isAbsent(rep.status) {
			return nil, false, nil
		}
		var page map[string]json.RawMessage
		if err := rep.object(&page, member); err != nil {
			return nil, false, err
		}
		total, start := 0, len(all)
		for name, into := range map[string]*int{"total": &total, "startAt": &start} {
			if raw, ok := page[name]; ok && json.Unmarshal(raw, into) != nil {
				return nil, false, rep.decodeError(errShape)
			}
		}
		if start != len(all) {
			return nil, false, rep.decodeError(fmt.Errorf("%d and not %d is where it starts: %w", start, len(all), errShape))
		}
		var got []json.RawMessage
		if err := json.Unmarshal(page[member], &got); err != nil {
			return nil, false, rep.decodeError(jsonError(err))
		}
		all = append(all, got...)
		if len(got) == 0 || len(all) >= total {
			return all, true, nil
		}
	}
	return nil, false, &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GET %s: no end after %d pages", path, maxParts)}
}

// fillLists completes the history, comments and worklogs of an issue, and reads
// what is configured to be read besides. It reports whether the issue is there.
func (c *connector) fillLists(ctx context.Context, is *issue) (there bool, err error) {
	if is.needsHistory {
		if err := c.fillHistory(ctx, is); err != nil {
			return false, err
		}
	}
	path := "rest/api/2/issue/" + is.id
	if is.needsComments && (is.hasComments || c.told.comments) {
		elements, there, err := c.parts(ctx, path+"/comment", "comments")
		if err != nil || !there {
			return false, err
		}
		is.comments, err = decodeEach[wireComment](elements)
		is.needsComments = is.strange("a comment", err)
	}
	if is.needsWorklogs && (is.hasWorklogs || c.told.worklogs) {
		elements, there, err := c.parts(ctx, path+"/worklog", "worklogs")
		if err != nil || !there {
			return false, err
		}
		is.worklogs, err = decodeEach[wireWorklog](elements)
		is.needsWorklogs = is.strange("a worklog", err)
	}
	if c.cfg.RemoteLinks {
		if there, err = c.fillRemote(ctx, is); err != nil || !there {
			return there, err
		}
	}
	return true, c.fillDevelopment(ctx, is)
}

// strange notes that a part of an issue cannot be read, and reports whether it
// is so. The rest of the issue is read all the same.
func (is *issue) strange(part string, err error) bool {
	if err != nil {
		is.odd = part + ": " + err.Error()
	}
	return err != nil
}

func (c *connector) fillRemote(ctx context.Context, is *issue) (there bool, err error) {
	rep, err := c.api.get(ctx, "rest/api/2/issue/"+is.id+"/remotelink", nil)
	if err != nil {
		return false, err
	}
	if isAbsent(rep.status) {
		return false, nil
	}
	var links []json.RawMessage
	if err := rep.array(&links); err != nil {
		return false, err
	}
	is.remote, err = decodeEach[gojira.RemoteLink](links)
	is.strange("a remote link", err)
	return true, nil
}

// fillDevelopment reads the development panel. Its API may be missing, or
// refuse an application that is not connected.
func (c *connector) fillDevelopment(ctx context.Context, is *issue) error {
	if len(c.cfg.Development) == 0 || c.noDevelopment(is) {
		return nil
	}
	for _, app := range c.cfg.Development {
		for _, kind := range []string{"pullrequest", "repository"} {
			rep, err := optional(c.api.get(ctx, "rest/dev-status/1.0/issue/detail",
				url.Values{"issueId": {is.id}, "applicationType": {app}, "dataType": {kind}}))
			if err != nil {
				return err
			}
			if rep.status != http.StatusOK {
				continue
			}
			var whole json.RawMessage
			if err := rep.object(&whole); err != nil {
				return err
			}
			panels, err := decodeEach[wirePanel]([]json.RawMessage{whole})
			is.strange("the development panel", err)
			for _, p := range panels {
				is.dev = append(is.dev, p.records()...)
			}
		}
	}
	return nil
}

// noDevelopment reports whether the summary of the panel says that it is empty.
func (c *connector) noDevelopment(is *issue) bool {
	for _, id := range c.site.fields.devSummary {
		if raw, ok := is.custom[id]; ok && isNull(raw) {
			return true
		}
	}
	return false
}

func ids(issues []*issue) []string {
	out := make([]string, len(issues))
	for i, is := range issues {
		out[i] = is.id
	}
	return out
}
