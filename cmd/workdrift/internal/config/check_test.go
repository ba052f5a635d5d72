package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// build is a factory as main passes it.
func build(c Connector) error {
	var s testSettings
	if err := c.Decode(&s); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	var errs []error
	if len(s.Repositories) == 0 {
		errs = append(errs, errors.New("name at least one repository"))
	}
	for i, r := range s.Repositories {
		if !strings.Contains(r, "/") {
			errs = append(errs, fmt.Errorf("repositories[%d]: %q is not owner/name", i, r))
		}
	}
	if s.Reserve > 1 {
		errs = append(errs, fmt.Errorf("reserve: is too much"))
	}
	return errors.Join(errs...)
}

// Check returns the errors of the file and of every connector at once, in the
// order of the file, all with positions.
func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	text := `connectors:
  a: {type: github, repositories: [x, acme/api], reserve: 2}
  b: {type: githb, repositories: [acme/api]}
  c: {type: github, tokenfile: x}
  d: {type: github}
  e: {type: github, interval: soon, token: hunter2, repositories: [acme/api]}
top: 0
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Check(path, map[string]func(Connector) error{"github": build, "git": build})
	list, ok := errors.AsType[Errors](err)
	if !ok {
		t.Fatalf("Check = %v", err)
	}
	want := []string{
		`2:36: connectors.a.repositories[0]: "x" is not owner/name`,
		`2:59: connectors.a.reserve: is too much`,
		`3:13: connectors.b.type: there is no connector of this type; did you mean "github"?`,
		`4:21: connectors.c.tokenfile: unknown key; did you mean "token_file"?`,
		`5:6: connectors.d: name at least one repository`,
		`6:31: connectors.e.interval: "soon" is not a duration: write a number and a unit, such as 5m, 24h or 28d`,
		`6:37: connectors.e.token: a secret must not stand in the configuration; name its file with token_file or its environment variable with token_env`,
		`7:6: top: must be between 1 and 100`,
	}
	if len(list) != len(want) {
		t.Fatalf("got %d errors:\n%v", len(list), list)
	}
	for i, e := range list {
		if got, want := e.Error(), path+":"+want[i]; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestCheckGood(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	text := `connectors:
  a: {type: github, repositories: [acme/api], token_file: secrets/token}
