package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store/bolt"
)

// A trail is a piece of work as its three tools know it.
type trail struct{ change, ticket, thread string }

var titled = regexp.MustCompile(`^\[?([A-Z]+-\d+)\]?:? `)

// trail returns a merged pull request of the company whose ticket belongs to an
// objective and is discussed in the objective's channel.
func (c *company) trail(t *testing.T) trail {
	t.Helper()
	threads := map[string]string{} // by ticket
	for _, channel := range c.story.Workspace().Snapshot() {
		for _, m := range channel.Messages {
			if _, rest, ok := strings.Cut(m.Text, "/browse/"); ok && m.Thread == "" && strings.HasPrefix(channel.Name, "obj-") {
				key, _, _ := strings.Cut(rest, "|")
				threads[key] = "archives/" + channel.ID + "/p" + strings.Replace(m.TS, ".", "", 1)
			}
		}
	}
	for _, repo := range c.story.World().Snapshot() {
		for _, is := range repo.Issues {
			key := titled.FindStringSubmatch(is.Title)
			if key != nil && threads[key[1]] != "" && is.Pull && !is.Merged.IsZero() && is.Merged.Before(time.Now().AddDate(0, 0, -5)) {
				return trail{change: repo.Name + "#" + strconv.Itoa(is.Number), ticket: key[1], thread: threads[key[1]]}
			}
		}
	}
	t.Fatal("no pull request implements a ticket that is discussed")
	return trail{}
}

// Beside a daemon and without one a command gives the same answer.
func TestExplainAndBackupBesideADaemonAndWithoutOne(t *testing.T) {
	c := newCompany(t, 6)
	dir := t.TempDir()
	path := c.config(t, dir, loopback)
	c.allTools(t, path)
	work := c.trail(t)
	change := work.change
	r := start(t, path, 0)
	r.await(t, "complete", complete)
	socket := filepath.Join(dir, controlSocket)
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the socket: %v %v", info, err)
	}
	questions := [][]string{
		{"explain", change, "--config", path},
		{"explain", change, "--config", path, "--output", "json"},
		{"explain", work.thread, "--config", path},
		{"explain", work.ticket, "--config", path, "--output", "json"},
		{"explain", "unknown", "--config", path},
		{"explain", "checkout-latency", "--config", path, "--window", "7d"},
		{"explain", "run_work", "--config", path, "-o", "json"},
	}
	beside := map[string]string{}
	for _, args := range questions {
		stdout, stderr, code := workdrift(t, args...)
		if code != 0 || stderr != "" {
			t.Fatalf("%v: %d %s", args, code, stderr)
		}
		beside[strings.Join(args, " ")] = stdout
	}
	c.checkTrail(t, work, func(n int) string { return beside[strings.Join(questions[n], " ")] })
	for _, args := range [][]string{
		{"explain", "no/such#1", "--config", path}, {"explain", "unknown", "--config", path, "--window", "1y"},
		{"explain", "unknown", "--config", path, "--output", "xml"}, {"explain", "--config", path},
	} {
		if stdout, stderr, code := workdrift(t, args...); code != 1 || stderr == "" || stdout != "" {
			t.Errorf("%v: %d %q %q", args, code, stdout, stderr)
		}
	}

	online := filepath.Join(dir, "online.db")
	stdout, stderr, code := workdrift(t, "backup", online, "--config", path)
	if code != 0 || !strings.Contains(stdout, "Wrote and verified "+online) {
		t.Errorf("backup beside the daemon: %d %s %s", code, stdout, stderr)
	}
	if _, stderr, code := workdrift(t, "backup", online, "--config", path); code != 0 {
		t.Errorf("a second backup over the first: %s", stderr)
	}
	for _, file := range []string{filepath.Join(dir, databaseFile), filepath.Join(dir, "none", "x.db"), dir} {
		if stdout, stderr, code := workdrift(t, "backup", file, "--config", path); code != 1 || stdout != "" || !strings.Contains(stderr, file) {
			t.Errorf("backup to %s: %d %q", file, code, stderr)
		}
	}
	r.stop(t)
	if _, err := os.Stat(socket); err == nil {
		t.Error("the socket outlives the daemon")
	}

	for _, args := range questions {
		stdout, stderr, code := workdrift(t, args...)
		if key := strings.Join(args, " "); code != 0 || stdout != beside[key] {
			t.Errorf("%v without a daemon: %d %s\n%s\nand beside one:\n%s", args, code, stderr, stdout, beside[key])
		}
	}
	offline := filepath.Join(dir, "offline.db")
	if _, stderr, code := workdrift(t, "backup", offline, "--config", path); code != 0 {
		t.Errorf("backup without a daemon: %s", stderr)
	}
	want := stateHash(t, filepath.Join(dir, databaseFile))
	for _, copied := range []string{online, offline} {
		if got := stateHash(t, copied); got != want {
			t.Errorf("%s holds something else than the database", copied)
		}
		if info, err := os.Stat(copied); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can read %s: %v", copied, info.Mode())
		}
	}
}

