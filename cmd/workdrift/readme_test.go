package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/scoring"
)

var readmePath = filepath.Join("..", "..", "README.md")

func readme(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// blocks returns the code blocks of a language.
func blocks(text, language string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestReadmeScores holds the table of scores against what is published: each is
// there, and its help draws the same lines.
func TestReadmeScores(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("..", "..", "scoring", "testdata", "exposition.prom"))
	if err != nil {
		t.Fatal(err)
	}
	help := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^# HELP (\S+) (.*)$`).FindAllStringSubmatch(string(golden), -1) {
		help[m[1]] = m[2]
	}
	_, section, _ := strings.Cut(readme(t), "\n## The scores\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| (`.*?) \\|.*?\\| (.*?) \\|.*?\\|$").FindAllStringSubmatch(section, -1)
	if len(rows) < 30 {
		t.Fatalf("only %d scores", len(rows))
	}
	for _, row := range rows {
		said := ""
		for _, m := range regexp.MustCompile("`([a-z_]+)[`{]").FindAllStringSubmatch(row[1], -1) {
			text, ok := help["workdrift_"+m[1]]
			if !ok {
				t.Errorf("there is no workdrift_%s", m[1])
			}
			said += text
		}
		for _, limit := range regexp.MustCompile(`[0-9]*\.?[0-9]+`).FindAllString(row[2], -1) {
			if strings.HasPrefix(limit, ".") {
				limit = "0" + limit
			}
			whole := regexp.MustCompile(`(^|[^0-9.])` + regexp.QuoteMeta(strings.TrimRight(limit, "0")) + `0*([^0-9]|$)`)
			if strings.Contains(limit, ".") && !whole.MatchString(said) || !strings.Contains(limit, ".") && !regexp.MustCompile(`\b`+limit+`\b`).MatchString(said) {
				t.Errorf("%s: the help does not say %s: %s", row[1], limit, said)
			}
		}
	}
}

func TestReadmeIsShortAndComplete(t *testing.T) {
	text := readme(t)
	if n := strings.Count(text, "\n"); n > 240 {
		t.Errorf("%d lines, want 240 at most", n)
	}
	if m := regexp.MustCompile(`[A-Z]+_OUTPUT|TODO|FIXME`).FindString(text); m != "" {
		t.Errorf("%s is still to be filled in", m)
	}
	links := regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1)
	if len(links) < 5 {
		t.Errorf("only %d links", len(links))
	}
	for _, m := range links {
		u, err := url.Parse(m[1])
		if err != nil {
			t.Error(err)
			continue
		}
		if u.IsAbs() || u.Path == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(u.Path))); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
	// The picture of the output is one: every line of its table has the form
	// that the program prints.
	if !regexp.MustCompile(`(?m)^ +28d +\d\d % +\d\d %–\d\d % +\d\d % `).MatchString(text) {
		t.Error("there is no picture of the output")
	}
}

// repository makes a small history in which the README's configuration finds
// work of every kind, and changes to its directory.
func repository(t *testing.T) {
	t.Helper()
	git := tooltest.Need(t, "git")
	t.Chdir(t.TempDir())
	// No setting of the machine reaches the test.
	for key, value := range map[string]string{"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1"} {
		t.Setenv(key, value)
	}
	run := func(at time.Time, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), git, args...)
		stamp := at.Format(time.RFC3339)
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+stamp, "GIT_COMMITTER_DATE="+stamp,
			"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	now := time.Now()
	run(now, "init", "-q", "-b", "main", ".")
	for i, c := range []struct{ file, message string }{
		{"svc/sso/login.go", "Sign in once"},
		{"svc/sso/logout.go", "Sign out everywhere"},
		{"pay/plan.go", "PAY-12: change the plan"},
		{"pay/invoice.go", "Show invoices in self-serve billing"},
		{"deps/go.mod", "chore: update everything"},
		{"tools/toy.go", "Try a toy"},
	} {
		if err := os.MkdirAll(filepath.Dir(c.file), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, c.file, fmt.Sprint(c, i))
		at := now.AddDate(0, 0, i-10)
		run(at, "add", ".")
		run(at, "commit", "-q", "-m", c.message)
	}
}

