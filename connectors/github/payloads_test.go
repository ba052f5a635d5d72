package github

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// recordings is where recorded payloads lie, beside the repository.
const recordings = "../../../shared/data/payloads"

// A recorded payload with the number its request was about.
type recording struct {
	Request struct {
		Input struct{ Number int64 } `json:"input"`
	} `json:"request"`
	Payload map[string]any `json:"payload"`
}

func (r recording) number(field string) int64 {
	n, _ := r.Payload[field].(float64)
	return int64(n)
}

func readRecordings(t *testing.T, name string) []recording {
	t.Helper()
	file, err := os.Open(filepath.Join(recordings, "github", name+".jsonl.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the recorded payloads are not at %s", recordings)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []recording
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r recording
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if lines.Err() != nil || len(out) == 0 {
		t.Fatalf("%s: %d records, %v", name, len(out), lines.Err())
	}
	return out
}

// A player serves recorded payloads as the API did.
type player struct {
	issues, pulls, commits, comments, notes []recording
	branch                                  string
}

func (p *player) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	const repo = "/repos/user-0001/ants"
	rest, inside := strings.CutPrefix(q.URL.Path, repo)
	send := func(v any) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(v)
	}
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	switch {
	case inside && rest == "", q.URL.Path == "/repositories/137451403":
		send(map[string]any{"id": 137451403, "full_name": "user-0001/ants", "default_branch": p.branch, "html_url": "https://github.com/user-0001/ants"})
	case rest == "/issues":
		send(p.list(p.heads(), q))
	case rest == "/issues/comments":
		send(p.list(p.comments, q))
	case rest == "/pulls/comments":
		send(p.list(p.notes, q))
	case len(parts) == 2 && parts[0] == "pulls":
		for _, r := range p.pulls {
			if strconv.FormatInt(r.number("number"), 10) == parts[1] {
				send(r.Payload)
				return
			}
		}
		http.NotFound(w, q)
	case len(parts) == 3 && parts[2] == "commits":
		send(p.commitsOf(parts[1]))
	case len(parts) == 3 && parts[2] == "reviews":
		send([]any{})
	default:
		http.NotFound(w, q)
	}
}

// heads are the issues, and the pull requests as the list of issues shows them.
func (p *player) heads() []recording {
	out := slices.Clone(p.issues)
	for _, pull := range p.pulls {
		if slices.ContainsFunc(p.issues, func(r recording) bool { return r.number("number") == pull.number("number") }) {
			continue
		}
		head := recording{Payload: map[string]any{"pull_request": map[string]any{}}}
		for _, field := range []string{"number", "node_id", "title", "body", "state", "user", "html_url", "created_at", "updated_at", "closed_at"} {
			head.Payload[field] = pull.Payload[field]
		}
		out = append(out, head)
	}
	return out
}

// list filters and sorts as since and sort=updated do.
func (p *player) list(all []recording, q *http.Request) []any {
	since, _ := time.Parse(time.RFC3339, q.URL.Query().Get("since"))
	updated := func(r recording) string { s, _ := r.Payload["updated_at"].(string); return s }
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b recording) int { return cmp.Compare(updated(a), updated(b)) })
	out := []any{}
	size, _ := strconv.Atoi(q.URL.Query().Get("per_page"))
	for _, r := range all {
		if at, _ := time.Parse(time.RFC3339, updated(r)); !at.Before(since) && len(out) < size {
			out = append(out, r.Payload)
		}
	}
	return out
}

func (p *player) commitsOf(number string) []any {
	out := []any{}
	for _, r := range p.commits {
		if strconv.FormatInt(r.Request.Input.Number, 10) == number {
			out = append(out, r.Payload)
		}
	}
	return out
}

// linkTruth reads which keywords of which pull request close what.
func linkTruth(t *testing.T) map[int64]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordings, "truth_github_links.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]string{}
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if n, err := strconv.ParseInt(f[1], 10, 64); f[0] == "pull" && err == nil {
			out[n] = f[5]
		}
	}
	return out
}

