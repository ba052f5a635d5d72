package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/demo"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

func TestDemoPrintsItsFirstReport(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	stdout, stderr, code := workdrift(t, "demo", "--once", "--listen", "127.0.0.1:0")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %s", code, stderr)
	}
	for _, want := range []string{
		`Pages        http://127\.0\.0\.1:\d+/\n`, `Metrics      http://127\.0\.0\.1:\d+/metrics\n`,
		`As of \d{4}-\d\d-\d\d, the last closed day\.\n`, `\n +28d +\d\d % +\d\d %–\d\d % +\d\d % `,
		`\n1\. checkout-latency \(active\)`, `\n6\. search-relevance \(retired\)`, `\nunknown `, `\nteam mobile `,
	} {
		if !regexp.MustCompile(want).MatchString(stdout) {
			t.Errorf("%s is missing in:\n%s", want, stdout)
		}
	}
	for _, not := range []string{"Partial", "Stale", "Nothing is published", "withheld"} {
		if strings.Contains(stdout, not) {
			t.Errorf("the first report is not complete:\n%s", stdout)
		}
	}
}

// newDemo is the demo's organisation at a fixed time, and a daemon for it that
// does not run yet.
func newDemo(t *testing.T, onReport func(*scoring.Report)) (*demo.Organisation, *daemon, *config.Config) {
	t.Helper()
	org, err := demo.New(time.Date(2025, 6, 20, 15, 0, 0, 0, time.UTC), demoSeed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { org.Close() })
	d, cfg := daemonOf(t, org, onReport)
	return org, d, cfg
}

// daemonOf is a daemon for a demo's organisation that does not run yet.
func daemonOf(t *testing.T, org *demo.Organisation, onReport func(*scoring.Report)) (*daemon, *config.Config) {
	t.Helper()
	cfg, err := demoConfig(t.Context(), org, demoOptions{dir: t.TempDir(), listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), cfg, daemonOptions{Log: newLogger(t.Output(), cfg.Log), Now: org.Now, OnReport: onReport})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, cfg
}

func pollAndScore(t *testing.T, d *daemon) *scoring.Report {
	t.Helper()
	if err := d.pollOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.evaluator.evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d.evaluator.report.Load()
}

func TestDemoDrifts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	org, d, _ := newDemo(t, nil)
	report := pollAndScore(t, d)
	if report.Partial || len(report.Late) > 0 || report.Day != report.Expected || report.Day.String() != "2025-06-18" {
		t.Fatalf("the report of a complete poll is of %s, expected %s, partial %v, late %v", report.Day, report.Expected, report.Partial, report.Late)
	}
	for i, week := range report.Weeks[1:6] {
		if week.Top < .6 || week.Shadow > .2 {
			t.Errorf("week %d: top three %.2f, shadow %.2f before the drift", i+1, week.Top, week.Shadow)
		}
	}
	now := report.Window("28d").Org
	top, shadow := now.Score(scoring.TopObjectivesEffort), now.Score(scoring.ShadowEffort)
	if top.Status != scoring.OK || top.Value >= .45 || top.Lower > top.Value || top.Value > top.Upper {
		t.Errorf("top three now: %+v", top)
	}
	if shadow.Status != scoring.OK || shadow.Value <= .5 {
		t.Errorf("shadow now: %+v", shadow)
	}
	compareWithTruth(t, org, report)
	checkServed(t, org.Served()["github"])

	// Nothing changed since: the next poll costs no quota on GitHub, and a
	// request for each channel and for each of Jira's feeds. The channels
	// themselves are listed in each poll only by an app that may read private
	// ones, which the demo's may not.
	before := org.Served()
	pollAndScore(t, d)
	after := org.Served()
	for _, s := range after["github"][len(before["github"]):] {
		if s.Points != 0 || s.Status != 304 {
			t.Errorf("idle: %s %s?%s: %d, %d points", s.Method, s.Path, s.Query, s.Status, s.Points)
		}
	}
	for tool, most := range map[string]int{"github": 8 * 8, "jira": 4, "slack": 13} {
		if n := len(after[tool]) - len(before[tool]); n == 0 || n > most {
			t.Errorf("an idle poll sent %d requests to %s, want at most %d", n, tool, most)
		}
	}
	if trespasses := org.Trespasses(); len(trespasses) > 0 {
		t.Errorf("read on Slack what nobody allowed: %q", trespasses)
	}
}

