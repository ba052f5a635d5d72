package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
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
	stdout, stderr, code := workdrift(t, "checkin", "sso", "7/10", "--as", "github:grizelda", "--config", path)
	if code != 0 || stdout != "Kept: sso, 70 %.\n" {
		t.Fatalf("%d %s %s", code, stdout, stderr)
	}
	events := checkIns(t, dir)
	if len(events) != 1 || events[0].Kind != store.EventCheckIn || events[0].Attrs["objective"] == "sso" || events[0].Attrs["confidence"] != "0.7" {
		t.Fatalf("stored is %+v", events)
	}
	if strings.Contains(events[0].ID+events[0].Actor, "grizelda") || events[0].Actor == "" {
		t.Errorf("the event names a person, or nobody: %+v", events[0])
	}
	if events[0].Attrs["cites"] != "" {
		t.Errorf("the check-in cites an outcome: %+v", events[0])
	}
	if _, stderr, code := workdrift(t, "checkin", "sso", "0.7", "--as", "github:ada", "--outcome", "320ms", "--config", path); code != 0 {
		t.Fatalf("%d %s", code, stderr)
	}
	cites := 0
	for _, e := range checkIns(t, dir) {
		if e.Attrs["cites"] == "outcome" && len(e.Attrs) == 3 {
			cites++ // and no reading
		}
	}
	if cites != 1 {
		t.Errorf("%d check-ins cite the outcome, want 1", cites)
	}
	for args, want := range map[string]string{
		"sso 0.7 --outcome good": "begins with a number",
		"billing 0.7":            `no objective "billing"`,
		"sso 7":                  "0 to 1",
		"sso 0.7 --as ada":       "github:login",
		"sso 0.7 --as :ada":      "github:login",
		"sso":                    "accepts 2 arg",
	} {
		_, stderr, code := workdrift(t, append(append([]string{"checkin"}, strings.Fields(args)...), "--config", path)...)
		if code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("checkin %s: %d %s, want %q", args, code, stderr, want)
		}
	}
	if n := len(checkIns(t, dir)); n != 2 {
		t.Errorf("%d check-ins are stored, want 2", n)
	}
}

// Whatever somebody types in front of a sign of confidence stays out of the
// database, and objectives are found all the same: by id, by key, and in a
// report by the command.
func TestCheckInsKeepNoWords(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	office := fake.NewWorkspace("acme")
	ben := office.AddMember(fake.MemberSpec{Name: "ben"})
	channel := office.AddChannel(now.AddDate(0, 0, -7), fake.ChannelSpec{Name: "check-ins", Creator: ben, Members: []string{ben}, Bot: true})
	for i, text := range []string{"Grizelda: 🟢", "confidence grizelda 7/10", "sso: 🟢", "Pay-1: 🔴"} {
		office.Post(now.AddDate(0, 0, -3).Add(time.Duration(i)*time.Minute), channel, fake.MessageSpec{Author: ben, Text: text})
	}
	if err := office.Err(); err != nil {
		t.Fatal(err)
	}
	server, err := fake.Listen(fake.NewSlack(office, fake.SlackOptions{NoLimit: true}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	write(t, filepath.Join(dir, "token"), "xoxb-1")
	write(t, path, "connectors: {slack: {type: slack, base_url: \""+server.URL+"/api/\", token_file: \""+filepath.Join(dir, "token")+"\", checkin_channels: [check-ins]}}\n"+here+
		"objectives: [{id: sso, rank: 1, text: Single sign-on, keys: [SSO-1]}, {id: pay, rank: 2, text: Payments, keys: [PAY-1]}]\n")

	db, err := bolt.Open(t.Context(), filepath.Join(dir, databaseFile), bolt.Options{Log: quietLogger()})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	section := cfg.Connectors[0]
	connector, err := factories()[section.Type](connectors.Env{
		Source: section.Name, Log: quietLogger(), Now: time.Now, Observer: connectors.NewMetrics(nil).For(section.Name),
	}, section.Decode)
	if err != nil {
		t.Fatal(err)
	}
	poller := connectors.NewPoller(connectors.PollerConfig{
		Source: section.Name, Provider: section.Type, Connector: connector, Store: db, Hash: db.Hasher(), Log: quietLogger(),
	})
	if _, err := poller.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	var changes []store.Change
	told, kept := "", 0
	for ch, err := range db.Changes(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		changes = append(changes, ch)
		told += strings.ToLower(fmt.Sprintf("%+v\n", ch))
		for _, e := range ch.Events {
			if e.Kind == store.EventCheckIn {
				kept++
			}
		}
	}
	r, err := scoring.Evaluate(scoring.Input{Declared: cfg.Declared(db.Hasher().Actor, db.Hasher().Term), Changes: changes}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	if kept != 4 || strings.Contains(told, "grizelda") || bytes.Contains(bytes.ToLower(raw), []byte("grizelda")) {
		t.Errorf("of 4 check-ins %d are kept, and a name with them: %s", kept, told)
	}
	for id, want := range map[string]scoring.Number{"sso": .85, "pay": .15} {
		if s := r.Objective(id).Score(scoring.ReportedConfidence); s == nil || s.Value != want {
			t.Errorf("the confidence of %s is %+v, want %v", id, s, want)
		}
	}
}
