package main

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A team of two is too small for any number, so what is said of it shows whether
// numbers are withheld.
const smallTeam = "pair"

// checkWithheld sees that no surface has a number where it says that the number
// is withheld, and none of a small team: counts of works are no secret, as they
// are nobody's.
func checkWithheld(t *testing.T, said artefacts) {
	t.Helper()
	objects, rows := 0, 0
	for name, raw := range said {
		head, body, _ := strings.Cut(string(raw), "\n")
		var v any
		switch {
		case strings.Contains(head, "text/csv"):
			rows += checkRows(t, name, body)
		case json.Unmarshal([]byte(body), &v) == nil, json.Unmarshal(raw, &v) == nil:
			walkJSON(v, func(o map[string]any) {
				if o["status"] != "suppressed_privacy" {
					return
				}
				objects++
				for key, value := range o {
					if _, is := value.(float64); is && !isCountOfWorks(key) {
						t.Errorf("%s tells what it withholds: %q is %v of %v", name, key, value, o)
					}
				}
			})
		}
		switch {
		case strings.HasPrefix(name, "GET /metrics"):
			checkSeries(t, body)
		case strings.HasPrefix(name, "brief --config"):
			if !strings.Contains(string(raw), "| "+smallTeam+" | not told: ") {
				t.Errorf("the brief does not say that it withholds something: %s", raw)
			}
		}
	}
	if objects < 300 || rows < 200 {
		t.Errorf("only %d numbers and %d rows were withheld: the test looks for the wrong thing", objects, rows)
	}
}

func isCountOfWorks(key string) bool { return key == "works" || key == "open_works" }

// checkRows looks at the rows of a table that say that they are withheld.
func checkRows(t *testing.T, name, table string) (withheld int) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Errorf("%s is no table: %v", name, err)
		return 0
	}
	status := slices.Index(rows[0], "status")
	for _, row := range rows[1:] {
		if status < 0 || row[status] != "suppressed_privacy" {
			continue
		}
		withheld++
		for i, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); err == nil && !isCountOfWorks(rows[0][i]) {
				t.Errorf("%s tells what it withholds: %s is %s of %q", name, rows[0][i], cell, row)
			}
		}
	}
	return withheld
}

// checkSeries looks at the metrics of the small team: there are only those that
// say that there is none.
func checkSeries(t *testing.T, text string) {
	t.Helper()
	unavailable := 0
	for line := range strings.Lines(text) {
		if !strings.Contains(line, `="`+smallTeam+`"`) {
			continue
		}
		if family, _, _ := strings.Cut(line, "{"); !strings.HasSuffix(family, "_unavailable") {
			t.Errorf("the metrics tell of two people: %s", line)
		}
		unavailable++
	}
	if unavailable < 20 {
		t.Errorf("the metrics say of only %d scores that they are withheld", unavailable)
	}
}

func walkJSON(v any, f func(map[string]any)) {
	switch x := v.(type) {
	case map[string]any:
		f(x)
		for _, child := range x {
			walkJSON(child, f)
		}
	case []any:
		for _, child := range x {
			walkJSON(child, f)
		}
	}
}