// TestRecordedPayloads reads real answers through the connector: every
// distinct id becomes one item or event, and closing links equal the
// documented truth.
func TestRecordedPayloads(t *testing.T) {
	p := &player{
		issues: readRecordings(t, "issues"), pulls: readRecordings(t, "pulls"), commits: readRecordings(t, "pull_commits"),
		comments: readRecordings(t, "issue_comments"), notes: readRecordings(t, "pull_review_comments"), branch: "master",
	}
	s := httptest.NewServer(p)
	defer s.Close()
	r := newRig(t, newWorld(), fake.Options{})
	r.config = "repositories: [user-0001/ants]\nanonymous: true\nsince: 2010-01-01\npage_size: 20\nbase_url: " + s.URL + "\n"
	r.MustPoll(r.connect())

	numbers, changes := map[int64]bool{}, map[int64]bool{}
	for _, rec := range p.heads() {
		numbers[rec.number("number")] = true
	}
	for _, rec := range p.pulls {
		changes[rec.number("number")] = true
	}
	equal(t, "items", len(r.Shelf.Items), len(numbers))
	equal(t, "quarantined", r.Shelf.Quarantined, map[string]string{})
	counts := map[store.EventKind]int{}
	for _, e := range r.Shelf.Events {
		counts[e.Kind]++
	}
	equal(t, "opened", counts[store.EventOpen], len(numbers))
	authored := slices.DeleteFunc(slices.Clone(p.commits), func(r recording) bool { parents, _ := r.Payload["parents"].([]any); return len(parents) > 1 })
	if len(authored) == len(p.commits) {
		t.Error("no pull request was brought up to date by a merge")
	}
	equal(t, "commits", counts[store.EventCommit], distinct(authored, func(r recording) string { s, _ := r.Payload["sha"].(string); return s }))
	id := func(r recording) string { return fmt.Sprint(r.number("id")) }
	equal(t, "comments and replies", counts[store.EventComment]+counts[store.EventReply]+counts[store.EventReview], distinct(p.comments, id)+distinct(p.notes, id))

	closing := linkTruth(t)
	for n := range changes {
		var want []string
		if closing[n] != "" {
			want = []string{"user-0001/ants" + closing[n]}
		}
		it := r.item(fmt.Sprintf("user-0001/ants#%d", n))
		equal(t, fmt.Sprintf("change %d closes", n), connectortest.Keys(it, store.LinkCloses), want)
		equal(t, "kind", it.Kind, store.KindChange)
	}
	equal(t, "unmerged, so not delivered", r.item("user-0001/ants#192").Status, store.StatusDropped)
	equal(t, "merged", r.item("user-0001/ants#210").Status, store.StatusDone)
	t.Logf("%d items (%d changes), %v", len(r.Shelf.Items), len(changes), counts)
}

func distinct(all []recording, id func(recording) string) int {
	seen := map[string]bool{}
	for _, r := range all {
		seen[id(r)] = true
	}
	return len(seen)
}

// TestRecordedBots reads the payloads of machine accounts, which are shorter
// than what the API documents.
func TestRecordedBots(t *testing.T) {
	for _, rec := range readRecordings(t, "pulls_bot") {
		raw, err := json.Marshal([]any{rec.Payload})
		if err != nil {
			t.Fatal(err)
		}
		good, bad, err := decodeArray(raw, (*wirePull).valid)
		if err != nil || len(bad) > 0 || len(good) != 1 {
			t.Fatalf("%v %v", bad, err)
		}
		n := &normaliser{source: source}
		n.change(repository{id: 1, repoPos: repoPos{Name: "test/repo", Branch: "main"}}, good[0].change())
		it := n.out.Items[0]
		login, _ := rec.Payload["user"].(map[string]any)["login"].(string)
		bot := strings.HasSuffix(login, botSuffix)
		equal(t, login, it.Attrs[store.AttrAuthor][0] == "bot", bot)
		equal(t, login+" event", n.out.Events[0].Bot, bot)
	}
}
