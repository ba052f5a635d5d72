package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestHistory: the weeks are told from what is stored, by the command itself or
// by the daemon that holds the database, and both tell the same. So are briefs.
func TestHistory(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	if _, stderr, code := workdrift(t, "demo", "--once", "--listen", "127.0.0.1:0", "--dir", dir); code != 0 {
		t.Fatalf("the demo ended with %d: %s", code, stderr)
	}
	text, stderr, code := workdrift(t, "history", "--config", path, "--weeks", "10")
	if code != 0 || stderr != "" {
		t.Fatalf("%d %s", code, stderr)
	}
	for _, want := range []string{
		`(?m)^Restated: `, `(?m)^week +top 3 +bounds +shadow +bounds +stopped +creep +words +decoupled +phase +unplanned +trapped +zombies +green, red inside +stalled$`,
		`(?m)^\d{4}-W\d\d +\d\d % +\d\d %–\d\d % +\d\d % +\d\d? %–\d\d % +\d % +\d\.\d\d\* +\S+ +\d\.\d\d\* +total_decoupling +\d\.\d\d +\d\d % +1 +checkout-latency, eu-residency +checkout-latency, eu-residency$`,
		`(?m)^ +total_decoupling: total_decoupling was at 0\.00, 0\.52, 0\.52, 0\.52 in the last weeks: latched from 0\.5 in 3 of 4$`,
		`(?m)^ +shifted: top_objectives_effort by -0\.\d\d since \d{4}-W\d\d; coincides with rank of eu-residency on `,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	if n := len(regexp.MustCompile(`(?m)^\d{4}-W`).FindAllString(text, -1)); n != 10 {
		t.Errorf("%d weeks, want 10:\n%s", n, text)
	}
	whole, _, _ := workdrift(t, "history", "--config", path)
	if !regexp.MustCompile(`(?m)^ +declared: search-relevance state retired, effective \d{4}-\d\d-\d\d$`).MatchString(whole) {
		t.Errorf("what was retired is missing in\n%s", whole)
	}
	offline, _, _ := workdrift(t, "history", "--config", path, "--output", "json")
	var told []toldWeek
	if err := json.Unmarshal([]byte(offline), &told); err != nil || len(told) != 26 || told[25].Phase != "total_decoupling" || told[0].Monday.String() == "" {
		t.Errorf("%v: %d weeks as JSON:\n%.300s", err, len(told), offline)
	}

	// However many weeks are asked for, each is told the same.
	some, _, _ := workdrift(t, "history", "--config", path, "--weeks", "7", "--output", "json")
	var late []toldWeek
	if err := json.Unmarshal([]byte(some), &late); err != nil || len(late) != 7 || fmt.Sprint(late) != fmt.Sprint(told[19:]) {
		t.Errorf("%v: of 7 weeks is told\n%s", err, some)
	}

	briefs := briefOfDemo(t, path, told)

	r := start(t, path, 10*time.Millisecond)
	r.await(t, "complete", complete)
	if online, stderr, code := workdrift(t, "history", "--config", path, "--output", "json"); code != 0 || online != offline {
		t.Errorf("the daemon tells something else: %d %s\n%s", code, stderr, online)
	}
	if online := briefOfDemo(t, path, told); online != briefs {
		t.Errorf("the daemon writes another brief:\n%s", online)
	}
	briefRefusals(t, path)
	if _, stderr, code := workdrift(t, "history", "--config", path, "--weeks", "0"); code == 0 || !strings.Contains(stderr, "want 1 to 156") {
		t.Errorf("no week: %d %s", code, stderr)
	}
}

// TestHistoryOfNothing: a database without a week says so.
func TestHistoryOfNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	write(t, path, "connectors: {here: {type: git, path: .}}\n"+here)
	if _, stderr, code := workdrift(t, "history", "--config", path); code == 0 || !strings.Contains(stderr, "read for the first time") {
		t.Errorf("%d %s", code, stderr)
	}
}
