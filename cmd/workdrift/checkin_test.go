package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

func TestParseConfidence(t *testing.T) {
	for text, want := range map[string]float64{"0.7": .7, "70%": .7, "70 %": .7, "7/10": .7, "70/100": .7, "1": 1, "0": 0} {
		if got, err := parseConfidence(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7", "11/10", "-0.1", "101%", "NaN", "green", "0,7"} {
		if got, err := parseConfidence(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

// checkIns returns what is stored of the command's check-ins.
func checkIns(t *testing.T, dir string) []store.Event {
	t.Helper()
	db, err := bolt.Open(t.Context(), filepath.Join(dir, databaseFile), bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var events []store.Event
	for ch, err := range db.Changes(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if ch.Item.Source == checkInSource {
			events = append(events, ch.Events...)
		}
	}
	return events
}

func TestCheckIn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	err := os.WriteFile(path, []byte("connectors: {here: {type: git, path: .}}\n"+here+
		"objectives: [{id: sso, rank: 1, text: Single sign-on, keys: [PAY-1]}]\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := workdrift(t, "checkin", "sso", "7/10", "--as", "github:ada", "--config", path)
	if code != 0 || stdout != "Kept: sso, 70 %.\n" {
		t.Fatalf("%d %s %s", code, stdout, stderr)
	}
	events := checkIns(t, dir)
	if len(events) != 1 || events[0].Kind != store.EventCheckIn || events[0].Attrs["objective"] != "sso" || events[0].Attrs["confidence"] != "0.7" {
		t.Fatalf("stored is %+v", events)
	}
	if strings.Contains(events[0].ID+events[0].Actor, "ada") || events[0].Actor == "" {
		t.Errorf("the event names a person, or nobody: %+v", events[0])
	}
	for args, want := range map[string]string{
		"billing 0.7":       `no objective "billing"`,
		"sso 7":             "0 to 1",
		"sso 0.7 --as ada":  "github:login",
		"sso 0.7 --as :ada": "github:login",
		"sso":               "accepts 2 arg",
	} {
		_, stderr, code := workdrift(t, append(append([]string{"checkin"}, strings.Fields(args)...), "--config", path)...)
		if code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("checkin %s: %d %s, want %q", args, code, stderr, want)
		}
	}
	if n := len(checkIns(t, dir)); n != 1 {
		t.Errorf("%d check-ins are stored, want 1", n)
	}
}
