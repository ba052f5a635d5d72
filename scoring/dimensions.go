package scoring

import "slices"

// A Profile says how scores become the drift profile.
type Profile struct {
	// Index turns on the composite of the dimensions.
	Index bool
	// Dimensions are as in DefaultDimensions, with other readings perhaps;
	// empty for these.
	Dimensions []Dimension
}

// A Dimension is a score of the profile.
type Dimension struct {
	Name string // that of the score, or what an age is of
	// Good and Bad are the readings with a badness of 0 and 1, in the unit of
	// the score; ages are in days. Either may be the larger one.
	Good, Bad float64
	// Weight is that in the composite, at least 0; only proportions count.
	Weight float64
}

// DefaultDimensions lists the dimensions of the profile in the order of
// publication. The readings are those of section 3.2 of the score specification:
// defaults, not benchmarks. The weights are those of its example I1, where each
// stands for a family of scores.
func DefaultDimensions() []Dimension {
	var list []Dimension
	for _, d := range profiledScores() {
		list = append(list, d.Dimension)
	}
	return list
}

// from is where a dimension is read.
type from uint8

const (
	fromWindow     from = iota // the 28 days, with the sampling interval
	fromLatest                 // a score without a window
	fromTime                   // one that is a Unix time: its age
	fromObjectives             // the mean over active objectives, by rank
)

// A profiled is a dimension with where it is read, and for whom.
type profiled struct {
	Dimension
	score string
	from  from
	of    level
}

func profiledScores() []profiled {
	const org, both = ofOrganisation, ofOrganisation | ofTeams
	return []profiled{
		{Dimension{TopObjectivesEffort, .60, .50, .20}, TopObjectivesEffort, fromWindow, both},
		{Dimension{AllocationGapScore, .15, .35, 0}, AllocationGapScore, fromWindow, both},
		{Dimension{PriorityInversionScore, .20, .50, 0}, PriorityInversionScore, fromWindow, both},
		{Dimension{ShadowEffort, .15, .50, .20}, ShadowEffort, fromWindow, both},
		{Dimension{StopLatencyRestrictedMean, 14, 22, .15}, StopLatencyRestrictedMean, fromLatest, org},
		{Dimension{ZombieEffort, .02, .10, 0}, ZombieEffort, fromWindow, both},
		{Dimension{ConfidenceGap, .15, .35, 0}, ConfidenceGap, fromObjectives, org},
		{Dimension{WatermelonRatio, .10, .25, .15}, WatermelonRatio, fromLatest, org},
		{Dimension{DueSlip, .10, .50, 0}, DueSlip, fromObjectives, org},
		{Dimension{ConsensusTrap, .10, .30, 0}, ConsensusTrap, fromLatest, both},
		{Dimension{OutcomeDivergence, .40, .60, .20}, OutcomeDivergence, fromObjectives, org},
		{Dimension{EffectiveWorkstreams + "_alpha", 2, 3, .10}, EffectiveWorkstreams + "_alpha", fromLatest, both},
		{Dimension{ActiveObjectives, 3, 5, 0}, ActiveObjectives, fromLatest, ofTeams},
		{Dimension{UnverifiedDone, .10, .30, 0}, UnverifiedDone, fromLatest, org},
		{Dimension{PhantomProgress, .15, .30, 0}, PhantomProgress, fromLatest, org},
		{Dimension{LateDependencies, .25, .50, 0}, LateDependencies, fromLatest, org},
		{Dimension{OwnershipGap, .05, .20, 0}, OwnershipGap, fromLatest, org},
		{Dimension{EndstateClarity, .80, .60, 0}, EndstateClarity, fromLatest, org},
		{Dimension{FeedbackCoverage, .80, .50, 0}, FeedbackCoverage, fromLatest, org},
		{Dimension{"review_age", 7, 14, 0}, ReviewTime, fromTime, org},
		{Dimension{"kill_session_age", 31, 62, 0}, KillSession, fromTime, org},
	}
}

// dimensions are the profiled scores with the readings that are declared.
func (d *Declared) dimensions() []profiled {
	list := profiledScores()
	for i := range list {
		same := func(declared Dimension) bool { return declared.Name == list[i].Name }
		if at := slices.IndexFunc(d.Profile.Dimensions, same); at >= 0 {
			list[i].Dimension = d.Profile.Dimensions[at]
		}
	}
	return list
}
