package scoring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// The dialects of the worlds of words: those who declare the objective, and who
// use its words for something else.
var (
	asDeclared = []string{"enterprise", "audit", "log", "sso", "seats", "contract", "directory", "scim", "legal", "procurement"}
	otherwise  = []string{"enterprise", "audit", "log", "trial", "signup", "funnel", "banner", "coupon", "landing", "newsletter"}
	smallTalk  = []string{"the", "and", "is", "of", "to", "fix", "add", "test", "build", "page", "when", "should"}
)

// say draws a text: a third of a dialect, the rest what everybody says.
func say(random *rand.Rand, dialect []string) []store.Term {
	counts := make(map[string]int)
	for i := range 60 {
		from := smallTalk
		if i%3 == 0 {
			from = dialect
		}
		counts[from[random.IntN(len(from))]]++
	}
	var terms []store.Term
	for _, word := range slices.Sorted(maps.Keys(counts)) {
		terms = append(terms, store.Term{Word: word, Count: counts[word]})
	}
	return terms
}

// A speech is what the people of a team write for the objective, an item a day.
type speech struct {
	team, key string
	kind      store.Kind
	items     int
	dialect   []string
}

// wordWorld is three teams of five: the one that owns the objective writes its
// tickets, the others change code for it.
func wordWorld(speeches ...speech) *world {
	w := newWorld(objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{{
		ID: "enterprise", Text: "Enterprise growth with sso and an audit log", Start: objective.NoDate,
		Match: attr(store.AttrLabel, "ent"), Terms: []string{"enterprise", "audit log", "procurement"}, ExcludedTerms: []string{"trial"},
		Versions: []objective.Version{{From: objective.NoDate, Rank: 1, State: objective.Active, TargetShare: -1, OwnerTeam: "owners"}},
	}}})
	for _, team := range []string{"owners", "alpha", "beta"} {
		t := scoring.Team{ID: team}
		for i := range 5 {
			id := fmt.Sprint(team, i)
			w.declared.People.Persons = append(w.declared.People.Persons, scoring.Person{ID: id, Identities: []string{id}, FTE: 1})
			t.Members = append(t.Members, scoring.Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		}
		w.declared.Teams = append(w.declared.Teams, t)
	}
	w.speak(append(speeches, speech{"owners", "PAY-", store.KindTicket, 60, asDeclared}), []string{"ent"})
	w.speak([]speech{{"owners", "OPS-", store.KindTicket, 60, otherwise[3:]}}, nil)
	return w
}

// speak adds what people write, with labels.
func (w *world) speak(speeches []speech, labels []string) {
	for n, s := range speeches {
		random := rand.New(rand.NewPCG(uint64(n), 7))
		for i := range s.items {
			key, at := fmt.Sprint(s.key, i+1), closed.AddDate(0, 0, -8-i)
			w.item(s.kind, key, func(it *store.Item) {
				it.Terms, it.Created = say(random, s.dialect), at
				it.Attrs = map[string][]string{store.AttrLabel: labels}
			})
			who := fmt.Sprint(s.team, i%5)
			w.do(who, store.EventOpen, key, at)
			w.do(who, store.EventCommit, key, at.Add(time.Hour))
		}
	}
}

func alpha(items int, dialect []string) speech {
	return speech{"alpha", "acme/a#", store.KindChange, items, dialect}
}

func beta(items int, dialect []string) speech {
	return speech{"beta", "acme/b#", store.KindChange, items, dialect}
}

// spokenBy returns what the report tells of a team's words.
func spokenBy(t *testing.T, r *scoring.Report, team string) scoring.VocabularyReport {
	t.Helper()
	for _, p := range r.Vocabulary {
		if p.Team == team {
			return p
		}
	}
	t.Fatalf("nothing is told of the words of %q", team)
	return scoring.VocabularyReport{}
}

