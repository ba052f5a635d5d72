package scoring

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// An Engine holds what a report is made of, in memory: for each item its
// touches and logged time, for each person-week its split into person-days, and
// the graph of attributions. It is fed with changes, in any order and as often
// as they come, and told now and then what the sources know about accounts and
// groups; its reports depend on the newest state of each only. So an engine
// that followed the store for a year and one that has just read it all give
// the same report, bit for bit.
//
// Feeding a change costs what the change touches: its own events and the
// person-weeks they fall in, never what is stored besides. A report reads the
// person-weeks of its windows, and splits those of them that changed; older
// ones are never split. When identities turn out to be one person, or a person
// turns out to live in another zone, the weeks of these persons are built
// again from the touches, which needs one look at each item.
//
// An Engine is not safe for concurrent use. A changed configuration needs a
// new one.
type Engine struct {
	declared  *Declared
	graph     *attribution.Graph
	calendar  *calendar
	people    *people
	providers *providers
	owners    *owners // nil when no team owns anything
	decider   *decider
	profiles  []store.Profile
	groups    []store.Group
	scored    []scoreGroup // made once: their help texts are long

	items   []itemState // by item number
	origins []uint8     // by item number: number of the provider
	facts   []facts     // by item number
	rare    rareFacts
	words   *words
	actors  []actor
	byActor map[string]uint32
	lines   []timeline // by person
	logs    map[uint32][]logEntry
	replan  map[uint32]bool // persons whose logged time must be laid out again
	recast  []uint32        // items that became threads, or ceased to be
	ways    []wayUp         // by work, see wayOf
	rehung  []uint64        // items of which hungOf changed
	redated []uint32        // items that turned out to be made at another time
	blocks  blockBook
	shifted map[weekOf]found // of the last evaluation, see evaluation.find
	seq     uint64
	frozen  map[objective.Date]Frozen // by Monday
	ghosts  map[uint32]int            // by item, those without left out
	stats   EngineStats
	split   splitter
	weekly  map[objective.Date]*weekSums // by Monday, those that were asked for and hold

	compared *comparisons
	guesses  guesses
	told     *guesses // as of what is published, nil before
	stirred  []uint64 // items whose attribution is not as it is published, a bit each

	settled  func() // see SetSettled; nil for none
	revision uint64
	newest   newest

	kept      keptWeeks
	overrides []store.Override
	history   []objective.Loaded // what was declared, oldest first; see SetDeclarations
	edits     []objective.Edit
	out       ruledOut
}

// EngineStats counts what an engine holds.
type EngineStats struct {
	Items   int // items, those that are gone included
	Touches int // presences of an identity at an item in a minute
	Weeks   int // person-weeks
	Logs    int // logged times
	Ghosts  int // events without an actor, which earn no effort
	Machine int // presences and logs of machines, which earn no effort
	// Strange are identities at work that the configuration does not name and
	// that are merged with no other identity at work.
	Strange int
	// Conflicts are pairs of identities that a source holds to be one person
	// and that the configuration holds to be two.
	Conflicts int
	// UnreadGroups are the groups of teams, as configured, of which no source has
	// told members: who is in them is missing from the team.
	UnreadGroups []string
}

// itemState is what the engine keeps of one item.
type itemState struct {
	touches []touch // by actor, then moment
	order   uint64  // stable order among works, for rounding
	work    uint32  // number of the work that carries the effort
	seen    uint16  // scratch of one report: a bit for each window that counted the item
	known   bool
	thread  bool // a discussion: no work unless it is attributed
}

// An actor is one identity that did something.
type actor struct {
	key     string
	person  uint32
	machine bool
	held    []held // its touches and logs
	told    int    // how many of its touches are, see touch.told
}

