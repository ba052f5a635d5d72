package web

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"testing"
	"time"
)

// The page of sources and the API list what was set aside, the newest first and
// some at a time, and show no name that is withheld.
func TestQuarantineIsListed(t *testing.T) {
	var list []SetAside
	for i := range 2*shownAside + 5 {
		list = append(list, SetAside{Source: "github", ID: fmt.Sprintf("R1/%d", 100+i), Reason: "no <b>author", Since: noon.Add(-time.Duration(i) * time.Hour)})
	}
	list[3].ID, list[4].ID, list[7].Since = "", "", time.Time{}
	h := handler(t, fullReport(t), func(o *Options) {
		withEverything(t)(o)
		o.Access = Access{Anyone: Reader}
		o.SetAside = func() []SetAside { return list }
	})
	var records []string
	for next := "/sources"; next != ""; {
		body := ask(h, "GET", next).Body.String()
		_, section, _ := strings.Cut(body, `id="aside"`)
		section, _, _ = strings.Cut(section, "</section>")
		for _, row := range strings.Split(section, "<tr>")[2:] {
			record, _, _ := strings.Cut(row, "</th>")
			records = append(records, record[strings.LastIndex(record[:strings.LastIndex(record, "<")], ">")+1:strings.LastIndex(record, "<")])
			if !strings.Contains(row, "no &lt;b&gt;author") {
				t.Errorf("the reason is missing in %s", row)
			}
		}
		_, link, more := strings.Cut(section, `<a href="/sources?aside=`)
		if link, _, _ = strings.Cut(link, "#"); !more {
			break
		}
		next = "/sources?aside=" + html.UnescapeString(link)
	}
	if len(records) != len(list) || records[0] != "R1/100" || records[3] != "its name is withheld" || records[len(list)-1] != fmt.Sprintf("R1/%d", 100+len(list)-1) {
		t.Errorf("the pages list %d records: %q", len(records), records)
	}
	rows, cursor := 0, ""
	for {
		var answer struct {
			Items []map[string]any `json:"items"`
			Next  string           `json:"next_cursor"`
		}
		if err := json.Unmarshal(ask(h, "GET", "/api/v1/quarantine?limit=10"+cursor).Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if rows += len(answer.Items); answer.Next == "" {
			break
		}
		cursor = "&cursor=" + answer.Next
	}
	if rows != len(list) {
		t.Errorf("the API lists %d records", rows)
	}
	if w := ask(h, "GET", "/sources?aside=else"); w.Code != 400 {
		t.Errorf("another cursor: %d", w.Code)
	}
}
