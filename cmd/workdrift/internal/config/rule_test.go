package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring/objective"
)

// write spells a rule in a short form for comparisons.
func write(r *objective.Rule) string {
	if r == nil {
		return "-"
	}
	join := func(op string, rules []objective.Rule) string {
		parts := make([]string, len(rules))
		for i := range rules {
			parts[i] = write(&rules[i])
		}
		return op + "(" + strings.Join(parts, " ") + ")"
	}
	switch {
	case r.All != nil:
		return join("all", r.All)
	case r.Any != nil:
		return join("any", r.Any)
	case r.Not != nil:
		return "not(" + write(r.Not) + ")"
	}
	parts := make([]string, len(r.Like))
	for i, p := range r.Like {
		parts[i] = fmt.Sprintf("%s:%s", p.Op, p.Text)
	}
	return r.Attr + "=" + strings.Join(parts, "|")
}

func TestRules(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{`{labels: incident}`, "label=exact:incident"},
		{`{label: [incident, "sev*"]}`, "label=exact:incident|glob:sev*"},
		{`{labels: a, repos: acme/api}`, "all(label=exact:a repo=exact:acme/api)"},
		{`{repository: a, repo: b, repositories: c}`, "all(repo=exact:a repo=exact:b repo=exact:c)"},
		{`[{labels: a}, {paths: "svc/**"}]`, "any(label=exact:a path=glob:svc/**)"},
		{`{any: [{labels: a}], not: {kinds: commit}}`, "all(any(label=exact:a) not(kind=exact:commit))"},
		{`{all: [{not: [{labels: a}, {labels: b}]}]}`, "all(not(any(label=exact:a label=exact:b)))"},
		{`{titles: "/^fix/"}`, "title=regexp:^fix"},
		{`{titles: "/"}`, "title=exact:/"},
		{`{titles: {regexp: "^fix"}, labels: [{exact: "a*"}, {glob: "b"}]}`, "all(title=regexp:^fix label=exact:a*|glob:b)"},
		{`{milestones: 2026, sprints: "Sprint 7"}`, "all(milestone=exact:2026 sprint=exact:Sprint 7)"},
		{`{types: Bug, components: "{a,b}"}`, "all(type=exact:Bug component=glob:{a,b})"},
		{`{branches: "hotfix/*", bases: main}`, "all(branch=glob:hotfix/* base=exact:main)"},
		{`{changes: fix, scopes: build, statuses: Done}`, "all(change=exact:fix scope=exact:build status=exact:Done)"},
		{`{keys: "PAY-*", sources: jira, projects: PAY, channels: ops}`, "all(key=glob:PAY-* source=exact:jira project=exact:PAY channel=exact:ops)"},
		// Machines may be named with or without the suffix GitHub gives them.
		{`{bots: renovate}`, "bot=exact:renovate|exact:renovate[bot]"},
		{`{bots: "renovate[bot]"}`, "bot=exact:renovate[bot]"},
		{`{bots: "dep*[bot]"}`, `bot=glob:dep*\[bot\]`},
		{`{authors: bot}`, "author=exact:bot"},
		{`{authors: [Human, renovate]}`, "any(author=exact:Human bot=exact:renovate|exact:renovate[bot])"},
	} {
		c, err := loadText(t, minimal+"objectives: [{id: a, rank: 1, text: A, match: "+tc.text+"}]\n", nil)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if got := write(c.declared.Set.Objectives[0].Match); got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.text, got, tc.want)
		}
	}
}

// Every attribute is understood in the singular and the plural, and every rule
// knows where it was written.
func TestRuleNames(t *testing.T) {
	for name, attr := range ruleNames() {
		value := "x"
		if known := closedValues(attr); known != nil {
			value = known[0]
		}
		c, err := loadText(t, minimal+"non_goals:\n  - "+name+": "+value+"\n", nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := c.declared.Set.NonGoals[0]
		want := attr
		if attr == "author" {
			want = "bot"
		}
		if r.Rule.Attr != want || r.Rule.At != "config.yaml:4:5" || r.Name != "non_goals[0]" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestExclusions(t *testing.T) {
	c, err := loadText(t, minimal+`objectives:
  - {id: a, rank: 1, text: A, excludes: {terms: [smb]}}
  - {id: b, rank: 2, text: B, excludes: {terms: [smb], labels: plg}}
  - {id: c, rank: 3, text: C, excludes: [{labels: plg}]}
  - {id: d, rank: 4, text: D, match: , excludes: }
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"[smb] -", "[smb] label=exact:plg", "[] any(label=exact:plg)", "[] -"}
	for i, o := range c.declared.Set.Objectives {
		if got := fmt.Sprint(o.ExcludedTerms, " ", write(o.Excludes)); got != want[i] {
			t.Errorf("%s: got %s, want %s", o.ID, got, want[i])
		}
	}
}
