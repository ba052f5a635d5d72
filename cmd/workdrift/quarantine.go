package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// maxSetAside is how many records that could not be read are listed.
const maxSetAside = 500

// idForms are the forms of IDs that connectors make of numbers, hashes and what
// the configuration names. Whatever else stands in the place of an ID came from
// outside: it may be a handle, the name of a person or a text.
var idForms = regexp.MustCompile(`^(` +
	`issue/([0-9]+|unknown)` + // Jira
	`|(R[0-9]+/([a-z_]+[-/])*|repository-)([0-9]+|[0-9a-f]{7,64}|unreadable-[0-9a-f]+)` + // GitHub
	`|[TE][A-Z0-9]{5,}/[CG][A-Z0-9]{5,}/([0-9]+\.[0-9]+|unreadable-[0-9a-f]+|[a-z]+)` + // Slack: people are U and W
	`|[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/([0-9a-f]{40}|[0-9a-f]{64})` + // Git
	`)$`)

// shownID is the ID of a record, "" where it may hold more than that.
func shownID(id string) string {
	if idForms.MatchString(id) {
		return id
	}
	return ""
}

// setAsideOf reads the newest records of a store that could not be read.
func setAsideOf(ctx context.Context, db *bolt.DB) ([]web.SetAside, error) {
	list := []web.SetAside{}
	for q, err := range db.Quarantine(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the quarantine: %w", err)
		}
		list = append(list, web.SetAside{Source: q.Source, ID: shownID(q.ID), Reason: q.Reason, Since: q.Since})
	}
	slices.SortStableFunc(list, func(a, b web.SetAside) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	return slices.Clip(list[:min(len(list), maxSetAside)]), nil
}

// readQuarantine reads what could not be read when that may have changed. The
// caller holds the lock.
func (e *evaluator) readQuarantine(ctx context.Context, sources []store.SourceState) error {
	seen := ""
	for _, s := range sources {
		seen += fmt.Sprintf("%q %d %d\n", s.Source, s.Quarantined, s.LastApply.UnixNano())
	}
	if seen == e.asideSeen || e.unread == nil {
		return nil
	}
	list, err := e.unread(ctx)
	if err != nil {
		return err
	}
	e.aside.Store(&list)
	e.asideSeen = seen
	return nil
}

// setAside returns the newest records that could not be read. The slice must not
// be changed.
func (e *evaluator) setAside() []web.SetAside {
	if list := e.aside.Load(); list != nil {
		return *list
	}
	return nil
}
