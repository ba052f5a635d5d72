package objective

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// A Loaded is everything that was declared as of a time: the content of a
// stored declaration.
type Loaded struct {
	// Known is when it was first loaded, or committed.
	Known time.Time
	Set   Set
}

// Encode returns the canonical encoding of a set: equal sets have equal
// encodings. Where a rule is written down is no part of it, so that a moved line
// declares nothing new.
func Encode(s *Set) ([]byte, error) {
	body, err := json.Marshal(s.unplaced())
	if err != nil {
		return nil, fmt.Errorf("encode what is declared: %w", err)
	}
	return body, nil
}

// Decode reads what Encode made.
func Decode(body []byte) (Set, error) {
	var s Set
	if err := json.Unmarshal(body, &s); err != nil {
		return Set{}, fmt.Errorf("decode what was declared: %w", err)
	}
	for i := range s.Objectives {
		if len(s.Objectives[i].Versions) == 0 {
			return Set{}, fmt.Errorf("decode what was declared: objective %q has no version", s.Objectives[i].ID)
		}
	}
	return s, nil
}

// unplaced returns a copy whose rules do not say where they were written.
func (s *Set) unplaced() *Set {
	out := *s
	out.Objectives = slices.Clone(s.Objectives)
	for i := range out.Objectives {
		o := &out.Objectives[i]
		o.Match, o.Excludes = o.Match.unplaced(), o.Excludes.unplaced()
	}
	out.RunWork, out.NonGoals = unplacedRules(s.RunWork), unplacedRules(s.NonGoals)
	return &out
}

func unplacedRules(rules []NamedRule) []NamedRule {
	out := slices.Clone(rules)
	for i := range out {
		out[i].Rule = *out[i].Rule.unplaced()
	}
	return out
}

func (r *Rule) unplaced() *Rule {
	if r == nil {
		return nil
	}
	out := *r
	out.At, out.Not = "", r.Not.unplaced()
	for _, list := range []*[]Rule{&out.All, &out.Any} {
		*list = slices.Clone(*list)
		for i := range *list {
			(*list)[i] = *(*list)[i].unplaced()
		}
	}
	return &out
}

// EditKind is what an edit changed.
type EditKind string

// The kinds of edits.
const (
	EditAdded    EditKind = "added"    // the objective appeared
	EditRemoved  EditKind = "removed"  // it is declared no more
	EditRank     EditKind = "rank"     //
	EditTarget   EditKind = "target"   // the share of effort, or the outcome's target
	EditDue      EditKind = "due"      //
	EditOwner    EditKind = "owner"    //
	EditText     EditKind = "text"     //
	EditState    EditKind = "state"    // see Edit.State
	EditRules    EditKind = "rules"    // what work belongs to it: keys and rules
	EditExcludes EditKind = "excludes" // what it is declared not to be
	EditOutcome  EditKind = "outcome"  // how it is measured
	EditOther    EditKind = "other"    // start, participating teams, vocabulary
	EditRunWork  EditKind = "run_work" // no objective: rules or budget of run work
	EditNonGoals EditKind = "non_goals"
	EditSettings EditKind = "settings" // how many top priorities, grace, projects
	EditPhase    EditKind = "phase"    // a phase of drift that a human declared
	// What is around the objectives; Edit.About says of what.
	EditConnector EditKind = "connector" // what a connector reads, and how
	EditWorkflow  EditKind = "workflow"  // what states of its tickets mean to a connector
	EditOwned     EditKind = "owned"     // which repositories and ticket projects a team owns
	EditMembers   EditKind = "members"   // how many members a team has that no date is given for
)

// An Edit is one difference between what was declared and what was declared
// next.
type Edit struct {
	Objective string // id, "" for what concerns none
	Kind      EditKind
	About     string // the connector or team that it is about, "" for none
	// Effective is the day the author wrote down, NoDate where none is.
	Effective Date
	// Known is when the edit could first be read. Nobody can act on a decision
	// before (score specification, section 2.1).
	Known time.Time
	// State is the new state of an EditState, and of an EditAdded.
	State State
}

// Start is the day from which an edit could be acted on, in UTC: the later of
// Effective and Known.
func (e Edit) Start() Date { return max(e.Effective, DateOf(e.Known.UTC())) }

// Team is the team that an edit is about, "" for none.
func (e Edit) Team() string {
	if e.Kind == EditOwned || e.Kind == EditMembers {
		return e.About
	}
	return ""
}

