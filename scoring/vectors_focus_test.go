package scoring_test

import (
	"math"
	"testing"

	"github.com/workdrift/workdrift/scoring/focus"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

func focusVectors() map[string]func(*testing.T, vector) {
	return map[string]func(*testing.T, vector){
		"TV-F1":  vectorHill,
		"TV-F2":  vectorDiversity,
		"TV-F3":  vectorNewWorkstreams,
		"TV-F3b": vectorNewWorkstreams,
		"TV-F4":  vectorUnplanned,
		"TV-F5":  vectorWIP,
		"TV-F6":  vectorItemsPerDay,
	}
}

func vectorHill(t *testing.T, v vector) {
	in := decode[struct {
		Effort []float64 `json:"effort_pd"`
	}](t, v.Input)
	want := decode[struct {
		Entropy       float64 `json:"H_nats"`
		N1, HHI, N2   float64
		Evenness      float64
		Unbiased      float64 `json:"HHI_unbiased_n40"`
		UnbiasedCount float64 `json:"N2_unbiased"`
	}](t, v.Expected)
	got := focus.FocusOf(pds(in.Effort...))
	known(t, "concentration", got.Concentration, want.Unbiased)
	all(t, "diversity", []float64{got.Entropy, got.Raw, got.Effective, got.Evenness, got.Unbiased},
		[]float64{want.Entropy, want.HHI, want.N2, want.Evenness, want.UnbiasedCount})
	var carried []focus.Carry
	for i, e := range in.Effort {
		carried = append(carried, focus.Carry{Workstream: uint64(i), Effort: pd(e)})
	}
	known(t, "γ", focus.DiversityOf(carried, 1).Gamma, want.N1)
}

func vectorDiversity(t *testing.T, v vector) {
	in := decode[struct{ Specialised, Fragmented map[string][]float64 }](t, v.Input)
	want := decode[struct {
		Specialised []float64 `json:"specialised_alpha_gamma_beta"`
		Fragmented  []float64 `json:"fragmented_alpha_gamma_beta"`
	}](t, v.Expected)
	check := func(name string, team map[string][]float64, want []float64) {
		var carried []focus.Carry
		person := 0
		for _, mix := range team {
			for i, e := range mix {
				carried = append(carried, focus.Carry{Person: person, Workstream: uint64(i), Effort: pd(e)})
			}
			person++
		}
		got := focus.DiversityOf(carried, len(team))
		for i, e := range []stat.Estimate{got.Alpha, got.Gamma, got.Beta} {
			known(t, name, e, want[i])
		}
		if few := focus.DiversityOf(carried, 5); few.Alpha.Status != stat.Suppressed || few.Beta.Status != stat.Suppressed {
			t.Errorf("%s: α of three people is %+v", name, few.Alpha)
		}
	}
	check("specialised", in.Specialised, want.Specialised)
	check("fragmented", in.Fragmented, want.Fragmented)
}

func vectorNewWorkstreams(t *testing.T, v vector) {
	in := decode[struct{ Count, Weeks int }](t, v.Input)
	want := decode[struct {
		Rate float64    `json:"rate_per_week"`
		CI   [2]float64 `json:"ci90"`
	}](t, v.Expected)
	const until = objective.Date(20000)
	from := until - objective.Date(7*in.Weeks) + 1
	old := focus.Workstream{First: from - 1, Early: pd(9), Members: 3}
	workstreams := []focus.Workstream{old, {First: from, Planned: true, Early: pd(9), Members: 3}}
	for i := range in.Count {
		workstreams = append(workstreams, focus.Workstream{First: from + objective.Date(i), Early: pd(2), Members: 1})
	}
	got := focus.UnplannedRate(workstreams, from, until)
	known(t, "rate", got, want.Rate)
	limits(t, "it", got, want.CI)
}

func vectorUnplanned(t *testing.T, v vector) {
	in := decode[struct {
		Unplanned float64 `json:"effort_unplanned_pd"`
		Total     float64 `json:"effort_total_pd"`
	}](t, v.Input)
	want := decode[struct{ Ratio float64 }](t, v.Expected)
	rest := pd(in.Total-in.Unplanned) / 3
	got := focus.UnplannedEffort([]focus.Piece{
		{Effort: pd(in.Unplanned), Created: 101},
		{Effort: rest, Created: 100},
		{Effort: rest, Created: 101, Objective: true},
		{Effort: rest, Created: 101, RunWork: true},
	}, 100)
	known(t, "ratio", got, want.Ratio)
}

func vectorWIP(t *testing.T, v vector) {
	in := decode[struct {
		Items []int `json:"in_progress_items_by_person"`
	}](t, v.Input)
	want := decode[struct {
		Median float64 `json:"team_median"`
		Note   prose
	}](t, v.Expected)
	var members []int
	var touched []focus.Touched
	for person, n := range in.Items {
		members = append(members, person)
		for w := range n {
			touched = append(touched, focus.Touched{Person: person, Workstream: uint64(w)})
		}
	}
	known(t, "median", focus.WIP(members, touched, 5), want.Median)
	if got := focus.WIP(members[1:], touched, 5); got.Status != stat.Suppressed {
		t.Errorf("of four persons: %+v", got)
	}
}

func vectorItemsPerDay(t *testing.T, v vector) {
	in := decode[struct {
		Items []int `json:"items_per_person_day"`
	}](t, v.Input)
	want := decode[struct {
		Mean  float64 `json:"mean_items_per_person_day"`
		Split float64 `json:"share_days_ge4"`
	}](t, v.Expected)
	var days []focus.PersonDay
	for person, n := range in.Items {
		days = append(days, focus.PersonDay{Person: person, Items: n})
	}
	mean, split := focus.ItemsPerDay(days, 5)
	known(t, "mean", mean, want.Mean)
	known(t, "share", split, want.Split)
	if math.IsNaN(split.Lower) || !split.Bounded {
		t.Errorf("no limits: %+v", split)
	}
}
