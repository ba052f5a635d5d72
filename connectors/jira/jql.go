package jira

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// order is by what never changes, so that a page cannot shift.
const order = " ORDER BY created ASC, key ASC"

// checkJQL refuses what would not stay within its parentheses.
func checkJQL(s string) error {
	if orderBy.MatchString(s) {
		return errors.New("leave ORDER BY out, the order is ours")
	}
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return errors.New("a parenthesis closes what was not opened")
			}
		}
	}
	if quote != 0 || depth != 0 {
		return errors.New("a quotation or parenthesis is not closed")
	}
	return nil
}

// quoteJQL makes a string of JQL.
func quoteJQL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ").Replace(s) + `"`
}

// A scope is one list of issues that polls read.
type scope struct {
	name     string   // part of its stream
	projects []string // keys
	jql      string
	board    int64
}

// scopes returns what is configured: projects and JQL are one list, each board
// is another. The name changes with the configuration, so a project that is
// added is read from its beginning, and those of its list are once more.
func (c *config) scopes() []scope {
	var out []scope
	if len(c.Projects) > 0 || c.JQL != "" {
		s := scope{projects: c.Projects, jql: strings.TrimSpace(c.JQL)}
		sum := sha256.Sum256([]byte(strings.ToUpper(strings.Join(s.projects, ",")) + "\n" + s.jql))
		s.name = "jql-" + hex.EncodeToString(sum[:6])
		out = append(out, s)
	}
	for _, b := range c.Boards {
		out = append(out, scope{name: "board-" + strconv.FormatInt(b, 10), board: b})
	}
	return out
}

// key is the stream of a scope.
func (s scope) key() string { return streamScope + s.name }

// where is the condition of a scope, empty for a board, whose address selects.
// Projects are named by id, which a renamed key does not change; one that
// cannot be seen is left out, because it would have the query refused.
func (s scope) where(visible []project) (jql string, any bool) {
	if s.board != 0 {
		return "", true
	}
	var ids []string
	for _, p := range visible {
		ids = append(ids, p.ID)
	}
	var parts []string
	if len(s.projects) > 0 && len(ids) > 0 {
		parts = append(parts, "project in ("+strings.Join(ids, ", ")+")")
	}
	if s.jql != "" {
		parts = append(parts, "("+s.jql+")")
	}
	if len(parts) > 1 {
		return "(" + strings.Join(parts, " OR ") + ")", true
	}
	return strings.Join(parts, ""), len(parts) > 0
}

// and joins conditions, leaving out empty ones.
func and(conditions ...string) string {
	kept := conditions[:0:0]
	for _, c := range conditions {
		if c != "" {
			kept = append(kept, c)
		}
	}
	return strings.Join(kept, " AND ")
}

// timeForm is how times are written in JQL. A bare date is read in the zone of
// the account that asks, so the two other forms are tried first.
type timeForm int

const (
	formEpoch    timeForm = iota // milliseconds since 1970
	formRelative                 // minutes before now
	formZone                     // minutes in the account's zone
	formRefused                  // none is understood
)

// since is the condition that a field's time is not before t, or a little
// earlier: the coarser forms round down.
func (form timeForm) since(field string, t, now time.Time, zone string) string {
	switch form {
	case formRelative:
		minutes := int64(now.Sub(t)/time.Minute) + 1
		return fmt.Sprintf("%s >= -%dm", field, max(minutes, 1))
	case formZone:
		loc, err := time.LoadLocation(zone)
		if err != nil || zone == "" {
			// No zone is further from UTC than 14 hours.
			return field + ` >= "` + t.UTC().Add(-14*time.Hour).Format("2006/01/02 15:04") + `"`
		}
		// An hour that occurs twice is taken for its first occurrence.
		return field + ` >= "` + t.In(loc).Add(-time.Hour).Format("2006/01/02 15:04") + `"`
	}
	return fmt.Sprintf("%s >= %d", field, t.UnixMilli())
}
