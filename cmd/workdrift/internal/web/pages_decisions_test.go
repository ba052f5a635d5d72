package web

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// What was decided in one go is one line, which one button takes back.
func TestDecisionGroups(t *testing.T) {
	at := noon.Add(-time.Hour)
	list := []store.Override{
		{Key: "PAY-9", To: "sso", Role: "triage", Why: "b", At: noon}, {Key: "PAY-1", To: "sso", Role: "triage", Why: "a", At: at},
		{Key: "PAY-2", To: "sso", Role: "triage", Why: "a", At: at}, {Key: "PAY-3", To: "excluded", Role: "triage", Why: "a", At: at},
		{Key: "PAY-4", To: "sso", Role: "triage", Why: "a", At: at}, {Key: "PAY-5", To: "sso", Role: "triage", Why: "a", At: at},
	}
	groups := decisionGroups(list, fullReport(t))
	var got []string
	for _, g := range groups {
		got = append(got, g.To+": "+strings.Join(g.Keys, " "))
	}
	if want := []string{"Single sign-on: PAY-9", "off strategy: PAY-3", "Single sign-on: PAY-1 PAY-2 PAY-4 PAY-5"}; !slices.Equal(got, want) {
		t.Errorf("groups %q, want %q", got, want)
	}
	if !groups[1].Stops || groups[0].Stops || groups[0].Week() != findings.ISOWeek(scoring.Day(objective.DateOf(noon).Monday())) {
		t.Errorf("what stops, or its week, is wrong: %+v", groups)
	}
	if last := &groups[2]; len(last.First()) != 3 || len(last.Rest()) != 1 || last.Items() != "4 items" {
		t.Errorf("of four are listed %q and counted %q", last.First(), last.Rest())
	}
}

func TestWhatAFormDid(t *testing.T) {
	everything := handler(t, fullReport(t), func(o *Options) { withEverything(t)(o); o.Access = Access{Anyone: Triager} })
	reader := handler(t, fullReport(t), func(o *Options) { withEverything(t)(o); o.Access = Access{Anyone: Reader} })
	const undo = `<input type="hidden" name="back" value="/explain?subject=sso"><button>Undo</button>`
	made := keptID
	another := decisionGroups([]store.Override{{Key: "acme/web#7", To: "sso", Role: "triage", Why: "it is", At: noon.Add(-time.Second)}}, nil)[0].ID()
	for _, tc := range []struct {
		name, path string
		h          http.Handler
		text       string
		undo       bool
	}{
		{"decided", "/explain?subject=sso&done=decided&decision=" + made, everything, "1 item counts for “Single sign-on”", true},
		{"decided, and somebody else since", "/explain?subject=sso&done=decided&decision=" + another, everything, "not in force any more", false},
		{"decided anew", "/explain?subject=sso&done=decided-anew&decision=" + made, everything, "It took the place of an earlier decision, which undoing it does not bring back.", true},
		{"decided, unknown what", "/explain?subject=sso&done=decided", everything, "not in force any more", false},
		{"decided, seen by a reader", "/explain?subject=sso&done=decided&decision=" + made, reader, "1 item counts for", false},
		{"withdrawn", "/explain?subject=sso&done=withdrawn", everything, "The decision is withdrawn.", false},
		{"nothing", "/explain?subject=sso&done=else", everything, "", false},
	} {
		body := ask(tc.h, "GET", tc.path).Body.String()
		if strings.Contains(body, `class="done"`) != (tc.text != "") || !strings.Contains(body, tc.text) || strings.Contains(body, undo) != tc.undo {
			t.Errorf("%s: %s", tc.name, body)
		}
	}
}

// Streams are decided about together: their items are those of the page, and
// nothing is decided where one is no more.
func TestSeveralStreamsAtOnce(t *testing.T) {
	var kept []string
	var before []store.Override // what the next decision takes the place of
	h := handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		o.Access = Access{Anyone: Triager}
		o.Decide = func(_ context.Context, list []store.Override) ([]store.Override, error) {
			for _, x := range list {
				kept = append(kept, x.Key+" "+x.To)
			}
			return before, nil
		}
	})
	post := func(path string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "http://127.0.0.1:9797"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	several := decisionGroups([]store.Override{
		{Key: "acme/web#1", To: "run_work", Role: "triage", Why: "because", At: noon}, {Key: "acme/web#2", To: "run_work", Role: "triage", Why: "because", At: noon},
		{Key: "acme/web#9", To: "run_work", Role: "triage", Why: "because", At: noon},
	}, nil)[0].ID()
	form := url.Values{"stream": {"s1", "s2"}, "key": {"acme/web#9"}, "to": {"run_work"}, "why": {"because"}, "back": {"/shadow"}}
	form.Set("back", "/shadow?decision=earlier")
	if w := post("/decisions", form); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/shadow?decision="+several+"&done=decided" {
		t.Errorf("%d, to %q", w.Code, w.Header().Get("Location"))
	}
	if want := []string{"acme/web#1 run_work", "acme/web#2 run_work", "acme/web#9 run_work"}; !slices.Equal(kept, want) {
		t.Errorf("decided %q, want %q", kept, want)
	}
	before = []store.Override{{Key: "acme/web#9", To: "sso"}}
	if w := post("/decisions", form); w.Header().Get("Location") != "/shadow?decision="+several+"&done=decided-anew" {
		t.Errorf("deciding anew leads to %q", w.Header().Get("Location"))
	}
	kept = nil
	form.Add("stream", "s3")
	if w := post("/decisions", form); w.Code != http.StatusConflict || kept != nil {
		t.Errorf("a stream that is no more: %d, decided %q", w.Code, kept)
	}
	if w := post("/decisions/withdraw", url.Values{"key": {"acme/web#7", "acme/web#8"}}); w.Code != http.StatusSeeOther || !slices.Equal(kept, []string{"acme/web#7 "}) {
		t.Errorf("withdrawing: %d, %q", w.Code, kept)
	}
}

