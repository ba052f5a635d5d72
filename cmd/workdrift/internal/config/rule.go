package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// botSuffix ends the names of GitHub's machines. Rules may leave it out.
const botSuffix = "[bot]"

// maxRuleDepth bounds how deep rules may nest.
const maxRuleDepth = 32

// A rule is a condition as it is written: a mapping whose entries must all
// hold, or a list of which one must.
//
//	{labels: [incident, "sev*"], not: {repos: acme/website}}
type rule struct {
	compiled *objective.Rule
}

// A namedRule is a rule that may have a name.
type namedRule struct {
	name string
	rule rule
}

// An exclusion is a rule with words beside it.
type exclusion struct {
	terms []string
	rule  rule
}

// ruleNames returns every word of a rule that names an attribute, with the
// attribute. Both the singular and the plural are understood.
func ruleNames() map[string]string {
	names := map[string]string{"repository": store.AttrRepo, "repositories": store.AttrRepo}
	for plural, attr := range ruleAttrs() {
		names[plural] = attr
		names[singular(plural)] = attr
	}
	return names
}

// ruleAttrs returns the attributes by the plural under which they are
// documented.
func ruleAttrs() map[string]string {
	return map[string]string{
		"authors":    store.AttrAuthor, // see authorRule
		"bases":      store.AttrBase,
		"bots":       store.AttrBot,
		"branches":   store.AttrBranch,
		"changes":    store.AttrChange,
		"channels":   "channel",
		"components": "component",
		"keys":       objective.AttrKey,
		"kinds":      objective.AttrKind,
		"labels":     store.AttrLabel,
		"milestones": store.AttrMilestone,
		"paths":      store.AttrPath,
		"projects":   store.AttrProject,
		"repos":      store.AttrRepo,
		"scopes":     store.AttrScope,
		"sources":    objective.AttrSource,
		"sprints":    "sprint",
		"statuses":   objective.AttrStatus,
		"titles":     objective.AttrTitle,
		"types":      store.AttrType,
	}
}

func singular(plural string) string {
	switch plural {
	case "branches", "statuses":
		return strings.TrimSuffix(plural, "es")
	}
	return strings.TrimSuffix(plural, "s")
}

// ruleWords returns every key a rule may have, for suggestions.
func ruleWords() []string {
	words := []string{"all", "any", "not"}
	for plural := range ruleAttrs() {
		words = append(words, plural)
	}
	slices.Sort(words)
	return words
}

// closedValues returns the only values that some attributes have.
func closedValues(attr string) []string {
	switch attr {
	case objective.AttrKind:
		return []string{string(store.KindTicket), string(store.KindChange), string(store.KindCommit), string(store.KindDiscussion)}
	case objective.AttrStatus:
		return []string{string(store.StatusTodo), string(store.StatusDoing), string(store.StatusDone), string(store.StatusDropped)}
	}
	return nil
}

func (r *rule) read(d *decoder, n *yaml.Node, path string) {
	if isNull(n) {
		return
	}
	r.compiled = d.rule(n, path, 0)
}

func (r *namedRule) read(d *decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, path, "a rule, such as {labels: [incident]}")
		return
	}
	pairs, _ := d.pairs(n, path)
	pairs = d.take(pairs, "name", &r.name, path)
	r.rule.compiled = d.allOf(n, pairs, path, 0)
}

func (x *exclusion) read(d *decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		x.rule.read(d, n, path)
		return
	}
	pairs, _ := d.pairs(n, path)
	rest := d.take(pairs, "terms", &x.terms, path)
	if len(rest) > 0 || len(pairs) == 0 {
		x.rule.compiled = d.allOf(n, rest, path, 0)
	}
}

