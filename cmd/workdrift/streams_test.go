package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// submit sends a form and says where it leads.
func submit(t *testing.T, address string, fields url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", address, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode, res.Header.Get("Location")
}

// A stream that is assigned on the shadow roadmap leaves it, and its effort goes
// to the objective; withdrawing brings it back.
func TestStreamsAreAssigned(t *testing.T) {
	c := newCompany(t, 6)
	r := start(t, c.config(t, t.TempDir(), loopback, tellAll), 0)
	first := r.await(t, "complete", complete)
	streams, err := r.evaluator.streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream := streams.Largest(scoring.Unknown.String())
	if stream == nil || stream.Works < streamWorks || len(stream.Keys) != stream.Works || len(stream.Trend) != streamBlocks {
		t.Fatalf("the largest stream is %+v", stream)
	}
	if stream.By != store.AttrPath || !strings.HasPrefix(stream.Rule, `{repos: "harbourline/`) || stream.Trend[streamBlocks-2] == 0 {
		t.Errorf("it is %s %s, %v, as a rule %s", stream.By, stream.Name, stream.Trend, stream.Rule)
	}
	id := c.story.Objectives()[4].ID
	before := onObjective(first, id)
	code, at := submit(t, r.url+"/decisions", url.Values{"key": stream.Keys, "to": {id}, "why": {"it serves the objective"}, "back": {"/shadow"}})
	if code != http.StatusSeeOther || !strings.HasPrefix(at, "/shadow?decision=") || !strings.HasSuffix(at, "&done=decided") {
		t.Fatalf("the form leads to %d %s", code, at)
	}
	r.await(t, "with the stream", func(r *scoring.Report) bool { return onObjective(r, id) > before })
	if streams, err = r.evaluator.streams(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, left := range streams.List {
		if left.ID == stream.ID && slices.Contains(left.Keys, stream.Keys[0]) {
			t.Errorf("the stream is still there: %+v", left)
		}
	}
	if code, at = submit(t, r.url+"/decisions/withdraw", url.Values{"key": stream.Keys, "back": {"//evil.example/"}}); code != http.StatusSeeOther || at != "/decisions?done=withdrawn" {
		t.Errorf("withdrawing leads to %d %s", code, at)
	}
	r.await(t, "as before", func(r *scoring.Report) bool { return onObjective(r, id) == before })
}

// Streams are by what says the most about where a work is.
func TestContainers(t *testing.T) {
	for _, tc := range []struct {
		attrs map[string][]string
		by    string
		rule  string
	}{
		{map[string][]string{store.AttrRepo: {"acme/api"}, store.AttrProject: {"PAY"}}, "repo", `{repos: "acme/api"}`},
		{map[string][]string{store.AttrProject: {"PAY"}, store.AttrChannel: {"x"}}, "project", `{projects: "PAY"}`},
		{map[string][]string{store.AttrChannel: {`a"b`}}, "channel", `{channels: "a\"b"}`},
		{nil, "source", ""},
	} {
		if got := containerOf(&store.Item{Source: "gh", Attrs: tc.attrs}); got.by != tc.by || containerRule(got) != tc.rule {
			t.Errorf("%v is in %+v by the rule %s", tc.attrs, got, containerRule(got))
		}
	}
	for want, paths := range map[string][]string{"svc": {"svc/a.go", "svc/b/c.go"}, "": {"svc/a.go", "web/b.js"}} {
		if got := directory(&store.Item{Attrs: map[string][]string{store.AttrPath: paths}}); got != want {
			t.Errorf("%v are in %q", paths, got)
		}
	}
	if got := directory(&store.Item{Attrs: map[string][]string{store.AttrPath: {"README.md"}}}); got != "" {
		t.Errorf("a file at the top is in %q", got)
	}
	if got := titleTerms("Update the Seating-animation with a faster build (#12)"); !slices.Equal(got, []string{"seating", "animation", "faster", "build"}) {
		t.Errorf("terms %q", got)
	}
	if got := common(map[string]int{"a": 3, "b": 9, "c": 2, "d": 3}, 24); !slices.Equal(got, []string{"b", "a", "d"}) {
		t.Errorf("common are %q", got)
	}
}

// Large containers fall into directories, labels and words of titles, as far as
// these are worth a line of their own.
func TestStreamsAreSplit(t *testing.T) {
	acme := container{by: store.AttrRepo, name: "acme/api"}
	m := &streamer{works: make(map[uint64]*placedWork), apart: make(map[section]int)}
	work := func(title, folder string, labels ...string) uint64 {
		no := uint64(len(m.works) + 1)
		m.works[no] = &placedWork{container: acme, base: acme, storedWork: &storedWork{text: title, terms: titleTerms(title), folder: folder, labels: labels}}
		return no
	}
	var all []uint64
	add := func(n int, title, folder string, labels ...string) {
		for range n {
			all = append(all, work(title, folder, labels...))
		}
	}
	add(4, "Embed questions", "svc", "idea")
	add(3, "Tidy icons", "", "design", "idea")
	add(2, "Tidy icons", "", "idea")
	add(9, "Rewrite the billing importer", "")
	add(2, "Lone wolf", "", "rare")
	m.split([]scoring.WorkGroup{{Group: "repo acme/api", Works: all}})
	streams := func() map[string]int {
		out := make(map[string]int)
		for _, no := range all {
			out[m.works[no].by+" "+m.works[no].name+" "+containerRule(m.works[no].container)]++
		}
		return out
	}
	want := map[string]int{
		`path acme/api, svc {repos: "acme/api", paths: "svc/**"}`:               4,
		`label acme/api, “idea” {repos: "acme/api", labels: {exact: "idea"}}`:   5,
		`term acme/api, “billing” {repos: "acme/api", titles: "/(?i)billing/"}`: 9,
		`repo acme/api {repos: "acme/api"}`:                                     2,
	}
	if got := streams(); !maps.Equal(got, want) {
		t.Errorf("streams %v, want %v", got, want)
	}
	// Those below the floor, withheld or of too few works go back into the whole.
	told := func(enough bool, share scoring.Number, works ...uint64) scoring.WorkGroup {
		return scoring.WorkGroup{Group: "x", Enough: enough, Share: share, Works: works}
	}
	if !m.join([]scoring.WorkGroup{told(false, .1, all[:4]...), told(true, scoring.Absent(), all[4:9]...), told(true, .1, all[9:18]...)}) {
		t.Error("nothing was joined")
	}
	if got := streams(); got[`repo acme/api {repos: "acme/api"}`] != 11 || len(got) != 2 {
		t.Errorf("joined they are %v", got)
	}
	if m.join([]scoring.WorkGroup{told(true, .1, all[9:18]...)}) {
		t.Error("what is told was joined")
	}
	small := &streamer{works: m.works, apart: make(map[section]int)}
	small.split([]scoring.WorkGroup{{Works: all[:splitWorks-1]}, {Works: slices.Repeat(all[9:10], 20)}})
	if len(small.apart) != 0 {
		t.Errorf("a small container, and one that is all alike, fall into %v", small.apart)
	}
}
