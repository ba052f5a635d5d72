package deploytest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

const grafanaDir = "../../../../deploy/grafana"

// A dashboard is what the tests read of one.
type dashboard struct {
	UID, Title, Description string
	Tags                    []string
	SchemaVersion           int
	Editable                bool
	Links                   []link
	Templating              struct{ List []variable }
	Annotations             struct{ List []annotation }
	Panels                  []panel
}

type variable struct {
	Name, Label, Type, Definition, AllValue string
	Multi, IncludeAll                       bool
	Refresh                                 int
	Datasource                              datasource
}

type annotation struct {
	Name, Expr string
	Datasource datasource
}

type datasource struct{ Type, UID string }

type link struct{ Title, URL string }

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               datasource
	GridPos                  struct{ X, Y, W, H int }
	Links                    []link
	Targets                  []target
	FieldConfig              struct {
		Defaults struct {
			Unit       string
			Thresholds struct{ Steps []struct{ Color string } }
		}
		Overrides []struct {
			Matcher    struct{ Options string }
			Properties []struct {
				ID    string
				Value json.RawMessage
			}
		}
	}
}

type target struct {
	RefID, Expr, LegendFormat, Format string
	Instant                           bool
}

func dashboards(t *testing.T) (list []*dashboard) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(grafanaDir, "dashboards", "*.json"))
	if err != nil || len(files) != 5 {
		t.Fatalf("%d dashboards: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := &dashboard{}
		if err := json.Unmarshal(text, d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if d.UID+".json" != filepath.Base(file) {
			t.Errorf("%s has the uid %s", file, d.UID)
		}
		list = append(list, d)
	}
	return list
}

// values are what Grafana puts in the place of variables.
type values map[string]string

// example are values that the demo has.
var example = values{
	"job": ".+", "instance": ".+", "connector": ".+", "window": "28d", "team": "growth", "objective": "checkout-latency",
	"__rate_interval": "20s", "__interval": "20s",
}

var variableName = regexp.MustCompile(`\$\{?([a-z_]+)(?::[a-z]+)?\}?`)

func (v values) put(text string) string {
	return variableName.ReplaceAllStringFunc(text, func(name string) string {
		if value, is := v[variableName.FindStringSubmatch(name)[1]]; is {
			return value
		}
		return name
	})
}

// queries returns all queries with what they are for.
func (d *dashboard) queries(v values) map[string]string {
	out := make(map[string]string)
	for _, p := range d.Panels {
		for _, one := range p.Targets {
			out[d.UID+", "+p.Title+", "+one.RefID] = v.put(one.Expr)
		}
	}
	for _, a := range d.Annotations.List {
		out[d.UID+", annotation "+a.Name] = v.put(a.Expr)
	}
	return out
}

// links returns all links of a dashboard.
func (d *dashboard) links(t *testing.T) (list []link) {
	t.Helper()
	list = slices.Clone(d.Links)
	for _, p := range d.Panels {
		list = append(list, p.Links...)
		for _, o := range p.FieldConfig.Overrides {
			for _, property := range o.Properties {
				var more []link
				if property.ID != "links" {
					continue
				}
				if err := json.Unmarshal(property.Value, &more); err != nil {
					t.Fatal(err)
				}
				list = append(list, more...)
			}
		}
	}
	return list
}

// units are those of Grafana's that are in use, besides suffixes.
var units = []string{"percentunit", "none", "s", "bytes", "dateTimeAsIso"}

// TestDashboardsFollowTheConventions checks what Grafana's own linter would, and
// what a reader needs.
func TestDashboardsFollowTheConventions(t *testing.T) {
	uids := map[string]bool{}
	for _, d := range dashboards(t) {
		if uids[d.UID] || !strings.HasPrefix(d.Title, "Workdrift / ") || d.Description == "" || d.Editable || d.SchemaVersion < 36 ||
			!slices.Contains(d.Tags, "workdrift-mixin") || len(d.Annotations.List) < 2 {
			t.Errorf("%s: uid, title, description, editable, schemaVersion, tags or annotations", d.UID)
		}
		uids[d.UID] = true
		d.checkVariables(t)
		ids := map[int]bool{}
		for i, p := range d.Panels {
			if where := d.UID + ", " + p.Title; ids[p.ID] {
				t.Errorf("%s: its id is another's", where)
			} else if p.Type != "row" {
				checkPanel(t, where, p)
			}
			ids[p.ID] = true
			for _, other := range d.Panels[:i] {
				a, b := p.GridPos, other.GridPos
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H || a.X+a.W > 24 {
					t.Errorf("%s: %q lies on %q", d.UID, p.Title, other.Title)
				}
			}
		}
		for what, expr := range d.queries(nil) {
			for _, wrong := range wrongSelectors(expr) {
				t.Errorf("%s: %s", what, wrong)
			}
		}
	}
}

func (d *dashboard) checkVariables(t *testing.T) {
	t.Helper()
	have := map[string]variable{}
	for _, v := range d.Templating.List {
		have[v.Name] = v
		if v.Label == "" || v.Type == "query" && (v.Refresh != 2 || v.Datasource.UID != "${datasource}" || !strings.HasPrefix(v.Definition, "label_values(")) {
			t.Errorf("%s: variable %s", d.UID, v.Name)
		}
	}
	if have["datasource"].Type != "datasource" || have["workdrift"].Type != "textbox" {
		t.Errorf("%s: wants the variables datasource and workdrift", d.UID)
	}
	for name, label := range map[string]string{"job": "Job", "instance": "Instance"} {
		if v := have[name]; v.Label != label || !v.Multi || !v.IncludeAll || v.AllValue != ".+" {
			t.Errorf("%s: variable %s: several, or all of them", d.UID, name)
		}
	}
	for _, text := range d.queries(nil) {
		for _, m := range variableName.FindAllStringSubmatch(text, -1) {
			if have[m[1]].Name == "" && !strings.HasPrefix(m[1], "__") {
				t.Errorf("%s: there is no variable %s", d.UID, m[1])
			}
		}
	}
}

func checkPanel(t *testing.T, where string, p panel) {
	t.Helper()
	if len(p.Title) < 3 || len(p.Description) < 10 || !strings.HasSuffix(p.Description, ".") {
		t.Errorf("%s: wants a title, and a description of sentences", where)
	}
	if p.Datasource != (datasource{"prometheus", "${datasource}"}) || len(p.Targets) == 0 {
		t.Errorf("%s: data source %v, %d queries", where, p.Datasource, len(p.Targets))
	}
	defaults := p.FieldConfig.Defaults
	if !slices.Contains(units, defaults.Unit) && !strings.HasPrefix(defaults.Unit, "suffix:") {
		t.Errorf("%s: unit %q", where, defaults.Unit)
	}
	if (p.Type == "stat" || p.Type == "bargauge") && len(defaults.Thresholds.Steps) == 0 {
		t.Errorf("%s: no thresholds", where)
	}
	for _, one := range p.Targets {
		if one.LegendFormat == "" && p.Type != "table" {
			t.Errorf("%s: %s has no legend", where, one.RefID)
		}
		ratio := regexp.MustCompile(`_ratio\{|_ratio \{`).MatchString(one.Expr) && !strings.Contains(one.Expr, "28800")
		if ratio && p.Type != "table" && defaults.Unit != "percentunit" && defaults.Unit != "none" {
			t.Errorf("%s: a ratio as %q", where, defaults.Unit)
		}
		if strings.Contains(one.Expr, "_seconds{") && !strings.ContainsAny(one.Expr, "/*") && !slices.Contains([]string{"s", "none"}, defaults.Unit) {
			t.Errorf("%s: seconds as %q", where, defaults.Unit)
		}
	}
}

// windowed are metrics with a label window, of which a panel selects one.
var windowed = regexp.MustCompile(`^workdrift_(team_)?(effort_seconds|effort_coverage_ratio|effort_model_spread_ratio|attribution_effort_ratio|` +
	`allocation_gap_ratio|priority_inversion_ratio|starved_objectives|zombie_effort_ratio|run_work_effort_ratio|toil_overrun_seconds|` +
	`(top_objectives|shadow)_effort_((interval_)?(lower|upper)_)?ratio|shadow_roadmap_.*|shadow_over_half_.*|objective_effort_(ratio|seconds))$`)

// wrongSelectors says what is wrong with the selectors of a query: each wants the
// job and the instance, and one window where there are several; counters stand
// under a rate, over Grafana's interval for it, and nothing else does.
func wrongSelectors(query string) (wrong []string) {
	expr, err := parser.ParseExpr(values{"__rate_interval": "5m", "__interval": "5m"}.put(query))
	if err != nil {
		return []string{err.Error()}
	}
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		s, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		have := map[string]string{}
		for _, m := range s.LabelMatchers {
			have[m.Name] = m.Type.String() + m.Value
		}
		if have["job"] != "=~$job" || have["instance"] != "=~$instance" && s.Name != "ALERTS" {
			wrong = append(wrong, s.String()+" does not select by job and instance")
		}
		if window := have["window"]; windowed.MatchString(s.Name) && (!strings.HasPrefix(window, "=") || strings.HasPrefix(window, "=~")) {
			wrong = append(wrong, s.String()+" does not select one window")
		}
		rated := slices.ContainsFunc(path, func(n parser.Node) bool {
			call, is := n.(*parser.Call)
			return is && call.Func.Name == "rate"
		})
		if rated != counters.MatchString(s.Name) {
			wrong = append(wrong, s.String()+": counters stand under a rate, and nothing else does")
		}
		if rated && !strings.Contains(query, "[$__rate_interval]") {
			wrong = append(wrong, "a rate wants [$__rate_interval]")
		}
		return nil
	})
	return wrong
}

