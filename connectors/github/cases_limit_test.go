package github

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// Case 7: every variant of being told to slow down.
func TestCase07Limits(t *testing.T) {
	for name, c := range map[string]struct {
		fault fake.Fault
		waits []time.Duration // of the first failures in a row
	}{
		"primary, 403":        {fake.Fault{Kind: fake.PrimaryLimit, Wait: 17 * time.Minute}, []time.Duration{17 * time.Minute}},
		"primary, 429":        {fake.Fault{Kind: fake.PrimaryLimit, Status: 429, Wait: 17 * time.Minute}, []time.Duration{17 * time.Minute}},
		"seconds, 403":        {fake.Fault{Kind: fake.SecondaryLimit, Wait: 90 * time.Second}, []time.Duration{90 * time.Second, 90 * time.Second}},
		"seconds, 429":        {fake.Fault{Kind: fake.SecondaryLimit, Status: 429, Wait: 90 * time.Second}, []time.Duration{90 * time.Second}},
		"date":                {fake.Fault{Kind: fake.SecondaryDate, Wait: 45 * time.Second}, []time.Duration{45 * time.Second}},
		"date, 429":           {fake.Fault{Kind: fake.SecondaryDate, Status: 429, Wait: 45 * time.Second}, []time.Duration{45 * time.Second}},
		"bare":                {fake.Fault{Kind: fake.SecondaryBare}, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}},
		"bare, 429":           {fake.Fault{Kind: fake.SecondaryBare, Status: 429}, []time.Duration{time.Minute, 2 * time.Minute}},
		"undocumented":        {fake.Fault{Kind: fake.SecondaryUndocumented, Wait: 33 * time.Second}, []time.Duration{33 * time.Second}},
		"an absurd wait":      {fake.Fault{Kind: fake.SecondaryLimit, Wait: 48 * time.Hour}, []time.Duration{maxWait}},
		"a reset in the past": {fake.Fault{Kind: fake.PrimaryLimit, Wait: -time.Minute}, []time.Duration{time.Minute}},
	} {
		// Case 8, first half: a clock that is off does not change the waits.
		for _, skew := range []time.Duration{0, 15 * time.Minute, -15 * time.Minute} {
			t.Run(name, func(t *testing.T) {
				r := newRig(t, busyWorld(20), fake.Options{})
				r.local.Advance(skew)
				r.hub.Fault(nil, -1, c.fault)
				conn := r.connect()
				for i, want := range c.waits {
					e, ok := errors.AsType[*connectors.Error](r.Poll(conn))
					if !ok || e.Reason != connectors.ReasonRateLimited {
						t.Fatalf("%v is not a limit", e)
					}
					got := e.RetryAt.Sub(r.local.Now())
					if got < want-time.Second || got > want+time.Second {
						t.Errorf("wait %d is %s, want %s", i, got, want)
					}
					// Until then nothing is sent.
					sent := len(r.hub.Log())
					if err := r.Poll(conn); connectors.ReasonOf(err) != connectors.ReasonRateLimited {
						t.Errorf("before the wait is over: %v", err)
					}
					equal(t, "requests while waiting", len(r.hub.Log()), sent)
					r.local.Advance(got)
					r.server.Advance(got)
				}
				r.hub.ClearFaults()
				r.MustPoll(conn)
				checkTruth(t, r)
			})
		}
	}
}

func TestReserve(t *testing.T) {
	w := fake.NewWorld("acme")
	fake.Populate(w, fake.Size{Repos: 4, Issues: 200, Pulls: 100, Commits: 50, People: 4}, start, present.Add(-time.Hour), 4)
	r := newRig(t, w, fake.Options{Limit: 20})
	r.config += "page_size: 10\nreserve: 0.25\n"
	c := r.connect()
	hours := 0
	for ; hours < 50; hours++ {
		err := r.Poll(c)
		if err == nil {
			break
		}
		e, ok := errors.AsType[*connectors.Error](err)
		if !ok || e.Reason != connectors.ReasonRateLimited || e.RetryAt.Sub(r.local.Now()) > time.Hour+time.Minute {
			t.Fatal(err)
		}
		core := 0
		for _, s := range r.hub.Log() {
			if s.Resource == "core" {
				core += s.Points
			}
		}
		if core > 15 {
			t.Errorf("%d of 20 points were used, 5 are to be left", core)
		}
		r.hub.ResetLog()
		wait := e.RetryAt.Sub(r.local.Now())
		r.local.Advance(wait)
		r.server.Advance(wait)
	}
	checkTruth(t, r)
	if hours < 3 {
		t.Errorf("only %d waits: this proves nothing", hours)
	}
	if len(r.quota) == 0 {
		t.Error("the observer was never told a quota")
	}
}