// A team that says the words of an objective and means another thing is flagged;
// one that means the same is not.
func TestVocabularyGap(t *testing.T) {
	r := wordWorld(alpha(60, asDeclared), beta(60, otherwise)).evaluate(t)
	same, other := spokenBy(t, r, "alpha"), spokenBy(t, r, "beta")
	if same.Gap.Status != scoring.OK || same.Flagged || same.Gap.Value >= .05 {
		t.Errorf("who says the same: %+v", same)
	}
	if other.Gap.Status != scoring.OK || !other.Flagged || other.Gap.Value < .05 || other.P > .01 {
		t.Errorf("who means another thing: %+v", other)
	}
	if !(other.Gap.Lower <= other.Gap.Value && other.Gap.Value <= other.Gap.Upper) {
		t.Errorf("limits %v to %v of %v", other.Gap.Lower, other.Gap.Upper, other.Gap.Value)
	}
	if len(other.Terms) == 0 || len(other.Terms)+other.Others != 10 {
		t.Errorf("%d declared terms and %d others contribute most", len(other.Terms), other.Others)
	}
	anchor := other.Anchors[0]
	if anchor.Term != "enterprise" || !anchor.Flagged || anchor.Gap.Value <= other.Gap.Value {
		t.Errorf("the context of enterprise tells no more than all words: %+v", anchor)
	}
	for team, want := range map[string]struct{ gap, flagged, anchor scoring.Number }{
		"alpha": {same.Gap.Value, 0, largestGap(same)}, "beta": {other.Gap.Value, 1, largestGap(other)},
	} {
		scores := r.Team(team)
		near(t, team+"'s gap", scores.Score(scoring.VocabularyGap).Value, float64(want.gap))
		near(t, team+"'s flagged effort", scores.Score(scoring.VocabularyFlagged).Value, float64(want.flagged))
		near(t, team+"'s anchors", scores.Score(scoring.AnchorContextGap).Value, float64(want.anchor))
	}
	// Both work as much: the organisation is between them.
	near(t, "the gap", r.Score(scoring.VocabularyGap).Value, float64(same.Gap.Value+other.Gap.Value)/2)
	near(t, "the flagged effort", r.Score(scoring.VocabularyFlagged).Value, .5)
	all := r.Objective("enterprise").Score(scoring.VocabularyGap)
	if all.Status != scoring.OK || all.Value <= same.Gap.Value || all.Value >= other.Gap.Value {
		t.Errorf("everybody's gap: %+v", all)
	}
}

