package scoring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// hangAnew gives an item some state: what it is, what it is part of, and where it
// is.
func hangAnew(random *rand.Rand, no, items int) store.Change {
	kinds := []store.Kind{store.KindTicket, store.KindTicket, store.KindChange, store.KindCommit}
	it := store.Item{Source: "gh", ID: fmt.Sprint("R/", no), Kind: kinds[random.IntN(len(kinds))], Created: closedAt.AddDate(0, 0, -100), Updated: closedAt,
		Keys: []string{fmt.Sprint("K-", no)}, Attrs: map[string][]string{store.AttrRepo: {fmt.Sprint("r", random.IntN(2))}}}
	switch random.IntN(10) {
	case 0:
		it.Attrs[store.AttrLevel] = []string{"epic"}
	case 1:
		it.Gone = store.GoneDeleted
	case 2:
		it.Keys = append(it.Keys, fmt.Sprint("K-", 1+random.IntN(items))) // a copy of another
	case 3:
		it.Keys = nil
	}
	for range random.IntN(3) {
		kinds := []store.LinkKind{store.LinkParent, store.LinkImplements, store.LinkCloses, store.LinkPartOf, store.LinkDiscusses}
		l := store.Link{Kind: kinds[random.IntN(len(kinds))], Key: fmt.Sprint("K-", 1+random.IntN(items))}
		if random.IntN(3) == 0 {
			l.At = closedAt.AddDate(0, 0, -random.IntN(100))
		}
		it.Links = append(it.Links, l)
	}
	ch := store.Change{No: uint64(no), Item: it}
	history := rand.New(rand.NewPCG(uint64(no), 4)) // stays as it is
	for i := range 8 {
		ch.Events = append(ch.Events, store.Event{Source: "gh", Item: it.ID, ID: fmt.Sprint("commit/", i), Kind: store.EventCommit,
			Actor: fmt.Sprint("p", history.IntN(6)), At: closedAt.Add(-time.Duration(history.IntN(100*24*60)) * time.Minute)})
	}
	return ch
}

// What is remembered of workstreams and of closed weeks must hold as long as
// nothing above changes and no longer: an engine that reports after each few
// changes of what hangs where tells what one tells that reads the newest state.
func TestWorkstreamsFollowLinks(t *testing.T) {
	const items = 60
	sources := []store.SourceState{{Source: "gh", Watermark: closedAt}}
	d := latestDeclared()
	d.Privacy.KEffort, d.Privacy.KPeople, d.Privacy.Dominance = 1, 1, 1
	d.Set.Objectives[0].Keys = []string{"K-1", "K-2"}
	for p := range 3 {
		id := fmt.Sprint("p", p)
		d.People.Persons = append(d.People.Persons, Person{ID: id, Identities: []string{id}, FTE: 1})
		d.Teams[0].Members = append(d.Teams[0].Members, Member{Person: id, From: objective.NoDate, Until: objective.NoDate, Share: 1})
	}
	d.People.Actor = func(identity string) string { return identity }
	engine := func() *Engine {
		e, err := NewEngine(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	alphas := make(map[string]bool)
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 1))
		newest := make([]store.Change, items)
		e := engine()
		for no := range items {
			newest[no] = hangAnew(random, no+1, items)
			e.Apply(newest[no])
		}
		for range 8 {
			e.Report(closedAt, sources)
			for range 1 + random.IntN(3) {
				no := random.IntN(items)
				newest[no] = hangAnew(random, no+1, items)
				e.Apply(newest[no])
			}
		}
		fresh := engine()
		for _, no := range random.Perm(items) {
			fresh.Apply(newest[no])
		}
		report := fresh.Report(closedAt, sources)
		got, _ := json.Marshal(e.Report(closedAt, sources))
		if want, _ := json.Marshal(report); !bytes.Equal(got, want) {
			t.Fatalf("seed %d:\nfollowed %s\nread     %s", seed, got, want)
		}
		for w := range e.items {
			if work := e.items[w].work; e.items[w].known && e.rootName(e.rootOf(work)) != fresh.rootName(fresh.rootOf(work)) {
				t.Fatalf("seed %d: work %d is of workstream %d, and of %d when read", seed, work, e.rootOf(work), fresh.rootOf(work))
			}
		}
		alphas[fmt.Sprint(report.Score(EffectiveWorkstreams+"_alpha").Value)] = true
	}
	if len(alphas) < 3 {
		t.Errorf("the worlds differ in %d ways only", len(alphas))
	}
}
