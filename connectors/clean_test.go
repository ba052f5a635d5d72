package connectors

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/workdrift/workdrift/store"
)

var cleanNow = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func cleanTest(b store.Batch) store.Batch {
	return clean("src", store.NewHasher([]byte("0123456789abcdef")), cleanNow, b)
}

func TestCleanKeepsWhatIsGood(t *testing.T) {
	at := cleanNow.Add(-time.Hour)
	it := store.Item{
		Source: "src", ID: "R_1/node é", Kind: store.KindChange, Keys: []string{"acme/api#12", "ÜB-7"},
		Title: "Größe 修正 👩‍💻 (#12)", URL: "https://git.example.test/acme/api/pull/12?a=b#c",
		Attrs: map[string][]string{store.AttrRepo: {"acme/api"}, store.AttrPath: {"a b/ç.go"}},
		Links: []store.Link{{Kind: store.LinkCloses, Key: "acme/api#7", At: at}}, Status: store.StatusDone,
		Created: at, Updated: at, Started: at, Closed: at, Gone: store.GoneMoved,
	}
	e := store.Event{Source: "src", ID: "review/1", Item: it.ID, Kind: store.EventReview, Bot: true,
		At: store.WithOffset(at, 19800), Attrs: map[string]string{"to": "done"}}
	b := store.Batch{
		Items: []store.Item{it}, Events: []store.Event{e},
		Gone:        []store.Tombstone{{ID: "x/1", Why: store.GoneMoved, MovedTo: "PAY-8", At: at}},
		Quarantined: []store.Quarantined{{ID: "x/2", Reason: "no number"}},
		Next:        store.Cursor{"issues": "2026", "pulls": ""}, Watermark: at, Backlog: 3, More: true,
	}
	if got := cleanTest(b); !reflect.DeepEqual(got, b) {
		t.Errorf("got  %+v\nwant %+v", got, b)
	}
	if got := cleanTest(store.Batch{}); !reflect.DeepEqual(got, store.Batch{}) {
		t.Errorf("an empty batch became %+v", got)
	}
}

func TestCleanRepairs(t *testing.T) {
	it := item("t/1")
	it.Title = "  a\x00b\r\nc\u202Ed\x1b[31m\xff  "
	it.URL = "javascript:alert(1)"
	it.Keys = []string{"PAY-1", "", "a\nb", strings.Repeat("k", maxName+1), "\xff"}
	it.Links = []store.Link{{Kind: store.LinkMentions, Key: ""}, {Kind: store.LinkMentions, Key: "PAY-2"}, {Key: "PAY-3", At: time.Unix(1<<60, 0)}}
	it.Attrs = map[string][]string{"label": {"a\tb", "", "c"}, "": {"x"}, "path": {strings.Repeat("é", maxText+5)}}
	e := event("t/1", "1", "")
	e.Attrs = map[string]string{"to": "do\nne", "x": "é"}
	b := cleanTest(store.Batch{
		Items: []store.Item{it}, Events: []store.Event{e},
		Gone:        []store.Tombstone{{ID: "x/1", Why: store.GoneDeleted}},
		Identities:  []store.Identity{{Actor: "", Handle: "x"}, {Actor: "test:ada", Handle: " \n"}, {Actor: "test:ada", Handle: "ada\u202e"}},
		Quarantined: []store.Quarantined{{Reason: "bad https://h/p?token=" + canary + " \n"}},
		Backlog:     -4,
	})
	got := b.Items[0]
	if got.Title != "a b  cd [31m\uFFFD" {
		t.Errorf("title %q", got.Title)
	}
	if got.URL != "" || !reflect.DeepEqual(got.Keys, []string{"PAY-1"}) || len(got.Links) != 1 || got.Links[0].Key != "PAY-2" {
		t.Errorf("got %+v", got)
	}
	if want := map[string][]string{"label": {"a b", "c"}, "path": {strings.Repeat("é", maxText)}}; !reflect.DeepEqual(got.Attrs, want) {
		t.Errorf("attributes %v", got.Attrs)
	}
	if e := b.Events[0]; e.Actor != "" || !maps.Equal(e.Attrs, map[string]string{"to": "do ne", "x": "é"}) {
		t.Errorf("event %+v", e)
	}
	if !b.Gone[0].At.Equal(cleanNow) {
		t.Errorf("tombstone %+v", b.Gone[0])
	}
	ada := store.Identity{Actor: store.NewHasher([]byte("0123456789abcdef")).Actor("test:ada"), Handle: "test:ada"}
	if !reflect.DeepEqual(b.Identities, []store.Identity{ada}) {
		t.Errorf("identities %+v", b.Identities)
	}
	if q := b.Quarantined; len(q) != 1 || q[0] != (store.Quarantined{ID: noName, Reason: "bad https://h/p"}) {
		t.Errorf("quarantined %+v", q)
	}
	if b.Backlog != 0 {
		t.Errorf("backlog %d", b.Backlog)
	}
}

