package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
	"github.com/workdrift/workdrift/scoring/vocabulary"
)

// The names of the scores of vocabulary (score specification, section 4.9).
const (
	VocabularyGap        = "vocabulary_gap"
	VocabularyFlagged    = "vocabulary_flagged_effort"
	AnchorContextGap     = "anchor_context_gap"
	DeclaredTermCoverage = "declared_term_coverage"
	BoundaryBreach       = "boundary_breach"
)

// vocabularyScores is the group of section 4.9: whether the words of the work on
// an objective are used as its declaration uses them.
//
// The declaration corpus of an objective is its text with its terms, the tickets
// that its keys name, tickets for it that members of its owning team wrote, and
// changes of nothing but its linked documents. The documents themselves are no
// items: what was said on changing them stands for them. Of the owner only the
// team counts, even where the configuration names a person.
//
// Compared is each team with the declaration, and everybody with it, over the 13
// whole weeks up to the last closed one. A work is one document: the words of a
// change stand for those of its commits. Series of single pairs of a team and an
// objective are only in the report, because there may be thousands.
func vocabularyScores() scoreGroup {
	const looks = " Looks at 13 closed weeks, sees words and not their order, and of texts only those that are in items."
	return scoreGroup{
		latest: []latestFamily{
			{score: VocabularyGap, of: ofOrganisation | ofTeams | ofObjectives, unit: "ratio", work: true,
				limits: "those of a bootstrap over items, 90 %, and of a mean the means of those.",
				help:   "How far the words of work for objectives are from those of their declarations, above chance: 0 is what chance gives, 1 no word in common; of teams and the organisation the mean over compared pairs by effort. Alarming from 0.05 on with p at most 0.01, not from 0.5 (default, by simulation)." + looks},
			{score: VocabularyFlagged, of: ofOrganisation | ofTeams, unit: "ratio", work: true,
				help: "Share of the effort of compared pairs of team and objective that belongs to pairs flagged for their words (gap from 0.05 on, p at most 0.01), 0 to 1. Healthy at 0; from 0.5 on it counts for the phase vocabulary_gap (default). Pairs with too few words leave it."},
			{score: AnchorContextGap, of: ofTeams | ofObjectives, unit: "ratio", work: true,
				help: "The largest gap between the contexts in which work and declaration use one of the declared terms, above chance, of those terms that could be compared; the report names it. Alarming from 0.05 on with p at most 0.01 (default, by simulation); the largest of many is large by chance more often." + looks},
			{score: DeclaredTermCoverage, of: ofObjectives, unit: "ratio", work: true,
				help: "Share of the declared terms of the objective that occur in at least one piece of work for it, 0 to 1. Healthy near 1; no benchmark is known. A term of several words occurs where all of them do." + looks},
			{score: BoundaryBreach, of: ofOrganisation | ofTeams | ofObjectives, unit: "ratio", work: true, limits: "the 90 % Wilson interval.",
				help: "Share of the works that count for an objective and match what that objective excludes, by its terms or its rule, 0 to 1. Healthy at 0; no benchmark is known. The report lists the works." + looks},
		},
		score: (*evaluation).vocabulary,
	}
}

// A VocabularyReport compares the words of a team, or of everybody, with the
// declaration of an objective.
type VocabularyReport struct {
	Objective string  `json:"objective"`
	Team      string  `json:"team,omitempty"` // "" for everybody
	Items     int     `json:"items"`          // works with words
	Gap       Score   `json:"gap"`
	P         Number  `json:"p_value"`
	Flagged   bool    `json:"flagged"`
	Terms     []Usage `json:"terms"` // declared ones among the 10 that contribute most
	// Others is how many of those are words that nobody declared. They are kept
	// as hashes and cannot be shown.
	Others   int      `json:"other_terms"`
	Anchors  []Anchor `json:"anchors"`
	Coverage Score    `json:"coverage"`
	Unused   []string `json:"unused_terms"` // declared terms that occur nowhere
	Breach   Score    `json:"breach"`
	Breaches []string `json:"breaches"` // keys of the works that match what is excluded, up to 20
}

