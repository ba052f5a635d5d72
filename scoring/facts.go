package scoring

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// facts is what the engine keeps of an item besides who was present at it. It
// depends on nothing but the item's newest state, so that an engine that
// followed the store holds the same as one that has just read it. What few
// items have is in the maps of rareFacts.
type facts struct {
	created, started, closed minute
	creator                  uint32 // number of the actor plus one, 0 when not told
	place                    uint32 // name of the repository, project or channel, see names
	class                    uint32 // name of the type as the source spells it
	kind                     kind
	status                   status
	marks                    mark
	words                    uint8 // of the whole text, at most 255
	edits                    uint8 // of its text after it was started, at most 255
	described                uint8 // words of its description, see store.AttrWords
}

// minute is a time in whole minutes since 1970, UTC.
type minute int32

// noMinute is the time that is not told. It sorts before every other.
const noMinute minute = math.MinInt32

func minuteOf(t time.Time) minute {
	if t.IsZero() {
		return noMinute
	}
	return minute(math.Floor(float64(t.Unix()) / 60))
}

// day returns the day in UTC, NoDate for noMinute.
func (m minute) day() objective.Date {
	if m == noMinute {
		return objective.NoDate
	}
	return objective.Date(math.Floor(float64(m) / (24 * 60)))
}

// time returns the zero time for noMinute.
func (m minute) time() time.Time {
	if m == noMinute {
		return time.Time{}
	}
	return time.Unix(int64(m)*60, 0).UTC()
}

// kind is store.Kind in one byte.
type kind uint8

const (
	kindNone kind = iota
	kindTicket
	kindChange
	kindCommit
	kindDiscussion
	kindOutcome
)

func kindOf(k store.Kind) kind {
	return kind(slices.Index([]store.Kind{store.KindTicket, store.KindChange, store.KindCommit,
		store.KindDiscussion, store.KindOutcome}, k) + 1)
}

// status is store.Status in one byte.
type status uint8

const (
	statusNone status = iota
	statusTodo
	statusDoing
	statusDone
	statusDropped
)

func statusOf(s store.Status) status {
	return status(slices.Index([]store.Status{store.StatusTodo, store.StatusDoing, store.StatusDone, store.StatusDropped}, s) + 1)
}

func (s status) ended() bool { return s == statusDone || s == statusDropped }

// mark is a set of what is so of an item.
type mark uint16

const (
	markGone     mark = 1 << iota // deleted, or out of sight
	markEpic                      // ranks above a plain ticket
	markMachine                   // a machine is the author
	markWindDown                  // its work is the stopping itself
	markDecision                  // something is decided in it, see Decisions
	markInputs                    // it is known what it gives to begin work with: described, and
	markCriteria                  // acceptance criteria,
	markAssigned                  // somebody who is to do it
)

func (f *facts) is(m mark) bool { return f.marks&m != 0 }

// rareFacts is what few items have, by item number.
type rareFacts struct {
	names    map[string]uint32
	orders   []uint64          // of the names, see orderOf
	moves    map[uint32][]move // of items whose end is not simply their closing
	checkIns map[uint32][]checkIn
	outcomes map[uint32]*measuredOutcome
	blocks   map[uint32][]blockLink
	records  map[uint32][]string // of decisions: the keys of what they link to
	upward   map[uint32]minute   // when the newest link upward was made, if later than the item; see linkedOn
}

// A move is one change of an item between open and ended.
type move struct {
	at minute
	to status // statusDone, statusDropped, or statusDoing for re-opened
}

// A checkIn is one reported confidence.
type checkIn struct {
	at        time.Time
	actor     string // key of the identity, private
	objective string // as it was typed, in lower case, or what is kept of that; see checkInOf
	value     float64
	machine   bool
	item      uint32 // number
	cites     bool   // a reading of the outcome
}

// A measuredOutcome holds the samples of one query for one objective.
type measuredOutcome struct {
	result  string     // store.AttrResult
	query   uint64     // see queryOf
	samples []sampleAt // ascending
}

// queryOf tells outcomes apart by their ID; see store.OutcomeID.
func queryOf(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}

type sampleAt struct {
	at    minute
	value float64
}

