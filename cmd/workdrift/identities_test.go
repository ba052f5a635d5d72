package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// accounts stores identities as the poller hands them over.
func accounts(t *testing.T, path string, bySource map[string][]store.Identity) {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key := db.Hasher().Actor
	for source, ids := range bySource {
		for i := range ids {
			if ids[i].Handle == "" {
				ids[i].Handle = ids[i].Actor
			}
			ids[i].Actor = key(ids[i].Actor)
			for j := range ids[i].Same {
				ids[i].Same[j].Actor = key(ids[i].Same[j].Actor)
			}
		}
		if _, err := db.Apply(t.Context(), source, store.Batch{Identities: ids}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

const peopleConfig = `connectors: {here: {type: git, path: .}}
storage: {directory: .}
teams: [{id: core, members: [ada, "github:linus"]}]
identities: [{person: ada, handles: ["github:ada", "email:ada@example.org"]}]
bots: ["email:ci@example.org"]
`

func identitiesOf(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "config.yaml")
	write(t, path, peopleConfig)
	mail := func(actor string) store.Same { return store.Same{Actor: actor, By: store.SameByEmail} }
	field := func(actor string) store.Same { return store.Same{Actor: actor, By: store.SameByProfile} }
	accounts(t, filepath.Join(dir, databaseFile), map[string][]store.Identity{
		"code": {
			{Actor: "github:ada"}, {Actor: "github:linus"}, {Actor: "github:grace", Same: []store.Same{mail("email:grace@example.org")}},
			{Actor: "github:renovate[bot]", Bot: true, Same: []store.Same{mail("email:grace@example.org"), mail("github:ada")}}, {Actor: "github:\x1b[2Jevil"},
		},
		"clone": {
			{Actor: "email:ada@home.example.org"}, {Actor: "email:grace@example.org"}, {Actor: "email:ci@example.org"}, {Actor: "email:two words@example.org", Same: []store.Same{mail("github:grace")}},
		},
		"talk": {
			{Actor: "slack:U1", Handle: "slack:U1 Ada L.", Same: []store.Same{mail("email:ada@home.example.org"), field("github:ada")}},
			{Actor: "slack:U2", Handle: "slack:U2 Linus", Same: []store.Same{mail("github:linus")}},
			{Actor: "slack:U3", Handle: "slack:U3 Both", Same: []store.Same{mail("github:ada"), mail("github:linus")}},
		},
	})
	return dir, path
}

func TestIdentities(t *testing.T) {
	dir, path := identitiesOf(t)
	stdout, stderr, code := workdrift(t, "identities", "--config", path)
	if code != 0 || stderr != "" {
		t.Fatalf("%d %s", code, stderr)
	}
	// What the profile of slack:U1 says is believed, so it is ada's; verified
	// addresses are not believed here. slack:U3 is said to be two people.
	want := `clone
  email:ada@home.example.org
  email:ci@example.org  (bot)
  email:grace@example.org
  email:two words@example.org
code
  github: [2Jevil
  github:grace
  github:renovate[bot]  (bot)
talk
  slack:U2 Linus
  slack:U3 Both

In all, 7 handles are of nobody in the configuration, 3 are of somebody; 2 belong to bots.

By what the sources say, these belong together. Check them, give those a name that
are called person-…, and put the entries into the configuration. An entry that is
there already gets the longer list of handles.

identities:
    - person: ada
      handles: ['github:ada', 'email:ada@example.org', 'email:ada@home.example.org']
    - person: person-1
      handles: ['email:grace@example.org', 'github:grace']
    - person: person-2
      handles: ['github:linus', 'slack:U2']
`
	got := strings.ReplaceAll(stdout, `"`, "'")
	if !sameLines(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	all, _, _ := workdrift(t, "identities", "--all", "--config", path)
	for _, line := range []string{"  github:ada  = ada\n", "  slack:U1 Ada L.  = ada\n", "  github:linus  = github:linus\n"} {
		if !strings.Contains(all, line) {
			t.Errorf("%q is missing in\n%s", line, all)
		}
	}
	for _, more := range [][]string{nil, {"--all"}} {
		asJSON, _, code := workdrift(t, append([]string{"identities", "--config", path, "-o", "json"}, more...)...)
		var list identityList
		if err := json.Unmarshal([]byte(asJSON), &list); code != 0 || err != nil || len(list.Sources) != 3 || len(list.Suggested) != 3 {
			t.Errorf("as JSON: %d %v %s", code, err, asJSON)
		}
		if got := strings.Contains(asJSON, "slack:U1"); got != (more != nil) {
			t.Errorf("with %v the JSON has a merged handle: %v", more, got)
		}
	}
	// What is suggested is good, and merges what it says.
	_, suggested, _ := strings.Cut(stdout, "identities:\n")
	write(t, path, regexp.MustCompile(`(?m)^identities: .*$`).ReplaceAllLiteralString(peopleConfig, "identities:\n"+suggested))
	if _, err := config.Load(path); err != nil {
		t.Fatalf("the suggestion is no good: %v\n%s", err, suggested)
	}
	stdout, _, _ = workdrift(t, "identities", "--config", path)
	if strings.Contains(stdout, "grace") || strings.Contains(stdout, "belong together") || !strings.Contains(stdout, "slack:U3 Both") {
		t.Errorf("after following the suggestion:\n%s", stdout)
	}
	if _, err := os.Stat(filepath.Join(dir, controlSocket)); err == nil {
		t.Error("a command without a daemon left a socket")
	}
}

// sameLines compares without the breaks that the YAML library puts into lists.
func sameLines(a, b string) bool {
	return slices.Equal(strings.Fields(a), strings.Fields(b))
}

func TestForgetIdentities(t *testing.T) {
	dir, path := identitiesOf(t)
	file := filepath.Join(dir, databaseFile)
	before := readAll(t, file)
	if !bytes.Contains(before, []byte("grace")) {
		t.Fatal("no handle is in the file: the test shows nothing")
	}
	stdout, stderr, code := workdrift(t, "identities", "forget", "--config", path)
	if code != 0 || !strings.Contains(stdout, "Backups") {
		t.Fatalf("%d %s %s", code, stdout, stderr)
	}
	after := readAll(t, file)
	for _, trace := range []string{"grace", "ada@", "renovate", "slack:", "github:", "two words"} {
		if bytes.Contains(after, []byte(trace)) {
			t.Errorf("%q is still in the file", trace)
		}
	}
	stdout, _, code = workdrift(t, "identities", "--config", path)
	if code != 0 || !strings.HasPrefix(stdout, "No handles are stored") {
		t.Errorf("%d %s", code, stdout)
	}
	// Without a database there is nothing to list, and nothing is made.
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code := workdrift(t, "identities", "--config", path); code != 1 || stdout != "" || !strings.Contains(stderr, databaseFile) {
		t.Errorf("without a database: %d %q %q", code, stdout, stderr)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("listing made a database")
	}
}

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Beside a daemon the list is that of its database, and forgetting leaves
// nothing in the file that it goes on with.
func TestIdentitiesBesideADaemon(t *testing.T) {
	c := newCompany(t, 2)
	dir := t.TempDir()
	who := c.story.Teams()[0].Members[0]
	path := c.config(t, dir, loopback, "identities: [{person: boss, handles: [\"github:"+strings.ToLower(who)+"\"]}]\n")
	r := start(t, path, 0)
	r.await(t, "complete", complete)
	all, stderr, code := workdrift(t, "identities", "--all", "--config", path)
	if code != 0 || !strings.Contains(all, "harbourline\n") || !strings.Contains(all, "= boss\n") {
		t.Fatalf("%d %s\n%s", code, stderr, all)
	}
	// No figure, time or amount stands beside a handle.
	for line := range strings.Lines(all) {
		if strings.HasPrefix(line, "  ") && !regexp.MustCompile(`^  [a-z]+:\S+(  \(bot\)|  = \w+)?\n$`).MatchString(line) && !strings.Contains(line, "person") && !strings.Contains(line, "handles:") {
			t.Errorf("a line tells more than a handle: %q", line)
		}
	}
	r.stop(t)
	alone, stderr, code := workdrift(t, "identities", "--all", "--config", path)
	if code != 0 || alone != all {
		t.Errorf("without the daemon: %d %s\n%s\nand beside it\n%s", code, stderr, alone, all)
	}

	// Nothing is read any more, so that no handle comes back.
	c.github.Fault(nil, -1, fake.Fault{Kind: fake.ServerError, Status: 500})
	r = start(t, path, time.Hour)
	before := stateOfProfiles(t, r.store)
	if _, stderr, code := workdrift(t, "identities", "forget", "--config", path); code != 0 {
		t.Fatal(stderr)
	}
	if got := stateOfProfiles(t, r.store); !slices.Equal(got, before) {
		t.Errorf("profiles went from %v to %v", before, got)
	}
	r.stop(t)
	if raw := readAll(t, filepath.Join(dir, databaseFile)); bytes.Contains(raw, []byte("github:"+strings.ToLower(who))) {
		t.Error("a handle is still in the file")
	}
}

// What people wrote is counted and not kept, and what is left of the people
// themselves once their handles are erased is under keyed hashes.
func TestTextAndPeopleAtRest(t *testing.T) {
	c := newCompany(t, 2)
	at, body := time.Now().Add(-time.Hour), "The zanzibarium of quirkwright@example.org fails.\n\nCo-authored-by: Ada Canary <canary@example.org>"
	w := c.story.World()
	w.OpenIssue(at, "harbourline/checkout", fake.IssueSpec{Author: c.story.Teams()[0].Members[0], Title: "A titled problem", Body: body})
	dir := t.TempDir()
	path := c.config(t, dir, loopback)
	if _, stderr, code := workdrift(t, "score", "--config", path); code != 0 {
		t.Fatal(stderr)
	}
	file := filepath.Join(dir, databaseFile)
	if raw := readAll(t, file); !bytes.Contains(raw, []byte("A titled problem")) || !bytes.Contains(raw, []byte("github:")) {
		t.Fatal("neither title nor handle is in the file: the test shows nothing")
	}
	db, err := bolt.Open(t.Context(), file, bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	counted := false
	for item, err := range db.Items(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]bool{}
		for _, term := range item.Terms {
			words[term.Word] = true
		}
		counted = counted || words[db.Hasher().Term("zanzibarium")]
		if words[db.Hasher().Term("quirkwright")] || words[db.Hasher().Term("canary")] {
			t.Error("a name is among the words")
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if !counted {
		t.Error("the words of the text are not counted")
	}
	if _, stderr, code := workdrift(t, "identities", "forget", "--config", path); code != 0 {
		t.Fatal(stderr)
	}
	raw := readAll(t, file)
	for _, trace := range []string{"zanzibarium", "quirkwright", "canary@", "Ada Canary", "github:", "email:"} {
		if bytes.Contains(raw, []byte(trace)) {
			t.Errorf("%q is in the file", trace)
		}
	}
}

func stateOfProfiles(t *testing.T, db *bolt.DB) (out []string) {
	t.Helper()
	for p, err := range db.Profiles(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Source+" "+p.Actor)
	}
	return out
}
