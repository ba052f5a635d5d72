package jira

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

// fuzzSite is what normalisation needs of a server.
func fuzzSite() *site {
	return &site{home: "https://jira.example.org", statusNames: nil, fields: fieldIDs{
		sprints: []string{"customfield_1"}, parents: []string{"customfield_2"}, checkins: []string{"customfield_3"},
		mapped: map[string][]string{"team": {"customfield_4"}}, names: map[string][]string{"confidence": {"customfield_3"}},
	}}
}

// FuzzIssue proves that an issue is refused or becomes records that can be
// kept, whatever was sent.
func FuzzIssue(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `{"id":1,"key":"PAY-1","fields":{}}`,
		`{"id":"1","key":"PAY-1","fields":{"summary":"x","created":"2026-01-01T00:00:00.000+0000","issuetype":{"name":"Bug"},"status":{"id":"1"}}}`,
		`{"id":"1","key":"PAY-1","fields":{"created":1,"description":{"content":[{"text":"a"}]},"issuetype":{},"status":{},"labels":null,"issuelinks":[{"type":{"name":"Blocks"},"outwardIssue":{"key":"A-1"}}],
			"customfield_1":["a[id=1,name=b]"],"customfield_2":{"data":{"key":"X-1"}},"customfield_3":"7","customfield_4":[{"value":"a"}],"comment":{"comments":[{"id":1,"created":"2026-01-01"}]}},
			"changelog":{"total":2,"histories":[{"id":1,"created":5,"items":[{"field":"status"},{"field":"Key","fromString":"A-1"},{"field":"Confidence","toString":"8"}]}]}}`,
		`{"id":"1","key":"PAY-1","fields":{"created":1,"issuetype":{},"status":{},"comment":{"comments":[{"id":1}]},"worklog":{"worklogs":[{"id":1}]}},"changelog":{"histories":[{"id":1,"items":[{"field":"labels"},{"field":"status"}]}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := fuzzSite()
		is, err := decodeIssue(raw, &s.fields)
		if nameOf(raw) == "" {
			t.Fatal("an issue has no name")
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("the reason %q is not one line", err)
			}
			return
		}
		cfg := defaults()
		n := newNormaliser(source, &cfg, s)
		n.issue(is)
		if len(n.out.Items) == 0 || n.out.Items[0].ID == prefix || len(n.out.Items[0].Keys) == 0 {
			t.Fatalf("an issue becomes %+v", n.out.Items)
		}
		actors := map[string]bool{"": true}
		for _, i := range n.out.Identities {
			actors[i.Actor] = true
		}
		for _, e := range n.out.Events {
			if e.ID == "" || e.At.IsZero() || !actors[e.Actor] {
				t.Fatalf("an event is %+v", e)
			}
		}
	})
}

// FuzzChangelog proves that histories are read in order and without repeats.
func FuzzChangelog(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"id":"2","created":2,"items":[]},{"id":"1","created":1,"items":[{"field":"Key","fromString":"A-1","toString":"B-1"}]}]`,
		`[{"id":"1","created":"x"}]`, `[{"id":{},"items":[{"from":[]}]}]`, `[{"items":[{"field":"status","from":1,"to":"2"}]},{"id":""}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var all []wireHistory
		if json.Unmarshal(raw, &all) != nil {
			return
		}
		is := &issue{key: "A-1"}
		is.setHistory(all)
		for i := 1; i < len(is.history); i++ {
			a, b := is.history[i-1], is.history[i]
			if b.Created.Before(a.Created.Time) {
				t.Fatal("histories are out of order")
			}
		}
		for _, k := range is.oldKeys() {
			if k == "" || k == is.key {
				t.Fatalf("an old key is %q", k)
			}
		}
		before := len(is.history)
		is.complete(all)
		is.complete(all)
		if len(is.history) > before+len(all)*2 {
			t.Fatal("histories multiply")
		}
	})
}

// FuzzSprint proves that a sprint that is read has a name.
func FuzzSprint(f *testing.F) {
	for _, seed := range []string{`x@1[id=1,name=a,goal=b]`, `[name=]`, `]`, `[`, `a[name=x`, `[id=1,id=2,name=a,name=b]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, printed string) {
		s, ok := parseSprint(printed)
		if ok && (s.name == "" || !strings.Contains(printed, s.name)) {
			t.Fatalf("%q is the sprint %+v", printed, s)
		}
		parseSprints(json.RawMessage(printed))
	})
}

