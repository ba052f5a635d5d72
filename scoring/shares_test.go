package scoring

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

func drawOverrides(t *rapid.T, d *Declared) []store.Override {
	targets := []string{attribution.RunWork.String(), attribution.Excluded.String(), attribution.Unknown.String(), "nothing"}
	for i := range d.Set.Objectives {
		targets = append(targets, d.Set.Objectives[i].ID)
	}
	var list []store.Override
	for i := range rapid.IntRange(0, 4).Draw(t, "overrides") {
		list = append(list, store.Override{
			Key: rapid.SampledFrom(drawnKeys).Draw(t, "key"), To: rapid.SampledFrom(targets).Draw(t, "to"),
			Role: "triage", Why: "it is", At: drawnNow.AddDate(0, 0, -10*i),
		})
	}
	return list
}

// A decision that comes while the engine runs counts as if it had been there
// from the start, and one that is withdrawn as if it never had.
func TestEngineFollowsOverrides(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	rapid.Check(t, func(t *rapid.T) {
		d := drawDeclared(t)
		d.Privacy.KEffort, d.Privacy.Dominance = 1, 1
		var changes []store.Change
		for no := range rapid.IntRange(1, len(drawnKeys)).Draw(t, "items") {
			changes = append(changes, drawItem(t, no))
		}
		before, after := drawOverrides(t, d), drawOverrides(t, d)
		want, err := Evaluate(Input{Declared: d, Changes: changes, Sources: sources, Overrides: after}, drawnNow)
		if err != nil {
			t.Fatal(err)
		}
		e, err := NewEngine(d, before)
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(changes)).Draw(t, "decided after")
		for i, ch := range changes {
			if i == at {
				e.Report(drawnNow, sources)
				e.SetOverrides(after)
			}
			e.Apply(ch)
		}
		e.Report(drawnNow, sources)
		e.SetOverrides(after)
		a, _ := json.Marshal(e.Report(drawnNow, sources))
		if b, _ := json.Marshal(want); !bytes.Equal(a, b) {
			t.Fatalf("followed: %s\nread anew: %s", a, b)
		}
	})
}

// Whatever is told of single works, neither one of them nor what is left of
// their place tells of few people.
func TestSharesTellOfNoFew(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	told := 0
	rapid.Check(t, func(t *rapid.T) {
		d := drawDeclared(t)
		d.Privacy = Privacy{
			KEffort: rapid.IntRange(1, 3).Draw(t, "contributors"), KPeople: 5,
			Dominance: rapid.SampledFrom([]float64{.5, .7, 1}).Draw(t, "dominance"),
		}
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		for no := range rapid.IntRange(1, len(drawnKeys)).Draw(t, "items") {
			e.Apply(drawItem(t, no))
		}
		r := e.Report(drawnNow, sources)
		w := &r.Windows[len(r.Windows)-1]
		sums := e.WorkSums(r, w.Label, 1)
		shares := slices.Collect(sums.Shares(w.Label).All())
		works := sums.loads(DateRange{objective.Date(w.From), objective.Date(w.Until)}, new(loadRoom))
		if len(shares) != len(works) {
			t.Fatalf("%d works, want %d", len(shares), len(works))
		}
		works = inOrder(d, shares, works)
		told += checkShares(t, e, w, shares, works)
	})
	if told == 0 && !testing.Short() { // a few draws may be too small to tell of
		t.Error("nothing was told at all")
	}
}

// inOrder returns the works of shares.
func inOrder(d *Declared, shares []Shared, works []*workLoad) (out []*workLoad) {
	for i := range shares {
		s := &shares[i]
		at := slices.IndexFunc(works, func(l *workLoad) bool {
			name := ""
			if l.objective >= 0 {
				name = d.Set.Objectives[l.objective].ID
			}
			return l.no == s.No && l.category == s.Category && name == s.Objective && l.method == s.Method
		})
		out = append(out, works[at])
	}
	return out
}

// checkShares checks what is told of each work, and what that leaves to be
// computed of its place. It returns how many shares are told.
func checkShares(t *rapid.T, e *Engine, w *WindowReport, shares []Shared, works []*workLoad) (told int) {
	type place struct {
		category  Category
		objective string
	}
	total, rest, count, any := map[place]effort.Micro{}, map[place]map[uint32]effort.Micro{}, map[place]int{}, map[place]bool{}
	for i := range shares {
		total[place{shares[i].Category, shares[i].Objective}] += works[i].sum // in the same order
	}
	for i := range shares {
		s, l, at := &shares[i], works[i], place{shares[i].Category, shares[i].Objective}
		if rest[at] == nil {
			rest[at] = map[uint32]effort.Micro{}
		}
		if !s.Share.Known() {
			count[at]++
			for _, p := range l.parts {
				rest[at][p.person] += p.sum
			}
			continue
		}
		told++
		any[at] = true
		if w.Org.Status != OK || e.tellsOfFew(e.contributorsOf(l.parts, nil)) {
			t.Fatalf("%+v is told", s)
		}
		if exact := float64(l.sum) / float64(total[at]); math.Abs(exact-float64(s.Share)) > ShareStep/2+1e-9 {
			t.Fatalf("share %v, want about %v", s.Share, exact)
		}
	}
	for at := range any {
		var people []loadPart
		for person, sum := range rest[at] {
			people = append(people, loadPart{person, sum})
		}
		if count[at] == 1 || e.tellsOfFew(e.contributorsOf(people, nil)) {
			t.Fatalf("what is left of %v tells of few: %d works", at, count[at])
		}
	}
	return told
}
