package scoring_test

import (
	"fmt"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// S6 from events: attribution finds 17 of 20 works of objectives, and finds one
// for 3 of 30 that have none. What it says of the effort, 28 of 40 days, is
// corrected by that: (.7 - .1) / (.85 - .1).
func TestAdjustedObjectivesEffort(t *testing.T) {
	build := func(on, off int) *world {
		w := fortyDays()
		judge := func(label, to string) {
			key := fmt.Sprint("LAB-", len(w.changes))
			w.labelled(key, label)
			w.overrides = append(w.overrides, store.Override{Key: key, To: to, Role: "planning", At: noon(2025, 3, 1)})
		}
		for i := range on {
			label := "o1"
			if i < 3 {
				label = []string{"none", "plg", "incident"}[i]
			}
			judge(label, "o2")
		}
		for i := range off {
			label := "none"
			if i < 3 {
				label = "o1"
			}
			judge(label, []string{"unknown", "excluded"}[i%2])
		}
		judge("o1", "run_work")
		w.overrides = append(w.overrides, store.Override{Key: "GONE-1", To: "o1", At: noon(2025, 3, 1)})
		return w
	}
	observed := 25. / 32 // the forty days less eight of run work
	s := org(t, build(20, 30).evaluate(t), scoring.AdjustedObjectivesEffort)
	near(t, "corrected", s.Value, (observed-.1)/(.85-.1))
	near(t, "labels", s.SampleSize, 50)
	for _, few := range [][2]int{{19, 30}, {9, 41}, {41, 9}} {
		if s := org(t, build(few[0], few[1]).evaluate(t), scoring.AdjustedObjectivesEffort); s.Status != scoring.InsufficientData {
			t.Errorf("%v labels: %+v", few, s)
		}
	}

	// Who overrides mistakes only says nothing of the rest.
	w := fortyDays()
	for i := range 50 {
		key, label, to := fmt.Sprint("LAB-", i), "none", "o1"
		if i < 25 {
			label, to = "o1", "unknown"
		}
		w.labelled(key, label)
		w.overrides = append(w.overrides, store.Override{Key: key, To: to, At: noon(2025, 3, 1)})
	}
	if s := org(t, w.evaluate(t), scoring.AdjustedObjectivesEffort); s.Status != scoring.Undefined || s.Value.Known() {
		t.Errorf("of mistakes: %+v", s)
	}
}

// What inherits an override does not confirm it.
func TestOverridesDoNotConfirmThemselves(t *testing.T) {
	w := fortyDays()
	for i := range 60 {
		key, child := fmt.Sprint("LAB-", i), fmt.Sprint("KID-", i)
		to := []string{"o1", "unknown"}[i%2]
		w.labelled(key, "none")
		w.changes[w.byID[key]].Item.Links = []store.Link{{Kind: store.LinkParent, Key: child}}
		w.item(store.KindTicket, child, func(it *store.Item) {
			it.Links = []store.Link{{Kind: store.LinkParent, Key: key}}
		})
		w.overrides = append(w.overrides, store.Override{Key: key, To: to, At: noon(2025, 3, 1)})
	}
	s := org(t, w.evaluate(t), scoring.AdjustedObjectivesEffort)
	near(t, "labels", s.SampleSize, 30) // those that hand nothing on
}
