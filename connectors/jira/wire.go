package jira

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	gojira "github.com/andygrunwald/go-jira"
)

// A text is a string, or a number or boolean spelled as one. Jira writes ids
// and old and new values in either form.
type text string

// UnmarshalJSON reads any scalar; null leaves the text empty.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case string(raw) == "null":
		return nil
	case len(raw) > 0 && raw[0] == '"':
		return json.Unmarshal(raw, (*string)(t))
	case len(raw) > 0 && (raw[0] == '{' || raw[0] == '['):
		return errShape
	}
	*t = text(raw)
	return nil
}

// A wireUser is an account, with what the library's type does not tell from its
// absence.
type wireUser struct {
	gojira.User
	Active  *bool `json:"active"`  // nil where it is not told
	Deleted bool  `json:"deleted"` // of Data Center
}

var errTime = errors.New("not a time")

// A moment is a time in any of the forms that Jira's products write. Null and
// the empty string are the zero time.
type moment struct{ time.Time }

var layouts = []string{"2006-01-02T15:04:05.999999999-0700", time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly}

// UnmarshalJSON reads ISO 8601 with any spelling of the offset, and numbers as
// milliseconds or seconds since 1970.
func (m *moment) UnmarshalJSON(raw []byte) error {
	var s text
	if err := s.UnmarshalJSON(raw); err != nil || s == "" {
		return err
	}
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		if n > -1e11 && n < 1e11 {
			n *= 1000
		}
		m.Time = time.UnixMilli(n).UTC()
		return nil
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, string(s)); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	return errTime
}

// second is the time as events have it.
func (m moment) second() time.Time { return m.UTC().Truncate(time.Second) }

// wireIssue is one element of a search. Its fields are decoded one by one, so
// that an odd one can be named.
type wireIssue struct {
	ID        text                       `json:"id"`
	Key       string                     `json:"key"`
	Fields    map[string]json.RawMessage `json:"fields"`
	Changelog *wireChangelog             `json:"changelog"`
}

type wireChangelog struct {
	Total     int       `json:"total"`
	Histories histories `json:"histories"`
}

type wireHistory struct {
	ID      text         `json:"id"`
	Author  *wireUser    `json:"author"`
	Created moment       `json:"created"`
	Items   []wireChange `json:"items"`
}

type wireChange struct {
	Field      string `json:"field"`
	FieldID    string `json:"fieldId"`
	From       text   `json:"from"`
	FromString text   `json:"fromString"`
	To         text   `json:"to"`
	ToString   text   `json:"toString"`
}

type wireType struct {
	ID               text   `json:"id"`
	Name             string `json:"name"`
	UntranslatedName string `json:"untranslatedName"`
	Subtask          bool   `json:"subtask"`
	HierarchyLevel   *int   `json:"hierarchyLevel"`
}

type wireStatus struct {
	ID       text   `json:"id"`
	Name     string `json:"name"`
	Category struct {
		Key string `json:"key"`
	} `json:"statusCategory"`
}

type named struct {
	Name string `json:"name"`
}

type keyed struct {
	Key string `json:"key"`
}

type wireLink struct {
	Type    gojira.IssueLinkType `json:"type"`
	Inward  *keyed               `json:"inwardIssue"`
	Outward *keyed               `json:"outwardIssue"`
}

type wireComments struct {
	Comments []wireComment `json:"comments"`
	Total    *int          `json:"total"`
}

type wireComment struct {
	ID           text      `json:"id"`
	Author       *wireUser `json:"author"`
	UpdateAuthor *wireUser `json:"updateAuthor"`
	Body         document  `json:"body"`
	Created      moment    `json:"created"`
	Updated      moment    `json:"updated"`
}

type wireWorklogs struct {
	Worklogs []wireWorklog `json:"worklogs"`
	Total    *int          `json:"total"`
}

type wireWorklog struct {
	ID      text      `json:"id"`
	Author  *wireUser `json:"author"`
	Created moment    `json:"created"`
	Started moment    `json:"started"`
	Seconds int64     `json:"timeSpentSeconds"`
}

// An issue is what is used of an issue.
type issue struct {
	id          string // digits
	key         string
	summary     string
	description string
	typ         wireType
	status      wireStatus
	resolution  string
	labels      []string
	components  []named
	versions    []named // fix versions
	created     time.Time
	updated     time.Time // zero when the server left it out
	resolved    time.Time
	creator     *wireUser
	assigned    bool     // somebody is to do it
	parents     []string // keys of the parent, the epic and the parent link
	links       []wireLink
	sprints     []sprint
	custom      map[string]json.RawMessage

	comments       []wireComment
	worklogs       []wireWorklog
	history        []wireHistory // oldest first
	hasComments    bool          // the answer holds the field
	hasWorklogs    bool
	needsComments  bool // it does not hold all of them
	needsWorklogs  bool
	needsHistory   bool
	historyMissing int    // changes that could not be read
	odd            string // what else could not be read, and why
	remote         []gojira.RemoteLink
	dev            []devRecord
}

// fieldReader decodes the fields of one issue and keeps the first error.
type fieldReader struct {
	fields map[string]json.RawMessage
	err    error
}

