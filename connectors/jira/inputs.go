package jira

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors/refs"
)

// inputs sets what an issue gave when work on it began, by its history, or what
// it gives now where that has not happened.
func (n *normaliser) inputs(attrs map[string][]string, is *issue, began time.Time) {
	description, assigned := is.description, is.assigned
	if was, changed := is.valueAt(began, func(c *wireChange) bool { return c.Field == "description" }); changed {
		description = string(was.FromString)
	}
	if was, changed := is.valueAt(began, func(c *wireChange) bool { return c.Field == "assignee" }); changed {
		assigned = was.From != "" || was.FromString != ""
	}
	criteria := false
	for _, id := range n.site.fields.criteria {
		has := isFilled(is.custom[id])
		if was, changed := is.valueAt(began, func(c *wireChange) bool { return n.site.fields.is([]string{id}, c) }); changed {
			has = strings.TrimSpace(string(was.FromString)+string(was.From)) != ""
		}
		criteria = criteria || has
	}
	refs.Inputs(attrs, description, criteria, assigned)
}

// valueAt returns the first change of a field after a moment: what it was
// changed from is what the field was then. It is false where the field was not
// changed since, or the moment is not known.
func (is *issue) valueAt(at time.Time, isField func(*wireChange) bool) (was wireChange, changed bool) {
	is.changes(func(h *wireHistory, c *wireChange) {
		if !changed && !at.IsZero() && h.Created.second().After(at) && isField(c) {
			was, changed = *c, true
		}
	})
	return was, changed
}

// isFilled reports whether a custom field says something: text in either form,
// options, a list.
func isFilled(raw json.RawMessage) bool {
	if isNull(raw) {
		return false
	}
	var d document
	if json.Unmarshal(raw, &d) == nil && strings.TrimSpace(d.text) != "" {
		return true
	}
	return len(fieldValues(raw, 0)) > 0
}
