package scoring_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/velocity"
)

func velocityVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-D1": vectorStopLatency,
		"TV-D2": vectorStopLatencyWithoutMedian,
		"TV-D3": vectorSpells,
		"TV-D4": vectorZombies,
		"TV-D5": vectorLatencies,
	}
}

// spellsOf makes spells from observed days.
func spellsOf(t *testing.T, v vector) []velocity.Spell {
	t.Helper()
	in := decode[struct{ Days, Stopped []int }](t, v.Input)
	spells := make([]velocity.Spell, len(in.Days))
	for i, days := range in.Days {
		spells[i] = velocity.Spell{Days: days, Followed: days, Stopped: in.Stopped[i] == 1}
	}
	return spells
}

func vectorStopLatency(t *testing.T, v vector) {
	want := decode[struct {
		Table        [][4]float64 `json:"table_t_atrisk_d_S"`
		Median       float64
		CI           [2]any  `json:"ci95_loglog"`
		Restricted28 float64 `json:"rmst28"`
		Restricted90 string  `json:"rmst90"`
	}](t, v.Expected)
	got := velocity.LatencyOf(spellsOf(t, v))
	if len(got.Curve.Steps) != len(want.Table) {
		t.Fatalf("the curve has %d steps, want %d", len(got.Curve.Steps), len(want.Table))
	}
	for i, row := range want.Table {
		s := got.Curve.Steps[i]
		all(t, "a step", []float64{s.Time, float64(s.AtRisk), float64(s.Ended), s.Survival}, row[:])
	}
	known(t, "median", got.Median, want.Median)
	if want.CI != [2]any{3.0, "+Inf"} {
		t.Fatalf("the vector's limits are %v", want.CI)
	}
	if got.Median.Lower != 3 || !math.IsInf(got.Median.Upper, 1) {
		t.Errorf("limits are [%v, %v], want %v", got.Median.Lower, got.Median.Upper, want.CI)
	}
	known(t, "restricted mean", got.Restricted28, want.Restricted28)
	if want.Restricted90 != "absent" || got.Restricted90.OK() {
		t.Errorf("restricted mean of 90 days is %+v, want it %s", got.Restricted90, want.Restricted90)
	}
}

func vectorStopLatencyWithoutMedian(t *testing.T, v vector) {
	want := decode[struct {
		End          float64 `json:"S_end"`
		Median       string
		Bound        int     `json:"median_lower_bound"`
		Restricted28 float64 `json:"rmst28"`
	}](t, v.Expected)
	got := velocity.LatencyOf(spellsOf(t, v))
	same(t, "end of the curve", got.Curve.At(got.Curve.Longest), want.End)
	if want.Median != "absent" || got.Median.OK() {
		t.Errorf("median is %+v, want it %s", got.Median, want.Median)
	}
	if got.LongestFollowUp != want.Bound {
		t.Errorf("lower bound is %d, want %d", got.LongestFollowUp, want.Bound)
	}
	known(t, "restricted mean", got.Restricted28, want.Restricted28)
}

func vectorSpells(t *testing.T, v vector) {
	in := decode[struct {
		Quiet  int            `json:"quiet_days"`
		Now    objective.Date `json:"now"`
		Cutoff prose          `json:"cutoff_A"`
		Cases  map[string]struct {
			T0   objective.Date
			Acts []objective.Date
		}
	}](t, v.Input)
	want := decode[map[string]json.RawMessage](t, v.Expected)
	if len(want) != len(in.Cases) {
		t.Fatalf("%d cases, %d results", len(in.Cases), len(want))
	}
	j := velocity.Judging{Now: in.Now, DataFrom: objective.NoDate, QuietDays: in.Quiet}
	for name, c := range in.Cases {
		got, why := j.Judge(velocity.Stop{
			Effective: c.T0, Known: c.T0, Touches: c.Acts,
			Before: effort.PersonDay, Reactivated: objective.NoDate,
		})
		if want[name][0] == '"' {
			if why != velocity.TooRecent {
				t.Errorf("%s is %+v (%q), want %s", name, got, why, want[name])
			}
			continue
		}
		spell := []float64{float64(got.Days), 0}
		if got.Stopped {
			spell[1] = 1
		}
		if why != velocity.Counted {
			t.Errorf("%s is left out: %s", name, why)
		}
		all(t, name, spell, decode[[]float64](t, want[name]))
		if revived := name == "resurrected"; revived != (got.Resurrections == 1) {
			t.Errorf("%s has %d resurrections", name, got.Resurrections)
		}
	}
}

