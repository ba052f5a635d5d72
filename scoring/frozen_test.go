package scoring_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// The figures of vector R3 from single events: 7.6 of 40 person-days are
// relabelled after the freeze. Forty days hold whole ones, so 8 are here.
func TestRestatementTellsWhatWasRelabelled(t *testing.T) {
	w := fortyDays()
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	r := e.Report(closed, sources)
	if s := value(t, &r.Window("28d").Org, scoring.RestatementScore); s.Status != scoring.InsufficientData {
		t.Errorf("before any freeze: %+v", s)
	}
	w.declared.Windows.FreezeAfter = 7 * 24 * time.Hour
	since := objective.DateOf(time.Date(2025, 3, 11, 0, 0, 0, 0, time.UTC))
	due := e.Unfrozen(r, since)
	if len(due) != 2 || due[0].String() != "2025-03-10" || due[1].String() != "2025-03-17" {
		t.Fatalf("due are %v, want the weeks of 10 and 17 March", due)
	}
	var frozen []scoring.Frozen
	for _, monday := range due {
		frozen = append(frozen, e.Freeze(monday))
	}
	e.SetFrozen(frozen)
	if due := e.Unfrozen(r, since); len(due) > 0 {
		t.Errorf("frozen twice: %v", due)
	}
	near(t, "restatement before", value(t, &e.Report(closed, sources).Window("28d").Org, scoring.RestatementScore).Value, 0)

	relabelled := w.changes[4] // eight days of incidents
	relabelled.Item.Attrs = map[string][]string{store.AttrLabel: {"o1"}}
	e.Apply(relabelled)
	org := &e.Report(closed, sources).Window("28d").Org
	near(t, "restatement", value(t, org, scoring.RestatementScore).Value, .2)
	near(t, "restated top 3", value(t, org, scoring.TopObjectivesEffort).Value, .75)

	// Property 5: what was frozen stays, whatever is relabelled.
	e.Apply(w.changes[4])
	for i, monday := range due {
		if again := e.Freeze(monday); !reflect.DeepEqual(again, frozen[i]) {
			t.Errorf("week %s froze as %+v, then as %+v", monday, frozen[i], again)
		}
	}
}

func TestFrozenSurvivesItsEncoding(t *testing.T) {
	w := fortyDays()
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	want := e.Freeze(objective.DateOf(time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC)))
	raw, err := want.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var got scoring.Frozen
	if err := got.UnmarshalBinary(raw); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if len(want.Rows) == 0 || len(want.Labels) == 0 {
		t.Errorf("nothing was frozen: %+v", want)
	}
}

func FuzzFrozen(f *testing.F) {
	one := scoring.Frozen{Monday: 20157, Labels: []string{"o1", "unknown"}, Rows: []scoring.FrozenRow{{Work: 7, Label: 1, Effort: 1_000_000}}}
	raw, err := one.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var week scoring.Frozen
		if week.UnmarshalBinary(raw) != nil {
			return
		}
		again, err := week.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var second scoring.Frozen
		if err := second.UnmarshalBinary(again); err != nil {
			t.Fatalf("%v: %x", err, again)
		}
		a, _ := json.Marshal(week)
		b, _ := json.Marshal(second)
		if !bytes.Equal(a, b) {
			t.Fatalf("%s became %s", a, b)
		}
	})
}