// Every command of the README runs, with its configuration, against a real
// repository.
func TestReadmeCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	text := readme(t)
	yaml := blocks(text, "yaml")
	if len(yaml) != 1 {
		t.Fatalf("%d blocks of YAML, want 1", len(yaml))
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	repository(t)
	write(t, "config.yaml", yaml[0])
	gitIn(t, ".", nil, time.Now(), "add", "config.yaml")
	gitIn(t, ".", nil, time.Now(), "commit", "-q", "-m", "chore: declare")
	if n := strings.Count(strings.TrimSpace(yaml[0]), "\n"); n > 12 {
		t.Errorf("the configuration for one's own repository has %d lines", n+1)
	}
	ran := map[string]bool{}
	// What to do in production is done by the tests of deploy.
	text, production, _ := strings.Cut(text, "\n## In production\n")
	_, rest, _ := strings.Cut(production, "\n## ")
	for _, block := range blocks(text+rest, "sh") {
		for line := range strings.Lines(block) {
			line, _, _ = strings.Cut(line, "#")
			args := strings.Fields(line)
			if len(args) < 4 || strings.Join(args[:3], " ") != "go run ./cmd/workdrift" {
				if strings.TrimSpace(line) != "go test ./..." && len(args) > 0 {
					t.Errorf("no test runs %q", line)
				}
				continue
			}
			ran[args[3]] = true
			for i, arg := range args {
				if strings.HasPrefix(arg, "deploy/") { // the commands are given where this project lies
					args[i] = filepath.Join(root, filepath.FromSlash(arg))
				}
			}
			readmeCommand(t, args[3:])
		}
	}
	for _, name := range []string{"demo", "check", "score", "explain", "identities", "serve", "history", "declarations", "backtest", "brief"} {
		if !ran[name] {
			t.Errorf("the README does not show %s", name)
		}
	}
}

// readmeCommand runs a command until it ends, or until it serves.
func readmeCommand(t *testing.T, args []string) {
	t.Helper()
	began, out := time.Now(), newOutput()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, out, out) }()
	switch args[0] {
	case "demo":
		out.await(t, "Ctrl-C stops the demo")
		cancel()
	case "serve":
		// Its port may be in use on this machine, which is not what is tested.
		out.await(t, `msg=listening for=control|address already in use`)
		cancel()
	}
	code := <-ended
	t.Logf("%v took %s", args, time.Since(began).Round(time.Millisecond))
	if taken := strings.Contains(out.String(), "address already in use"); code != 0 && !taken {
		t.Errorf("workdrift %v: exit code %d\n%s", args, code, out)
	}
	if args[0] == "demo" && strings.Contains(out.String(), "level=") {
		t.Errorf("something went wrong in the demo:\n%s", out)
	}
	want := map[string]string{
		"check":        `^config.yaml is good\.\n$`,
		"score":        `(?s)As of .*\n +28d +\d+ %.*\n1\. sso \(active\) +\d.*\n2\. billing \(active\) +\d.*\nrun_work +\d.*\nunknown +\d`,
		"explain":      `Try a toy`,
		"history":      `(?m)^\d{4}-W\d\d +\d+ %`,
		"declarations": `1 commits: 1 declarations were new`,
		"backtest":     `Replayed the reports of`,
		"brief":        `(?m)^# Week \d{4}-W\d\d, `,
		// The one place that shows a handle.
		"identities": `(?m)^  email:ada@example\.org$`,
	}[args[0]]
	if !regexp.MustCompile(want).MatchString(out.String()) {
		t.Errorf("workdrift %v does not print %s but\n%s", args, want, out)
	}
}

// The line for a GitHub organisation is good too.
func TestReadmeGitHubLine(t *testing.T) {
	m := regexp.MustCompile("`(here: \\{type: github,[^`]*\\})`").FindStringSubmatch(readme(t))
	if m == nil {
		t.Fatal("there is no line for GitHub")
	}
	t.Setenv("GITHUB_TOKEN", "only-a-test")
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, regexp.MustCompile(`here: \{type: git,[^}]*\}`).ReplaceAllLiteralString(blocks(readme(t), "yaml")[0], m[1]))
	if stdout, stderr, code := workdrift(t, "check", path); code != 0 || !strings.Contains(stdout, "good") {
		t.Errorf("%d %s", code, stderr)
	}
}