// A blockLink leads to what the item blocks.
type blockLink struct {
	key string
	at  minute
	by  string // key of the identity that made the link, private; "" when unknown
}

func newRareFacts() rareFacts {
	return rareFacts{names: make(map[string]uint32), moves: make(map[uint32][]move), checkIns: make(map[uint32][]checkIn),
		outcomes: make(map[uint32]*measuredOutcome), blocks: make(map[uint32][]blockLink), records: make(map[uint32][]string),
		upward: make(map[uint32]minute)}
}

// name numbers a string, 0 for the empty one. The numbers differ from engine to
// engine: they tell equal from different and nothing else.
func (r *rareFacts) name(s string) uint32 {
	if s == "" {
		return 0
	}
	n, ok := r.names[s]
	if !ok {
		n = uint32(len(r.names) + 1)
		r.names[strings.Clone(s)] = n
		r.orders = append(r.orders, stableOrder("", s))
	}
	return n
}

// orderOf returns the stable order of a name by its number: unlike the number it
// is the same in every engine. No item has it, since every item has a source.
func (r *rareFacts) orderOf(name uint32) uint64 {
	if name == 0 {
		return 0
	}
	return r.orders[name-1]
}

// put keeps a value, or forgets what was there where it is empty.
func put[T any](m map[uint32][]T, no uint32, list []T) {
	delete(m, no)
	if len(list) > 0 {
		m[no] = list
	}
}

// learn replaces the facts of an item.
func (e *Engine) learn(ch *store.Change) {
	no, it := uint32(ch.No), &ch.Item
	for len(e.facts) <= int(no) {
		e.facts = append(e.facts, facts{created: noMinute, started: noMinute, closed: noMinute})
	}
	f := facts{
		created: minuteOf(it.Created), started: minuteOf(it.Started), closed: minuteOf(it.Closed),
		kind: kindOf(it.Kind), status: statusOf(it.Status), marks: marksOf(it),
		place: e.rare.name(first(it, store.AttrRepo, store.AttrProject, store.AttrChannel)),
		class: e.rare.name(strings.ToLower(first(it, store.AttrType))),
	}
	if e.decider.is(it) {
		f.marks |= markDecision
	}
	if n, err := strconv.ParseUint(first(it, store.AttrWords), 10, 8); err == nil {
		f.described, f.marks = uint8(n), f.marks|markInputs
	}
	words := 0
	for _, t := range it.Terms {
		words += t.Count
	}
	f.words = uint8(min(words, math.MaxUint8))
	moves, checkIns, samples := e.readFacts(ch, &f)
	if f.is(markGone) {
		moves, checkIns, samples = nil, nil, nil
	}
	put(e.rare.moves, no, moves)
	put(e.rare.checkIns, no, checkIns)
	delete(e.rare.outcomes, no)
	if f.kind == kindOutcome && !f.is(markGone) {
		e.rare.outcomes[no] = &measuredOutcome{result: first(it, store.AttrResult), query: queryOf(it.ID), samples: samples}
	}
	e.rare.linked(ch, &f)
	if was := &e.facts[no]; was.kind != kindNone && was.created != f.created {
		e.redated = append(e.redated, no)
	}
	before := e.hungOf(no)
	e.rare.hooked(no, it, &f)
	e.facts[no] = f
	if len(e.ways) > 0 && e.hungOf(no) != before {
		e.rehung = append(e.rehung, ch.No)
	}
}