func TestVocabularyNeedsEnough(t *testing.T) {
	for name, c := range map[string]struct {
		world  *world
		status scoring.Status
		reason string
	}{
		"too few items": {wordWorld(alpha(19, asDeclared)), scoring.InsufficientData, "19 of at least 20 items of the team"},
		"enough":        {wordWorld(alpha(30, asDeclared)), scoring.OK, ""},
		"other words":   {wordWorld(alpha(30, []string{"tickle"})), scoring.InsufficientData, "of at least 300 occurrences of terms in items of the team"},
		"two people": {func() *world {
			w := wordWorld(alpha(30, asDeclared))
			for i := range w.changes {
				for k := range w.changes[i].Events {
					e := &w.changes[i].Events[k]
					e.Actor = strings.NewReplacer("alpha2", "alpha0", "alpha3", "alpha0", "alpha4", "alpha1").Replace(e.Actor)
				}
			}
			return w
		}(), scoring.SuppressedPrivacy, "contributors"},
		"nobody declared": {func() *world {
			w := wordWorld(alpha(30, asDeclared))
			w.declared.Set.Objectives[0].Versions[0].OwnerTeam = ""
			return w
		}(), scoring.InsufficientData, "of at least"},
	} {
		r := c.world.evaluate(t)
		p := spokenBy(t, r, "alpha")
		if p.Gap.Status != c.status || !strings.Contains(p.Gap.Reason, c.reason) {
			t.Errorf("%s: %+v", name, p.Gap)
		}
		if s := r.Team("alpha").Score(scoring.VocabularyGap); (s.Status == scoring.OK) != (c.status == scoring.OK) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// Where one team is withheld, another is with it: the rest of everybody's works
// would be that team's.
func TestVocabularyIsNoRemainder(t *testing.T) {
	w := wordWorld(alpha(30, asDeclared), beta(30, asDeclared))
	hidden := func() (teams []string) {
		for _, p := range w.evaluate(t).Vocabulary {
			if p.Gap.Status == scoring.SuppressedPrivacy {
				teams = append(teams, p.Team)
				if p.Breach.Status != scoring.SuppressedPrivacy || p.Items != 0 || len(p.Terms)+len(p.Anchors)+len(p.Breaches) > 0 {
					t.Errorf("withheld is %+v", p)
				}
			}
		}
		return teams
	}
	if got := hidden(); len(got) > 0 {
		t.Fatalf("%v are withheld", got)
	}
	for i := range w.changes {
		for k := range w.changes[i].Events {
			e := &w.changes[i].Events[k]
			e.Actor = strings.NewReplacer("alpha2", "alpha0", "alpha3", "alpha0", "alpha4", "alpha1", "beta4", "beta3").Replace(e.Actor)
		}
	}
	// Beta with four people is the smallest that is left.
	if got := hidden(); !slices.Equal(got, []string{"alpha", "beta"}) {
		t.Errorf("%v are withheld", got)
	}
}

// What an objective excludes and what it declares are looked for in the work for
// it, and found works are listed.
func TestBoundaryBreach(t *testing.T) {
	w := wordWorld(alpha(30, []string{"enterprise", "audit", "sso"}))
	for _, no := range []int{1, 4} {
		it := &w.changes[w.byID[fmt.Sprint("acme/a#", no)]].Item
		it.Terms = append(it.Terms, store.Term{Word: "trial", Count: 1})
	}
	r := w.evaluate(t)
	p := spokenBy(t, r, "alpha")
	near(t, "breach", p.Breach.Value, 2./30)
	slices.Sort(p.Breaches)
	if !slices.Equal(p.Breaches, []string{"acme/a#1", "acme/a#4"}) {
		t.Errorf("listed are %v", p.Breaches)
	}
	near(t, "coverage", p.Coverage.Value, 1./3)
	if !slices.Equal(p.Unused, []string{"audit log", "procurement"}) { // half of a term is not the term
		t.Errorf("unused are %v", p.Unused)
	}
	// The owners' tickets are works for it, too.
	near(t, "breach of all", r.Objective("enterprise").Score(scoring.BoundaryBreach).Value, 2./90)
	near(t, "breach of the team", r.Team("alpha").Score(scoring.BoundaryBreach).Value, 2./30)
	near(t, "breach of the organisation", r.Score(scoring.BoundaryBreach).Value, 2./90)
	near(t, "coverage by all", r.Objective("enterprise").Score(scoring.DeclaredTermCoverage).Value, 1)
	w.declared.Set.Objectives[0].ExcludedTerms = nil
	if s := w.evaluate(t).Objective("enterprise").Score(scoring.BoundaryBreach); s.Status != scoring.Undefined {
		t.Errorf("nothing is excluded: %+v", s)
	}
}

// An item that the rule of what is excluded matches, and that is for the
// objective all the same because somebody said so, is a breach.
func TestBreachByRule(t *testing.T) {
	w := wordWorld(alpha(30, asDeclared))
	o := &w.declared.Set.Objectives[0]
	o.ExcludedTerms, o.Excludes = nil, attr(store.AttrLabel, "plg")
	w.changes[w.byID["acme/a#7"]].Item.Attrs[store.AttrLabel] = []string{"plg"}
	w.overrides = []store.Override{{Key: "acme/a#7", To: "enterprise", At: closed}}
	if p := spokenBy(t, w.evaluate(t), "alpha"); !slices.Equal(p.Breaches, []string{"acme/a#7"}) || p.Breach.Value != 1./30 {
		t.Errorf("%+v", p)
	}
}

// The report is that of the newest texts, whatever came before in whatever
// order, and whether or not reports were made on the way: bit for bit.
func TestVocabularyFollows(t *testing.T) {
	w := wordWorld(alpha(40, asDeclared), beta(40, otherwise))
	sources := []store.SourceState{{Source: "gh", Watermark: closed}}
	want, err := json.Marshal(w.evaluate(t))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 3))
		e, err := scoring.NewEngine(w.declared, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 80 {
			old := w.changes[random.IntN(len(w.changes))]
			old.Item.Terms = say(random, otherwise)
			if random.IntN(3) == 0 {
				old.Item.Attrs = nil
			}
			e.Apply(old)
			if random.IntN(20) == 0 {
				e.Report(closed, sources)
			}
		}
		for _, i := range random.Perm(len(w.changes)) {
			e.Apply(w.changes[i])
			if random.IntN(50) == 0 {
				e.Report(closed.AddDate(0, 0, -14+random.IntN(14)), sources)
			}
		}
		if got, _ := json.Marshal(e.Report(closed, sources)); !bytes.Equal(got, want) {
			t.Fatalf("seed %d: followed\n%s\nread anew\n%s", seed, got, want)
		}
	}
}