// rule compiles a rule; nil after an error.
func (d *decoder) rule(n *yaml.Node, path string, depth int) *objective.Rule {
	n, leave := d.enter(n, path)
	defer leave()
	switch {
	case n == nil:
		return nil
	case depth > maxRuleDepth:
		d.at(n, path, "rules nest deeper than %d levels", maxRuleDepth)
		return nil
	case n.Kind == yaml.SequenceNode:
		return d.ruleList(n, path, depth, func(out *objective.Rule, rules []objective.Rule) { out.Any = rules })
	case n.Kind == yaml.MappingNode:
		pairs, _ := d.pairs(n, path)
		return d.allOf(n, pairs, path, depth)
	}
	d.wrong(n, path, "a rule, such as {labels: [incident]}, or a list of rules")
	return nil
}

// ruleList compiles a list of rules and puts them where they belong.
func (d *decoder) ruleList(n *yaml.Node, path string, depth int, put func(*objective.Rule, []objective.Rule)) *objective.Rule {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.at(n, path, "must be a list of at least one rule")
		return nil
	}
	var rules []objective.Rule
	for i, item := range n.Content {
		if one := d.rule(item, fmt.Sprintf("%s[%d]", path, i), depth+1); one != nil {
			rules = append(rules, *one)
		}
	}
	out := &objective.Rule{At: d.place(n)}
	put(out, rules)
	return out
}

// allOf compiles the entries of a mapping, which must all hold.
func (d *decoder) allOf(n *yaml.Node, pairs []pair, path string, depth int) *objective.Rule {
	if len(pairs) == 0 {
		d.at(n, path, "an empty rule would match everything; say what it selects")
		return nil
	}
	var rules []objective.Rule
	for _, p := range pairs {
		if one := d.condition(p, d.join(path, p.key.Value), depth); one != nil {
			rules = append(rules, *one)
		}
	}
	if len(rules) == 1 {
		return &rules[0]
	}
	return &objective.Rule{All: rules, At: d.place(n)}
}

// condition compiles one entry of a rule.
func (d *decoder) condition(p pair, path string, depth int) *objective.Rule {
	if isInlineSecret(p.key, p.value) {
		return nil // reported already
	}
	value, leave := d.enter(p.value, path)
	defer leave()
	if value == nil {
		return nil
	}
	d.where[path] = position{d.file, max(value.Line, 1), max(value.Column, 1)}
	switch key := p.key.Value; key {
	case "any":
		return d.ruleList(value, path, depth, func(out *objective.Rule, rules []objective.Rule) { out.Any = rules })
	case "all":
		return d.ruleList(value, path, depth, func(out *objective.Rule, rules []objective.Rule) { out.All = rules })
	case "not":
		inner := d.rule(value, path, depth+1)
		if inner == nil {
			return nil
		}
		return &objective.Rule{Not: inner, At: d.place(p.key)}
	case "jql":
		d.at(p.key, path, "JQL is not evaluated: rules are matched against stored work; use keys, projects, components, labels, sprints or types")
		return nil
	default:
		if d.attrs == nil {
			d.attrs = ruleNames()
		}
		attr, ok := d.attrs[key]
		if !ok {
			d.at(p.key, path, "unknown attribute%s", suggest(key, ruleWords()))
			return nil
		}
		return d.attribute(p.key, value, attr, path)
	}
}

// attribute compiles the alternatives for one attribute.
func (d *decoder) attribute(key, value *yaml.Node, attr, path string) *objective.Rule {
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		items = value.Content
	}
	if len(items) == 0 {
		d.at(value, path, "names no value")
		return nil
	}
	out := objective.Rule{Attr: attr, At: d.place(key)}
	for i, item := range items {
		at := path
		if value.Kind == yaml.SequenceNode {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		if p, ok := d.pattern(item, attr, at); ok {
			out.Like = append(out.Like, p)
			if names := attr == store.AttrBot || attr == store.AttrAuthor; names && p.Op == objective.Exact && !isAuthorKind(p) && !strings.HasSuffix(p.Text, botSuffix) {
				out.Like = append(out.Like, objective.Pattern{Op: p.Op, Text: p.Text + botSuffix})
			}
		}
	}
	if len(out.Like) == 0 {
		return nil
	}
	if attr == store.AttrAuthor {
		return authorRule(out)
	}
	return &out
}

