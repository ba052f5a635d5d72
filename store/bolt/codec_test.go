package bolt

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/store"
)

// internAll makes a word of every string.
type internAll struct{ list []string }

func (w *internAll) intern(s string) (uint32, bool) {
	if i := slices.Index(w.list, s); i >= 0 {
		return uint32(i), true
	}
	w.list = append(w.list, s)
	return uint32(len(w.list) - 1), true
}

// encoders are the two extremes of interning.
func encoders() map[string]func() (*encoder, func() []string) {
	return map[string]func() (*encoder, func() []string){
		"no words": func() (*encoder, func() []string) { return &encoder{}, func() []string { return nil } },
		"all words": func() (*encoder, func() []string) {
			w := &internAll{}
			return &encoder{dict: w}, func() []string { return w.list }
		},
	}
}

func TestTextRoundTrip(t *testing.T) {
	sha := strings.Repeat("0a1b", 10)
	texts := []string{
		"", "a", "/", "//", "0", "00", "7", "007", "PAY-7", "PAY-07", "acme/api#12", "acme/api#0", "acme/api@" + sha, "commit/" + sha, "commit/" + sha[1:],
		sha, sha[:15], sha[:16], sha[:17], strings.ToUpper(sha), "123456789012345678", "1234567890123456789", "999999999999999999",
		"C1/1700000000.000100", "https://github.com/acme/api/pull/12", "svc/sso/token.go", "\xff\x00", strings.Repeat("x", 300), strings.Repeat("p/", 300) + "5",
		"a-1", "ü-1", "1-1", "#5", "x:9", "x_9", "x.9", "0000000000000000", "1000000000000000000000",
	}
	for name, make := range encoders() {
		for _, text := range texts {
			for _, write := range []func(*encoder, string){(*encoder).word, (*encoder).path} {
				e, list := make()
				write(e, text)
				d := decoder{b: e.buf, words: list()}
				if got := d.text(); got != text || d.bad != "" || len(d.b) > 0 {
					t.Errorf("%s: %q came back as %q, %s, %d bytes left", name, text, got, d.bad, len(d.b))
				}
			}
		}
	}
}

func TestTextIsShort(t *testing.T) {
	w := &internAll{}
	for _, c := range []struct {
		text string
		most int
	}{
		{"acme/api@" + strings.Repeat("0a1b", 10), 22}, {"review/1700000000", 7}, {"https://github.com/acme/api/pull/1234", 4}, {"svc/sso/token.go", 10},
	} {
		e := &encoder{dict: w}
		e.path(c.text)
		if len(e.buf) > c.most {
			t.Errorf("%q takes %d bytes, want at most %d", c.text, len(e.buf), c.most)
		}
	}
}

func TestRecordRoundTrip(t *testing.T) {
	for name, make := range encoders() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				it, ev := drawItem(t), drawEvent(t)
				key := []byte("key")

				e, list := make()
				e.begin()
				e.head(itemHead{seq: 7, source: it.Source, id: it.ID})
				e.item(&it)
				rec := e.seal(bucketItem, key)
				d, err := open(bucketItem, key, rec, list())
				if err != nil {
					t.Fatal(err)
				}
				h := d.head()
				got := d.item(h)
				if err := d.end(bucketItem, key); err != nil || h.seq != 7 || !sameItem(&got, &it) {
					t.Fatalf("item came back as\n%+v, %v\nwant\n%+v", got, err, it)
				}

				e, list = make()
				e.begin()
				e.event(&ev)
				rec = e.seal(bucketEvent, key)
				if d, err = open(bucketEvent, key, rec, list()); err != nil {
					t.Fatal(err)
				}
				back := d.event(ev.Source, ev.Item)
				if err := d.end(bucketEvent, key); err != nil || !sameEvent(&back, &ev) {
					t.Fatalf("event came back as\n%+v, %v\nwant\n%+v", back, err, ev)
				}
			})
		})
	}
}

