package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/hostile"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// mark is in every text that comes from upstream in this test.
const mark = "zqxj"

// submit lets people write texts wherever they can: the nth text of each field
// is another one, so that every text is in every field.
func (c *company) submit(t *testing.T, texts []string) {
	t.Helper()
	w, site, slack := c.story.World(), c.story.Site(), c.story.Workspace()
	const repo = "harbourline/checkout"
	who := c.story.Teams()[0].Members[0]
	account := "712020:" + mark + fmt.Sprint(len(texts))
	site.AddUser(fake.JiraUserSpec{ID: account, Name: account, Display: texts[0] + mark, TimeZone: "Etc/UTC"})
	member := slack.AddMember(fake.MemberSpec{Name: mark + fmt.Sprint(len(texts)), RealName: texts[len(texts)/2] + mark, Email: account + "@zyx.example"})
	channel := c.channel(t, "obj-", member)
	own := slack.AddChannel(c.story.Start(), fake.ChannelSpec{Name: "obj-" + texts[len(texts)/3] + mark, Creator: member, Members: []string{member}, Bot: true})
	for i := range texts {
		nth := func(field int) string { return texts[(i+field*7)%len(texts)] + mark }
		at := time.Now().Add(-time.Duration(24*(2+i%9)) * time.Hour)
		now := time.Now() // the sources are asked for what was touched since they were
		issue := w.OpenIssue(at, repo, fake.IssueSpec{Author: who, Title: nth(0), Body: nth(1), Labels: []string{nth(2)}, Milestone: nth(3)})
		w.Comment(now, repo, issue, who, nth(4))
		key := site.Open(at, "PAY", fake.JiraIssueSpec{Type: "Story", Summary: nth(0), Description: nth(1), Reporter: account, Labels: []string{nth(2)}, Components: []string{nth(3)}})
		site.Transition(at, key, account, "In Progress")
		site.Comment(now, key, account, nth(4))
		site.Develop(key, fake.JiraDevSpec{App: "GitHub", Kind: "pullrequest", Name: nth(5), ID: fmt.Sprint("#", i), Status: "OPEN", Branch: nth(6), At: at, Author: nth(7),
			URL: "https://evil.example/" + url.PathEscape(nth(8)) + fmt.Sprintf("/%s/pull/%d?", mark, i) + url.QueryEscape(nth(9))})
		slack.Post(now, []string{channel, own}[i%2], fake.MessageSpec{Author: member, Text: nth(0)})
		if i%4 == 0 {
			pull := w.OpenPull(at, repo, fake.PullSpec{Author: who, Title: nth(0), Body: nth(1), Labels: []string{nth(2)}, Milestone: nth(3), Head: nth(4), Commits: []fake.CommitSpec{{
				Author: who, Message: nth(5) + "\n\n" + nth(6), Authored: at, Committed: at, Files: []string{"docs/adr/" + nth(7) + ".md"}}}})
			w.Comment(now, repo, pull, who, nth(8))
		}
	}
	if err := c.story.Err(); err != nil {
		t.Fatal(err)
	}
}

// Issue 5, proof 2: a daemon whose sources are full of hostile texts says what
// it says of others, in the same elements, columns and lines.
func TestHostileSources(t *testing.T) {
	if testing.Short() {
		t.Skip("texts do nothing at the same time")
	}
	texts, err := hostile.Texts()
	if err != nil {
		t.Fatal(err)
	}
	c := newCompany(t, 6)
	path := c.config(t, t.TempDir(), loopback, tellAll)
	c.allTools(t, path)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.NewReplacer("projects: [PLAT", "development: [GitHub], projects: [PLAT", "channels: [", "discovery_interval: 1s, channels: [").Replace(string(raw)))
	var plain []string
	for i := range 24 {
		plain = append(plain, fmt.Sprintf("harmless text %d of the company", i))
	}
	c.submit(t, plain)
	r := start(t, path, 0)
	before := r.await(t, "complete", complete).Stats.Items
	n := newNewcomers(t, r)
	items := n.items(t)
	n.decide(t, items, plain)
	known := n.pages(t, items)
	c.submit(t, texts)
	r.await(t, "of all texts", func(report *scoring.Report) bool { return report.Stats.Items >= before+len(texts)*7/2 })
	if items = n.items(t); len(items) < 3*len(texts) {
		t.Fatalf("%d items came of %d texts", len(items), len(texts))
	}
	n.decide(t, items, texts)
	for kind, page := range n.pages(t, items) {
		if known[kind] == "" {
			t.Errorf("%.200q has %s", page, kind)
		}
	}
	n.answers(t)
	n.commands(t, path, items)
	n.briefs(t, path)
	r.stop(t)
	for line := range strings.Lines(r.log.String()) {
		if !strings.HasPrefix(line, "time=") || !isLine(strings.TrimSuffix(line, "\n")) {
			t.Fatalf("a line of the log is %q", line)
		}
	}
}

// newcomers looks at what a daemon says of items that came since it last looked.
type newcomers struct {
	*running
	client *http.Client
	seen   map[string]bool
}

func newNewcomers(t *testing.T, r *running) *newcomers {
	n := &newcomers{running: r, client: &http.Client{Transport: &http.Transport{}}, seen: map[string]bool{}}
	t.Cleanup(n.client.CloseIdleConnections)
	return n
}

