package scoring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/store"
)

// What the work on two objectives, and work on none of them, is described in.
var (
	ofLogin    = []string{"sso", "login", "saml", "directory", "session", "token"}
	ofCheckout = []string{"checkout", "basket", "payment", "invoice", "tax", "refund"}
	ofNeither  = []string{"lunch", "offsite", "desk", "badge", "parking", "plants"}
)

// A textWorld is works that nothing but their words tells the purpose of.
type textWorld struct {
	*world
	random *rand.Rand
	worked int
}

func newTextWorld(mode scoring.TextMode) *textWorld {
	w := &textWorld{world: newWorld(fourObjectives()), random: rand.New(rand.NewPCG(1, 2))}
	w.declared.Text.Mode = mode
	w.declared.Set.Objectives[0].Text = "Everybody comes in by sso login"
	w.declared.Set.Objectives[1].Text = "The checkout takes every payment"
	return w
}

// spoken adds a ticket of words, five of a dialect in ten.
func (w *textWorld) spoken(key string, dialect []string, created time.Time) {
	counts := make(map[string]int)
	for i := range 10 {
		from := smallTalk
		if i%2 == 0 {
			from = dialect
		}
		counts[from[w.random.IntN(len(from))]]++
	}
	w.item(store.KindTicket, key, func(it *store.Item) {
		it.Created = created
		for word, n := range counts {
			it.Terms = append(it.Terms, store.Term{Word: word, Count: n})
		}
		slices.SortFunc(it.Terms, func(a, b store.Term) int { return strings.Compare(a.Word, b.Word) })
	})
}

// judged adds works that humans decided about, one every six hours. Every
// fifteenth is of other words than its objective; that is 1 of 10 at least.
func (w *textWorld) judged(n int) {
	dialects := [][]string{ofLogin, ofCheckout, ofNeither}
	for i := range n {
		key, at := fmt.Sprint("LAB-", i), noon(2024, 12, 20).Add(time.Duration(i)*6*time.Hour)
		dialect := dialects[i%3]
		if i%45 == 15 {
			dialect = dialects[(i+1)%3]
		}
		w.spoken(key, dialect, at.AddDate(0, 0, -1))
		to := []string{"o1", "o2", []string{"excluded", "unknown", "run_work"}[i/3%3]}[i%3]
		w.overrides = append(w.overrides, store.Override{Key: key, To: to, Role: "planning", At: at})
	}
}

// work adds works of a day each, which four people do one after the other.
func (w *textWorld) work(prefix string, n int, dialect []string) {
	for i := range n {
		key := fmt.Sprint(prefix, i)
		day := noon(2025, 3, 10).AddDate(0, 0, w.worked/4%5+w.worked/20*7)
		w.spoken(key, dialect, day.AddDate(0, 0, -1))
		w.do(fmt.Sprint("person-", w.worked%4), store.EventCommit, key, day)
		w.worked++
	}
}

// report feeds an engine and returns it with its report.
func (w *textWorld) report(t *testing.T) (*scoring.Engine, *scoring.Report) {
	t.Helper()
	e, err := scoring.NewEngine(w.declared, w.overrides)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range w.changes {
		e.Apply(ch)
	}
	return e, e.Report(closed, []store.SourceState{{Source: "gh", Watermark: closed}})
}

func textShare(r *scoring.Report) (share scoring.Number) {
	for _, m := range r.Window("28d").Org.Methods {
		if m.Method == attribution.Text.String() {
			share = m.Share
		}
	}
	return share
}