// A Usage is how a declared term is used.
type Usage struct {
	Term string `json:"term"`
	Bits Number `json:"bits"` // what it adds to the divergence
	// Work and Declaration are the shares of the term among the words compared.
	Work        Number `json:"work_ratio"`
	Declaration Number `json:"declaration_ratio"`
}

// An Anchor is the gap between the contexts of a declared term.
type Anchor struct {
	Term    string `json:"term"`
	Gap     Score  `json:"gap"`
	P       Number `json:"p_value"`
	Flagged bool   `json:"flagged"`
}

// listedBreaches is how many works that match what is excluded are listed.
const listedBreaches = 20

// A wordPair is one comparison of a team, with its effort.
type wordPair struct {
	objective int
	pairWords
	effort effort.Micro
	hidden Score // its status says why it must not be told
}

// A saidBy is a pair as the phase sees it, and whose it is.
type saidBy struct {
	team int
	phase.Pair
}

func (v *evaluation) vocabulary() {
	pairs := v.wordPairs()
	byTeam := make([][]wordPair, len(v.declared.Teams))
	told := make([]bool, len(v.declared.Set.Objectives))
	for _, p := range pairs {
		v.report.Vocabulary = append(v.report.Vocabulary, v.vocabularyReport(&p))
		if p.team == everybody {
			told[p.objective] = true
			v.objectiveWords(&p)
			continue
		}
		byTeam[p.team] = append(byTeam[p.team], p)
	}
	for o := range told {
		if !told[o] && v.active(o) {
			v.objectiveWords(v.noWords(o))
		}
	}
	var all []wordPair
	for t, list := range byTeam {
		v.team(t, scoreOf(VocabularyGap, meanGap(list)))
		v.team(t, scoreOf(VocabularyFlagged, phase.VocabularyOf(phasePairs(list))))
		v.team(t, scoreOf(AnchorContextGap, largestAnchor(list)))
		v.team(t, scoreOf(BoundaryBreach, v.breachOf(list)))
		all = append(all, list...)
	}
	v.organisation(scoreOf(VocabularyGap, meanGap(all)))
	v.organisation(scoreOf(VocabularyFlagged, phase.VocabularyOf(phasePairs(all))))
	var each []wordPair
	for _, p := range pairs {
		if p.team == everybody {
			each = append(each, p)
		}
	}
	v.organisation(scoreOf(BoundaryBreach, v.breachOf(each)))
}

// wordPairs compares the words of every active objective, or returns what was
// found before. While a source is read for the first time there are none: the
// texts of every page would change all of them.
func (v *evaluation) wordPairs() []wordPair {
	if v.wordsRead {
		return v.words
	}
	v.wordsRead = true
	active := 0
	for o := range v.declared.Set.Objectives {
		if v.active(o) {
			active++
		}
	}
	if v.report.Partial || active == 0 {
		return nil
	}
	uses, corpora := v.uses(), v.corpora()
	for o := range uses {
		if !v.active(o) || len(uses[o]) == 0 {
			continue
		}
		known, first := v.compare(o, uses[o], corpora[o], wordWork/active), len(v.words)
		var sizes []int
		for i := range known.pairs {
			people, spent := uses[o][i].spent(v.engine, 0)
			if spent > 0 {
				v.words = append(v.words, wordPair{o, known.pairs[i], spent, v.tellable(known.pairs[i].team, people)})
				sizes = append(sizes, people.count())
			}
		}
		v.complementWords(v.words[first:], sizes)
		for block := 1; block < wordBlocks; block++ {
			for _, past := range known.past[block] {
				v.pastWords[block] = append(v.pastWords[block], saidBy{past.team, v.pastPhasePair(uses[o], past, block)})
			}
		}
	}
	for i := range v.words {
		if p := &v.words[i]; p.team != everybody {
			v.pastWords[0] = append(v.pastWords[0], saidBy{p.team, p.phasePair()})
		}
	}
	return v.words
}