// authorRule lets authors name machines as well as the two kinds of authors.
// People cannot be matched: rules about single persons have no place here.
func authorRule(r objective.Rule) *objective.Rule {
	kinds, names := r, r
	names.Attr, kinds.Like, names.Like = store.AttrBot, nil, nil
	for _, p := range r.Like {
		if isAuthorKind(p) {
			kinds.Like = append(kinds.Like, p)
		} else {
			names.Like = append(names.Like, p)
		}
	}
	switch {
	case len(kinds.Like) == 0:
		return &names
	case len(names.Like) == 0:
		return &kinds
	}
	return &objective.Rule{Any: []objective.Rule{kinds, names}, At: r.At}
}

// isAuthorKind tells the two kinds of authors from the name of a machine.
func isAuthorKind(p objective.Pattern) bool {
	return p.Op == objective.Exact && slices.Contains([]string{"bot", "human"}, strings.ToLower(p.Text))
}

// pattern compiles one value of an attribute.
func (d *decoder) pattern(n *yaml.Node, attr, path string) (objective.Pattern, bool) {
	var none objective.Pattern
	n, leave := d.enter(n, path)
	defer leave()
	if n == nil {
		return none, false
	}
	p := objective.Pattern{}
	if n.Kind == yaml.MappingNode {
		pairs, _ := d.pairs(n, path)
		ops := []string{string(objective.Exact), string(objective.Glob), string(objective.Regexp)}
		if len(pairs) != 1 || !slices.Contains(ops, pairs[0].key.Value) {
			d.at(n, path, "must be a value, or one of {exact: …}, {glob: …} and {regexp: …}")
			return none, false
		}
		p.Op = objective.Op(pairs[0].key.Value)
		path = d.join(path, pairs[0].key.Value)
		if n = pairs[0].value; n.Kind == yaml.AliasNode && n.Alias != nil {
			n = n.Alias
		}
	}
	text, ok := d.text(n, path)
	if !ok {
		return none, false
	}
	if p.Text = text; p.Op == "" {
		p = guessPattern(text, attr)
	}
	if problem := checkPattern(p, attr); problem != "" {
		d.at(n, path, "%s", problem)
		return none, false
	}
	return p, true
}

// guessPattern tells from its letters how a value is meant to be compared.
func guessPattern(text, attr string) objective.Pattern {
	if len(text) > 2 && text[0] == '/' && text[len(text)-1] == '/' {
		return objective.Pattern{Op: objective.Regexp, Text: text[1 : len(text)-1]}
	}
	open := text
	if attr == store.AttrBot || attr == store.AttrAuthor {
		open = strings.TrimSuffix(text, botSuffix) // which is no glob
	}
	if !strings.ContainsAny(open, "*?[{") {
		return objective.Pattern{Op: objective.Exact, Text: text}
	}
	if open != text {
		text = open + `\[bot\]`
	}
	return objective.Pattern{Op: objective.Glob, Text: text}
}

// checkPattern returns what is wrong with a pattern, "" when nothing is.
func checkPattern(p objective.Pattern, attr string) string {
	switch {
	case strings.TrimSpace(p.Text) == "":
		return "an empty value matches nothing"
	case len(p.Text) > 1000:
		return "is longer than 1000 characters"
	case p.Op == objective.Glob && !doublestar.ValidatePattern(p.Text):
		return "is no valid glob; write {exact: …} to take *, ?, [ and { literally"
	case p.Op == objective.Regexp:
		if _, err := regexp.Compile(p.Text); err != nil {
			why := "malformed"
			if e, ok := errors.AsType[*syntax.Error](err); ok {
				why = e.Code.String()
			}
			return "is no valid regular expression (RE2): " + why
		}
	case p.Op == objective.Exact:
		if known := closedValues(attr); known != nil && !slices.Contains(known, strings.ToLower(p.Text)) {
			return "is never found here" + suggest(p.Text, known)
		}
	}
	return ""
}

// place is where a node was written, for explanations. They are read by people
// whom the folders of the server do not concern.
func (d *decoder) place(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", filepath.Base(d.file), n.Line, n.Column)
}

func validGlob(pattern string) bool { return doublestar.ValidatePattern(pattern) }
