package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// graphPause is how long changes are read by REST after the server refused a
// query for whatever reason, which may be a proxy's mistake: REST does not tell
// the issues that were linked by hand.
const graphPause = time.Hour

// errNoGraphQL is wrapped when the server's GraphQL API cannot be used at all.
var errNoGraphQL = errors.New("GraphQL cannot be used")

// ask sends a query. An error wraps errNoGraphQL when no query will do; whole
// is set when the query as a whole failed and a smaller one may not. A
// credential that is not accepted is no reason to do without GraphQL.
func (a *api) ask(ctx context.Context, query string, variables map[string]any) (g *graphReply[graphChange], whole bool, err error) {
	rep, err := a.post(ctx, a.graphql.String(), graphRequest{query, variables})
	if err != nil {
		reason := connectors.ReasonOf(err)
		if rep != nil && rep.status == http.StatusForbidden && reason == connectors.ReasonAuth {
			return nil, false, fmt.Errorf("%w: %w", errNoGraphQL, err)
		}
		return nil, reason == connectors.ReasonServer || reason == connectors.ReasonTimeout, err
	}
	if rep.status != http.StatusOK {
		return nil, false, fmt.Errorf("%w: status %d", errNoGraphQL, rep.status)
	}
	g = &graphReply[graphChange]{}
	if err := rep.checkJSON(); err != nil {
		return nil, true, decodeError(rep, err)
	}
	if err := g.decode(rep.body); err != nil {
		return nil, true, decodeError(rep, err)
	}
	if g.Data != nil && g.Data.RateLimit != nil && g.Data.RateLimit.Limit > 0 {
		a.gov.learn(resourceGraphQL, g.Data.RateLimit.Limit, g.Data.RateLimit.Remaining, g.Data.RateLimit.ResetAt, rep.date)
	}
	if g.Data == nil || g.Data.Nodes == nil {
		return nil, true, a.failed(rep, g.Errors)
	}
	return g, false, nil
}

// failed is the error of an answer without data.
func (a *api) failed(rep *reply, errs []graphError) error {
	for _, e := range errs {
		if e.Type == "RATE_LIMITED" {
			return connectors.Describe("POST "+pathOf(rep.url), a.gov.exhausted(resourceGraphQL, rep.answer))
		}
	}
	if len(errs) == 0 {
		return decodeError(rep, fmt.Errorf("neither data nor errors: %w", errShape))
	}
	return &connectors.Error{Reason: connectors.ReasonServer, Err: fmt.Errorf("%s: the query failed", pathOf(rep.url))}
}

// readGraphQL reads the detail of a batch of changes and returns those that
// must be asked for again. When the server cannot cope with the batch, half of
// it is asked for next.
func (f *fetch) readGraphQL(ctx context.Context, r repository, batch []todo) (again []todo, err error) {
	ids := make([]string, len(batch))
	for i, t := range batch {
		ids[i] = t.Node
	}
	g, whole, err := f.c.api.ask(ctx, changesQuery(), map[string]any{"ids": ids})
	if err != nil {
		if !whole || connectors.ReasonOf(err) == connectors.ReasonRateLimited || !isPoison(err) {
			return nil, err
		}
		if len(batch) == 1 {
			batch[0].REST = true
			return batch, nil
		}
		f.c.halveBatch(len(batch))
		return batch, nil
	}
	if len(g.Data.Nodes) != len(batch) {
		return nil, &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GraphQL: %d nodes were asked for and %d came", len(batch), len(g.Data.Nodes))}
	}
	f.c.growBatch()
	for i, t := range batch {
		c, err := f.c.api.graphChange(ctx, g.Data.Nodes[i], t)
		if err != nil {
			if !isPoison(err) {
				return nil, err
			}
			t.Tries++
			t.REST = t.Tries > 1 || !g.transient(i)
			again = append(again, t)
			continue
		}
		f.c.authors.put(r.id, int64(c.number), c.author)
		f.norm.change(r, c)
	}
	return again, nil
}

// transient reports whether a node that is missing may be there next time.
func (g *graphReply[T]) transient(node int) bool {
	return slices.ContainsFunc(g.Errors, func(e graphError) bool {
		return (e.node() == node || e.node() == -1) && e.Type != "NOT_FOUND" && e.Type != "FORBIDDEN" &&
			!strings.Contains(e.Message, "Could not resolve")
	})
}

// graphChange reads the pages that the parts of a node go on with.
func (a *api) graphChange(ctx context.Context, w *graphChange, t todo) (*change, error) {
	bad := func(err error) error {
		return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GraphQL: change %d: %w", t.Number, err)}
	}
	if w == nil {
		return nil, bad(errors.New("there is no such node, or it cannot be read"))
	}
	if err := w.valid(); err != nil {
		return nil, bad(err)
	}
	if w.Number != t.Number {
		return nil, bad(errors.New("the node is another one"))
	}
	err := errors.Join(
		furtherPages(ctx, a, t, "commits", w, func(w *graphChange) *connection[graphCommit] { return &w.Commits }, -1),
		furtherPages(ctx, a, t, "reviews", w, func(w *graphChange) *connection[graphReview] { return &w.Reviews }, -1),
		furtherPages(ctx, a, t, "closingIssuesReferences", w, func(w *graphChange) *connection[graphClosing] { return &w.Closing }, -1),
		furtherPages(ctx, a, t, "files", w, func(w *graphChange) *connection[graphFile] { return &w.Files }, maxFiles),
	)
	if err != nil {
		return nil, err
	}
	if err := w.valid(); err != nil {
		return nil, bad(err)
	}
	return w.change(), nil
}

// furtherPages reads the pages of one part of a change after the first.
func furtherPages[T any](ctx context.Context, a *api, t todo, name string, w *graphChange, part func(*graphChange) *connection[T], limit int) error {
	c := part(w)
	for c.PageInfo.HasNextPage && (limit < 0 || len(c.Nodes) < limit) {
		after := c.PageInfo.EndCursor
		g, _, err := a.ask(ctx, pageQuery(name), map[string]any{"ids": []string{t.Node}, "after": after})
		if err != nil {
			return err
		}
		if len(g.Data.Nodes) != 1 || g.Data.Nodes[0] == nil {
			return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GraphQL: change %d: further %s: %w", t.Number, name, errShape)}
		}
		next := part(g.Data.Nodes[0])
		if next.PageInfo.HasNextPage && next.PageInfo.EndCursor == after {
			return &connectors.Error{Reason: connectors.ReasonDecode, Err: fmt.Errorf("GraphQL: change %d: %s do not go on", t.Number, name)}
		}
		c.Nodes = append(c.Nodes, next.Nodes...)
		c.PageInfo = next.PageInfo
	}
	return nil
}