// complementWords withholds more teams of an objective where those that are
// withheld hold fewer than k contributors together: what everybody's words and
// works come to, less what is told of the others, would tell of them.
func (v *evaluation) complementWords(pairs []wordPair, sizes []int) {
	if len(pairs) == 0 || pairs[0].team != everybody || pairs[0].hidden.Status != OK {
		return // no whole is told
	}
	teams, k := pairs[1:], v.declared.Privacy.KEffort
	hidden := make([]bool, len(teams))
	for i := range teams {
		hidden[i] = teams[i].hidden.Status != OK
	}
	before := slices.Clone(hidden)
	Complement(hidden, sizes[1:], k)
	for i := range teams {
		if hidden[i] && !before[i] {
			teams[i].hidden = unavailable("", SuppressedPrivacy, "another team could be computed from the rest")
		}
	}
}

// pastPhasePair is the pair of an earlier window as the phase sees it.
func (v *evaluation) pastPhasePair(uses []use, past pastPair, block int) phase.Pair {
	for i := range uses {
		if uses[i].team == past.team {
			people, spent := uses[i].spent(v.engine, block)
			return phase.Pair{Effort: spent, Flagged: past.flagged, Eligible: past.eligible && v.tellable(past.team, people).Status == OK}
		}
	}
	return phase.Pair{}
}

// tellable applies the rules for groups to those of a team who worked for an
// objective: how a few of them write is not told, and nothing of a team whose
// effort is withheld.
func (v *evaluation) tellable(team int, people contributors) Score {
	p := v.declared.Privacy
	scope := v.hidden.organisation
	if team != everybody && team < len(v.hidden.teams) && (scope == nil || scope.Status != SuppressedPrivacy) {
		scope = v.hidden.teams[team]
	}
	switch {
	case scope != nil && scope.Status == SuppressedPrivacy:
		return unavailable("", scope.Status, scope.Reason)
	case people.count() < p.KEffort:
		return unavailable("", SuppressedPrivacy, "fewer contributors than privacy.k_effort")
	case people.dominated(p.Dominance):
		return unavailable("", SuppressedPrivacy, "one contributor supplies more of the effort than privacy.dominance")
	}
	return Score{Status: OK}
}

// phasePair is a pair as the phase sees it.
func (p *wordPair) phasePair() phase.Pair {
	return phase.Pair{Effort: p.effort, Eligible: p.gap.OK() && p.hidden.Status == OK, Flagged: p.gap.Flagged}
}

func phasePairs(list []wordPair) (pairs []phase.Pair) {
	for i := range list {
		pairs = append(pairs, list[i].phasePair())
	}
	return pairs
}

// meanGap is the mean gap of the pairs that could be compared, by their effort.
// The limits are the means of the limits, where all have any.
func meanGap(list []wordPair) stat.Estimate {
	var value, lower, upper float64
	var total effort.Micro
	n, bounded := 0, true
	for i := range list {
		if p := &list[i]; p.phasePair().Eligible {
			weight := p.effort.PersonDays()
			value, lower, upper = value+weight*p.gap.Value, lower+weight*p.gap.Lower, upper+weight*p.gap.Upper
			total += p.effort
			n, bounded = n+1, bounded && p.gap.Bounded
		}
	}
	if n == 0 {
		return stat.Insufficient(0, "no pair of team and objective has enough words")
	}
	days := total.PersonDays()
	mean := stat.Known(value/days, n)
	if bounded {
		mean = mean.Within(lower/days, upper/days)
	}
	return mean
}

