package github

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// A tape keeps the answers of a run, and plays them back without a server.
type tape struct {
	next    http.RoundTripper // nil to play back
	answers map[string]recordedAnswer
	order   []string
}

type recordedAnswer struct {
	status int
	header http.Header
	body   []byte
}

func (t *tape) RoundTrip(q *http.Request) (*http.Response, error) {
	key := q.Method + " " + q.URL.RequestURI()
	if q.Method == http.MethodPost {
		raw, err := io.ReadAll(q.Body)
		if err != nil {
			return nil, err
		}
		q = q.Clone(q.Context())
		q.Body = io.NopCloser(bytes.NewReader(raw))
		key += " " + string(raw)
	}
	a, ok := t.answers[key]
	if !ok && t.next != nil {
		res, err := t.next.RoundTrip(q)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		a, ok = recordedAnswer{res.StatusCode, res.Header, body}, true
		t.answers[key] = a
		t.order = append(t.order, key)
	}
	if !ok {
		a = recordedAnswer{status: http.StatusNotFound, header: http.Header{}}
	}
	return &http.Response{
		StatusCode: a.status, Header: a.header.Clone(), Request: q, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// BenchmarkBackfill reads 10,000 issues, 10,000 pull requests and as many
// commits from recorded answers: fetch, judge, decode and normalise. The floor
// fetches and decodes the same bytes through the same slim structs and does
// nothing else.
func BenchmarkBackfill(b *testing.B) {
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 20, Issues: 10_000, Pulls: 10_000, Commits: 10_000, People: 50}, start, present.Add(-time.Hour), 1)
	r := newRig(b, w, fake.Options{Limit: 1_000_000})
	record := &tape{next: r.http, answers: map[string]recordedAnswer{}}
	r.backfill(b, record)
	record.next = nil
	size := 0
	for _, a := range record.answers {
		size += len(a.body)
	}
	b.Run("connector", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		items, events := 0, 0
		began := cpu()
		for b.Loop() {
			items, events = r.backfill(b, record)
		}
		b.ReportMetric((cpu()-began).Seconds()/float64(b.N), "cpu-s/op")
		b.ReportMetric(float64(len(record.order)), "requests/op")
		b.ReportMetric(float64(items+events), "records/op")
	})
	b.Run("floor", func(b *testing.B) {
		buf := &bytes.Buffer{}
		b.SetBytes(int64(size))
		b.ReportAllocs()
		began := cpu()
		for b.Loop() {
			decodeAll(b, r.url, record, buf)
		}
		b.ReportMetric((cpu()-began).Seconds()/float64(b.N), "cpu-s/op")
	})
}

// backfill reads everything from a tape.
func (r *rig) backfill(b *testing.B, t *tape) (items, events int) {
	env := r.environment()
	env.Transport = t
	c, err := New(env, connectortest.Decoder("organizations: [acme]\ntoken_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+r.url+"\n"))
	if err != nil {
		b.Fatal(err)
	}
	cursor := map[string]string{}
	for {
		batch, err := c.Fetch(b.Context(), cursor)
		if err != nil {
			b.Fatal(err)
		}
		for k, v := range batch.Next {
			cursor[k] = v
		}
		items, events = items+len(batch.Items), events+len(batch.Events)
		if !batch.More {
			return items, events
		}
	}
}

// decodeAll fetches and decodes every answer of a tape.
func decodeAll(b *testing.B, base string, t *tape, buf *bytes.Buffer) {
	client := &http.Client{Transport: t}
	for _, key := range t.order {
		method, rest, _ := strings.Cut(key, " ")
		uri, body, _ := strings.Cut(rest, " ")
		req, err := http.NewRequestWithContext(b.Context(), method, base+uri, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		buf.Reset()
		if _, err := buf.ReadFrom(res.Body); err != nil {
			b.Fatal(err)
		}
		if err := json.Unmarshal(buf.Bytes(), slim(key)); err != nil {
			b.Fatalf("%s: %v", key, err)
		}
	}
}

// slim returns where an answer is decoded to.
func slim(key string) any {
	path, _, _ := strings.Cut(key, "?")
	switch {
	case strings.HasPrefix(key, "POST"):
		return &struct {
			Data struct {
				Nodes []graphChange `json:"nodes"`
			} `json:"data"`
		}{}
	case strings.HasSuffix(path, "/issues"):
		return &[]wireIssue{}
	case strings.HasSuffix(path, "comments"):
		return &[]wireComment{}
	case strings.HasSuffix(path, "/commits"):
		return &[]wireCommit{}
	case strings.Contains(path, "/branches/"):
		return &wireBranch{}
	}
	return &[]wireRepo{}
}