// Whatever the words are keyed with, they are compared alike.
func TestVocabularyIsHashed(t *testing.T) {
	w := wordWorld(alpha(40, asDeclared), beta(40, otherwise))
	plain := w.evaluate(t)
	hash := store.NewHasher([]byte("a secret of thirty-two bytes ..."))
	w.declared.Words = func(text string) (terms []store.Term) {
		for _, word := range strings.Fields(strings.ToLower(text)) {
			terms = append(terms, store.Term{Word: hash.Term(word), Count: 1})
		}
		return terms
	}
	for i := range w.changes {
		terms := slices.Clone(w.changes[i].Item.Terms)
		for k := range terms {
			terms[k].Word = hash.Term(terms[k].Word)
		}
		w.changes[i].Item.Terms = terms
	}
	hashed := w.evaluate(t)
	for _, team := range []string{"alpha", "beta"} {
		a, b := spokenBy(t, plain, team), spokenBy(t, hashed, team)
		// Limits and p are drawn in the order of documents, which stays; sums of
		// floats go by the order of words, which does not.
		near(t, team, b.Gap.Value, float64(a.Gap.Value))
		near(t, team+"'s p", b.P, float64(a.P))
		if a.Flagged != b.Flagged || !slices.Equal(a.Unused, b.Unused) || len(a.Terms) != len(b.Terms) {
			t.Errorf("%s: plain %+v, hashed %+v", team, a, b)
		}
	}
}

// Nothing is compared until every source was read once.
func TestVocabularyWaitsForTheFirstScan(t *testing.T) {
	w := wordWorld(alpha(40, asDeclared))
	r, err := scoring.Evaluate(scoring.Input{Declared: w.declared, Changes: w.changes}, closed)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Objective("enterprise").Score(scoring.VocabularyGap)
	if len(r.Vocabulary) > 0 || s.Status != scoring.InsufficientData || !strings.Contains(s.Reason, "first time") {
		t.Errorf("%+v", s)
	}
}

// largestGap is the largest gap of an anchor.
func largestGap(r scoring.VocabularyReport) scoring.Number {
	most := scoring.Number(-1)
	for _, a := range r.Anchors {
		if a.Gap.Status == scoring.OK {
			most = max(most, a.Gap.Value)
		}
	}
	return most
}

// The phase sees flagged pairs at the ends of the last weeks, each by what was
// written in its own window.
func TestVocabularyPhase(t *testing.T) {
	const indicator, latch = scoring.DriftIndicator + "_vocabulary_gap", scoring.DriftLatch + "_vocabulary_gap"
	r := wordWorld(alpha(150, asDeclared), beta(150, otherwise)).evaluate(t)
	near(t, "indicator", r.Score(indicator).Value, .5)
	near(t, "latch", r.Score(latch).Value, 1)
	if phase := r.Score(scoring.DriftPhase).Verdict; phase != "vocabulary_gap" {
		t.Errorf("the phase is %s", phase)
	}
	r = wordWorld(alpha(150, asDeclared), beta(150, asDeclared)).evaluate(t)
	near(t, "indicator of alike", r.Score(indicator).Value, 0)
	near(t, "latch of alike", r.Score(latch).Value, 0)
	// Work of the last two months says nothing about windows that ended before.
	r = wordWorld(alpha(24, asDeclared), beta(24, otherwise)).evaluate(t)
	near(t, "indicator of two months", r.Score(indicator).Value, .5)
	near(t, "latch of two months", r.Score(latch).Value, 0)
}
