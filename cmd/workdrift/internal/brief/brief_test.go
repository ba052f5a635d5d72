package brief

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

var update = flag.Bool("update", false, "write the golden files")

// A goldenInput is an Input as the golden cases write it.
type goldenInput struct {
	Edition  Edition         `json:"edition"`
	Period   string          `json:"period"`
	Base     string          `json:"base"`
	Model    string          `json:"model"`
	Report   *scoring.Report `json:"report"`
	Before   *scoring.Report `json:"before"`
	Streams  []goldenStream  `json:"streams"`
	Small    int             `json:"small_works"`
	Edits    []goldenEdit    `json:"edits"`
	Members  []goldenMember  `json:"members"`
	Override []struct {
		Key, To, Why string
		At           time.Time
	} `json:"overrides"`
}

type goldenStream struct {
	findings.Stream
	Keys   []string `json:"keys"`
	Owners []string `json:"owners"`
}

type goldenEdit struct {
	Objective string
	Kind      objective.EditKind
	State     objective.State
	Known     time.Time
}

type goldenMember struct {
	Team string
	Day  scoring.Day
}

func readInput(t *testing.T, name string) Input {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name, "input.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g goldenInput
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&g); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p, err := ParsePeriod(g.Edition, g.Period)
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Period: p, Report: g.Report, Before: g.Before, Model: g.Model, BaseURL: g.Base, History: &findings.History{},
		Streams: &findings.Streams{AsOf: g.Report, Window: findings.HeadlineWindow, Small: g.Small}}
	for _, s := range g.Streams {
		s.Stream.Keys = s.Keys
		s.Items = []findings.StreamItem{{OwnedBy: s.Owners}}
		in.Streams.List = append(in.Streams.List, s.Stream)
	}
	for _, e := range g.Edits {
		in.History.Edits = append(in.History.Edits, objective.Edit{Objective: e.Objective, Kind: e.Kind, State: e.State, Known: e.Known, Effective: objective.NoDate})
	}
	for _, m := range g.Members {
		in.History.Members = append(in.History.Members, scoring.MemberChange{Team: m.Team, Day: objective.Date(m.Day)})
	}
	for _, o := range g.Override {
		in.Overrides = append(in.Overrides, store.Override{Key: o.Key, To: o.To, Role: "triage", Why: o.Why, At: o.At})
	}
	return in
}

func cases(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join("testdata", "*", "input.json"))
	if err != nil || len(list) < 7 {
		t.Fatalf("%d cases, %v", len(list), err)
	}
	for i := range list {
		list[i] = filepath.Base(filepath.Dir(list[i]))
	}
	return list
}

func TestGolden(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			b := Make(readInput(t, name))
			page, err := b.HTML()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, "brief.md", []byte(b.Markdown()))
			golden(t, name, "brief.html", page)
			golden(t, name, "blocks.json", blocksOf(t, b))
			again, _ := Make(readInput(t, name)).HTML()
			if !bytes.Equal(page, again) {
				t.Error("the same input made another page")
			}
		})
	}
}

func blocksOf(t *testing.T, b *Brief) []byte {
	t.Helper()
	text, blocks := b.Slack()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(struct {
		Text   string       `json:"text"`
		Blocks slack.Blocks `json:"blocks"`
	}{text, slack.Blocks{BlockSet: blocks}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func golden(t *testing.T, name, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name, file)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as it was; run with -update and look at the difference", path)
	}
}

func TestKeys(t *testing.T) {
	for _, tc := range []struct {
		edition Edition
		day     string
		key     string
		closed  string // the last one that had closed
	}{
		{Weekly, "2026-01-01", "weekly/2026-W01", "weekly/2025-W52"},
		{Weekly, "2027-01-03", "weekly/2026-W53", "weekly/2026-W53"},
		{Weekly, "2026-03-30", "weekly/2026-W14", "weekly/2026-W13"},
		{KillSession, "2026-11-21", "kill-session/2026-11", "kill-session/2026-10"},
		{KillSession, "2026-12-31", "kill-session/2026-12", "kill-session/2026-12"},
		{KillSession, "2024-02-29", "kill-session/2024-02", "kill-session/2024-02"},
	} {
		var day scoring.Day
		if err := day.UnmarshalText([]byte(tc.day)); err != nil {
			t.Fatal(err)
		}
		p := PeriodAt(tc.edition, day)
		if p.Key() != tc.key || p.From > day || p.Until < day {
			t.Errorf("%s: %+v, want %s", tc.day, p, tc.key)
		}
		if last := LastClosed(tc.edition, day); last.Key() != tc.closed || !last.Closed(day) || last.Next().Closed(day) || last.Next().Previous() != last {
			t.Errorf("%s: last closed %+v, want %s", tc.day, last, tc.closed)
		}
		if again, err := ParsePeriod(tc.edition, p.Name); err != nil || again != p {
			t.Errorf("%s: parsed %+v, %v", p.Name, again, err)
		}
	}
}

func FuzzParsePeriod(f *testing.F) {
	for _, text := range []string{"2026-W14", "2026-W53", "2025-W53", "2026-14", "2026-W1", "2026-W+1", "0000-W01", "2026-02", "-1-W01", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range []Edition{Weekly, KillSession} {
			p, err := ParsePeriod(e, text)
			if err == nil && (p.Name != text || p.Until < p.From || PeriodAt(e, p.Until) != p) {
				t.Errorf("%s %q is %+v", e, text, p)
			}
		}
	})
}
