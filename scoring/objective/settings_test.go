package objective

import (
	"strings"
	"testing"
	"time"
)

// TestEditsOfSettings: what is around the objectives is logged by what it is
// about, and nothing where it was not kept before.
func TestEditsOfSettings(t *testing.T) {
	base := func() *Settings {
		return &Settings{
			Connectors: map[string]map[string]string{"jira": {"projects": "1", "dropped_statuses": "2"}, "slack": {"channels": "3"}},
			Owned:      map[string][]string{"core": {"acme/api"}},
			Members:    map[string]int{"core": 5},
		}
	}
	for _, c := range []struct {
		name string
		edit func(s *Settings)
		want string
	}{
		{"nothing", func(*Settings) {}, ""},
		{"projects", func(s *Settings) { s.Connectors["jira"]["projects"] = "9" }, "connector jira"},
		{"a key goes", func(s *Settings) { delete(s.Connectors["jira"], "projects") }, "connector jira"},
		{"statuses", func(s *Settings) { s.Connectors["jira"]["dropped_statuses"] = "9" }, "workflow jira"},
		{"resolutions come", func(s *Settings) { s.Connectors["jira"]["dropped_resolutions"] = "9" }, "workflow jira"},
		{"both", func(s *Settings) { s.Connectors["jira"] = map[string]string{"projects": "8", "dropped_statuses": "9"} }, "connector jira, workflow jira"},
		{"a connector goes", func(s *Settings) { delete(s.Connectors, "slack") }, "connector slack"},
		{"a connector comes", func(s *Settings) { s.Connectors["git"] = nil }, "connector git"},
		{"owned", func(s *Settings) { s.Owned = map[string][]string{"core": {"acme/web"}, "app": {"APP"}} }, "owned app, owned core"},
		{"members", func(s *Settings) { s.Members["core"]-- }, "members core"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := base()
			c.edit(now)
			var got []string
			for _, e := range Edits([]Loaded{{Set: Set{Settings: base()}}, {Known: time.Unix(60, 0), Set: Set{Settings: now}}}) {
				got = append(got, string(e.Kind)+" "+e.About)
				if e.Team()+e.Connector() != e.About || e.Objective != "" || !e.Known.Equal(time.Unix(60, 0)) {
					t.Errorf("%+v", e)
				}
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if edits := Edits([]Loaded{{Set: Set{}}, {Set: Set{Settings: now}}, {Set: Set{}}}); len(edits) > 0 {
				t.Errorf("edits of what was not known: %v", edits)
			}
		})
	}
}
