package jira

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gojira "github.com/andygrunwald/go-jira"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// recordings is where recorded payloads lie, beside the repository.
const recordings = "../../../shared/data/payloads"

// A recording is a recorded payload with the issue its request was about.
type recording struct {
	Request struct {
		Input struct {
			Issue int64 `json:"issue_id"`
		} `json:"input"`
	} `json:"request"`
	Payload json.RawMessage `json:"payload"`
}

// openRecordings opens one of the recorded files, or skips the test.
func openRecordings(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.Open(filepath.Join(recordings, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the recorded payloads are not at %s", recordings)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func readRecordings(t *testing.T, name string) []recording {
	t.Helper()
	unpacked, err := gzip.NewReader(openRecordings(t, "jira/"+name+".jsonl.gz"))
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

// readTruth reads the rows of a table by the names of their columns.
func readTruth(t *testing.T, name string) []map[string]string {
	t.Helper()
	var out []map[string]string
	var header []string
	lines := bufio.NewScanner(openRecordings(t, name))
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if header == nil {
			header = cells
			continue
		}
		row := map[string]string{}
		for i, c := range cells {
			row[header[i]] = c
		}
		out = append(out, row)
	}
	if lines.Err() != nil || len(out) == 0 {
		t.Fatalf("%s: %d rows, %v", name, len(out), lines.Err())
	}
	return out
}

// A player serves recorded issues as a server did.
type player struct {
	cloud    bool
	issues   []json.RawMessage
	statuses []json.RawMessage
	panels   map[string]json.RawMessage   // by issue
	remote   map[string][]json.RawMessage // by issue
}

func (p *player) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	send := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	path := strings.TrimPrefix(q.URL.Path, "/rest/")
	switch id := strings.TrimSuffix(strings.TrimPrefix(path, "api/2/issue/"), "/remotelink"); {
	case path == "api/2/serverInfo":
		send(map[string]any{"baseUrl": "https://jira.example.org", "deploymentType": map[bool]string{true: "Cloud", false: "Server"}[p.cloud]})
	case path == "api/2/field":
		send([]map[string]any{
			{"id": "customfield_10014", "name": "Epic Link", "schema": map[string]any{"custom": schemaEpicLink}},
			{"id": "customfield_10020", "name": "Sprint", "schema": map[string]any{"custom": schemaSprint}},
		})
	case path == "api/2/status":
		send(append([]json.RawMessage{}, p.statuses...))
	case path == "api/2/search/jql", path == "api/2/search" && !p.cloud:
		issues := p.issues
		if strings.Contains(q.URL.Query().Get("jql"), "key in") {
			issues = nil // parents outside of the recording
		}
		send(map[string]any{"startAt": 0, "maxResults": 100, "total": len(issues), "issues": append([]json.RawMessage{}, issues...)})
	case path == "api/2/issue/bulkfetch":
		send(map[string]any{"issues": []any{}})
	case path == "dev-status/1.0/issue/detail" && p.panels[q.URL.Query().Get("issueId")] != nil && q.URL.Query().Get("dataType") == "repository":
		send(p.panels[q.URL.Query().Get("issueId")])
	case strings.HasSuffix(path, "/remotelink"):
		send(append([]json.RawMessage{}, p.remote[id]...))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// replay reads what a player serves.
func replay(t *testing.T, p *player, more string) *rig {
	t.Helper()
	srv, err := fake.Listen(p)
	if err != nil {
		t.Fatal(err)
	}
	r := bareRig(t, srv.URL)
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(r.environment(), connectortest.Decoder("jql: created is not EMPTY\nsince: 2015-01-01\nbase_url: "+srv.URL+"\n"+more))
	if err != nil {
		t.Fatal(err)
	}
	r.MustPoll(c)
	if len(r.Shelf.Quarantined) > 0 {
		t.Errorf("quarantined: %v", r.Shelf.Quarantined)
	}
	return r
}

func payloads(recordings []recording) []json.RawMessage {
	var out []json.RawMessage
	for _, r := range recordings {
		out = append(out, r.Payload)
	}
	return out
}

// undropped takes every finished issue for delivered: the truth has categories.
const undropped = "dropped_resolutions: []\n"

// TestRecordedHierarchy proves that parents, epics, links, sprints and status
// categories of the recorded issues are those of the documented truth.
func TestRecordedHierarchy(t *testing.T) {
	statuses := payloads(readRecordings(t, "statuses"))
	rigs := map[string]*rig{
		"jira/issues":            replay(t, &player{cloud: true, issues: payloads(readRecordings(t, "issues")), statuses: statuses}, undropped),
		"jira/external_epics":    replay(t, &player{cloud: true, issues: payloads(readRecordings(t, "external_epics")), statuses: statuses}, undropped),
		"jira/issues_with_links": replay(t, &player{issues: payloads(readRecordings(t, "issues_with_links"))}, ""),
	}
	entries := map[string]int{}
	for file := range rigs {
		for _, rec := range readRecordings(t, strings.TrimPrefix(file, "jira/")) {
			is, err := decodeIssue(rec.Payload, &fieldIDs{})
			if err != nil {
				t.Fatal(err)
			}
			entries[file+" "+is.key] = len(is.history)
		}
	}
	rows := map[string]int{}
	parents, epics, relations, histories := 0, 0, 0, 0
	category := map[string]store.Status{"new": store.StatusTodo, "indeterminate": store.StatusDoing, "done": store.StatusDone}
	for _, row := range readTruth(t, "truth_jira_hierarchy.tsv") {
		r := rigs[row["file"]]
		rows[row["file"]]++
		key := row["key"]
		it := r.item(key)
		var want []string
		for _, k := range []string{row["epic"], row["parent"]} {
			if k != "" && !slices.Contains(want, k) {
				want = append(want, k)
			}
		}
		equal(t, key+": parents", connectortest.Keys(it, store.LinkParent), want)
		equal(t, key+": status", it.Status, category[row["status_category"]])
		equal(t, key+": type", it.Attrs[store.AttrType], []string{row["type"]})
		if row["type"] == "Epic" {
			equal(t, key+": level", it.Attrs[store.AttrLevel], []string{"epic"})
		}
		parents += len(connectortest.Keys(it, store.LinkParent))
		if row["epic"] != "" {
			epics++
		}
		relations += checkRelations(t, r, key, row["links"])
		n, _ := strconv.Atoi(row["changelog_entries_in_payload"])
		equal(t, key+": history", entries[row["file"]+" "+key], n)
		histories += n
		checkSprints(t, it, row["sprints"])
	}
	for file, n := range rows {
		distinct := len(rigs[file].Shelf.Items)
		equal(t, file+": issues", distinct, n)
	}
	t.Logf("%v issues, %d parents, %d epics, %d link ends, %d histories", rows, parents, epics, relations, histories)
}

// checkRelations compares the links of an issue with "Blocks:A-1,Relates:A-2".
// A blocking link is held by the side that blocks, the truth lists both.
func checkRelations(t *testing.T, r *rig, key, truth string) int {
	t.Helper()
	it := r.item(key)
	got := append(connectortest.Keys(it, store.LinkRelates), connectortest.Keys(it, store.LinkBlocks)...)
	for _, other := range r.Shelf.Items {
		if slices.Contains(connectortest.Keys(other, store.LinkBlocks), key) {
			got = append(got, other.Keys[0])
		}
	}
	want := map[string]bool{}
	for pair := range strings.SplitSeq(truth, ",") {
		if _, to, ok := strings.Cut(pair, ":"); ok {
			want[to] = true
		}
	}
	slices.Sort(got)
	equal(t, key+": links", got, slices.Sorted(maps.Keys(want)))
	return len(got)
}

func checkSprints(t *testing.T, it store.Item, ids string) {
	t.Helper()
	want := 0
	if ids != "" {
		want = len(strings.Split(ids, ","))
	}
	equal(t, it.Keys[0]+": sprints", len(it.Attrs[store.AttrSprint]), want)
}

// TestRecordedDevelopment proves that the commits of development panels and the
// remote links are those of the documented truth.
func TestRecordedDevelopment(t *testing.T) {
	p := &player{cloud: true, panels: map[string]json.RawMessage{}, remote: map[string][]json.RawMessage{}}
	issue := func(id string) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"id":%q,"key":"EE-%s","changelog":{"total":0,"histories":[]},"fields":{"summary":"x","created":"2020-01-01T00:00:00Z",
			"updated":"2020-01-01T00:00:00Z","issuetype":{"name":"Task"},"status":{"id":"1","statusCategory":{"key":"new"}},
			"comment":{"total":0,"comments":[]},"worklog":{"total":0,"worklogs":[]}}}`, id, id))
	}
	ids := map[string]bool{}
	for _, r := range readRecordings(t, "development_panels") {
		id := strconv.FormatInt(r.Request.Input.Issue, 10)
		p.panels[id], ids[id] = r.Payload, true
	}
	links := 0
	for _, r := range readRecordings(t, "remotelinks") {
		id := strconv.FormatInt(r.Request.Input.Issue, 10)
		p.remote[id], ids[id] = append(p.remote[id], r.Payload), true
		links++
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		p.issues = append(p.issues, issue(id))
	}
	r := replay(t, p, "development: [GitLab]\nremote_links: true\n")
	want := map[string]bool{}
	remote := 0
	for _, row := range readTruth(t, "truth_jira_dev_links.tsv") {
		if row["kind"] != "commit" {
			remote++
			continue
		}
		want[row["issue_id"]+" "+row["ref"]] = true
	}
	got := map[string]bool{}
	for _, it := range r.Shelf.Items {
		if it.Kind == store.KindCommit {
			_, sha, _ := strings.Cut(it.Keys[0], "@")
			got[strings.TrimPrefix(connectortest.Keys(it, store.LinkImplements)[0], "EE-")+" "+sha] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d commits of issues, want %d", len(got), len(want))
	}
	equal(t, "remote links", links, remote)
	for id, raws := range p.remote {
		for _, raw := range raws {
			var l gojira.RemoteLink
			if err := json.Unmarshal(raw, &l); err != nil || l.Object == nil || l.Object.URL == "" {
				t.Errorf("a remote link of %s: %v", id, err)
			}
		}
	}
	t.Logf("%d commits of %d issues, %d remote links", len(got), len(ids), links)
}

// decodeAll decodes every payload of a file.
func decodeAll[T any](t *testing.T, name string, good func(T) bool) {
	t.Helper()
	n := 0
	for _, r := range readRecordings(t, name) {
		var v T
		if err := json.Unmarshal(r.Payload, &v); err != nil || !good(v) {
			t.Errorf("%s: %v: %.200s", name, err, r.Payload)
		}
		n++
	}
	t.Logf("%s: %d", name, n)
}

// TestRecordedParts decodes everything else that was recorded.
func TestRecordedParts(t *testing.T) {
	decodeAll(t, "issue_changelogs", func(h wireHistory) bool {
		return h.ID != "" && !h.Created.IsZero() && len(h.Items) > 0 && h.Items[0].Field != ""
	})
	decodeAll(t, "worklogs", func(w wireWorklog) bool {
		return w.ID != "" && w.Seconds > 0 && !w.Started.IsZero() && actorOf(w.Author) != ""
	})
	bots := 0
	decodeAll(t, "users", func(u wireUser) bool {
		id := identity(&u)
		if id.Bot {
			bots++
		}
		return strings.HasPrefix(id.Actor, "jira:") && id.Handle != "" && (id.Zone != "" || id.Bot || u.AccountID != "")
	})
	if bots == 0 {
		t.Error("no machine among the recorded accounts")
	}
	decodeAll(t, "statuses", func(s wireStatus) bool { return s.ID != "" && s.Category.Key != "" })
	decodeAll(t, "issue_types", func(w wireType) bool { return w.Name != "" && w.HierarchyLevel != nil })
	decodeAll(t, "projects", func(p project) bool { return p.ID != "" && p.Key != "" })
	decodeAll(t, "sprints", func(raw json.RawMessage) bool {
		s := parseSprints(raw)
		return len(s) == 1 && s[0].id != "" && s[0].name != ""
	})
}
