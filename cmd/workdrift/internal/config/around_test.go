package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What is around the objectives is kept as digests, without what decides
// nothing: order, how often, where a secret lies, and who.
func TestAround(t *testing.T) {
	const text = `connectors:
  jira: {type: jira, base_url: https://acme.atlassian.net, projects: [PAY, ENT], token_env: TOKEN, dropped_statuses: [Rejected]}
  code: {type: git, path: ., since: 365d}
privacy: {k_effort: 1, dominance: 1, min_person_days: 1}
objectives: [{id: parser, rank: 1, text: A faster parser, match: {paths: "parser/**"}}]
identities: [{person: ada, handles: ["github:ada"]}]
teams:
  - {id: core, members: [ada, "github:ben", {person: "github:cleo", until: 2026-03-31}], repositories: [acme/web, acme/api], projects: [PAY]}
`
	load := func(replace ...string) map[string]any {
		t.Helper()
		c, err := loadText(t, strings.NewReplacer(replace...).Replace(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		s := c.Declared(nil, nil).Set.Settings
		return map[string]any{"jira": s.Connectors["jira"], "code": s.Connectors["code"], "owned": s.Owned, "members": s.Members}
	}
	before := load()
	if keys := slices.Sorted(maps.Keys(before["jira"].(map[string]string))); !slices.Equal(keys, []string{"base_url", "dropped_statuses", "projects", "type"}) {
		t.Errorf("keys %v", keys)
	}
	for _, c := range []struct {
		name, changed string
		replace       []string
	}{
		{"nothing", "", nil},
		{"where the token is", "", []string{"TOKEN", "OTHER"}},
		{"how often", "", []string{"since: 365d", "since: 365d, interval: 1m"}},
		{"the order of keys", "", []string{"path: ., since: 365d", "since: 365d, path: ."}},
		{"the order of what is owned", "", []string{"acme/web, acme/api", "acme/api, acme/web"}},
		{"one member for another", "", []string{"github:ben", "github:dan"}},
		{"another last day", "", []string{"2026-03-31", "2026-04-30"}},
		{"projects", "jira", []string{"[PAY, ENT]", "[PAY]"}},
		{"a new key", "code", []string{"since: 365d", "since: 365d, branch: trunk"}},
		{"what is owned", "owned", []string{"acme/web, acme/api", "acme/web"}},
		{"one member less", "members", []string{`"github:ben", `, ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := load(c.replace...)
			for part, was := range before {
				if same := reflect.DeepEqual(was, after[part]); same == (part == c.changed) {
					t.Errorf("%s: %v, before %v", part, after[part], was)
				}
			}
		})
	}
}
