// Package objective holds what the organisation declared: objectives with
// their versions in time, the rules by which work is matched to them, and the
// rules of run work and of explicit non-goals.
//
// The definitions follow sections 2.1 and 5 of the score specification.
package objective

import (
	"time"
)

// A Date is a calendar day without a zone: days since 1970-01-01. NoDate means
// that none was declared.
type Date int32

// NoDate is the absent date. It sorts before every other.
const NoDate Date = -1 << 31

// DateOf returns the calendar day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Time returns midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String returns the day as 2006-01-02, and "" for NoDate.
func (d Date) String() string {
	if d == NoDate {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday(((int64(d)+4)%7 + 7) % 7) }

// Monday returns the Monday of the day's ISO week.
func (d Date) Monday() Date { return d - Date((int(d.Weekday())+6)%7) }

// State is what was decided about an objective.
type State string

// The states of an objective.
const (
	Active        State = "active"
	Deprioritised State = "deprioritised"
	Paused        State = "paused"
	Retired       State = "retired"
	Achieved      State = "achieved"
)

// An Objective is one declared objective.
type Objective struct {
	ID    string // label value: [a-z0-9][a-z0-9_-]{0,63}
	Text  string
	Teams []string // participating teams, by id
	// Start is the first day on which work can belong to the objective,
	// NoDate for always.
	Start Date
	// PlannedDue is the due date that counts as the plan, where the plan was
	// made anew: what moved before it is no slip. Nil for the first date ever
	// declared.
	PlannedDue *Date `json:",omitempty"`
	// Keys are the keys of tickets and epics that stand for the objective.
	Keys []string
	// Match is the rule for work that carries no key. Nil matches nothing.
	Match *Rule
	// Excludes matches work that this objective declares not to be its own.
	Excludes *Rule
	// Terms and Docs declare the objective's vocabulary.
	Terms, ExcludedTerms, Docs []string
	Outcome                    *Outcome
	// Versions are ordered by From; the first holds from the beginning.
	Versions []Version
}

// A Version is what holds about an objective from a day on.
type Version struct {
	From  Date
	Rank  int // 1 is the highest priority
	State State
	// TargetShare is the declared share of all effort, 0 to 1; negative when
	// none was declared.
	TargetShare float64
	OwnerTeam   string // team id, "" when none
	HasOwner    bool   // a person or a team is named
	// OwnerIsGroup is set where a team is named and no person of it.
	OwnerIsGroup bool `json:",omitempty"`
	Due          Date
}

// An Outcome is the measured result that the objective is for.
type Outcome struct {
	Query            string // PromQL
	Direction        string // "up" or "down"
	Baseline, Target *float64
	Lag              time.Duration // how long it trails the work
	// Ratio is set where the result is a share of something, 0 to 1.
	Ratio bool `json:",omitempty"`
	// StandsFor is the objective whose outcome this one stands for: a metric
	// of a team that is watched because it moves with that. "" when it stands
	// for itself.
	StandsFor string `json:",omitempty"`
}

// At returns the version that holds on a day.
func (o *Objective) At(day Date) Version {
	v := o.Versions[0]
	for _, next := range o.Versions[1:] {
		if next.From > day {
			break
		}
		v = next
	}
	return v
}

// A NamedRule is one rule of the run work or of the non-goals.
type NamedRule struct {
	Name string // shown in explanations
	Rule Rule
}

// A Set is everything that is declared.
type Set struct {
	Objectives []Objective // in rank order of their last version, ties by ID
	RunWork    []NamedRule
	// RunWorkBudget is the declared share of run work, 0 to 1; negative when
	// none was declared.
	RunWorkBudget float64
	NonGoals      []NamedRule
	// Projects are ticket projects that exist though no ticket of theirs is
	// stored. The projects of stored tickets are always known.
	Projects []string
	// TopN is how many objectives count as top priorities.
	TopN int
	// Grace is how long work on a stopped objective is not yet counted as
	// stopped, in days.
	Grace int
	// Phases are the phases of drift that humans declared. Each is an event:
	// taking it out of the declaration does not undo it.
	Phases []DeclaredPhase `json:",omitempty"`
	// Settings are those around what is declared, nil where they are not known.
	Settings *Settings `json:",omitempty"`
}

// A DeclaredPhase is what a human says of the phase of drift on a day.
type DeclaredPhase struct {
	On    Date
	Team  string `json:",omitempty"` // id, "" for the organisation
	Phase string // as the package scoring/phase names it
	Why   string `json:",omitempty"`
}

// A Rule is a condition on the attributes of an item. Exactly one of All, Any,
// Not and Attr is set.
type Rule struct {
	All  []Rule // every one holds
	Any  []Rule // at least one holds
	Not  *Rule  // it does not hold
	Attr string // at least one value of this attribute matches at least one pattern
	Like []Pattern
	At   string // where it was written, "file:line:column", for messages
}

// The attribute names that rules may use besides those of package store.
const (
	AttrKind   = "kind"   // ticket, change, commit, discussion
	AttrSource = "source" // connector instance
	AttrTitle  = "title"
	AttrKey    = "key" // any key of the item
	AttrStatus = "status"
)

// Op is how a pattern is compared.
type Op string

// The comparisons.
const (
	Exact  Op = "exact"  // equal, letter case ignored
	Glob   Op = "glob"   // *, ?, [a-z], {a,b}, and ** across slashes; letter case ignored
	Regexp Op = "regexp" // RE2, unanchored
)

// A Pattern matches the value of an attribute.
type Pattern struct {
	Op   Op
	Text string
}
