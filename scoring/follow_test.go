package scoring

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Whatever comes in whatever order and how often, with earlier states of items,
// accounts and groups in between and reports on the way: the report is that of
// the newest states, bit for bit.
func TestEngineFollowsThreeSources(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	rapid.Check(t, func(t *rapid.T) {
		d := drawDeclared(t)
		d.Privacy.KEffort = rapid.IntRange(1, 3).Draw(t, "contributors")
		d.Privacy.Dominance = rapid.SampledFrom([]float64{.4, .7, 1}).Draw(t, "dominance")
		history := drawHistory(t, d)
		n := rapid.IntRange(1, len(drawnKeys)).Draw(t, "items")
		var changes []store.Change
		for no := range n {
			changes = append(changes, drawItem(t, no))
		}
		profiles, groups := drawProfiles(t), drawGroups(t)
		in := Input{Declared: d, Changes: changes, Sources: sources, Profiles: profiles, Groups: groups, Declarations: history}
		want, err := Evaluate(in, drawnNow)
		if err != nil {
			t.Fatal(err)
		}
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		e.SetDeclarations(history)
		for range rapid.IntRange(0, 12).Draw(t, "earlier") {
			i := rapid.IntRange(0, n-1).Draw(t, "item")
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				e.SetPeople(drawProfiles(t), drawGroups(t))
			case 1:
				e.Report(drawnNow, sources)
				checkWeekSums(t, e)
			case 2:
				e.Apply(drawItem(t, i))
			default:
				e.Apply(almost(t, changes[i]))
			}
		}
		steps := rapid.Permutation(append(slices.Repeat(indices(n), 2), -1, -2)).Draw(t, "steps")
		for _, i := range steps {
			switch {
			case i == -1:
				e.SetPeople(profiles, groups)
			case i == -2:
				e.Report(drawnNow, sources)
			default:
				e.Apply(changes[i])
			}
		}
		got := e.Report(drawnNow, sources)
		a, _ := json.Marshal(got)
		if b, _ := json.Marshal(want); !bytes.Equal(a, b) {
			t.Fatalf("followed: %s\nread anew: %s", a, b)
		}
		checkLedger(t, e, changes)
		checkWeekSums(t, e)
		fresh, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range changes {
			fresh.Apply(ch)
		}
		checkFacts(t, e, fresh)
		fresh.Report(drawnNow, sources)
		checkWords(t, e.words, fresh.words)
	})
}

// checkWeekSums compares the sums of every week, remembered or not, with the
// placements.
func checkWeekSums(t *rapid.T, e *Engine) {
	model := e.declared.Effort.Model
	for monday := objective.DateOf(drawnStart).Monday() - 7; monday < objective.DateOf(drawnNow)+7; monday += 7 {
		sums := make(map[workSum]effort.Micro)
		for work, p := range e.placements(DateRange{monday, monday + 6}) {
			sums[workSum{work: uint32(work), objective: int16(p.objective), category: p.category}] += p.micros[model]
		}
		got := e.weekSums(monday, monday)
		if len(got.works) != len(sums) {
			t.Fatalf("week of %s: %d works, want %d", monday, len(got.works), len(sums))
		}
		for _, w := range got.works {
			if sum := sums[workSum{work: w.work, objective: w.objective, category: w.category}]; sum != w.effort {
				t.Fatalf("week of %s: %d on work %d, want %d", monday, w.effort, w.work, sum)
			}
		}
	}
}

// checkFacts compares what two engines know of items.
func checkFacts(t *rapid.T, a, b *Engine) {
	for no := range b.facts {
		x, y := a.facts[no], b.facts[no]
		if x.creator > 0 && y.creator > 0 && a.actors[x.creator-1].key != b.actors[y.creator-1].key || (x.creator > 0) != (y.creator > 0) {
			t.Fatalf("item %d has another creator", no)
		}
		x.creator, x.place, x.class = y.creator, y.place, y.class // numbers of the engine
		if x != y {
			t.Fatalf("item %d: followed %+v, read anew %+v", no, x, y)
		}
	}
	for what, pair := range map[string][2]any{"moves": {a.rare.moves, b.rare.moves}, "check-ins": {a.rare.checkIns, b.rare.checkIns},
		"outcomes": {a.rare.outcomes, b.rare.outcomes}, "blocks": {a.rare.blocks, b.rare.blocks}, "records": {a.rare.records, b.rare.records}, "upward": {a.rare.upward, b.rare.upward}} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Fatalf("%s: followed %v, read anew %v", what, pair[0], pair[1])
		}
	}
}

