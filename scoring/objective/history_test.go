package objective

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func date(s string) Date {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return DateOf(t)
}

// one is an objective with one version.
func one(id string, change func(*Objective)) Objective {
	o := Objective{
		ID: id, Text: "Text of " + id, Start: NoDate, Keys: []string{"PAY-1"},
		Match:    &Rule{Any: []Rule{{Attr: "label", Like: []Pattern{{Exact, "sso"}}, At: "config.yaml:3:4"}}},
		Versions: []Version{{From: NoDate, Rank: 1, State: Active, TargetShare: .4, OwnerTeam: "core", HasOwner: true, Due: NoDate}},
	}
	if change != nil {
		change(&o)
	}
	return o
}

func told(edits []Edit) string {
	var out []string
	for _, e := range edits {
		s := fmt.Sprintf("%s %s", e.Objective, e.Kind)
		if e.Effective != NoDate {
			s += " " + e.Effective.String()
		}
		if e.State != "" {
			s += " " + string(e.State)
		}
		out = append(out, strings.TrimSpace(s))
	}
	return strings.Join(out, ", ")
}

func TestEdits(t *testing.T) {
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	seven := 7.0
	for _, tc := range []struct {
		name   string
		change func(*Objective)
		want   string
	}{
		{"nothing", nil, ""},
		{"a moved line", func(o *Objective) { o.Match.Any[0].At = "config.yaml:9:9" }, ""},
		{"rank, written over", func(o *Objective) { o.Versions[0].Rank = 2 }, "a rank"},
		{"rank, dated", func(o *Objective) {
			v := o.Versions[0]
			v.Rank, v.From = 2, date("2026-03-09")
			o.Versions = append(o.Versions, v)
		}, "a rank 2026-03-09"},
		{"retired", func(o *Objective) {
			v := o.Versions[0]
			v.State, v.From = Retired, date("2026-02-01")
			o.Versions = append(o.Versions, v)
		}, "a state 2026-02-01 retired"},
		{"retired as of a day, and ranked anew", func(o *Objective) {
			o.Versions[0].Rank = 4
			v := o.Versions[0]
			v.State, v.From = Retired, date("2026-02-01")
			o.Versions = append(o.Versions, v)
		}, "a rank, a state 2026-02-01 retired"},
		{"the beginning dated", func(o *Objective) { o.Versions[0].From, o.Versions[0].Rank = date("2026-01-05"), 2 }, "a rank 2026-01-05"},
		{"everything of a version", func(o *Objective) {
			o.Versions[0] = Version{From: NoDate, Rank: 3, State: Paused, TargetShare: .1, Due: date("2026-06-30")}
		}, "a due, a owner, a rank, a state paused, a target"},
		{"owner", func(o *Objective) { o.Versions[0].OwnerIsGroup = true }, "a owner"},
		{"text", func(o *Objective) { o.Text = "Another" }, "a text"},
		{"keys", func(o *Objective) { o.Keys = nil }, "a rules"},
		{"rules", func(o *Objective) { o.Match.Any[0].Like[0].Text = "saml" }, "a rules"},
		{"excluded words", func(o *Objective) { o.ExcludedTerms = []string{"smb"} }, "a excludes"},
		{"excludes", func(o *Objective) { o.Excludes = &Rule{Attr: "label"} }, "a excludes"},
		{"outcome", func(o *Objective) { o.Outcome = &Outcome{Query: "x"} }, "a outcome"},
		{"target of a new outcome", func(o *Objective) { o.Outcome = &Outcome{Query: "x", Target: &seven} }, "a outcome, a target"},
		{"vocabulary", func(o *Objective) { o.Terms = []string{"sso"} }, "a other"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Edits([]Loaded{
				{monday, Set{Objectives: []Objective{one("a", nil)}}},
				{monday.AddDate(0, 0, 1), Set{Objectives: []Objective{one("a", tc.change)}}},
			})
			if told(got) != tc.want {
				t.Errorf("edits are %q, want %q", told(got), tc.want)
			}
			for _, e := range got {
				if !e.Known.Equal(monday.AddDate(0, 0, 1)) || e.Start() < date("2026-03-03") {
					t.Errorf("%s is known at %s and starts on %s", e.Kind, e.Known, e.Start())
				}
			}
		})
	}
}