// submitted sends a form of a page.
func submitted(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "http://127.0.0.1:9797"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A decision about ten thousand items is kept and undone in one go, all of it or
// what is chosen of it, and no form lists more of them than it can send.
func TestDecisionOfManyItems(t *testing.T) {
	const many, chosen = 10_000, 3
	var list []store.Override
	for i := range many {
		list = append(list, store.Override{Key: fmt.Sprintf("acme/web#%d", i), To: "run_work", Role: "triage", Why: "because", At: noon})
	}
	writes := 0
	h := handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		o.Access = Access{Anyone: Triager}
		o.Overrides = func() []store.Override { return list }
		o.Decide = func(_ context.Context, part []store.Override) (before []store.Override, err error) {
			writes++
			gone := make(map[string]bool)
			for _, x := range part {
				if gone[x.Key] = true; !x.At.Equal(noon) {
					t.Fatalf("it is not said that what was decided at %s is withdrawn: %+v", noon, x)
				}
			}
			list = slices.DeleteFunc(slices.Clone(list), func(x store.Override) bool { return gone[x.Key] })
			return nil, nil
		}
	})
	id := func() string { return decisionGroups(list, nil)[0].ID() }
	post := func(form url.Values) *httptest.ResponseRecorder { return submitted(h, "/decisions/withdraw", form) }
	stale := id()
	for _, path := range []string{"/decisions", "/shadow", "/shadow?done=decided&decision=" + stale, "/decisions?of=" + stale} {
		if body := ask(h, "GET", path).Body.String(); len(body) > maxDecisionBody || !strings.Contains(body, `name="decision" value="`+stale+`"`) {
			t.Errorf("%s has %d bytes, or no way to undo", path, len(body))
		}
	}
	seen, next := 0, "/decisions?of="+stale
	for more := true; more; {
		body := ask(h, "GET", next).Body.String()
		seen += strings.Count(body, `name="key"`)
		_, next, more = strings.Cut(body, `<p><a href="/decisions?of=`)
		next, _, _ = strings.Cut(next, `"`)
		next = "/decisions?of=" + html.UnescapeString(next)
	}
	if seen != many {
		t.Errorf("the pages list %d items", seen)
	}
	// Of the items that were chosen, one is none of the decision.
	form := url.Values{"decision": {stale}, "only": {"chosen"}, "key": {"acme/web#7", "acme/web#70", "acme/web#9999", "acme/other#1"}, "back": {"/decisions"}}
	if w := post(form); w.Code != http.StatusSeeOther || len(list) != many-chosen {
		t.Errorf("only some: %d, %d are left", w.Code, len(list))
	}
	if w := post(form); w.Code != http.StatusConflict || len(list) != many-chosen {
		t.Errorf("a decision that is no more: %d, %d are left", w.Code, len(list))
	}
	if w := post(url.Values{"decision": {id()}, "only": {"chosen"}}); w.Code != http.StatusUnprocessableEntity || len(list) != many-chosen {
		t.Errorf("none chosen: %d, %d are left", w.Code, len(list))
	}
	if w := ask(h, "DELETE", "/api/v1/overrides?decision="+id()); w.Code != http.StatusOK || len(list) != 0 || writes != 2 {
		t.Errorf("all of it: %d %s, %d are left after %d writes", w.Code, w.Body, len(list), writes)
	}
}

// A decision about more than one stream is kept whole or not at all.
func TestMoreThanAStream(t *testing.T) {
	parts, fails := 0, false
	var list []store.Override
	h := handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		o.Access = Access{Anyone: Triager}
		o.Overrides = func() []store.Override { return list }
		o.Decide = func(_ context.Context, part []store.Override) ([]store.Override, error) {
			if parts++; fails {
				return nil, errors.New("the disk is full")
			}
			list = append(list, part...)
			return nil, nil
		}
	})
	form := url.Values{"to": {"run_work"}, "why": {"because"}, "back": {"/decisions"}}
	for i := range 2*MaxDecided + 50 {
		form.Add("key", fmt.Sprintf("acme/web#%d", i))
	}
	post := func() *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "http://127.0.0.1:9797/decisions", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	at := post().Header().Get("Location")
	if body := ask(h, "GET", at).Body.String(); parts != 1 || !strings.Contains(body, "The decision is kept: 250 items count for") {
		t.Errorf("%d parts, then %q: %s", parts, at, body)
	}
	list, fails = nil, true
	if w := post(); w.Code != http.StatusInternalServerError || list != nil {
		t.Errorf("a failure: %d %s", w.Code, w.Body)
	}
}