// first returns the first value of the first attribute that has one.
func first(it *store.Item, attrs ...string) string {
	for _, a := range attrs {
		if v := it.Attrs[a]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

func marksOf(it *store.Item) mark {
	var m mark
	if it.Gone != "" && it.Gone != store.GoneMoved {
		m |= markGone
	}
	if len(it.Attrs[store.AttrLevel]) > 0 {
		m |= markEpic
	}
	if slices.Contains(it.Attrs[store.AttrAuthor], "bot") {
		m |= markMachine
	}
	if slices.ContainsFunc(it.Attrs[store.AttrLabel], func(l string) bool { return strings.HasPrefix(strings.ToLower(l), "wind_down") }) {
		m |= markWindDown
	}
	if first(it, store.AttrCriteria) == "yes" {
		m |= markCriteria
	}
	if first(it, store.AttrAssigned) == "yes" {
		m |= markAssigned
	}
	return m
}

// readFacts takes from the events of an item what effort does not need.
func (e *Engine) readFacts(ch *store.Change, f *facts) (moves []move, checkIns []checkIn, samples []sampleAt) {
	var ends []*store.Event
	opened := noMinute
	for i := range ch.Events {
		ev := &ch.Events[i]
		switch ev.Kind {
		case store.EventOpen:
			if at := minuteOf(ev.At); ev.Actor != "" && (opened == noMinute || at < opened) {
				f.creator, opened = e.actor(ev.Actor)+1, at
			}
		case store.EventTransition, store.EventClose, store.EventMerge:
			ends = append(ends, ev)
		case store.EventCheckIn:
			if value, err := strconv.ParseFloat(ev.Attrs["confidence"], 64); err == nil && value >= 0 && value <= 1 {
				checkIns = append(checkIns, checkIn{ev.At, strings.Clone(ev.Actor), e.checkInOf(&ch.Item, ev.Attrs["objective"]), value, ev.Bot, uint32(ch.No), ev.Attrs["cites"] == "outcome"})
			}
		case store.EventSample:
			if value, err := strconv.ParseFloat(ev.Attrs["value"], 64); err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
				samples = append(samples, sampleAt{minuteOf(ev.At), value})
			}
		}
	}
	slices.SortStableFunc(ends, func(a, b *store.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(samples, func(a, b sampleAt) int { return cmp.Compare(a.at, b.at) })
	moves = movesOf(ends, f, minuteOf(ch.Item.Updated))
	f.countEdits(ch.Events)
	return moves, checkIns, samples
}

// checkInOf returns what a check-in is about: the key where it is one that its
// item has or links to, in lower case, and otherwise what is kept of the word.
func (e *Engine) checkInOf(it *store.Item, kept string) string {
	kept = strings.ToLower(kept)
	for _, key := range it.Keys {
		if key = strings.ToLower(key); e.declared.term(key) == kept {
			return key
		}
	}
	for i := range it.Links {
		if key := strings.ToLower(it.Links[i].Key); e.declared.term(key) == kept {
			return key
		}
	}
	return strings.Clone(kept)
}

// countEdits counts the edits of the text after the start.
func (f *facts) countEdits(events []store.Event) {
	if f.started == noMinute {
		return
	}
	for i := range events {
		if events[i].Kind == store.EventEdit && minuteOf(events[i].At) > f.started && f.edits < math.MaxUint8 {
			f.edits++
		}
	}
}

// movesOf reads when an item ended and was opened again, and fills in when it
// was started where the item does not say. An item that ended once, when it was
// closed, needs no list: nil stands for that and for one that never ended. What
// the item itself says holds where events are missing.
func movesOf(events []*store.Event, f *facts, updated minute) []move {
	var moves []move
	ended := false
	for _, ev := range events {
		to := statusOf(store.Status(ev.Attrs["to"]))
		if to == statusDoing && f.started == noMinute {
			f.started = minuteOf(ev.At)
		}
		switch {
		case to == statusNone || to.ended() == ended:
		case ended:
			moves = append(moves, move{minuteOf(ev.At), statusDoing})
			ended = false
		default:
			moves = append(moves, move{minuteOf(ev.At), to})
			ended = true
		}
	}
	switch now := f.status.ended(); {
	case now && !ended:
		at := f.closed
		if at == noMinute {
			at = updated
		}
		moves = append(moves, move{at, f.status})
	case !now && ended && f.status != statusNone:
		moves = append(moves, move{updated, statusDoing})
	}
	if len(moves) == 1 && moves[0] == (move{f.closed, f.status}) {
		return nil
	}
	return moves
}

// movesFor lists when an item ended and was opened again, oldest first.
func (e *Engine) movesFor(no uint32) []move {
	if moves, ok := e.rare.moves[no]; ok {
		return moves
	}
	if f := &e.facts[no]; f.status.ended() && f.closed != noMinute {
		return []move{{f.closed, f.status}}
	}
	return nil
}