func TestCleanSetsAside(t *testing.T) {
	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, spoil := range map[string]func(it *store.Item, e *store.Event, g *store.Tombstone){
		"item without id":           func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.ID = "" },
		"item id with a line break": func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.ID = "bad\n" },
		"item id not UTF-8":         func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.ID = "bad\xff" },
		"item id too long":          func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.ID = strings.Repeat("bad", maxName) },
		"item of another source":    func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.Source = "other" },
		"item of no kind":           func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.Kind = "" },
		"item of a new status":      func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.Status = "In Arbeit" },
		"item never created":        func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.Created = time.Time{} },
		"item never updated":        func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.Updated = time.Time{} },
		"item closed in 9999":       func(it *store.Item, _ *store.Event, _ *store.Tombstone) { it.Closed = far },
		"event without id":          func(_ *store.Item, e *store.Event, _ *store.Tombstone) { e.ID = "" },
		"event without item":        func(_ *store.Item, e *store.Event, _ *store.Tombstone) { e.Item = "" },
		"event of another source":   func(_ *store.Item, e *store.Event, _ *store.Tombstone) { e.Source = "" },
		"event of no kind":          func(_ *store.Item, e *store.Event, _ *store.Tombstone) { e.Kind = "" },
		"event at no time":          func(_ *store.Item, e *store.Event, _ *store.Tombstone) { e.At = time.Time{} },
		"event in 9999":             func(_ *store.Item, e *store.Event, _ *store.Tombstone) { e.At = far },
		"tombstone without id":      func(_ *store.Item, _ *store.Event, g *store.Tombstone) { g.ID = "" },
		"tombstone without reason":  func(_ *store.Item, _ *store.Event, g *store.Tombstone) { g.Why = "" },
		"tombstone to nowhere":      func(_ *store.Item, _ *store.Event, g *store.Tombstone) { g.MovedTo = "\n" },
	} {
		t.Run(name, func(t *testing.T) {
			it, e, g := item("bad"), event("bad", "1", "test:ada"), store.Tombstone{ID: "bad", Why: store.GoneDeleted, At: cleanNow}
			spoil(&it, &e, &g)
			b := cleanTest(store.Batch{
				Items:  []store.Item{item("good/1"), it, item("good/2")},
				Events: []store.Event{event("good/1", "1", "test:ada"), e},
				Gone:   []store.Tombstone{g, {ID: "good/3", Why: store.GoneDeleted}},
			})
			if n := len(b.Items) + len(b.Events) + len(b.Gone); n != 6 || len(b.Quarantined) != 1 {
				t.Fatalf("kept %d of 7 records, set %v aside", n, b.Quarantined)
			}
			q := b.Quarantined[0]
			if !isName(q.ID) || q.ID != noName && !strings.HasPrefix(q.ID, "bad") || q.Reason == "" {
				t.Errorf("set aside as %+v", q)
			}
		})
	}
}