var counters = regexp.MustCompile(`_(total|bucket|sum|count)$`)

// The checks of queries have teeth.
func TestWrongSelectorsAreFound(t *testing.T) {
	const all = `job=~"$job", instance=~"$instance"`
	for query, want := range map[string]string{
		`max (workdrift_wip_per_person{` + all + `})`:                                    "",
		`max (workdrift_wip_per_person{job=~"$job"})`:                                    "job and instance",
		`max (workdrift_wip_per_person{job="workdrift", instance=~"$instance"})`:         "job and instance",
		`max (workdrift_shadow_effort_ratio{` + all + `})`:                               "one window",
		`max (workdrift_team_shadow_effort_lower_ratio{` + all + `, window=~"$window"})`: "one window",
		`max (workdrift_shadow_effort_ratio{` + all + `, window="$window"})`:             "",
		`sum (workdrift_evaluations_total{` + all + `})`:                                 "under a rate",
		`sum (rate(workdrift_evaluations_total{` + all + `}[5m]))`:                       "$__rate_interval",
		`sum (rate(workdrift_evaluations_total{` + all + `}[$__rate_interval]))`:         "",
		`sum (rate(workdrift_store_size_bytes{` + all + `}[$__rate_interval]))`:          "under a rate",
		`ALERTS{alertname="WorkdriftDown", job=~"$job"}`:                                 "",
		`changes(workdrift_objective_rank{` + all + `}[$__interval]) > 0`:                "",
		`max (workdrift_wip_per_person{` + all + `}`:                                     "parse error",
		`max (workdrift_wip_per_person{` + all + `}) / max (workdrift_wip_per_person)`:   "job and instance",
	} {
		if got := strings.Join(wrongSelectors(query), "; "); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// Grafana finds the dashboards where the README puts them, and asks no more
// often than Prometheus scrapes: else every panel of a rate stays empty.
func TestProvisioning(t *testing.T) {
	read := func(path string, into any) {
		t.Helper()
		text, err := os.ReadFile(path)
		if err == nil {
			err = yaml.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var boards struct {
		Providers []struct {
			Folder, Type   string
			AllowUIUpdates bool `yaml:"allowUiUpdates"`
			Options        struct{ Path string }
		}
	}
	read(filepath.Join(grafanaDir, "provisioning", "dashboards", "workdrift.yaml"), &boards)
	readme, err := os.ReadFile(filepath.Join(grafanaDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if len(boards.Providers) != 1 || boards.Providers[0].AllowUIUpdates || boards.Providers[0].Type != "file" ||
		!strings.Contains(string(readme), "cp dashboards/*.json "+boards.Providers[0].Options.Path+"/\n") {
		t.Errorf("dashboards are provided by %+v", boards.Providers)
	}
	var sources struct {
		Datasources []struct {
			Type, UID string
			JSON      struct {
				TimeInterval string `yaml:"timeInterval"`
			} `yaml:"jsonData"`
		}
	}
	read(filepath.Join(grafanaDir, "provisioning", "datasources", "prometheus.yaml"), &sources)
	var scrape struct {
		Jobs []struct {
			Interval string `yaml:"scrape_interval"`
		} `yaml:"scrape_configs"`
	}
	read(filepath.Join(rulesDir, "scrape.example.yaml"), &scrape)
	if len(sources.Datasources) != 1 || len(scrape.Jobs) != 1 || sources.Datasources[0].Type != "prometheus" || sources.Datasources[0].UID == "" ||
		sources.Datasources[0].JSON.TimeInterval != scrape.Jobs[0].Interval {
		t.Errorf("data sources %+v for %+v", sources.Datasources, scrape.Jobs)
	}
}

// A row of the table of panels.
type shown struct {
	panel, query    string
	series, samples int
}

func (s shown) String() string {
	return fmt.Sprintf("%-55s %3d series %5d samples  %s", s.panel, s.series, s.samples, s.query)
}

func (s shown) markdown() string {
	return fmt.Sprintf("| %s | `%s` | %d | %d |\n", s.panel, strings.ReplaceAll(s.query, "|", `\|`), s.series, s.samples)
}
