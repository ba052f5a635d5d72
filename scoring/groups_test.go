package scoring

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Whatever is told of groups of works, neither one of them nor what is left of
// their category tells of few people.
func TestWorkGroupsTellOfNoFew(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: drawnNow}}
	told := 0
	rapid.Check(t, func(t *rapid.T) {
		d := drawDeclared(t)
		d.Privacy = Privacy{KEffort: rapid.IntRange(1, 3).Draw(t, "contributors"), KPeople: 5, Dominance: rapid.SampledFrom([]float64{.5, .7, 1}).Draw(t, "dominance")}
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		for no := range rapid.IntRange(1, len(drawnKeys)).Draw(t, "items") {
			e.Apply(drawItem(t, no))
		}
		r := e.Report(drawnNow, sources)
		w := &r.Windows[len(r.Windows)-1]
		n := rapid.Uint64Range(1, 4).Draw(t, "groups")
		name := func(no uint64, _ Category) string { return fmt.Sprint(no % n) }
		parts, sums := make(map[string][]loadPart), make(map[Category]effort.Micro)
		all, read := effort.Micro(0), e.WorkSums(r, w.Label, 1)
		for _, l := range read.loads(DateRange{objective.Date(w.From), objective.Date(w.Until)}, new(loadRoom)) {
			all += l.sum
			if l.category.OffStrategy() {
				at := l.category.String() + name(l.no, l.category)
				parts[at], sums[l.category] = append(parts[at], l.parts...), sums[l.category]+l.sum
			}
		}
		rest, withheld := make(map[Category][]loadPart), make(map[Category]int)
		groups := read.Groups(w.Label, 0, 0, name)
		if len(groups) != len(parts) {
			t.Fatalf("%d groups, want %d", len(groups), len(parts))
		}
		for _, g := range groups {
			own := mergedParts(parts[g.Category.String()+g.Group])
			if !g.Share.Known() {
				rest[g.Category], withheld[g.Category] = append(rest[g.Category], own...), withheld[g.Category]+1
				continue
			}
			told++
			if w.Org.Status != OK || e.tellsOfFew(e.contributorsOf(own, nil)) {
				t.Fatalf("%+v is told", g)
			}
			var sum effort.Micro
			for _, p := range own {
				sum += p.sum
			}
			if exact, near := float64(sum)/float64(all), float64(sums[g.Category])/float64(all)*ShareStep/2+.01; math.Abs(exact-float64(g.Share)) > near {
				t.Fatalf("share %v, want about %v", g.Share, exact)
			}
		}
		for c, n := range withheld {
			if w.Org.Status == OK && (n == 1 || e.tellsOfFew(e.contributorsOf(mergedParts(rest[c]), nil))) && len(groups) > n {
				for _, g := range groups {
					if g.Category == c && g.Share.Known() {
						t.Fatalf("what is left of %v tells of few", c)
					}
				}
			}
		}
	})
	if told == 0 {
		t.Error("nothing was told at all")
	}
}

// Groups of the window before are of its days.
func TestWorkGroupsGoBack(t *testing.T) {
	e, _ := retentionWorld(t, 9)
	e.declared.Privacy = Privacy{KEffort: 1, Dominance: 1}
	r := e.Report(drawnNow, []store.SourceState{{Source: "gh", Watermark: drawnNow}})
	one := func(uint64, Category) string { return "all" }
	if got := e.WorkSums(r, "28d", 2).Groups("28d", 0, 0, one); len(got) != 0 {
		t.Errorf("work on an objective is in %+v", got)
	}
	e.SetOverrides([]store.Override{{Key: "PAY-1", To: "unknown", Role: "triage", Why: "it is", At: drawnNow}})
	r = e.Report(drawnNow, []store.SourceState{{Source: "gh", Watermark: drawnNow}})
	read := e.WorkSums(r, "28d", 2)
	now, before := read.Groups("28d", 0, 1000, one), read.Groups("28d", 1, 0, one)
	if len(now) != 1 || now[0].Share != 1 || now[0].Enough || len(now[0].Works) != 1 || now[0].Category != Unknown {
		t.Errorf("now %+v, want all of the effort in one group below the floor", now)
	}
	if len(before) > 1 || len(before) == 1 && !before[0].Enough {
		t.Errorf("before %+v", before)
	}
	if got := read.Groups("7y", 0, 0, one); got != nil {
		t.Errorf("a window that is not there has %+v", got)
	}
}
