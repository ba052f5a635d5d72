package deploytest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// The rules as they are shipped, and what tests them.
const (
	rulesDir  = "../../../../deploy/prometheus"
	alertDir  = "../../../../deploy/alertmanager"
	recording = "workdrift.rules.yaml"
	alerting  = "workdrift.alerts.yaml"
)

var unitTests = []string{"workdrift.test.yaml", "workdrift.days.test.yaml"}

func TestPromtoolAcceptsTheRules(t *testing.T) {
	for _, command := range [][]string{
		{"promtool", "check", "rules", "--lint=all", "--lint-fatal", recording, alerting},
		{"promtool", "check", "config", "scrape.example.yaml"},
		append([]string{"promtool", "test", "rules"}, unitTests...),
	} {
		if out, err := tooltest.Run(t, rulesDir, command...); err != nil {
			t.Errorf("%v: %v\n%s", command, err, out)
		}
	}
}

func TestAmtoolAcceptsTheExample(t *testing.T) {
	if out, err := tooltest.Run(t, alertDir, "amtool", "check-config", "alertmanager.yaml"); err != nil {
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
		if out, err := tooltest.Run(t, alertDir, command...); err != nil {
			t.Errorf("%s: %v\n%s", alert, err, out)
		}
	}
}

// What arrives in Slack and by mail says what is wrong, what to do and where to
// look, or that it is over.
func TestMessagesSayWhatToDo(t *testing.T) {
	type message struct {
		Status string        `json:"status"`
		Alerts []messageLine `json:"alerts"`
	}
	var all message
	for _, r := range shipped(t, alerting).all() {
		all.Alerts = append(all.Alerts, messageLine{"firing", r.Annotations})
	}
	one := all.Alerts[0]
	foreign := messageLine{"firing", map[string]string{"summary": "Another's.", "description": "No link."}}
	for _, tc := range []struct {
		message
		title, text string
	}{
		{message{"firing", []messageLine{one}}, one.Annotations["summary"], one.text()},
		{message{"resolved", []messageLine{{"resolved", one.Annotations}}}, "Over: " + one.Annotations["summary"], "(over) " + one.text()},
		{message{"firing", []messageLine{one, foreign}}, "Workdrift: 2 alerts", one.text() + "Another's.\nNo link.\n\n"},
		{message{"firing", all.Alerts}, fmt.Sprintf("Workdrift: %d alerts", len(all.Alerts)), all.Alerts[len(all.Alerts)-1].text()},
	} {
		data, err := json.Marshal(tc.message)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "data.json")
		write(t, file, string(data))
		for name, want := range map[string]string{"workdrift.title": tc.title, "workdrift.text": tc.text} {
			out, err := tooltest.Run(t, alertDir, "amtool", "template", "render", "--template.glob=workdrift.tmpl", "--template.data="+file,
				"--template.text={{ template \""+name+"\" . }}")
			if err != nil || !strings.HasSuffix(strings.TrimSpace(out), strings.TrimSpace(want)) {
				t.Errorf("%s: %v %q, want %q", name, err, out, want)
			}
		}
	}
}

type messageLine struct {
	Status      string            `json:"status"`
	Annotations map[string]string `json:"annotations"`
}

func (l messageLine) text() string {
	a := l.Annotations
	return fmt.Sprintf("%s\n%s\nWhat to do: %s\nLook at it: %s\n\n", a["summary"], a["description"], a["runbook_url"], a["dashboard_url"])
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
	used, boards := "", map[string]*dashboard{}
	for _, d := range dashboards(t) {
		boards[d.UID] = d
	}
	for _, r := range shipped(t, alerting).all() {
		used += r.Expr
		checkBoard(t, r, boards)
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

// checkBoard looks whether an alert leads to a dashboard that is shipped, and
// whether that knows the variable that is set there.
func checkBoard(t *testing.T, r *shippedRule, boards map[string]*dashboard) {
	t.Helper()
	path, ok := strings.CutPrefix(r.Annotations["dashboard_url"], "https://grafana.example.com/d/")
	uid, query, _ := strings.Cut(path, "?")
	if !ok || boards[uid] == nil {
		t.Errorf("%s: no dashboard at %q", r.Alert, r.Annotations["dashboard_url"])
		return
	}
	name, label, _ := strings.Cut(strings.TrimPrefix(query, "var-"), "=")
	known := func(v variable) bool { return v.Name == name }
	if query != "" && (!slices.ContainsFunc(boards[uid].Templating.List, known) || label != "{{ $labels."+name+" }}") {
		t.Errorf("%s: %s has no variable for %q", r.Alert, uid, query)
	}
}
