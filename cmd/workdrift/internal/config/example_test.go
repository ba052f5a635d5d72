package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

var examplePath = filepath.Join("..", "..", "..", "..", "config.example.yaml")

func TestExampleLoads(t *testing.T) {
	c, err := Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Warnings(); len(w) > 0 {
		t.Errorf("warnings:\n%s", strings.Join(w, "\n"))
	}
	types := map[string]bool{}
	for _, one := range c.Connectors {
		types[one.Type] = true
	}
	if !types["git"] || !types["github"] {
		t.Errorf("connector types %v, want git and github", types)
	}
}

// The example says that every value that is no example is the default.
func TestExampleShowsDefaults(t *testing.T) {
	c, err := Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	got, want := reflect.ValueOf(c.doc), reflect.ValueOf(defaults())
	for _, name := range []string{"Top", "Effort", "Decisions", "Privacy", "Attribution", "Windows", "Alerts", "Profile", "Brief", "Storage", "Web", "Log", "Merging"} {
		g, w := got.FieldByName(name).Interface(), want.FieldByName(name).Interface()
		if web, ok := g.(Web); ok {
			if len(web.AllowedHosts) != 0 {
				t.Errorf("allowed_hosts = %v, want none", web.AllowedHosts)
			}
			web.AllowedHosts, web.Local, web.loopback = nil, false, false
			g = web
		}
		if brief, ok := g.(Brief); ok {
			for _, one := range []*BriefTime{&brief.Weekly, &brief.KillSession} {
				one.Day, one.At = 0, 0
			}
			g = brief
		}
		if !reflect.DeepEqual(g, w) {
			t.Errorf("%s: the example has %+v, the default is %+v", name, g, w)
		}
	}
}

// Every key of the schema stands in the example: in use, or commented out.
func TestExampleIsComplete(t *testing.T) {
	c, err := Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	index := regexp.MustCompile(`\[\d+\]`)
	used := map[string]bool{}
	for path := range c.d.where {
		used[index.ReplaceAllString(path, "")] = true
	}
	keys := schemaKeys(reflect.TypeFor[document](), "")
	if len(keys) < 90 {
		t.Fatalf("found only %d keys: %v", len(keys), keys)
	}
	for _, key := range keys {
		last := key[strings.LastIndexByte(key, '.')+1:]
		commented := regexp.MustCompile(`(?m)^ *# +(- )?` + last + `:( |$)`)
		if !used[key] && !commented.Match(raw) {
			t.Errorf("%s is not in the example", key)
		}
	}
	for _, f := range fieldsOf(reflect.TypeFor[owner]()) {
		if !regexp.MustCompile(`\b` + f.name + `\b`).Match(raw) {
			t.Errorf("the owner key %s is not in the example", f.name)
		}
	}
	for plural := range ruleAttrs() {
		if !regexp.MustCompile(`\b` + plural + `\b`).Match(raw) {
			t.Errorf("the attribute %s is not in the example", plural)
		}
	}
}

// schemaKeys returns the path of every key, without indices. What reads itself
// is listed by hand.
func schemaKeys(t reflect.Type, path string) []string {
	switch t {
	case reflect.TypeFor[sections]():
		return []string{path + ".github.type", path + ".github.interval"}
	case reflect.TypeFor[rule]():
		return []string{path, path + ".any"}
	case reflect.TypeFor[namedRule]():
		return []string{path, path + ".name"}
	case reflect.TypeFor[exclusion]():
		return []string{path, path + ".terms", path + ".labels"}
	case reflect.TypeFor[dimensions]():
		keys := []string{}
		for _, name := range defaults().Profile.Dimensions.names() {
			keys = append(keys, schemaKeys(reflect.TypeFor[dimension](), path+"."+name)...)
		}
		return keys
	case reflect.TypeFor[owner]():
		return []string{path, path + ".team"} // its other keys are named in a comment
	case reflect.TypeFor[member]():
		return schemaKeys(reflect.TypeFor[memberFields](), path)
	}
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		return schemaKeys(t.Elem(), path)
	}
	if t.Kind() != reflect.Struct {
		return []string{path}
	}
	keys := []string{}
	for _, f := range fieldsOf(t) {
		inner := f.name
		if path != "" {
			inner = path + "." + f.name
		}
		keys = append(keys, schemaKeys(t.FieldByIndex(f.index).Type, inner)...)
	}
	return keys
}

