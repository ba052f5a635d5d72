package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
)

// briefOfDemo prints briefs of the demo's history, which tell its story: the
// watermelon, the zombie and the order that was changed. It returns them.
func briefOfDemo(t *testing.T, path string, weeks []toldWeek) string {
	t.Helper()
	run := func(args ...string) string {
		out, stderr, code := workdrift(t, append([]string{"brief", "--config", path}, args...)...)
		if code != 0 || stderr != "" {
			t.Fatalf("%v: %d %s", args, code, stderr)
		}
		return out
	}
	last := run("--week", weeks[len(weeks)-1].Week)
	wants := func(text string, list ...string) {
		t.Helper()
		for _, want := range list {
			if !regexp.MustCompile(want).MatchString(text) {
				t.Errorf("%s is missing in\n%s", want, text)
			}
		}
	}
	wants(last, `^# Week \d{4}-W\d\d, `, `(?m)^\d\. .*“Checkout answers within 300 ms” is reported green at 80 %; the evidence says \d %`,
		`(?m)^\d\. .*went on for “The best crossing is the first result”`, `(?m)^\| 1 \| Checkout answers .* green outside, red inside`,
		`(?m)^top 3 priorities  [▁▂▃▄▅▆▇█]{26} `, `that coincides with rank of eu-residency on`)
	reranked := ""
	for _, w := range weeks {
		for _, e := range w.Edits {
			if e.Kind == "rank" && e.Objective == "eu-residency" {
				reranked = w.Week
			}
		}
	}
	wants(run("--week", reranked), `(?m)^- \d+ \w+, declared: “European customers' data stays in Europe”: rank from 2 to 3`)
	kill := run("--edition", "kill-session", "--format", "html")
	wants(kill, `<h1>Kill session for `, `The best crossing is the first result<br>`, `retired since`)
	if strings.Contains(kill, "<a href") {
		t.Error("links lead to pages whose address nobody told")
	}
	return last + kill + run("--format", "slack", "--week", weeks[0].Week)
}

// briefRefusals asks for briefs that there are not.
func briefRefusals(t *testing.T, path string) {
	t.Helper()
	for _, tc := range [][2]string{
		{"2031-W01", "has not begun"}, {"2019-W07", "the data begins later"}, {"2026-7", "want an ISO week such as"},
	} {
		if _, stderr, code := workdrift(t, "brief", "--config", path, "--week", tc[0]); code != 1 || !strings.Contains(stderr, tc[1]) {
			t.Errorf("%s: %d %q", tc[0], code, stderr)
		}
	}
	if _, stderr, code := workdrift(t, "brief", "--config", path, "--format", "pdf"); code != 1 || !strings.Contains(stderr, "want markdown, html or slack") {
		t.Errorf("%d %q", code, stderr)
	}
}

// What was made serves as long as nothing changed; what somebody looks at and is
// too old is made anew.
func TestBriefsAreKept(t *testing.T) {
	engine := new(scoring.Engine)
	s := &snapshot{engine: engine, fed: 7, report: &scoring.Report{Day: 20_000}}
	day := scoring.Day(20_000)
	key := brief.LastClosed(brief.Weekly, day)
	var b briefs
	if err := b.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.end()
	if got, due := b.due(s); !due || got != key {
		t.Errorf("due is %+v, %t, though nobody has made the last", got, due)
	}
	now := time.Now()
	old := &keptBrief{engine: engine, fed: 7, day: day, Brief: &brief.Brief{Period: key}, made: now.Add(-2 * briefPause), asked: now.Add(-2 * briefInterest)}
	b.keep(key, old)
	if !b.get(key).of(s) {
		t.Error("nothing changed, and the brief is another")
	}
	s.report = &scoring.Report{Day: day, Partial: true}
	if b.get(key).of(s) || b.get(key).serves(s) {
		t.Error("a source is being read for the first time, and the brief does not say so")
	}
	s.report = &scoring.Report{Day: day}
	s.fed++
	if b.get(key).of(s) {
		t.Error("something changed, and the brief is the same")
	}
	if _, due := b.due(s); due {
		t.Error("a brief is due that nobody looks at")
	}
	b.look(key)
	if got, due := b.due(s); !due || got != key {
		t.Errorf("due is %+v, %t", got, due)
	}
	old.made, old.asked = now.Add(-2*briefAge), now.Add(-2*briefInterest)
	if got, due := b.due(s); !due || got != key || old.serves(s) {
		t.Errorf("due is %+v, %t, though the last is too old to be shown", got, due)
	}
	old.made, old.asked = now.Add(-2*briefPause), now
	b.keep(key, &keptBrief{Brief: old.Brief, engine: engine, fed: 7, day: day, made: now, asked: now.Add(-2 * briefInterest)})
	if _, due := b.due(s); due {
		t.Error("a brief is due that is new")
	}
	if !b.get(key).asked.After(now.Add(-briefInterest)) {
		t.Error("making a brief anew forgot who looks at it")
	}
	for i := range maxBriefs + 3 {
		b.keep(brief.LastClosed(brief.Weekly, day-scoring.Day(7*i)), &keptBrief{})
	}
	if len(b.list) > maxBriefs {
		t.Errorf("%d briefs are kept", len(b.list))
	}
}

