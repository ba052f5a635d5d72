package bolt

import (
	"maps"
	"slices"
	"time"

	"github.com/workdrift/workdrift/store"
)

// An itemHead is what every item record begins with. A record that ends after
// its head belongs to an item of which only events have been seen.
type itemHead struct {
	seq        uint64 // its newest change
	source, id string
}

func (e *encoder) head(h itemHead) {
	e.uvarint(h.seq)
	e.word(h.source)
	e.path(h.id)
}

func (d *decoder) head() itemHead {
	return itemHead{seq: d.uvarint(), source: d.text(), id: d.text()}
}

// item writes everything but source, ID and terms.
func (e *encoder) item(it *store.Item) {
	e.word(string(it.Kind))
	e.word(string(it.Status))
	e.word(string(it.Gone))
	e.uvarint(uint64(len(it.Keys)))
	for _, k := range it.Keys {
		e.path(k)
	}
	e.literal(it.Title)
	e.path(it.URL)
	e.attrs(it.Attrs)
	base := int64(epoch)
	e.time(it.Created, base)
	if storable(it.Created) {
		base = it.Created.Unix()
	}
	e.time(it.Updated, base)
	e.time(it.Started, base)
	e.time(it.Closed, base)
	e.uvarint(uint64(len(it.Links)))
	for _, l := range it.Links {
		e.word(string(l.Kind))
		e.path(l.Key)
		e.time(l.At, base)
	}
}

