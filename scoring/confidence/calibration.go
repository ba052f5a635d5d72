package confidence

import (
	gonum "gonum.org/v1/gonum/stat"

	"github.com/workdrift/workdrift/scoring/stat"
)

// CalibrationLead is how many days before its due date the reported confidence
// of an objective is held against what came.
const CalibrationLead = 28

// The fewest closed objectives that say something about the organisation, and
// about a team.
const (
	MinClosedOrganisation = 20
	MinClosedTeam         = 10
)

// A Closed is an objective of which it is known how it ended.
type Closed struct {
	// Reported is what ReportedOf gave CalibrationLead days before the due
	// date. Objectives without a report then are left out by the caller.
	Reported float64
	Achieved bool
}

// A Calibration is score C6: how far the organisation can believe its own
// greens.
type Calibration struct {
	Brier stat.Estimate // mean squared error of the reports, 0 to 1
	// Skill is 1 − Brier/that of always saying the base rate: 1 is perfect,
	// below 0 the base rate would have been the better report.
	Skill    stat.Estimate
	Bias     stat.Estimate // mean report minus share achieved: above 0 is optimism
	BaseRate float64       // share achieved
}

// CalibrationOf compares reports with ends. Below least objectives everything
// is insufficient. The skill is undefined when all or none were achieved.
func CalibrationOf(closed []Closed, least int) Calibration {
	n := len(closed)
	if n < max(least, 1) {
		few := stat.Insufficient(n, "%d of at least %d closed objectives", n, max(least, 1))
		return Calibration{Brier: few, Skill: few, Bias: few}
	}
	reported, achieved, ends := make([]float64, n), make([]bool, n), make([]float64, n)
	for i, c := range closed {
		reported[i], achieved[i] = c.Reported, c.Achieved
		if c.Achieved {
			ends[i] = 1
		}
	}
	base := gonum.Mean(ends, nil)
	brier, _ := stat.Brier(reported, achieved)
	c := Calibration{
		BaseRate: base,
		Brier:    stat.Known(brier, n),
		Bias:     stat.Known(gonum.Mean(reported, nil)-base, n),
		Skill:    stat.NotDefined("all or none of the closed objectives were achieved"),
	}
	if reference := base * (1 - base); reference > 0 {
		c.Skill = stat.Known(1-brier/reference, n)
	}
	return c
}