// The rules in the example mean what their comments say.
func TestExampleDeclares(t *testing.T) {
	c, err := Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Declared(strings.ToUpper, strings.ToUpper)
	var ids []string
	for _, o := range d.Set.Objectives {
		ids = append(ids, o.ID)
	}
	if want := []string{"enterprise", "fast-checkout", "old-billing"}; !slices.Equal(ids, want) {
		t.Fatalf("objectives %v, want %v", ids, want)
	}
	o := d.Set.Objectives[0]
	if len(o.Versions) != 2 || o.Versions[0].Rank != 2 || o.Versions[0].OwnerTeam != "growth" ||
		o.Versions[1].TargetShare != .4 || o.Versions[1].From.String() != "2026-04-01" || o.Versions[1].Due.String() != "2026-06-30" {
		t.Errorf("versions %+v", o.Versions)
	}
	if o.Outcome.Lag != 28*24*time.Hour || *o.Outcome.Target != 55 {
		t.Errorf("outcome %+v", o.Outcome)
	}
	if got := d.People.Actor("x"); got != "X" {
		t.Errorf("Actor was not passed on: %q", got)
	}
	for _, section := range c.Connectors {
		if got := d.Providers[section.Name]; got != section.Type || got == "" {
			t.Errorf("the provider of %s is %q, want %q", section.Name, got, section.Type)
		}
	}
	if n := len(d.People.Persons); n != 4 {
		t.Errorf("%d persons, want the 2 listed and the 2 named by handle", n)
	}
	owners := map[string][]scoring.Owner{
		"enterprise": {{From: o.Versions[0].From}, {From: o.Versions[1].From, Identities: []string{"github:ada-example", "email:ada@example.org"}}},
		// By one handle of a person who has several.
		"old-billing": {{From: objective.NoDate, Identities: []string{"github:grace-example", "email:grace@example.org"}}},
	}
	if !reflect.DeepEqual(d.People.Owners, owners) {
		t.Errorf("owners %+v, want %+v", d.People.Owners, owners)
	}
	if d.People.Merge.VerifiedEmail || !d.People.Merge.Profiles {
		t.Errorf("merging %+v, want that of profiles alone", d.People.Merge)
	}
	if got := d.Teams[0].Groups; !slices.Equal(got, []string{"github:acme/platform-team"}) {
		t.Errorf("groups %v", got)
	}
	if got := d.Teams[0].Projects; !slices.Equal(got, []string{"ENT"}) {
		t.Errorf("projects %v", got)
	}
	if got := d.People.Persons[0].FTE; got != .8 {
		t.Errorf("FTE = %v, want the person's own .8", got)
	}
	if d.Set.Grace != 7 || d.Set.TopN != 3 || d.Set.RunWorkBudget != .15 || len(d.Set.RunWork) != 2 || d.Set.NonGoals[0].Name != "mobile app" {
		t.Errorf("set %+v", d.Set)
	}
	if d.Profile.Index || !slices.Equal(d.Profile.Dimensions, scoring.DefaultDimensions()) || d.Privacy.HumanDebt {
		t.Errorf("profile %+v, human debt %t", d.Profile, d.Privacy.HumanDebt)
	}
	if d.Alerts["allocation_gap"] != .35 || d.Zone != time.UTC || len(d.Windows.Labels) != 4 {
		t.Errorf("alerts %v, zone %v, windows %v", d.Alerts, d.Zone, d.Windows.Labels)
	}
}

// A configuration of ten lines is enough to begin.
func TestSmallConfig(t *testing.T) {
	c, err := loadText(t, `connectors:
  mine: {type: git, path: ., since: 365d}
privacy: {k_effort: 1, dominance: 1, min_person_days: 1}
objectives:
  - {id: parser, rank: 1, text: A faster parser, match: {paths: "parser/**"}}
run_work:
  rules: [{changes: [chore, docs]}]
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(c.Storage.Directory) || !strings.HasSuffix(c.Storage.Directory, "workdrift-data") {
		t.Errorf("storage directory %q", c.Storage.Directory)
	}
	if c.Connectors[0].Interval != 5*time.Minute || c.Connectors[0].At != "config.yaml:2:9" {
		t.Errorf("connector %+v", c.Connectors[0])
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// What a score is held against may be declared, dimension by dimension. What is
// off by default can be turned on.
func TestProfile(t *testing.T) {
	c, err := loadText(t, `connectors:
  mine: {type: git, path: .}
privacy: {human_debt: true}
profile:
  drift_index: true
  dimensions:
    shadow_effort: {bad: 0.4}
    review_age: {good: 14, bad: 28, weight: 2}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Declared(strings.ToUpper, strings.ToUpper)
	if !d.Profile.Index || !d.Privacy.HumanDebt {
		t.Errorf("index %t, human debt %t", d.Profile.Index, d.Privacy.HumanDebt)
	}
	want := scoring.DefaultDimensions()
	for i := range want {
		switch want[i].Name {
		case "shadow_effort":
			want[i].Bad = .4
		case "review_age":
			want[i] = scoring.Dimension{Name: "review_age", Good: 14, Bad: 28, Weight: 2}
		}
	}
	if !slices.Equal(d.Profile.Dimensions, want) {
		t.Errorf("dimensions %+v, want %+v", d.Profile.Dimensions, want)
	}
}