func TestClip(t *testing.T) {
	for _, tc := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"äöü", 3, "äöü"}, {"äöüß", 3, "äöü"}, {" ab ", 2, "ab"}, {"", 3, ""}, {"\n\t", 3, ""},
		{"𝄞𝄞𝄞", 2, "𝄞𝄞"}, {"\xff\xff\xff", 2, "\ufffd\ufffd"},
	} {
		if got := clip(tc.in, tc.n); got != tc.want {
			t.Errorf("clip(%q, %d) = %q, want %q", tc.in, tc.n, got, tc.want)
		}
	}
}

func TestCleanURL(t *testing.T) {
	for in, keep := range map[string]bool{
		"https://github.com/a/b/issues/1#c": true, "http://git.corp.test:8080/x?y=z": true, "": false,
		"javascript:alert(1)": false, "JavaScript://h/%0aalert(1)": false, "data:text/html,x": false, "/relative": false, "//h/x": false,
		"https://user:pass@h/": false, "https://h/a b\n": false, "https://h/\x1b": false, "https:///x": false, "http://[::1": false,
		"https://h/" + strings.Repeat("x", maxURL): false, "https://h/\u202etxt": false,
	} {
		if got := cleanURL(in); got != "" != keep || got != "" && got != in {
			t.Errorf("cleanURL(%q) = %q", in, got)
		}
	}
}

// BenchmarkClean is a page of a backfill: 100 changes of 40 words each, 1,000
// events.
func BenchmarkClean(b *testing.B) {
	var page store.Batch
	for i := range 100 {
		it := item(fmt.Sprintf("acme/api/%d", i))
		it.URL = "https://git.example.test/acme/api/pull/12"
		it.Attrs = map[string][]string{store.AttrRepo: {"acme/api"}, store.AttrPath: {"a/b.go", "c/d.go", "größe.go"}}
		for j := range 40 {
			it.Terms = append(it.Terms, store.Term{Word: fmt.Sprint("word", i*j%1000), Count: 1})
		}
		page.Items = append(page.Items, it)
		for j := range 10 {
			page.Events = append(page.Events, event(it.ID, fmt.Sprint(j), fmt.Sprintf("github:user%d", j)))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if out := cleanTest(page); len(out.Quarantined) > 0 {
			b.Fatal(out.Quarantined)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"plain", "a\nb", "\xff", "\u202eabc", "é\u0085", "https://u:p@h/p?q=1 \"x\"", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{Printable(s), safeText(s), clip(s, 10)} {
			if !utf8.ValidString(got) || strings.ContainsFunc(got, isControl) || strings.ContainsFunc(got, isBidi) {
				t.Errorf("%q became %q", s, got)
			}
			if again := Printable(got); again != got {
				t.Errorf("%q became %q and then %q", s, got, again)
			}
		}
		if n := utf8.RuneCountInString(clip(s, 10)); n > 10 {
			t.Errorf("%q was cut to %d runes", s, n)
		}
		if isPlain(s) && Printable(s) != s {
			t.Errorf("plain %q was changed", s)
		}
	})
}

// What a check-in is about may be any word of a message: it is kept as words
// are, in the event's ID too.
func TestCleanHashesCheckIns(t *testing.T) {
	hash := store.NewHasher([]byte("0123456789abcdef"))
	for typed, want := range map[string]string{"Ada": hash.Term("ada"), "ada": hash.Term("ada"), "Straße\n": hash.Term("straße"), "": ""} {
		e := event("t/1", "check_in/17.5/"+typed, "test:ben")
		e.Kind, e.Attrs = store.EventCheckIn, map[string]string{"objective": typed, "confidence": "0.85"}
		if strings.Contains(typed, "\n") {
			e.ID = "check_in/17.5"
		}
		got := cleanTest(store.Batch{Events: []store.Event{e}}).Events[0]
		if got.Attrs["objective"] != want || got.Attrs["confidence"] != "0.85" {
			t.Errorf("%q is kept as %q, want %q", typed, got.Attrs, want)
		}
		if typed != "" && strings.Contains(got.ID, typed) || !strings.HasPrefix(got.ID, "check_in/17.5") || e.Attrs["objective"] != typed {
			t.Errorf("%q is in the id %q, or the batch was changed", typed, got.ID)
		}
	}
}
