package coherence

import (
	"slices"
	"strings"
	"unicode"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/stat"
)

// Clear is from which clarity on an end-state is clear.
const Clear = 0.6

// An Endstate is what is declared of the end of an active objective.
type Endstate struct {
	Metric   bool // a query that returned data when it was loaded
	Target   bool // a number
	Due      bool
	Baseline bool
	Outcome  bool // phrased as an outcome: not ActivityPhrased
	Effort   effort.Micro
}

// Clarity is score L4 of one objective: how many of the five are there, over 5.
func (e Endstate) Clarity() float64 {
	n := 0
	for _, has := range []bool{e.Metric, e.Target, e.Due, e.Baseline, e.Outcome} {
		if has {
			n++
		}
	}
	return float64(n) / 5
}

// ClarityOf is score L4: the clarity of active objectives weighted by their
// effort, and how many of them are unclear, below 0.6. The first is undefined
// without effort, both without objectives.
func ClarityOf(active []Endstate) (byEffort, unclear stat.Estimate) {
	if len(active) == 0 {
		none := stat.NotDefined("no active objective")
		return none, none
	}
	sum, total, n := 0.0, effort.Micro(0), 0
	for _, e := range active {
		sum += e.Clarity() * float64(e.Effort)
		total += e.Effort
		if e.Clarity() < Clear {
			n++
		}
	}
	unclear = stat.Known(float64(n), len(active))
	if total <= 0 {
		return stat.NotDefined("no effort on active objectives"), unclear
	}
	return stat.Known(sum/float64(total), int(total/effort.PersonDay)).AlertFrom(alertEffort), unclear
}

// activities are the verbs that name an activity, each in the forms in which a
// text may begin with it.
func activities() []string {
	return strings.Fields(`
		ship ships shipping launch launches launching build builds building
		implement implements implementing deliver delivers delivering
		release releases releasing migrate migrates migrating create creates creating
		complete completes completing deploy deploys deploying`)
}

// ActivityPhrased reports whether the text of an objective names an activity
// rather than an end: it begins with ship, launch, build, implement, deliver,
// release, migrate, create, roll out, complete or deploy (also as ships and
// shipping), and no numeric target is declared. Words before the verb such as
// "to" and "we will" are passed over. Only English is known: other texts count
// as outcomes.
func ActivityPhrased(text string, target bool) bool {
	if target {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
	for len(words) > 0 && slices.Contains([]string{"to", "we", "will", "shall", "want", "must", "please", "let's"}, words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return false
	}
	rolls := words[0] == "roll" || words[0] == "rolls" || words[0] == "rolling"
	return slices.Contains(activities(), words[0]) || words[0] == "rollout" || rolls && len(words) > 1 && words[1] == "out"
}

// ActivityPhrasedRatio is the share of the active objectives that are phrased as
// activities. It is undefined without any.
func ActivityPhrasedRatio(phrased []bool) stat.Estimate {
	if len(phrased) == 0 {
		return stat.NotDefined("no active objective")
	}
	n := 0
	for _, p := range phrased {
		if p {
			n++
		}
	}
	return stat.Known(float64(n)/float64(len(phrased)), len(phrased))
}
