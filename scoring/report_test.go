package scoring_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
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

// Property 10: a team of k is told, and with one person less it is not.
func TestTeamBelowKIsAbsent(t *testing.T) {
	w := fortyDays()
	no := objective.NoDate
	team := scoring.Team{ID: "core"}
	for i := range 4 {
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{
			ID: fmt.Sprint("p", i), Identities: []string{fmt.Sprint("person-", i)}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: fmt.Sprint("p", i), From: no, Until: no, Share: 1})
	}
	w.declared.Teams = []scoring.Team{team}
	w.declared.Privacy.KEffort = 4
	exposed := func() bool {
		c := scoring.NewCollector(2000)
		c.Set(w.evaluate(t))
		return strings.Contains(gather(t, c), `workdrift_team_effort_seconds{category="objective",window="28d",work_team="core"}`)
	}
	if !exposed() {
		t.Error("a team of k is not told")
	}
	w.declared.Teams[0].Members = team.Members[:3]
	if exposed() {
		t.Error("a team below k is told")
	}
}