func vectorZombies(t *testing.T, v vector) {
	in := decode[struct {
		Stopped float64 `json:"effort_after_grace_pd"`
		Total   float64 `json:"total_pd"`
		Open    []int   `json:"open_spells_days"`
	}](t, v.Input)
	want := decode[struct {
		Ratio   float64 `json:"zombie_effort_ratio"`
		Zombies float64 `json:"zombies_over_28d"`
	}](t, v.Expected)
	known(t, "ratio", velocity.ZombieEffort(pd(in.Stopped), pd(in.Total)), want.Ratio)
	var spells []velocity.Spell
	for _, age := range in.Open {
		spells = append(spells, velocity.Spell{Age: age})
	}
	zombies, _ := velocity.Zombies(spells)
	known(t, "zombies", zombies, want.Zombies)
}

func vectorLatencies(t *testing.T, v vector) {
	type day = string
	in := decode[struct {
		Effective day `json:"retired_effective"`
		Known     day `json:"config_commit"`
		Last      day `json:"last_activity"`
		Confirmed day `json:"quiet_confirmed"`
	}](t, v.Input)
	want := decode[struct {
		Lag       int `json:"announcement_lag_days"`
		Latency   int `json:"stop_latency_days"`
		Total     int `json:"total_days"`
		Confirmed day `json:"confirmed_on"`
	}](t, v.Expected)
	stop := velocity.Stop{
		Effective: date(t, in.Effective), Known: date(t, in.Known),
		// The vector tells the last touch only; there was one a week before.
		Touches: []objective.Date{date(t, in.Last) - 7, date(t, in.Last)}, Before: effort.PersonDay, Reactivated: objective.NoDate,
	}
	// Day by day, as it would have been seen.
	var confirmed []objective.Date
	for now := date(t, in.Known); now <= date(t, in.Confirmed); now++ {
		got, why := velocity.Judging{Now: now, DataFrom: objective.NoDate}.Judge(stop)
		if why != velocity.Counted || !got.Stopped {
			continue
		}
		confirmed = append(confirmed, now)
		all(t, "lag, latency, total, confirmed",
			[]float64{float64(got.Lag), float64(got.Days), float64(velocity.Total([]velocity.Spell{got})[0].Days), float64(got.Confirmed)},
			[]float64{float64(want.Lag), float64(want.Latency), float64(want.Total), float64(date(t, want.Confirmed))})
	}
	if !slices.Equal(confirmed, []objective.Date{date(t, want.Confirmed)}) {
		t.Errorf("it is confirmed on %v, want %s", confirmed, want.Confirmed)
	}
}

// date reads a day of a vector.
func date(t *testing.T, text string) objective.Date {
	t.Helper()
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return objective.DateOf(day)
}

// known compares an estimate that must have a value with a vector's.
func known(t *testing.T, what string, got stat.Estimate, want float64) {
	t.Helper()
	if !got.OK() {
		t.Errorf("%s is %s: %s", what, got.Status, got.Reason)
		return
	}
	same(t, what, got.Value, want)
}

// limits compares the limits of an estimate with a vector's.
func limits(t *testing.T, what string, got stat.Estimate, want [2]float64) {
	t.Helper()
	all(t, "limits of "+what, []float64{got.Lower, got.Upper}, want[:])
}

// weekly numbers values from week 0 on.
func weekly(values []float64) stat.Weekly {
	series := make(stat.Weekly, len(values))
	for i, value := range values {
		series[i] = stat.Point{Week: i, Value: value}
	}
	return series
}
