package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/backtest"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// TestBacktestOfTheDemo replays the demo's drift through the shipped rules. That
// the rules do what they say is for their unit tests; here the threshold must be
// passed in the week in which the reports pass it.
func TestBacktestOfTheDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	_, d, _ := newDemo(t, nil)
	before := reportText(t, pollAndScore(t, d))
	e := d.evaluator
	rules, err := backtest.Load(filepath.Join(rulesDir, recording), filepath.Join(rulesDir, alerting))
	if err != nil {
		t.Fatal(err)
	}
	grace := e.known.Windows.CloseGrace
	texts := make(map[objective.Date]string)
	ask := func(ctx context.Context, day objective.Date, metrics []string) (pastValues, error) {
		values, err := e.past(ctx, day, metrics)
		texts[day] = values.Text
		return values, err
	}
	answer, err := replayPast(t.Context(), rules, backtestOptions{from: "2025-05-26", step: time.Hour, job: "workdrift"}, grace, ask)
	if err != nil {
		t.Fatal(err)
	}

	// The first day from which on both windows are above the threshold for half
	// a day, which is to say the first: values change once a day.
	var want time.Time
	for day := objective.Date(answer.From); day <= objective.Date(answer.To) && want.IsZero(); day++ {
		if shadowOf(t, texts[day], "28d") > .5 && shadowOf(t, texts[day], "7d") > .5 {
			want = closedAt(day, grace).Add(12 * time.Hour)
		}
	}
	at := slices.IndexFunc(answer.Episodes, func(e backtest.Episode) bool { return e.Alert == "WorkdriftShadowRoadmapHigh" })
	if at < 0 || want.IsZero() {
		t.Fatalf("want the alert at %s, have %+v", want, answer.Episodes)
	}
	if got := answer.Episodes[at]; !got.From.Equal(want) || !got.Until.IsZero() || got.Labels["window"] != "28d" || got.Labels["severity"] != "warning" || got.Value <= .5 {
		t.Errorf("%+v, want it from %s to the end", got, want)
	}
	down := answer.Alerts[0]
	if down.Name != "WorkdriftDown" || !slices.Equal(down.Unknown, []string{"up"}) {
		t.Errorf("%+v", down)
	}
	var text strings.Builder
	if err := answer.write(&text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"WorkdriftShadowRoadmapHigh fired once\n  from " + want.Format(minutes), "still firing", "Never fired:\n", "  WorkdriftDown: up\n", "restated"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("%q is missing in:\n%s", part, &text)
		}
	}
	checkPast(t, d, rules, texts, before)
}

// checkPast checks that a look at the past changes nothing of the present, and
// comes out the same from an engine that has never looked, whatever it is asked
// first.
func checkPast(t *testing.T, d *daemon, rules *backtest.Rules, texts map[objective.Date]string, before string) {
	t.Helper()
	ctx, e := t.Context(), d.evaluator
	if after := reportText(t, pollAndScore(t, d)); after != before {
		t.Errorf("the report changed:\n%s\n%s", before, after)
	}
	if err := e.declare(ctx, e.known); err != nil {
		t.Fatal(err)
	}
	pollAndScore(t, d)
	metrics := slices.DeleteFunc(rules.Inputs(), func(name string) bool { return !slices.Contains(replayable(), name) })
	last := objective.Date(e.made.Day)
	for _, back := range []objective.Date{1, 9, 20} {
		day := last - back
		if values, err := e.past(ctx, day, metrics); err != nil || values.Text != texts[day] {
			t.Errorf("%s: %v, another engine says\n%s\nwant\n%s", day, err, values.Text, texts[day])
		}
	}
	if _, err := e.past(ctx, last+1, metrics); err == nil {
		t.Error("a day that has not closed is told")
	}
}

// reportText is a report without the moment at which it was made.
func reportText(t *testing.T, r *scoring.Report) string {
	t.Helper()
	plain := *r
	plain.At, plain.DataUpTo = time.Time{}, time.Time{}
	text, err := json.Marshal(&plain)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func shadowOf(t *testing.T, text, window string) float64 {
	t.Helper()
	samples, err := backtest.Scraped(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if s.Metric == "workdrift_shadow_effort_ratio" && s.Labels["window"] == window {
			return float64(s.Value)
		}
	}
	return 0
}

func TestBacktestBesideADaemonAndWithoutOne(t *testing.T) {
	c := newCompany(t, 6)
	dir := t.TempDir()
	path := c.config(t, dir, loopback)
	rules := filepath.Join(dir, "rules.yaml")
	write(t, rules, "groups: [{name: g, rules: [{alert: Any, expr: 'workdrift_shadow_effort_ratio{window=\"28d\"} >= 0', for: 1d}, {alert: Gone, expr: 'absent(up)'}]}]")
	ask := func(more ...string) string {
		t.Helper()
		stdout, stderr, code := workdrift(t, append([]string{"backtest", "--config", path, "--rules", rules}, more...)...)
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		return stdout
	}
	r := start(t, path, 0)
	day := r.await(t, "complete", complete).Day.String()
	short := []string{"--from", day, "--to", day}
	beside := ask(short...)
	if !strings.Contains(beside, "\nAny fired once\n") || !strings.Contains(beside, "  Gone: up\n") {
		t.Errorf("beside the daemon:\n%s", beside)
	}
	if text := ask(append(short, "--output", "json")...); !strings.Contains(text, `"alert": "Any"`) || !strings.Contains(text, `"value": "`) {
		t.Errorf("as JSON:\n%s", text)
	}
	r.stop(t)
	if without := ask(short...); without != beside {
		t.Errorf("without the daemon:\n%s\nbeside it:\n%s", without, beside)
	}
	for want, arguments := range map[string][]string{
		"--rules is missing":  {"--config", path},
		"--step is 1s":        {"--config", path, "--rules", rules, "--step", "1s"},
		"--from: ":            {"--config", path, "--rules", rules, "--from", "yesterday"},
		"the last closed day": {"--config", path, "--rules", rules, "--to", "2999-01-01"},
		"after --to":          {"--config", path, "--rules", rules, "--from", day, "--to", "2020-01-01"},
		"read rules":          {"--config", path, "--rules", path},
	} {
		if _, stderr, code := workdrift(t, append([]string{"backtest"}, arguments...)...); code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %q, want %q", arguments, code, stderr, want)
		}
	}
}
