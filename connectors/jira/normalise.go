package jira

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/store"
)

// A normaliser turns what was read into records of one source.
type normaliser struct {
	source string
	cfg    *config
	site   *site
	out    store.Batch
	known  map[string]int // where identities are in out
	// former returns the keys that an issue would have under the former keys of
	// its project.
	former func(key string) []string
	// accounts are whether the accounts that were met can be used, by actor. The
	// unit of work says when that was seen.
	accounts map[string]store.Account
}

func newNormaliser(source string, cfg *config, s *site) *normaliser {
	return &normaliser{
		source: source, cfg: cfg, site: s, known: map[string]int{}, accounts: map[string]store.Account{},
		former: func(string) []string { return nil },
	}
}

// issue normalises an issue. Comments and worklogs are told in full, so that
// those that were deleted go.
func (n *normaliser) issue(is *issue) {
	life := n.lifeOf(is)
	it := store.Item{
		Source: n.source, ID: itemID(is.id), Kind: store.KindTicket,
		Keys:  n.keysOf(is),
		Title: connectors.Printable(is.summary), Terms: refs.Terms(is.texts()...),
		URL: n.site.browse(is.key), Attrs: n.attrs(is), Links: n.links(is),
		Status: life.status, Created: is.created, Updated: is.lastUpdate(),
		Started: life.started, Closed: life.closed,
	}
	n.inputs(it.Attrs, is, life.started)
	n.out.Items = append(n.out.Items, it)
	if !is.needsComments {
		n.out.Whole = append(n.out.Whole, store.Whole{Item: it.ID, Prefix: "comment/"})
	}
	if !is.needsWorklogs {
		n.out.Whole = append(n.out.Whole, store.Whole{Item: it.ID, Prefix: "worklog/"})
	}
	n.event(it.ID, "open", store.EventOpen, is.creator, is.created, nil)
	n.moves(it.ID, life)
	n.edits(it.ID, is)
	n.checkIns(it.ID, is)
	n.comments(it.ID, is)
	n.worklogs(it.ID, is)
	n.development(is)
	// The issue is kept, and its entry goes when it is read well.
	switch {
	case is.odd != "":
		n.quarantine(it.ID, is.odd)
	case is.historyMissing > 0:
		n.quarantine(it.ID, "the history is cut off: "+strconv.Itoa(is.historyMissing)+" changes are missing")
	}
}

func (n *normaliser) quarantine(id, why string) {
	n.out.Quarantined = append(n.out.Quarantined, store.Quarantined{ID: id, Reason: why})
}

func (n *normaliser) event(item, id string, kind store.EventKind, by *wireUser, at time.Time, attrs map[string]string) {
	if at.IsZero() {
		return
	}
	actor, bot := n.who(by)
	// Times come with the offset of whoever asks, never with the author's.
	n.out.Events = append(n.out.Events, store.Event{
		Source: n.source, ID: id, Item: item, Kind: kind, Actor: actor, Bot: bot,
		At: at.UTC().Truncate(time.Second), Attrs: attrs,
	})
}

// texts is everything that is written in an issue.
func (is *issue) texts() []string {
	texts := []string{is.summary, is.description}
	for i := range is.comments {
		texts = append(texts, is.comments[i].Body.text)
	}
	return texts
}

// lastUpdate is when the issue was last changed. Some come without that.
func (is *issue) lastUpdate() time.Time {
	if !is.updated.IsZero() {
		return is.updated
	}
	at := is.created
	for i := range is.history {
		at = later(at, is.history[i].Created.UTC())
	}
	for i := range is.comments {
		at = later(at, is.comments[i].Updated.UTC())
	}
	return at
}

// attrs is what rules match.
func (n *normaliser) attrs(is *issue) map[string][]string {
	attrs := map[string][]string{}
	add := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" && !slices.Contains(attrs[name], value) {
			attrs[name] = append(attrs[name], value)
		}
	}
	add(store.AttrProject, projectOf(is.key))
	add(store.AttrType, is.typ.Name)
	add(store.AttrLevel, n.levelOf(is))
	for _, l := range is.labels {
		add(store.AttrLabel, l)
	}
	for _, c := range is.components {
		add(store.AttrComponent, c.Name)
	}
	for _, v := range is.versions {
		add(store.AttrMilestone, v.Name)
	}
	for _, s := range is.sprints {
		add(store.AttrSprint, s.name)
	}
	for name, ids := range n.site.fields.mapped {
		for _, id := range ids {
			for _, v := range fieldValues(is.custom[id], 0) {
				add(name, v)
			}
		}
	}
	if is.creator != nil {
		add(store.AttrAuthor, "human")
		if isBot(is.creator) {
			attrs[store.AttrAuthor] = []string{"bot"}
			add(store.AttrBot, is.creator.DisplayName)
		}
	}
	return attrs
}

// levelOf is the rank of an issue above a plain ticket.
func (n *normaliser) levelOf(is *issue) string {
	for _, typ := range slices.Sorted(maps.Keys(n.cfg.Levels)) {
		if strings.EqualFold(typ, is.typ.Name) || typ == string(is.typ.ID) {
			return n.cfg.Levels[typ]
		}
	}
	if h := is.typ.HierarchyLevel; h != nil {
		switch {
		case *h == 1:
			return "epic"
		case *h > 1:
			return "initiative"
		}
		return ""
	}
	for _, id := range n.site.fields.epicNames {
		if !isNull(is.custom[id]) {
			return "epic"
		}
	}
	for _, name := range []string{is.typ.UntranslatedName, is.typ.Name} {
		switch strings.ToLower(name) {
		case "epic":
			return "epic"
		case "initiative":
			return "initiative"
		}
	}
	return ""
}

