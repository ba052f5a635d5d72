package web

import (
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// Values are told as people say them: flags as yes or no, what is one of several
// by its name.
func TestScoresInWords(t *testing.T) {
	defs := definitionsOf(scoring.Definitions())
	score := func(name string, v scoring.Number, verdict string) *scoring.Score {
		return &scoring.Score{Name: name, Value: v, Verdict: verdict, Lower: scoring.Absent(), Upper: scoring.Absent(), Status: scoring.OK}
	}
	missing := score("observed_confidence", scoring.Absent(), "")
	missing.Status, missing.Reason = scoring.InsufficientData, "3 of 5 weeks"
	for _, tc := range []struct {
		score       *scoring.Score
		value, note string
	}{
		{score("watermelon", 1, "delivery and outcome"), "yes", "delivery and outcome"},
		{score("outcome_stalled", 0, ""), "no", ""},
		{score("outcome_query", 1, "ok"), "ok", ""},
		{score("stop_latency_median", 12, ""), "12 days", ""},
		{score("top_objectives_effort", .42, ""), "42 %", ""},
		{score("replans", 2, ""), "2", ""},
		{missing, "–", "insufficient data: 3 of 5 weeks"},
	} {
		if l := line(defs, tc.score); l.Value != tc.value || l.Note != tc.note {
			t.Errorf("%s is %q, %q", tc.score.Name, l.Value, l.Note)
		}
	}
}

// Discussions have a name that says something, numbers a minus that is one.
func TestNamesAndMinus(t *testing.T) {
	for key, want := range map[string]string{"archives/C0SHIPPING/p1793700000000100": "discussion of 3 Nov 2026", "PAY-7": "PAY-7", "archives/notes": "archives/notes"} {
		if got := itemName(key); got != want {
			t.Errorf("%s is called %q, want %q", key, got, want)
		}
	}
	if got := discussion("archives/C0SHIPPING/p1793700000000100", "#shipping thread of 2026-11-03"); got != "discussion in #shipping on 3 Nov 2026" {
		t.Errorf("a discussion is called %q", got)
	}
	if got := discussion("PAY-7", "#shipping thread of 2026-11-03"); got != "" {
		t.Errorf("a ticket is called %q", got)
	}
	if got := amount(scoring.Definition{Scale: 1}, -.125) + " " + ratio(-1); got != "\u22120.125 \u22121.00" {
		t.Errorf("numbers below 0 are %q", got)
	}
}

// A week without a change is on the time line too: who asks what changed in it
// gets an answer.
func TestEveryWeekHasALine(t *testing.T) {
	body := everyPage(t, "/changes")
	r := fullReport(t)
	for _, w := range r.Weeks {
		if week := findings.ISOWeek(w.Monday); !strings.Contains(body, `<li id="`+week+`">`) || !strings.Contains(body, `<a href="#`+week+`">`) {
			t.Errorf("%s is missing", week)
		}
	}
	for _, want := range []string{"Nothing was declared or decided", "“Single sign-on”: rank from 1 to 2", "before and since:"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in %s", want, body)
		}
	}
	if page := everyPage(t, "/objectives/sso"); !strings.Contains(page, "rank from 1 to 2") || !strings.Contains(page, "Will it be done in time?") || !strings.Contains(page, "it lacks a due date, an outcome that is measured") {
		t.Errorf("the objective does not say what was edited, whether it is in time and what it lacks: %s", page)
	}
}

// The page of sources says what may still be asked, whose members are not known,
// and what not to trust because of it.
func TestSourcesTellOfQuotasAndGaps(t *testing.T) {
	r := fullReport(t)
	r.Stats.UnreadGroups = []string{"github:acme/core"}
	soon := time.Now().Add(10 * time.Minute)
	body := pageAt(t, "/sources", r, Source{Name: "github", LastSuccess: time.Now(), Quotas: []Quota{{"core", 5000, 4321, &soon}, {"search", 30, 29, nil}}},
		Source{Name: "jira", LastSuccess: time.Now(), Unseen: []string{"what nobody tells", "what was <long> ago"}})
	for _, want := range []string{"core: 4321 of 5000 left, renewed in 10 min<", "search: 29 of 30 left<", "none is told", "the members of github:acme/core.",
		"<b>Not known</b> from jira, whatever happens there: what nobody tells; what was &lt;long&gt; ago.",
		`<h2 id="trust">`, "No members are known of github:acme/core: the group cannot be read", "between 37 % and 83 %"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in %s", want, body)
		}
	}
	if overview := pageAt(t, "/", r); !strings.Contains(overview, "No members are known of github:acme/core") || !strings.Contains(overview, `<a href="/sources#trust">`) {
		t.Error("the overview does not warn of it")
	}
}

// What is behind a number is a link away: who explains nothing yet is offered
// what can be explained, and an objective tells of its words.
func TestExplainLeadsOn(t *testing.T) {
	r := fullReport(t)
	r.Vocabulary = []scoring.VocabularyReport{
		{Objective: "other", Unused: []string{"another's"}},
		{Objective: "sso", Team: "core", Items: 42, P: .005, Flagged: true, Gap: scoring.Score{Status: scoring.OK, Value: .31},
			Terms: []scoring.Usage{{Term: "<b>login", Work: .2, Declaration: .1}}, Others: 8, Unused: []string{"passkey"}, Breaches: []string{"PAY-7"},
			Anchors: []scoring.Anchor{{Term: "session", Flagged: true}, {Term: "token"}}},
	}
	h := handler(t, r, withEverything(t))
	for path, wants := range map[string][]string{
		"/explain": {`<a href="/explain?subject=sso">Single sign-on</a>`},
		"/explain?subject=sso": {"gap 0.31, p 0.005 over 42 works: flagged", "&lt;b&gt;login (more than declared), 8 words that nobody declared.",
			"another thing by: session.", "Never uses: passkey.", `<a href="/explain?subject=PAY-7">`, `<a href="/objectives/sso">`},
		"/explain?subject=unknown": {`<a href="/shadow">The same by streams`},
		"/objectives/sso":          {"Never uses: passkey."},
		"/methods":                 {`Behind it: <a href="/shadow">`, `Behind it: <a href="/objectives">the objectives`},
	} {
		body := ask(h, "GET", path, "Authorization", "Bearer "+readToken).Body.String()
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing in %s", path, want, body)
			}
		}
		if strings.Contains(body, "another&#39;s") {
			t.Errorf("%s tells of another objective's words", path)
		}
	}
}