// checkWords compares the words that two engines keep.
func checkWords(t *rapid.T, a, b *words) {
	if len(a.texts) != len(b.texts) || a.total != b.total || !reflect.DeepEqual(a.lasting, b.lasting) || !reflect.DeepEqual(a.shown, b.shown) {
		t.Fatalf("followed %d texts of %d words, lasting %v, shown %v; read anew %d of %d, %v, %v",
			len(a.texts), a.total, a.lasting, a.shown, len(b.texts), b.total, b.lasting, b.shown)
	}
	for no := range b.texts {
		x, _ := a.document(no)
		y, _ := b.document(no)
		if !slices.Equal(x, y) || a.texts[no].print != b.texts[no].print || a.texts[no].created != b.texts[no].created {
			t.Fatalf("item %d: followed %v, read anew %v", no, x, y)
		}
		for _, word := range y {
			if n, m := a.totalOf(word.Key), b.totalOf(word.Key); n != m {
				t.Fatalf("a word occurs %d times, and %d times read anew", n, m)
			}
		}
	}
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// checkLedger compares the person-days of an engine with the definition, taken
// straight from the events: each person-day is counted once, its parts add up
// to its budget under every model, and nobody exceeds their week.
func checkLedger(t *rapid.T, e *Engine, changes []store.Change) {
	type personDay struct {
		person uint32
		day    objective.Date
	}
	type mark struct {
		personDay
		work uint32
	}
	seen := make(map[mark]effort.Presence)
	told := toldCode(e, changes)
	days := make(map[personDay]int64) // quarters of weight of what is touched
	for i := range changes {
		ch := &changes[i]
		if ch.Item.Gone != "" && ch.Item.Gone != store.GoneMoved {
			continue
		}
		for _, ev := range ch.Events {
			presence := effort.Credit(&ev, ch.Item.Kind, e.people.machines)
			work := uint32(e.Work(ch.No))
			if presence == 0 || e.idle(work) {
				continue
			}
			p := e.people.of(ev.Actor)
			who := &e.people.list[p]
			if told[toldAt{p, work, ev.At.Unix() / 60}] && who.zone == nil && effort.MomentOf(ev.At).Offset == effort.NoOffset {
				presence &^= effort.Code
			}
			day, _ := effort.LocalDate(ev.At, who.zone, who.teamZone, e.declared.Zone)
			seen[mark{personDay{p, day}, work}] |= presence
		}
	}
	weights := []int64{4, 2, 1, 1}
	maps.DeleteFunc(seen, func(_ mark, presence effort.Presence) bool { return presence == 0 })
	for m, presence := range seen {
		for bit, w := range weights {
			if presence&(1<<bit) != 0 {
				days[m.personDay] += w
			}
		}
	}
	for p := range e.lines {
		for _, w := range e.lines[p].weeks {
			if w == nil {
				continue
			}
			if w.person != uint32(p) {
				t.Fatalf("a week of person %d is with person %d", w.person, p)
			}
			sums := daySums(t, e, w)
			var raw, week effort.Micro
			fte := e.people.list[p].fte
			logged := w.booked != nil
			for d := range sums {
				raw += fte * effort.Micro(min(days[personDay{w.person, w.monday + objective.Date(d)}], 2)) / 2
				week += sums[d]
			}
			leave := e.people.list[p].leaveDays(w.monday, 5)
			if most := fte * effort.Micro(5-leave); week > most || !logged && week != min(raw, most) {
				t.Fatalf("a week of %d, want the lesser of %d and %d", week, raw, most)
			}
		}
	}
}

type toldAt struct {
	person, work uint32
	minute       int64
}

// toldCode collects when whom the sources saw at code with their offset.
func toldCode(e *Engine, changes []store.Change) map[toldAt]bool {
	told := make(map[toldAt]bool)
	for i := range changes {
		ch := &changes[i]
		for _, ev := range ch.Events {
			there := ch.Item.Gone == "" || ch.Item.Gone == store.GoneMoved
			if there && effort.Credit(&ev, ch.Item.Kind, e.people.machines)&effort.Code != 0 && effort.MomentOf(ev.At).Offset != effort.NoOffset {
				told[toldAt{e.people.of(ev.Actor), uint32(e.Work(ch.No)), ev.At.Unix() / 60}] = true
			}
		}
	}
	return told
}

// daySums returns what each day of a week adds up to, the same under each
// model.
func daySums(t *rapid.T, e *Engine, w *personWeek) (sums [7]effort.Micro) {
	var byModel [effort.NumModels][7]effort.Micro
	for _, c := range e.cells(w) {
		for m, micros := range c.micros {
			if micros < 0 {
				t.Fatalf("negative effort %d", micros)
			}
			byModel[m][c.day] += effort.Micro(micros)
		}
	}
	for m := range byModel {
		if byModel[m] != byModel[0] {
			t.Fatalf("budgets depend on the model: %v", byModel)
		}
	}
	for d, sum := range byModel[0] {
		if sum > e.people.list[w.person].fte {
			t.Fatalf("day %d holds %d, more than the FTE", d, sum)
		}
	}
	return byModel[0]
}
