package scoring

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// drawnNow is when the drawn worlds are evaluated, drawnStart the first day on
// which something happens in them.
var (
	drawnNow   = time.Date(2025, 4, 1, 19, 0, 0, 0, time.UTC)
	drawnStart = drawnNow.AddDate(0, 0, -60)
)

// The identities of the drawn worlds: some of one person, some of machines.
var drawnActors = []string{"gh:ana", "jira:ana", "slack:ana", "email:ana", "gh:ben", "jira:ben", "slack:ben",
	"email:ben", "gh:cleo", "jira:cleo", "slack:dora", "gh:ci", "slack:bot"}

var drawnKeys = []string{"PAY-1", "PAY-2", "PAY-3", "OPS-1", "EPIC-1", "acme/api#1", "acme/api#2", "acme/web#1",
	"acme/api@1", "acme/api@2", "C1/1", "C1/2", "C2/1", "outcome:o1", "outcome:o2"}

func drawDeclared(t *rapid.T) *Declared {
	always := func(rank int) []objective.Version {
		return []objective.Version{{From: objective.NoDate, Rank: rank, State: objective.Active, TargetShare: -1}}
	}
	is := func(attr, value string) *objective.Rule {
		return &objective.Rule{Attr: attr, Like: []objective.Pattern{{Op: objective.Exact, Text: value}}}
	}
	no := objective.NoDate
	flip := func(name string) bool { return rapid.Bool().Draw(t, name) }
	target := 5.0
	d := &Declared{
		Set: objective.Set{TopN: 3, RunWorkBudget: -1, Objectives: []objective.Objective{
			{ID: "o1", Start: no, Keys: []string{"EPIC-1"}, Versions: always(1),
				Outcome: &objective.Outcome{Direction: "up", Target: &target, Lag: 7 * 24 * time.Hour}},
			{ID: "o2", Start: no, Match: is(store.AttrLabel, "o2"), Versions: always(2),
				Terms: []string{"audit log", "seats"}, ExcludedTerms: []string{"trial"}, Docs: []string{"docs/o2.md"}},
		}, RunWork: []objective.NamedRule{{Name: "support", Rule: *is(store.AttrChannel, "support")}}},
		Effort:    effort.DefaultConfig(),
		Decisions: Decisions{Types: []string{"adr"}, DesignLabels: []string{"o2"}, Reactions: []string{"decision"}},
		Privacy:   Privacy{KPeople: rapid.IntRange(1, 3).Draw(t, "k"), KEffort: 1, Dominance: 1},
		Windows:   Windows{Labels: []string{"7d", "28d", "quarter"}, CloseGrace: 6 * time.Hour},
		Zone:      time.UTC,
		Providers: map[string]string{"gh": "github", "jira": "jira", "ji": "jira", "slack": "slack", "sl": "slack"},
		People: People{Merge: Merge{VerifiedEmail: flip("verified"), Profiles: flip("profiles")},
			Bots: []string{"gh:ci"}},
		Teams: []Team{
			{ID: "core", Groups: []string{"gh:acme/core", "jira:core"}, Repositories: []string{"acme/a*"}, Projects: []string{"PAY"}},
			{ID: "growth", Zone: time.FixedZone("growth", -9*3600), Groups: []string{"gh:acme/growth"}},
		},
	}
	d.People.Owners = make(map[string][]Owner)
	for i, who := range []string{"gh:ana", "slack:ben"} {
		o := &d.Set.Objectives[i]
		o.Versions[0].HasOwner = true
		d.People.Owners[o.ID] = []Owner{{From: no, Identities: []string{who}}}
	}
	if flip("ana is configured") {
		d.People.Persons = append(d.People.Persons, Person{ID: "ana", Identities: []string{"gh:ana"}, FTE: .8,
			Leave: []DateRange{{objective.DateOf(drawnStart) + 10, objective.DateOf(drawnStart) + 20}}})
	}
	if flip("ben is configured") {
		d.People.Persons = append(d.People.Persons, Person{ID: "ben", Identities: []string{"jira:ben", "slack:ben"}, FTE: 1,
			Zone: time.FixedZone("ben", 8*3600)})
		if flip("ben is a member") {
			d.Teams[1].Members = []Member{{Person: "ben", From: objective.DateOf(drawnNow) - 30, Until: no, Share: .5}}
		}
	}
	return d
}

