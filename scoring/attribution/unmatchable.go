package attribution

import (
	"regexp"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A Warning is about an objective that no work can ever be attributed to.
type Warning struct {
	Objective string
	At        string // where its rule was written, "" without a rule
	Why       string
}

// Unmatchable returns the objectives that nothing can match: those with
// neither keys nor a rule, and those without keys whose rule contradicts
// itself in an attribute of which an item has one value. The set must be
// valid.
func Unmatchable(set *objective.Set) []Warning {
	var warnings []Warning
	for i := range set.Objectives {
		o := &set.Objectives[i]
		switch {
		case len(o.Keys) > 0:
		case o.Match == nil:
			warnings = append(warnings, Warning{o.ID, "", "it has neither keys nor a rule, so no work can match it"})
		default:
			if attr, ok := contradiction(o); ok {
				warnings = append(warnings, Warning{o.ID, o.Match.At, "no value of " + attr + " satisfies its rule"})
			}
		}
	}
	return warnings
}

// contradiction returns an attribute that cannot have any value if the
// objective's rule is to hold and what it excludes is not.
func contradiction(o *objective.Objective) (attr string, ok bool) {
	rule := *o.Match
	if o.Excludes != nil {
		rule = objective.Rule{All: []objective.Rule{rule, {Not: o.Excludes}}}
	}
	kinds := []string{string(store.KindTicket), string(store.KindChange), string(store.KindCommit),
		string(store.KindDiscussion)}
	statuses := []string{"", string(store.StatusTodo), string(store.StatusDoing), string(store.StatusDone),
		string(store.StatusDropped)}
	for _, single := range []struct {
		attr   string
		values []string // nil when there are others than those that rules name
	}{
		{objective.AttrKind, kinds},
		{objective.AttrStatus, statuses},
		{objective.AttrSource, nil},
		{objective.AttrTitle, nil},
	} {
		values, open := single.values, single.values == nil
		if open {
			values = exactValues(nil, &rule, single.attr)
		}
		possible := slices.ContainsFunc(values, func(v string) bool {
			return holds(&rule, single.attr, &v) != no
		})
		if !possible && (!open || holds(&rule, single.attr, nil) == no) {
			return single.attr, true
		}
	}
	return "", false
}

// exactValues appends the values that a rule names for an attribute.
func exactValues(out []string, r *objective.Rule, attr string) []string {
	for _, p := range r.Like {
		if r.Attr == attr && p.Op == objective.Exact {
			out = append(out, p.Text)
		}
	}
	for i := range r.All {
		out = exactValues(out, &r.All[i], attr)
	}
	for i := range r.Any {
		out = exactValues(out, &r.Any[i], attr)
	}
	if r.Not != nil {
		out = exactValues(out, r.Not, attr)
	}
	return out
}

type answer int8

const (
	no answer = iota - 1
	perhaps
	yes
)

// holds says whether a rule holds for an item that has one value of one
// attribute while nothing is known about the others. A nil value is one that
// no pattern names.
func holds(r *objective.Rule, attr string, value *string) answer {
	switch {
	case r.All != nil:
		all := yes
		for i := range r.All {
			all = min(all, holds(&r.All[i], attr, value))
		}
		return all
	case r.Any != nil:
		best := no
		for i := range r.Any {
			best = max(best, holds(&r.Any[i], attr, value))
		}
		return best
	case r.Not != nil:
		return -holds(r.Not, attr, value)
	case r.Attr != attr:
		return perhaps
	}
	best := no
	for _, p := range r.Like {
		best = max(best, matches(p, value))
	}
	return best
}

func matches(p objective.Pattern, value *string) answer {
	if value == nil {
		if p.Op == objective.Exact {
			return no
		}
		return perhaps
	}
	matched := false
	switch p.Op {
	case objective.Exact:
		matched = fold(p.Text) == fold(*value)
	case objective.Glob:
		matched = doublestar.MatchUnvalidated(fold(p.Text), fold(*value))
	case objective.Regexp:
		re, err := regexp.Compile(p.Text)
		if err != nil {
			return perhaps
		}
		matched = re.MatchString(*value)
	}
	if matched {
		return yes
	}
	return no
}