// TestEditsOfSets: what appears, what goes, and what no objective has.
func TestEditsOfSets(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }
	dated := one("b", func(o *Objective) {
		v := o.Versions[0]
		v.State, v.From = Retired, date("2026-01-10")
		o.Versions = append(o.Versions, v)
	})
	history := []Loaded{
		{at(1), Set{Objectives: []Objective{one("a", nil), dated}, TopN: 3}},
		{at(2), Set{Objectives: []Objective{dated, one("c", func(o *Objective) { o.Start = date("2026-04-01") })}, TopN: 3,
			RunWork: []NamedRule{{Name: "ops"}}}},
		{at(3), Set{Objectives: []Objective{dated, one("c", func(o *Objective) { o.Start = date("2026-04-01") })}, TopN: 2,
			RunWork: []NamedRule{{Name: "ops"}}, RunWorkBudget: .2, NonGoals: []NamedRule{{Name: "app"}}}},
	}
	want := "b state 2026-01-10 retired, run_work, a removed, c added 2026-04-01 active, non_goals, run_work, settings"
	if got := told(Edits(history)); got != want {
		t.Errorf("edits are\n%s\nwant\n%s", got, want)
	}
	if start := Edits(history)[0].Start(); start != date("2026-03-01") {
		t.Errorf("a decision of January that was first known in March starts on %s", start)
	}
}

// TestTakenBack: a decision that disappears from the file is one more edit.
func TestTakenBack(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }
	retired := one("a", func(o *Objective) {
		v := o.Versions[0]
		v.State, v.From = Retired, date("2026-02-01")
		o.Versions = append(o.Versions, v)
	})
	history := []Loaded{{at(1), Set{Objectives: []Objective{retired}}}, {at(2), Set{Objectives: []Objective{one("a", nil)}}}}
	if got, want := told(Edits(history)), "a state 2026-02-01 retired, a state active"; got != want {
		t.Errorf("edits are %s, want %s", got, want)
	}
}

func TestEncodingIsCanonical(t *testing.T) {
	a := Set{Objectives: []Objective{one("a", nil)}, RunWork: []NamedRule{{"ops", Rule{Not: &Rule{Attr: "label", At: "c:1:1"}, At: "c:1:1"}}}, Grace: 7}
	b := Set{Objectives: []Objective{one("a", func(o *Objective) { o.Match.Any[0].At = "elsewhere" })},
		RunWork: []NamedRule{{"ops", Rule{Not: &Rule{Attr: "label"}}}}, Grace: 7}
	first, err := Encode(&a)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Encode(&b)
	if err != nil || string(first) != string(second) {
		t.Errorf("%v\n%s\n%s", err, first, second)
	}
	if a.Objectives[0].Match.Any[0].At == "" || a.RunWork[0].Rule.Not.At == "" {
		t.Error("encoding changed what it encodes")
	}
	decoded, err := Decode(first)
	if err != nil || !reflect.DeepEqual(&decoded, b.unplaced()) {
		t.Errorf("%v: %+v", err, decoded)
	}
	for _, bad := range []string{"", "[]", `{"Objectives":[{"ID":"a"}]}`} {
		if _, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%q is decoded", bad)
		}
	}
}