// items are those with a key that were not asked for before.
func (n *newcomers) items(t *testing.T) (list []store.Item) {
	t.Helper()
	for it, err := range n.store.Items(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if id := it.Source + " " + it.ID; len(it.Keys) > 0 && !n.seen[id] {
			n.seen[id] = true
			list = append(list, it)
		}
	}
	return list
}

// pages asks for every page, and for the explanation of many items, and returns
// what elements there are and where one was seen.
func (n *newcomers) pages(t *testing.T, items []store.Item) map[string]string {
	t.Helper()
	paths := []string{"/", "/objectives", "/objectives/checkout-latency", "/shadow", "/kill-list", "/changes", "/sources", "/methods", "/decisions"}
	for from := 0; from < maxListed-25; from += 25 {
		paths = append(paths, fmt.Sprintf("/explain?subject=unknown&from=%d", from))
	}
	for i := 0; i < len(items); i += 3 { // each text is the title of about four
		paths = append(paths, "/explain?subject="+url.QueryEscape(items[i].Keys[0]))
	}
	kinds, sites := map[string]string{}, n.sites()
	for _, path := range paths {
		code, body := request(t, n.client, "GET", n.url+path)
		page, err := hostile.Parse(body)
		if err != nil || code != http.StatusOK {
			t.Errorf("%s: %d, %v", path, code, err)
			continue
		}
		if found := page.Dangers(sites...); len(found) > 0 {
			t.Errorf("%.300s holds %q", path, found)
		}
		for kind := range page.Kinds() {
			kinds[kind] = path
		}
	}
	return kinds
}

// decide decides about items, for reasons that are texts.
func (n *newcomers) decide(t *testing.T, items []store.Item, texts []string) {
	t.Helper()
	for i := range 12 {
		body, err := json.Marshal(map[string]any{"keys": []string{items[i*len(items)/12].Keys[0]}, "to": "excluded", "why": texts[i*len(texts)/12] + mark})
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Detail string }
		code := ask(t, "POST", n.url+"/api/v1/overrides", string(body), &answer)
		if long := strings.HasPrefix(answer.Detail, "why is longer"); code != http.StatusCreated && !long {
			t.Errorf("%.200s: %d %s", body, code, answer.Detail)
		}
	}
}

// answers asks for every answer of the API, and for the metrics.
func (n *newcomers) answers(t *testing.T) {
	t.Helper()
	told := 0
	for _, p := range web.Paths() {
		if p.Method != "GET" || !strings.HasPrefix(p.Pattern, "/api/v1/") || strings.HasSuffix(p.Pattern, ".yaml") {
			continue
		}
		path := strings.Replace(p.Pattern, "{objective}", "checkout-latency", 1)
		if slices.Contains(p.Params, "subject") {
			path += "?subject=unknown&window=91d&limit=500"
		}
		code, body := request(t, n.client, "GET", n.url+path)
		told += strings.Count(body, mark)
		switch {
		case code != http.StatusOK:
			t.Errorf("%s: %d %s", path, code, body)
		case strings.Contains(p.Pattern, ".csv"):
			if _, err := csv.NewReader(strings.NewReader(body)).ReadAll(); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		case !json.Valid([]byte(body)) || !utf8.ValidString(body):
			t.Errorf("%s is no JSON: %s", path, body)
		}
	}
	if told < 200 {
		t.Errorf("the API tells only %d times of the texts", told)
	}
	if text := get(t, n.url+"/metrics"); strings.Contains(text, mark) || !strings.Contains(text, "workdrift_shadow_effort_ratio") {
		t.Error("the metrics hold a text of upstream, or nothing")
	}
}

// commands explains some of the items on a terminal.
func (n *newcomers) commands(t *testing.T, path string, items []store.Item) {
	t.Helper()
	subjects := []string{"unknown", "excluded"}
	for i := 0; i < len(items); i += max(1, len(items)/40) {
		subjects = append(subjects, items[i].Keys[0])
	}
	for _, subject := range subjects {
		for _, format := range []string{"text", "json"} {
			stdout, stderr, code := workdrift(t, "explain", "--config", path, "--output", format, "--", subject)
			if code != 0 || stderr != "" || format == "json" && !json.Valid([]byte(stdout)) {
				t.Errorf("explain %q as %s: %d %s", subject, format, code, stderr)
			}
			for line := range strings.Lines(stdout) {
				if !isLine(strings.TrimSuffix(line, "\n")) {
					t.Errorf("explain %q prints %q", subject, line)
				}
			}
		}
	}
}

// briefs prints the brief in every format.
func (n *newcomers) briefs(t *testing.T, path string) {
	t.Helper()
	for _, format := range []string{"markdown", "html", "slack"} {
		stdout, stderr, code := workdrift(t, "brief", "--config", path, "--format", format)
		if code != 0 || len(stdout) < 200 || format == "slack" && !json.Valid([]byte(stdout)) {
			t.Errorf("brief as %s: %d %s%s", format, code, stdout, stderr)
		}
		for line := range strings.Lines(stdout) {
			if !isLine(strings.TrimSuffix(line, "\n")) {
				t.Errorf("the brief as %s has %q", format, line)
			}
		}
	}
}

// isLine reports whether a terminal shows a text and does nothing else.
func isLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) && connectors.Printable(text) == text
}
