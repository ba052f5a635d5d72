package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/store/bolt"
)

// The life of the organisation that the crash tests read, and the day as of
// which they score it. It is long over, so that nothing depends on today.
var (
	crashBegin = time.Date(2025, 7, 7, 8, 0, 0, 0, time.UTC)
	crashEnd   = time.Date(2025, 9, 26, 18, 0, 0, 0, time.UTC)
	crashDay   = "2025-09-28"
)

// A crashRig is a fake GitHub and a git clone, with the configuration under
// which they are read.
type crashRig struct {
	hub   *fake.GitHub
	world *fake.World
	url   string
	now   atomic.Int64 // the server's clock, unix seconds
	clone string
	shas  []string // of the clone
	seed  string   // an empty database: stores made from it hash alike
}

func newCrashRig(t *testing.T) *crashRig {
	t.Helper()
	r := &crashRig{world: fake.NewWorld("acme"), clone: t.TempDir(), seed: filepath.Join(t.TempDir(), databaseFile)}
	r.now.Store(crashEnd.Unix())
	fake.Populate(r.world, fake.Size{Repos: 3, Issues: 110, Pulls: 90, Commits: 90, People: 9}, crashBegin, crashEnd, 11)
	// No request counts against a limit: the server's clock stands still.
	r.hub = fake.NewGitHub(r.world, fake.Options{
		Limit: 1 << 30, Now: func() time.Time { return time.Unix(r.now.Load(), 0).UTC() },
	})
	r.hub.Fault(nil, -1, fake.Fault{Kind: fake.Latency, Wait: time.Millisecond})
	server, err := fake.Listen(r.hub)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), r.world.Err()); err != nil {
			t.Error(err)
		}
	})
	r.url = server.URL
	r.shas = makeClone(t, r.clone, 1200)
	db, err := bolt.Open(t.Context(), r.seed, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// makeClone fills a directory with a repository of n commits and returns their
// names.
func makeClone(t *testing.T, dir string, n int) []string {
	t.Helper()
	tooltest.Need(t, "git")
	var in strings.Builder
	step := crashEnd.Sub(crashBegin) / time.Duration(n)
	for i := range n {
		who, at := i%9+1, crashBegin.Add(time.Duration(i)*step).Unix()
		message := fmt.Sprintf("fix(api): part %d, see acme/service-0%d#%d", i, i%3+1, i%50+1)
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter Developer %03d <dev-%03d@example.org> %d +0200\ndata %d\n%s\nM 644 inline api/file-%d.go\ndata 6\n%06d\n",
			who, who, at, len(message), message, i%40, i)
	}
	git := func(stdin string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return string(out)
	}
	git("", "init", "-q", "-b", "main")
	git(in.String(), "fast-import", "--quiet")
	return strings.Fields(git("", "rev-list", "main"))
}