// Without labels the words of work are compared with what is declared, and what
// comes of it is shown and counts for nothing.
func TestSuggestionsWithoutLabels(t *testing.T) {
	for _, mode := range []scoring.TextMode{scoring.TextSuggest, scoring.TextOn} {
		w := newTextWorld(mode)
		w.work("IN-", 12, []string{"sso", "login"})
		w.work("PAY-", 12, []string{"checkout", "payment"})
		w.work("X-", 16, ofNeither)
		w.work("BOTH-", 4, []string{"login", "sso", "sso", "payment"})
		e, r := w.report(t)
		near(t, "suggested effort", org(t, r, scoring.TextSuggested).Value, 28./44)
		near(t, "abstention", org(t, r, scoring.TextAbstention).Value, 1)
		near(t, "text", textShare(r), 0)
		for key, want := range map[string]string{"IN-3": "o1", "PAY-3": "o2", "X-3": ""} {
			no := uint64(w.byID[key] + 1)
			list := e.Suggest(no)
			switch {
			case want == "" && len(list) > 0, want != "" && len(list) == 0:
				t.Errorf("%s: %+v", key, list)
			case want != "" && (list[0].Objective != want || !(list[0].Score > 0) || list[0].Confidence.Known() || len(list) > 2):
				t.Errorf("%s: %+v", key, list)
			}
			if x := e.Explain(no); x.Attribution.Method != attribution.None {
				t.Errorf("%s counts by %v", key, x.Attribution.Method)
			}
		}
		if list := e.Undecided(); len(list) != 44 {
			t.Errorf("%d works to decide about", len(list))
		}
		for _, name := range []string{scoring.TextPrecisionLower, scoring.TextCoverage, scoring.TextCalibrationError, scoring.TextRisk} {
			if s := org(t, r, name); s.Status != scoring.InsufficientData || s.Reason == "" {
				t.Errorf("%+v", s)
			}
		}
	}
}

// From enough labels on, what is above the threshold counts: but no better
// method gives way, and what belongs to no objective stays unknown.
func TestTextCounts(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(180)
	w.work("IN-", 10, ofLogin)
	w.work("PAY-", 6, ofCheckout)
	w.work("X-", 8, ofNeither)
	w.work("TOLD-", 4, ofLogin)
	w.changes[w.byID["TOLD-0"]].Item.Attrs = map[string][]string{store.AttrLabel: {"o4"}}
	w.overrides = append(w.overrides, store.Override{Key: "TOLD-1", To: "unknown", At: noon(2025, 3, 31)})
	e, r := w.report(t)
	near(t, "text", textShare(r), 18./28)
	near(t, "abstention", org(t, r, scoring.TextAbstention).Value, 8./26)
	for id, days := range map[string]float64{"o1": 12, "o2": 6, "o4": 1} {
		for _, o := range r.Window("28d").Org.Objectives {
			if o.Objective == id {
				near(t, id, o.Effort, days)
			}
		}
	}
	for key, want := range map[string]attribution.Method{"IN-1": attribution.Text, "TOLD-0": attribution.Rule, "TOLD-1": attribution.Override, "X-1": attribution.None} {
		x := e.Explain(uint64(w.byID[key] + 1))
		if x.Attribution.Method != want {
			t.Errorf("%s counts by %v", key, x.Attribution.Method)
		}
		if want == attribution.Text && (!strings.Contains(x.Rule, r.Text.Model) || !(x.Strength > .9) || e.Suggest(uint64(w.byID[key]+1)) != nil) {
			t.Errorf("%s: %+v", key, x)
		}
	}
	if list := e.Suggest(uint64(w.byID["X-1"] + 1)); len(list) != 2 || list[0].Objective != "" || !list[0].Confidence.Known() || list[0].Score.Known() {
		t.Errorf("of no objective: %+v", list)
	}
	// An objective takes no work on days on which it is not active.
	w.declared.Set.Objectives[0].Start = day(t, "2025-03-31")
	_, r = w.report(t)
	near(t, "text of one objective", textShare(r), 6./28)

	// The same labels, and nothing counts.
	w.declared.Text.Mode = scoring.TextSuggest
	_, r = w.report(t)
	near(t, "suggested only", textShare(r), 0)
	near(t, "abstention", org(t, r, scoring.TextAbstention).Value, 8./26)
	w.declared.Text.Mode = scoring.TextOff
	if _, r = w.report(t); r.Text != nil || org(t, r, scoring.TextLabels).Status != scoring.Undefined {
		t.Errorf("off: %+v", r.Text)
	}
}