func (e *encoder) attrs(attrs map[string][]string) {
	e.uvarint(uint64(len(attrs)))
	for _, name := range sortedKeys(attrs) {
		e.word(name)
		e.uvarint(uint64(len(attrs[name])))
		for _, v := range attrs[name] {
			e.word(v)
		}
	}
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	if len(m) == 0 {
		return nil
	}
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// item reads an item, whose kind is empty when only its head is there.
func (d *decoder) item(h itemHead) store.Item {
	it := store.Item{Source: h.source, ID: h.id}
	if len(d.b) == 0 {
		return it
	}
	it.Kind = store.Kind(d.text())
	it.Status = store.Status(d.text())
	it.Gone = store.Gone(d.text())
	if n := d.count(); n > 0 {
		it.Keys = make([]string, n)
		for i := range it.Keys {
			it.Keys[i] = d.text()
		}
	}
	it.Title = d.literal()
	it.URL = d.text()
	it.Attrs = d.attrs()
	base := int64(epoch)
	it.Created = d.time(base)
	if !it.Created.IsZero() {
		base = it.Created.Unix()
	}
	it.Updated = d.time(base)
	it.Started = d.time(base)
	it.Closed = d.time(base)
	if n := d.count(); n > 0 {
		it.Links = make([]store.Link, n)
		for i := range it.Links {
			it.Links[i] = store.Link{Kind: store.LinkKind(d.text()), Key: d.text(), At: d.time(base)}
		}
	}
	if it.Kind == "" {
		d.fail("has no kind")
	}
	return it
}

func (d *decoder) attrs() map[string][]string {
	n := d.count()
	if n == 0 {
		return nil
	}
	attrs := make(map[string][]string, n)
	for range n {
		name := d.text()
		values := make([]string, d.count())
		for i := range values {
			values[i] = d.text()
		}
		attrs[name] = values
	}
	return attrs
}

// The bits of an event's flags.
const (
	eventBot = 1 << iota
	eventHasOffset
	eventQuarters // the offset counts quarters of an hour, not seconds
	eventHasActor
	eventHasAttrs
)

// event writes everything but the source and the item, which the key tells.
// The ID comes first: a lookup compares it.
func (e *encoder) event(ev *store.Event) {
	offset, known := store.Offset(ev.At)
	var flags byte
	if ev.Bot {
		flags |= eventBot
	}
	if known && storable(ev.At) && int(int32(offset)) == offset {
		flags |= eventHasOffset
		if offset%900 == 0 {
			flags |= eventQuarters
			offset /= 900
		}
	}
	if ev.Actor != "" {
		flags |= eventHasActor
	}
	if len(ev.Attrs) > 0 {
		flags |= eventHasAttrs
	}
	e.path(ev.ID)
	e.byte(flags)
	e.word(string(ev.Kind))
	e.time(ev.At, epoch)
	if flags&eventHasOffset != 0 {
		e.varint(int64(offset))
	}
	if flags&eventHasActor != 0 {
		e.word(ev.Actor)
	}
	if flags&eventHasAttrs != 0 {
		e.uvarint(uint64(len(ev.Attrs)))
		for _, name := range sortedKeys(ev.Attrs) {
			e.word(name)
			e.word(ev.Attrs[name])
		}
	}
}

func (d *decoder) event(source, item string) store.Event {
	ev := store.Event{Source: source, Item: item, ID: d.text()}
	flags := d.byte()
	ev.Bot = flags&eventBot != 0
	ev.Kind = store.EventKind(d.text())
	ev.At = d.time(epoch)
	if flags&eventHasOffset != 0 {
		if ev.At.IsZero() {
			d.fail("has the zone of no time")
		}
		ev.At = d.zone(ev.At, flags&eventQuarters != 0)
	}
	if flags&eventHasActor != 0 {
		ev.Actor = d.text()
	}
	if flags&eventHasAttrs != 0 {
		n := d.count()
		ev.Attrs = make(map[string]string, n)
		for range n {
			name := d.text()
			ev.Attrs[name] = d.text()
		}
	}
	return ev
}

// maxQuarters is the largest offset of a real zone, in quarters of an hour.
const maxQuarters = 64

// zones are the zones of whole quarters of an hour, shared by all events.
var zones = func() (z [2*maxQuarters + 1]*time.Location) {
	for i := range z {
		z[i] = store.WithOffset(time.Unix(0, 0), (i-maxQuarters)*900).Location()
	}
	return z
}()

func (d *decoder) zone(t time.Time, quarters bool) time.Time {
	offset := d.varint()
	if quarters && -maxQuarters <= offset && offset <= maxQuarters {
		return t.In(zones[offset+maxQuarters])
	}
	if quarters && int64(int32(offset)) == offset {
		offset *= 900
	}
	if int64(int32(offset)) != offset {
		d.fail("has an impossible offset")
		return t
	}
	return store.WithOffset(t, int(offset))
}

// normalise brings an item into the form in which it is read back: times to
// the second in UTC, no attribute without values, no key twice.
func normalise(it store.Item) store.Item {
	for _, t := range []*time.Time{&it.Created, &it.Updated, &it.Started, &it.Closed} {
		*t = second(*t)
	}
	it.Keys = union(nil, it.Keys)
	if slices.ContainsFunc(it.Links, func(l store.Link) bool { return l.At != second(l.At) }) {
		it.Links = slices.Clone(it.Links)
		for i := range it.Links {
			it.Links[i].At = second(it.Links[i].At)
		}
	}
	for _, values := range it.Attrs {
		if len(values) == 0 {
			it.Attrs = maps.Clone(it.Attrs)
			maps.DeleteFunc(it.Attrs, func(_ string, v []string) bool { return len(v) == 0 })
			break
		}
	}
	return it
}

// second drops what is smaller than a second, and the zone. Times that cannot
// be stored become none.
func second(t time.Time) time.Time {
	if !storable(t) {
		return time.Time{}
	}
	return time.Unix(t.Unix(), 0).UTC()
}

// union returns a followed by what of b is not in it, each once.
func union(a, b []string) []string {
	out := make([]string, 0, len(a)+len(b))
	for _, list := range [2][]string{a, b} {
		for _, k := range list {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// sameItem compares normalised items with their terms.
func sameItem(a, b *store.Item) bool {
	return a.Source == b.Source && a.ID == b.ID && a.Kind == b.Kind && a.Title == b.Title && a.URL == b.URL &&
		a.Status == b.Status && a.Gone == b.Gone &&
		a.Created.Equal(b.Created) && a.Updated.Equal(b.Updated) && a.Started.Equal(b.Started) && a.Closed.Equal(b.Closed) &&
		slices.Equal(a.Keys, b.Keys) &&
		slices.EqualFunc(a.Links, b.Links, func(x, y store.Link) bool {
			return x.Kind == y.Kind && x.Key == y.Key && x.At.Equal(y.At)
		}) &&
		slices.Equal(a.Terms, b.Terms) &&
		maps.EqualFunc(a.Attrs, b.Attrs, slices.Equal)
}

// sameEvent compares events of one item, their times to the second.
func sameEvent(a, b *store.Event) bool {
	offA, knownA := store.Offset(a.At)
	offB, knownB := store.Offset(b.At)
	return a.ID == b.ID && a.Kind == b.Kind && a.Actor == b.Actor && a.Bot == b.Bot &&
		storable(a.At) == storable(b.At) && (!storable(a.At) || a.At.Unix() == b.At.Unix() && offA == offB && knownA == knownB) && maps.Equal(a.Attrs, b.Attrs)
}
