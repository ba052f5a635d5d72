package scoring

import (
	"fmt"

	"github.com/workdrift/workdrift/scoring/stat"
)

// falseDiscoveries is which share of what one evaluation flags because of a
// p-value may be nothing (score specification, section 2.7).
const falseDiscoveries = 0.10

// A claim is a flag that rests on the p-value of a trend: with fifty objectives,
// five series that never change would be flagged at p ≤ 0.10.
type claim struct {
	objective int // -1 for the organisation
	score     string
	p         float64
}

// claims hands over the p-value behind a flag, whether it is raised or not: what
// was looked at in vain counts too.
func (v *evaluation) claims(o int, score string, p float64) {
	v.claimed = append(v.claimed, claim{o, score, p})
}

// withdraw lowers the flags that are no more than what so many looks find by
// chance. The comparisons of words are not among them: their p-values are exact
// to a two-hundredth only, and are judged pair by pair.
func (v *evaluation) withdraw() {
	p := make([]float64, len(v.claimed))
	for i, c := range v.claimed {
		p[i] = c.p
	}
	for i, found := range stat.Discoveries(p, falseDiscoveries) {
		if found {
			continue
		}
		c := v.claimed[i]
		s := v.report.Score(c.score)
		if c.objective >= 0 {
			s = v.report.Objectives[c.objective].Score(c.score)
		}
		if s != nil && s.Value == 1 {
			s.Value = 0
			s.Verdict = fmt.Sprintf("a trend with p %.3f, which is not beyond chance among %d that were looked at", c.p, len(p))
		}
	}
}
