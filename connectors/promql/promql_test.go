package promql

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/store"
)

func TestContract(t *testing.T) {
	s := newServer(t)
	s.set("arr", noon.Truncate(day), 48, 48.5, 49)
	s.set("p99", noon.Truncate(day), .3, .29)
	outcomes := []connectors.Outcome{{Objective: "enterprise", Query: "arr"}, {Objective: "fast", Query: "p99"}}
	always := func(name string, reason connectors.Reason, f func(w http.ResponseWriter)) connectortest.Fault {
		return connectortest.Fault{Name: name, Reason: reason, Inject: func() (func(), error) {
			return s.breakWith(func(w http.ResponseWriter) bool { f(w); return true }), nil
		}}
	}
	text := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	tokens, days := 0, 2
	connectortest.Run(t, connectortest.Subject{
		New: func(env connectors.Env) (connectors.Connector, error) {
			env.Outcomes = outcomes
			t.Setenv("WORKDRIFT_TEST_TOKEN", s.token)
			return New(env, decoder("token_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+s.URL+"/prom/\n"))
		},
		Truth: func() connectortest.Truth {
			var out connectortest.Truth
			for i, c := range []connectors.Outcome{outcomes[0], outcomes[1]} {
				key := "outcome:" + id(t, c)
				out.Items = append(out.Items, key)
				for n := range days + 1 - i {
					out.Events = append(out.Events, key+" sample/"+noon.AddDate(0, 0, -n).Format(time.DateOnly))
				}
			}
			return out
		},
		Now:     noon,
		Secrets: []string{token, "rotated"},
		Faults: []connectortest.Fault{
			always("unauthorized", connectors.ReasonAuth, text(401, "")),
			always("forbidden", connectors.ReasonAuth, text(403, "RBAC: access denied")),
			always("rate limited", connectors.ReasonRateLimited, text(429, "")),
			always("bad gateway", connectors.ReasonServer, text(502, "<html>")),
			always("overloaded", connectors.ReasonServer, text(503, `{"status":"error","errorType":"timeout","error":"query timed out"}`)),
			always("HTML", connectors.ReasonDecode, text(200, "<html>")),
			always("empty", connectors.ReasonDecode, text(200, "")),
			always("redirect", connectors.ReasonServer, func(w http.ResponseWriter) {
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.WriteHeader(http.StatusFound)
			}),
			always("truncated", connectors.ReasonDecode, text(200, `{"status":"success","data":{"resultType":"matrix","res`)),
		},
		Requests: func() int { return len(s.asked()) },
		MaxIdle:  0,
		Rotate:   func() error { tokens++; s.token = fmt.Sprintf("rotated-%d", tokens); return nil },
		Settle:   http.DefaultTransport.(*http.Transport).CloseIdleConnections,
	})
}

// id is the item of an outcome.
func id(t *testing.T, o connectors.Outcome) string {
	c, err := New(connectors.Env{Source: source, Outcomes: []connectors.Outcome{o}}, decoder("base_url: http://localhost"))
	if err != nil {
		t.Fatal(err)
	}
	return c.(*connector).outcomes[0].id
}

// fetch reads once and moves the cursor along.
func fetch(t *testing.T, c connectors.Connector, cursor store.Cursor) store.Batch {
	t.Helper()
	b, err := c.Fetch(t.Context(), cursor)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range b.Next {
		cursor[k] = v
	}
	return b
}

func results(b store.Batch) string {
	var out []string
	for _, it := range b.Items {
		out = append(out, it.Attrs[store.AttrObjective][0]+" "+it.Attrs[store.AttrResult][0])
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestResultsAreToldApart: a query at fault fails nothing, and is told.
func TestResultsAreToldApart(t *testing.T) {
	s := newServer(t)
	s.set("arr", noon, 48, 49)
	s.series["many"] = []map[string]float64{{"2026-03-20": 1}, {"2026-03-20": 2}}
	c := newConnector(t, s.URL+"/prom", noon,
		connectors.Outcome{Objective: "a", Query: "arr"}, connectors.Outcome{Objective: "b", Query: "sum((("},
		connectors.Outcome{Objective: "c", Query: "many"}, connectors.Outcome{Objective: "d", Query: "none"})
	cursor := store.Cursor{}
	b := fetch(t, c, cursor)
	if got, want := results(b), "a ok, b refused, c several_series, d empty"; got != want {
		t.Errorf("results are %s, want %s", got, want)
	}
	if len(b.Events) != 2 || b.Events[1].Attrs["value"] != "49" || !b.Events[1].At.Equal(noon.Truncate(day)) {
		t.Errorf("samples are %v", b.Events)
	}
	// Those that did not answer well are asked again, and change nothing.
	before := len(s.asked())
	if b = fetch(t, c, cursor); len(b.Items)+len(b.Events) != 0 || len(s.asked())-before != 3 {
		t.Errorf("the next poll asks %d times and brings %v", len(s.asked())-before, b)
	}
	s.set("none", noon, 7)
	if b = fetch(t, c, cursor); results(b) != "d ok" || len(b.Events) != 1 {
		t.Errorf("a query that answers at last brings %s with %d samples", results(b), len(b.Events))
	}
}

// TestDaysAreReadAgain: late samples are found for two days.
func TestDaysAreReadAgain(t *testing.T) {
	s := newServer(t)
	s.set("arr", noon, 48, 49)
	cursor := store.Cursor{}
	fetch(t, newConnector(t, s.URL+"/prom", noon, connectors.Outcome{Objective: "a", Query: "arr"}), cursor)
	tomorrow := noon.AddDate(0, 0, 1)
	s.set("arr", tomorrow, 40, 41, 42, 43, 44)
	b := fetch(t, newConnector(t, s.URL+"/prom", tomorrow, connectors.Outcome{Objective: "a", Query: "arr"}), cursor)
	var got []string
	for _, e := range b.Events {
		got = append(got, e.ID[len("sample/2026-"):]+"="+e.Attrs["value"])
	}
	if want := "03-18=41 03-19=42 03-20=43 03-21=44"; strings.Join(got, " ") != want {
		t.Errorf("read %v, want %s", got, want)
	}
}

// TestChangedQueryBeginsAnew: two queries never share a series.
func TestChangedQueryBeginsAnew(t *testing.T) {
	if a, b := id(t, connectors.Outcome{Objective: "a", Query: "x"}), id(t, connectors.Outcome{Objective: "a", Query: "y"}); a == b {
		t.Errorf("both have the item %s", a)
	}
}

func TestBadSectionsAreRefused(t *testing.T) {
	t.Setenv("WORKDRIFT_TEST_PASSWORD", "hunter2")
	for section, want := range map[string]string{
		"{}":                                "base_url",
		"base_url: ftp://prom":              "base_url",
		"base_url: http://u:p@prom":         "base_url",
		"{base_url: http://p, x: 1}":        "field x not found",
		"{base_url: http://p, timeout: 0s}": "timeout",
		"{base_url: http://p, username: u}": "username",
		"{base_url: http://p, password_env: WORKDRIFT_TEST_PASSWORD}":                                                  "username",
		"{base_url: http://p, token_env: WORKDRIFT_UNSET_VARIABLE}":                                                    "WORKDRIFT_UNSET_VARIABLE",
		"{base_url: http://p, token_env: WORKDRIFT_TEST_PASSWORD, username: u, password_env: WORKDRIFT_TEST_PASSWORD}": "not both",
	} {
		_, err := New(connectors.Env{Source: source}, decoder(section))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want an error about %s", section, err, want)
		}
	}
}

// TestOneQueryThatTimesOut: a query that the server cannot answer in time fails
// the poll, after the others were read.
func TestOneQueryThatTimesOut(t *testing.T) {
	s := newServer(t)
	s.set("arr", noon, 48, 49)
	s.set("p99", noon, .3)
	c := newConnector(t, s.URL+"/prom", noon, connectors.Outcome{Objective: "a", Query: "arr"},
		connectors.Outcome{Objective: "b", Query: "sum((("}, connectors.Outcome{Objective: "slow", Query: "too slow"},
		connectors.Outcome{Objective: "z", Query: "p99"})
	cursor := store.Cursor{}
	b := fetch(t, c, cursor)
	if got, want := results(b), "a ok, b refused, z ok"; got != want || len(b.Events) != 3 {
		t.Errorf("results are %s with %d samples, want %s", got, len(b.Events), want)
	}
	if !b.More || !b.Watermark.IsZero() {
		t.Errorf("the failure is passed over: more %v, watermark %v", b.More, b.Watermark)
	}
	_, err := c.Fetch(t.Context(), cursor)
	if e, ok := errors.AsType[*connectors.Error](err); !ok || e.Reason != connectors.ReasonServer {
		t.Errorf("the poll ends with %v", err)
	}
}