// largestAnchor is the largest gap of a declared term.
func largestAnchor(list []wordPair) stat.Estimate {
	best := stat.Insufficient(0, "no declared term occurs often enough on both sides")
	for i := range list {
		if list[i].hidden.Status != OK {
			continue
		}
		for _, a := range list[i].anchors {
			if a.OK() && (!best.OK() || a.Value > best.Value) {
				best = stat.Known(a.Value, a.N)
			}
		}
	}
	return best
}

// breachOf is the share of the works of pairs that match what their objectives
// exclude.
func (v *evaluation) breachOf(list []wordPair) stat.Estimate {
	breaches, items, excludes := 0, 0, false
	for i := range list {
		if p := &list[i]; v.excludes(p.objective) && p.hidden.Status == OK {
			excludes = true
			breaches, items = breaches+len(p.breaching), items+p.items
		}
	}
	if !excludes {
		return vocabulary.Breach(nil, false, nil)
	}
	return stat.Proportion(breaches, items, 10, "works for objectives that exclude something")
}

func (v *evaluation) excludes(o int) bool {
	return len(v.engine.compared.excluded[o]) > 0 || v.declared.Set.Objectives[o].Excludes != nil
}

// noWords stands for an objective without work.
func (v *evaluation) noWords(o int) *wordPair {
	none := stat.Insufficient(0, "nobody worked on the objective in these weeks")
	if v.report.Partial {
		none = stat.Insufficient(0, "a source is still being read for the first time")
	}
	return &wordPair{objective: o, hidden: Score{Status: OK},
		pairWords: pairWords{team: everybody, gap: vocabulary.Gap{Estimate: none}, coverage: none, breach: none}}
}

// objectiveWords hands over the scores of an objective.
func (v *evaluation) objectiveWords(p *wordPair) {
	o := p.objective
	v.objective(o, p.score(VocabularyGap, p.gap.Estimate))
	v.objective(o, p.score(AnchorContextGap, largestAnchor([]wordPair{*p})))
	v.objective(o, p.score(DeclaredTermCoverage, p.coverage))
	v.objective(o, p.score(BoundaryBreach, p.breach))
}

// score is a score of a pair, withheld where the pair must not be told.
func (p *wordPair) score(name string, e stat.Estimate) Score {
	if p.hidden.Status != OK {
		return unavailable(name, p.hidden.Status, p.hidden.Reason)
	}
	return scoreOf(name, e)
}

// vocabularyReport tells of one pair.
func (v *evaluation) vocabularyReport(p *wordPair) VocabularyReport {
	r := VocabularyReport{Objective: v.declared.Set.Objectives[p.objective].ID, P: Absent(),
		Gap: p.score(VocabularyGap, p.gap.Estimate), Coverage: p.score(DeclaredTermCoverage, p.coverage), Breach: p.score(BoundaryBreach, p.breach)}
	if p.team != everybody {
		r.Team = v.declared.Teams[p.team].ID
	}
	if p.hidden.Status != OK {
		return r
	}
	r.Items, r.Unused = p.items, p.unused
	if p.gap.OK() {
		r.P, r.Flagged = Number(p.gap.P), p.gap.Flagged
		for _, c := range p.gap.Terms {
			if c.Term.Name == "" {
				r.Others++
				continue
			}
			r.Terms = append(r.Terms, Usage{c.Term.Name, Number(c.Bits), Number(c.Team), Number(c.Corpus)})
		}
	}
	for _, a := range p.anchors {
		anchor := Anchor{Term: a.term, Gap: scoreOf(AnchorContextGap, a.Estimate), P: Absent()}
		if a.OK() {
			anchor.P, anchor.Flagged = Number(a.P), a.Flagged
		}
		r.Anchors = append(r.Anchors, anchor)
	}
	for _, no := range p.breaching {
		if key := v.engine.words.shown[no]; key != "" && len(r.Breaches) < listedBreaches {
			r.Breaches = append(r.Breaches, key)
		}
	}
	return r
}
