package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// The organisation of the benchmarks of the catalogue is that of benchDeclared
// with everything that scores look at: tickets with their history under epics,
// changes with reviews that implement them, commits, threads, words, decisions,
// check-ins, outcomes, links between teams, and objectives that were re-ranked
// and stopped.
//
// Items come in blocks of a team: tickets, the changes and commits for them, and
// threads about them, 200 events in 20 items that begin within three weeks. Every
// twentieth block of a team begins with an epic, to which the tickets of the
// blocks up to the next belong.
const (
	blockItems   = 20
	blockTickets = 7
	blockChanges = 15 // up to here
	blockCommits = 18
	epicBlocks   = 20
	wordsAnItem  = 40
)

// catalogueDeclared is what the organisation declares.
func catalogueDeclared(hash store.Hasher) *scoring.Declared {
	d := benchDeclared(hash)
	d.Sources = []string{"gh", "jira", "chat", "prom"}
	d.Providers = map[string]string{"gh": "github", "jira": "jira", "chat": "slack", "prom": "prometheus"}
	d.People.Term, d.Words = hash.Term, wordsOf
	d.Privacy.HumanDebt, d.Profile.Index = true, true
	d.Decisions = scoring.Decisions{Types: []string{"decision"}, Paths: []string{"docs/adr/**"}, DesignLabels: []string{"design"}, Reactions: []string{"decision"}}
	d.Windows.FreezeAfter = 14 * 24 * time.Hour
	target := 100.0
	for i := range d.Set.Objectives {
		o := &d.Set.Objectives[i]
		o.Teams = []string{d.Teams[i].ID, d.Teams[(i+7)%benchTeams].ID}
		o.Terms = []string{word(uint64(100 + i)), word(uint64(200 + i)), word(uint64(300 + i))}
		o.ExcludedTerms = []string{word(uint64(5000 + i))}
		o.Outcome = &objective.Outcome{Query: "q" + o.ID, Direction: "up", Target: &target}
		v := &o.Versions[0]
		v.OwnerTeam, v.HasOwner, v.Due = d.Teams[i].ID, true, objective.DateOf(benchEnd)+objective.Date(i*7)
		if i%5 == 4 {
			o.Versions = append(o.Versions, objective.Version{From: objective.DateOf(benchEnd) - objective.Date(40+10*i), Rank: v.Rank, State: objective.Retired, TargetShare: -1})
		}
	}
	for t := range d.Teams {
		d.Teams[t].Repositories, d.Teams[t].Projects = []string{fmt.Sprintf("acme/team-%02d", t)}, []string{fmt.Sprintf("T%02d", t)}
	}
	return d
}

