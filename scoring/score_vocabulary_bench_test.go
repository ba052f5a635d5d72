package scoring

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// The organisation of the benchmark: a team is of eight and works for five
// objectives; two thirds of the items are for an objective. They come as a
// million does in two years. Only the newest 146 days of them are made, because
// the words of earlier ones are let go as they are read.
const (
	wordItems      = 200_000
	wordTeams      = 60
	wordObjectives = 50
	wordDays       = 146
	wordsAnItem    = 60
)

func wordOrganisation() *Declared {
	d := latestDeclared()
	d.Teams, d.Set.Objectives, d.Windows.Labels = nil, nil, []string{"7d", "28d", "91d", "quarter"}
	for t := range wordTeams {
		team := Team{ID: fmt.Sprintf("team-%02d", t)}
		for p := range 8 {
			id := fmt.Sprintf("p%d-%d", t, p)
			d.People.Persons = append(d.People.Persons, Person{ID: id, Identities: []string{id}, FTE: 1})
			team.Members = append(team.Members, Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
		}
		d.Teams = append(d.Teams, team)
	}
	for o := range wordObjectives {
		d.Set.Objectives = append(d.Set.Objectives, objective.Objective{
			ID: fmt.Sprintf("o%02d", o), Text: "Words of an objective", Start: objective.NoDate,
			Match: &objective.Rule{Attr: store.AttrLabel, Like: []objective.Pattern{{Op: objective.Exact, Text: fmt.Sprint("o", o)}}},
			Terms: []string{spelled(uint64(100 + o)), spelled(uint64(200 + o)), spelled(uint64(300 + o))}, ExcludedTerms: []string{spelled(uint64(5000 + o))},
			Versions: []objective.Version{{From: objective.NoDate, Rank: o + 1, State: objective.Active, TargetShare: -1, OwnerTeam: d.Teams[o%wordTeams].ID}},
		})
	}
	return d
}

// spelled is word number n as a store keeps it.
func spelled(n uint64) string { return wordName(mix(n, 1))[4:] }

// wordItem is item i: a ticket or a change of one person on a day, in words by
// Zipf's law, some of them of its objective.
func wordItem(i int) store.Change {
	random := rand.New(rand.NewPCG(uint64(i), 1))
	zipf := rand.NewZipf(random, 1.1, 20, 400_000)
	team, at := random.IntN(wordTeams), closedAt.AddDate(0, 0, -2-i*wordDays/wordItems)
	it := store.Item{Source: "gh", ID: fmt.Sprint(i), Kind: store.KindChange, Keys: []string{fmt.Sprintf("acme/api#%d", i)}, Created: at}
	if random.IntN(3) == 0 {
		it.Kind = store.KindTicket
	}
	o := -1
	if random.IntN(3) > 0 {
		o = (team + 7*random.IntN(5)) % wordObjectives
		it.Attrs = map[string][]string{store.AttrLabel: {fmt.Sprint("o", o)}}
	}
	counts := make(map[string]int, wordsAnItem)
	for len(counts) < wordsAnItem {
		n := zipf.Uint64()
		if o >= 0 && random.IntN(6) == 0 {
			n = uint64(100 + 100*random.IntN(10) + o)
		}
		counts[spelled(n)]++
	}
	for word, n := range counts {
		it.Terms = append(it.Terms, store.Term{Word: word, Count: n})
	}
	slices.SortFunc(it.Terms, func(a, b store.Term) int { return strings.Compare(a.Word, b.Word) })
	who := fmt.Sprintf("p%d-%d", team, random.IntN(8))
	return store.Change{No: uint64(i + 1), Seq: uint64(i + 1), Item: it, Events: []store.Event{
		{Source: "gh", Item: it.ID, ID: "o", Kind: store.EventOpen, Actor: who, At: at},
		{Source: "gh", Item: it.ID, ID: "c", Kind: store.EventCommit, Actor: who, At: at.Add(time.Hour)}}}
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkVocabulary tells what words cost: memory, the first comparison of
// everything, one with nothing new, and one after an item of last week was
// edited.
func BenchmarkVocabulary(b *testing.B) {
	e, err := NewEngine(wordOrganisation(), nil)
	if err != nil {
		b.Fatal(err)
	}
	sources := []store.SourceState{{Source: "gh", Watermark: closedAt}}
	e.Expect(closedAt, sources)
	for i := range wordItems {
		ch := wordItem(i)
		e.Apply(ch)
	}
	e.Report(closedAt, sources) // settles what is no matter of words
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			e.compared = newComparisons(e.declared)
			compareAll(b, e)
		}
		pairs := 0
		for i := range e.compared.known {
			for _, p := range e.compared.known[i].pairs {
				if p.gap.OK() {
					pairs++
				}
			}
		}
		b.ReportMetric(float64(pairs), "pairs")
	})
	b.Run("nothing new", func(b *testing.B) {
		for b.Loop() {
			compareAll(b, e)
		}
	})
	b.Run("an edit", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			ch := wordItem(7*wordItems/wordDays + n)
			ch.Item.Terms[0].Count++
			e.Apply(ch)
			e.settle()
			compareAll(b, e)
		}
	})
	b.Run("memory", func(b *testing.B) {
		recent := 0
		for no := range e.words.texts {
			if e.facts[no].created >= minuteOf(closedAt.AddDate(0, 0, -91)) {
				recent++
			}
		}
		texts, before := len(e.words.texts), heap()
		for b.Loop() {
			e.words = newWords(e.declared)
		}
		b.ReportMetric(before-heap(), "MB-words")
		b.ReportMetric(float64(texts), "items")
		b.ReportMetric(float64(recent), "items-of-91-days")
		before = heap()
		e.compared = newComparisons(e.declared)
		b.ReportMetric(before-heap(), "MB-compared")
		runtime.KeepAlive(e)
	})
}

// compareAll compares the words of every objective as a report does.
func compareAll(b *testing.B, e *Engine) {
	b.Helper()
	day, _, _ := ClosedDay(closedAt, e.declared.Windows.CloseGrace, nil)
	v := &evaluation{engine: e, declared: e.declared, report: &Report{}, day: day, asOf: (day + 1).Time(), keep: (day - longestWindow).Monday()}
	if len(v.wordPairs()) == 0 {
		b.Fatal("nothing is compared")
	}
}