// The example that is worked out by hand, from GitHub's protocol to the
// report: the README shows what comes out.
func TestReadmeExample(t *testing.T) {
	monday := time.Date(2025, 3, 31, 10, 0, 0, 0, time.UTC)
	now := monday.AddDate(0, 0, 3)
	w := fake.NewWorld("acme")
	for _, login := range []string{"ana", "ben", "cleo"} {
		w.AddUser(fake.UserSpec{Login: login})
	}
	// What stands there already was made long ago by accounts that are gone.
	before := monday.AddDate(0, 0, -20)
	for name, n := range map[string]int{"acme/api": 11, "acme/web": 29} {
		w.AddRepo(fake.RepoSpec{Name: name, Created: before})
		w.PushCommits(before, name, "", fake.CommitSpec{Name: "Nobody", Email: "nobody@example.org", Message: "Begin", Files: []string{"README.md"}})
		for i := range n {
			title := "Something else"
			if i == 6 {
				title = "Single sign-on"
			}
			w.OpenIssue(before.Add(time.Duration(i)*time.Minute), name, fake.IssueSpec{Title: title})
		}
	}
	commit := func(author string) []fake.CommitSpec {
		return []fake.CommitSpec{{Author: author, Message: "Work", Authored: monday, Committed: monday, Files: []string{"a.go"}}}
	}
	api := w.OpenPull(monday, "acme/api", fake.PullSpec{Title: "Log in", Body: "Fixes acme/web#7", Head: "login", Commits: commit("ana")})
	web := w.OpenPull(monday, "acme/web", fake.PullSpec{Title: "Something new", Head: "new", Commits: commit("ben")})
	ticket := w.OpenIssue(monday, "acme/web", fake.IssueSpec{Title: "It is down", Labels: []string{"incident"}})
	w.Review(monday.Add(time.Hour), "acme/web", web, fake.ReviewSpec{Author: "ana", State: "APPROVED"})
	w.Comment(monday, "acme/web", ticket, "cleo", "Looking.")
	if err := w.Err(); err != nil || api != 12 || web != 30 || ticket != 31 {
		t.Fatalf("api#%d, web#%d, web#%d: %v", api, web, ticket, err)
	}
	server, err := fake.Listen(fake.NewGitHub(w, fake.Options{Now: func() time.Time { return now }}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "t")
	path := filepath.Join(dir, "config.yaml")
	write(t, path, fmt.Sprintf(`
connectors:
  acme: {type: github, base_url: "%[1]s/", graphql_url: "%[1]s/graphql", token_file: token, organizations: [acme]}
objectives: [{id: sso, rank: 1, text: Single sign-on, keys: ["acme/web#7"]}]
run_work: {rules: [{name: incidents, labels: [incident]}]}
privacy: {k_effort: 1, dominance: 1, min_person_days: 1}
storage: {directory: .}
`, server.URL))
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), cfg, daemonOptions{Log: newLogger(t.Output(), cfg.Log), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	org := &pollAndScore(t, d).Window("7d").Org
	if org.Total != 2.5 {
		t.Errorf("%v person-days, want 2.5", org.Total)
	}
	top, shadow := org.Score(scoring.TopObjectivesEffort), org.Score(scoring.ShadowEffort)
	text := readme(t)
	for what, number := range map[string]scoring.Number{"top priorities": top.Value, "their upper bound": top.Upper, "shadow roadmap": shadow.Value} {
		if !strings.Contains(text, percent(number)) {
			t.Errorf("%s: %s comes out, which the README does not say", what, percent(number))
		}
	}
	if got := fmt.Sprint(percent(top.Value), percent(top.Lower), percent(top.Upper), percent(shadow.Value), percent(shadow.Lower)); got != "27 %27 %80 %67 %0 %" {
		t.Errorf("27 %% (27 %% to 80 %%) and 67 %% (from 0 %%) are wanted, %s comes out", got)
	}
	if verdict := org.Score(scoring.ShadowRoadmap).Verdict; verdict != "possible" {
		t.Errorf("the verdict is %q", verdict)
	}
}