func drawItem(t *rapid.T) store.Item {
	text, at := rapid.String(), rapid.Int64Range(-1<<40, 1<<40)
	when := func(label string) time.Time { return second(time.Unix(at.Draw(t, label), 0)) }
	return normalise(store.Item{
		Source: text.Draw(t, "source"), ID: text.Draw(t, "id"), Kind: store.Kind("k" + text.Draw(t, "kind")),
		Keys: rapid.SliceOf(text).Draw(t, "keys"), Title: text.Draw(t, "title"), URL: text.Draw(t, "url"),
		Attrs:  rapid.MapOf(text, rapid.SliceOf(text)).Draw(t, "attrs"),
		Links:  []store.Link{{Kind: store.LinkKind(text.Draw(t, "link")), Key: text.Draw(t, "to"), At: when("linked")}, {}},
		Status: store.Status(text.Draw(t, "status")), Gone: store.Gone(text.Draw(t, "gone")),
		Created: when("created"), Updated: when("updated"), Started: when("started"),
	})
}

func drawEvent(t *rapid.T) store.Event {
	text := rapid.String()
	return store.Event{
		Source: "s", Item: "i", ID: text.Draw(t, "id"), Kind: store.EventKind(text.Draw(t, "kind")), Actor: text.Draw(t, "actor"), Bot: rapid.Bool().Draw(t, "bot"),
		At:    store.WithOffset(time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "at"), 0), int(rapid.Int32().Draw(t, "offset"))),
		Attrs: rapid.MapOf(text, text).Draw(t, "attrs"),
	}
}

// TestChecksum covers what a checksum must: bucket, key, version and body.
func TestChecksum(t *testing.T) {
	var e encoder
	e.begin()
	e.literal("body")
	key := []byte("key")
	rec := e.seal(bucketOverride, key)
	if _, err := open(bucketOverride, key, rec, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := open(bucketReport, key, rec, nil); err == nil {
		t.Error("a record of another bucket was accepted")
	}
	if _, err := open(bucketOverride, []byte("kez"), rec, nil); err == nil {
		t.Error("a record of another key was accepted")
	}
	for bit := range len(rec) * 8 {
		rec[bit/8] ^= 1 << (bit % 8)
		if _, err := open(bucketOverride, key, rec, nil); err == nil {
			t.Errorf("flipped bit %d was not noticed", bit)
		}
		rec[bit/8] ^= 1 << (bit % 8)
	}
}

func TestWordsAreForRepeats(t *testing.T) {
	w := newWords()
	for i := range 200_000 {
		if w.worth(fmt.Sprint("one-off ", i)) {
			t.Fatalf("string %d became a word at first sight", i)
		}
	}
	if len(w.seen) > maxSeen {
		t.Errorf("%d sightings are remembered, more than %d", len(w.seen), maxSeen)
	}
	for i := range sightings {
		if got, want := w.worth("acme/api/pull/"), i == sightings-1; got != want {
			t.Errorf("sighting %d: worth it = %v, want %v", i+1, got, want)
		}
	}
}

// The decoders take whatever bytes a damaged file holds: they return, and use
// memory in proportion to the input.

var fuzzWords = []string{"acme/api/pull/", "github", "commit"}

func fuzzSeeds(f *testing.F) {
	w := new(world)
	b := w.next()
	e := &encoder{dict: &internAll{list: slices.Clone(fuzzWords)}}
	for i := range 5 {
		e.buf = nil
		e.head(itemHead{seq: 7, source: "github", id: b.Items[i].ID})
		e.item(&b.Items[i])
		f.Add(slices.Clone(e.buf))
		e.buf = nil
		e.event(&b.Events[i])
		f.Add(slices.Clone(e.buf))
	}
	e.buf = nil
	e.terms([]store.Term{{Word: "0a1b2c3d4e5f", Count: 1}, {Word: "fedcba987654", Count: 300}})
	f.Add(slices.Clone(e.buf))
	e.buf = nil
	e.state(&state{seq: 7, kinds: map[store.Kind]uint64{store.KindTicket: 3}})
	f.Add(slices.Clone(e.buf))
	long, _ := hex.DecodeString("ffffffffffffffffff7f")
	f.Add(long)
}

func FuzzItem(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := decoder{b: raw, words: fuzzWords}
		it := d.item(d.head())
		if d.end(bucketItem, nil) != nil || it.Kind == "" {
			return
		}
		// What can be read can be written and read again.
		e := &encoder{}
		e.item(&it)
		d = decoder{b: e.buf}
		again := d.item(itemHead{source: it.Source, id: it.ID})
		if err := d.end(bucketItem, nil); err != nil || !sameItem(&it, &again) {
			t.Errorf("%+v came back as %+v, %v", it, again, err)
		}
	})
}