// What is said of guesses comes from labels guessed from earlier ones.
func TestTextQuality(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(300)
	w.work("IN-", 24, ofLogin)
	r := w.evaluate(t)
	near(t, "labels", org(t, r, scoring.TextLabels).Value, 300)
	precision, lower := org(t, r, scoring.TextPrecision), org(t, r, scoring.TextPrecisionLower)
	if !(lower.Value >= .9 && lower.Value < precision.Value && precision.Value < 1) {
		t.Errorf("precision %v, at least %v", precision.Value, lower.Value)
	}
	// 250 labels are guessed, a third of them as none.
	if s := org(t, r, scoring.TextCoverage); !(s.Value > .6 && s.Value < .75) || s.SampleSize != 250 {
		t.Errorf("coverage %v of %v", s.Value, s.SampleSize)
	}
	// A few are wrong: probabilities of 1 would be so far off, and the mean share
	// of wrong ones is less than that of all.
	for _, name := range []string{scoring.TextCalibrationError, scoring.TextRisk} {
		if s := org(t, r, name); !(s.Value > 0 && s.Value < .1) {
			t.Errorf("%s is %v", name, s.Value)
		}
	}
	if n := len(r.Text.Risk); n != 10 || r.Text.Risk[9].Coverage != 1 || !(r.Text.Risk[9].Risk > 0) || r.Text.Labels["none"] != 100 {
		t.Errorf("%+v", r.Text)
	}

	// A precision that cannot be had lets no guess count, and so do too few labels.
	w.declared.Text.Precision = .99
	r = w.evaluate(t)
	if s := org(t, r, scoring.TextPrecisionLower); s.Status != scoring.Undefined || textShare(r) != 0 || r.Text.Tau.Known() || r.Text.Reason == "" {
		t.Errorf("%+v and %+v", s, r.Text)
	}
	near(t, "coverage of nothing", org(t, r, scoring.TextCoverage).Value, 0)
	w.declared.Text = scoring.Text{Mode: scoring.TextOn, Labels: 301}
	r = w.evaluate(t)
	near(t, "too few", textShare(r), 0)
	if s := org(t, r, scoring.TextSuggested); !(s.Value > .5) {
		t.Errorf("by what is declared: %+v", s)
	}
}

// Decisions of this week are learnt from on the next Monday.
func TestTextLearnsByWeeks(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(180)
	w.work("IN-", 24, ofLogin)
	for i := range w.overrides {
		if i >= 60 {
			w.overrides[i].At = closed.Add(-24 * time.Hour)
		}
	}
	near(t, "labels", org(t, w.evaluate(t), scoring.TextLabels).Value, 60)
	near(t, "labels a week later", org(t, w.evaluateAt(t, closed.AddDate(0, 0, 7)), scoring.TextLabels).Value, 180)
}

// When new judgements contradict what was above the threshold for two weeks,
// no guess counts any more.
func TestTextThresholdIsRaised(t *testing.T) {
	build := func(from int) *scoring.Report {
		w := newTextWorld(scoring.TextOn)
		for i := range 900 {
			key, to := fmt.Sprint("LAB-", i), []string{"o1", "o2"}[i%2]
			// The newest hundred are of decisions that the words do not tell.
			at := noon(2024, 12, 1).Add(time.Duration(i) * 10 * time.Minute)
			if i >= 800 {
				at = noon(2025, 2, 1).Add(time.Duration(i) * time.Minute)
			}
			dialect := [][]string{ofLogin, ofCheckout}[i%2]
			if i >= from && i%5 == 0 {
				dialect = [][]string{ofLogin, ofCheckout}[(i+1)%2]
			}
			w.spoken(key, dialect, noon(2025, 1, 2))
			w.overrides = append(w.overrides, store.Override{Key: key, To: to, At: at})
		}
		w.work("IN-", 24, ofLogin)
		return w.evaluate(t)
	}
	if r := build(900); !r.Text.Tau.Known() {
		t.Errorf("without contradiction: %+v", r.Text)
	}
	if r := build(800); r.Text.Tau.Known() || textShare(r) != 0 {
		t.Errorf("contradicted: %+v", r.Text)
	}
}

