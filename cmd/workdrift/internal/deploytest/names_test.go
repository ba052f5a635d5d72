package deploytest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// exposed is what is known of a metric: the labels that its series have, with
// the values that were seen.
type exposed map[string]map[string][]string

// goldenFiles are the registers of scores and of connectors.
var goldenFiles = []string{"../../../../scoring/testdata/exposition.prom", "../../../../connectors/testdata/metrics.prom"}

// register reads every metric that the program can expose: the golden files, and
// what the running demo says.
func register(t *testing.T, d *demo) exposed {
	t.Helper()
	texts := []string{d.metrics(t)}
	for _, file := range goldenFiles {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	known := make(exposed)
	for _, text := range texts {
		parse := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parse.TextToMetricFamilies(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for name, family := range families {
			if known[name] == nil {
				known[name] = map[string][]string{}
			}
			for _, m := range family.GetMetric() {
				for _, l := range m.GetLabel() {
					known[name][l.GetName()] = append(known[name][l.GetName()], l.GetValue())
				}
			}
		}
	}
	return known
}

var metricName = regexp.MustCompile(`\bworkdrift_[a-z0-9_]*[a-z0-9]\b`)

// notMetrics are other words with the prefix.
var notMetrics = []string{"workdrift_dashboards", "workdrift_team"}

// has says whether a name is that of a metric or of a part of one.
func (e exposed) has(name string) bool {
	for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
		if cut, ok := strings.CutSuffix(name, suffix); ok && e[cut] != nil {
			return true
		}
	}
	return slices.Contains(notMetrics, name)
}

// readmeScores are the names in the first column of the README's table of scores,
// which stand there without their prefix and some with labels.
func readmeScores(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile("../../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n| score |")
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(table) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for _, m := range regexp.MustCompile("`([a-z_]+)[`{]").FindAllStringSubmatch(first, -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// Whatever deploy and the README name is exposed.
func TestDeployNamesMetricsThatExist(t *testing.T) {
	known := register(t, startDemo(t))
	var recorded []string
	for _, r := range shipped(t, recording).all() {
		recorded = append(recorded, r.Record)
	}
	names := func(path string) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		for _, name := range recorded {
			text = strings.ReplaceAll(text, name, "")
		}
		for _, name := range metricName.FindAllString(text, -1) {
			if !known.has(name) {
				t.Errorf("%s names %s, which the program does not expose", path, name)
			}
		}
	}
	err := filepath.WalkDir("../../../../deploy", func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() { // a link leads to a file that is looked at anyway
			names(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names("../../../../README.md")
	scores := readmeScores(t)
	if len(scores) < 20 {
		t.Errorf("the README lists only %d scores", len(scores))
	}
	for _, name := range scores {
		if !known.has("workdrift_" + name) {
			t.Errorf("the README lists %s, which the program does not expose", name)
		}
	}
	for _, file := range []string{recording, alerting} {
		for _, r := range shipped(t, file).all() {
			checkSelectors(t, known, recorded, r.Record+r.Alert, r.Expr)
		}
	}
	for _, d := range dashboards(t) {
		for what, expr := range d.queries(example) {
			checkSelectors(t, known, recorded, what, expr)
		}
	}
}

// checkSelectors reports labels and values that the series of a query never have.
func checkSelectors(t *testing.T, known exposed, recorded []string, what, query string) {
	t.Helper()
	expr, err := parser.ParseExpr(query)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		series := known[selector.Name]
		if bare, is := strings.CutSuffix(selector.Name, "_bucket"); is && series == nil {
			series = known[bare] // whose label le is any number
		}
		if series == nil && known.has(selector.Name) {
			return nil
		}
		if series == nil {
			if name := selector.Name; name != "up" && name != "ALERTS" && !slices.Contains(recorded, name) {
				t.Errorf("%s reads %s, which nothing exposes or records", what, name)
			}
			return nil
		}
		for _, m := range selector.LabelMatchers {
			if m.Name == labels.MetricName || m.Name == "job" || m.Name == "instance" {
				continue
			}
			values := series[m.Name]
			if values == nil {
				t.Errorf("%s selects by %s, which %s has not; it has %v", what, m.Name, selector.Name, slices.Sorted(maps.Keys(series)))
			} else if m.Name != "work_team" && m.Name != "objective" && m.Type != labels.MatchNotEqual && !slices.ContainsFunc(values, m.Matches) {
				t.Errorf("%s selects %s of %s, which is never so", what, m, selector.Name)
			}
		}
		return nil
	})
}

// Whoever reads of a score in the README finds it in a dashboard.
func TestDashboardsShowTheScoresOfTheReadme(t *testing.T) {
	shown := ""
	for _, d := range dashboards(t) {
		for _, query := range d.queries(nil) {
			shown += query + "\n"
		}
	}
	_, section, _ := strings.Cut(readFile(t, "../../../../README.md"), "\n## The scores\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(section, -1)
	if len(rows) < 30 {
		t.Fatalf("only %d scores", len(rows))
	}
	for _, row := range rows {
		for _, m := range regexp.MustCompile("`([a-z_]+)[`{]").FindAllStringSubmatch(row[1], -1) {
			name := "workdrift_" + m[1] + "{"
			// About people, so only where it is asked for, which the demo does not.
			if !strings.Contains(shown, name) && m[1] != "team_late_work_shift_ratio" {
				t.Errorf("no panel shows %s", m[1])
			}
		}
	}
}
