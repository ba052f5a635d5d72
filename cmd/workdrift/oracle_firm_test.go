package main

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// A firm is a generated organisation over three tools, and its true ledger. It
// follows from its seed alone: events happen in the order of their times,
// however often somebody looks in between.
type firm struct {
	world *fake.World
	site  *fake.JiraSite
	space *fake.Workspace
	dc    bool   // Jira is a Data Center
	calm  bool   // nothing happens of which an early look knows more than a late one
	ops   string // key of the project of operations
	ci    string // member that is a machine

	rng      *rand.Rand
	start    time.Time // Monday, 00:00 UTC
	days     int
	oneIn    int
	clock    time.Time
	queue    []happening
	planned  int // days
	unsorted bool
	made     int  // things that were made, for texts
	turn     date // on which the ranks change
	people   []*worker
	truth    ledger
	groups   map[string][]groupVersion // by the team's group
	crew     map[string][]string       // present members of each group, as identities
	looks    int                       // how often somebody looked

	repos    []*repo
	epics    map[string][]*ticket // by objective, those that take part
	open     []*task              // changes that wait for a review
	changes  []*task
	called   map[*piece]func() string // present names
	tickets  []*ticket
	threads  []*thread
	channels map[string]string
	counts   map[string]int // of what happened, by kind
}

type happening struct {
	at time.Time
	do func(at time.Time)
}

type groupVersion struct {
	at      time.Time
	members []string
}

// A worker is a human with an account in each tool.
type worker struct {
	no                     int
	login, account, member string
	email                  string
	bare                   bool // commits by an address that no account claims
	zone                   *time.Location
	team                   int // -1 for none
	until                  date
	late                   bool // often works across midnight
	logs                   bool // keeps worklogs
	task                   *task
}

func (w *worker) github() string { return "github:" + w.login }
func (w *worker) jira() string   { return "jira:" + w.account }
func (w *worker) slack() string  { return "slack:" + w.member }
func (w *worker) mail() string   { return "email:" + w.email }

// coder is the identity under which the worker commits.
func (w *worker) coder() string {
	if w.bare {
		return w.mail()
	}
	return w.github()
}

// newFirm founds a firm that works for some days, of everybody or of one in so
// many of each team. Nothing has happened in it but introductions.
func newFirm(seed uint64, days, oneIn int, dataCenter bool) *firm {
	f := &firm{
		world: fake.NewWorld("acme"), site: fake.NewJiraSite(), space: fake.NewWorkspace("acme"), dc: dataCenter,
		rng: rand.New(rand.NewPCG(seed, 0x6f7261636c65)), days: days, start: time.Date(2025, 2, 3, 0, 0, 0, 0, time.UTC),
		groups: map[string][]groupVersion{}, crew: map[string][]string{}, epics: map[string][]*ticket{},
		channels: map[string]string{}, counts: map[string]int{}, called: map[*piece]func() string{}, ops: "OPS",
	}
	f.oneIn = oneIn
	f.clock, f.planned = f.start, 1 // the first day is for introductions
	f.truth = ledger{souls: map[string]*soul{}, grace: 7, top: 3, org: time.UTC}
	for _, s := range squads {
		for range s.size / oneIn {
			f.hire(len(f.people))
		}
	}
	for range max(1, loners/oneIn) {
		f.hire(len(f.people))
	}
	f.foundGroups()
	f.foundPlaces()
	f.foundPlans()
	for _, w := range f.people {
		f.introduce(w)
	}
	return f
}

// err is the first change that could not be made.
func (f *firm) err() error { return errors.Join(f.world.Err(), f.site.Err(), f.space.Err()) }

// foundGroups creates the groups from which teams are made.
func (f *firm) foundGroups() {
	var crew, hub []string
	for _, w := range f.people {
		switch {
		case w.team < 0:
		case squads[w.team].id == "crew":
			crew = append(crew, w.jiraID())
			f.crew["jira:crew"] = append(f.crew["jira:crew"], w.jira())
		case squads[w.team].id == "hub":
			hub = append(hub, w.login)
			f.crew["github:acme/hub"] = append(f.crew["github:acme/hub"], w.github())
		}
	}
	f.site.AddGroup("crew", crew...)
	f.world.SetTeam("hub", hub...)
}

// leaveGroup takes the first member that is still there out of a group.
func (f *firm) leaveGroup(group string) {
	left := f.crew[group][1:]
	for _, w := range f.people {
		if w.jira() == f.crew[group][0] {
			f.site.RemoveFromGroup("crew", w.jiraID())
		}
	}
	f.crew[group] = left
	if group == "github:acme/hub" {
		var logins []string
		for _, id := range left {
			logins = append(logins, strings.TrimPrefix(id, "github:"))
		}
		f.world.SetTeam("hub", logins...)
	}
}

// looked notes that somebody reads everything now: from here on it is known
// who is in a group and what is called what.
func (f *firm) looked() {
	f.looks++
	for p, name := range f.called {
		p.known[name()] = true
	}
	for group, members := range f.crew {
		versions := f.groups[group]
		members = slices.Sorted(slices.Values(members))
		if n := len(versions); n == 0 || !slices.Equal(versions[n-1].members, members) {
			f.groups[group] = append(versions, groupVersion{f.clock, members})
		}
	}
}

// seat gives the people of groups the memberships that are known of them.
func (f *firm) seat() {
	for _, s := range f.truth.souls {
		if !s.listed {
			s.stays = nil
		}
	}
	for t, sq := range squads {
		if sq.group == "" {
			continue
		}
		zone := mustZone(sq.zone)
		for i, v := range f.groups[sq.group] {
			st := stay{team: t, from: -ever, until: ever, share: 1_000_000}
			if i > 0 {
				st.from = dateOf(v.at.In(zone))
			}
			if i+1 < len(f.groups[sq.group]) {
				st.until = dateOf(f.groups[sq.group][i+1].at.In(zone)) - 1
			}
			for _, id := range v.members {
				s := f.truth.souls[id]
				s.stays = append(s.stays, st)
				s.home = zone
			}
		}
	}
	// A membership that goes on is one.
	for _, s := range f.truth.souls {
		for i := 1; i < len(s.stays) && !s.listed; i++ {
			if s.stays[i].team == s.stays[i-1].team && s.stays[i].from == s.stays[i-1].until+1 {
				s.stays[i-1].until = s.stays[i].until
				s.stays = slices.Delete(s.stays, i, i+1)
				i--
			}
		}
	}
}

// strangers counts the identities at work that nothing connects with others at
// work and that the configuration does not name.
func (f *firm) strangers() int {
	at := map[*soul]map[string]bool{}
	see := func(id string, on *piece, void bool) {
		if s := f.truth.souls[id]; s != nil && !void && on.there() {
			if at[s] == nil {
				at[s] = map[string]bool{}
			}
			at[s][id] = true
		}
	}
	for _, d := range f.truth.deeds {
		see(d.who, d.on, d.void)
	}
	for _, l := range f.truth.logs {
		see(l.who, l.on, l.void)
	}
	n := 0
	for s := range maps.Keys(at) {
		if !s.listed && len(at[s]) == 1 {
			n++
		}
	}
	return n
}
