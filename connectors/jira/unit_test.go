package jira

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
)

func TestMoment(t *testing.T) {
	want := time.Date(2026, 5, 4, 8, 0, 0, 500_000_000, time.UTC)
	for _, raw := range []string{
		`"2026-05-04T10:00:00.500+0200"`, `"2026-05-04T10:00:00.500+02:00"`, `"2026-05-04T08:00:00.5Z"`, `"2026-05-04T08:00:00.500+0000"`,
		`"2026-05-04T08:00:00.500"`, `1777881600500`, `"1777881600500"`,
	} {
		var m moment
		if err := json.Unmarshal([]byte(raw), &m); err != nil || !m.Equal(want) {
			t.Errorf("%s is read as %s: %v", raw, m, err)
		}
	}
	for _, raw := range []string{`null`, `""`} {
		var m moment
		if err := json.Unmarshal([]byte(raw), &m); err != nil || !m.IsZero() {
			t.Errorf("%s is read as %s: %v", raw, m, err)
		}
	}
	for _, raw := range []string{`"yesterday"`, `{}`, `true`, `[1]`} {
		if err := json.Unmarshal([]byte(raw), new(moment)); err == nil {
			t.Errorf("%s is a time", raw)
		}
	}
}

func TestSprints(t *testing.T) {
	const printed = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=5,rapidViewId=2,state=ACTIVE,name=PAY 5, part=two [a],startDate=<null>,endDate=<null>,sequence=5,goal=x,y]"
	quoted, _ := json.Marshal([]string{printed})
	for raw, want := range map[string]string{
		string(quoted): "[{5 PAY 5, part=two [a]}]",
		`[{"id":7,"name":"EE Sprint 7","state":"closed"},{"id":"8","name":"next"}]`: "[{7 EE Sprint 7} {8 next}]",
		`{"id":7,"name":"EE Sprint 7"}`:                                             "[{7 EE Sprint 7}]",
		`null`:                                                                      "[]",
		`[]`:                                                                        "[]",
		`"Sprint 5"`:                                                                "[]",
		`[{"id":7}]`:                                                                "[]",
		`["x[id=1,name=<null>]"]`:                                                   "[]",
	} {
		equal(t, raw, fmt.Sprint(parseSprints(json.RawMessage(raw))), want)
	}
}

func TestConfidence(t *testing.T) {
	for _, tc := range []struct {
		scale float64
		value string
		want  string
	}{
		{0, "0.7", "0.7 true"}, {0, "1", "1 true"}, {0, "7", "0.7 true"}, {0, "7.0", "0.7 true"}, {0, "70", "0.7 true"}, {0, "70 %", "0.7 true"},
		{0, "7/10", "0.7 true"}, {0, "4/5", "0.8 true"}, {0, "0,7", "0.7 true"}, {0, "0", "0 true"}, {10, "1", "0.1 true"}, {100, "1", "0.01 true"},
		{1, "0.35", "0.35 true"}, {10, "11", "0 false"}, {0, "101", "0 false"}, {0, "-1", "0 false"}, {0, "NaN", "0 false"},
		{0, "🟢", "0.85 true"}, {0, "🟡 at risk", "0.5 true"}, {0, "🔴", "0.15 true"}, {0, "On track", "0.85 true"}, {0, "off track", "0.15 true"},
		{0, "reduced", "0 false"}, {0, "sunny", "0.9 true"}, {0, "SUNNY", "0.9 true"}, {0, "", "0 false"}, {0, "7/0", "0 false"}, {0, "1/2/3", "0 false"},
	} {
		n := &normaliser{cfg: &config{CheckinScale: tc.scale, CheckinValues: map[string]float64{"sunny": .9}}}
		ratio, ok := n.confidence(tc.value)
		equal(t, fmt.Sprintf("%q at %v", tc.value, tc.scale), fmt.Sprint(ratio, ok), tc.want)
	}
}

// TestCitedOutcome: a reading of the outcome may stand behind a confidence.
func TestCitedOutcome(t *testing.T) {
	for value, want := range map[string]string{
		"70 %": "0.7 ", "70 %, metric 320 ms": "0.7 outcome", "7/10 outcome: 48": "0.7 outcome", "🟢 (outcome at 3)": "0.85 outcome",
		"on track, no outcome yet": " ", "green outcome unknown": "0.85 ", "metric 3": " ",
	} {
		n := newNormaliser(source, &config{}, &site{})
		n.checkIn("1", "check_in/1", "PAY-1", nil, moment{start}, value)
		got := " "
		if len(n.out.Events) == 1 {
			got = n.out.Events[0].Attrs["confidence"] + " " + n.out.Events[0].Attrs["cites"]
		}
		equal(t, value, got, want)
	}
}

