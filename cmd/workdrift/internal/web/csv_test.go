package web

import (
	"encoding/csv"
	"math"
	"net/http/httptest"
	"slices"
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
	for _, text := range append(slices.Clone(payloads), "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "\u200b=1", "＝1", "|cmd", "%0A", "fine", "") {
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

// Whatever upstream wrote, tables keep their rows and columns, and no cell is a
// formula.
func TestHostileTextsLeaveTablesAlone(t *testing.T) {
	login := []string{"Authorization", "Bearer " + readToken}
	shape := func(text string) (shapes []string) {
		report, sources := hostile(t, text)
		h := handler(t, report, func(o *Options) {
			withEverything(t)(o)
			o.Sources = func() []Source { return sources }
		})
		for _, rt := range apiRoutes() {
			if !rt.csv {
				continue
			}
			w := call(h, &rt, rt.pattern+".csv", distant, login...)
			if w.Code != 200 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
				t.Fatalf("%s: %d %s", rt.pattern, w.Code, w.Header().Get("Content-Type"))
			}
			rows, err := csv.NewReader(w.Body).ReadAll()
			if err != nil {
				t.Errorf("%s with %q: %v", rt.pattern, text, err)
			}
			for _, row := range rows {
				for _, cell := range row {
					if cell != "" && strings.ContainsRune("=@\t\r|%", rune(cell[0])) {
						t.Errorf("%s has the cell %q", rt.pattern, cell)
					}
				}
			}
			shapes = append(shapes, rt.pattern, strings.Repeat("x", len(rows)))
		}
		return shapes
	}
	want := shape("harmless")
	for _, text := range append(slices.Clone(payloads), `=HYPERLINK("//evil.example")`, "a\r\n=1,2,3", `",=1`) {
		if got := shape(text); !slices.Equal(got, want) {
			t.Errorf("%q changes a table", text)
		}
	}
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
