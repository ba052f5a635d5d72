package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

var record = flag.Bool("record", false, "write what becomes of the answers under testdata")

// A folder serves its files: api_2_field.json is the answer to
// /rest/api/2/field.
type folder string

func (f folder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	name := strings.ReplaceAll(strings.TrimPrefix(q.URL.Path, "/rest/"), "/", "_") + ".json"
	body, err := os.ReadFile(filepath.Join(string(f), filepath.Base(name)))
	if err != nil || strings.Contains(q.URL.Query().Get("jql"), "key in") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Date", present.Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = w.Write(body)
}

// TestGolden reads the answers of a server from a folder and compares what is
// made of them.
func TestGolden(t *testing.T) {
	for _, name := range []string{"cloud", "datacenter"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			config, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			srv, err := fake.Listen(folder(dir))
			if err != nil {
				t.Fatal(err)
			}
			r := &rig{t: t, clock: &clock{t: present}, shelf: newShelf(), logs: &logBuffer{}, http: &http.Transport{}}
			defer func() {
				r.http.CloseIdleConnections()
				if err := srv.Close(); err != nil {
					t.Error(err)
				}
			}()
			c, err := New(r.environment(), decoder(string(config)+"base_url: "+srv.URL+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(whole(t, r, c), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			path := filepath.Join(dir, "batch.json")
			if *record {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; run with -record and look at the difference", path)
			}
			if bytes.Contains(got, []byte("besprochen,")) || bytes.Contains(got, []byte("5b20b]")) {
				t.Error("text is kept")
			}
		})
	}
}

// whole returns all that a poll hands over.
func whole(t *testing.T, r *rig, c interface {
	Fetch(ctx context.Context, cursor store.Cursor) (store.Batch, error)
}) store.Batch {
	t.Helper()
	var all store.Batch
	for range maxFetches {
		b, err := c.Fetch(t.Context(), r.shelf.cursor)
		if err != nil {
			t.Fatal(err)
		}
		r.shelf.apply(b)
		all.Items = append(all.Items, b.Items...)
		all.Events = append(all.Events, b.Events...)
		all.Gone = append(all.Gone, b.Gone...)
		all.Whole = append(all.Whole, b.Whole...)
		all.Identities = append(all.Identities, b.Identities...)
		all.Quarantined = append(all.Quarantined, b.Quarantined...)
		if !b.More {
			all.Watermark = b.Watermark.Truncate(time.Second)
			break
		}
	}
	all.Next = r.shelf.cursor
	return all
}
