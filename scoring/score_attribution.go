package scoring

import (
	"fmt"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
)

// AdjustedObjectivesEffort is the share of the effort on objectives, corrected
// for the mistakes of attribution (score specification, section 4.3).
const AdjustedObjectivesEffort = "objectives_effort_adjusted"

// What judgements of humans must be for rates to be taken from them.
const (
	minLabels     = 50
	minClassLabel = 10 // of either kind
)

// attributionScores is the group of what attribution by itself is worth. Humans
// judge it with overrides: each is a label of one work. Who overrides nothing but
// mistakes makes attribution look worse than a coin, and then nothing is told.
func attributionScores() scoreGroup {
	return scoreGroup{
		latest: []latestFamily{
			{score: AdjustedObjectivesEffort, of: ofOrganisation, unit: "ratio", work: true,
				help: "Share of the effort of 28 days besides run work that is on objectives, 0 to 1, corrected by how often attribution finds the objective of what humans judged, and one for what they judged to have none (adjusted classify and count). Read it beside 1 minus workdrift_shadow_effort_ratio; no reading is known. As good as the choice of what was judged: 50 works, 10 of either kind, and the correct ones too."},
		},
		score: (*evaluation).adjusted,
	}
}

func (v *evaluation) adjusted() {
	const name = AdjustedObjectivesEffort
	l := v.labels()
	s := unavailable(name, InsufficientData, fmt.Sprintf("%d of at least %d judged works, %d of them for an objective and %d for none; at least %d of either",
		l.on.all+l.off.all, minLabels, l.on.all, l.off.all, minClassLabel))
	on, off := v.onAndOff()
	switch {
	case l.on.all+l.off.all < minLabels || l.on.all < minClassLabel || l.off.all < minClassLabel:
	case on+off <= 0:
		s = unavailable(name, Undefined, reasonNothingBesideRunWork)
	default:
		observed := float64(on) / float64(on+off)
		share, ok := AdjustedCount(observed, l.on.rate(), l.off.rate())
		s = plainScore(name, share, ok, fmt.Sprintf("attribution finds an objective for %.2f of the works that have one and %.2f of those that have none: too close for a correction",
			l.on.rate(), l.off.rate()))
	}
	s.SampleSize = Number(l.on.all + l.off.all)
	v.organisation(s)
}

// A labelling is what humans judged works to be: for an objective, or for none.
type labelling struct{ on, off labelled }

// labelled counts works of one label, and those of them that attribution finds
// to be for an objective.
type labelled struct{ all, found int }

func (l labelled) rate() float64 { return float64(l.found) / float64(l.all) }

// labels compares the overrides with what attribution says without them. Run
// work is on neither side.
func (v *evaluation) labels() (l labelling) {
	graph := v.engine.graph
	seen := make(map[uint64]bool)
	for i := range v.engine.overrides {
		for _, no := range graph.Find(v.engine.overrides[i].Key) {
			work := graph.Work(no)
			found, ok := graph.Unjudged(work)
			if seen[work] || !ok {
				continue
			}
			seen[work] = true
			kind := &l.off
			switch graph.Of(work).Bucket {
			case attribution.Objective:
				kind = &l.on
			case attribution.RunWork, attribution.Gone:
				continue
			}
			kind.all++
			if found.Bucket == attribution.Objective {
				kind.found++
			}
		}
	}
	return l
}

// onAndOff returns the effort of the last 28 days on objectives, and off
// strategy.
func (v *evaluation) onAndOff() (on, off effort.Micro) {
	_, org, _ := v.streamsOf()
	for i := range org.rows {
		r := &org.rows[i]
		// The rates are those of attribution without guesses from words.
		_, guessed := v.engine.guessed(&v.engine.guesses, r.work)
		switch {
		case guessed:
			off += r.effort
		case r.category == OnObjective:
			on += r.effort
		case r.category.OffStrategy():
			off += r.effort
		}
	}
	return on, off
}
