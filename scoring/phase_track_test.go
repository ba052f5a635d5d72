package scoring_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// core makes a team of the persons of a phaseWorld.
func (w *world) core() *world {
	team := scoring.Team{ID: "core"}
	for p := range 4 {
		id := fmt.Sprint("p", p)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{id}, FTE: 1})
		team.Members = append(team.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
	}
	w.declared.Teams = append(w.declared.Teams, team, scoring.Team{ID: "empty"})
	return w
}

// weekEnd is when the week that ended some weeks before the last one is closed.
func weekEnd(weeksAgo int) time.Time { return closed.AddDate(0, 0, -1-7*weeksAgo) }

// What is told week after week is what one replay tells of those weeks: in which
// phase the organisation and the team were, and since when.
func TestPhaseReplayEqualsLive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("cchdddd-")), 9, 16, -1).Draw(rt, "weeks")
		w := phaseWorld("c" + letters).core()
		if rapid.Bool().Draw(rt, "declared") {
			w.declared.Set.Phases = []objective.DeclaredPhase{{On: calendarDay(lastWeek) - objective.Date(rapid.IntRange(0, 60).Draw(rt, "days ago")),
				Phase: rapid.SampledFrom([]string{"aligned", "focus_creep", "total_decoupling"}).Draw(rt, "phase")}}
		}
		e, err := scoring.NewEngine(w.declared, nil)
		if err != nil {
			rt.Fatal(err)
		}
		for _, ch := range w.changes {
			ch.Events = nil
			e.Apply(ch)
		}
		final := w.evaluateAt(t, weekEnd(0))
		for ago := len(letters); ago >= 0; ago-- {
			for _, ch := range w.changes {
				var until []store.Event
				for _, ev := range ch.Events {
					if ev.At.Before(weekEnd(ago).Truncate(24 * time.Hour)) {
						until = append(until, ev)
					}
				}
				ch.Events = until
				e.Apply(ch)
			}
			live := e.Report(weekEnd(ago), []store.SourceState{{Source: "gh", Watermark: weekEnd(ago)}})
			for name, of := range map[string][2]*scoring.PhaseReport{"organisation": {live.Phase, final.Phase}, "team": {live.Team("core").Phase, final.Team("core").Phase}} {
				var changes []scoring.PhaseChange
				for _, c := range of[1].Changes {
					if c.Week <= of[0].Latches[0].Now.Week {
						changes = append(changes, c)
					}
				}
				if !reflect.DeepEqual(fmt.Sprint(of[0].Changes), fmt.Sprint(changes)) {
					rt.Fatalf("%s, %d weeks before the end of %s: told %v, replayed %v", name, ago, letters, of[0].Changes, changes)
				}
				if last := changes[len(changes)-1]; of[0].Phase != last.To || of[0].Since != last.Week+6 {
					rt.Fatalf("%s: %s since %v after %+v", name, of[0].Phase, of[0].Since, last)
				}
			}
		}
	})
}

// A report says why a phase was latched: the weeks that decided it, with what
// they are made of.
func TestPhaseSaysWhy(t *testing.T) {
	w := phaseWorld("ccccccccdcdd").core()
	r := w.evaluate(t)
	for name, p := range map[string]*scoring.PhaseReport{"organisation": r.Phase, "team": r.Team("core").Phase} {
		if p == nil || p.Phase != "focus_creep" || p.Since.String() != "2025-03-30" || len(p.Latches) != 3 {
			t.Fatalf("%s: %+v", name, p)
		}
		creep, gap := p.Latches[0], p.Latches[1]
		if !creep.On || !creep.Known || len(creep.Changed) != 4 || gap.On || gap.Known || gap.Now.Value.Known() || gap.Now.Reason == "" {
			t.Errorf("%s: %+v", name, p.Latches)
		}
		var values []scoring.Number
		for _, week := range creep.Changed {
			values = append(values, week.Value)
		}
		if !reflect.DeepEqual(values, []scoring.Number{1, 0, 1, 1}) {
			t.Errorf("%s was latched by %v", name, values)
		}
		parts := map[string]scoring.PhasePart{}
		for _, part := range creep.Now.Parts {
			parts[part.Name] = part
		}
		for part, want := range map[string]float64{"effective_workstreams_alpha": 4, "unplanned_workstream_rate": 3, "top_objectives_effort": .25, "shadow_effort": .75} {
			near(t, name+" "+part, parts[part].Value, want)
			near(t, name+" "+part+" is", parts[part].Bad, 1)
		}
		last := p.Changes[len(p.Changes)-1]
		if last.To != "focus_creep" || last.From != "aligned" || len(last.Readings) != 4 || !strings.Contains(last.Why, "1.00, 0.00, 1.00, 1.00") {
			t.Errorf("%s: %+v", name, last)
		}
	}
	if s := r.Team("core").Score(scoring.DriftPhase); s == nil || s.Verdict != "focus_creep" || s.Value != 1 {
		t.Errorf("the team: %+v", s)
	}
	if p := r.Team("empty").Phase; p != nil && p.Phase != "unknown" {
		t.Errorf("a team without members: %+v", p)
	}
	// Neither is told of a team that is withheld.
	w.declared.Privacy.KEffort = 5
	r = w.evaluate(t)
	if s := r.Team("core").Score(scoring.DriftPhase); r.Team("core").Phase != nil || r.Phase != nil || s.Status != scoring.SuppressedPrivacy || s.Value.Known() {
		t.Errorf("told of a team that is withheld: %+v, %+v", r.Phase, s)
	}
}