// read fills into and returns whether the field was there.
func (r *fieldReader) read(name string, into any) bool {
	raw, ok := r.fields[name]
	if !ok || string(raw) == "null" {
		return false
	}
	if err := json.Unmarshal(raw, into); err != nil {
		if r.err == nil {
			r.err = fmt.Errorf("field %s: %w", name, jsonError(err))
		}
		return false
	}
	return true
}

// decodeIssue reads one issue. The error says what is wrong, without content.
func decodeIssue(raw json.RawMessage, ids *fieldIDs) (*issue, error) {
	var w wireIssue
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, jsonError(err)
	}
	is := &issue{id: string(w.ID), key: w.Key}
	if !isID(is.id) || is.key == "" || w.Fields == nil {
		return nil, errors.New("no id, key or fields")
	}
	r := &fieldReader{fields: w.Fields}
	var created, updated, resolved moment
	var description document
	var resolution named
	var creator, reporter wireUser
	r.read("summary", &is.summary)
	if r.read("description", &description) {
		is.description = description.text
	}
	hasType, hasStatus := r.read("issuetype", &is.typ), r.read("status", &is.status)
	r.read("resolution", &resolution)
	is.resolution = resolution.Name
	r.read("labels", &is.labels)
	r.read("components", &is.components)
	r.read("fixVersions", &is.versions)
	r.read("created", &created)
	r.read("updated", &updated)
	r.read("resolutiondate", &resolved)
	r.read("issuelinks", &is.links)
	if r.read("creator", &creator) {
		is.creator = &creator
	} else if r.read("reporter", &reporter) {
		is.creator = &reporter
	}
	is.assigned = !isNull(w.Fields["assignee"])
	is.created, is.updated, is.resolved = created.UTC(), updated.UTC(), resolved.UTC()
	is.readParts(r, w.Changelog)
	is.readCustom(r, ids)
	switch {
	case r.err != nil:
		return nil, r.err
	case !hasType || !hasStatus:
		return nil, errors.New("no type or status")
	case is.created.IsZero():
		return nil, errors.New("no time of creation")
	}
	return is, nil
}

// readParts reads the lists that an answer may hold in part.
func (is *issue) readParts(r *fieldReader, log *wireChangelog) {
	var comments wireComments
	var worklogs wireWorklogs
	is.hasComments, is.hasWorklogs = r.read("comment", &comments), r.read("worklog", &worklogs)
	is.needsComments = comments.Total == nil || *comments.Total > len(comments.Comments)
	is.needsWorklogs = worklogs.Total == nil || *worklogs.Total > len(worklogs.Worklogs)
	is.comments, is.worklogs = comments.Comments, worklogs.Worklogs
	is.needsHistory = log == nil || log.Histories == nil || log.Total > len(log.Histories)
	if log != nil {
		is.setHistory(log.Histories)
		is.historyMissing = max(0, log.Total-len(is.history))
	}
}

// readCustom reads the fields that are found by their schema, and those of
// agile endpoints.
func (is *issue) readCustom(r *fieldReader, ids *fieldIDs) {
	var parent, epic keyed
	if r.read("parent", &parent) {
		is.addParent(parent.Key)
	}
	if r.read("epic", &epic) {
		is.addParent(epic.Key)
	}
	for _, id := range ids.parents {
		is.addParent(keyIn(r.fields[id]))
	}
	for _, name := range append([]string{"sprint", "closedSprints"}, ids.sprints...) {
		for _, s := range parseSprints(r.fields[name]) {
			is.addSprint(s)
		}
	}
	is.custom = r.fields
}

func (is *issue) addParent(key string) {
	if key == "" || key == is.key {
		return
	}
	for _, k := range is.parents {
		if k == key {
			return
		}
	}
	is.parents = append(is.parents, key)
}

func (is *issue) addSprint(s sprint) {
	for _, old := range is.sprints {
		if old.id == s.id && old.name == s.name {
			return
		}
	}
	is.sprints = append(is.sprints, s)
}

// keyIn finds the key of an issue in the value of a field: a string, an object
// with a key, or one whose data has it, as Advanced Roadmaps writes.
func keyIn(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var o struct {
		Key  string `json:"key"`
		Data keyed  `json:"data"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return ""
	}
	if o.Key != "" {
		return o.Key
	}
	return o.Data.Key
}

// isID reports whether s is a numeric id.
func isID(s string) bool {
	if s == "" || len(s) > 18 {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// nameOf names an element that cannot be read, as well as it can.
func nameOf(raw json.RawMessage) string {
	var w struct {
		ID text `json:"id"`
	}
	if json.Unmarshal(raw, &w) == nil && isID(string(w.ID)) {
		return itemID(string(w.ID))
	}
	return "issue/unknown"
}

// itemID is the ID of an issue's item. Keys and projects change, ids do not.
func itemID(id string) string { return prefix + id }

// prefix is what the IDs of all issues begin with.
const prefix = "issue/"

// projectOf is the part of a key before the number.
func projectOf(key string) string {
	if i := strings.LastIndexByte(key, '-'); i > 0 {
		return key[:i]
	}
	return ""
}

// isNull reports whether a field has no value.
func isNull(raw json.RawMessage) bool {
	trimmed := bytes.TrimSpace(raw)
	return len(trimmed) == 0 || string(trimmed) == "null" || string(trimmed) == `""` || string(trimmed) == "{}" || string(trimmed) == `"{}"`
}