func TestFieldValues(t *testing.T) {
	for raw, want := range map[string]string{
		`null`: "[]", `"x"`: "[x]", `7`: "[7]", `7.5`: "[7.5]", `true`: "[true]", `{}`: "[]", `[]`: "[]",
		`{"value":"A","child":{"value":"B"}}`:                 "[A A / B]",
		`[{"value":"A"},{"name":"B"},"C"]`:                    "[A B C]",
		`{"accountId":"5b","displayName":"Ada","name":"ada"}`: "[]",
		`[{"name":"ada","emailAddress":"ada@example.org"}]`:   "[]",
		`{"id":"1","title":"Core team","isShared":true}`:      "[Core team]",
	} {
		equal(t, raw, fmt.Sprint(fieldValues(json.RawMessage(raw), 0)), want)
	}
}

func TestJQLTimes(t *testing.T) {
	at := time.Date(2026, 11, 1, 9, 30, 30, 0, time.UTC)
	now := at.Add(90 * time.Second)
	for _, tc := range []struct {
		form timeForm
		zone string
		want string
	}{
		{formEpoch, "", "updated >= 1793525430000"},
		{formRelative, "", "updated >= -2m"},
		{formZone, "Asia/Shanghai", `updated >= "2026/11/01 16:30"`},
		{formZone, "America/Los_Angeles", `updated >= "2026/11/01 01:30"`},
		{formZone, "", `updated >= "2026/10/31 19:30"`},
		{formZone, "No/Where", `updated >= "2026/10/31 19:30"`},
	} {
		equal(t, tc.zone, tc.form.since("updated", at, now, tc.zone), tc.want)
	}
}

func TestScopes(t *testing.T) {
	visible := []project{{ID: "1", Key: "PAY"}, {ID: "2", Key: "OPS"}}
	for _, tc := range []struct {
		scope   scope
		visible []project
		want    string
		some    bool
	}{
		{scope{projects: []string{"PAY", "OPS"}}, visible, "project in (1, 2)", true},
		{scope{projects: []string{"PAY"}}, nil, "", false},
		{scope{projects: []string{"PAY"}, jql: "a = 1 OR b = 2"}, visible[:1], "(project in (1) OR (a = 1 OR b = 2))", true},
		{scope{projects: []string{"PAY"}, jql: "a = 1"}, nil, "(a = 1)", true},
		{scope{board: 4}, nil, "", true},
	} {
		where, some := tc.scope.where(tc.visible)
		equal(t, tc.want, fmt.Sprint(where, some), fmt.Sprint(tc.want, tc.some))
	}
	a, b := config{Projects: []string{"PAY"}}, config{Projects: []string{"PAY", "OPS"}}
	if a.scopes()[0].name == b.scopes()[0].name {
		t.Error("a project that is added continues the list without it")
	}
}

func TestSeen(t *testing.T) {
	s := seen{}
	now := present.UnixMilli()
	old := now - 10*time.Minute.Milliseconds()
	equal(t, "first", s.note("1", old, now), true)
	equal(t, "again", s.note("1", old, now), false)
	equal(t, "changed", s.note("1", old+1, now), true)
	equal(t, "unsettled", s.note("2", now-1, now), true)
	equal(t, "unsettled, again", s.note("2", now-1, now), false)
	equal(t, "settled since", s.note("2", now-1, now+2*settle.Milliseconds()), true)
	for i := range 2 * maxSeen {
		s.note(fmt.Sprint("x", i), old+int64(i), now)
	}
	s.trim(old)
	if len(s) > maxSeen+1 {
		t.Errorf("%d versions are kept", len(s))
	}
	s.trim(now + 1)
	equal(t, "after all", len(s), 0)
}

