package scoring

import (
	"math"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
)

// ShareStep is how finely the share of a single work is told. Works are few
// people's: the difference between two days' exact values would tell what one
// of them did in between.
const ShareStep = .05

const stepsOfWhole = 1 / ShareStep

// A Shared is a work that carries effort of a window, with what may be told
// about it to everybody who reads. The order of those without a share must not
// be shown.
type Shared struct {
	No        uint64 // number of the item, see store.Change
	Category  Category
	Objective string // id, "" outside of objectives
	Method    attribution.Method
	Owners    []string // teams, in declared order; must not be changed
	// Share is the part of all effort of its category (within its objective)
	// in steps of ShareStep, absent where it tells of few people.
	Share Number
}

// contributorsOf appends parts to contributors.
func (e *Engine) contributorsOf(parts []loadPart, into contributors) contributors {
	for _, p := range parts {
		into = into.with(e.contributor(p.person), p.sum)
	}
	return into
}

// sizesOf counts the people of each work.
func (e *Engine) sizesOf(works []*workLoad) []int {
	sizes := make([]int, len(works))
	for i, l := range works {
		people := e.contributorsOf(l.parts, nil)
		sizes[i] = people.count()
	}
	return sizes
}

// withholdWorks gives those works of a place a share that may have one.
func (e *Engine) withholdWorks(works []*workLoad, all bool) {
	if all {
		return
	}
	var total effort.Micro
	hidden := make([]bool, len(works))
	rest := make(map[uint32]effort.Micro) // of those that are withheld, by person
	groups := 0
	hide := func(i int) {
		hidden[i] = true
		groups++
		for _, p := range works[i].parts {
			rest[p.person] += p.sum
		}
	}
	var people contributors
	for i, l := range works {
		total += l.sum
		if len(l.parts) < e.declared.Privacy.KEffort { // most are, and need no closer look
			hide(i)
		} else if people = e.contributorsOf(l.parts, people[:0]); e.tellsOfFew(people) {
			hide(i)
		}
	}
	var sizes []int // once somebody asks
	for groups > 0 {
		var parts []loadPart
		for person, sum := range rest {
			parts = append(parts, loadPart{person, sum})
		}
		if groups > 1 && !e.tellsOfFew(e.contributorsOf(parts, nil)) {
			break
		}
		if sizes == nil {
			sizes = e.sizesOf(works)
		}
		next := -1
		for i := range works { // the smallest of the fewest people
			if !hidden[i] && (next < 0 || sizes[i] <= sizes[next]) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		hide(next)
	}
	for i, l := range works {
		if !hidden[i] {
			l.share = Number(math.Round(float64(l.sum)/float64(total)/ShareStep) / stepsOfWhole)
		}
	}
}
