package fake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/workdrift/workdrift/connectors/fake"
)

// TestPrometheus reads with the client that everybody uses.
func TestPrometheus(t *testing.T) {
	p := fake.NewPrometheus("")
	line := func(at time.Time) (float64, bool) { return float64(at.Day()), at.Day() > 2 }
	p.Set("one", line)
	p.Set("two", line, line)
	s, err := fake.Listen(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	client, err := api.NewClient(api.Config{Address: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.(api.CloseIdler).CloseIdleConnections() })
	ask := func(query string) (model.Matrix, error) {
		value, _, _, err := v1.NewAPI(client).QueryRange(t.Context(), query, v1.Range{
			Start: start, End: start.AddDate(0, 0, 5), Step: 24 * time.Hour,
		})
		matrix, _ := value.(model.Matrix)
		return matrix, err
	}
	for query, want := range map[string]int{"one": 1, "two": 2, "none": 0} {
		if got, err := ask(query); err != nil || len(got) != want {
			t.Errorf("%s: %d series, %v; want %d", query, len(got), err, want)
		}
	}
	one, err := ask("one")
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range one[0].Values {
		if day := pair.Timestamp.Time().UTC().Day(); float64(pair.Value) != float64(day) || day <= 2 {
			t.Errorf("on day %d the value is %v", day, pair.Value)
		}
	}
	if _, err := ask("sum((one)"); err == nil || !strings.Contains(err.Error(), "bad_data") {
		t.Errorf("a query that cannot be parsed: %v", err)
	}
	if p.Asked() != 4 {
		t.Errorf("%d queries were answered, want 4", p.Asked())
	}
}

// TestStoryIsMeasured: the first outcome stalls some weeks into the
// drift, that which is ranked second in the end goes on.
func TestStoryIsMeasured(t *testing.T) {
	s := tell(t, 1)
	at := func(o fake.Objective, week int) float64 {
		v, ok := s.Curve(o.Outcome.Query)(s.Start().AddDate(0, 0, 7*week))
		if !ok {
			t.Fatalf("%s has no value in week %d", o.ID, week)
		}
		return v
	}
	all := s.Objectives()
	for i, o := range all {
		if (o.Outcome != nil) != (i < 3) || o.Due.IsZero() != (i >= 3) {
			t.Errorf("%s: outcome %v, due %s", o.ID, o.Outcome, o.Due)
		}
	}
	if early, late := at(all[0], 0)-at(all[0], 8), at(all[0], 13)-at(all[0], 25); early < .03 || late > .02 {
		t.Errorf("the latency falls by %.3f at first and by %.3f later", early, late)
	}
	if gained := at(all[1], 25) - at(all[1], 10); gained < 60 {
		t.Errorf("the plan changes rise by %.1f", gained)
	}
	if _, ok := s.Curve(all[0].Outcome.Query)(s.Start().AddDate(0, 0, -1)); ok {
		t.Error("there is a value before the story begins")
	}
}
