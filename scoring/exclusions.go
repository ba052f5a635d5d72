package scoring

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/velocity"
	"github.com/workdrift/workdrift/store"
)

// ruledOut knows since which declaration the rules have said of an item that it
// is not to be done. Rules change: the clock of what one excludes starts when it
// began to exclude just that, whatever the rule was called and whatever else was
// written beside it since (score specification, section 4.4).
type ruledOut struct {
	loads []ruledLoad // what was declared, oldest first
	// since is the number of the declaration from which on each one excludes an
	// item. What the first one excluded already is not here.
	since map[uint32]int32
}

// A ruledLoad is one declaration. Those with equal rules share a judge.
type ruledLoad struct {
	known objective.Date
	judge *ruleJudge
}

// A ruleJudge compiles rules when they are first asked for: few items are
// excluded.
type ruleJudge struct {
	set     *objective.Set
	matcher *attribution.Matcher
	bad     bool
}

func newRuledOut(history []objective.Loaded) ruledOut {
	r := ruledOut{since: make(map[uint32]int32)}
	for i := range history {
		l := ruledLoad{knownDay(history[i].Known), &ruleJudge{set: &history[i].Set}}
		if i > 0 && history[i].Set.SameRules(&history[i-1].Set) {
			l.judge = r.loads[i-1].judge
		}
		r.loads = append(r.loads, l)
	}
	return r
}

// learn replaces what is known of an item, which is excluded by the rules of
// today or not.
func (r *ruledOut) learn(no uint32, it *store.Item, excluded bool) {
	delete(r.since, no)
	if !excluded {
		return
	}
	first := len(r.loads)
	for first > 0 && r.loads[first-1].judge.excludes(it) {
		first--
	}
	if first > 0 {
		r.since[no] = int32(first)
	}
}

// excludes reports whether the rules exclude an item. Rules that cannot be
// compiled any more say nothing else than those after them.
func (j *ruleJudge) excludes(it *store.Item) bool {
	if j.matcher == nil && !j.bad {
		rules, err := attribution.Compile(j.set)
		if err != nil {
			j.bad = true
		} else {
			j.matcher = rules.Matcher()
		}
	}
	if j.bad {
		return true
	}
	m := j.matcher.Match(it)
	return m.Excludes()
}

// known returns the day on which it could be read that an item is excluded,
// NoDate where that was so from the first declaration on.
func (r *ruledOut) known(no uint32) objective.Date {
	switch i, later := r.since[no]; {
	case !later:
		return objective.NoDate
	case int(i) == len(r.loads): // nothing that was declared says so
		return objective.NoDate
	default:
		return r.loads[i].known
	}
}

// excludedWork lists the decisions that a workstream is not to be done: a flag
// on one of its items, or a rule that came later than the first declaration.
// The workstream is everything that is excluded because of the same item.
func (v *evaluation) excludedWork() []stopDecision {
	flags := v.flags()
	from := v.day + 1
	for _, known := range flags {
		if v.mayCount(known) {
			from = min(from, known)
		}
	}
	out := &v.engine.out
	for no := range out.since {
		if known := out.known(no); v.mayCount(known) {
			from = min(from, known)
		}
	}
	if from > v.day {
		return nil
	}
	type stream struct {
		end   uint64
		known objective.Date
	}
	streams := make(map[stream]map[uint32]bool)
	seen := make(map[uint32]bool)
	v.eachWork(from-velocity.LookBack, func(w *workSum) {
		if w.category != Excluded || seen[w.work] {
			return
		}
		seen[w.work] = true
		x := v.engine.graph.Explain(uint64(w.work))
		end := x.Work
		if n := len(x.Path); n > 0 && x.Path[n-1].To != 0 {
			end = x.Path[n-1].To
		}
		known := v.excludedSince(end, x.Rule, flags)
		if !v.mayCount(known) {
			return
		}
		at := stream{end, known}
		if streams[at] == nil {
			streams[at] = make(map[uint32]bool)
		}
		streams[at][w.work] = true
	})
	order := slices.SortedFunc(maps.Keys(streams), func(a, b stream) int {
		return cmp.Or(cmp.Compare(a.known, b.known), cmp.Compare(v.engine.items[a.end].order, v.engine.items[b.end].order))
	})
	list := make([]stopDecision, 0, len(streams))
	for _, at := range order {
		list = append(list, stopDecision{item: at.end, effective: objective.NoDate, known: at.known, reactivated: objective.NoDate, works: streams[at]})
	}
	return list
}

// flags says since when items are flagged as not to be done, by their keys in
// lower case.
func (v *evaluation) flags() map[string]objective.Date {
	flags := make(map[string]objective.Date)
	for _, o := range v.engine.overrides {
		if day := knownDay(o.At); o.To == attribution.Excluded.String() && o.At.Before(v.asOf) {
			flags[strings.ToLower(o.Key)] = day
		}
	}
	return flags
}

// excludedSince returns since when an item is excluded for a reason, NoDate when
// it always was.
func (v *evaluation) excludedSince(item uint64, rule string, flags map[string]objective.Date) objective.Date {
	since := objective.NoDate
	earlier := func(known objective.Date) {
		if since == objective.NoDate || known < since {
			since = known
		}
	}
	graph := v.engine.graph
	if strings.HasPrefix(rule, "override") {
		for key, known := range flags {
			if slices.ContainsFunc(graph.Find(key), func(no uint64) bool { return graph.Work(no) == graph.Work(item) }) {
				earlier(known)
			}
		}
		return since
	}
	for _, no := range graph.Members(item) {
		if !graph.RuledOut(no) {
			continue
		}
		known := v.engine.out.known(uint32(no))
		if known == objective.NoDate {
			return known // what one copy shows to be excluded always was
		}
		earlier(known)
	}
	return since
}

// exclusionDays lists the days on which it was decided that something is not to
// be done, whether there was any work of that kind or not: by a flag, or by a
// rule that says more than it did. A rule that says less stops nothing.
func (v *evaluation) exclusionDays() []objective.Date {
	days := slices.Collect(maps.Values(v.flags()))
	for i := 1; i < len(v.history); i++ {
		if v.history[i].Set.ExcludesMore(&v.history[i-1].Set) {
			days = append(days, knownDay(v.history[i].Known))
		}
	}
	return days
}