// drawItem draws a state of item no. Its kind, its source and its own key stay,
// as they do at a source; everything else may change.
func drawItem(t *rapid.T, no int) store.Change {
	key := drawnKeys[no]
	it := store.Item{ID: fmt.Sprint("item/", no), Keys: []string{key}, Attrs: map[string][]string{},
		Gone: rapid.SampledFrom([]store.Gone{"", "", "", "", store.GoneMoved, store.GoneDeleted, store.GoneLostAccess}).Draw(t, "gone")}
	switch {
	case no < 5:
		it.Source, it.Kind = "jira", store.KindTicket
		it.Attrs[store.AttrProject] = []string{key[:3]}
		it.Attrs[store.AttrType] = []string{rapid.SampledFrom([]string{"Bug", "ADR"}).Draw(t, "type")}
	case no < 8:
		it.Source, it.Kind = "gh", store.KindChange
		it.Attrs[store.AttrRepo] = []string{key[:8]}
	case no < 10:
		it.Source, it.Kind = "gh", store.KindCommit
		it.Attrs[store.AttrRepo] = []string{key[:8]}
		if rapid.Bool().Draw(t, "part of a change") {
			it.Links = append(it.Links, store.Link{Kind: store.LinkPartOf, Key: "acme/api#1"})
		}
	case no >= 13:
		it.Source, it.Kind, it.ID = "prom", store.KindOutcome, store.OutcomeID(key[len("outcome:"):], "")
		it.Attrs[store.AttrObjective] = []string{key[len("outcome:"):]}
	default:
		it.Source, it.Kind = "slack", store.KindDiscussion
		it.Attrs[store.AttrChannel] = []string{rapid.SampledFrom([]string{"random", "support"}).Draw(t, "channel")}
		it.Attrs[store.AttrReaction] = []string{rapid.SampledFrom([]string{"tada", "decision"}).Draw(t, "reaction")}
	}
	if rapid.IntRange(0, 3).Draw(t, "renamed") == 0 {
		it.Keys = []string{rapid.SampledFrom([]string{"NEW-1", "NEW-2"}).Draw(t, "new key"), key}
	}
	if rapid.IntRange(0, 5).Draw(t, "unseen") == 0 {
		it.Kind = "" // only events of it were seen
	}
	if rapid.IntRange(0, 3).Draw(t, "labelled") == 0 {
		it.Attrs[store.AttrLabel] = []string{"o2"}
	}
	kinds := []store.LinkKind{store.LinkImplements, store.LinkParent, store.LinkPartOf, store.LinkContains,
		store.LinkDiscusses, store.LinkMentions, store.LinkBlocks}
	for range rapid.IntRange(0, 2).Draw(t, "links") {
		it.Links = append(it.Links, store.Link{Kind: rapid.SampledFrom(kinds).Draw(t, "link"),
			Key: rapid.SampledFrom(drawnKeys).Draw(t, "to")})
	}
	it.Terms = drawTerms(t)
	if rapid.IntRange(0, 5).Draw(t, "of a document") == 0 {
		it.Attrs[store.AttrPath] = []string{"docs/o2.md"}
	}
	it.Status = rapid.SampledFrom([]store.Status{"", store.StatusTodo, store.StatusDoing, store.StatusDone, store.StatusDropped}).Draw(t, "status")
	moment := func(name string) time.Time {
		day := rapid.IntRange(-1, 60).Draw(t, name)
		if day < 0 {
			return time.Time{}
		}
		return drawnStart.AddDate(0, 0, day)
	}
	it.Created, it.Started, it.Closed, it.Updated = moment("created"), moment("started"), moment("closed"), moment("updated")
	ch := store.Change{Seq: uint64(no + 1), No: uint64(no + 1), Item: it}
	for e := range rapid.IntRange(0, 6).Draw(t, "events") {
		ch.Events = append(ch.Events, drawEvent(t, &it, e))
	}
	return ch
}

func drawTerms(t *rapid.T) (terms []store.Term) {
	for _, word := range []string{"audit", "log", "seats", "the", "trial"} {
		if n := rapid.IntRange(-1, 3).Draw(t, word); n > 0 {
			terms = append(terms, store.Term{Word: word, Count: n})
		}
	}
	return terms
}

// almost draws a state of an item that differs little from another: what goes
// unnoticed when everything changes at once shows here.
func almost(t *rapid.T, ch store.Change) store.Change {
	switch rapid.IntRange(0, 6).Draw(t, "edit") {
	case 6:
		ch.Item.Terms = drawTerms(t)
	case 0:
		ch.Item.Kind = ""
	case 1:
		ch.Item.Links = nil
	case 2:
		ch.Item.Attrs = nil
	case 3:
		ch.Item.Gone = rapid.SampledFrom([]store.Gone{"", store.GoneMoved, store.GoneDeleted}).Draw(t, "gone")
	case 4:
		ch.Item.Keys = []string{rapid.SampledFrom(drawnKeys).Draw(t, "key")}
	case 5:
		if n := len(ch.Events); n > 0 {
			ch.Events = ch.Events[:n-1]
		}
	}
	return ch
}

