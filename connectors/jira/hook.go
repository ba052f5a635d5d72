package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// reconciled is how many ids a search may be asked to look up behind its index.
const reconciled = 50

// The headers of a delivery. The signature covers neither.
const (
	headerSignature = "X-Hub-Signature"
	headerDelivery  = "X-Atlassian-Webhook-Identifier"
)

// CheckHeader implements connectors.HeaderChecker.
func (c *connector) CheckHeader(h http.Header, _ time.Time) error {
	return connectors.CheckSHA256(h.Values(headerSignature), c.secrets)
}

// Receive implements connectors.Receiver. The objects are ids of issues.
func (c *connector) Receive(h http.Header, body []byte, _ time.Time) (connectors.Delivery, error) {
	if err := connectors.VerifySHA256(h.Values(headerSignature), body, c.secrets); err != nil {
		return connectors.Delivery{}, err
	}
	d := connectors.Delivery{ID: h.Get(headerDelivery)}
	objects, err := hookObjects(body)
	d.Objects = objects
	return d, err
}

// hookObjects returns the ids of the issues that a delivery is about, none when
// it is about something else.
func hookObjects(body []byte) ([]string, error) {
	var w struct {
		Issue struct {
			ID text `json:"id"`
		} `json:"issue"`
		Worklog struct {
			Issue text `json:"issueId"`
		} `json:"worklog"`
		Link struct {
			Source text `json:"sourceIssueId"`
			Target text `json:"destinationIssueId"`
		} `json:"issueLink"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, fmt.Errorf("webhook: %w", jsonError(err))
	}
	var out []string
	for _, id := range []text{w.Issue.ID, w.Worklog.Issue, w.Link.Source, w.Link.Target} {
		if isID(string(id)) && !slices.Contains(out, string(id)) {
			out = append(out, string(id))
		}
	}
	return out, nil
}

// Refetch implements connectors.Receiver.
func (c *connector) Refetch(ctx context.Context, objects []string) (store.Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.prepare(ctx); err != nil {
		return store.Batch{}, err
	}
	var asked []string
	for _, id := range objects {
		if isID(id) && !slices.Contains(asked, id) {
			asked = append(asked, id)
		}
	}
	f := newFetch(c, store.Cursor{streamRoster: c.roster})
	if len(c.cfg.Projects) > 0 && len(c.visible(f)) == 0 {
		if _, err := c.readRoster(ctx, f); err != nil {
			return store.Batch{}, err
		}
	}
	for part := range slices.Chunk(asked, reconciled) {
		if err := c.refetch(ctx, f, part); err != nil {
			if ctx.Err() != nil {
				return store.Batch{}, fmt.Errorf("jira: %w", ctx.Err())
			}
			return store.Batch{}, connectors.Describe("read announced issues", err)
		}
	}
	f.commit()
	return f.batch, nil
}

// refetch reads issues that are in a scope or stored already, and finds out
// what became of stored ones that are not there.
func (c *connector) refetch(ctx context.Context, f *fetch, asked []string) error {
	found := map[string]json.RawMessage{}
	for _, s := range c.scopes {
		where, some := s.where(c.visible(f))
		if !some {
			continue
		}
		walk := c.fullSearch(s.board)
		walk.reconcile = asked
		for !walk.done {
			page, err := c.next(ctx, &walk, and(where, nameClause(asked)))
			if errors.Is(err, errRejected) {
				break // one of them does not exist: they are asked for one by one
			}
			if err != nil {
				return err
			}
			for _, raw := range page.Issues {
				found[nameOf(raw)] = raw
			}
		}
	}
	for _, id := range asked {
		if _, ok := found[itemID(id)]; ok {
			continue
		}
		if err := c.refetchOne(ctx, f, id, found); err != nil {
			return err
		}
	}
	var page []json.RawMessage
	for _, id := range asked {
		if raw, ok := found[itemID(id)]; ok {
			page = append(page, raw)
		}
	}
	return c.keep(ctx, f, c.decode(f, page))
}

// refetchOne reads an issue that no scope lists. It matters when it is stored,
// or when it lies in a configured project and the query was refused.
func (c *connector) refetchOne(ctx context.Context, f *fetch, id string, found map[string]json.RawMessage) error {
	it, known, err := f.stored(ctx, id)
	if err != nil {
		return err
	}
	raw, err := c.one(ctx, id, c.site.searchFields(), true)
	if err != nil {
		return err
	}
	var w stamp
	switch {
	case raw == nil && known && it.Gone == "" && len(it.Keys) > 0:
		if _, err := c.whoAmI(ctx); err != nil {
			return err // strangers find nothing
		}
		why, err := c.verdict(ctx, projectOf(it.Keys[0]))
		if err != nil {
			return err
		}
		f.gone(it.ID, why, "")
	case raw == nil || json.Unmarshal(raw, &w) != nil:
	case known && !isAbove(it) && len(it.Keys) > 0 && c.leftScope(it.Keys[0], w.Key):
		f.gone(it.ID, store.GoneMoved, w.Key)
	case known, c.configured(w.Key):
		found[itemID(id)] = raw
	}
	return nil
}

var (
	_ connectors.Receiver      = (*connector)(nil)
	_ connectors.HeaderChecker = (*connector)(nil)
)
