package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
)

func described(t *testing.T) *description {
	t.Helper()
	d, err := readDescription(openAPIFile)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The checker has teeth.
func TestSchemaChecker(t *testing.T) {
	d, err := readDescription([]byte(`
schemas:
  Day: {type: string, format: date}
  Row: {type: object, required: [a], additionalProperties: false, properties: {a: {type: integer, minimum: 1}, b: {$ref: "#/schemas/Day"}, c: {type: [number, "null"]}}}
  More: {allOf: [{type: object, required: [x]}, {type: object, properties: {x: {enum: [u, v]}}}]}
  One: {oneOf: [{type: number}, {enum: ["+Inf"]}]}
  List: {type: array, minItems: 1, items: {$ref: "#/schemas/Row"}}
  Odd: {type: string, pattern: a}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		schema, value string
		fits          bool
	}{
		{"Row", `{"a": 1, "b": "2026-03-31", "c": null}`, true}, {"Row", `{"b": "2026-03-31"}`, false}, {"Row", `{"a": 0}`, false},
		{"Row", `{"a": 1.5}`, false}, {"Row", `{"a": 1, "b": "31 March"}`, false}, {"Row", `{"a": 1, "c": "x"}`, false},
		{"Row", `{"a": 1, "d": 1}`, false}, {"Row", `[]`, false},
		{"More", `{"x": "u", "y": 1}`, true}, {"More", `{"x": "w"}`, false}, {"More", `{}`, false},
		{"One", `1`, true}, {"One", `"+Inf"`, true}, {"One", `"x"`, false},
		{"List", `[{"a": 1}]`, true}, {"List", `[]`, false}, {"List", `[{"a": 1}, {}]`, false},
		{"Odd", `"a"`, false}, {"None", `1`, false},
	} {
		if bad := d.checkJSON(map[string]any{"$ref": "#/schemas/" + tc.schema}, []byte(tc.value)); (bad == "") != tc.fits {
			t.Errorf("%s against %s: %q", tc.value, tc.schema, bad)
		}
	}
	if got := d.dangling(map[string]any{"x": []any{map[string]any{"$ref": "#/schemas/No"}}}); len(got) != 1 {
		t.Errorf("dangling references: %v", got)
	}
}

// The description and the table of routes list the same, parameters included.
func TestDescriptionListsTheRoutes(t *testing.T) {
	d := described(t)
	if bad := d.dangling(d.root); bad != nil {
		t.Errorf("references lead nowhere: %v", bad)
	}
	inFile := map[string]bool{}
	paths, _ := d.root["paths"].(map[string]any)
	for path := range paths {
		for method := range d.at(paths, path).(map[string]any) {
			if method != "parameters" {
				inFile[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	for _, rt := range apiRoutes() {
		for _, path := range rt.paths() {
			name := rt.method + " " + path
			if !inFile[name] {
				t.Errorf("%s is not described", name)
			}
			delete(inFile, name)
			operation := d.at(paths, path, strings.ToLower(rt.method))
			if got := parameters(d, d.at(operation, "parameters")); !slices.Equal(got, slices.Sorted(slices.Values(rt.params))) {
				t.Errorf("%s is described with the parameters %v, and takes %v", name, got, rt.params)
			}
			if hasBody := rt.method == "POST"; hasBody != (d.at(operation, "requestBody") != nil) {
				t.Errorf("%s: a body is described where there is none, or not where there is one", name)
			}
			for _, field := range []string{"summary", "responses"} {
				if d.at(operation, field) == nil {
					t.Errorf("%s has no %s", name, field)
				}
			}
			if _, csv := d.at(operation, "responses", "200", "content", "text/csv").(map[string]any); csv != rt.csv {
				t.Errorf("%s: CSV is described %v, served %v", name, csv, rt.csv)
			}
		}
	}
	for name := range inFile {
		t.Errorf("%s is described, and there is no such route", name)
	}
}

func parameters(d *description, list any) (names []string) {
	for _, p := range elements(list) {
		names = append(names, fmt.Sprint(d.at(p, "name")))
	}
	slices.Sort(names)
	return names
}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// names lists the keys of a value that are not in snake case.
func odd(value any) (names []string) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if !snakeCase.MatchString(name) {
				names = append(names, name)
			}
			names = append(names, odd(inner)...)
		}
	case []any:
		for _, inner := range v {
			names = append(names, odd(inner)...)
		}
	}
	return names
}

// What the routes answer fits their description, in fair weather and in foul.
func TestAnswersFitTheDescription(t *testing.T) {
	d := described(t)
	withheld := fullReport(t)
	for i := range withheld.Windows {
		w := &withheld.Windows[i]
		w.Org = emptyReport(t).Windows[i].Org
		w.Org.Status, w.Org.Reason = scoring.SuppressedPrivacy, "few"
	}
	withSources := func(o *Options) {
		withEverything(t)(o)
		o.Sources = func() []Source {
			return []Source{{Name: "here", Provider: "git", LastSuccess: noon}, {Name: "there", Failure: "unauthorized", RetryAt: noon}}
		}
	}
	for name, report := range map[string]*scoring.Report{"full": fullReport(t), "empty": emptyReport(t), "withheld": withheld, "none": nil} {
		h := handler(t, report, withSources)
		for _, rt := range apiRoutes() {
			w := call(h, &rt, rt.pattern, distant, "Authorization", "Bearer "+triageToken)
			fits(t, d, &rt, name, w)
			fits(t, d, &rt, name+", not logged in", call(h, &rt, rt.pattern, distant))
			if body := calls[rt.method+" "+rt.pattern].body; body != "" {
				schema := d.at(d.root, "paths", rt.pattern, strings.ToLower(rt.method), "requestBody", "content", "application/json", "schema")
				if bad := d.checkJSON(schema, []byte(body)); bad != "" {
					t.Errorf("the body of %s %s: %s", rt.method, rt.pattern, bad)
				}
			}
		}
	}
}

// fits checks one answer.
func fits(t *testing.T, d *description, rt *route, name string, w *httptest.ResponseRecorder) {
	t.Helper()
	operation := d.at(d.root, "paths", rt.pattern, strings.ToLower(rt.method))
	response := d.at(operation, "responses", fmt.Sprint(w.Code))
	if response == nil {
		response = d.at(operation, "responses", "default")
		if w.Code < 400 {
			t.Errorf("%s %s, %s: the code %d is not described", rt.method, rt.pattern, name, w.Code)
		}
	}
	media := w.Header().Get("Content-Type")
	content, ok := d.at(response, "content", media, "schema").(map[string]any)
	if !ok {
		t.Errorf("%s %s, %s: %d with %s is not described: %v", rt.method, rt.pattern, name, w.Code, media, w.Body)
		return
	}
	if media == "application/yaml" {
		return
	}
	if bad := d.checkJSON(content, w.Body.Bytes()); bad != "" {
		t.Errorf("%s %s, %s: %s", rt.method, rt.pattern, name, bad)
	}
	var value any
	if err := json.Unmarshal(w.Body.Bytes(), &value); err == nil && odd(value) != nil {
		t.Errorf("%s %s, %s: not in snake case: %v", rt.method, rt.pattern, name, odd(value))
	}
}

// An answer that did not change is not sent again, and one that did is.
func TestETags(t *testing.T) {
	report := fullReport(t)
	h := handler(t, nil, func(o *Options) {
		withEverything(t)(o)
		o.Report = func() *scoring.Report { return report }
	})
	login := []string{"Authorization", "Bearer " + readToken}
	for _, rt := range apiRoutes() {
		if rt.method != "GET" {
			continue
		}
		first := call(h, &rt, rt.pattern, distant, login...)
		tag := first.Header().Get("ETag")
		again := call(h, &rt, rt.pattern, distant, append([]string{"If-None-Match", `"x", W/` + tag}, login...)...)
		if tag == "" || again.Code != 304 || again.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes for the tag %s", rt.pattern, again.Code, again.Body.Len(), tag)
		}
		if other := call(h, &rt, rt.pattern, distant, append([]string{"If-None-Match", `"x"`}, login...)...); other.Code != 200 {
			t.Errorf("%s: %d for another tag", rt.pattern, other.Code)
		}
		if rt.csv {
			if csv := call(h, &rt, rt.pattern+".csv", distant, login...); csv.Header().Get("ETag") == tag {
				t.Errorf("%s: CSV and JSON share a tag", rt.pattern)
			}
		}
	}
	rt := &route{method: "GET", pattern: "/api/v1/report"}
	before := call(h, rt, rt.pattern, distant, login...).Header().Get("ETag")
	next := fullReport(t)
	next.At = next.At.Add(time.Second)
	report = next
	if after := call(h, rt, rt.pattern, distant, append([]string{"If-None-Match", before}, login...)...); after.Code != 200 {
		t.Errorf("another report: %d", after.Code)
	}
}

// Pages of a list make up the list, also when it changes in between.
func TestPages(t *testing.T) {
	all := slices.Sorted(maps.Keys(map[string]bool{"a": true, "b": true, "c": true, "d": true, "e": true, "f": true, "g": true}))
	key := func(s *string) string { return *s }
	ask := func(list []string, query string) ([]string, string, error) {
		return pageOf(httptest.NewRequest("GET", "/api/v1/scores?"+query, nil), list, key)
	}
	var got []string
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page, next, err := ask(all, "limit=3&cursor="+cursor)
		if pages == 0 {
			page, next, err = ask(all, "limit=3")
		}
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v", pages, err)
		}
		got, cursor = append(got, page...), next
	}
	if !slices.Equal(got, all) {
		t.Errorf("got %v", got)
	}
	_, cursor, _ := ask(all, "limit=3")
	if page, _, _ := ask(append([]string{"0"}, all...), "limit=1&cursor="+cursor); page[0] != "d" {
		t.Errorf("after an entry was added in front: %v", page)
	}
	if page, _, _ := ask([]string{"a", "b", "d", "e"}, "limit=1&cursor="+cursor); page[0] != "e" {
		t.Errorf("after the last entry went: %v", page)
	}
	if page, next, err := ask(all[:1], "cursor="+cursor); err != nil || len(page) > 0 || next != "" {
		t.Errorf("after nearly all went: %v %q %v", page, next, err)
	}
	for _, query := range []string{"limit=0", "limit=501", "limit=x", "cursor=%21", "cursor=" + formatCursor(-1, "a"), "cursor=YQ"} {
		if _, _, err := ask(all, query); err == nil {
			t.Errorf("%s is taken", query)
		}
	}
}
