package attribution

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

func exact(s string) objective.Pattern { return objective.Pattern{Op: objective.Exact, Text: s} }
func glob(s string) objective.Pattern  { return objective.Pattern{Op: objective.Glob, Text: s} }
func re(s string) objective.Pattern    { return objective.Pattern{Op: objective.Regexp, Text: s} }

func attr(name string, like ...objective.Pattern) objective.Rule {
	return objective.Rule{Attr: name, Like: like}
}
func all(rules ...objective.Rule) objective.Rule { return objective.Rule{All: rules} }
func some(rules ...objective.Rule) objective.Rule {
	return objective.Rule{Any: rules}
}
func not(r objective.Rule) objective.Rule { return objective.Rule{Not: &r} }

func compile(t testing.TB, set objective.Set) *Rules {
	t.Helper()
	rules, err := Compile(&set)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestOneRule(t *testing.T) {
	item := store.Item{
		Source: "hub",
		Kind:   store.KindChange,
		Status: store.StatusDone,
		Title:  "Fix SAML login for Großkunden",
		Keys:   []string{"acme/api#12", "PAY-7"},
		Attrs: map[string][]string{
			"label": {"Incident", "area/auth"},
			"path":  {"svc/sso/token.go", "README.md"},
			"repo":  {"Acme/API"},
		},
	}
	for _, tt := range []struct {
		name string
		rule objective.Rule
		want bool
	}{
		{"exact ignores case", attr("label", exact("incident")), true},
		{"exact is the whole value", attr("label", exact("incid")), false},
		{"any pattern of an attribute", attr("label", exact("nope"), exact("AREA/auth")), true},
		{"any value of an attribute", attr("path", exact("readme.md")), true},
		{"missing attribute", attr("milestone", glob("**")), false},
		{"glob across slashes", attr("path", glob("svc/sso/**")), true},
		{"glob stops at a slash", attr("path", glob("svc/*")), false},
		{"glob ignores case", attr("repo", glob("aCME/*")), true},
		{"glob alternatives", attr("path", glob("{svc,lib}/{sso,auth}/*.go")), true},
		{"glob class", attr("path", glob("svc/ss[n-p]/t?ken.go")), true},
		{"glob of another class", attr("path", glob("svc/ss[!n-p]/*")), false},
		{"regexp is unanchored", attr("title", re(`S[AM]+L`)), true},
		{"regexp minds case", attr("title", re(`saml`)), false},
		{"regexp may ignore case", attr("title", re(`(?i)\bgrosskunden|GROßKUNDEN\b`)), true},
		{"regexp alternatives", attr("title", re(`\b(login|logout|session)\b`)), true},
		{"kind", attr("kind", exact("change")), true},
		{"source", attr("source", exact("hub")), true},
		{"status", attr("status", exact("done")), true},
		{"key", attr("key", exact("ACME/api#12")), true},
		{"an older key", attr("key", glob("PAY-*")), true},
		{"project of an own key", attr("project", exact("pay")), true},
		{"all", all(attr("kind", exact("change")), attr("label", exact("incident"))), true},
		{"all but one", all(attr("kind", exact("change")), attr("label", exact("nope"))), false},
		{"any", some(attr("label", exact("nope")), attr("title", re("Fix"))), true},
		{"any of none", some(attr("label", exact("nope")), attr("title", re("Fax"))), false},
		{"not", not(attr("label", exact("nope"))), true},
		{"not what holds", not(attr("label", exact("incident"))), false},
		{"not a missing attribute", not(attr("milestone", glob("*"))), true},
		{"all of any and not", all(some(attr("repo", exact("acme/api")), attr("repo", exact("acme/web"))),
			not(attr("path", glob("docs/**")))), true},
		{"any inside of all inside of any", some(all(attr("repo", exact("x/y")), attr("kind", exact("change"))),
			all(attr("repo", exact("acme/api")), some(attr("label", exact("no")), attr("status", exact("done"))))), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules := compile(t, objective.Set{Objectives: []objective.Objective{{ID: "o", Match: &tt.rule}}})
			m := rules.Matcher()
			for range 2 { // the second answer comes from memory
				if got := m.Match(&item).Objectives; (len(got) == 1) != tt.want {
					t.Errorf("matched %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestProjectOfLinks(t *testing.T) {
	rule := attr("project", exact("KAFKA"), exact("UTF"), exact("ENT"))
	rules := compile(t, objective.Set{
		Objectives: []objective.Objective{{ID: "o", Match: &rule, Keys: []string{"ENT-1"}}},
		Projects:   []string{"KAFKA"},
	})
	for _, tt := range []struct {
		item store.Item
		want bool
	}{
		{store.Item{Links: []store.Link{{Kind: store.LinkImplements, Key: "KAFKA-123"}}}, true},
		{store.Item{Links: []store.Link{{Kind: store.LinkMentions, Key: "KAFKA-123"}}}, false},
		{store.Item{Links: []store.Link{{Kind: store.LinkImplements, Key: "UTF-8"}}}, false},
		{store.Item{Links: []store.Link{{Kind: store.LinkCloses, Key: "ENT-8"}}}, true},
		{store.Item{
			Attrs: map[string][]string{"project": {"OTHER"}},
			Links: []store.Link{{Kind: store.LinkImplements, Key: "KAFKA-123"}},
		}, false},
	} {
		if got := rules.Matcher().Match(&tt.item).Objectives; (len(got) == 1) != tt.want {
			t.Errorf("%+v: matched %v, want %v", tt.item, got, tt.want)
		}
	}
}

func TestKnown(t *testing.T) {
	rules := compile(t, objective.Set{
		Objectives: []objective.Objective{{ID: "o", Keys: []string{"ENT-1", "acme/api#4"}}},
		Projects:   []string{"KAFKA"},
	})
	for key, want := range map[string]bool{"KAFKA-1": true, "kafka-22": true, "ENT-9": true, "UTF-8": false,
		"KAFKA": false, "KAFKA-": false, "-1": false, "acme/api#4": false, "KAFKA-1a": false, "": false} {
		if got := rules.Known(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}

func TestMatchOfEveryRole(t *testing.T) {
	a, b, x, y := attr("label", exact("a")), attr("label", exact("b")), attr("label", exact("x")), attr("label", exact("y"))
	rules := compile(t, objective.Set{
		Objectives: []objective.Objective{
			{ID: "o1", Match: &a, Excludes: &x}, {ID: "o2", Match: &b}, {ID: "o3", Match: &a}, {ID: "o4", Excludes: &y},
		},
		RunWork: []objective.NamedRule{{Name: "r1", Rule: attr("label", exact("run"))},
			{Name: "r2", Rule: attr("label", glob("r*"))}},
		NonGoals: []objective.NamedRule{{Name: "n1", Rule: attr("label", exact("n"))},
			{Name: "n2", Rule: attr("label", exact("m"))}},
	})
	m := rules.Matcher()
	for _, tt := range []struct {
		labels string
		want   Match
	}{
		{"", Match{}},
		{"a b", Match{Objectives: []int{0, 1, 2}}},
		{"a x", Match{Objectives: []int{2}, ExcludedBy: []int{0}}},
		{"x y", Match{ExcludedBy: []int{0, 3}}},
		{"run rest", Match{RunWork: "r1"}},
		{"rest", Match{RunWork: "r2"}},
		{"m n a run", Match{NonGoal: "n1", RunWork: "r1", Objectives: []int{0, 2}}},
	} {
		got := m.Match(&store.Item{Attrs: map[string][]string{"label": strings.Fields(tt.labels)}})
		if got.NonGoal != tt.want.NonGoal || got.RunWork != tt.want.RunWork ||
			!slices.Equal(got.Objectives, tt.want.Objectives) || !slices.Equal(got.ExcludedBy, tt.want.ExcludedBy) {
			t.Errorf("%q: %+v, want %+v", tt.labels, got, tt.want)
		}
	}
}

// naive evaluates a rule directly, without any index.
func naive(r *objective.Rule, item *store.Item) bool {
	switch {
	case r.All != nil:
		return !slices.ContainsFunc(r.All, func(k objective.Rule) bool { return !naive(&k, item) })
	case r.Any != nil:
		return slices.ContainsFunc(r.Any, func(k objective.Rule) bool { return naive(&k, item) })
	case r.Not != nil:
		return !naive(r.Not, item)
	}
	values := item.Attrs[r.Attr]
	if r.Attr == objective.AttrTitle {
		values = []string{item.Title}
	}
	for _, v := range values {
		for _, p := range r.Like {
			lower := strings.ToLower(p.Text)
			switch p.Op {
			case objective.Exact:
				if lower == strings.ToLower(v) {
					return true
				}
			case objective.Glob:
				if ok, _ := doublestar.Match(lower, strings.ToLower(v)); ok {
					return true
				}
			case objective.Regexp:
				if regexp.MustCompile(p.Text).MatchString(v) {
					return true
				}
			}
		}
	}
	return false
}

func anyPattern() *rapid.Generator[objective.Pattern] {
	return rapid.SampledFrom([]objective.Pattern{
		exact("ab"), exact("a/b"), exact("ABC"), glob("a*"), glob("**"), glob("a/**"), glob("**/abc"), glob("{ab,abc}"),
		glob("[a-b]bc*"), glob("abc/**/ab"), glob(`a\bc*`), glob("{abc,a/{b,c}}/abc"), re("abc"), re("(?i)ABC"),
		re("a(b|c)c"), re("^ab+c?"), re("(abc|bca)b"), re("[ab]{3}"), re("(?i)k(ab|bc)a"), re("bc$|^ca"), re("b.*cab"),
	})
}

func anyRule(depth int) *rapid.Generator[objective.Rule] {
	return rapid.Custom(func(t *rapid.T) objective.Rule {
		what := rapid.IntRange(0, 5).Draw(t, "what")
		if depth == 0 || what > 2 {
			return objective.Rule{
				Attr: rapid.SampledFrom([]string{"title", "label", "path"}).Draw(t, "attr"),
				Like: rapid.SliceOfN(anyPattern(), 1, 3).Draw(t, "like"),
			}
		}
		if what == 0 {
			r := anyRule(depth-1).Draw(t, "not")
			return objective.Rule{Not: &r}
		}
		list := rapid.SliceOfN(anyRule(depth-1), 1, 3).Draw(t, "rules")
		if what == 1 {
			return objective.Rule{All: list}
		}
		return objective.Rule{Any: list}
	})
}

func TestMatchEqualsNaiveEvaluation(t *testing.T) {
	text := rapid.OneOf(rapid.StringOfN(rapid.RuneFrom([]rune("abcABC/kK\u212a")), 0, 12, -1),
		rapid.SampledFrom([]string{"ab", "a/b", "abc", "x/abc", "abc/abc", "a/b/abc", "abcb"}))
	rapid.Check(t, func(t *rapid.T) {
		set := &objective.Set{}
		for range rapid.IntRange(1, 6).Draw(t, "objectives") {
			r := anyRule(3).Draw(t, "rule")
			set.Objectives = append(set.Objectives, objective.Objective{Match: &r})
		}
		rules, err := Compile(set)
		if err != nil {
			t.Fatal(err)
		}
		m := rules.Matcher()
		for range 4 {
			item := store.Item{Title: text.Draw(t, "title"), Attrs: map[string][]string{
				"label": rapid.SliceOfN(text, 0, 2).Draw(t, "label"),
				"path":  rapid.SliceOfN(text, 0, 3).Draw(t, "path"),
			}}
			want := []int{}
			for i := range set.Objectives {
				if naive(set.Objectives[i].Match, &item) {
					want = append(want, i)
				}
			}
			if got := m.Match(&item).Objectives; !slices.Equal(got, want) {
				t.Fatalf("%+v: matched %v, want %v", item, got, want)
			}
		}
	})
}

// A pattern that waits for a literal must not miss a value that it matches.
func FuzzLiterals(f *testing.F) {
	f.Add(`(?i)(sso|saml)-?login`, "SAML-Login now")
	f.Add(`^fix(\(build\))?: .{3,}`, "fix(build): speed")
	f.Add(`svc/{sso,auth}/**/[a-z]*.go`, "svc/sso/x/y.go")
	f.Add(`a\*b`, "a*b")
	f.Add(`(?i)ſtop|\x{212A}elvin`, "STOP KELVIN")
	f.Add("caf\u00e9+", "CAFÉ café\xff")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		check := func(p objective.Pattern, matched bool) {
			rule := attr("label", p)
			rules, err := Compile(&objective.Set{Objectives: []objective.Objective{{Match: &rule}}})
			if err != nil {
				t.Fatalf("valid pattern %q refused: %v", p.Text, err)
			}
			item := store.Item{Attrs: map[string][]string{"label": {value}}}
			if got := len(rules.Matcher().Match(&item).Objectives) == 1; got != matched {
				t.Errorf("%s %q on %q: %v, want %v", p.Op, pattern, value, got, matched)
			}
		}
		if pattern == "" {
			return
		}
		if r, err := regexp.Compile(pattern); err == nil {
			check(re(pattern), r.MatchString(value))
		}
		lower := strings.ToLower(pattern)
		if doublestar.ValidatePattern(lower) {
			ok, err := doublestar.Match(lower, strings.ToLower(value))
			check(glob(pattern), ok && err == nil)
		}
	})
}

func TestMemoryOfValuesIsBounded(t *testing.T) {
	rule := attr("label", glob("x*"))
	for _, tt := range []struct {
		name    string
		repeats int
		least   int
	}{{"values that repeat", 3, 1}, {"values that do not", 1, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			m := compile(t, objective.Set{Objectives: []objective.Objective{{ID: "o", Match: &rule}}}).Matcher()
			most := 0
			for i := range 3 * memoLimit {
				value := fmt.Sprint(string("xyz"[i%3]), i)
				for range tt.repeats {
					got := m.Match(&store.Item{Attrs: map[string][]string{"label": {value}}})
					if want := value[0] == 'x'; (len(got.Objectives) == 1) != want {
						t.Fatalf("%s: %v, want %v", value, got.Objectives, want)
					}
				}
				most = max(most, len(m.memo[0].atoms))
			}
			if left := len(m.memo[0].atoms); most > memoLimit || left < tt.least || tt.least == 0 && left > 0 {
				t.Errorf("at most %d and in the end %d values remembered, limit %d", most, left, memoLimit)
			}
		})
	}
}

func TestCompileNamesEveryFault(t *testing.T) {
	at := func(r objective.Rule, where string) *objective.Rule { r.At = where; return &r }
	_, err := Compile(&objective.Set{
		Objectives: []objective.Objective{
			{ID: "o1", Match: at(attr("path", glob("svc/{a")), "c.yaml:3:5")},
			{ID: "o2", Excludes: at(some(attr("title", re("("))), "c.yaml:7:5")},
			{ID: "o3", Match: at(objective.Rule{}, "c.yaml:8:5")},
			{ID: "o4", Match: at(attr("label"), "c.yaml:9:5")},
			{ID: "o5", Match: at(objective.Rule{All: []objective.Rule{}}, "c.yaml:10:5")},
			{ID: "o6", Match: at(attr("label", exact("")), "c.yaml:11:5")},
		},
		RunWork: []objective.NamedRule{{Rule: *at(attr("x", objective.Pattern{Op: "like", Text: "a"}), "c.yaml:12:5")}},
		NonGoals: []objective.NamedRule{{Rule: *at(not(objective.Rule{Attr: "a", Like: []objective.Pattern{exact("b")},
			Any: []objective.Rule{attr("c", exact("d"))}, At: "c.yaml:14:9"}), "c.yaml:13:5")}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.Split(err.Error(), "\n")
	slices.Sort(got)
	want := []string{
		`c.yaml:10:5: the list of rules is empty`,
		`c.yaml:11:5: attribute "label": a pattern is empty`,
		`c.yaml:12:5: attribute "x": comparison "like" is none of exact, glob and regexp`,
		`c.yaml:14:9: a rule needs exactly one of all, any, not and an attribute, this one has 2`,
		`c.yaml:3:5: attribute "path": glob "svc/{a" is malformed`,
		"c.yaml:7:5: attribute \"title\": compile pattern: error parsing regexp: missing closing ): `(`",
		`c.yaml:8:5: a rule needs exactly one of all, any, not and an attribute, this one has 0`,
		`c.yaml:9:5: attribute "label" has no pattern`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("faults\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
