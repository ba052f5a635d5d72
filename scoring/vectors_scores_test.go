package scoring_test

import (
	"math"
	"slices"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

func scoreVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-A1":  vectorTopShare,
		"TV-A2":  vectorPriorityWeighted,
		"TV-A3":  vectorAllocationGap,
		"TV-A4":  vectorInversion,
		"TV-A4b": vectorInversion,
		"TV-A5":  vectorFidelity,
		"TV-A6":  vectorTopBounds,
		"TV-A7":  vectorStarved,
		"TV-S1":  vectorShadow,
		"TV-S2":  vectorFiction,
		"TV-S3":  vectorNothingOn,
		"TV-S4":  vectorOnlyRunWork,
		"TV-S5":  vectorToil,
		"TV-S6":  vectorAdjustedCount,
		"TV-S7":  vectorProbability,
	}
}

// mixOf makes a mix of the organisation that several vectors share.
func mixOf(personDays map[string]float64) scoring.Mix {
	e := func(name string) effort.Micro { return pd(personDays[name]) }
	return scoring.Mix{
		On: e("O1") + e("O2") + e("O3") + e("O4"), RunWork: e("KTLO"),
		Excluded: e("EXCLUDED"), Unknown: e("UNLINKED"),
	}
}

func vectorTopShare(t *testing.T, v vector) {
	in := decode[struct {
		Effort map[string]float64 `json:"effort_pd"`
		N      int
	}](t, v.Input)
	want := decode[struct {
		Total         float64 `json:"total"`
		Ratio         float64 `json:"ratio_total"`
		Discretionary float64 `json:"ratio_discretionary"`
	}](t, v.Expected)
	mix := mixOf(in.Effort)
	same(t, "total", mix.Total().PersonDays(), want.Total)
	var top effort.Micro
	for _, objective := range []string{"O1", "O2", "O3", "O4"}[:in.N] {
		top += pd(in.Effort[objective])
	}
	all, ok := scoring.TopShare(top, mix.Unknown, mix.Total())
	defined(t, ok)
	same(t, "ratio", all.Point, want.Ratio)
	free, ok := scoring.TopShare(top, mix.Unknown, scoring.Discretionary(mix.Total(), mix.RunWork))
	defined(t, ok)
	same(t, "discretionary ratio", free.Point, want.Discretionary)
}

func vectorPriorityWeighted(t *testing.T, v vector) {
	in := decode[struct {
		Ranks  int
		Shares []float64
	}](t, v.Input)
	want := decode[struct {
		Weights    []float64 `json:"roc_weights"`
		Raw        float64   `json:"pwa_raw"`
		Normalised float64   `json:"pwa_normalised"`
	}](t, v.Expected)
	weights := stat.RankOrderCentroid(in.Ranks)
	all(t, "weights", weights, want.Weights)
	got, ok := scoring.PriorityWeighted(pds(in.Shares...), effort.PersonDay)
	defined(t, ok)
	same(t, "normalised", got, want.Normalised)
	same(t, "raw", got*weights[0], want.Raw)
}

func vectorAllocationGap(t *testing.T, v vector) {
	in := decode[struct {
		Effort map[string]float64 `json:"effort_pd"`
		Target map[string]float64
	}](t, v.Input)
	want := decode[struct {
		TV   float64
		Move float64 `json:"pd_to_move"`
	}](t, v.Expected)
	var spent []effort.Micro
	var targets []float64
	for name, e := range in.Effort {
		spent, targets = append(spent, pd(e)), append(targets, in.Target[name])
	}
	gap, move, ok := scoring.AllocationGap(spent, targets)
	defined(t, ok)
	same(t, "gap", gap, want.TV)
	same(t, "effort to move", move.PersonDays(), want.Move)
}

func vectorInversion(t *testing.T, v vector) {
	in := decode[struct {
		Shares []float64 `json:"shares_by_rank"`
	}](t, v.Input)
	want := decode[struct{ Inversion float64 }](t, v.Expected)
	got, ok := scoring.PriorityInversion(pds(in.Shares...))
	defined(t, ok)
	same(t, "inversion", got, want.Inversion)
}

func vectorFidelity(t *testing.T, v vector) {
	in := decode[struct {
		Rank   []int
		Shares []float64
	}](t, v.Input)
	want := decode[struct {
		Tau float64 `json:"tau_b_vs_negrank"`
	}](t, v.Expected)
	got, ok := scoring.PriorityFidelity(in.Rank, pds(in.Shares...))
	defined(t, ok)
	same(t, "τ-b", got, want.Tau)
}

func vectorTopBounds(t *testing.T, v vector) {
	in := decode[struct{ Top3, Unknown, Total float64 }](t, v.Input)
	want := decode[struct{ Low, High float64 }](t, v.Expected)
	got, ok := scoring.TopShare(pd(in.Top3), pd(in.Unknown), pd(in.Total))
	defined(t, ok)
	same(t, "low", got.Low, want.Low)
	same(t, "high", got.High, want.High)
}

func vectorStarved(t *testing.T, v vector) {
	in := decode[struct {
		Shares []float64 `json:"shares_by_rank_top3"`
		Least  float64   `json:"min_share"`
	}](t, v.Input)
	want := decode[struct{ Starved int }](t, v.Expected)
	if in.Least != scoring.StarvedShare {
		t.Errorf("starved is below %v, want %v", scoring.StarvedShare, in.Least)
	}
	got, ok := scoring.Starved(pds(in.Shares...), effort.PersonDay, in.Least)
	if !ok || got != want.Starved {
		t.Errorf("%d starved, want %d", got, want.Starved)
	}
}