// keysOf returns what leads to an issue: its key, those it had before, and those
// that it would have had under former keys of their projects.
func (n *normaliser) keysOf(is *issue) []string {
	own := append([]string{is.key}, is.oldKeys()...)
	keys := slices.Clone(own)
	for _, o := range own {
		for _, k := range n.former(o) {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// links are where an issue leads: its parents, the issues it is linked to and
// what its text names.
func (n *normaliser) links(is *issue) []store.Link {
	var links []store.Link
	told := map[string]bool{}
	for _, k := range n.keysOf(is) {
		told[k] = true
	}
	for _, key := range is.parents {
		at, changed := is.lastWord(key, isParentChange(&n.site.fields))
		if !changed {
			at = is.created.UTC().Truncate(time.Second) // it was made with its parent
		}
		links = append(links, store.Link{Kind: store.LinkParent, Key: key, At: at})
		told[key] = true
	}
	for _, l := range is.links {
		kind, key := n.linkOf(l)
		if key == "" || slices.ContainsFunc(links, func(o store.Link) bool { return o.Kind == kind && o.Key == key }) {
			continue
		}
		at, _ := is.lastWord(key, isLinkChange)
		links = append(links, store.Link{Kind: kind, Key: key, At: at})
		told[key] = true
	}
	// A ticket does its own work: what its text names is mentioned only.
	found := refs.Comment("", is.summary+"\n"+is.description)
	for _, r := range is.remote {
		if r.Object != nil {
			found = append(found, refs.Comment("", r.Object.URL)...)
		}
	}
	for _, l := range found {
		if !told[l.Key] {
			links = append(links, l)
			told[l.Key] = true
		}
	}
	return links
}

// linkOf reads an issue link from the side of the issue that has it. The side
// that is blocked has none: a blocking link leads from what blocks.
func (n *normaliser) linkOf(l wireLink) (store.LinkKind, string) {
	blocks := slices.ContainsFunc(n.cfg.BlockLinks, func(s string) bool { return strings.EqualFold(s, l.Type.Name) })
	switch {
	case l.Outward != nil && blocks:
		return store.LinkBlocks, l.Outward.Key
	case l.Outward != nil:
		return store.LinkRelates, l.Outward.Key
	case l.Inward != nil && !blocks:
		return store.LinkRelates, l.Inward.Key
	}
	return "", ""
}

// moves makes the transitions.
func (n *normaliser) moves(item string, l life) {
	for _, m := range l.moves {
		attrs := map[string]string{}
		if m.from != "" {
			attrs["from"] = string(m.from)
		}
		if m.to != "" {
			attrs["to"] = string(m.to)
		}
		n.event(item, "transition/"+string(m.history.ID), store.EventTransition, m.history.Author, m.history.Created.Time, attrs)
	}
}

// edits makes the events of all other changes, one per change and field.
func (n *normaliser) edits(item string, is *issue) {
	for i := range is.history {
		h := &is.history[i]
		echo := logsWork(h)
		made := map[string]bool{"": true}
		for j := range h.Items {
			c := &h.Items[j]
			kind, id := n.kindOf(h, c, echo)
			if made[id] {
				continue
			}
			made[id] = true
			var attrs map[string]string
			if kind == store.EventField {
				attrs = map[string]string{"field": c.Field}
			}
			n.event(item, id, kind, h.Author, h.Created.Time, attrs)
		}
	}
}

// logsWork reports whether a change only repeats what a worklog tells.
func logsWork(h *wireHistory) bool {
	return slices.ContainsFunc(h.Items, func(c wireChange) bool { return c.Field == "WorklogId" || c.Field == "timespent" })
}

// kindOf says which event a change of a field is. An empty id is none: it is
// told by another event.
func (n *normaliser) kindOf(h *wireHistory, c *wireChange, worklog bool) (store.EventKind, string) {
	id := string(h.ID)
	switch c.Field {
	case "", "status", "Key", "Workflow", "Comment", "WorklogId", "timespent", "WorklogTimeSpent", "WorklogStartDate", "WorklogAuthor":
		return "", ""
	case "timeestimate":
		if worklog {
			return "", ""
		}
	case "resolution":
		if slices.ContainsFunc(h.Items, func(c wireChange) bool { return c.Field == "status" }) {
			return "", ""
		}
	case "summary", "description":
		return store.EventEdit, "edit/" + id
	case "Link", "Epic Child", "RemoteIssueLink":
		return store.EventLink, "link/" + id
	}
	if isParentChange(&n.site.fields)(c) {
		return store.EventLink, "link/" + id
	}
	if n.site.fields.is(n.site.fields.checkins, c) {
		return "", ""
	}
	return store.EventField, "field/" + id + "/" + c.Field
}

// comments makes the events of comments, without their text.
func (n *normaliser) comments(item string, is *issue) {
	for i := range is.comments {
		c := &is.comments[i]
		n.event(item, "comment/"+string(c.ID), store.EventComment, c.Author, c.Created.Time, nil)
		if c.Updated.second().After(c.Created.second()) {
			by := c.UpdateAuthor
			if by == nil {
				by = c.Author
			}
			n.event(item, "comment/"+string(c.ID)+"/edit", store.EventEdit, by, c.Updated.Time, nil)
		}
	}
}

func (n *normaliser) worklogs(item string, is *issue) {
	for i := range is.worklogs {
		w := &is.worklogs[i]
		at := w.Started.Time
		if at.IsZero() {
			at = w.Created.Time
		}
		n.event(item, "worklog/"+string(w.ID), store.EventWorklog, w.Author, at,
			map[string]string{"seconds": strconv.FormatInt(max(w.Seconds, 0), 10)})
	}
}
