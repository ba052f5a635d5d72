package scoring_test

import (
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/consensus"
)

func consensusVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-K1": vectorConsensus,
		"TV-K2": vectorTimeToDecision,
		"TV-K3": vectorDecisionDebt,
		"TV-K4": vectorRounds,
	}
}

// deciding is the time as of which decisions are judged.
func deciding() time.Time { return time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC) }

// lasting makes a decision that took some hours, or has taken them so far.
func lasting(hours float64, taken bool) consensus.Decision {
	end := deciding()
	d := consensus.Decision{Span: consensus.Span{Opened: end.Add(-time.Duration(hours * float64(time.Hour)))}}
	if taken {
		d.Closed = end
	}
	return d
}

func vectorConsensus(t *testing.T, v vector) {
	in := decode[struct {
		Decisions [][3]float64 `json:"decisions_participants_rounds_hours"`
		Median    float64      `json:"baseline_median_hours"`
	}](t, v.Input)
	want := decode[struct {
		Trapped      []int
		Ratio        float64
		CI           [2]float64 `json:"ci90"`
		Participants float64    `json:"median_participants"`
		Rounds       float64    `json:"median_rounds"`
		Hours        float64    `json:"median_hours"`
	}](t, v.Expected)
	var judged []consensus.Judged
	var history []consensus.Decision
	var trapped []int
	median := time.Duration(in.Median * float64(time.Hour))
	for i, row := range in.Decisions {
		d := lasting(row[2], true)
		d.Participants, d.Rounds = int(row[0]), int(row[1])
		history = append(history, d)
		j := consensus.Judged{Decision: d, Median: median, Trapped: consensus.Trapped(d, median, deciding())}
		if j.Trapped {
			trapped = append(trapped, i)
		}
		judged = append(judged, j)
	}
	if !slices.Equal(trapped, want.Trapped) {
		t.Errorf("trapped are %v, want %v", trapped, want.Trapped)
	}
	ratio := consensus.TrapRatio(judged)
	known(t, "ratio", ratio, want.Ratio)
	limits(t, "it", ratio, want.CI)
	typical, ok := consensus.TypicalOf(judged, deciding())
	defined(t, ok)
	all(t, "medians", []float64{typical.Participants, typical.Rounds, typical.Hours},
		[]float64{want.Participants, want.Rounds, want.Hours})
	same(t, "trailing median", consensus.TrailingMedian(history, deciding().Add(time.Second)).Hours(), in.Median)
}

func vectorTimeToDecision(t *testing.T, v vector) {
	in := decode[struct {
		Hours   []float64
		Decided []int
	}](t, v.Input)
	want := decode[struct {
		Median float64
		CI     [2]float64 `json:"ci95"`
	}](t, v.Expected)
	var decisions []consensus.Decision
	for i, hours := range in.Hours {
		decisions = append(decisions, lasting(hours, in.Decided[i] == 1))
	}
	got := consensus.LatencyOf(decisions, deciding())
	known(t, "median", got.Median, want.Median)
	limits(t, "it", got.Median, want.CI)
}

func vectorDecisionDebt(t *testing.T, v vector) {
	in := decode[struct {
		Ages []float64 `json:"open_ages_days"`
	}](t, v.Input)
	want := decode[struct {
		Open float64
		Age  float64 `json:"sum_age_days"`
		Old  float64 `json:"over_30d"`
	}](t, v.Expected)
	decisions := []consensus.Decision{lasting(1000, true)}
	for _, days := range in.Ages {
		decisions = append(decisions, lasting(24*days, false))
	}
	got := consensus.DebtOf(decisions, deciding())
	all(t, "debt", []float64{float64(got.Open), got.Seconds / 86400, float64(got.Old)},
		[]float64{want.Open, want.Age, want.Old})
}

func vectorRounds(t *testing.T, v vector) {
	in := decode[struct{ Timeline []string }](t, v.Input)
	want := decode[struct{ Rounds int }](t, v.Expected)
	kinds := map[string]consensus.ActKind{"push": consensus.Push, "review": consensus.Review}
	var acts []consensus.Act
	for i, name := range in.Timeline {
		kind, ok := kinds[name]
		defined(t, ok)
		acts = append(acts, consensus.Act{Actor: name, Kind: kind, At: deciding().Add(time.Duration(i) * time.Hour)})
	}
	if got := consensus.TalkOf(acts).Rounds; got != want.Rounds {
		t.Errorf("%d rounds, want %d", got, want.Rounds)
	}
}