func vectorShadow(t *testing.T, v vector) {
	in := decode[struct {
		Effort map[string]float64 `json:"effort_pd"`
	}](t, v.Input)
	want := decode[struct {
		On     float64 `json:"E_on"`
		Off    float64 `json:"E_off"`
		Strict float64 `json:"srr_strict"`
		Share  float64 `json:"shadow_share"`
		Broad  float64 `json:"srr_broad"`
		KTLO   float64 `json:"ktlo_share"`
		Low    float64 `json:"srr_low"`
		High   float64 `json:"srr_high"`
	}](t, v.Expected)
	mix := mixOf(in.Effort)
	same(t, "on", mix.On.PersonDays(), want.On)
	same(t, "off", mix.Off().PersonDays(), want.Off)
	got, ok := scoring.ShadowOf(mix)
	defined(t, ok)
	same(t, "ratio", got.Ratio.Point, want.Strict)
	same(t, "share", got.Share.Point, want.Share)
	same(t, "low", got.Ratio.Low, want.Low)
	same(t, "high", got.Ratio.High, want.High)
	broad, ok := scoring.BroadShadow(mix)
	defined(t, ok)
	same(t, "broad ratio", broad, want.Broad)
	run, ok := scoring.RunWorkShare(mix)
	defined(t, ok)
	same(t, "run work", run, want.KTLO)
}

func vectorFiction(t *testing.T, v vector) {
	in := decode[struct {
		Effort struct{ On, KTLO, Unlinked, Excluded float64 } `json:"effort_pd"`
	}](t, v.Input)
	want := decode[struct {
		Strict  float64 `json:"srr_strict"`
		Share   float64 `json:"shadow_share"`
		Low     float64 `json:"srr_low"`
		High    float64 `json:"srr_high"`
		Verdict prose
	}](t, v.Expected)
	e := in.Effort
	got, ok := scoring.ShadowOf(scoring.Mix{On: pd(e.On), RunWork: pd(e.KTLO), Unknown: pd(e.Unlinked), Excluded: pd(e.Excluded)})
	defined(t, ok)
	same(t, "ratio", got.Ratio.Point, want.Strict)
	same(t, "share", got.Share.Point, want.Share)
	same(t, "low", got.Ratio.Low, want.Low)
	same(t, "high", got.Ratio.High, want.High)
	if got.Fiction != scoring.FictionPossible {
		t.Errorf("the verdict is %q", got.Fiction)
	}
}

func vectorNothingOn(t *testing.T, v vector) {
	in := decode[struct {
		Effort struct{ On, Off float64 } `json:"effort_pd"`
	}](t, v.Input)
	want := decode[struct {
		Ratio string  `json:"srr"`
		Share float64 `json:"shadow_share"`
	}](t, v.Expected)
	off := pd(in.Effort.Off)
	for _, mix := range []scoring.Mix{{Excluded: off}, {Stopped: off}, {Unknown: off}} {
		mix.On = pd(in.Effort.On)
		got, ok := scoring.ShadowOf(mix)
		defined(t, ok)
		if !math.IsInf(got.Ratio.Point, 1) || want.Ratio != "+Inf" {
			t.Errorf("%+v: ratio %v, want %s", mix, got.Ratio.Point, want.Ratio)
		}
		same(t, "share", got.Share.Point, want.Share)
	}
}

func vectorOnlyRunWork(t *testing.T, v vector) {
	in := decode[struct {
		Effort struct{ On, Off, KTLO float64 } `json:"effort_pd"`
	}](t, v.Input)
	want := decode[struct {
		Ratio string  `json:"srr"`
		Share string  `json:"shadow_share"`
		KTLO  float64 `json:"ktlo_share"`
	}](t, v.Expected)
	mix := scoring.Mix{On: pd(in.Effort.On), RunWork: pd(in.Effort.KTLO), Unknown: pd(in.Effort.Off)}
	_, ok := scoring.ShadowOf(mix)
	if ok || !slices.Equal([]string{want.Ratio, want.Share}, []string{"absent", "absent"}) {
		t.Errorf("defined %v, want %+v", ok, want)
	}
	run, ok := scoring.RunWorkShare(mix)
	defined(t, ok)
	same(t, "run work", run, want.KTLO)
}

func vectorToil(t *testing.T, v vector) {
	in := decode[struct {
		Share  float64 `json:"ktlo_share"`
		Budget float64 `json:"ktlo_budget"`
		Total  float64
	}](t, v.Input)
	want := decode[struct {
		Over  float64 `json:"toil_overrun_pd"`
		Ratio float64 `json:"toil_overrun_ratio"`
	}](t, v.Expected)
	ratio, over, ok := scoring.ToilOverrun(pd(in.Share*in.Total), pd(in.Total), in.Budget)
	defined(t, ok)
	same(t, "ratio", ratio, want.Ratio)
	same(t, "effort", over.PersonDays(), want.Over)
}

func vectorAdjustedCount(t *testing.T, v vector) {
	in := decode[struct {
		Observed float64 `json:"observed_on_share"`
		TPR, FPR float64
	}](t, v.Input)
	want := decode[struct {
		Share float64 `json:"corrected_on_share"`
	}](t, v.Expected)
	got, ok := scoring.AdjustedCount(in.Observed, in.TPR, in.FPR)
	defined(t, ok)
	same(t, "share", got, want.Share)
}

func vectorProbability(t *testing.T, v vector) {
	in := decode[struct {
		Share float64 `json:"shadow_share"`
		NEff  float64 `json:"n_eff"`
	}](t, v.Input)
	want := decode[struct{ Z, Prob float64 }](t, v.Expected)
	got := scoring.ProbShadowOverHalf(in.Share, in.NEff)
	same(t, "probability", got, want.Prob)
	// The vector's z is of 7/12; the six decimals of its share move it by 3e-6.
	within(t, "z", stat.NormalQuantile(got), want.Z, 5e-6)
}
