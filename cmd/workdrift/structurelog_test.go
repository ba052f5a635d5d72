package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

const teamsConfig = loopback + `privacy: {ledger_retention_days: 3650}
teams:
  - {id: core, members: [{person: canary-ada, from: 2025-03-02, until: 2025-03-31}, {person: canary-bo, from: 2025-03-02}]}
  - {id: care, groups: ["here:care"]}
identities:
  - {person: canary-ada, handles: ["email:canary-ada@example.org"]}
  - {person: canary-bo, handles: ["email:canary-bo@example.org"]}
`

// careHas tells of who is in the group that makes up the team care.
func careHas(t *testing.T, s *bolt.DB, day string, handles ...string) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	g := store.Group{Source: "here", Name: "care", At: at.Add(9 * time.Hour)}
	for _, handle := range handles {
		g.Members = append(g.Members, s.Hasher().Actor(handle))
	}
	if _, err := s.Apply(t.Context(), "here", store.Batch{Groups: []store.Group{g}}); err != nil {
		t.Fatal(err)
	}
}

// configuredLog is what the configurations of structureStory say, careLog what a
// group adds.
const (
	configuredLog = `2025-03-02            members of core changed
2025-03-16T09:00:00Z  api rank
2025-04-01            members of core changed
`
	careLog = "2025-05-04            members of care changed\n"
)

// structureStory returns the path of a configuration with a database that knows
// of edits and changes of members.
func structureStory(t *testing.T) string {
	t.Helper()
	s := newGitStory(t)
	path := filepath.Join(s.repo, "config.yaml")
	s.write("config.yaml", gitConfig+teamsConfig+goalsOf("sso 1", "api 2"))
	s.commit("2025-01-05")
	s.write("config.yaml", gitConfig+teamsConfig+goalsOf("sso 1", "api 3"))
	s.commit("2025-03-16")
	s.told(path, "2 commits: 2 declarations were new", configuredLog)
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	err = withStore(t.Context(), cfg, false, func(db *bolt.DB) error {
		careHas(t, db, "2025-02-02", "email:canary-cy@example.org")
		careHas(t, db, "2025-05-04", "email:canary-cy@example.org", "email:canary-di@example.org")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func askDeclarations(t *testing.T, path, output string) string {
	t.Helper()
	stdout, stderr, code := workdrift(t, "declarations", "--config", path, "--output", output)
	if code != 0 || stderr != "" {
		t.Fatalf("%d %s", code, stderr)
	}
	return stdout
}

// The members of teams are part of the structure log, by the command with and
// without a daemon and in the web, and who they are is in none of it.
func TestStructureLogTellsOfMembers(t *testing.T) {
	path := structureStory(t)
	offline := askDeclarations(t, path, "json")
	if got := askDeclarations(t, path, "text"); got != configuredLog+careLog {
		t.Errorf("%swant\n%s", got, configuredLog+careLog)
	}
	var list []map[string]string
	if err := json.Unmarshal([]byte(offline), &list); err != nil || len(list) != 4 {
		t.Fatalf("%v: %s", err, offline)
	}
	if got := list[3]; len(got) != 3 || got["kind"] != "membership" || got["team"] != "care" || got["effective_from"] != "2025-05-04" {
		t.Errorf("of care is told %v", got)
	}

	r := start(t, path, 10*time.Millisecond)
	r.await(t, "complete", complete)
	if text, raw := askDeclarations(t, path, "text"), askDeclarations(t, path, "json"); text != configuredLog+careLog || raw != offline {
		t.Errorf("the daemon tells something else:\n%s%s", text, raw)
	}
	told := offline
	for _, c := range []struct {
		url, want string
		times     int
	}{
		{"/api/v1/structure-log", `"kind":"membership"`, 3},
		{"/api/v1/structure-log?team=care", `"effective_from":"2025-05-04"`, 1},
		{"/api/v1/structure-log?from=2025-04-01T00:00:00Z&to=2025-05-03T00:00:00Z", `"team":"core"`, 1},
		{"/api/v1/structure-log?objective=api", `"kind":"membership"`, 0},
		{"/api/v1/structure-log.csv", "membership", 3},
		{"/api/v1/annotations", "members changed", 3},
		{"/changes", "members of core changed", 2},
	} {
		body := get(t, r.url+c.url)
		told += body
		if n := strings.Count(strings.ReplaceAll(body, `": `, `":`), c.want); n != c.times {
			t.Errorf("%s has %s %d times, want %d:\n%s", c.url, c.want, n, c.times, body)
		}
	}

	careHas(t, r.store, "2025-06-01")
	if err := r.evaluator.evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := get(t, r.url+"/api/v1/structure-log?team=care")
	if !strings.Contains(body, "2025-06-01") {
		t.Errorf("the log does not follow the groups: %s", body)
	}
	if r.reloadWell(t); get(t, r.url+"/api/v1/structure-log?team=care") != body {
		t.Error("the members are lost with a reload")
	}
	if told += body; strings.Contains(told, "canary") {
		t.Errorf("a person is told of:\n%s", told)
	}
}
