package scoring_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// closed is a moment at which 2025-03-31, a Monday, is the last closed day.
var closed = time.Date(2025, 4, 1, 19, 0, 0, 0, time.UTC)

// A world builds the changes that a store would tell.
type world struct {
	declared  *scoring.Declared
	changes   []store.Change
	profiles  []store.Profile
	groups    []store.Group
	history   []objective.Loaded
	overrides []store.Override
	byID      map[string]int
}

func newWorld(set objective.Set) *world {
	return &world{byID: make(map[string]int), declared: &scoring.Declared{
		Set:     set,
		Effort:  effort.DefaultConfig(),
		Privacy: scoring.Privacy{KPeople: 5, KEffort: 3, Dominance: .7, MinPersonDays: 20},
		Windows: scoring.Windows{Labels: []string{"7d", "28d", "91d", "quarter"}, CloseGrace: 6 * time.Hour},
		Alerts:  map[string]float64{"shadow_effort": .5, "top_objectives_effort": .5},
		Zone:    time.UTC,
		Sources: []string{"gh"},
	}}
}

// item adds an item; edit, which may be nil, fills in the rest.
func (w *world) item(kind store.Kind, key string, edit func(*store.Item)) {
	it := store.Item{
		Source: "gh", ID: "R1/" + key, Kind: kind, Keys: []string{key}, Title: "Title of " + key,
		Status: store.StatusDoing, Created: closed.AddDate(0, -6, 0), Updated: closed,
	}
	if edit != nil {
		edit(&it)
	}
	n := uint64(len(w.changes) + 1)
	w.byID[key] = len(w.changes)
	w.changes = append(w.changes, store.Change{Seq: n, No: n, Item: it})
}

// do adds an event to an item.
func (w *world) do(who string, kind store.EventKind, key string, at time.Time) {
	ch := &w.changes[w.byID[key]]
	ch.Events = append(ch.Events, store.Event{
		Source: "gh", ID: fmt.Sprintf("%s/%d", kind, len(ch.Events)), Item: ch.Item.ID, Kind: kind, Actor: who, At: at,
	})
}

// log adds time logged on an item.
func (w *world) log(who, key string, at time.Time, hours float64) {
	w.do(who, store.EventWorklog, key, at)
	events := w.changes[w.byID[key]].Events
	events[len(events)-1].Attrs = map[string]string{"seconds": fmt.Sprint(int(hours * 3600))}
}

// labelled adds a ticket that counts for the objective of that name.
func (w *world) labelled(key, label string) {
	w.item(store.KindTicket, key, func(it *store.Item) {
		it.Attrs = map[string][]string{store.AttrLabel: {label}}
	})
}

// alone publishes what one person does.
func (w *world) alone() *world {
	w.declared.Privacy = scoring.Privacy{KEffort: 1, Dominance: 1}
	return w
}

// onDay returns what each objective got on one day, in person-days.
func (w *world) onDay(t *testing.T, day time.Time) map[string]float64 {
	t.Helper()
	w.declared.Windows.Labels = []string{"1d"}
	r := w.evaluateAt(t, time.Date(day.Year(), day.Month(), day.Day()+1, 19, 0, 0, 0, time.UTC))
	if r.Day.String() != day.Format(time.DateOnly) {
		t.Fatalf("%s closed, not %s", r.Day, day.Format(time.DateOnly))
	}
	got := make(map[string]float64)
	for _, o := range r.Window("1d").Org.Objectives {
		if o.Effort > 0 {
			got[o.Objective] = float64(o.Effort)
		}
	}
	return got
}

func (w *world) evaluate(t *testing.T) *scoring.Report {
	t.Helper()
	return w.evaluateAt(t, closed)
}

func (w *world) evaluateAt(t *testing.T, now time.Time) *scoring.Report {
	t.Helper()
	r, err := scoring.Evaluate(scoring.Input{
		Declared: w.declared, Changes: w.changes, Profiles: w.profiles, Groups: w.groups,
		Declarations: w.history, Overrides: w.overrides,
		Sources: []store.SourceState{{Source: "gh", Watermark: now}},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func always(rank int, target float64) []objective.Version {
	return []objective.Version{{From: objective.NoDate, Rank: rank, State: objective.Active, TargetShare: target}}
}

// fourObjectives is the set of the vectors A1 to A6 and S1.
func fourObjectives() objective.Set {
	set := objective.Set{TopN: 3, Grace: 7, RunWorkBudget: .15}
	for i, target := range []float64{.4, .2, .15, .05} {
		id := fmt.Sprintf("o%d", i+1)
		set.Objectives = append(set.Objectives, objective.Objective{
			ID: id, Text: "Objective " + id, Start: objective.NoDate, Versions: always(i+1, target),
			Match: attr(store.AttrLabel, id),
		})
	}
	set.RunWork = []objective.NamedRule{{Name: "incidents", Rule: *attr(store.AttrLabel, "incident")}}
	set.NonGoals = []objective.NamedRule{{Name: "self-serve", Rule: *attr(store.AttrLabel, "plg")}}
	return set
}

func attr(name string, values ...string) *objective.Rule {
	r := &objective.Rule{Attr: name}
	for _, v := range values {
		r.Like = append(r.Like, objective.Pattern{Op: objective.Exact, Text: v})
	}
	return r
}

// fortyDays puts the forty person-days of the vectors A1 to A6 and S1 into the
// 28 days that end on 2025-03-31: four people, ten whole days each.
func fortyDays() *world {
	w := newWorld(fourObjectives())
	day := 0
	for _, part := range []struct {
		label string
		days  int
	}{{"o1", 12}, {"o2", 6}, {"o3", 4}, {"o4", 3}, {"incident", 8}, {"", 5}, {"plg", 2}} {
		key := "acme/api#" + fmt.Sprint(len(w.changes)+1)
		w.item(store.KindChange, key, func(it *store.Item) {
			if part.label != "" {
				it.Attrs = map[string][]string{store.AttrLabel: {part.label}}
			}
		})
		for range part.days {
			// The people take turns; each works Monday to Friday in the two
			// weeks from 2025-03-10.
			date := time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC).AddDate(0, 0, day/4%5+day/20*7)
			w.do(fmt.Sprintf("person-%d", day%4), store.EventCommit, key, date)
			day++
		}
	}
	return w
}

func value(t *testing.T, s *scoring.Scope, name string) scoring.Score {
	t.Helper()
	score := s.Score(name)
	if score == nil {
		t.Fatalf("there is no score %s", name)
	}
	return *score
}

func near(t *testing.T, what string, got scoring.Number, want float64) {
	t.Helper()
	if math.IsNaN(want) != !got.Known() || got.Known() && math.Abs(float64(got)-want) > 1e-6 {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}
