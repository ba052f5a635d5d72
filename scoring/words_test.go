package scoring

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/vocabulary"
	"github.com/workdrift/workdrift/store"
)

// wordEngine holds an item of each kind that matters: one of the last week, one
// of years ago, and what declares an objective as long ago.
func wordEngine(t *testing.T) *Engine {
	t.Helper()
	d := latestDeclared()
	o := &d.Set.Objectives[0]
	o.Keys, o.Docs, o.ExcludedTerms = []string{"EPIC-1"}, []string{"docs/a.md", "docs/b.md"}, []string{"free trial"}
	e, err := NewEngine(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	ago := closedAt.AddDate(-3, 0, 0)
	for i, it := range []store.Item{
		{Keys: []string{"acme/api#1"}, Created: closedAt.AddDate(0, 0, -9)},
		{Keys: []string{"acme/api#2"}, Created: ago},
		{Keys: []string{"epic-1"}, Created: ago},
		{Keys: []string{"acme/api#3"}, Created: ago, Attrs: map[string][]string{store.AttrPath: {"docs/b.md", "docs/a.md"}}},
		{Keys: []string{"acme/api#4"}, Created: ago, Attrs: map[string][]string{store.AttrPath: {"docs/a.md", "main.go"}}},
		{Keys: []string{"acme/api#5"}, Created: ago}, // and worked on last week
		{Keys: []string{"acme/api#6"}, Created: closedAt},
		{Keys: []string{"acme/api#7"}, Created: closedAt.AddDate(0, 0, -9), Gone: store.GoneDeleted},
	} {
		it.Source, it.ID, it.Kind = "gh", it.Keys[0], store.KindChange
		it.Terms = []store.Term{{Word: "all", Count: 2}, {Word: fmt.Sprint("own", i+1), Count: 1}}
		ch := store.Change{No: uint64(i + 1), Seq: uint64(i + 1), Item: it}
		if i == 5 {
			ch.Events = []store.Event{{Source: "gh", ID: "c", Item: it.ID, Kind: store.EventCommit, Actor: "ana", At: closedAt.AddDate(0, 0, -9)}}
		}
		e.Apply(ch)
	}
	return e
}

func TestWordsAreKept(t *testing.T) {
	sources := []store.SourceState{{Source: "gh", Watermark: closedAt}}
	kept := func(e *Engine) (list []int) {
		for no := range e.words.texts {
			list = append(list, int(no))
		}
		slices.Sort(list)
		return list
	}
	e := wordEngine(t)
	if got := kept(e); !slices.Equal(got, []int{1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("before any report %v are kept", got)
	}
	// Until the first scan is over, nothing is known to be of no use.
	e.Report(closedAt, nil)
	if got := kept(e); len(got) != 7 {
		t.Errorf("after a partial report %v are kept", got)
	}
	e.Report(closedAt, sources)
	if got := kept(e); !slices.Equal(got, []int{1, 3, 4, 6, 7}) {
		t.Errorf("after a report %v are kept", got)
	}
	// What was made after the last closed day is kept and does not count.
	if n := e.words.totalOf(wordKey("all")); n != 8 || e.words.total != 12 {
		t.Errorf("the word counts %d of %d", n, e.words.total)
	}
	e = wordEngine(t)
	e.Expect(closedAt, sources)
	if got := kept(e); !slices.Equal(got, []int{1, 3, 4, 6, 7}) {
		t.Errorf("when a report is expected %v are kept", got)
	}
	e.Expect(closedAt, nil)
	if got := kept(e); len(got) != 5 {
		t.Errorf("when less is known %v are kept", got)
	}
	// Three years later all but what declares is gone, and so are the words.
	later := closedAt.AddDate(3, 0, 0)
	e.Report(later, []store.SourceState{{Source: "gh", Watermark: later}})
	if got := kept(e); !slices.Equal(got, []int{3, 4}) || len(e.words.keys) != 3 || len(e.words.totals) != 3 || len(e.words.number) != 3 {
		t.Errorf("in the end %v are kept, %d words", got, len(e.words.keys))
	}
	words, _ := e.words.document(4)
	want := []vocabulary.Word{{Key: wordKey("all"), Count: 2}, {Key: wordKey("own4"), Count: 1}}
	slices.SortFunc(want, byWord)
	if !slices.Equal(words, want) || e.words.totalOf(want[0].Key)+e.words.totalOf(want[1].Key) != 5 {
		t.Errorf("the words of item 4 are %v, want %v", words, want)
	}
}

// The declared day of the window decides, not the time of the clock: a source
// that is late holds the words of its weeks.
func TestWordsOfALateSource(t *testing.T) {
	e := wordEngine(t)
	e.Expect(closedAt.AddDate(1, 0, 0), []store.SourceState{{Source: "gh", Watermark: closedAt}})
	if _, ok := e.words.texts[1]; !ok {
		t.Error("the words of the last closed week are gone")
	}
	if from := e.declared.wordsFrom(objective.DateOf(closedAt)).time(); from.After(closedAt.AddDate(0, 0, -7*(wordSpan-1))) {
		t.Errorf("words are kept from %s only", from.Format(time.DateOnly))
	}
}

func TestPackedWords(t *testing.T) {
	for _, entries := range [][]entry{nil, {{0, 1}}, {{0, 2}, {1, 1}, {63, 1}, {64, 127}, {128, 128}, {1 << 20, 65536}, {1<<31 + 5, 1}}} {
		var got []entry
		packed := itemWords{packed: packed(entries)}
		packed.each(func(number uint32, n int) { got = append(got, entry{number, n}) })
		if !slices.Equal(got, entries) {
			t.Errorf("%v was read as %v", entries, got)
		}
	}
	if a, b := wordKey("0123456789ab"), wordKey("0123456789AB "); a != 0x0123456789ab || b>>63 != 1 || wordName(a) != "00000123456789ab" {
		t.Errorf("%x %x", a, b)
	}
}