// compareWithTruth compares what was measured with what the story says that
// people worked on.
//
// The two cannot agree exactly. The story gives each day of a person to one
// purpose; the measurement also sees the reviews and the merges of others' work
// on that day and splits it, so effort moves between purposes, in both
// directions. Work on the retired objective after its last day but without a
// link or label can only be unknown. What must agree is where the effort goes:
// each purpose within a sixth of the truth and two person-days.
func compareWithTruth(t *testing.T, org *demo.Organisation, report *scoring.Report) {
	t.Helper()
	w := report.Window("28d")
	midnight := func(d scoring.Day) time.Time { return objective.Date(d).Time() }
	truth := org.Truth(midnight(w.From), midnight(w.Until).AddDate(0, 0, 1))
	want := map[string]float64{}
	total := 0.0
	for focus, days := range truth {
		total += float64(days)
		switch focus {
		case fake.Unlinked, fake.SideJob:
			want["unknown"] += float64(days)
		case fake.NonGoal:
			want["excluded"] += float64(days)
		default: // an objective, run_work, stopped
			want[string(focus)] += float64(days)
		}
	}
	got := map[string]float64{}
	for _, o := range w.Org.Objectives {
		got[o.Objective] = float64(o.Effort)
	}
	for _, c := range w.Org.Effort {
		if c.Category != scoring.OnObjective {
			got[c.Category.String()] = float64(c.Effort)
		}
	}
	for what := range got {
		if off := math.Abs(got[what] - want[what]); off > want[what]/6+2 {
			t.Errorf("%s: measured %.1f person-days, the story spent %.0f", what, got[what], want[what])
		}
		t.Logf("%-20s %6.1f measured %4.0f spent", what, got[what], want[what])
	}
	if off := math.Abs(float64(w.Org.Total) - total); off > total*.1 || total < 400 {
		t.Errorf("measured %.1f person-days in all, the story spent %.0f", w.Org.Total, total)
	}
}

// checkServed looks at the log of the server for what a careful client does
// not do.
func checkServed(t *testing.T, log []fake.Served) {
	t.Helper()
	lists := 0
	for _, s := range log {
		if s.Anonymous || s.Status == 401 {
			t.Errorf("a request without a valid token: %s %s", s.Method, s.Path)
		}
		if s.Status >= 400 {
			t.Errorf("%s %s?%s was answered %d", s.Method, s.Path, s.Query, s.Status)
		}
		if strings.HasSuffix(s.Path, "/issues") {
			lists++
			if regexp.MustCompile(`(^|&)page=`).MatchString(s.Query) {
				t.Errorf("a list that changes is read by page numbers: %s?%s", s.Path, s.Query)
			}
		}
	}
	if lists < 8 {
		t.Errorf("the log holds %d requests for lists of issues, want one a repository at least", lists)
	}
}

// After the start new work arrives by itself and days pass.
func TestDemoLives(t *testing.T) {
	reports := make(chan *scoring.Report, 1000)
	org, d, _ := newDemo(t, func(r *scoring.Report) {
		select {
		case reports <- r:
		default:
		}
	})
	first := pollAndScore(t, d)
	<-reports
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	defer wait.Wait()
	defer stop()
	wait.Go(func() {
		if err := d.run(ctx); err != nil {
			t.Error(err)
		}
	})
	wait.Go(func() { live(ctx, org, 48*60*60) }) // two days in a second
	late := time.After(patience)
	for moved := false; !moved; {
		select {
		case r := <-reports:
			moved = r.Day > first.Day && r.Stats.Items > first.Stats.Items && !r.Partial
		case <-late:
			t.Fatalf("no later report than that of %s", first.Day)
		}
	}
}

func TestDemoRefusesBadSpeed(t *testing.T) {
	for _, speed := range []string{"0", "-1", "10001", "NaN", "x"} {
		if _, stderr, code := workdrift(t, "demo", "--once", "--speed", speed); code != 1 || !strings.Contains(stderr, "speed") {
			t.Errorf("--speed %s: %d %s", speed, code, stderr)
		}
	}
}

// A taken port is no reason for the demo to fail; serve tells of it.
func TestTakenPort(t *testing.T) {
	l, err := listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	if free := freeAddress(t.Context(), taken); free == taken || !strings.HasPrefix(free, "127.0.0.1:") {
		t.Errorf("instead of %s the demo would listen on %s", taken, free)
	}
	dir := t.TempDir()
	c := newCompany(t, 1)
	path := c.config(t, dir, fmt.Sprintf("web: {listen_address: %q}\n", taken))
	_, stderr, code := workdrift(t, "serve", "--config", path)
	if code != 1 || !strings.Contains(stderr, "listen on "+taken) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, controlSocket)); found != nil {
		t.Error("a daemon that did not start left its socket")
	}
}