func FuzzEvent(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := decoder{b: raw, words: fuzzWords}
		ev := d.event("s", "i")
		if d.end(bucketEvent, nil) != nil {
			return
		}
		e := &encoder{}
		e.event(&ev)
		d = decoder{b: e.buf}
		again := d.event("s", "i")
		if err := d.end(bucketEvent, nil); err != nil || !sameEvent(&ev, &again) {
			t.Errorf("%+v came back as %+v, %v", ev, again, err)
		}
	})
}

func FuzzTerms(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := decoder{b: raw}
		terms := d.terms()
		if d.end(bucketTerm, nil) != nil {
			return
		}
		e := &encoder{}
		e.terms(terms)
		d = decoder{b: e.buf}
		again := d.terms()
		if err := d.end(bucketTerm, nil); err != nil || !slices.Equal(terms, again) {
			t.Errorf("%v came back as %v, %v", terms, again, err)
		}
	})
}

// FuzzRecord opens every other kind of record.
func FuzzRecord(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, read := range map[string]func(*decoder){
			"state":       func(d *decoder) { d.state() },
			"source":      func(d *decoder) { d.sourceRecord() },
			"declaration": func(d *decoder) { d.declaration() },
			"override":    func(d *decoder) { d.override(nil) },
			"identity":    func(d *decoder) { d.literal(); d.byte() },
			"profile":     func(d *decoder) { d.profile() },
			"members":     func(d *decoder) { d.members() },
		} {
			d := decoder{b: raw}
			read(&d)
			if d.bad == "" && len(d.b) > len(raw) {
				t.Errorf("%s grew", name)
			}
		}
		if _, err := open(bucketItem, nil, raw, nil); err == nil && len(raw) < recordHeader {
			t.Error("a record without a header was opened")
		}
	})
}

// TestAbsurdTimes applies what a broken clock writes into a commit: it is kept
// as no time, and applying it again changes nothing.
func TestAbsurdTimes(t *testing.T) {
	db := openTest(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	absurd := store.WithOffset(time.Unix(1<<62, 0), 3600)
	b := store.Batch{
		Items:  []store.Item{{Source: "s", ID: "i", Kind: store.KindCommit, Created: absurd, Updated: absurd, Links: []store.Link{{Key: "K-1", At: absurd}}}},
		Events: []store.Event{{Source: "s", Item: "i", ID: "e", At: absurd}},
	}
	for _, want := range []int{1, 0} {
		if got, err := db.Apply(t.Context(), "s", b); err != nil || got.Items != want || got.Events != want {
			t.Errorf("Apply = %+v, %v, want %d items and events", got, err, want)
		}
	}
	for ch, err := range db.Changes(t.Context(), 0) {
		if err != nil || !ch.Item.Created.IsZero() || !ch.Item.Links[0].At.IsZero() || !ch.Events[0].At.IsZero() {
			t.Errorf("change is %+v, %v, want no times", ch, err)
		}
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