// declareHistory keeps what the organisation declared over time: each quarter
// some objectives change places, and some their targets.
func declareHistory(b *testing.B, db *bolt.DB, d *scoring.Declared) {
	b.Helper()
	for quarter := 8; quarter > 0; quarter-- {
		set := d.Set
		set.Objectives = slices.Clone(set.Objectives)
		for k := range 10 {
			o := &set.Objectives[(7*quarter+k)%benchObjectives]
			o.Versions = slices.Clone(o.Versions)
			o.Versions[0].Rank, o.Versions[0].TargetShare = 1+(o.Versions[0].Rank+quarter)%benchObjectives, .01+.002*float64(quarter)
		}
		body, err := objective.Encode(&set)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := db.Declare(context.Background(), store.Declaration{KnownFrom: benchEnd.AddDate(0, -3*quarter, 0).Truncate(time.Second), Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}

// word is word number n as a store keeps it.
func word(n uint64) string {
	h := fnv.New64a()
	fmt.Fprint(h, n)
	return fmt.Sprintf("%012x", h.Sum64()&(1<<48-1))
}

func wordsOf(text string) (terms []store.Term) {
	for _, w := range strings.Fields(strings.ToLower(text)) {
		terms = append(terms, store.Term{Word: w, Count: 1})
	}
	return terms
}

// A maker makes one item with its events.
type maker struct {
	random *rand.Rand
	hash   store.Hasher
	i      int
	team   int
	it     store.Item
	events []store.Event
}

func blockTeam(block int) int { return block % benchTeams }

// epicOf returns the number of the epic of a block.
func epicOf(block int) int {
	return (block - benchTeams*(block/benchTeams%epicBlocks)) * blockItems
}

func ticketKey(i int) string { return fmt.Sprintf("T%02d-%d", blockTeam(i/blockItems), i) }

// catalogueItem returns item i with its events. Without recent its block begins
// on any day of the years, with it in the last days.
func catalogueItem(i int, hash store.Hasher, recent bool) (string, store.Item, []store.Event) {
	block := i / blockItems
	days := rand.New(rand.NewPCG(uint64(block), 2)).IntN(benchDays)
	if recent {
		days = 4
	}
	m := &maker{random: rand.New(rand.NewPCG(uint64(i), 1)), hash: hash, i: i, team: blockTeam(block)}
	start := benchEnd.AddDate(0, 0, -1-days).Add(time.Duration(m.random.IntN(21*24*60)) * time.Minute).Truncate(time.Second)
	if last := benchEnd.AddDate(0, 0, -2); start.After(last) {
		start = last.Add(-time.Duration(m.random.IntN(2*24*60)) * time.Minute)
	}
	m.it = store.Item{
		Title: fmt.Sprintf("Make the %d-th part of the service do what was agreed upon", i), Attrs: map[string][]string{},
		Created: start, Updated: start.AddDate(0, 0, 10), Started: start.Add(time.Hour),
		Status: store.StatusDone, Closed: start.AddDate(0, 0, 10), Terms: m.terms(),
	}
	if m.it.Closed.After(benchEnd) {
		m.it.Updated, m.it.Closed, m.it.Status = benchEnd, time.Time{}, store.StatusDoing
	}
	source := "gh"
	switch of := i % blockItems; {
	case of < blockTickets:
		source = "jira"
		m.ticket(block)
	case of < blockChanges:
		m.change()
	case of < blockCommits:
		m.commit()
	default:
		source = "chat"
		m.thread()
	}
	m.it.Source = source
	for e := range m.events {
		m.events[e].Source = source
	}
	return source, m.it, m.events
}

func (m *maker) terms() (terms []store.Term) {
	zipf := rand.NewZipf(m.random, 1.1, 20, 400_000)
	counts := make(map[uint64]int, wordsAnItem)
	for len(counts) < wordsAnItem {
		counts[zipf.Uint64()]++
	}
	for n, count := range counts {
		terms = append(terms, store.Term{Word: word(n), Count: count})
	}
	slices.SortFunc(terms, func(a, b store.Term) int { return strings.Compare(a.Word, b.Word) })
	return terms
}

// person is somebody of the team, and now and then somebody else.
func (m *maker) person() string {
	p := m.team + benchTeams*m.random.IntN(8)
	if m.random.IntN(7) == 0 {
		p = m.random.IntN(benchPeople)
	}
	return m.hash.Actor(benchActor(p))
}

func (m *maker) event(kind store.EventKind, who string, at time.Time, attrs map[string]string) {
	if at.After(benchEnd) {
		at = benchEnd.Add(-time.Duration(m.random.IntN(24*60)) * time.Minute).Truncate(time.Second)
	}
	m.events = append(m.events, store.Event{Item: m.it.ID, ID: fmt.Sprintf("%s/%d", kind, 1_000_000_000+m.i*100+len(m.events)), Kind: kind, Actor: who, At: at, Attrs: attrs})
}

func (m *maker) later(days int) time.Time {
	return m.it.Created.Add(time.Duration(m.random.IntN(days*24*60)) * time.Minute)
}

func (m *maker) ticket(block int) {
	m.it.Kind, m.it.ID, m.it.Keys = store.KindTicket, fmt.Sprintf("T%02d/%d", m.team, m.i), []string{ticketKey(m.i)}
	m.it.Attrs[store.AttrProject], m.it.Attrs[store.AttrType] = []string{fmt.Sprintf("T%02d", m.team)}, []string{"story"}
	m.it.Attrs[store.AttrWords], m.it.Attrs[store.AttrCriteria], m.it.Attrs[store.AttrAssigned] = []string{fmt.Sprint(m.random.IntN(200))}, []string{"yes"}, []string{"no"}
	switch epic := epicOf(block); {
	case m.i == epic:
		m.it.Attrs[store.AttrLevel] = []string{"epic"}
		m.it.Attrs[store.AttrLabel] = []string{fmt.Sprintf("label-%d-%d", (m.team+7*m.random.IntN(5))%benchObjectives, m.random.IntN(10))}
	case m.random.IntN(3) > 0:
		m.it.Links = append(m.it.Links, store.Link{Kind: store.LinkParent, Key: ticketKey(epic), At: m.it.Created})
	}
	if m.random.IntN(30) == 0 {
		m.it.Attrs[store.AttrType] = []string{"decision"}
	}
	if m.i > 1000 && m.random.IntN(10) == 0 {
		// Work of another team waits for this.
		m.it.Links = append(m.it.Links, store.Link{Kind: store.LinkBlocks, Key: ticketKey(m.random.IntN(m.i/blockItems) * blockItems), At: m.it.Created})
	}
	author := m.person()
	m.event(store.EventOpen, author, m.it.Created, nil)
	m.event(store.EventTransition, author, m.it.Started, map[string]string{"from": "todo", "to": "doing"})
	for range 4 {
		m.event(store.EventComment, m.person(), m.later(10), nil)
	}
	m.event(store.EventEdit, author, m.later(5), nil)
	if m.it.Status == store.StatusDone {
		m.event(store.EventTransition, author, m.it.Closed, map[string]string{"from": "doing", "to": "done"})
	} else {
		m.event(store.EventComment, author, m.later(3), nil)
	}
}

func (m *maker) change() {
	repo := fmt.Sprintf("acme/team-%02d", m.team)
	m.it.Kind, m.it.ID, m.it.Keys = store.KindChange, fmt.Sprintf("R%d/%d", m.team, m.i), []string{fmt.Sprintf("%s#%d", repo, m.i)}
	m.it.Attrs[store.AttrRepo], m.it.Attrs[store.AttrBase] = []string{repo}, []string{"main"}
	m.it.Attrs[store.AttrPath] = []string{fmt.Sprintf("svc/part-%d/main.go", m.random.IntN(500)), fmt.Sprintf("svc/part-%d/main_test.go", m.random.IntN(500))}
	switch m.random.IntN(40) {
	case 0:
		m.it.Attrs[store.AttrPath] = []string{fmt.Sprintf("docs/adr/%d.md", m.i)}
	case 1:
		m.it.Attrs[store.AttrAuthor] = []string{"bot"}
	case 2, 3, 4, 5:
		m.it.Attrs[store.AttrLabel] = []string{fmt.Sprintf("label-%d-%d", m.random.IntN(benchObjectives), m.random.IntN(10))}
	}
	if m.random.IntN(4) > 0 {
		m.it.Links = append(m.it.Links, store.Link{Kind: store.LinkImplements, Key: m.beside(), At: m.it.Created})
	}
	author := m.person()
	m.event(store.EventOpen, author, m.it.Created, nil)
	for range 4 {
		m.event(store.EventPush, author, m.later(8), nil)
	}
	for range 5 {
		m.event(store.EventReview, m.person(), m.later(9), nil)
	}
	for range 3 {
		m.event(store.EventReply, author, m.later(9), nil)
	}
	for range 2 {
		m.event(store.EventComment, m.person(), m.later(9), nil)
	}
	if m.it.Status == store.StatusDone {
		m.event(store.EventMerge, author, m.it.Closed, map[string]string{"to": "done"})
	} else {
		m.event(store.EventPush, author, m.later(3), nil)
	}
}

// beside is a ticket of the same block.
func (m *maker) beside() string {
	return ticketKey(m.i - m.i%blockItems + m.random.IntN(blockTickets))
}

func (m *maker) commit() {
	repo := fmt.Sprintf("acme/team-%02d", m.team)
	m.it.Kind, m.it.ID, m.it.Keys = store.KindCommit, fmt.Sprintf("R%d/c%d", m.team, m.i), []string{fmt.Sprintf("%s@%040x", repo, m.i)}
	m.it.Attrs[store.AttrRepo] = []string{repo}
	m.it.Links = []store.Link{{Kind: store.LinkImplements, Key: m.beside(), At: m.it.Created}}
	m.event(store.EventCommit, m.person(), m.it.Created, nil)
}

func (m *maker) thread() {
	m.it.Kind, m.it.ID, m.it.Keys = store.KindDiscussion, fmt.Sprintf("C%d/%d", m.team, m.i), nil
	m.it.Attrs[store.AttrChannel] = []string{fmt.Sprintf("team-%02d", m.team)}
	m.it.Links = []store.Link{{Kind: store.LinkDiscusses, Key: m.beside(), At: m.it.Created}}
	if m.random.IntN(10) == 0 {
		m.it.Attrs[store.AttrReaction] = []string{"decision"}
	}
	m.event(store.EventOpen, m.person(), m.it.Created, nil)
	for range 5 + m.i%2 {
		m.event(store.EventMessage, m.person(), m.later(2), nil)
	}
}

// reports returns the tickets on which confidence is reported every week, and the
// outcomes with a sample a week, one of each an objective.
func reports(d *scoring.Declared, hash store.Hasher) (tickets, outcomes store.Batch) {
	for i := range d.Set.Objectives {
		o := &d.Set.Objectives[i]
		m := &maker{random: rand.New(rand.NewPCG(uint64(i), 3)), hash: hash, i: i, team: i}
		m.it = store.Item{Source: "jira", ID: "CHECK/" + o.ID, Kind: store.KindTicket, Keys: []string{"CHECK-" + o.ID}, Created: benchEnd.AddDate(-2, 0, 0), Updated: benchEnd, Status: store.StatusDoing}
		result := store.Item{Source: "prom", ID: store.OutcomeID(o.ID, o.Outcome.Query), Kind: store.KindOutcome, Created: m.it.Created, Updated: benchEnd,
			Attrs: map[string][]string{store.AttrObjective: {o.ID}, store.AttrResult: {"ok"}}}
		for week := range 104 {
			at := benchEnd.AddDate(0, 0, -7*week)
			m.event(store.EventCheckIn, m.person(), at, map[string]string{"confidence": fmt.Sprintf("%.2f", .5+.5*m.random.Float64()), "objective": hash.Term(o.ID)})
			outcomes.Events = append(outcomes.Events, store.Event{Source: "prom", Item: result.ID, ID: fmt.Sprintf("sample/%03d", week), Kind: store.EventSample, At: at,
				Attrs: map[string]string{"value": fmt.Sprintf("%.2f", 80-float64(week)/3+5*m.random.Float64())}})
		}
		for e := range m.events {
			m.events[e].Source = "jira"
		}
		tickets.Items, tickets.Events = append(tickets.Items, m.it), append(tickets.Events, m.events...)
		outcomes.Items = append(outcomes.Items, result)
	}
	return tickets, outcomes
}
