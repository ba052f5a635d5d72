package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// Bounds of one search, which a broken server might otherwise never end.
const (
	maxPages   = 50_000
	maxEmpties = 10 // empty pages in a row that have a successor
)

// A search lists the issues that a condition selects, page by page. It lives in
// memory; whoever loses it asks again from a creation time.
type search struct {
	board  int64
	fields []string
	size   int // issues a page
	expand bool
	// reconcile are ids to look up behind the index, which may be late.
	reconcile []string
	lenient   bool // issues that do not exist do no harm, where that can be asked for

	token  string
	tokens map[string]bool // that were used: one that returns would go round for ever
	start  int             // offset, for servers without tokens
	total  int
	pages  int
	empty  int // pages in a row
	done   bool
}

// mark returns a copy to go back to when a page has to be read again, nil for
// a search that has not begun.
func (s *search) mark() *search {
	if s == nil {
		return nil
	}
	c := *s
	c.tokens = maps.Clone(s.tokens)
	return &c
}

type searchPage struct {
	Issues     []json.RawMessage `json:"issues"`
	Token      string            `json:"nextPageToken"`
	StartAt    *int              `json:"startAt"`
	MaxResults *int              `json:"maxResults"`
	Total      int               `json:"total"`

	date time.Time
}

// errRejected is returned for a query that the server does not accept.
var errRejected = errors.New("the query is not accepted")

// next reads the next page. The condition must be the same for all pages of a
// search.
func (c *connector) next(ctx context.Context, s *search, jql string) (*searchPage, error) {
	tokens := c.site.cloud && s.board == 0
	if s.expand {
		s.size = min(s.size, c.most)
	}
	q := url.Values{"jql": {jql + order}, "maxResults": {strconv.Itoa(s.size)}, "fields": {strings.Join(s.fields, ",")}}
	if s.expand {
		q.Set("expand", "changelog")
	}
	path := "rest/api/2/search"
	switch {
	case s.board != 0:
		path = fmt.Sprintf("rest/agile/1.0/board/%d/issue", s.board)
	case tokens:
		path = "rest/api/2/search/jql"
	}
	if tokens {
		for _, id := range s.reconcile {
			q.Add("reconcileIssues", id)
		}
		if s.token != "" {
			q.Set("nextPageToken", s.token)
		}
	} else {
		q.Set("startAt", strconv.Itoa(s.start))
		if s.lenient {
			q.Set("validateQuery", "false")
		}
	}
	rep, err := c.api.get(ctx, path, q)
	if err != nil {
		c.ease(ctx, s.size, err)
		return nil, err
	}
	if rep.status == http.StatusBadRequest {
		return nil, errors.Join(errRejected, rep.statusError())
	}
	if rep.status == http.StatusGone && !tokens && s.board == 0 {
		// Cloud took this search away; a gateway need not tell that it is Cloud.
		c.site.cloud = true
		return c.next(ctx, s, jql)
	}
	return s.take(rep, tokens)
}

// take reads a page and moves the search behind it.
func (s *search) take(rep *reply, tokens bool) (*searchPage, error) {
	var page searchPage
	if err := rep.object(&page, "issues"); err != nil {
		return nil, err
	}
	page.date = rep.date
	s.pages++
	if s.empty++; len(page.Issues) > 0 {
		s.empty = 0
	}
	var err error
	if tokens {
		err = s.byToken(&page)
	} else {
		err = s.byOffset(&page)
	}
	if err == nil && (s.pages >= maxPages || s.empty >= maxEmpties) && !s.done {
		err = fmt.Errorf("no end after %d pages, %d of them empty in a row: %w", s.pages, s.empty, errShape)
	}
	if err != nil {
		return nil, rep.decodeError(err)
	}
	return &page, nil
}

// fewest is how many whole issues are asked for at once at least.
const fewest = 10

// ease asks for fewer issues at once from now on when so many take the server
// too long or make an answer too large. Each census asks for more again.
func (c *connector) ease(ctx context.Context, asked int, err error) {
	slow := ctx.Err() == nil && connectors.ReasonOf(err) == connectors.ReasonTimeout
	if slow || errors.Is(err, connectors.ErrTooLarge) {
		c.most = max(fewest, min(c.most, asked/2))
	}
}

// byToken ends a search when there is no token; isLast says so too early on
// some servers.
func (s *search) byToken(page *searchPage) error {
	if page.Token == "" {
		s.done = true
		return nil
	}
	if s.tokens == nil {
		s.tokens = map[string]bool{}
	}
	if s.tokens[page.Token] {
		return errors.New("the token of the next page was used before")
	}
	s.tokens[page.Token] = true
	s.token = page.Token
	return nil
}

// byOffset moves on by what came, which may be less than was asked for. When
// the list became shorter, its issues have moved up, some of them past this
// page: as many are read again.
func (s *search) byOffset(page *searchPage) error {
	if page.StartAt != nil && *page.StartAt != s.start {
		return fmt.Errorf("issues from %d were asked for and came from %d: %w", s.start, *page.StartAt, errShape)
	}
	n := distinct(page.Issues)
	if page.MaxResults != nil && *page.MaxResults <= 0 {
		return errors.New("the server allows no results at all")
	}
	if n == 0 && s.start < page.Total {
		return fmt.Errorf("no issues at %d of %d: %w", s.start, page.Total, errShape)
	}
	shrunk := max(0, s.total-page.Total)
	s.total = page.Total
	if s.start += n; shrunk > 0 {
		s.start = max(0, s.start-n-shrunk)
	}
	s.done = s.start >= page.Total
	return nil
}

// distinct counts issues: one that is listed twice takes one place.
func distinct(page []json.RawMessage) int {
	seen, n := map[string]bool{}, 0
	for _, raw := range page {
		var w struct {
			ID text `json:"id"`
		}
		if json.Unmarshal(raw, &w) == nil && w.ID != "" && seen[string(w.ID)] {
			continue
		}
		seen[string(w.ID)] = true
		n++
	}
	return n
}

// since is a condition on a time, in the form that this server accepts.
func (c *connector) since(field string, t time.Time) string {
	return c.form.since(field, t, c.api.gov.serverNow(), c.site.zone)
}

// timed reads the first page of a search whose condition holds times, in the
// first form that the server accepts.
func (c *connector) timed(ctx context.Context, s *search, jql func() string) (*searchPage, error) {
	for {
		page, err := c.next(ctx, s, jql())
		if !errors.Is(err, errRejected) || s.pages > 0 {
			return page, err
		}
		if c.form++; c.form == formRefused {
			c.form = formEpoch
			c.relist = true // a project that is gone has queries refused too
			return nil, err
		}
	}
}

// idPageSize is how many issues a page has whose fields are ids only.
func (c *connector) idPageSize() int {
	if c.site.cloud {
		return 5000
	}
	return 1000
}