// FuzzJQL proves that a condition that is accepted stays within the
// parentheses around it.
func FuzzJQL(f *testing.F) {
	for _, seed := range []string{`a = 1`, `a = "x)"`, `a = 'y' or (b)`, `) or (`, `"\`, `a ORDER BY b`, `summary ~ "\"("`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, jql string) {
		if checkJQL(jql) != nil {
			return
		}
		depth, quote, escaped := 0, rune(0), false
		for _, c := range jql {
			switch {
			case escaped:
				escaped = false
			case quote != 0 && c == '\\':
				escaped = true
			case quote != 0 && c == quote:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote == 0 && c == '(':
				depth++
			case quote == 0 && c == ')':
				if depth--; depth < 0 {
					t.Fatalf("%q closes what was not opened", jql)
				}
			}
		}
		if depth != 0 || quote != 0 || escaped {
			t.Fatalf("%q leaves something open", jql)
		}
		q := quoteJQL(jql)
		if checkJQL(q) != nil && !orderBy.MatchString(q) {
			t.Fatalf("%q is quoted as %q", jql, q)
		}
	})
}

// FuzzHook proves that the body of a delivery names ids or is refused.
func FuzzHook(f *testing.F) {
	for _, seed := range []string{`{"issue":{"id":"1"}}`, `{"issue":{"id":1e9}}`, `{"worklog":{"issueId":"../x"}}`, `[]`, `{"issueLink":{"sourceIssueId":-1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		objects, err := hookObjects(body)
		if err != nil && len(objects) > 0 {
			t.Fatal("a refused delivery names objects")
		}
		for _, id := range objects {
			if !isID(id) {
				t.Fatalf("%q is an id", id)
			}
		}
	})
}

// FuzzPosition proves that positions survive being written, and that a damaged
// one is read as none or as one that can be written again.
func FuzzPosition(f *testing.F) {
	p := scanPos{Since: 1, Began: 2, Seen: seen{}}
	p.Seen.note("1", 2, 3)
	raw, err := connectors.EncodePosition(p)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{raw, ``, `{`, `{"seen":"AAAA"}`, `{"since":"x"}`, `{"seen":"AAAAAAAAAAAAAAAA"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, ok := connectors.DecodePosition[scanPos](raw)
		again, err := connectors.EncodePosition(p)
		if err != nil {
			t.Fatal(err)
		}
		q, _ := connectors.DecodePosition[scanPos](again)
		if second, err := connectors.EncodePosition(q); err != nil || second != again {
			t.Fatalf("%s becomes %s (%v, read: %v)", again, second, err, ok)
		}
	})
}

// FuzzHeaders proves that no header makes a wait that is absurd.
func FuzzHeaders(f *testing.F) {
	f.Add("5", "2026-05-31T09:00Z", "0")
	f.Add("Wed, 21 Oct 2026 07:28:00 GMT", "x", "-1")
	f.Add("NaN", "", "1e9")
	f.Fuzz(func(t *testing.T, retry, reset, remaining string) {
		h := map[string][]string{"Retry-After": {retry}, "X-Ratelimit-Reset": {reset}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Limit": {"100"}}
		g := newGovernor(.15, true, func() time.Time { return present }, nil)
		_ = g.observe("a", answer{status: 429, header: h, date: present})
		until := later(g.blocked[everything], g.blocked["a"])
		if until.Before(present.Add(minWait)) || until.After(present.Add(maxWait)) {
			t.Fatalf("blocked until %s", until)
		}
	})
}
