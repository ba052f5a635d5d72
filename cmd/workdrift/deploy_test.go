package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// The rules as they are shipped, and what tests them.
const (
	rulesDir  = "../../deploy/prometheus"
	alertDir  = "../../deploy/alertmanager"
	recording = "workdrift.rules.yaml"
	alerting  = "workdrift.alerts.yaml"
)

var unitTests = []string{"workdrift.test.yaml", "workdrift.days.test.yaml"}

// tool runs a tool in a directory and returns what it said.
func tool(t *testing.T, dir string, command ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), need(t, command[0]), command[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestPromtoolAcceptsTheRules(t *testing.T) {
	for _, command := range [][]string{
		{"promtool", "check", "rules", "--lint=all", "--lint-fatal", recording, alerting},
		{"promtool", "check", "config", "scrape.example.yaml"},
		append([]string{"promtool", "test", "rules"}, unitTests...),
	} {
		if out, err := tool(t, rulesDir, command...); err != nil {
			t.Errorf("%v: %v\n%s", command, err, out)
		}
	}
}

func TestAmtoolAcceptsTheExample(t *testing.T) {
	if out, err := tool(t, alertDir, "amtool", "check-config", "alertmanager.yaml"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for alert, want := range map[string]string{
		"severity=warning signal=drift job=workdrift": "leadership",
		"severity=info signal=drift":                  "leadership",
		"severity=critical":                           "operators-urgent",
		"severity=warning inhibits=drift":             "operators",
		"severity=info":                               "operators",
		"alertname=SomethingElse":                     "operators",
	} {
		command := append([]string{"amtool", "config", "routes", "test", "--config.file=alertmanager.yaml", "--verify.receivers=" + want}, strings.Fields(alert)...)
		if out, err := tool(t, alertDir, command...); err != nil {
			t.Errorf("%s: %v\n%s", alert, err, out)
		}
	}
}

// shippedRule is a rule of the shipped files.
type shippedRule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Keep        string            `yaml:"keep_firing_for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

type shippedRules struct {
	Groups []struct {
		Name     string        `yaml:"name"`
		Interval string        `yaml:"interval,omitempty"`
		Rules    []shippedRule `yaml:"rules"`
	} `yaml:"groups"`
}

func shipped(t *testing.T, name string) *shippedRules {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rulesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	rules := &shippedRules{}
	if err := yaml.Unmarshal(text, rules); err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.all() {
		r.Expr = strings.TrimSpace(r.Expr) // which the encoder cannot indent else
	}
	return rules
}

func (r *shippedRules) all() (list []*shippedRule) {
	for g := range r.Groups {
		for i := range r.Groups[g].Rules {
			list = append(list, &r.Groups[g].Rules[i])
		}
	}
	return list
}

// Somebody who gets an alert finds what it means, how bad it is and what to do.
func TestAlertsSayWhatToDo(t *testing.T) {
	book, err := os.ReadFile(filepath.Join(rulesDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	used := ""
	for _, r := range shipped(t, alerting).all() {
		used += r.Expr
		if !strings.HasPrefix(r.Alert, "Workdrift") || r.For == "" {
			t.Errorf("%s: wants the prefix Workdrift and a wait", r.Alert)
		}
		if !slices.Contains([]string{"info", "warning", "critical"}, r.Labels["severity"]) {
			t.Errorf("%s: severity %q", r.Alert, r.Labels["severity"])
		}
		drift := r.Labels["signal"] == "drift"
		if drift && (r.Labels["severity"] == "critical" || r.Keep == "" || r.Labels["inhibits"] != "") {
			t.Errorf("%s: drift is never critical, holds on, and inhibits nothing", r.Alert)
		}
		if summary := r.Annotations["summary"]; !strings.HasSuffix(summary, ".") || strings.Contains(summary, "{{") {
			t.Errorf("%s: the summary is no fixed sentence: %q", r.Alert, summary)
		}
		if len(r.Annotations["description"]) < 40 {
			t.Errorf("%s: the description says too little", r.Alert)
		}
		_, anchor, _ := strings.Cut(r.Annotations["runbook_url"], "#")
		if anchor != strings.ToLower(r.Alert) || !strings.Contains(string(book), "\n### "+r.Alert+"\n") {
			t.Errorf("%s: its runbook %q is not in the README", r.Alert, anchor)
		}
	}
	for _, r := range shipped(t, recording).all() {
		if limit := r.Labels["limit"]; limit != "" && !strings.Contains(used, fmt.Sprintf("limit=%q", limit)) {
			t.Errorf("the limit %s is used by no alert", limit)
		}
	}
}

// exposed is what is known of a metric: the labels that its series have, with
// the values that were seen.
type exposed map[string]map[string][]string

// register reads every metric that the program can expose: the golden files of
// scores and connectors, and what a running daemon says.
func register(t *testing.T) exposed {
	t.Helper()
	c := newCompany(t, 6)
	r := start(t, c.config(t, t.TempDir(), loopback), 0)
	r.await(t, "complete", complete)
	get(t, r.url+"/metrics") // requests are counted once they are answered
	texts := []string{get(t, r.url+"/metrics")}
	for _, file := range []string{"../../scoring/testdata/exposition.prom", "../../connectors/testdata/metrics.prom"} {
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
var notMetrics = []string{"workdrift_dashboards"}

func TestDeployNamesMetricsThatExist(t *testing.T) {
	known := register(t)
	var recorded []string
	for _, r := range shipped(t, recording).all() {
		recorded = append(recorded, r.Record)
	}
	err := filepath.WalkDir("../../deploy", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		text := string(raw)
		for _, name := range recorded {
			text = strings.ReplaceAll(text, name, "")
		}
		for _, name := range metricName.FindAllString(text, -1) {
			family := name
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				family = strings.TrimSuffix(family, suffix)
			}
			if known[name] == nil && known[family] == nil && !slices.Contains(notMetrics, name) {
				t.Errorf("%s names %s, which the program does not expose", path, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{recording, alerting} {
		for _, r := range shipped(t, file).all() {
			checkSelectors(t, known, recorded, r)
		}
	}
}

// checkSelectors reports labels and values that the series of a rule never have.
func checkSelectors(t *testing.T, known exposed, recorded []string, r *shippedRule) {
	t.Helper()
	expr, err := parser.ParseExpr(r.Expr)
	if err != nil {
		t.Fatal(err)
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		if known[selector.Name] == nil {
			if name := selector.Name; name != "up" && name != "ALERTS" && !slices.Contains(recorded, name) {
				t.Errorf("%s%s reads %s, which nothing exposes or records", r.Record, r.Alert, name)
			}
			return nil
		}
		for _, m := range selector.LabelMatchers {
			if m.Name == labels.MetricName || m.Name == "job" {
				continue
			}
			values := known[selector.Name][m.Name]
			if values == nil {
				t.Errorf("%s%s selects by %s, which %s has not; it has %v", r.Record, r.Alert, m.Name, selector.Name, slices.Sorted(maps.Keys(known[selector.Name])))
			} else if m.Type != labels.MatchNotEqual && !slices.ContainsFunc(values, m.Matches) {
				t.Errorf("%s%s selects %s of %s, which is never so", r.Record, r.Alert, m, selector.Name)
			}
		}
		return nil
	})
}