// The two of a team who drift do not make another one drift.
func TestPhaseOfTeams(t *testing.T) {
	w := phaseWorld("cccccccccccc").core()
	other := scoring.Team{ID: "other"}
	for i := range 4 {
		id := fmt.Sprint("q", i)
		w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{id}, FTE: 1})
		other.Members = append(other.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
	}
	w.declared.Teams = append(w.declared.Teams, other)
	for week := range 5 {
		for day := range 5 {
			key := fmt.Sprintf("EPIC-9%d%d", week, day)
			w.item(store.KindTicket, key, func(it *store.Item) { it.Attrs = map[string][]string{store.AttrLevel: {"epic"}} })
			for i := range 4 {
				w.do(fmt.Sprint("q", i), store.EventCommit, key, lastWeek.AddDate(0, 0, day-7*week))
			}
		}
	}
	r := w.evaluate(t)
	for team, want := range map[string]string{"core": "aligned", "other": "focus_creep", "empty": "unknown"} {
		if s := r.Team(team).Score(scoring.DriftPhase); s.Verdict != want && s.Status == scoring.OK {
			t.Errorf("%s is %s (%s), want %s", team, s.Verdict, s.Status, want)
		}
	}
	if p := r.Team("other").Phase; p == nil || p.Phase != "focus_creep" {
		t.Errorf("the team that drifts: %+v", p)
	}
}

// What a human declares counts from the week in which it was known, is said as
// the reason, and is not undone by taking it out; later weeks can change it.
func TestDeclaredPhase(t *testing.T) {
	said := func(day int) []objective.DeclaredPhase {
		return []objective.DeclaredPhase{{On: calendarDay(lastWeek.AddDate(0, 0, day)), Phase: "aligned", Why: "planned"}}
	}
	load := func(w *world, day int, phases []objective.DeclaredPhase) {
		l := objective.Loaded{Known: lastWeek.AddDate(0, 0, day), Set: w.declared.Set}
		l.Set.Phases = phases
		w.history = append(w.history, l)
	}
	for _, c := range []struct {
		name, weeks, want, since string
		prepare                  func(*world)
	}{
		{"from the start", "ccccccccddddd", "aligned", "2025-03-23", func(w *world) { w.declared.Set.Phases = said(-7) }},
		{"known later", "ccccccccdddd", "aligned", "2025-03-30", func(w *world) {
			load(w, -60, nil)
			load(w, 2, said(-14))
		}},
		{"taken out", "ccccccccddddd", "aligned", "2025-03-23", func(w *world) {
			load(w, -60, nil)
			load(w, -6, said(-7))
			load(w, 1, nil)
		}},
		{"and again", "ccccccccddddddd", "focus_creep", "2025-03-30", func(w *world) { w.declared.Set.Phases = said(-21) }},
		{"of a team only", "ccccccccdddd", "focus_creep", "2025-03-23", func(w *world) {
			w.declared.Set.Phases = said(-7)
			w.declared.Set.Phases[0].Team = "core"
		}},
	} {
		w := phaseWorld(c.weeks).core()
		c.prepare(w)
		r := w.evaluate(t)
		if r.Phase.Phase != c.want || r.Phase.Since.String() != c.since {
			t.Errorf("%s: %s since %v, want %s since %s: %+v", c.name, r.Phase.Phase, r.Phase.Since, c.want, c.since, r.Phase.Changes)
		}
		if last := r.Phase.Changes[len(r.Phase.Changes)-1]; c.want == "aligned" && last.Why != "a human declared aligned" {
			t.Errorf("%s: %s", c.name, last.Why)
		}
	}
}

// A phase that is latched asks for a correction like an alert does; one that a
// human declared does not.
func TestLatchedPhaseIsAnAlarm(t *testing.T) {
	for _, c := range []struct {
		weeks  string
		said   []objective.DeclaredPhase
		alarms float64
	}{
		{"ccccccccdd", nil, 0},
		{"ccccccccddd", nil, 1},
		{"ccccccccdddccccddd", nil, 2},
		{"cccccccccccc", []objective.DeclaredPhase{{On: calendarDay(lastWeek), Phase: "focus_creep"}}, 0},
	} {
		w := phaseWorld(c.weeks)
		w.declared.Alerts, w.declared.Set.Phases = nil, c.said
		near(t, c.weeks, org(t, w.evaluate(t), scoring.LoopAction).SampleSize, c.alarms)
	}
}
