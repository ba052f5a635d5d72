package web

import (
	"bytes"
	"encoding/csv"
	"math"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/workdrift/workdrift/scoring"
)

type aRow struct {
	Name  string         `json:"name"`
	Value scoring.Number `json:"value"`
	Count int            `json:"count"`
	Is    bool           `json:"is"`
	When  time.Time      `json:"when"`
	Day   scoring.Day    `json:"day"`
	List  []string       `json:"list"`
	id    string
}

func TestCSV(t *testing.T) {
	rows := []aRow{
		{Name: `say "hi", you`, Value: -.5, Count: -3, Is: true, When: noon, List: []string{"x"}, id: "x"},
		{Name: "=1+1", Value: scoring.Absent()}, {Name: "two\nlines", Value: scoring.Number(math.Inf(1))},
	}
	got, err := encodeCSV(rows)
	if err != nil {
		t.Fatal(err)
	}
	want := "name,value,count,is,when,day\r\n" +
		"\"say \"\"hi\"\", you\",-0.5,-3,true,2026-06-19T12:00:00Z,1970-01-01\r\n" +
		"'=1+1,,0,false,,1970-01-01\r\n" + "two lines,+Inf,0,false,,1970-01-01\r\n"
	if string(got) != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if _, err := encodeCSV("x"); err == nil {
		t.Error("a text is taken for a table")
	}
}

// No text begins like a formula, or holds what is not printed.
func FuzzHarmless(f *testing.F) {
	for _, text := range append(hostileTexts(f, 0), "fine", "") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := harmless(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%q has unprinted characters", got)
		}
		first := firstRune(strings.TrimLeftFunc(got, unicode.IsSpace))
		if strings.ContainsRune("=+-@＝＋－＠|%", first) && strings.TrimSpace(got) != "" {
			t.Errorf("%q begins like a formula", got)
		}
		if got != harmless(got) {
			t.Errorf("%q changes again to %q", got, harmless(got))
		}
	})
}

// Whatever upstream wrote, tables keep their rows and columns, no cell is a
// formula, and a spreadsheet that writes what it has read writes the same.
func TestHostileTextsLeaveTablesAlone(t *testing.T) {
	s := newStage(t)
	tables := slices.DeleteFunc(apiRoutes(), func(rt route) bool { return !rt.csv })
	read := func(rt *route) [][]string {
		w := call(s, rt, rt.pattern+".csv", distant)
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
			t.Fatalf("%s: %d %s", rt.pattern, w.Code, w.Header().Get("Content-Type"))
		}
		rows, err := csv.NewReader(bytes.NewReader(w.Body.Bytes())).ReadAll()
		if err != nil {
			t.Fatalf("%s with %.200q: %v", rt.pattern, s.text, err)
		}
		return rows
	}
	told := 0
	for i := range tables {
		s.show("harmless")
		want := read(&tables[i])
		for _, text := range hostileTexts(t, i) {
			s.show(text)
			got := read(&tables[i])
			if len(got) != len(want) {
				t.Fatalf("%s: %.200q makes %d rows of %d", tables[i].pattern, text, len(got), len(want))
			}
			for r, row := range got {
				for c, cell := range row {
					if isFormula(cell) {
						t.Errorf("%s: %.200q makes the cell %q", tables[i].pattern, text, cell)
					}
					switch {
					case want[r][c] == "harmless":
						told++
						if cell != harmless(text) {
							t.Errorf("%s: %.200q became %.200q", tables[i].pattern, text, cell)
						}
					case want[0][c] == "decision": // an ID, which is another one for every text
					case !strings.Contains(want[r][c], "harmless") && cell != want[r][c]:
						t.Errorf("%s: %.200q changes a cell beside it to %q", tables[i].pattern, text, cell)
					}
				}
			}
		}
	}
	if told < 10*len(hostileTexts(t, 0)) {
		t.Errorf("the tables tell a text in only %d places", told)
	}
}

// isFormula reports whether a spreadsheet would take a cell for one. A number
// may have a sign.
func isFormula(cell string) bool {
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return false
	}
	text := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) })
	return cell != "" && strings.ContainsRune("\t\r\n", rune(cell[0])) || text != "" && strings.ContainsRune("=+-@|%＝＋－＠", firstRune(text))
}

func TestWantsCSV(t *testing.T) {
	for _, tc := range []struct {
		path, accept string
		want         bool
	}{
		{"/api/v1/scores.csv", "", true}, {"/api/v1/scores", "", false}, {"/api/v1/scores", "text/csv", true},
		{"/api/v1/scores", "text/csv; header=present, application/json;q=0.5", true},
		{"/api/v1/scores", "application/json, text/csv", false}, {"/api/v1/scores", "*/*", false},
		{"/api/v1/scores", "text/html, text/csv;q=0, */*", false}, {"/api/v1/scores", "text/csv;q=0", false}, {"/api/v1/scores", ";;", false},
	} {
		r := httptest.NewRequest("GET", tc.path, nil)
		r.Header.Set("Accept", tc.accept)
		if got := wantsCSV(r); got != tc.want {
			t.Errorf("%s with %q: %v", tc.path, tc.accept, got)
		}
	}
}