objectives: [{id: x, rank: 1, text: X, owner: {team: core}, match: {labels: x}}]
teams: [{id: core, members: [github:octocat]}, {id: ops, members: [github:hubot]}]
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen Connector
	types := map[string]func(Connector) error{"github": func(c Connector) error { seen = c; return build(c) }}
	warnings, err := Check(path, types)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("Check = %v, %v", warnings, err)
	}
	token := filepath.Join(dir, "secrets", "token")
	if seen.Name != "a" || seen.Resolve("secrets/token") != token || seen.Resolve("/x") != "/x" || seen.Resolve("") != "" {
		t.Errorf("connector %+v", seen)
	}

	// A secret that everybody can read is worth a warning; what it says is not.
	if err := os.Mkdir(filepath.Dir(token), 0o700); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{
		0o600: "",
		0o640: "",
		0o644: path + ":2:59: connectors.a.token_file: every user of this machine can read the secret (mode 0644); chmod o= it",
	} {
		if err := os.WriteFile(token, []byte("hunter2"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(token, mode); err != nil {
			t.Fatal(err)
		}
		warnings, err := Check(path, types)
		if err != nil || strings.Join(warnings, "\n") != want {
			t.Errorf("mode %v: %v, %v; want %q", mode, warnings, err, want)
		}
	}
	if _, err := Check(filepath.Join(dir, "none.yaml"), types); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	c, err := loadText(t, `connectors:
  here: {type: git}
objectives:
  - {id: a, rank: 1, text: A, owner: {team: core}}
  - {id: b, rank: 1, text: B, match: {sources: there, labels: x}}
  - {id: c, rank: 1, text: C, state: paused, owner: {team: core}, match: {sources: "th*"}}
run_work: {rules: [{not: {any: [{source: nowhere}]}}]}
teams: [{id: core}, {id: ops, members: [git:x]}]
identities:
  - {person: zoe}
  - {person: max, handles: ["email:1+max@users.noreply.github.com", gihub:max]}
privacy: {k_people: 4}
windows: {labels: [7d]}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `config.yaml:4:5: objectives[0]: it has neither keys nor a rule, so no work can match it
config.yaml:5:5: objectives[1].owner: is missing: nobody answers for it
config.yaml:5:19: objectives[1].rank: is the rank of the active objective in line 4 too; they will be ordered by id
config.yaml:5:38: objectives[1].match: nothing can match it: there is no connector "there"
config.yaml:7:20: run_work.rules[0]: nothing can match it: there is no connector "nowhere"
config.yaml:8:9: teams[0]: the team has neither members nor groups
config.yaml:10:5: identities[0]: the person has no handles, so no work is theirs
config.yaml:11:5: identities[1]: the person is in no team
config.yaml:11:29: identities[1].handles[0]: commits under such an address count for the account it names; write github: and the login
config.yaml:11:69: identities[1].handles[1]: no connector of this type exists; handles begin with email: or the type of a connector
config.yaml:12:21: privacy.k_people: groups below 5 can often be traced to persons
config.yaml:13:19: windows.labels: the shipped alerts and dashboards read the window 28d`
	if got := strings.Join(c.Warnings(), "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	c, err = loadText(t, minimal, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Warnings(), "\n"); got != "config.yaml:1:1: objectives: nothing is declared, so all work will be unknown" {
		t.Errorf("got %s", got)
	}
}

// The objectives may stand in a file of their own; their rules name it.
func TestObjectivesFile(t *testing.T) {
	c, err := loadText(t, minimal+"objectives_file: sub/goals.yaml\nteams: [{id: core, members: [email:a@example.org]}]\n", map[string]string{
		"goals.yaml": "top: 1\nobjectives:\n  - {id: a, rank: 1, text: A, owner: {team: core}, match: {labels: x}}\n  - {id: b, rank: 2, text: B, owner: {team: core}}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	file := c.Connectors[0].Resolve("sub/goals.yaml")
	set := c.declared.Set
	if set.TopN != 1 || len(set.Objectives) != 2 || set.Objectives[0].Match.At != "goals.yaml:3:60" {
		t.Errorf("set %+v", set)
	}
	if got, want := strings.Join(c.Warnings(), "\n"), file+":4:5: objectives[1]: it has neither keys nor a rule"; !strings.HasPrefix(got, want) {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

// Whoever can be reached by others must ask for a login, unless told not to.
func TestListening(t *testing.T) {
	files := map[string]string{"users.yml": "basic_auth_users: {a: x}\n", "certs.yml": "tls_server_config: {client_auth_type: RequireAndVerifyClientCert}\n", "bad.yml": "["}
	for web, ok := range map[string]bool{
		`{listen_address: "127.0.0.1:80"}`:                                true,
		`{listen_address: "127.9.9.9:80"}`:                                true,
		`{listen_address: "[::1]:0"}`:                                     true,
		`{listen_address: "localhost:80"}`:                                true,
		`{listen_address: ":80"}`:                                         false,
		`{listen_address: "[::]:80"}`:                                     false,
		`{listen_address: "10.0.0.1:80"}`:                                 false,
		`{listen_address: "localhost.evil.example:80"}`:                   false,
		`{listen_address: ":80", allow_unauthenticated: true}`:            true,
		`{listen_address: ":80", web_config_file: users.yml}`:             true,
		`{listen_address: ":80", web_config_file: certs.yml}`:             true,
		`{listen_address: ":80", web_config_file: bad.yml}`:               false,
		`{listen_address: ":80", web_config_file: none.yml}`:              false,
		`{listen_address: "127.0.0.1:80", web_config_file: none.yml}`:     true,
		`{listen_address: "127.0.0.1:80", probe_address: "0.0.0.0:9798"}`: true,
		`{listen_address: "127.0.0.1:80", hooks_address: "0.0.0.0:9799"}`: true,
	} {
		c, err := loadText(t, minimal+"web: "+web+"\n", files)
		if (err == nil) != ok {
			t.Errorf("%s: %v, want ok = %v", web, err, ok)
		}
		if login := strings.Contains(web, "users.yml") || strings.Contains(web, "certs.yml"); err == nil && c.Web.Login != login {
			t.Errorf("%s: a login is asked for: %v", web, c.Web.Login)
		}
		if err == nil && c.Web.ConfigFile != "" && !filepath.IsAbs(c.Web.ConfigFile) {
			t.Errorf("%s: web_config_file %q is not absolute", web, c.Web.ConfigFile)
		}
	}
}

// Groups name a connector of the file, by its instance.
func TestGroups(t *testing.T) {
	for groups, want := range map[string]string{
		`["mine:acme/core", "mine:ops: on call"]`: "",
		`[]`:                   "",
		`["git:acme/core"]`:    "begins with no connector of this file", // the type, not the name
		`["acme/core"]`:        "is no group",
		`["mine:"]`:            "is no group",
		`["mine: core"]`:       "is no group",
		`["mine:a", "mine:a"]`: "is listed twice",
	} {
		c, err := loadText(t, "connectors: {mine: {type: git, path: .}}\nteams: [{id: core, groups: "+groups+"}]\n", nil)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", groups, err)
		case want == "" && groups != "[]" && !slices.Equal(c.declared.Teams[0].Groups, []string{"mine:acme/core", "mine:ops: on call"}):
			t.Errorf("%s became %v", groups, c.declared.Teams[0].Groups)
		case want != "" && (err == nil || !strings.Contains(err.Error(), "teams[0].groups[") || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want an error that says it %s", groups, err, want)
		}
	}
}

func TestMerging(t *testing.T) {
	for text, want := range map[string]scoring.Merge{
		"": {Profiles: true},
		"identity_merging: {verified_email: true}\n":                  {VerifiedEmail: true, Profiles: true},
		"identity_merging: {profiles: false}\n":                       {},
		"identity_merging: {verified_email: true, profiles: false}\n": {VerifiedEmail: true},
	} {
		c, err := loadText(t, minimal+text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Declared(nil, nil).People.Merge; got != want {
			t.Errorf("%q means %+v, want %+v", text, got, want)
		}
	}
}

// Secrets that travel in the clear, or that everybody can read, are warned of.
func TestAccessWarnings(t *testing.T) {
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(token, 0o644); err != nil {
		t.Fatal(err)
	}
	warnings := func(address string) string {
		path := filepath.Join(dir, "config.yaml")
		text := "connectors: {here: {type: git, path: .}}\nobjectives: [{id: a, rank: 1, text: A, keys: [\"a/b#1\"]}]\n" +
			"web: {listen_address: \"" + address + "\", access: {clients: [{name: p, role: read, token_file: token}]}}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(c.Warnings(), "\n")
	}
	if got := warnings("0.0.0.0:1"); !strings.Contains(got, "unencrypted") || !strings.Contains(got, ":3:89: web.access.clients[0].token_file: every user") {
		t.Errorf("got %s", got)
	}
	if got := warnings("127.0.0.1:1"); strings.Contains(got, "unencrypted") || !strings.Contains(got, "every user") {
		t.Errorf("on a loopback address: %s", got)
	}
}

// A group that no connector is told to read leaves its team empty.
func TestUnreadGroupsAreTold(t *testing.T) {
	c, err := loadText(t, `connectors:
  code: {type: github, organizations: [acme], teams: [acme/core]}
  tickets: {type: jira, groups: [crew]}
  here: {type: git}
teams:
  - {id: core, groups: ["code:acme/core", "tickets:crew"]}
  - {id: lost, groups: ["code:acme/web", "tickets:staff", "here:all"]}
objectives:
  - {id: a, rank: 1, text: A, keys: [PAY-1], owner: {team: core}}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.Warnings(), "\n")
	for _, want := range []string{
		":7:25: teams[1].groups[0]: nothing is read under this name: it is not listed in connectors.code.teams",
		":7:42: teams[1].groups[1]: nothing is read under this name: it is not listed in connectors.tickets.groups",
		":7:59: teams[1].groups[2]: nothing is read under this name: connectors of the type git read no groups",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "teams[0]") {
		t.Errorf("groups that are read are complained of:\n%s", got)
	}
}
