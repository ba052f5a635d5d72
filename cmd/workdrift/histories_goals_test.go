package main

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A realGoal is what a project declared: a proposal, a release.
type realGoal struct {
	ID        string
	Title     string
	Group     string `json:"owner_group"`
	Number    int
	Status    string
	Milestone string
	Date      string              // of a release
	Tickets   map[string][]string // of a release, by section
	Path      string              `json:"source_path"`
}

func realGoals(t *testing.T, name string) []realGoal {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(recorded, "objectives", name, "objectives.json"))
	if err != nil {
		t.Skipf("what the projects declared is not here: %v", err)
	}
	var all struct{ Objectives []realGoal }
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	return all.Objectives
}

// table reads a file of tab-separated values without its header.
func table(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(filepath.Join(recorded, path))
	if err != nil {
		t.Skipf("the recorded table is not here: %v", err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// kafkaGoals declares every improvement proposal, the newest first, with the
// tickets that are known to be of it.
func kafkaGoals(t *testing.T) map[time.Time][]string {
	tickets := map[string][]string{}
	for _, row := range table(t, "commits/kafka/ticket_kip.tsv") {
		tickets[row[1]] = append(tickets[row[1]], row[0])
	}
	goals := realGoals(t, "kafka-kips")
	slices.SortStableFunc(goals, func(a, b realGoal) int { return b.Number - a.Number })
	var all []string
	for _, g := range goals {
		keys := append([]string{g.ID}, tickets[g.ID]...)
		all = append(all, goal(len(all)+1, g, fmt.Sprintf("keys: [%s]", strings.Join(keys, ", "))))
	}
	return map[time.Time][]string{day("2022-10-01"): all}
}

// calciteGoals declares every release, the newest first, by its tickets.
func calciteGoals(t *testing.T) map[time.Time][]string {
	var all []string
	for _, g := range realGoals(t, "calcite-releases") {
		var keys []string
		for _, section := range slices.Sorted(maps.Keys(g.Tickets)) {
			keys = append(keys, g.Tickets[section]...)
		}
		fields := fmt.Sprintf("keys: [%s]", strings.Join(keys, ", "))
		if g.Date != "" {
			fields += ", due: " + g.Date
		}
		all = append(all, goal(len(all)+1, g, fields))
	}
	return map[time.Time][]string{day("2024-07-01"): all}
}

// kepGoals declares every enhancement proposal by its folder, as of each day on
// which the status of one changed.
func kepGoals(t *testing.T) map[time.Time][]string {
	goals := realGoals(t, "kubernetes-keps")
	at := map[string]int{}
	for i, g := range goals {
		if _, twice := at[g.ID]; twice { // some numbers were given to two proposals
			goals[i].ID += "-" + g.Group
			continue
		}
		at[g.ID] = i
	}
	type change struct {
		Date    time.Time
		ID      string
		Changes struct{ Status []string }
	}
	file, err := os.Open(filepath.Join(recorded, "objectives/kubernetes-keps/kep_events.jsonl.gz"))
	if err != nil {
		t.Skipf("the history of the declarations is not here: %v", err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var changes []change
	for dec := json.NewDecoder(plain); ; {
		var c change
		if err := dec.Decode(&c); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if _, ok := at[c.ID]; ok && len(c.Changes.Status) == 2 {
			changes = append(changes, c)
		}
	}
	versions := map[time.Time][]string{}
	declare := func(when time.Time) {
		var all []string
		for _, g := range goals {
			// Folders move between groups and change their names.
			fields := fmt.Sprintf("match: {paths: [%q, \"keps/**/%d-*/**\", \"keps/prod-readiness/*/%[2]d.yaml\"]}", filepath.Dir(g.Path)+"/**", g.Number)
			switch g.Status {
			case "implemented", "imlpemented":
				fields += ", state: achieved"
			case "withdrawn", "rejected", "replaced", "superseded", "removed":
				fields += ", state: retired"
			case "deferred":
				fields += ", state: paused"
			}
			all = append(all, goal(len(all)+1, g, fields))
		}
		versions[when] = all
	}
	// The newest state is known; the changes are undone one after the other.
	for _, c := range slices.Backward(changes) {
		declare(c.Date)
		goals[at[c.ID]].Status = c.Changes.Status[0]
	}
	declare(day("2024-07-01"))
	return versions
}

func goal(rank int, g realGoal, fields string) string {
	id := strings.NewReplacer(".", "-").Replace(strings.ToLower(g.ID))
	text := g.Title
	if text == "" {
		text = g.ID
	}
	return fmt.Sprintf("  - {id: %s, rank: %d, text: %q, %s}\n", id, rank, text, fields)
}

func day(s string) time.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return at
}

// kafkaTruth goes by the ticket. A proposal that is only named in the text is a
// mention, which is too weak to count.
func kafkaTruth(t *testing.T) func([]string) bool {
	kip := map[string]bool{}
	for _, row := range table(t, "commits/kafka/ticket_kip.tsv") {
		kip[row[0]] = true
	}
	return func(row []string) bool {
		return slices.ContainsFunc(strings.Split(row[2], ","), func(key string) bool { return kip[key] })
	}
}

func calciteTruth(t *testing.T) func([]string) bool {
	released := map[string]bool{}
	for _, g := range realGoals(t, "calcite-releases") {
		for _, keys := range g.Tickets {
			for _, key := range keys {
				released[key] = true
			}
		}
	}
	return func(row []string) bool {
		return slices.ContainsFunc(strings.Split(row[2], ","), func(key string) bool { return released[key] })
	}
}

func kepTruth(*testing.T) func([]string) bool {
	return func(row []string) bool { return row[8] != "" && row[1] != "merge" }
}
