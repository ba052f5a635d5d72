package github

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

var record = flag.Bool("record", false, "record the traffic under testdata again, and what becomes of it")

// A wire is one recorded request with its answer.
type wire struct {
	Request  string            `json:"request"` // "GET /path?query", for POST followed by the body
	Status   int               `json:"status"`
	Header   map[string]string `json:"header"`
	Response json.RawMessage   `json:"response"`
}

// goldens are the cases under testdata: a folder each, with the stanza of the
// configuration, the traffic and what is made of it.
var goldens = []string{"graphql", "rest"}

const goldenHost = "https://api.github.com"

// TestGolden plays recorded traffic and compares what is made of it.
func TestGolden(t *testing.T) {
	for _, name := range goldens {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			if *record {
				recordGolden(t, dir)
			}
			var traffic []wire
			readJSON(t, filepath.Join(dir, "traffic.json"), &traffic)
			config, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			connectortest.Golden(t, filepath.Join(dir, "batch.json"), play(t, string(config), traffic), *record)
		})
	}
}

// play runs the connector over traffic and returns all it hands over.
func play(t *testing.T, config string, traffic []wire) store.Batch {
	t.Helper()
	tp := &tape{answers: map[string]recordedAnswer{}}
	for _, w := range traffic {
		h := http.Header{}
		for k, v := range w.Header {
			h.Set(k, v)
		}
		tp.answers[w.Request] = recordedAnswer{w.Status, h, w.Response}
	}
	r := newRig(t, newWorld(), fake.Options{})
	env := r.environment()
	env.Transport = tp
	c, err := New(env, connectortest.Decoder(config))
	if err != nil {
		t.Fatal(err)
	}
	return r.Whole(c)
}

// recordGolden records a small world being read.
func recordGolden(t *testing.T, dir string) {
	t.Helper()
	w := newWorld()
	fake.Populate(w, fake.Size{Repos: 1, Issues: 4, Pulls: 4, Commits: 3, People: 3}, start, present.Add(-time.Hour), 21)
	r := newRig(t, w, fake.Options{})
	config := "organizations: [acme]\npage_size: 5\n"
	if strings.HasSuffix(dir, "graphql") {
		config += "token_env: WORKDRIFT_TEST_TOKEN\n"
	}
	tp := &tape{next: r.http, answers: map[string]recordedAnswer{}}
	env := r.environment()
	env.Transport = tp
	c, err := New(env, connectortest.Decoder(config+"base_url: "+r.url+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	r.MustPoll(c)
	elsewhere := func(s string) string { return strings.ReplaceAll(s, r.url, goldenHost) }
	var traffic []wire
	for _, key := range tp.order {
		a := tp.answers[key]
		header := map[string]string{}
		for _, k := range slices.Sorted(maps.Keys(a.header)) {
			if slices.Contains([]string{"Date", "Etag", "Link", "Content-Type", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"}, k) {
				header[k] = elsewhere(a.header.Get(k))
			}
		}
		traffic = append(traffic, wire{key, a.status, header, json.RawMessage(elsewhere(string(a.body)))})
	}
	raw, err := json.MarshalIndent(traffic, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"traffic.json": append(raw, '\n'), "config.yaml": []byte(config)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}