// Where several objectives ended, the kill list does not say of each that nothing
// goes on.
func TestSeveralEndedOnTheKillList(t *testing.T) {
	report := fullReport(t)
	ended := report.Objectives[0]
	ended.State = objective.Retired
	report.Objectives = []scoring.ObjectiveReport{ended, ended}
	findings.Headline(report).Org.Effort = []scoring.CategoryEffort{{Category: scoring.Stopped, Effort: 5}}
	h := handler(t, report, func(o *Options) { withEverything(t)(o); o.Access = Access{Anyone: Reader} })
	body := ask(h, "GET", "/kill-list").Body.String()
	if strings.Contains(body, "nothing is seen") || !strings.Contains(body, "20 % of all effort goes on for objectives that ended. For which of them is not known") {
		t.Error(body)
	}
}

// Each stop has its clock on the kill list, those that are worked on first, and
// the same clocks are in the API.
func TestClocksOnTheKillList(t *testing.T) {
	report := fullReport(t)
	week := func(ratio scoring.Number) scoring.ClockWeek {
		return scoring.ClockWeek{Monday: report.Day, Ratio: ratio}
	}
	report.Stops = []scoring.StopClock{
		{Objective: "sso", Title: "Single <sign-on>", Effective: new(report.Day - 52), Start: report.Day - 50, State: scoring.ClockQuiet, Days: 9, QuietFrom: new(report.Day - 40), Weeks: []scoring.ClockWeek{week(1), week(scoring.Absent()), week(0)}},
		{Key: "PAY-9", Start: report.Day - 30, State: scoring.ClockQuiet, Days: scoring.Absent(), Weeks: []scoring.ClockWeek{}},
		{Key: "PAY-8", Title: "Widget", Start: report.Day - 40, State: scoring.ClockRuns, Days: 40, Live: true, Weeks: []scoring.ClockWeek{week(.5), week(2)}},
		{Objective: "old", Start: report.Day - 20, State: scoring.ClockTakenBack, Days: 5, Weeks: []scoring.ClockWeek{}},
		{Key: "PAY-7", Start: report.Day - 3, State: scoring.ClockNone, Reason: "too early", Days: 3, Weeks: []scoring.ClockWeek{}},
	}
	h := handler(t, report, func(o *Options) { withEverything(t)(o); o.Access = Access{Anyone: Reader} })
	_, clocks, _ := strings.Cut(ask(h, "GET", "/kill-list").Body.String(), `id="clocks"`)
	clocks, _, _ = strings.Cut(clocks, "</section>")
	at := 0
	for _, want := range []string{`<a href="/explain?subject=PAY-8">Widget</a>`, "40 days, and still worked on", "of a usual week before: 50 %, 200 %", "not counted: too early", "taken back after 5 days",
		"quiet; when is withheld", "Single &lt;sign-on&gt;", "effective ", "quiet after 9 days, from ", "100 %, –, 0 %"} {
		i := strings.Index(clocks[at:], want)
		if i < 0 {
			t.Fatalf("%q is not after what comes before it in %s", want, clocks)
		}
		at += i
	}
	body := ask(h, "GET", "/api/v1/stops").Body.String()
	if strings.Index(body, `"PAY-8"`) > strings.Index(body, `"sso"`) || strings.Count(body, `"id":`) != len(report.Stops) || !strings.Contains(body, `"title": "Widget"`) {
		t.Error(body)
	}
}

// The kill list tells of what was stopped here, and of nothing else that was
// decided; a stop says that its clock runs.
func TestStopsOnTheKillList(t *testing.T) {
	list := []store.Override{{Key: "PAY-1", To: "sso", Role: "triage", Why: "kept", At: noon.Add(-time.Hour)}, {Key: "PAY-2", To: "excluded", Role: "triage", Why: "no more", At: noon}}
	h := handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		o.Access = Access{Anyone: Triager}
		o.Overrides = func() []store.Override { return list }
	})
	body := ask(h, "GET", "/kill-list?done=decided&decision="+decisionGroups(list, nil)[0].ID()).Body.String()
	_, stopped, _ := strings.Cut(body, `id="stopped"`)
	for want, there := range map[string]bool{"PAY-2": true, "no more": true, "/changes#2026-W25": true, "PAY-1": false} {
		if strings.Contains(stopped, want) != there {
			t.Errorf("%q: want it there %t in %s", want, there, stopped)
		}
	}
	if !strings.Contains(body, "The clock of this stop runs") {
		t.Error("the stop does not say that its clock runs")
	}
}
