package scoring_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// Items are asked about while a report guesses others: the race detector sees
// what both touch.
func TestAskedWhileGuessing(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(180)
	w.work("IN-", 10, ofLogin)
	for i := range 8 {
		w.spoken(fmt.Sprint("IDLE-", i), ofCheckout, noon(2025, 3, 10)) // no effort: guessed when somebody asks
	}
	e, _ := w.report(t)
	e.Published()
	known := len(w.changes)
	w.work("X-", 16, ofNeither)
	for _, ch := range w.changes[known:] {
		e.Apply(ch)
	}
	var asking sync.WaitGroup
	suggested := 0
	e.SetSettled(func() {
		asking.Go(func() {
			for no := range uint64(known) {
				suggested += len(e.Suggest(no + 1))
				e.Explain(no + 1)
			}
		})
	})
	e.Report(closed, []store.SourceState{{Source: "gh", Watermark: closed}})
	asking.Wait()
	if suggested == 0 {
		t.Error("nothing was suggested")
	}
}

// What is told of words stands as of the report that was published, also while
// others are made.
func TestPublishedGuessesAreTold(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(180)
	w.work("IN-", 10, ofLogin)
	w.work("X-", 16, ofNeither)
	tell := func(e *scoring.Engine) (said string) {
		for no := range uint64(len(w.changes)) {
			said += fmt.Sprint(e.Suggest(no+1), e.Explain(no+1))
		}
		return said + fmt.Sprint(e.Undecided())
	}
	e, _ := w.report(t)
	e.Published()
	before, sources := tell(e), []store.SourceState{{Source: "gh", Watermark: closed}}
	for _, weeks := range []int{3, 8} {
		past := closed.AddDate(0, 0, -7*weeks)
		alone, _ := w.report(t)
		if alone.Report(past, sources); tell(alone) == before {
			t.Fatalf("the guesses of %d weeks ago are those of now", weeks)
		}
		e.Report(past, sources) // as within ReportPast
		if tell(e) != before {
			t.Errorf("while a report of %d weeks ago is made its guesses are told", weeks)
		}
		e.Report(closed, sources)
	}
	e.Report(closed.AddDate(0, 0, 7), []store.SourceState{{Source: "gh", Watermark: closed.AddDate(0, 0, 7)}})
	if tell(e) != before {
		t.Error("what is not published yet is told")
	}
	if e.Published(); tell(e) == before {
		t.Error("what is published is not told")
	}
}

// What is told of words stands as of the last report, whatever was asked about
// the past since.
func TestPastLeavesGuesses(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(180)
	w.work("IN-", 10, ofLogin)
	w.work("X-", 16, ofNeither)
	e, r := w.report(t)
	tell := func() string {
		said := fmt.Sprint(e.Undecided())
		for no := range uint64(len(w.changes)) {
			said += fmt.Sprint(e.Suggest(no+1), e.Explain(no+1).Attribution)
		}
		return said
	}
	before := tell()
	if textShare(r) == 0 || len(e.Undecided()) == 0 {
		t.Fatal("nothing is guessed or asked")
	}
	for _, weeks := range []int{1, 3, 8} {
		past := closed.AddDate(0, 0, -7*weeks)
		sources := []store.SourceState{{Source: "gh", Watermark: closed}}
		alone, _ := w.report(t)
		if got, want := e.ReportPast(past, sources), alone.Report(past, sources); asJSON(t, got) != asJSON(t, want) {
			t.Errorf("%d weeks ago: not what a report of then says", weeks)
		}
		if tell() != before {
			t.Errorf("after a report of %d weeks ago other guesses are told", weeks)
		}
	}
	if again := e.Report(closed, []store.SourceState{{Source: "gh", Watermark: closed}}); asJSON(t, again) != asJSON(t, r) {
		t.Error("the next report differs")
	}
}
