package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demo"
)

func TestTellDemoRefusesWhatItDoesNotKnow(t *testing.T) {
	org, err := demo.New(time.Date(2025, 6, 20, 15, 0, 0, 0, time.UTC), demoSeed)
	if err != nil {
		t.Fatal(err)
	}
	defer org.Close()
	for query, want := range map[string]string{
		"course=home":   `--course is "home"`,
		"speed=fast":    "invalid syntax",
		"speed=0":       "--speed is 0",
		"break=gitlab":  `no server "gitlab"`,
		"mend=":         `no server ""`,
		"course=drift":  "",
		"break=results": "",
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if err := tellDemo(org, q); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
	for _, args := range [][]string{{"demo", "tell", t.TempDir(), "--course", "drift"}, {"demo", "tell", t.TempDir()}, {"demo", "tell"}} {
		if _, stderr, code := workdrift(t, args...); code == 0 || stderr == "" {
			t.Errorf("%v: exit code %d, %q", args, code, stderr)
		}
	}
}
