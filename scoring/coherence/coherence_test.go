package coherence

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

const (
	pd    = effort.PersonDay
	never = objective.NoDate
	today = objective.Date(20000)
)

func at(minutes int) time.Time {
	return time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

func TestLateDependencies(t *testing.T) {
	link := Dependency{BlockerTeam: "a", BlockedTeam: "b", Made: at(0)}
	ten := func(change func(*Dependency)) []Dependency {
		d := link
		change(&d)
		return slices.Repeat([]Dependency{d}, 10)
	}
	for _, c := range []struct {
		name   string
		links  []Dependency
		status stat.Status
		value  float64
		days   float64
	}{
		{"none", nil, stat.Undefined, 0, 0},
		{"nine", ten(func(*Dependency) {})[1:], stat.InsufficientData, 0, 0},
		{"not started", ten(func(*Dependency) {}), stat.OK, 0, 0},
		{"a day after the start", ten(func(d *Dependency) { d.Started = at(-24 * 60) }), stat.OK, 0, 0},
		{"a minute more", ten(func(d *Dependency) { d.Started = at(-24*60 - 1) }), stat.OK, 1, 1 + 1.0/1440},
		{"more than a day", ten(func(d *Dependency) { d.Started = at(-48 * 60) }), stat.OK, 1, 2},
		{"before the start", ten(func(d *Dependency) { d.Started = at(9999) }), stat.OK, 0, 0},
		{"within a team", ten(func(d *Dependency) { d.BlockedTeam = "a" }), stat.Undefined, 0, 0},
		{"of no team", ten(func(d *Dependency) { d.BlockedTeam = "" }), stat.Undefined, 0, 0},
		{"made nobody knows when", ten(func(d *Dependency) { d.Made, d.Started = time.Time{}, at(0) }), stat.Undefined, 0, 0},
	} {
		if got := LateDependencies(c.links); got.Status != c.status || got.Value != c.value || math.Abs(got.MedianDays-c.days) > 1e-12 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestImportsAreLeftOut(t *testing.T) {
	made := func(n, every int, actor string) (links []Dependency) {
		for i := range n {
			links = append(links, Dependency{BlockerTeam: "a", BlockedTeam: "b", Actor: actor, Made: at(i * every)})
		}
		return links
	}
	wide := made(21, 0, "x")
	wide[20].Made = at(10)
	apart := made(21, 0, "x")
	for i := range apart[11:] {
		apart[11+i].Made = at(11)
	}
	for _, c := range []struct {
		name  string
		links []Dependency
		want  int
	}{
		{"21 at once", made(21, 0, "x"), 21},
		{"20 at once", made(20, 0, "x"), 0},
		{"by two", append(made(20, 0, "x"), made(20, 0, "y")...), 0},
		{"by nobody known", made(99, 0, ""), 0},
		{"one a minute", made(99, 1, "x"), 0},
		{"21 within ten minutes", wide, 21},
		{"two bursts, 11 minutes apart", apart, 0},
		{"a burst and one later", append(made(21, 0, "x"), Dependency{BlockerTeam: "a", BlockedTeam: "b", Actor: "x", Made: at(30)}), 21},
		{"in any order", reversed(append(made(21, 0, "x"), made(12, 30, "y")...)), 21},
	} {
		got := LateDependencies(c.links)
		if got.Imported != c.want || got.OK() && got.N != len(c.links)-c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func reversed(links []Dependency) []Dependency { slices.Reverse(links); return links }

func TestFrictionEdges(t *testing.T) {
	waits := func(hours float64) []float64 { return slices.Repeat([]float64{hours}, 10) }
	for _, c := range []struct {
		name           string
		across, within float64
		status         stat.Status
		want           float64
	}{{"both", 6, 3, stat.OK, 2}, {"none within", 6, 0, stat.OK, math.Inf(1)}, {"none", 0, 0, stat.Undefined, 0}, {"none across", 0, 6, stat.OK, 0}} {
		if got := Friction(waits(c.across), waits(c.within)); got.Status != c.status || got.Value != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := Friction(waits(1), waits(1)[1:]); got.Status != stat.InsufficientData || got.N != 9 {
		t.Errorf("nine: %+v", got)
	}
}

func TestMixDivergenceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var teams []TeamMix
		for range rapid.IntRange(0, 4).Draw(t, "teams") {
			var team TeamMix
			for range rapid.IntRange(0, 4).Draw(t, "weeks") {
				var week Mix
				for range rapid.IntRange(0, 3).Draw(t, "objectives") {
					week = append(week, pd*effort.Micro(rapid.IntRange(0, 5).Draw(t, "effort")))
				}
				team.Weeks = append(team.Weeks, week)
			}
			teams = append(teams, team)
		}
		got := MixDivergence(teams, 7)
		if again := MixDivergence(teams, 7); fmt.Sprint(got) != fmt.Sprint(again) {
			t.Fatalf("%+v, again %+v", got, again)
		}
		if !got.OK() {
			if got.Status != stat.Undefined || got.Reason == "" {
				t.Fatalf("%+v", got)
			}
			return
		}
		sum := 0.0
		for _, s := range got.Shares {
			sum += s
		}
		if got.Value < 0 || got.Value > 1 || got.Lower > got.Value || got.Upper < got.Value || got.Upper > 1+1e-12 || math.Abs(sum-1) > 1e-9 {
			t.Fatalf("%+v", got)
		}
	})
	same := TeamMix{Weeks: []Mix{{3 * pd, pd}}}
	if got := MixDivergence([]TeamMix{same, {Weeks: []Mix{{6 * pd, 2 * pd}}}}, 1); got.Value > 1e-9 || got.Bounded {
		t.Errorf("alike: %+v", got)
	}
	if got := MixDivergence([]TeamMix{{Weeks: []Mix{{pd}, {pd}}}, {Weeks: []Mix{{0, pd}}}}, 1); got.Value != 1 || !got.Bounded {
		t.Errorf("nothing shared: %+v", got)
	}
	if got := MixDivergence([]TeamMix{same, {}}, 1); got.Status != stat.Undefined {
		t.Errorf("one team: %+v", got)
	}
}

func TestSiloAndGaps(t *testing.T) {
	if got := SiloShare([]effort.Micro{0, -1}); got.Status != stat.Undefined {
		t.Errorf("no effort: %+v", got)
	}
	if got := SiloShare([]effort.Micro{pd, pd}); got.Value != 0.5 || got.Teams != 2 || got.Alertable {
		t.Errorf("%+v", got)
	}
	if got := LocalGlobalGap(nil, stat.Known(1, 1)); got.Status != stat.Undefined {
		t.Errorf("no report: %+v", got)
	}
	if got := LocalGlobalGap([]float64{0.5}, stat.Insufficient(2, "few")); got.Status != stat.InsufficientData {
		t.Errorf("no outcome: %+v", got)
	}
	if got := LocalGlobalGap([]float64{0.5, 1}, stat.Known(0.25, 9).Within(0.2, 0.5)); got.Value != 0.5 || got.Lower != 0.25 || got.Upper != 0.55 {
		t.Errorf("%+v", got)
	}
	median, spread := PriorityTranslation([]float64{math.NaN()})
	if median.Status != stat.Undefined || spread.Status != stat.Undefined {
		t.Errorf("%+v %+v", median, spread)
	}
	seen := Decisions{All: 10, Durable: 7, Linked: 4}
	if seen.Visibility().Value != 0.7 || seen.Traceability().Value != 0.4 {
		t.Errorf("%+v %+v", seen.Visibility(), seen.Traceability())
	}
	for status, n := range map[stat.Status]int{stat.Undefined: 0, stat.InsufficientData: 9, stat.OK: 10} {
		d := Decisions{All: n, Durable: n + 1, Linked: n + 1}
		if d.Visibility().Status != status || d.Traceability().Status != status || d.Visibility().Value > 1 {
			t.Errorf("%d decisions: %+v", n, d.Visibility())
		}
	}
}

func TestOwnership(t *testing.T) {
	good := Ownership{Owners: 1, LastSign: today - 28, Effort: 3 * pd, ByTeam: []effort.Micro{pd, pd}}
	with := func(change func(*Ownership)) Ownership { o := good; change(&o); return o }
	for _, c := range []struct {
		name string
		o    Ownership
		want Gap
	}{
		{"one who answers", good, ""},
		{"none", with(func(o *Ownership) { o.Owners = 0 }), GapNobody},
		{"a group", with(func(o *Ownership) { o.Group = true }), GapGroup},
		{"deactivated", with(func(o *Ownership) { o.Deactivated = true }), GapDeactivated},
		{"no sign for 29 days", with(func(o *Ownership) { o.LastSign-- }), GapSilent},
		{"never a sign", with(func(o *Ownership) { o.LastSign = never }), GapSilent},
		{"two, and two teams", with(func(o *Ownership) { o.Owners = 2 }), GapContested},
		{"two, one team", with(func(o *Ownership) { o.Owners, o.ByTeam = 2, []effort.Micro{86, 14} }), ""},
		{"two, and 15 %", with(func(o *Ownership) { o.Owners, o.ByTeam = 2, []effort.Micro{85, 15} }), GapContested},
		{"two, no effort", with(func(o *Ownership) { o.Owners, o.ByTeam = 2, []effort.Micro{0, 0} }), ""},
	} {
		if got := c.o.Gap(today); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	byEffort, byNumber := OwnershipGap(nil, today)
	if byEffort.Status != stat.Undefined || byNumber.Status != stat.Undefined {
		t.Errorf("%+v %+v", byEffort, byNumber)
	}
	byEffort, byNumber = OwnershipGap([]Ownership{{}}, today)
	if byEffort.Status != stat.Undefined || byNumber.Value != 1 {
		t.Errorf("no effort: %+v %+v", byEffort, byNumber)
	}
}

func TestActivityPhrased(t *testing.T) {
	for text, want := range map[string]bool{
		"Ship the new checkout": true, "Launching in Brazil": true, "We will migrate to Postgres": true,
		"Roll out SSO": true, "Rolling out SSO": true, "to deploy, everywhere": true, "Builds a platform": true,
		"Roll back less often": false, "Shipping costs fall": true, // a limit of looking at words
		"Shipments arrive on time": false, "Customers pay without help": false, "": false, "to": false, "99.9 % availability": false,
		"Let's complete the rollout": true,
	} {
		if got := ActivityPhrased(text, false); got != want {
			t.Errorf("%q: %v", text, got)
		}
		if ActivityPhrased(text, true) {
			t.Errorf("%q has a target", text)
		}
	}
	if got := ActivityPhrasedRatio([]bool{true, false, false, false}); got.Value != 0.25 || ActivityPhrasedRatio(nil).Status != stat.Undefined {
		t.Errorf("%+v", got)
	}
	byEffort, unclear := ClarityOf([]Endstate{{Metric: true, Target: true, Due: true}})
	if byEffort.Status != stat.Undefined || unclear.Value != 0 {
		t.Errorf("three of five are clear: %+v %+v", byEffort, unclear)
	}
	if byEffort, unclear := ClarityOf(nil); byEffort.Status != stat.Undefined || unclear.Status != stat.Undefined {
		t.Errorf("%+v %+v", byEffort, unclear)
	}
}

func TestFresh(t *testing.T) {
	for sample, want := range map[objective.Date]bool{never: false, today: true, today - 14: true, today - 15: false, today + 1: false} {
		if got := (Measured{Sample: sample}).Fresh(today); got != want {
			t.Errorf("%s: %v", sample, got)
		}
	}
	if got := FeedbackCoverage([]Measured{{0, today}}, today); got.Status != stat.Undefined {
		t.Errorf("no effort: %+v", got)
	}
}

func TestLearning(t *testing.T) {
	for _, c := range []struct {
		name    string
		lessons []Lesson
		status  stat.Status
		median  float64
		atLeast float64
		late    stat.Status
		share   float64
	}{
		{"nothing", nil, stat.Undefined, 0, 0, stat.Undefined, 0},
		{"not delivered", []Lesson{{never, never, today - 9, never}, {today + 1, never, never, never}}, stat.Undefined, 0, 0, stat.Undefined, 0},
		{"reviewed in time", []Lesson{{today - 20, today - 10, today - 10, never}}, stat.OK, 10, 0, stat.OK, 0},
		{"reviewed late", []Lesson{{today - 20, today - 10, today - 11, never}}, stat.OK, 10, 0, stat.OK, 1},
		{"not reviewed, due", []Lesson{{today - 20, never, today - 1, never}}, stat.InsufficientData, 0, 20, stat.OK, 1},
		{"not reviewed, not due", []Lesson{{today - 20, never, today, never}}, stat.InsufficientData, 0, 20, stat.Undefined, 0},
		{"stopped before it was due", []Lesson{{today - 20, never, today - 5, today - 9}}, stat.InsufficientData, 0, 11, stat.Undefined, 0},
		{"reviewed after it was stopped", []Lesson{{today - 20, today - 3, never, today - 9}}, stat.InsufficientData, 0, 11, stat.Undefined, 0},
		{"reviewed tomorrow", []Lesson{{today - 20, today + 1, never, never}}, stat.InsufficientData, 0, 20, stat.Undefined, 0},
		{"reviewed before the delivery", []Lesson{{today - 20, today - 30, never, never}}, stat.OK, 0, 0, stat.Undefined, 0},
	} {
		got := LearningOf(c.lessons, today)
		if got.Latency.Status != c.status || got.Latency.Value != c.median || got.AtLeast != c.atLeast ||
			got.Late.Status != c.late || got.Late.Value != c.share || got.Latency.Alertable {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestSightAndCompleteness(t *testing.T) {
	total, discretionary := LineOfSight(Sight{Live: 4 * pd, Blind: 3 * pd, RunWork: 2 * pd, Off: pd})
	if total.Value != 0.4 || discretionary.Value != 0.5 || total.N != 10 || discretionary.N != 8 {
		t.Errorf("%+v %+v", total, discretionary)
	}
	total, discretionary = LineOfSight(Sight{RunWork: pd})
	if total.Value != 0 || !total.OK() || discretionary.Status != stat.Undefined {
		t.Errorf("only run work: %+v %+v", total, discretionary)
	}
	if total, _ := LineOfSight(Sight{}); total.Status != stat.Undefined {
		t.Errorf("nothing: %+v", total)
	}
	for want, o := range map[float64]OER{
		0:       {Clarity: 0.59, TeamWeeks: 3, Linked: 2},
		1.0 / 3: {Clarity: 0.6},
		2.0 / 3: {Clarity: 0.6, TeamWeeks: 3, Linked: 3},
		1:       {Clarity: 1, TeamWeeks: 3, Linked: 3, Fresh: true},
	} {
		if got := o.Completeness(); got != want {
			t.Errorf("%+v: %v", o, got)
		}
	}
	if got := OERCompleteness([]OER{{}, {Clarity: 1, TeamWeeks: 1, Linked: 1, Fresh: true}}); got.Value != 0.5 || OERCompleteness(nil).Status != stat.Undefined {
		t.Errorf("%+v", got)
	}
}