// checkTrail looks at the answers to the first four questions: each is explained
// through the ticket by the epic that the objective declares.
func (c *company) checkTrail(t *testing.T, work trail, answer func(question int) string) {
	t.Helper()
	var change, ticket explanation
	for n, into := range map[int]*explanation{1: &change, 3: &ticket} {
		if err := json.Unmarshal([]byte(answer(n)), into); err != nil {
			t.Fatal(err)
		}
	}
	if len(change.Items) != 1 || change.Items[0].Key != work.change || change.Items[0].Method != "inherited" || len(change.Items[0].Path) < 2 {
		t.Fatalf("the change as JSON: %+v", change)
	}
	if len(ticket.Items) != 1 || len(ticket.Items[0].Path) != len(change.Items[0].Path)-1 || !slices.Equal(ticket.Items[0].To, change.Items[0].To) {
		t.Errorf("the ticket as JSON: %+v", ticket)
	}
	epic := ""
	for _, o := range c.story.Objectives() {
		if slices.Equal(change.Items[0].To, []string{o.ID}) {
			epic = o.Epic
		}
	}
	if epic == "" {
		t.Fatalf("the change counts for %v", change.Items[0].To)
	}
	for n, first := range map[int]string{0: "implements " + work.ticket, 2: "discusses " + work.ticket} {
		path := `(?s)counts for +` + change.Items[0].To[0] + ` +by inherited.* → ` + first + ` ".*" .* → parent ` + epic + ` ".*" \(`
		if !regexp.MustCompile(path).MatchString(answer(n)) {
			t.Errorf("the explanation does not show the path by %s to the epic %s:\n%s", first, epic, answer(n))
		}
	}
}

