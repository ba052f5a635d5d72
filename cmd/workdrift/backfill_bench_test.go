package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/connectors/github"
	"github.com/workdrift/workdrift/store/bolt"
)

// A tape records the answers of a server and plays them back, so that the
// benchmark measures the client alone.
type tape struct {
	next    http.RoundTripper // nil to play back
	answers map[string]taped
	order   []string // keys of answers
}

type taped struct {
	header http.Header
	body   []byte
	status int
}

func (t *tape) RoundTrip(q *http.Request) (*http.Response, error) {
	var sent []byte
	if q.Body != nil {
		var err error
		if sent, err = io.ReadAll(q.Body); err != nil {
			return nil, err
		}
		q = q.Clone(q.Context())
		q.Body = io.NopCloser(bytes.NewReader(sent))
	}
	key := q.Method + q.URL.RequestURI() + string(sent)
	if t.next != nil {
		res, err := t.next.RoundTrip(q)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		t.answers[key] = taped{res.Header, body, res.StatusCode}
		t.order = append(t.order, key)
	}
	a := t.answers[key]
	return &http.Response{
		StatusCode: a.status, Header: a.header.Clone(), Request: q, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// BenchmarkBackfill reads the first backfill of 10,000 issues, 10,000 changes
// and 10,000 commits into a real database: fetch, normalise, apply with fsync.
// The floor decodes the same answers through structs with the needed fields,
// and writes as many compact records in order to a bare bbolt file, 1,000 a
// transaction.
func BenchmarkBackfill(b *testing.B) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	world := fake.NewWorld("acme")
	fake.Populate(world, fake.Size{Repos: 20, Issues: 10_000, Pulls: 10_000, Commits: 10_000, People: 50}, now.AddDate(0, 0, -150), now, 1)
	server, err := fake.Listen(fake.NewGitHub(world, fake.Options{Now: func() time.Time { return now }, Limit: 1_000_000}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { server.Close() })
	b.Setenv("WORKDRIFT_BENCH_TOKEN", "bench")
	record := &tape{next: http.DefaultTransport, answers: map[string]taped{}}
	records := benchBackfill(b, server.URL, record, now)
	record.next = nil
	b.Run("workdrift", func(b *testing.B) {
		began := processCPU()
		for b.Loop() {
			benchBackfill(b, server.URL, record, now)
		}
		b.ReportMetric((processCPU()-began).Seconds()/float64(b.N), "cpu-s/op")
		b.ReportMetric(float64(len(record.order)), "requests/op")
		b.ReportMetric(float64(records), "records/op")
	})
	b.Run("floor", func(b *testing.B) {
		began := processCPU()
		for b.Loop() {
			benchFloor(b, record, records)
		}
		b.ReportMetric((processCPU()-began).Seconds()/float64(b.N), "cpu-s/op")
	})
}

// benchBackfill polls everything once and returns how many records it stored.
func benchBackfill(b *testing.B, url string, t *tape, now time.Time) int {
	b.Helper()
	db, err := bolt.Open(b.Context(), filepath.Join(b.TempDir(), "w.db"), bolt.Options{Log: quietLogger()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	connector, err := github.New(connectors.Env{
		Source: "gh", Log: quietLogger(), Now: func() time.Time { return now }, Transport: t,
		Observer: connectors.NewMetrics(nil).For("gh"),
	}, func(into any) error {
		return yaml.Unmarshal([]byte("organizations: [acme]\ntoken_env: WORKDRIFT_BENCH_TOKEN\nbase_url: "+url+"/\ngraphql_url: "+url+"/graphql\n"), into)
	})
	if err != nil {
		b.Fatal(err)
	}
	sum, err := connectors.NewPoller(connectors.PollerConfig{
		Source: "gh", Provider: "github", Connector: connector, Store: db, Hash: db.Hasher(),
	}).Poll(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return sum.Items + sum.Events
}

// slimActor and what follows are the fields that a reader needs at least.
type slimActor struct{ Login, Type string }

type slimIssue struct {
	ID, Number         int64
	NodeID             string `json:"node_id"`
	Title, Body, State string
	User               *slimActor
	Labels             []struct{ Name string }
	CreatedAt          time.Time  `json:"created_at"`
	UpdatedAt          time.Time  `json:"updated_at"`
	ClosedAt           *time.Time `json:"closed_at"`
	IssueURL           string     `json:"issue_url"`
	SHA                string
	Commit             struct {
		Message string
		Author  struct {
			Email string
			Date  time.Time
		}
	}
}

type slimNodes struct {
	Data struct {
		Nodes []struct {
			ID, Title, Body, BaseRefName, HeadRefName string
			Commits                                   struct {
				Nodes []struct {
					Commit struct {
						OID, Message string
						Author       struct{ Email, Date string }
					}
				}
			}
			Reviews struct {
				Nodes []struct {
					ID, State   string
					SubmittedAt string
					Author      *slimActor
				}
			}
			Files struct{ Nodes []struct{ Path string } }
		}
	}
}

// benchFloor does what cannot be left out.
func benchFloor(b *testing.B, t *tape, records int) {
	b.Helper()
	for _, key := range t.order {
		body := t.answers[key].body
		var into any = &[]slimIssue{}
		switch {
		case strings.HasPrefix(key, http.MethodPost):
			into = &slimNodes{}
		case !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")):
			into = &slimIssue{}
		}
		if err := json.Unmarshal(body, into); err != nil {
			b.Fatalf("%s: %v", key, err)
		}
	}
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	value := make([]byte, 100)
	for done := 0; done < records; done += 1000 {
		err := db.Update(func(tx *bbolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("record"))
			if err != nil {
				return err
			}
			bucket.FillPercent = 0.95
			for i := range 1000 {
				if err := bucket.Put(binary.BigEndian.AppendUint64(nil, uint64(done+i)), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
