package backtest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoadRefuses(t *testing.T) {
	group := func(rule string) string { return "groups: [{name: g, rules: [" + rule + "]}]" }
	for name, c := range map[string]struct{ text, want string }{
		"no alert":           {group("{record: a, expr: b}"), "no alert"},
		"nothing":            {"", "no alert"},
		"no expression":      {group("{alert: A}"), "group g: A: "},
		"bad expression":     {group("{alert: A, expr: 'a >'}"), "group g: A: "},
		"both":               {group("{alert: A, record: b, expr: a}"), "either record or alert"},
		"neither":            {group("{expr: a}"), "either record or alert"},
		"unknown field":      {group("{alert: A, expr: a, four: 5m}"), "four"},
		"recording waits":    {group("{record: a, expr: b, for: 5m}"), "belong to alerts"},
		"template in labels": {group("{alert: A, expr: a, labels: {x: '{{ $value }}'}}"), "is a template"},
		"limit":              {"groups: [{name: g, limit: 3, rules: [{alert: A, expr: a}]}]", "not replayed"},
		"no YAML":            {"{", "read rules"},
	} {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		write(t, path, c.text)
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there is read")
	}
}

const chained = `
groups:
  - name: alerts # before what they read is recorded
    labels: {origin: test}
    rules:
      - {alert: Up, expr: 'job:twice > 1', for: 2h}
      - {alert: Blind, expr: 'job:other > 1 or level > 9'}
      - {alert: Any, expr: '{job="j"} > 1'}
      - {alert: Number, expr: '1 > bool 0', for: 3h}
  - name: recorded
    rules:
      - {record: 'job:once', expr: 'max by (job) (level)'}
      - {record: 'job:twice', expr: '2 * job:once'}
      - {record: 'job:other', expr: 'up offset 1d + on (job) level'}
`

func hourly(values ...float64) []Frame {
	return tableFrames(map[string][]float64{"a": values}, len(values), time.Hour)
}

func TestRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, path, chained)
	o := Options{
		Step: time.Hour, Until: start.Add(12 * time.Hour), Begin: start.Add(6 * time.Hour), Known: []string{"level"},
		Attach: map[string]string{"job": "j"},
	}
	// Ends before the beginning; waits in vain; fires to the end.
	got := run(t, path, hourly(.9, .9, .9, gap, gap, .1, .6, .2, .9, .9, .9, .9), o)
	want := Episode{Alert: "Up", Since: start.Add(8 * time.Hour).UTC(), From: start.Add(10 * time.Hour).UTC(), Value: 1.8}
	if len(got.Episodes) != 2 {
		t.Fatalf("%+v", got.Episodes)
	}
	number, up := got.Episodes[0], got.Episodes[1]
	if up.Labels["job"] != "j" || up.Labels["origin"] != "test" || len(up.Labels) != 2 {
		t.Errorf("labels %v", up.Labels)
	}
	up.Labels = nil
	if up.Alert != want.Alert || !up.Since.Equal(want.Since) || !up.From.Equal(want.From) || !up.Until.IsZero() || up.Value != want.Value {
		t.Errorf("%+v, want %+v", up, want)
	}
	if number.Alert != "Number" || !number.From.Equal(start.Add(3*time.Hour)) {
		t.Errorf("a scalar: %+v", number)
	}
	for i, a := range []Alert{{Name: "Up", Fired: 1, Waited: 1}, {Name: "Blind", Unknown: []string{"up"}}, {Name: "Any", Unknown: []string{"series of any name"}}, {Name: "Number", Fired: 1}} {
		if b := got.Alerts[i]; b.Name != a.Name || b.Fired != a.Fired || b.Waited != a.Waited || !slices.Equal(b.Unknown, a.Unknown) {
			t.Errorf("%+v, want %+v", b, a)
		}
	}
	rules, _ := Load(path)
	if reach, inputs := rules.Reach(), rules.Inputs(); reach != 27*time.Hour || !slices.Equal(inputs, []string{"level", "up"}) {
		t.Errorf("reach %s, inputs %v", reach, inputs)
	}
}

func TestRunRefuses(t *testing.T) {
	for name, c := range map[string]struct{ rules, want string }{
		"ALERTS of the step before": {`{alert: A, expr: 'level > 1 and last_over_time(ALERTS{alertname="A"}[10m])'}`, "take a shorter step"},
		"ALERTS at an instant":      {`{alert: A, expr: 'level > 1 and ALERTS{alertname="A"}'}`, "take a shorter step"},
		"a short range":             {`{record: 'job:r', expr: level}, {alert: A, expr: 'rate(job:r[1h]) > 1'}`, "take a shorter step"},
		"one alert twice":           {`{alert: A, expr: level, labels: {instance: x}}`, "same labels"},
		"one series twice":          {`{record: 'job:r', expr: level, labels: {instance: x}}, {alert: A, expr: job:r}`, "same labels"},
		"no vector":                 {`{alert: A, expr: 'level[1h]'}`, "want a vector"},
		"many to many":              {`{alert: A, expr: 'level + on () level'}`, "rule A"},
	} {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		write(t, path, "groups: [{name: g, rules: ["+c.rules+"]}]")
		rules, err := Load(path)
		if err == nil {
			frames := tableFrames(map[string][]float64{"a": {1, 1}, "b": {1, 1}}, 2, time.Hour)
			_, err = Run(t.Context(), rules, frames, Options{Step: time.Hour, Until: start.Add(2 * time.Hour), Known: []string{"level"}})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