// Connector is the name of the connector that an edit is about, "" for none.
func (e Edit) Connector() string {
	if e.Kind == EditConnector || e.Kind == EditWorkflow {
		return e.About
	}
	return ""
}

// Edits lists what changed from each of the declarations, oldest first, to the
// next, in the order in which it became known; edits that became known together
// are ordered by objective and kind. The first declaration brings nothing but
// its own history: the versions that it dates itself.
func Edits(history []Loaded) []Edit {
	var edits []Edit
	for i := range history {
		now := &history[i]
		before := map[string]*Objective{}
		if i > 0 {
			for k := range history[i-1].Set.Objectives {
				o := &history[i-1].Set.Objectives[k]
				before[o.ID] = o
			}
		}
		var found []Edit
		for k := range now.Set.Objectives {
			o := &now.Set.Objectives[k]
			switch old := before[o.ID]; {
			case old != nil:
				found = append(found, between(old, o)...)
			case i > 0:
				found = append(found, Edit{Objective: o.ID, Kind: EditAdded, Effective: o.Start, State: o.Versions[0].State})
				fallthrough
			default:
				found = append(found, within(o)...)
			}
			delete(before, o.ID)
		}
		for id := range before {
			found = append(found, Edit{Objective: id, Kind: EditRemoved, Effective: NoDate})
		}
		if i > 0 {
			found = append(found, around(&history[i-1].Set, &now.Set)...)
		}
		for k := range found {
			found[k].Known = now.Known
		}
		slices.SortStableFunc(found, func(a, b Edit) int {
			return cmp.Or(cmp.Compare(a.Objective, b.Objective), cmp.Compare(a.Effective, b.Effective), cmp.Compare(a.Kind, b.Kind))
		})
		edits = append(edits, found...)
	}
	return edits
}

// within lists the steps between the versions of an objective that it dates
// itself.
func within(o *Objective) []Edit {
	var edits []Edit
	for i := 1; i < len(o.Versions); i++ {
		edits = append(edits, steps(o.ID, o.Versions[i-1], o.Versions[i], o.Versions[i].From)...)
	}
	return edits
}

// rewritten lists the steps to those versions of an objective that were not
// declared before. One that takes the place of another was written over it, and
// has no date of its own; one that is new follows the version before it.
func rewritten(old, now *Objective) []Edit {
	var edits []Edit
	for i, v := range now.Versions {
		same := slices.IndexFunc(old.Versions, func(o Version) bool { return o.From == v.From })
		switch {
		case same >= 0:
			edits = append(edits, steps(now.ID, old.Versions[same], v, NoDate)...)
		case i > 0:
			edits = append(edits, steps(now.ID, now.Versions[i-1], v, v.From)...)
		default:
			edits = append(edits, steps(now.ID, old.Versions[len(old.Versions)-1], v, v.From)...)
		}
	}
	last, was := now.Versions[len(now.Versions)-1], old.Versions[len(old.Versions)-1]
	if last.From < was.From && slices.Contains(old.Versions, last) {
		edits = append(edits, steps(now.ID, was, last, NoDate)...) // the newest version was taken back
	}
	return edits
}

// between lists what changed of an objective.
func between(old, now *Objective) []Edit {
	edits := rewritten(old, now)
	add := func(changed bool, kind EditKind) {
		if changed {
			edits = append(edits, Edit{Objective: now.ID, Kind: kind, Effective: NoDate})
		}
	}
	var was, is Outcome
	if old.Outcome != nil {
		was = *old.Outcome
	}
	if now.Outcome != nil {
		is = *now.Outcome
	}
	target := !reflect.DeepEqual(was.Target, is.Target)
	was.Target, is.Target = nil, nil
	add(old.Text != now.Text, EditText)
	add(target, EditTarget)
	add(!reflect.DeepEqual(was, is) || (old.Outcome == nil) != (now.Outcome == nil), EditOutcome)
	add(!slices.Equal(old.Keys, now.Keys) || !sameRule(old.Match, now.Match), EditRules)
	add(!slices.Equal(old.ExcludedTerms, now.ExcludedTerms) || !sameRule(old.Excludes, now.Excludes), EditExcludes)
	add(old.Start != now.Start || !reflect.DeepEqual(old.PlannedDue, now.PlannedDue) || !slices.Equal(old.Teams, now.Teams) || !slices.Equal(old.Terms, now.Terms) ||
		!slices.Equal(old.Docs, now.Docs), EditOther)
	return edits
}