// directory makes a place for a program to run in. A seeded one holds an empty
// database whose hashes of people are those of every other seeded one.
func (r *crashRig) directory(t *testing.T, seeded bool) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]byte{"config.yaml": []byte(r.config()), "token": []byte("a-token")}
	if seeded {
		image, err := os.ReadFile(r.seed)
		if err != nil {
			t.Fatal(err)
		}
		files[databaseFile] = image
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (r *crashRig) config() string {
	var teams strings.Builder
	for i, id := range []string{"core", "growth", "care"} {
		fmt.Fprintf(&teams, "  - {id: %s, zone: Europe/Berlin, members: [p%d, p%d, p%d]}\n", id, 3*i+1, 3*i+2, 3*i+3)
	}
	teams.WriteString("identities:\n")
	for i := 1; i <= 9; i++ {
		fmt.Fprintf(&teams, "  - {person: p%d, handles: [\"github:dev-%03d\", \"email:dev-%03d@example.org\"]}\n", i, i, i)
	}
	return fmt.Sprintf(`connectors:
  clone: {type: git, path: %q, repo: acme/clone, since: 2025-06-01}
  hub: {type: github, base_url: %q, graphql_url: %q, token_file: token,
        organizations: [acme], since: 2025-06-01, page_size: 4}
web: {listen_address: "127.0.0.1:0"}
storage: {directory: .}
privacy: {ledger_retention_days: 3650} # the world is old, and the daemon lives today
top: 2
objectives:
  - {id: search, rank: 1, text: Search, owner: {team: core}, target_share: 0.5, match: {paths: ["search/**", "api/**"]}}
  - {id: safety, rank: 2, text: Safety, owner: {team: growth}, target_share: 0.3, match: {labels: [security, bug]}}
  - {id: shop, rank: 3, text: Shop, owner: {team: care}, state: retired, effective_from: 2025-08-01, match: {paths: ["billing/**"]}}
run_work:
  rules: [{name: incidents, labels: [incident]}]
teams:
%s`, r.clone, r.url+"/", r.url+"/graphql", teams.String())
}

// mutate lets a minute pass in which something of every kind happens.
func (r *crashRig) mutate(i int) {
	at := time.Unix(r.now.Add(60), 0)
	repo, who := fmt.Sprintf("acme/service-%02d", i%3+1), fmt.Sprintf("dev-%03d", i%9+1)
	n := r.world.OpenIssue(at, repo, fake.IssueSpec{Author: who, Title: fmt.Sprint("Incident ", i), Labels: []string{"incident"}})
	r.world.Comment(at, repo, n, who, "Looking")
	r.world.Relabel(at, repo, 1+i%20, "security")
	r.world.PushCommits(at, repo, "", fake.CommitSpec{Author: who, Message: fmt.Sprint("Part ", i), Files: []string{"api/a.go"}})
	p := r.world.OpenPull(at, repo, fake.PullSpec{Author: who, Title: "Fix it", Body: fmt.Sprint("Fixes #", n), Head: fmt.Sprint("fix-", i),
		Commits: []fake.CommitSpec{{Author: who, Message: "Fix", Files: []string{"api/b.go"}}}})
	r.world.Review(at, repo, p, fake.ReviewSpec{Author: "dev-001", State: "APPROVED"})
	r.world.MergePull(at, repo, p, "dev-002", []fake.MergeMethod{fake.Merge, fake.Squash, fake.Rebase}[i%3])
}

// truth is what a store must hold, from what the world and the clone hold.
func (r *crashRig) truth() []string {
	var out []string
	add := func(item string, events ...string) {
		out = append(out, item+" ")
		for _, e := range events {
			out = append(out, item+" "+e)
		}
	}
	for _, sha := range r.shas {
		add("clone acme/clone/"+sha, "commit/"+sha)
	}
	for _, repo := range r.world.Snapshot() {
		prefix := fmt.Sprintf("hub R%d/", repo.ID)
		for _, sha := range repo.Commits {
			add(prefix+sha, "commit/"+sha)
		}
		for _, is := range repo.Issues {
			add(prefix+fmt.Sprint(is.Number), issueEvents(is)...)
		}
	}
	slices.Sort(out)
	return out
}

func issueEvents(is fake.IssueState) []string {
	events := []string{"open"}
	switch {
	case !is.Merged.IsZero():
		events = append(events, "merge")
	case !is.Open:
		events = append(events, fmt.Sprintf("close/%d", is.Closed.Unix()))
	}
	for _, sha := range is.Commits {
		events = append(events, "commit/"+sha)
	}
	for prefix, ids := range map[string][]int64{"comment": is.Comments, "review": is.Reviews, "review_comment": is.CodeNotes} {
		for _, id := range ids {
			events = append(events, fmt.Sprintf("%s/%d", prefix, id))
		}
	}
	return events
}

// sameRecords compares sorted lists and tells what was lost and what is there
// more often than it should be.
func sameRecords(t *testing.T, what string, got, want []string) {
	t.Helper()
	counts := map[string]int{}
	for _, s := range got {
		counts[s]++
	}
	for _, s := range want {
		counts[s]--
	}
	shown := 0
	for s, n := range counts {
		if n != 0 && shown < 10 {
			t.Errorf("%s: %+d of %q", what, n, s)
			shown++
		}
	}
}