// NewEngine returns an empty engine for what was declared. It fails when a
// rule cannot be compiled.
func NewEngine(d *Declared, overrides []store.Override) (*Engine, error) {
	rules, err := attribution.Compile(&d.Set)
	if err != nil {
		return nil, fmt.Errorf("compile rules: %w", err)
	}
	owned, err := newOwners(d.Teams)
	if err != nil {
		return nil, fmt.Errorf("compile what teams own: %w", err)
	}
	decides, err := newDecider(d.Decisions)
	if err != nil {
		return nil, fmt.Errorf("compile what is a decision: %w", err)
	}
	e := &Engine{
		declared:  d,
		graph:     attribution.NewGraph(rules, overrides, attribution.Options{Threshold: d.Threshold}),
		calendar:  newCalendar(&d.Set),
		providers: newProviders(d),
		owners:    owned,
		decider:   decides,
		byActor:   make(map[string]uint32),
		logs:      make(map[uint32][]logEntry),
		replan:    make(map[uint32]bool),
		ghosts:    make(map[uint32]int),
		split:     splitter{config: d.Effort},
		rare:      newRareFacts(),
		words:     newWords(d),
		scored:    scoreGroups(),
		compared:  newComparisons(d),
		weekly:    make(map[objective.Date]*weekSums),

		overrides: overrides,
	}
	e.people = newPeople(d, e.providers, nil, nil)
	e.SetDeclarations(nil)
	return e, nil
}

// SetDeclarations tells the engine what was declared over time, in place of what
// it was told before. They count in the order in which they became known; of
// those known at the same time a later one holds. Without any, what the
// configuration says counts as known from the start. It comes before the first
// change: of a change that was applied before, nobody knows since when rules
// exclude it.
func (e *Engine) SetDeclarations(history []objective.Loaded) {
	if len(history) == 0 {
		history = []objective.Loaded{{Set: e.declared.Set}}
	}
	history = slices.Clone(history) // what was imported comes after what it precedes
	slices.SortStableFunc(history, func(a, b objective.Loaded) int { return a.Known.Compare(b.Known) })
	e.revision++
	e.history, e.edits, e.out = history, objective.Edits(history), newRuledOut(history)
}

// SetSettled has f called in every report, once what Explain, Work, Find, Owners
// and Suggest tell has settled. Until the engine is fed again, or is asked for
// another report, others may ask these meanwhile, one at a time, and nothing else.
// Before the first report was Published, Suggest is none of them.
func (e *Engine) SetSettled(f func()) { e.settled = f }

// Revision changes whenever the engine is fed with something. As long as it stays,
// a report of the same day tells the same.
func (e *Engine) Revision() uint64 { return e.revision }

// Seq is the newest change the engine has been fed.
func (e *Engine) Seq() uint64 { return e.seq }

// Stats counts what the engine holds.
func (e *Engine) Stats() EngineStats {
	s := e.stats
	s.Strange, s.Conflicts = len(e.Unmatched()), e.people.conflicts
	s.UnreadGroups = e.unreadGroups()
	return s
}

// Unmatched lists the keys of the identities at work that the configuration
// does not name and that are merged with no other identity at work, in order.
// Each counts as a person of its own, which may be one too many.
func (e *Engine) Unmatched() []string {
	var alone []string
	for p := e.people.named; p < len(e.lines); p++ {
		var at []uint32
		for _, a := range e.lines[p].actors {
			if e.actors[a].works() {
				at = append(at, a)
			}
		}
		if len(at) == 1 {
			alone = append(alone, e.actors[at[0]].key)
		}
	}
	slices.Sort(alone)
	return alone
}

