package scoring_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// begun adds a ticket with what it gave to begin work with; a zero start for one
// that does not tell.
func (w *world) begun(key string, start time.Time, words, criteria, assigned, label string) {
	w.item(store.KindTicket, key, func(it *store.Item) {
		it.Started = start
		it.Attrs = map[string][]string{store.AttrLabel: {label}}
		if words != "" {
			it.Attrs[store.AttrWords], it.Attrs[store.AttrCriteria], it.Attrs[store.AttrAssigned] = []string{words}, []string{criteria}, []string{assigned}
		}
	})
}

// Four tickets were begun in 28 days with 4, 1, 1 and 3 of four inputs. One
// tracker does not tell of starts: there the first commit counts.
func TestInputQuality(t *testing.T) {
	w := newWorld(fourObjectives())
	w.begun("PAY-1", noon(2025, 3, 4), "20", "yes", "yes", "o1")
	w.begun("PAY-2", noon(2025, 3, 31), "19", "no", "yes", "")
	w.begun("PAY-3", noon(2025, 3, 31), "19", "no", "no", "o2")
	w.begun("PAY-4", noon(2025, 3, 3), "200", "yes", "yes", "o1") // 29 days ago
	w.begun("PAY-5", noon(2025, 4, 1), "200", "yes", "yes", "o1") // has not closed
	w.begun("PAY-6", noon(2025, 3, 4), "", "", "", "o1")          // read by an earlier version
	w.begun("acme/web#7", time.Time{}, "25", "yes", "no", "o2")
	w.begun("acme/web#8", time.Time{}, "25", "yes", "yes", "o1") // nobody began
	w.begun("PAY-9", noon(2025, 3, 4), "200", "yes", "yes", "o1")
	w.changes[w.byID["PAY-9"]].Item.Attrs[store.AttrLevel] = []string{"epic"}
	for i, started := range []time.Time{noon(2025, 3, 20), noon(2025, 3, 25)} {
		w.item(store.KindChange, []string{"acme/web#10", "acme/web#11"}[i], func(it *store.Item) {
			it.Started, it.Links = started, []store.Link{{Kind: store.LinkCloses, Key: "acme/web#7"}}
		})
	}
	s := org(t, w.evaluate(t), scoring.InputQuality)
	near(t, "inputs", s.Value, (1+.25+.25+.75)/4)
	near(t, "tickets", s.SampleSize, 4)
	// With the first commit too long ago it was not begun now.
	w.changes[w.byID["acme/web#11"]].Item.Started = noon(2025, 2, 25)
	s = org(t, w.evaluate(t), scoring.InputQuality)
	near(t, "inputs of three", s.Value, (1+.25+.25)/3)
}

func TestInputQualityOfNothing(t *testing.T) {
	w := newWorld(fourObjectives())
	if s := org(t, w.evaluate(t), scoring.InputQuality); s.Status != scoring.Undefined {
		t.Errorf("nothing begun: %+v", s)
	}
	w.begun("PAY-6", noon(2025, 3, 4), "", "", "", "o1")
	if s := org(t, w.evaluate(t), scoring.InputQuality); s.Status != scoring.InsufficientData || s.Value.Known() {
		t.Errorf("only what was not read for this: %+v", s)
	}
}

// Of nine closed weeks each begins one ticket, the earlier ones with a
// description, the later ones without: of 36 pairs of weeks 20 fall and none
// rises, so that tau is -20/sqrt(36*20).
func TestInputQualityTrend(t *testing.T) {
	w := newWorld(fourObjectives())
	for i := range 9 {
		words := "30"
		if i >= 5 {
			words = "3"
		}
		w.begun(fmt.Sprint("PAY-", i+1), noon(2025, 1, 27).AddDate(0, 0, 7*i), words, "no", "yes", "o1")
	}
	w.begun("PAY-20", noon(2025, 1, 5), "3", "no", "no", "")  // before the twelve weeks
	w.begun("PAY-21", noon(2025, 3, 31), "3", "no", "no", "") // of a week that has not closed
	near(t, "tau", org(t, w.evaluate(t), scoring.InputTrend).Value, -20/math.Sqrt(36*20))

	few := newWorld(fourObjectives())
	for i := range 7 {
		few.begun(fmt.Sprint("PAY-", i+1), noon(2025, 1, 27).AddDate(0, 0, 7*i), "30", "no", "yes", "o1")
	}
	if s := org(t, few.evaluate(t), scoring.InputTrend); s.Status != scoring.InsufficientData || s.SampleSize != 7 {
		t.Errorf("seven weeks: %+v", s)
	}
}