func drawEvent(t *rapid.T, it *store.Item, e int) store.Event {
	ev := store.Event{Source: it.Source, Item: it.ID, ID: fmt.Sprint(e),
		Kind: rapid.SampledFrom([]store.EventKind{store.EventCommit, store.EventReview, store.EventComment,
			store.EventMessage, store.EventTransition, store.EventClose, store.EventMerge, store.EventOpen, store.EventEdit,
			store.EventCheckIn, store.EventSample, store.EventWorklog, store.EventWorklog}).Draw(t, "event"),
		Actor: rapid.SampledFrom(append([]string{""}, drawnActors...)).Draw(t, "actor"),
		Bot:   rapid.IntRange(0, 9).Draw(t, "bot") == 0,
		At:    drawnStart.Add(time.Duration(rapid.IntRange(0, 60*24*60).Draw(t, "minute")) * time.Minute),
	}
	if rapid.IntRange(0, 4).Draw(t, "turn of a week") == 0 {
		// A commit that is read twice, on two days unless its offset is known.
		ev.Kind, ev.Actor = store.EventCommit, rapid.SampledFrom([]string{"gh:cleo", "gh:cleo", "gh:ana"}).Draw(t, "author")
		ev.At = time.Date(2025, 3, 16, 23, 30, 0, 0, time.UTC)
	}
	if hours := rapid.IntRange(-14, 14).Draw(t, "offset"); hours%3 == 0 {
		ev.At = store.WithOffset(ev.At, hours*3600)
	}
	switch ev.Kind {
	case store.EventTransition, store.EventClose, store.EventMerge:
		ev.Attrs = map[string]string{"to": rapid.SampledFrom([]string{"todo", "doing", "done", "done", "dropped", ""}).Draw(t, "to")}
	case store.EventCheckIn:
		ev.Attrs = map[string]string{"objective": rapid.SampledFrom([]string{"o1", "O2", "epic-1", "PAY-1", "nothing"}).Draw(t, "of"),
			"confidence": rapid.SampledFrom([]string{"0", "0.3", "0.75", "1", "2", "high"}).Draw(t, "confidence")}
	case store.EventSample:
		ev.Attrs = map[string]string{"value": rapid.SampledFrom([]string{"1", "2.5", "4", "NaN", "much"}).Draw(t, "value")}
	case store.EventWorklog:
		ev.Attrs = map[string]string{"seconds": rapid.SampledFrom([]string{"60", "3600", "10000", "30000", "50000",
			"144000", "400000", "-5", "much"}).Draw(t, "seconds")}
	}
	return ev
}

func drawProfiles(t *rapid.T) []store.Profile {
	var list []store.Profile
	for _, actor := range drawnActors {
		if rapid.Bool().Draw(t, "has no profile") {
			continue
		}
		p := store.Profile{Source: actor[:2], Actor: actor, Bot: actor == "slack:bot",
			Zone: rapid.SampledFrom([]string{"", "", "Asia/Tokyo", "America/Los_Angeles", "Nowhere/None"}).Draw(t, "zone")}
		if rapid.Bool().Draw(t, "tells of the account") {
			p.Account = rapid.SampledFrom([]store.AccountState{store.AccountActive, store.AccountInactive}).Draw(t, "account")
			p.Since = drawnStart.AddDate(0, 0, rapid.IntRange(0, 90).Draw(t, "since"))
		}
		for range rapid.IntRange(0, 2).Draw(t, "same") {
			p.Same = append(p.Same, store.Same{Actor: rapid.SampledFrom(drawnActors).Draw(t, "other"),
				By: rapid.SampledFrom([]store.SameBy{store.SameByEmail, store.SameByProfile}).Draw(t, "by")})
		}
		list = append(list, p)
	}
	return list
}

func drawGroups(t *rapid.T) []store.Group {
	var list []store.Group
	for _, name := range []string{"gh:acme/core", "gh:acme/growth", "jira:core", "jira:others"} {
		at := drawnStart
		for range rapid.IntRange(0, 3).Draw(t, "versions") {
			members := rapid.SliceOfNDistinct(rapid.SampledFrom(drawnActors), 0, 4, rapid.ID).Draw(t, "members")
			slices.Sort(members)
			source, group, _ := strings.Cut(name, ":")
			list = append(list, store.Group{Source: source, Name: group, Members: members, At: at})
			at = at.Add(time.Duration(rapid.IntRange(1, 40*24).Draw(t, "hours")) * time.Hour)
		}
	}
	return list
}

// drawHistory draws what was declared over time. The last is what is declared
// now.
func drawHistory(t *rapid.T, d *Declared) []objective.Loaded {
	var history []objective.Loaded
	known := drawnStart
	for range rapid.IntRange(0, 3).Draw(t, "loads") {
		known = known.Add(time.Duration(rapid.IntRange(1, 20*24).Draw(t, "hours")) * time.Hour)
		set := d.Set
		set.Objectives = slices.Clone(set.Objectives)
		for i := range set.Objectives {
			v := set.Objectives[i].Versions[0]
			v.State = rapid.SampledFrom([]objective.State{objective.Active, objective.Paused, objective.Retired, objective.Achieved}).Draw(t, "state")
			v.Due = objective.DateOf(drawnNow) + objective.Date(rapid.IntRange(-20, 40).Draw(t, "due"))
			set.Objectives[i].Versions = []objective.Version{v}
		}
		if rapid.Bool().Draw(t, "has a non-goal") {
			set.NonGoals = []objective.NamedRule{{Name: "no web", Rule: objective.Rule{Attr: store.AttrRepo,
				Like: []objective.Pattern{{Op: objective.Exact, Text: "acme/web"}}}}}
		}
		history = append(history, objective.Loaded{Known: known, Set: set})
		d.Set = set
	}
	return history
}
