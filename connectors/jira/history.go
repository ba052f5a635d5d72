package jira

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/store"
)

// histories leave out changes that cannot be read. Totals tell that they are
// missing.
type histories []wireHistory

// UnmarshalJSON reads a list.
func (h *histories) UnmarshalJSON(raw []byte) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil || elements == nil {
		return err
	}
	*h, _ = decodeEach[wireHistory](elements)
	return nil
}

// decodeEach reads the elements of a list that can be read. The error is about
// the first that cannot.
func decodeEach[T any](elements []json.RawMessage) (list []T, err error) {
	list = make([]T, 0, len(elements))
	for _, raw := range elements {
		var v T
		if e := json.Unmarshal(raw, &v); e == nil {
			list = append(list, v)
		} else if err == nil {
			err = jsonError(e)
		}
	}
	return list, err
}

// setHistory keeps histories oldest first: Cloud's lists inside an issue begin
// with the newest, its own lists with the oldest.
func (is *issue) setHistory(all []wireHistory) {
	is.history = slices.Clone(all)
	slices.SortStableFunc(is.history, func(a, b wireHistory) int {
		return cmp.Or(a.Created.Compare(b.Created.Time), compareID(string(a.ID), string(b.ID)))
	})
	is.history = slices.CompactFunc(is.history, func(a, b wireHistory) bool { return a.ID == b.ID && a.ID != "" })
}

// compareID orders numeric ids by number.
func compareID(a, b string) int {
	x, err1 := strconv.ParseInt(a, 10, 64)
	y, err2 := strconv.ParseInt(b, 10, 64)
	if err1 != nil || err2 != nil {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(x, y)
}

// changes calls f for every change of the issue, oldest first.
func (is *issue) changes(f func(h *wireHistory, c *wireChange)) {
	for i := range is.history {
		for j := range is.history[i].Items {
			f(&is.history[i], &is.history[i].Items[j])
		}
	}
}

// oldKeys returns the keys the issue had before it moved, newest first.
func (is *issue) oldKeys() []string {
	var keys []string
	is.changes(func(_ *wireHistory, c *wireChange) {
		if c.Field == "Key" {
			keys = append(keys, string(c.FromString), string(c.ToString))
		}
	})
	slices.Reverse(keys)
	var out []string
	for _, k := range keys {
		if k != "" && k != is.key && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// lastWord returns when a change was last made that names key as its new
// value, in one of the fields, and whether any of them ever changed.
func (is *issue) lastWord(key string, isField func(*wireChange) bool) (at time.Time, changed bool) {
	is.changes(func(h *wireHistory, c *wireChange) {
		if !isField(c) {
			return
		}
		changed = true
		if string(c.To) == key || string(c.ToString) == key {
			at = h.Created.second()
		}
	})
	return at, changed
}

func isLinkChange(c *wireChange) bool { return c.Field == "Link" }

// isParentChange reports whether a change is of the parent or the epic.
func isParentChange(ids *fieldIDs) func(*wireChange) bool {
	return func(c *wireChange) bool {
		switch c.Field {
		case "Parent", "IssueParentAssociation", "Epic Link", "Parent Link", "Parent Issue":
			return true
		}
		return ids.is(ids.parents, c)
	}
}

// A life is what the history of an issue's status amounts to.
type life struct {
	status          store.Status
	started, closed time.Time
	moves           []move
}

// A move is one change of status.
type move struct {
	history  *wireHistory
	from, to store.Status // empty when the status is not known any more
}

// lifeOf follows an issue through its statuses.
func (n *normaliser) lifeOf(is *issue) life {
	l := life{status: n.statusOf(is.status, is.resolution)}
	now := store.Status("")
	is.changes(func(h *wireHistory, c *wireChange) {
		if c.Field != "status" {
			return
		}
		m := move{history: h, from: n.category(c.From, c.FromString), to: n.category(c.To, c.ToString)}
		if m.to == store.StatusDone && n.drops(resolvedAs(h), string(c.ToString)) {
			m.to = store.StatusDropped
		}
		if len(l.moves) == 0 {
			now = m.from
			if now == store.StatusDoing {
				l.started = is.created
			}
		} else if m.from == store.StatusDone && now == store.StatusDropped {
			m.from = now
		}
		l.moves = append(l.moves, m)
		if l.started.IsZero() && m.to == store.StatusDoing {
			l.started = h.Created.second()
		}
		if isOver(m.to) && !isOver(now) || isOver(m.to) && l.closed.IsZero() {
			l.closed = h.Created.second()
		} else if !isOver(m.to) {
			l.closed = time.Time{}
		}
		now = m.to
	})
	if last := len(l.moves) - 1; last >= 0 && l.moves[last].to == store.StatusDone && l.status == store.StatusDropped {
		l.moves[last].to = l.status // the resolution was set on its own
	}
	if len(l.moves) == 0 && l.status == store.StatusDoing {
		l.started = is.created
	}
	switch {
	case !isOver(l.status):
		l.closed = time.Time{}
	case l.closed.IsZero() && !is.resolved.IsZero():
		l.closed = is.resolved
	case l.closed.IsZero():
		l.closed = is.created
	}
	l.started, l.closed = l.started.UTC().Truncate(time.Second), l.closed.UTC().Truncate(time.Second)
	return l
}

func isOver(s store.Status) bool { return s == store.StatusDone || s == store.StatusDropped }

// resolvedAs returns the resolution that was set together with a change.
func resolvedAs(h *wireHistory) string {
	for i := range h.Items {
		if h.Items[i].Field == "resolution" {
			return string(h.Items[i].ToString)
		}
	}
	return ""
}

// statusOf is the state of an issue by the category of its status.
func (n *normaliser) statusOf(s wireStatus, resolution string) store.Status {
	status := categoryOf(s.Category.Key)
	if status == store.StatusDone && n.drops(resolution, s.Name) {
		return store.StatusDropped
	}
	return status
}

// category is that of a status in a change, empty when nobody knows it.
func (n *normaliser) category(id, name text) store.Status {
	if s, ok := n.site.statuses[string(id)]; ok {
		return s
	}
	return n.site.statusNames[strings.ToLower(string(name))]
}

func categoryOf(key string) store.Status {
	switch key {
	case "done":
		return store.StatusDone
	case "indeterminate":
		return store.StatusDoing
	}
	return store.StatusTodo // "new", and "undefined" of workflows without categories
}

// drops reports whether an end delivers nothing.
func (n *normaliser) drops(resolution, status string) bool {
	has := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, strings.ReplaceAll(name, "’", "'")) })
	}
	return has(n.cfg.DroppedResolutions, resolution) || has(n.cfg.DroppedStatuses, status)
}