func stateHash(t *testing.T, path string) [32]byte {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sum, err := db.StateHash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// What a source wrote must not steer a terminal.
func TestExplainIsSafeToPrint(t *testing.T) {
	c := newCompany(t, 1)
	evil := "Fix \x1b]0;owned\x07 \x1b[2J\u202ething\r\nunknown  done"
	w := c.story.World()
	number := w.OpenIssue(time.Now().Add(-time.Hour), "harbourline/checkout", fake.IssueSpec{Author: c.story.Teams()[0].Members[0], Title: evil})
	dir := t.TempDir()
	path := c.config(t, dir, loopback)
	if _, stderr, code := workdrift(t, "score", "--config", path); code != 0 {
		t.Fatal(stderr)
	}
	stdout, stderr, code := workdrift(t, "explain", "harbourline/checkout#"+strconv.Itoa(number), "--config", path)
	if code != 0 {
		t.Fatal(stderr)
	}
	if strings.ContainsAny(stdout, "\x1b\x07\r\u202e") || strings.Contains(stdout, "\nunknown  done") {
		t.Errorf("%q", stdout)
	}
}

func TestCheckTellsEverythingAtOnce(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	write(t, bad, `connectors:
  a: {type: gitbub}
  b: {type: github, organizations: [x], token_env: WORKDRIFT_TEST_UNSET, page_size: 1000}
  c: {type: git, path: ., colour: red}
objectives:
  - {id: One, rank: 1, text: x}
  - {id: two, rank: 0, text: y, match: {titles: "/(/"}}
top: many
`)
	stdout, stderr, code := workdrift(t, "check", bad)
	if code != 1 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	for _, want := range []string{
		`:2:13: connectors\.a\.type: .*"?github`, `:3:\d+: connectors\.b\.page_size: `, `:4:\d+: connectors\.c\.colour: `, `:6:10: objectives\[0\]\.id: `,
		`:7:\d+: objectives\[1\]\.rank: `, `:7:\d+: objectives\[1\]\.match`, `:8:6: top: `,
	} {
		if !regexp.MustCompile(`(?m)` + regexp.QuoteMeta(bad) + want).MatchString(stderr) {
			t.Errorf("%s is missing in:\n%s", want, stderr)
		}
	}
	if _, stderr, code := workdrift(t, "check", filepath.Join(dir, "none.yaml")); code != 1 || !strings.Contains(stderr, "none.yaml") {
		t.Errorf("no file: %d %s", code, stderr)
	}
}

// The example that explains every key is good for the real connectors too.
func TestCheckExample(t *testing.T) {
	for _, tool := range []string{"GITHUB", "JIRA", "SLACK"} {
		t.Setenv("WORKDRIFT_"+tool+"_TOKEN", "only-a-test")
	}
	example := filepath.Join("..", "..", "config.example.yaml")
	stdout, stderr, code := workdrift(t, "check", example)
	if code != 0 || stdout != example+" is good.\n" {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

func TestVersionAndHelp(t *testing.T) {
	stdout, stderr, code := workdrift(t, "version")
	if code != 0 || stderr != "" || !regexp.MustCompile(`^workdrift, version .*\n(?s:.*)go version: +go1\.`).MatchString(stdout) {
		t.Errorf("%d %s %s", code, stdout, stderr)
	}
	help, _, _ := workdrift(t, "--help")
	for _, name := range []string{"demo", "serve", "check", "score", "explain", "identities", "backup", "version"} {
		if !regexp.MustCompile(`\n  ` + name + ` +[A-Z]`).MatchString(help) {
			t.Errorf("%s is missing in the help", name)
		}
		one, _, code := workdrift(t, name, "--help")
		if code != 0 || !strings.Contains(one, "Usage:") || (name != "version" && !strings.Contains(one, "Examples:")) {
			t.Errorf("%s --help: %d %s", name, code, one)
		}
	}
	for _, args := range [][]string{{"bogus"}, {"serve", "extra"}, {"backup"}, {"check"}, {"version", "--bogus"}, {"serve", "--config", "/no/such/file.yaml"}} {
		if stdout, stderr, code := workdrift(t, args...); code != 1 || stdout != "" || !strings.HasPrefix(stderr, "workdrift: ") {
			t.Errorf("%v: %d %q %q", args, code, stdout, stderr)
		}
	}
}

func TestScore(t *testing.T) {
	c := newCompany(t, 6)
	path := c.config(t, t.TempDir(), loopback)
	stdout, stderr, code := workdrift(t, "score", "--config", path)
	if code != 0 || !regexp.MustCompile(`\n +28d +\d+ %`).MatchString(stdout) {
		t.Fatalf("%d %s %s", code, stdout, stderr)
	}
	asJSON, _, code := workdrift(t, "score", "--config", path, "--output", "json")
	var report struct {
		Windows []struct{ Label string }
	}
	if err := json.Unmarshal([]byte(asJSON), &report); code != 0 || err != nil || len(report.Windows) != 4 {
		t.Errorf("as JSON: %d %v %s", code, err, asJSON)
	}
	day := time.Now().AddDate(0, 0, -9).Format(time.DateOnly)
	past, stderr, code := workdrift(t, "score", "--config", path, "--at", day)
	if code != 0 || !strings.Contains(past, "As of "+day+",") {
		t.Errorf("--at %s: %d %s %s", day, code, past, stderr)
	}
	if _, stderr, code := workdrift(t, "score", "--config", path, "--at", "yesterday"); code != 1 || !strings.Contains(stderr, "--at") {
		t.Errorf("--at yesterday: %d %s", code, stderr)
	}
	c.github.Fault(nil, -1, fake.Fault{Kind: fake.ServerError, Status: 500})
	if stdout, stderr, code := workdrift(t, "score", "--config", path); code != 1 || !strings.Contains(stderr, "workdrift: connector harbourline: ") {
		t.Errorf("of a source that fails: %d %q %s", code, stdout, stderr)
	} else if !strings.HasPrefix(stdout, "As of ") {
		t.Errorf("what is stored is not reported: %s", stdout)
	}
}
