package attribution

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/workdrift/workdrift/scoring/objective"
)

// An atom is one pattern on one attribute. Rules that share a pattern share
// its atom, so that it is evaluated once.
type atom struct {
	glob string         // folded, when re is nil
	re   *regexp.Regexp // nil for a glob
}

func (a *atom) match(value, folded string) bool {
	if a.re != nil {
		return a.re.MatchString(value)
	}
	return doublestar.MatchUnvalidated(a.glob, folded)
}

// fold removes letter case, in the same way for keys, patterns and values.
func fold(s string) string { return strings.ToLower(s) }

// Validate returns every fault of the rules of a set, joined: a rule that is
// not exactly one of all, any, not and attr, an empty list, and patterns that
// do not compile. Each message starts with the position of its rule.
func Validate(set *objective.Set) error {
	var errs []error
	for _, r := range declaredRules(set) {
		errs = validateRule(errs, r.rule, r.rule.At)
	}
	return errors.Join(errs...)
}

// validateRule appends the faults of a rule. The position of the enclosing
// rule serves where a rule has none of its own.
func validateRule(errs []error, r *objective.Rule, at string) []error {
	if r.At != "" {
		at = r.At
	}
	fault := func(format string, args ...any) {
		message := fmt.Errorf(format, args...)
		if at != "" {
			message = fmt.Errorf("%s: %w", at, message)
		}
		errs = append(errs, message)
	}
	set := 0
	for _, has := range []bool{r.All != nil, r.Any != nil, r.Not != nil, r.Attr != ""} {
		if has {
			set++
		}
	}
	switch {
	case set != 1:
		fault("a rule needs exactly one of all, any, not and an attribute, this one has %d", set)
	case r.Attr != "" && len(r.Like) == 0:
		fault("attribute %q has no pattern", r.Attr)
	case r.Attr == "" && r.Not == nil && len(r.All)+len(r.Any) == 0:
		fault("the list of rules is empty")
	}
	for _, p := range r.Like {
		if err := validatePattern(p); err != nil {
			fault("attribute %q: %w", r.Attr, err)
		}
	}
	for i := range r.All {
		errs = validateRule(errs, &r.All[i], at)
	}
	for i := range r.Any {
		errs = validateRule(errs, &r.Any[i], at)
	}
	if r.Not != nil {
		errs = validateRule(errs, r.Not, at)
	}
	return errs
}

func validatePattern(p objective.Pattern) error {
	switch p.Op {
	case objective.Exact:
	case objective.Glob:
		if !doublestar.ValidatePattern(fold(p.Text)) {
			return fmt.Errorf("glob %q is malformed", p.Text)
		}
	case objective.Regexp:
		if _, err := regexp.Compile(p.Text); err != nil {
			return fmt.Errorf("compile pattern: %w", err)
		}
	default:
		return fmt.Errorf("comparison %q is none of exact, glob and regexp", p.Op)
	}
	if p.Text == "" {
		return errors.New("a pattern is empty")
	}
	return nil
}

// role is what follows when a rule holds.
type role uint8

const (
	roleNonGoal role = iota
	roleRunWork
	roleMatch
	roleExclude
)

// A declared rule is one whole rule of a set with what follows from it.
type declaredRule struct {
	role  role
	index int // in NonGoals, RunWork or Objectives
	rule  *objective.Rule
}

func declaredRules(set *objective.Set) []declaredRule {
	var rules []declaredRule
	for i := range set.NonGoals {
		rules = append(rules, declaredRule{roleNonGoal, i, &set.NonGoals[i].Rule})
	}
	for i := range set.RunWork {
		rules = append(rules, declaredRule{roleRunWork, i, &set.RunWork[i].Rule})
	}
	for i := range set.Objectives {
		if r := set.Objectives[i].Match; r != nil {
			rules = append(rules, declaredRule{roleMatch, i, r})
		}
		if r := set.Objectives[i].Excludes; r != nil {
			rules = append(rules, declaredRule{roleExclude, i, r})
		}
	}
	return rules
}
