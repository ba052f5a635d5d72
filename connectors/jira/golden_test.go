package jira

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

var record = flag.Bool("record", false, "write what becomes of the answers under testdata")

// A folder serves its files: api_2_field.json is the answer to
// /rest/api/2/field.
type folder string

func (f folder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Date", present.Format(http.TimeFormat))
	name := strings.ReplaceAll(strings.TrimPrefix(q.URL.Path, "/rest/"), "/", "_") + ".json"
	body, err := os.ReadFile(filepath.Join(string(f), filepath.Base(name)))
	if err != nil || strings.Contains(q.URL.Query().Get("jql"), "key in") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
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
			r := bareRig(t, srv.URL)
			defer func() {
				r.http.CloseIdleConnections()
				if err := srv.Close(); err != nil {
					t.Error(err)
				}
			}()
			c, err := New(r.environment(), connectortest.Decoder(string(config)+"base_url: "+srv.URL+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			all := r.Whole(c)
			all.Watermark = all.Watermark.Truncate(time.Second)
			got := connectortest.Golden(t, filepath.Join(dir, "batch.json"), all, *record)
			if bytes.Contains(got, []byte("besprochen,")) || bytes.Contains(got, []byte("5b20b]")) {
				t.Error("text is kept")
			}
		})
	}
}
