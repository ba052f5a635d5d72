package scoring_test

import (
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

func debtVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-X1": vectorExecutionDebt,
		"TV-X2": vectorStock,
		"TV-X3": vectorReportedActual,
		"TV-X4": vectorAfterHours,
		"TV-X5": vectorAgentUnverified,
		"TV-X6": vectorSwitches,
	}
}

// doneItems makes items done, of which some expect evidence and some of those
// have none.
func doneItems(all, expecting, without int) (done []debt.Done) {
	for i := range all {
		d := debt.Done{Started: deciding(), Ended: deciding().Add(48 * time.Hour), Expects: i < expecting}
		if i >= without {
			d.Evidence = []time.Time{deciding()}
		}
		done = append(done, d)
	}
	return done
}

func vectorExecutionDebt(t *testing.T, v vector) {
	in := decode[struct {
		Done      int
		Expecting int `json:"done_expect_evidence"`
		Without   int `json:"done_no_evidence"`
		Doing     int `json:"in_progress"`
		Phantom   int
		Closed    int `json:"closed_90d"`
		Reopened  int
	}](t, v.Input)
	want := decode[struct {
		Unverified float64    `json:"unverified_done_ratio"`
		Phantom    float64    `json:"phantom_progress_ratio"`
		Reopen     float64    `json:"reopen_ratio"`
		CI         [2]float64 `json:"ci90_unverified"`
	}](t, v.Expected)
	unverified := debt.UnverifiedOf(doneItems(in.Done, in.Expecting, in.Without), deciding().AddDate(0, 1, 0))
	known(t, "unverified", unverified.Estimate, want.Unverified)
	limits(t, "it", unverified.Estimate, want.CI)
	if unverified.Count != in.Without {
		t.Errorf("%d without evidence", unverified.Count)
	}
	const today = 20000
	doing := slices.Repeat([]debt.Doing{{LastTouch: today - 14}}, in.Phantom)
	doing = append(doing, slices.Repeat([]debt.Doing{{LastTouch: today - 7}}, in.Doing-in.Phantom)...)
	phantom, count := debt.PhantomOf(doing, today)
	known(t, "phantom", phantom, want.Phantom)
	if count != in.Phantom {
		t.Errorf("%d phantoms", count)
	}
	var closed []debt.Closing
	for i := range in.Closed {
		c := debt.Closing{Closed: deciding()}
		if i < in.Reopened {
			c.Reopened = deciding().AddDate(0, 0, 90)
		}
		closed = append(closed, c)
	}
	known(t, "reopened", debt.ReopenRatio(closed), want.Reopen)
}

func vectorStock(t *testing.T, v vector) {
	in := decode[struct {
		Unverified int     `json:"unverified_done"`
		Phantom    int     `json:"phantom"`
		Median     float64 `json:"median_effort_per_done_item_pd"`
		Part       float64 `json:"phantom_fraction"`
	}](t, v.Input)
	want := decode[struct {
		Stock float64 `json:"stock_pd"`
	}](t, v.Expected)
	perDone := []effort.Micro{pd(in.Median), pd(in.Median + 5), pd(0.1), pd(in.Median), 0}
	known(t, "stock", debt.Stock(in.Unverified, in.Phantom, perDone), want.Stock)
	same(t, "part of a phantom", debt.PhantomPart, in.Part)
}

func vectorReportedActual(t *testing.T, v vector) {
	in := decode[struct {
		Reported float64 `json:"reported_done_fraction"`
		Verified float64 `json:"verified_done_fraction"`
	}](t, v.Input)
	want := decode[struct{ Gap float64 }](t, v.Expected)
	// 9 of 34 are unverified, as in X1: .7·25/34 is what the vector has verified.
	unverified := debt.UnverifiedOf(doneItems(40, 34, 9), deciding()).Estimate
	got := debt.ReportedActualGap(70, 100, unverified)
	known(t, "gap", got, want.Gap)
	same(t, "verified", in.Reported-got.Value, in.Verified)
}

func vectorAfterHours(t *testing.T, v vector) {
	in := decode[struct {
		Baseline []float64 `json:"own_baseline_share"`
		Current  []float64 `json:"current_share"`
		K        int
	}](t, v.Input)
	want := decode[struct {
		Median  float64 `json:"median_within_person_delta"`
		Up      int     `json:"persons_up_gt_5pp"`
		Publish prose
	}](t, v.Expected)
	var persons []debt.Hours
	for i := range in.Baseline {
		persons = append(persons, debt.Hours{
			All: 100, After: int(100*in.Current[i] + .5), BaselineAll: 1000, BaselineAfter: int(1000*in.Baseline[i] + .5),
		})
	}
	got := debt.AfterHoursShift(persons, in.K)
	known(t, "median", got.Median, want.Median)
	if got.Spread.Status != stat.InsufficientData {
		t.Errorf("five persons tell how many rose: %+v", got.Spread)
	}
	// How many rose is never told. It shows in where a quarter is passed: with
	// four times as many persons it is, with one more it is not.
	steady := debt.Hours{All: 100, BaselineAll: 100}
	for more, value := range map[int]float64{4*want.Up - len(persons): 1, 4*want.Up - len(persons) + 1: 0} {
		known(t, "spread", debt.AfterHoursShift(append(slices.Clone(persons), slices.Repeat([]debt.Hours{steady}, more)...), in.K).Spread, value)
	}
	if got := debt.AfterHoursShift(persons[1:], 1); got.Median.Status != stat.Suppressed {
		t.Errorf("four persons: %+v", got.Median)
	}
}

func vectorAgentUnverified(t *testing.T, v vector) {
	in := decode[struct {
		Merged  int `json:"agent_prs_merged"`
		Without int `json:"without_human_review"`
	}](t, v.Input)
	want := decode[struct {
		Ratio float64
		CI    [2]float64 `json:"ci90"`
	}](t, v.Expected)
	var merged []debt.Change
	for i := range in.Merged {
		merged = append(merged, debt.Change{Agent: true, Reviewed: i >= in.Without}, debt.Change{})
	}
	got := debt.AgentUnverified(merged)
	known(t, "ratio", got, want.Ratio)
	limits(t, "it", got, want.CI)
}

func vectorSwitches(t *testing.T, v vector) {
	in := decode[struct {
		Transitions []int `json:"root_transitions_per_person_day"`
	}](t, v.Input)
	want := decode[struct {
		Mean      float64
		Scattered float64 `json:"share_ge3"`
	}](t, v.Expected)
	var days []debt.Day
	for person, n := range in.Transitions {
		d := debt.Day{Person: person % 5}
		for i := range n + 1 {
			d.Workstreams = append(d.Workstreams, uint64(i%2), uint64(i%2))
		}
		days = append(days, d)
	}
	mean, scattered := debt.Switches(days, 5)
	known(t, "mean", mean, want.Mean)
	known(t, "share", scattered, want.Scattered)
}
