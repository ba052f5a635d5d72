package jira

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	gojira "github.com/andygrunwald/go-jira"
)

// Sizes of the pages of an issue's parts. A server may lower them.
const (
	historyIssues = 1000
	historyPage   = 10_000
	partPage      = 1000
	maxParts      = 1000 // pages of one list
)

// fillHistories completes the histories that came in part: on Cloud many at
// once, else issue by issue.
func (c *connector) fillHistories(ctx context.Context, issues []*issue) error {
	var short []*issue
	for _, is := range issues {
		if is.needsHistory {
			short = append(short, is)
		}
	}
	for len(short) > 0 && c.site.cloud {
		n := min(len(short), historyIssues)
		served, err := c.bulkHistories(ctx, short[:n])
		if err != nil {
			return err
		}
		if !served {
			break // not for this kind of token
		}
		short = short[n:]
	}
	for _, is := range short {
		if err := c.fillHistory(ctx, is); err != nil {
			return err
		}
	}
	return nil
}

// bulkHistories reads whole histories of many issues. It reports whether the
// server serves that.
func (c *connector) bulkHistories(ctx context.Context, issues []*issue) (served bool, err error) {
	body := map[string]any{"issueIdsOrKeys": ids(issues), "maxResults": historyPage}
	got := map[string][]wireHistory{}
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
				ID        text          `json:"issueId"`
				Histories []wireHistory `json:"changeHistories"`
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
	var got []wireHistory
	_, err = c.parts(ctx, "rest/api/2/issue/"+is.id+"/changelog", "values", func(raw json.RawMessage) (int, error) {
		var page []wireHistory
		err := json.Unmarshal(raw, &page)
		got = append(got, page...)
		return len(page), err
	})
	if err != nil {
		return err
	}
	is.complete(got)
	return nil
}

// parts reads all pages of a list with offsets. It reports whether the list is
// there.
func (c *connector) parts(ctx context.Context, path, member string, take func(json.RawMessage) (int, error)) (there bool, err error) {
	for start, n := 0, 0; n < maxParts; n++ {
		rep, err := c.api.get(ctx, path, url.Values{"startAt": {strconv.Itoa(start)}, "maxResults": {strconv.Itoa(partPage)}})
		if err != nil {
			return false, err
		}
		if isAbsent(rep.status) {
			return false, nil
		}
		var page map[string]json.RawMessage
		if err := rep.object(&page, member); err != nil {
			return false, err
		}
		var total int
		if raw, ok := page["total"]; ok && json.Unmarshal(raw, &total) != nil {
			return false, rep.decodeError(errShape)
		}
		got, err := take(page[member])
		if err != nil {
			return false, rep.decodeError(jsonError(err))
		}
		start += got
		if got == 0 || start >= total {
			return true, nil
		}
	}
	return true, nil
}

// fillLists completes the comments and worklogs of an issue, and reads what is
// configured to be read besides. It reports whether the issue is there.
func (c *connector) fillLists(ctx context.Context, is *issue) (there bool, err error) {
	path := "rest/api/2/issue/" + is.id
	if is.needsComments && (is.hasComments || c.told.comments) {
		var all []wireComment
		there, err = c.parts(ctx, path+"/comment", "comments", func(raw json.RawMessage) (int, error) {
			var page []wireComment
			err := json.Unmarshal(raw, &page)
			all = append(all, page...)
			return len(page), err
		})
		if err != nil || !there {
			return there, err
		}
		is.comments, is.needsComments = all, false
	}
	if is.needsWorklogs && (is.hasWorklogs || c.told.worklogs) {
		var all []wireWorklog
		there, err = c.parts(ctx, path+"/worklog", "worklogs", func(raw json.RawMessage) (int, error) {
			var page []wireWorklog
			err := json.Unmarshal(raw, &page)
			all = append(all, page...)
			return len(page), err
		})
		if err != nil || !there {
			return there, err
		}
		is.worklogs, is.needsWorklogs = all, false
	}
	if c.cfg.RemoteLinks {
		if there, err = c.fillRemote(ctx, is); err != nil || !there {
			return there, err
		}
	}
	return true, c.fillDevelopment(ctx, is)
}

func (c *connector) fillRemote(ctx context.Context, is *issue) (there bool, err error) {
	rep, err := c.api.get(ctx, "rest/api/2/issue/"+is.id+"/remotelink", nil)
	if err != nil {
		return false, err
	}
	if isAbsent(rep.status) {
		return false, nil
	}
	var links []gojira.RemoteLink
	if err := rep.array(&links); err != nil {
		return false, err
	}
	is.remote = links
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
			var panel wirePanel
			if err := rep.object(&panel); err != nil {
				return err
			}
			is.dev = append(is.dev, panel.records()...)
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
