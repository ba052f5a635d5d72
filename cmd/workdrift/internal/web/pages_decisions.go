package web

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A decisionsPage lists the decisions in force, or the items of one of them.
type decisionsPage struct {
	Decided []decisionGroup
	One     *decisionItems
}

// decisionItems are items of a decision, some at a time.
type decisionItems struct {
	*decisionGroup
	Shown []string // keys
	Next  string   // the page with further ones
}

// Path is the page about a decision.
func (g *decisionGroup) Path() string { return "/decisions?of=" + g.ID() }

func decisionsList(s *server, r *http.Request) (any, string, error) {
	if id := r.URL.Query().Get("of"); id != "" {
		one, err := s.oneDecision(r, id)
		return &decisionsPage{One: one}, "One decision", err
	}
	return &decisionsPage{Decided: decisionGroups(s.Overrides(), s.Report())}, "", nil
}

// shownKeys is how many items a page about a decision lists: as many as can be
// chosen from without the form getting too large.
const shownKeys = 200

// oneDecision lists items of a decision: from the key that the parameter from
// names on, in their order.
func (s *server) oneDecision(r *http.Request, id string) (*decisionItems, error) {
	g := groupOf(s.Overrides(), s.Report(), id)
	if g == nil {
		return nil, &Refusal{Status: http.StatusNotFound, Detail: "No such decision is in force: part or all of it may have been withdrawn or decided anew."}
	}
	first, _ := slices.BinarySearch(g.Keys, r.URL.Query().Get("from"))
	list := &decisionItems{decisionGroup: g, Shown: g.Keys[first:]}
	if len(list.Shown) > shownKeys {
		list.Next = g.Path() + "&" + url.Values{"from": {list.Shown[shownKeys]}}.Encode()
		list.Shown = list.Shown[:shownKeys]
	}
	return list, nil
}

// A decisionGroup is what was decided in one go about one item or several.
type decisionGroup struct {
	At        time.Time
	To        string // in words
	target    string // as it is kept
	Role, Why string
	Keys      []string // in order
	Stops     bool     // they are to end
}

// ID tells a decision from every other one. It is another as soon as part of the
// decision is withdrawn or decided anew.
func (g *decisionGroup) ID() string {
	text := fmt.Sprintf("%d %q %q %q %q", g.At.Unix(), g.target, g.Role, g.Why, slices.Compact(slices.Clone(g.Keys)))
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%x", sum[:8])
}

// groupOf returns the decision with an ID, nil where none in force has it.
func groupOf(list []store.Override, report *scoring.Report, id string) *decisionGroup {
	groups := decisionGroups(list, report)
	i := slices.IndexFunc(groups, func(g decisionGroup) bool { return g.ID() == id })
	if i < 0 {
		return nil
	}
	return &groups[i]
}

// Week is the ISO week of the decision.
func (g *decisionGroup) Week() string {
	return findings.ISOWeek(scoring.Day(objective.DateOf(g.At.UTC()).Monday()))
}

// keysShown is how many keys a line lists before it only counts them.
const keysShown = 3

// First are the keys that are listed.
func (g *decisionGroup) First() []string { return g.Keys[:min(len(g.Keys), keysShown)] }

// Rest are the keys that are only counted.
func (g *decisionGroup) Rest() []string { return g.Keys[len(g.First()):] }

// Items counts the items.
func (g *decisionGroup) Items() string { return findings.Plural(len(g.Keys), "item") }

// decisionGroups puts together what was decided in one go, the newest first.
func decisionGroups(list []store.Override, report *scoring.Report) (groups []decisionGroup) {
	list = slices.SortedStableFunc(slices.Values(list), func(a, b store.Override) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.To, b.To), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Key, b.Key))
	})
	for i, o := range list {
		if before := max(0, i-1); i == 0 || !list[before].At.Equal(o.At) || list[before].To != o.To || list[before].Why != o.Why || list[before].Role != o.Role {
			groups = append(groups, decisionGroup{At: o.At, To: targetName(o.To, report), target: o.To, Role: o.Role, Why: o.Why, Stops: o.To == scoring.Excluded.String()})
		}
		last := &groups[len(groups)-1]
		last.Keys = append(last.Keys, o.Key)
	}
	return groups
}

// targetName is what work was decided to count for, in words.
func targetName(to string, report *scoring.Report) string {
	if report != nil {
		if o := report.Objective(to); o != nil && o.Title != "" {
			return o.Title
		}
	}
	switch to {
	case scoring.Excluded.String():
		return "off strategy"
	case scoring.Unknown.String():
		return "nothing that is declared"
	}
	return findings.Words(to)
}

// A doneNote says what the form that led to a page did.
type doneNote struct {
	Text string
	Undo *decisionGroup // what would be withdrawn
	Back string         // the page to return to
}

// done says what the form that led here did, nil where none did. Only that very
// decision can be undone here: who loads the page again later does not take back
// what somebody else decided meanwhile.
func (s *server) done(r *http.Request, report *scoring.Report) *doneNote {
	const follows = " The numbers follow within seconds: load the page again to see them."
	q := r.URL.Query()
	what, which := q.Get("done"), q.Get("decision")
	q.Del("done")
	q.Del("decision")
	back := r.URL.Path
	if len(q) > 0 {
		back += "?" + q.Encode()
	}
	switch {
	case (what == "decided" || what == "decided-anew") && s.Overrides != nil:
		made := groupOf(s.Overrides(), report, which)
		if made == nil {
			return &doneNote{Text: "What was decided here is not in force any more as it was: part or all of it was withdrawn or decided anew."}
		}
		verb := " counts for “"
		if len(made.Keys) > 1 {
			verb = " count for “"
		}
		more := follows
		if made.Stops {
			more += " The clock of this stop runs, and shows on the kill list when the day has closed."
		}
		if what == "decided-anew" {
			more += " It took the place of an earlier decision, which undoing it does not bring back."
		}
		return &doneNote{Text: "The decision is kept: " + made.Items() + verb + made.To + "”." + more, Undo: made, Back: back}
	case what == "withdrawn":
		return &doneNote{Text: "The decision is withdrawn." + follows}
	}
	return nil
}