// TestLife proves what becomes of an issue's status over time.
func TestLife(t *testing.T) {
	n := &normaliser{cfg: &config{DroppedResolutions: []string{"Won't Do"}, DroppedStatuses: []string{"Cancelled"}}, site: &site{
		statuses:    map[string]store.Status{"1": store.StatusTodo, "3": store.StatusDoing, "6": store.StatusDone},
		statusNames: map[string]store.Status{"gone": store.StatusDoing},
	}}
	h := func(minute int, items ...wireChange) wireHistory {
		return wireHistory{ID: text(fmt.Sprint(minute)), Created: moment{start.Add(time.Duration(minute) * time.Minute)}, Items: items}
	}
	status := func(from, to string) wireChange {
		return wireChange{Field: "status", From: text(from), To: text(to), ToString: text("status " + to)}
	}
	as := func(name string) wireChange { return wireChange{Field: "resolution", ToString: text(name)} }
	now := func(category, name string) wireStatus {
		w := wireStatus{Name: name}
		w.Category.Key = category
		return w
	}
	for _, tc := range []struct {
		name       string
		now        wireStatus
		resolution string
		history    []wireHistory
		want       string // status, minute of the start and the end, moves
	}{
		{"new", now("new", "x"), "", nil, "todo - - []"},
		{"made in progress", now("indeterminate", "x"), "", nil, "doing 0 - []"},
		{"through", now("done", "x"), "Done", []wireHistory{h(1, status("1", "3")), h(5, status("3", "6"), as("Done"))}, "done 1 5 [todo>doing doing>done]"},
		{"dropped", now("done", "x"), "Won't Do", []wireHistory{h(1, status("1", "3")), h(5, status("3", "6"), as("Won't Do"))}, "dropped 1 5 [todo>doing doing>dropped]"},
		{"dropped afterwards", now("done", "x"), "Won’t Do", []wireHistory{h(5, status("1", "6"))}, "dropped - 5 [todo>dropped]"},
		{"cancelled", now("done", "Cancelled"), "", []wireHistory{h(5, wireChange{Field: "status", From: "1", To: "6", ToString: "Cancelled"})}, "dropped - 5 [todo>dropped]"},
		{"reopened", now("indeterminate", "x"), "", []wireHistory{h(1, status("1", "3")), h(5, status("3", "6")), h(9, status("6", "3"))}, "doing 1 - [todo>doing doing>done done>doing]"},
		{"finished twice", now("done", "x"), "", []wireHistory{h(5, status("1", "6")), h(7, status("6", "1")), h(9, status("1", "6"))}, "done - 9 [todo>done done>todo todo>done]"},
		{"a status that is gone", now("done", "x"), "", []wireHistory{h(1, status("1", "99")), h(5, status("99", "6"))}, "done - 5 [todo> >done]"},
		{"a status known by name", now("new", "x"), "", []wireHistory{h(1, wireChange{Field: "status", From: "1", To: "98", ToString: "Gone"}), h(2, status("98", "1"))}, "todo 1 - [todo>doing >todo]"},
		{"dropped, then done", now("done", "x"), "Done", []wireHistory{h(5, status("1", "6"), as("Won't Do")), h(7, status("6", "1")), h(9, status("1", "6"), as("Done"))}, "done - 9 [todo>dropped dropped>todo todo>done]"},
		{"made finished", now("done", "x"), "", nil, "done - 0 []"},
	} {
		l := n.lifeOf(&issue{created: start, status: tc.now, resolution: tc.resolution, history: tc.history})
		minute := func(t time.Time) string {
			if t.IsZero() {
				return "-"
			}
			return fmt.Sprint(int(t.Sub(start).Minutes()))
		}
		var moves []string
		for _, m := range l.moves {
			moves = append(moves, string(m.from)+">"+string(m.to))
		}
		equal(t, tc.name, fmt.Sprint(l.status, " ", minute(l.started), " ", minute(l.closed), " ", moves), tc.want)
	}
}

// TestOldKeys proves that the names an issue had come newest first.
func TestOldKeys(t *testing.T) {
	is := &issue{key: "C-3"}
	moved := func(id, from, to string) wireHistory {
		return wireHistory{ID: text(id), Created: moment{start}, Items: []wireChange{{Field: "Key", FromString: text(from), ToString: text(to)}}}
	}
	is.setHistory([]wireHistory{moved("10", "B-2", "C-3"), moved("9", "A-1", "B-2")})
	equal(t, "old keys", is.oldKeys(), []string{"B-2", "A-1"})
}

func TestRepoPath(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/acme/api/commit/abc":            "acme/api",
		"https://github.com/acme/api/pull/12":               "acme/api",
		"https://gitlab.com/a/b/c/-/merge_requests/3":       "a/b/c",
		"https://gitlab.com/merico-dev/ee/vdev.co":          "merico-dev/ee/vdev.co",
		"https://bitbucket.org/acme/api/pull-requests/4":    "acme/api",
		"https://example.com/-/commit/abc":                  "",
		"https://example.com/a":                             "",
		"acme/api":                                          "",
		"https://example.com/a//b":                          "",
		"https://github.com/acme/api/commits/main?path=x#y": "acme/api",
	} {
		equal(t, address, repoPath(address), want)
	}
}

// TestDocument proves that documents are read for references, without people.
func TestDocument(t *testing.T) {
	var d document
	err := json.Unmarshal([]byte(`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[
		{"type":"text","text":"after"},{"type":"text","text":"this","marks":[{"type":"link","attrs":{"href":"https://jira.example.org/browse/OPS-4"}}]},
		{"type":"mention","attrs":{"id":"5b","text":"@Ada Lovelace"}},{"type":"inlineCard","attrs":{"url":"https://github.com/acme/api/pull/12"}}]},
		{"type":"codeBlock","content":[{"type":"text","text":"x := PAY-9"}]}]}`), &d)
	if err != nil {
		t.Fatal(err)
	}
	n := newNormaliser(source, &config{}, &site{})
	is := &issue{key: "PAY-1", description: d.text}
	var got []string
	for _, l := range n.links(is) {
		got = append(got, l.Key)
	}
	slices.Sort(got)
	equal(t, "references", got, []string{"OPS-4", "PAY-9", "acme/api#12"})
	for _, person := range []string{"Ada", "5b"} {
		if strings.Contains(d.text, person) {
			t.Errorf("the text names %s: %q", person, d.text)
		}
	}
}