// What was made before a configuration is no brief of those after it.
func TestBriefsAreForgotten(t *testing.T) {
	var b briefs
	p := brief.LastClosed(brief.Weekly, scoring.Day(20_000))
	b.keep(p, &keptBrief{})
	before := b.configured()
	b.forget()
	b.keep(p, &keptBrief{config: before})
	if b.get(p) != nil {
		t.Error("a brief of another configuration is kept")
	}
}

// Whoever asks for a brief that is not there has it made: once for all, one after
// the other, and not more than a few at a time. That there is none is remembered.
func TestBriefsAreOrdered(t *testing.T) {
	var b briefs
	week := func(i int) brief.Period { return brief.LastClosed(brief.Weekly, scoring.Day(20_000-7*i)) }
	told := func(i, status int, after time.Duration) {
		t.Helper()
		if r, ok := errors.AsType[*web.Refusal](b.order(week(i))); !ok || r.Status != status || r.After != after {
			t.Errorf("week %d: %+v, want %d and to ask again after %v", i, r, status, after)
		}
	}
	for range 2 {
		for i := range maxOrdered {
			told(i, http.StatusAccepted, briefRetry)
		}
		told(maxOrdered, http.StatusServiceUnavailable, maxOrdered*briefRetry)
	}
	none := &web.Refusal{Status: http.StatusNotFound}
	for i := range maxOrdered {
		<-b.orders()
		if p, ok := b.next(); !ok || p != week(i) {
			t.Errorf("%+v is made, want week %d", p, i)
		}
		if b.done(nil); i == 0 {
			b.order(week(maxOrdered)) // there is room again
		}
	}
	<-b.orders()
	b.done(none)
	if _, ok := b.next(); ok || len(b.orders()) > 0 {
		t.Error("something is to be made that nobody asked for")
	}
	told(maxOrdered, http.StatusNotFound, 0)
	if b.forget(); b.refused != nil {
		t.Error("what is refused is not asked of another configuration")
	}
	told(maxOrdered, http.StatusAccepted, briefRetry)
	for i := range 2 * maxBriefs {
		b.order(week(100 + i))
		b.done(none)
	}
	if len(b.refused) > maxBriefs {
		t.Errorf("%d refusals are remembered", len(b.refused))
	}
}

// The first who look at a week are answered at once and see it when they look
// again; a week before the data begins has none.
func TestPagesOrderBriefs(t *testing.T) {
	r, pages, _ := watched(t)
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, nil))
		return w
	}
	p := brief.LastClosed(brief.Weekly, r.evaluator.report.Load().Day).Previous().Previous()
	r.evaluator.mu.Lock() // so that it cannot be made yet
	for path, after := range map[string]string{p.Page(): "1", "/api/v1/brief?" + p.Query(): "", "/brief.md?" + p.Query(): "1"} {
		w := ask(path)
		if h := w.Header(); w.Code != http.StatusAccepted || h.Get("Retry-After") != "1" || after != "" && h.Get("Refresh") != after || !strings.Contains(w.Body.String(), "is being made") {
			t.Errorf("%s: %d %v\n%s", path, w.Code, h, w.Body)
		}
	}
	r.evaluator.mu.Unlock()
	for _, tc := range []struct {
		path string
		code int
	}{{p.Page(), 200}, {"/api/v1/brief?" + p.Query(), 200}, {"/brief?week=2001-W10", 404}} {
		if w := await(t, ask, tc.path); w.Code != tc.code {
			t.Errorf("%s: %d %s", tc.path, w.Code, w.Body)
		}
	}
}

// await asks until what is asked for is made.
func await(t *testing.T, ask func(path string) *httptest.ResponseRecorder, path string) *httptest.ResponseRecorder {
	t.Helper()
	for late := time.Now().Add(patience); ; runtime.Gosched() {
		if w := ask(path); w.Code != http.StatusAccepted || time.Now().After(late) {
			return w
		}
	}
}