// steps lists what changed from one version to the next, as of a day.
func steps(id string, old, now Version, effective Date) []Edit {
	var edits []Edit
	add := func(changed bool, kind EditKind) {
		if changed {
			edits = append(edits, Edit{Objective: id, Kind: kind, Effective: effective})
		}
	}
	add(old.Rank != now.Rank, EditRank)
	add(old.TargetShare != now.TargetShare, EditTarget)
	add(old.Due != now.Due, EditDue)
	add(old.OwnerTeam != now.OwnerTeam || old.HasOwner != now.HasOwner || old.OwnerIsGroup != now.OwnerIsGroup, EditOwner)
	if old.State != now.State {
		edits = append(edits, Edit{Objective: id, Kind: EditState, Effective: effective, State: now.State})
	}
	return edits
}

// around lists what changed besides the objectives.
func around(old, now *Set) []Edit {
	var edits []Edit
	add := func(changed bool, kind EditKind) {
		if changed {
			edits = append(edits, Edit{Kind: kind, Effective: NoDate})
		}
	}
	add(!reflect.DeepEqual(unplacedRules(old.RunWork), unplacedRules(now.RunWork)) || old.RunWorkBudget != now.RunWorkBudget, EditRunWork)
	add(!reflect.DeepEqual(unplacedRules(old.NonGoals), unplacedRules(now.NonGoals)), EditNonGoals)
	add(old.TopN != now.TopN || old.Grace != now.Grace || !slices.Equal(old.Projects, now.Projects), EditSettings)
	for _, p := range now.Phases {
		if !slices.Contains(old.Phases, p) {
			edits = append(edits, Edit{Kind: EditPhase, Effective: p.On})
		}
	}
	edits = append(edits, settled(old.Settings, now.Settings)...)
	gone := func(p DeclaredPhase) bool { return !slices.Contains(now.Phases, p) }
	add(len(now.Phases) < len(old.Phases) && slices.ContainsFunc(old.Phases, gone), EditPhase)
	return edits
}

func sameRule(a, b *Rule) bool { return reflect.DeepEqual(a.unplaced(), b.unplaced()) }

// SameRules reports whether the rules of two sets say the same of every item:
// their rules are equal, wherever they are written, and so are the keys and
// projects from which the project of an item follows.
func (s *Set) SameRules(t *Set) bool {
	return reflect.DeepEqual(unplacedRules(s.RunWork), unplacedRules(t.RunWork)) &&
		reflect.DeepEqual(unplacedRules(s.NonGoals), unplacedRules(t.NonGoals)) &&
		slices.Equal(s.Projects, t.Projects) &&
		slices.EqualFunc(s.Objectives, t.Objectives, func(a, b Objective) bool {
			return a.ID == b.ID && slices.Equal(a.Keys, b.Keys) && sameRule(a.Match, b.Match) && sameRule(a.Excludes, b.Excludes)
		})
}

// ExcludesMore reports whether a set excludes something that an earlier one did
// not: a non-goal, or an exclude of an objective that both have, has an
// alternative that is new. Alternatives are compared as they are written.
func (s *Set) ExcludesMore(before *Set) bool {
	known := make(map[string]bool)
	for i := range before.NonGoals {
		before.NonGoals[i].Rule.alternatives(func(a string) { known[a] = true })
	}
	more := false
	isNew := func(a string) { more = more || !known[a] }
	for i := range s.NonGoals {
		s.NonGoals[i].Rule.alternatives(isNew)
	}
	for i := range s.Objectives {
		o := &s.Objectives[i]
		old := slices.IndexFunc(before.Objectives, func(b Objective) bool { return b.ID == o.ID })
		if old < 0 || o.Excludes == nil {
			continue // a new objective stops nothing
		}
		clear(known)
		if e := before.Objectives[old].Excludes; e != nil {
			e.alternatives(func(a string) { known[a] = true })
		}
		o.Excludes.alternatives(isNew)
	}
	return more
}

// alternatives calls f for each of the conditions of which one must hold, spelled
// in one way.
func (r *Rule) alternatives(f func(string)) {
	switch {
	case r.Any != nil:
		for i := range r.Any {
			r.Any[i].alternatives(f)
		}
	case r.Attr != "":
		for _, p := range r.Like {
			f(fmt.Sprintf("%q %s %q", r.Attr, p.Op, p.Text))
		}
	default:
		body, err := json.Marshal(r.unplaced())
		if err == nil { // a rule holds nothing that has no encoding
			f(string(body))
		}
	}
}