// Apply replaces what the engine knows about one item.
func (e *Engine) Apply(ch store.Change) {
	e.seq = max(e.seq, ch.Seq)
	e.revision++
	for uint64(len(e.items)) <= ch.No {
		e.items, e.origins = append(e.items, itemState{}), append(e.origins, 0)
	}
	no, it := uint32(ch.No), &e.items[ch.No]
	if !it.known {
		it.known = true
		it.work = no
		e.origins[no] = e.providers.of(ch.Item.Source)
		it.order = stableOrder(ch.Item.Source, ch.Item.ID)
		e.stats.Items++
	}
	if thread := ch.Item.Kind == store.KindDiscussion; thread != it.thread {
		it.thread = thread
		e.recast = append(e.recast, no)
	}
	e.graph.Set(ch.No, &ch.Item)
	e.out.learn(no, &ch.Item, e.graph.RuledOut(ch.No))
	e.owners.set(ch.No, &ch.Item)
	touches, logs := e.read(&ch)
	e.replaceTouches(no, touches)
	e.replaceLogs(no, logs)
	e.learn(&ch)
	e.readWords(no, &ch.Item)
}

// read turns the events of an item into touches and logged time. An item that
// is gone keeps its events in the store and has neither here.
func (e *Engine) read(ch *store.Change) (touches []touch, logs []logEntry) {
	no, ghosts := uint32(ch.No), 0
	defer func() {
		e.stats.Ghosts += ghosts - e.ghosts[no]
		delete(e.ghosts, no)
		if ghosts > 0 {
			e.ghosts[no] = ghosts
		}
	}()
	if ch.Item.Gone != "" && ch.Item.Gone != store.GoneMoved {
		return nil, nil
	}
	for i := range ch.Events {
		ev := &ch.Events[i]
		presence, seconds := effort.PresenceOf(ev.Kind, ch.Item.Kind), effort.LoggedSeconds(ev)
		switch {
		case presence == 0 && seconds == 0:
			continue
		case ev.Actor == "":
			ghosts++
			continue
		}
		machine := effort.IsBot(ev.Actor, ev.Bot, nil)
		a, at := e.actor(ev.Actor), effort.MomentOf(ev.At)
		if seconds > 0 {
			logs = append(logs, logEntry{actor: a, at: at, seconds: seconds, machine: machine})
			continue
		}
		touches = append(touches, touch{actor: a, minute: at.Minute, offset: at.Offset, presence: presence, machine: machine})
	}
	return mergeTouches(touches), sortLogs(logs)
}

// actor returns the number of an identity.
func (e *Engine) actor(key string) uint32 {
	n, ok := e.byActor[key]
	if !ok {
		key = strings.Clone(key)
		n = uint32(len(e.actors))
		e.byActor[key] = n
		e.actors = append(e.actors, actor{key: key, person: e.people.of(key), machine: e.people.machines[key]})
		line := e.line(e.actors[n].person)
		line.actors = append(line.actors, n)
	}
	return n
}

// settle brings attributions up to date, and marks the person-weeks whose items
// are now parts of another work, or are threads that became work or ceased to
// be. Then it lays out logged time.
func (e *Engine) settle() {
	for _, no := range e.graph.Resolve() {
		if no >= uint64(len(e.items)) {
			continue
		}
		e.restate(uint32(no))
		e.stir(no)
		it := &e.items[no]
		work := uint32(e.graph.Work(no))
		if work != it.work || e.items[work].thread {
			it.work = work
			e.markItem(uint32(no))
		}
	}
	for _, no := range e.recast {
		for _, member := range e.graph.Members(uint64(no)) {
			e.markItem(uint32(member))
		}
	}
	e.recast = nil
	for _, no := range e.redated {
		for _, member := range e.graph.Members(uint64(no)) {
			e.restate(uint32(member))
		}
	}
	e.redated = nil
	e.uproot()
	e.layOutAll()
}

// idle reports whether being present at a work is no effort: it is a thread,
// and nothing says what it is about. Chat is not work by itself.
func (e *Engine) idle(work uint32) bool {
	if !e.items[work].thread {
		return false
	}
	a := e.graph.Of(uint64(work))
	return a.Bucket == attribution.Unknown && a.Method == attribution.None
}

// stableOrder orders works the same way in every store, however items were
// numbered there.
func stableOrder(source, id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(source))
	h.Write([]byte{0})
	h.Write([]byte(id))
	return h.Sum64()
}
