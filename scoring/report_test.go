package scoring_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// No output names a person, and no group below k is told.
func TestReportNamesNobody(t *testing.T) {
	w := fortyDays()
	for i := range 4 {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{
			ID: fmt.Sprint("secret-name-", i), Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
	}
	raw, err := json.Marshal(w.evaluate(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"secret-name", "person-"} {
		if strings.Contains(strings.ReplaceAll(string(raw), "person-days", ""), name) {
			t.Errorf("the report holds %q", name)
		}
	}
}

// A stored report is served after a restart, so it has to come back whole.
func TestReportSurvivesItsEncoding(t *testing.T) {
	want, err := json.Marshal(exampleReport(t))
	if err != nil {
		t.Fatal(err)
	}
	var r scoring.Report
	if err := json.Unmarshal(want, &r); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(&r)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