// The largest come first, one in five is drawn, and every week draws anew.
func TestUndecided(t *testing.T) {
	w := newTextWorld(scoring.TextSuggest)
	w.work("IN-", 64, ofLogin)
	for i := range 300 {
		key := fmt.Sprint("SMALL-", i)
		w.spoken(key, ofNeither, noon(2025, 3, 20))
		w.do(fmt.Sprint("person-", i%4), store.EventCommit, key, noon(2025, 3, 29).Add(time.Duration(i)*time.Minute))
	}
	e, r := w.report(t)
	list := e.Undecided()
	small := 0
	for i, no := range list {
		if is := strings.HasPrefix(w.changes[no-1].Item.Keys[0], "SMALL"); is {
			small++
		} else if i%5 == 4 {
			t.Errorf("place %d is not drawn", i)
		}
	}
	if len(list) != 100 || small != 36 {
		t.Errorf("%d works, %d of them small", len(list), small)
	}
	again, _ := w.report(t)
	if !slices.Equal(again.Undecided(), list) {
		t.Error("another engine asks in another order")
	}
	e.Report(closed.AddDate(0, 0, 7), []store.SourceState{{Source: "gh", Watermark: closed.AddDate(0, 0, 7)}})
	if slices.Equal(e.Undecided(), list) {
		t.Error("the week after asks for the same")
	}
	if s := org(t, r, scoring.TextSuggested); !(s.Value > .6) {
		t.Errorf("%+v", s)
	}
}

// An engine that followed everything, decisions that came and went included, and
// one that is fed in another order report what a new one reports.
func TestTextFollows(t *testing.T) {
	w := newTextWorld(scoring.TextOn)
	w.judged(180)
	w.work("IN-", 10, ofLogin)
	w.work("PAY-", 6, ofCheckout)
	w.work("X-", 8, ofNeither)
	e, err := scoring.NewEngine(w.declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, now time.Time, changes []store.Change, overrides []store.Override) {
		t.Helper()
		e.SetOverrides(overrides)
		for _, ch := range changes {
			e.Apply(ch)
		}
		sources := []store.SourceState{{Source: "gh", Watermark: now}}
		in := scoring.Input{Declared: w.declared, Changes: slices.Clone(w.changes), Overrides: overrides, Sources: sources}
		slices.Reverse(in.Changes)
		fresh, err := scoring.Evaluate(in, now)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(e.Report(now, sources))
		want, _ := json.Marshal(fresh)
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\n%s\nanew:\n%s", what, got, want)
		}
	}
	check("no decisions", closed, w.changes, nil)
	check("decisions", closed, nil, w.overrides)
	if textShare(e.Report(closed, []store.SourceState{{Source: "gh", Watermark: closed}})) == 0 {
		t.Error("nothing counts by its words")
	}
	ch := &w.changes[w.byID["IN-0"]]
	ch.Item.Terms = []store.Term{{Word: "plants", Count: 3}}
	check("other words", closed, []store.Change{*ch}, w.overrides)
	ch = &w.changes[w.byID["LAB-3"]]
	ch.Item.Terms = nil
	check("a label without words", closed, []store.Change{*ch}, w.overrides)
	more := append(slices.Clone(w.overrides), store.Override{Key: "IN-1", To: "o3", At: noon(2025, 3, 2)})
	check("one more", closed, nil, more)
	check("fewer", closed, nil, w.overrides[:90])
	check("a week later", closed.AddDate(0, 0, 7), nil, w.overrides)
	check("half a year later", closed.AddDate(0, 6, 0), nil, w.overrides)
}