func FuzzDecode(f *testing.F) {
	body, err := Encode(&Set{Objectives: []Objective{one("a", nil)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := Decode(body)
		if err != nil {
			return
		}
		again, err := Encode(&s)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = Decode(again); err != nil {
			t.Fatal(err)
		}
		if n := len(Edits([]Loaded{{Set: s}, {Set: s}})) - len(Edits([]Loaded{{Set: s}})); n > 0 && distinct(s) {
			t.Errorf("%d edits between a set and itself", n)
		}
	})
}

func distinct(s Set) bool {
	seen := map[string]bool{}
	for _, o := range s.Objectives {
		if seen[o.ID] {
			return false
		}
		seen[o.ID] = true
	}
	return true
}

// TestNoEditIsLost: whatever field is set to something else, the log tells of
// it. A new field must be classified, or be named here with why it is not.
func TestNoEditIsLost(t *testing.T) {
	full := func() Set {
		n := 1.0
		rule := func() *Rule { return &Rule{Attr: "label", Like: []Pattern{{Exact, "x"}}} }
		return Set{TopN: 3, Grace: 7, RunWorkBudget: .1, Projects: []string{"PAY"}, RunWork: []NamedRule{{"ops", *rule()}}, NonGoals: []NamedRule{{"app", *rule()}},
			Settings: &Settings{Connectors: map[string]map[string]string{"jira": {"projects": "1"}}, Owned: map[string][]string{"core": {"acme/api"}}, Members: map[string]int{"core": 5}},
			Objectives: []Objective{{ID: "a", Text: "A", Teams: []string{"core"}, Start: 5, Keys: []string{"PAY-1"}, Match: rule(), Excludes: rule(),
				Terms: []string{"sso"}, ExcludedTerms: []string{"smb"}, Docs: []string{"a.md"},
				Outcome:  &Outcome{Query: "q", Direction: "up", Baseline: &n, Target: &n, Lag: time.Hour, StandsFor: "b"},
				Versions: []Version{{From: NoDate, Rank: 1, State: Active, TargetShare: .2, OwnerTeam: "core", HasOwner: true, Due: 90}}}}}
	}
	unclassified := []string{
		"Set.Objectives", "Set.Settings", "Objective.Versions", "Objective.Outcome", // by their fields
		"Objective.ID", // another id is another objective
		"Version.From", // says when, not what
	}
	for name, part := range map[string]func(*Set) any{
		"Set":       func(s *Set) any { return s },
		"Objective": func(s *Set) any { return &s.Objectives[0] },
		"Version":   func(s *Set) any { return &s.Objectives[0].Versions[0] },
		"Outcome":   func(s *Set) any { return s.Objectives[0].Outcome },
		"Settings":  func(s *Set) any { return s.Settings },
	} {
		fields := reflect.TypeOf(part(ptr(full()))).Elem()
		for i := range fields.NumField() {
			if field := name + "." + fields.Field(i).Name; !slices.Contains(unclassified, field) {
				before, after := full(), full()
				v := reflect.ValueOf(part(&after)).Elem().Field(i)
				if v.IsZero() {
					v = reflect.ValueOf(part(&before)).Elem().Field(i)
					v.Set(other(v))
				} else {
					v.SetZero()
				}
				if edits := Edits([]Loaded{{time.Unix(1, 0), before}, {time.Unix(2, 0), after}}); len(edits) == 0 {
					t.Errorf("a change of %s is no edit", field)
				}
			}
		}
	}
}

// Each phase that humans declare is an edit as of its day, once, and so is taking
// one back.
func TestDeclaredPhasesAreEdits(t *testing.T) {
	first, second := DeclaredPhase{On: 100, Phase: "focus_creep"}, DeclaredPhase{On: 110, Team: "core", Phase: "aligned"}
	var history []Loaded
	for i, phases := range [][]DeclaredPhase{nil, {first}, {first}, {first, second}, {second}} {
		history = append(history, Loaded{time.Unix(int64(i), 0), Set{TopN: 3, Phases: phases}})
	}
	want := []Edit{
		{Kind: EditPhase, Effective: 100, Known: time.Unix(1, 0)}, {Kind: EditPhase, Effective: 110, Known: time.Unix(3, 0)},
		{Kind: EditPhase, Effective: NoDate, Known: time.Unix(4, 0)},
	}
	if got := Edits(history); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func ptr[T any](v T) *T { return &v }

// other returns a value that is not zero.
func other(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Bool:
		return reflect.ValueOf(true).Convert(v.Type())
	case reflect.Slice:
		return reflect.MakeSlice(v.Type(), 1, 1)
	case reflect.Pointer:
		return reflect.New(v.Type().Elem())
	}
	return reflect.ValueOf(1).Convert(v.Type())
}