// Case 8: the clock of this machine is off by a quarter of an hour.
func TestCase08ClockSkew(t *testing.T) {
	for _, skew := range []time.Duration{15 * time.Minute, -15 * time.Minute} {
		r := newRig(t, busyWorld(30), fake.Options{})
		r.config += "page_size: 10\n"
		r.local.Advance(skew)
		c := r.connect()
		for i := range 10 {
			r.MustPoll(c)
			checkTruth(t, r)
			equal(t, "watermark by the server's clock", r.Shelf.Watermark, r.server.Now().Add(-2*time.Minute))
			// An update just behind what was read, made visible late.
			r.world.Relabel(r.server.Now(), "acme/api", i+1, "late")
			r.server.Advance(20 * time.Second)
			r.local.Advance(20 * time.Second)
		}
	}
}

// Case 14: a redirect to another host is not followed with the credential.
func TestCase14CrossHost(t *testing.T) {
	var seen []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		seen = append(seen, q.Header.Get("Authorization"))
		_, _ = w.Write([]byte("[]"))
	}))
	defer other.Close()
	r := newRig(t, busyWorld(5), fake.Options{})
	r.hub.Fault(fake.Matching("/issues?"), -1, fake.Fault{Kind: fake.Redirect, To: other.URL})
	err := r.Poll(r.connect())
	equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonServer)
	for _, h := range seen {
		if h != "" {
			t.Errorf("the other host saw %d bytes of authorization", len(h))
		}
	}
	// The transport itself refuses, whoever asks it.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, other.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := r.connect().(*connector)
	res, err := c.api.client.Client().Do(req)
	if err == nil {
		res.Body.Close()
		t.Error("a request to another host was sent")
	}
	equal(t, "requests at the other host", len(seen), 0)
}

// TestLinksElsewhere proves that a next page on another host is an error, not
// the end of the list.
func TestLinksElsewhere(t *testing.T) {
	a := &api{}
	a.base, _, _ = (&config{BaseURL: "https://api.example.org/"}).endpoints()
	for header, want := range map[string]string{
		`<https://api.example.org/x?after=a,b&since=1>; rel="next"`:                                   "https://api.example.org/x?after=a,b&since=1",
		`<https://api.example.org/a>; rel="prev", <https://api.example.org/b>; rel="next"`:            "https://api.example.org/b",
		`<https://api.example.org/b>; rel=next`:                                                       "https://api.example.org/b",
		`<https://api.example.org/b>; title="x"; rel="next", <https://api.example.org/c>; rel="last"`: "https://api.example.org/b",
		`<https://api.example.org/b>; rel="last"`:                                                     "",
		``:                                       "",
		`<https://evil.example/b>; rel="next"`:   "error",
		`<http://api.example.org/b>; rel="next"`: "error",
		`https://api.example.org/b; rel="next"`:  "",
	} {
		got, err := a.nextLink(&reply{answer: answer{header: http.Header{"Link": {header}}}})
		if err != nil {
			got = "error"
		}
		equal(t, header, got, want)
	}
}

func TestSecretsStayInside(t *testing.T) {
	r := newRig(t, busyWorld(3), fake.Options{Tokens: []string{"the right one"}})
	err := r.Poll(r.connect())
	equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonAuth)
	if n := len(r.hub.Log()); n > 2 {
		t.Errorf("%d requests with a credential that was refused", n)
	}
	r.http.CloseIdleConnections()
	r.config = "organizations: [acme]\nbase_url: http://127.0.0.1:1/?leak=" + token + "\n"
	text := "token_env: WORKDRIFT_TEST_TOKEN\n" + r.config
	if _, err := New(r.environment(), connectortest.Decoder(text)); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("a query in base_url: %v", err)
	}
}

// TestTimeout asks a server that never answers.
func TestTimeout(t *testing.T) {
	r := newRig(t, busyWorld(30), fake.Options{})
	healthy := r.config
	r.config += "timeout: 20ms\n"
	r.hub.Fault(nil, -1, fake.Fault{Kind: fake.Latency})
	equal(t, "no answer", connectors.ReasonOf(r.Poll(r.connect())), connectors.ReasonTimeout)
	r.hub.ClearFaults()
	r.hub.Fault(nil, -1, fake.Fault{Kind: fake.SlowBody})
	equal(t, "half an answer", connectors.ReasonOf(r.Poll(r.connect())), connectors.ReasonTimeout)
	equal(t, "positions", len(r.Shelf.Cursor), 0)
	r.hub.ClearFaults()
	r.config = healthy
	r.MustPoll(r.connect())
	checkTruth(t, r)
}
