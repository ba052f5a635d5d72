package jira

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

var soakSeeds = flag.Uint64("soak-seeds", 2, "how many storms TestSoak survives on each product")

// A storm changes a site at random.
type storm struct {
	rng     *rand.Rand
	site    *fake.JiraSite
	sprints []int64
	notes   map[string][]int64 // comments by issue
	logs    map[string][]int64 // worklogs by issue
	links   map[string]bool
}

func (s *storm) person() string { return []string{"ada", "ben", "robot"}[s.rng.IntN(3)] }

func (s *storm) blow(at time.Time) {
	all := s.site.Keys()
	if len(all) < 5 || s.rng.IntN(6) == 0 {
		spec := fake.JiraIssueSpec{Summary: fmt.Sprint("Task ", at.Unix()), Description: "see OPS-1", Reporter: s.person()}
		if s.rng.IntN(5) == 0 {
			spec.Type = "Epic"
		}
		s.site.Open(at, []string{"PAY", "OPS", "STRAT"}[s.rng.IntN(3)], spec)
		return
	}
	key := all[s.rng.IntN(len(all))]
	switch s.rng.IntN(12) {
	case 0:
		s.site.Set(at, key, s.person(), "summary", fmt.Sprint("Title ", at.Unix()))
	case 1:
		s.site.Transition(at, key, s.person(), []string{"To Do", "In Progress", "In Review", "Done"}[s.rng.IntN(4)])
	case 2:
		s.notes[key] = append(s.notes[key], s.site.Comment(at, key, s.person(), "hello"))
	case 3, 4:
		s.logs[key] = append(s.logs[key], s.site.LogWork(at, key, fake.JiraWorkSpec{By: s.person(), Started: at.Add(-time.Hour), Spent: time.Hour}))
	case 5:
		if n := len(s.notes[key]); n > 0 {
			s.site.DeleteComment(at, key, s.notes[key][n-1], s.person())
			s.notes[key] = s.notes[key][:n-1]
		}
	case 6:
		if n := len(s.logs[key]); n > 0 {
			s.site.DeleteWork(at, key, s.logs[key][n-1], s.person())
			s.logs[key] = s.logs[key][:n-1]
		}
	case 7:
		if other := all[s.rng.IntN(len(all))]; other != key && !s.links[key+other] && !s.links[other+key] {
			s.links[key+other] = true
			s.site.Link(at, s.person(), "Relates", key, other)
		}
	case 8:
		s.site.AddToSprint(at, s.person(), s.sprints[s.rng.IntN(len(s.sprints))], key)
	case 9:
		s.site.Set(at, key, s.person(), "labels", fmt.Sprint("label-", s.rng.IntN(4)))
	case 10:
		if s.rng.IntN(4) == 0 {
			to := "PAY"
			if projectOf(key) == to {
				to = "OPS"
			}
			moved := s.site.Move(at, key, s.person(), to)
			s.notes[moved], s.logs[moved] = s.notes[key], s.logs[key]
		}
	case 11:
		if s.rng.IntN(15) == 0 {
			s.site.Delete(at, key)
		}
	}
}

// visible is a shelf without what is gone and what is out of the scope.
func visible(s *connectortest.Shelf) *connectortest.Shelf {
	out := s.Clone()
	for id, it := range s.Items {
		project := it.Attrs[store.AttrProject][0]
		if it.Gone == "" && project != "STRAT" {
			it.Keys = it.Keys[:1] // old names stay longer than a history tells them
			out.Items[id] = it
			continue
		}
		delete(out.Items, id)
		for e := range s.Events {
			if strings.HasPrefix(e, id+" ") {
				delete(out.Events, e)
			}
		}
	}
	return out
}

// TestSoak lets a site change for days while it is read with faults, a late
// index and restarts, and proves that what is kept in the end is what there is.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	for seed := range *soakSeeds {
		products(t, func(t *testing.T, o fake.JiraOptions) {
			s := newSite()
			board := s.AddBoard(fake.JiraBoardSpec{Name: "Payments", Projects: []string{"PAY"}})
			w := &storm{rng: rand.New(rand.NewPCG(seed, 1)), site: s, notes: map[string][]int64{}, logs: map[string][]int64{}, links: map[string]bool{}}
			for i := range 3 {
				w.sprints = append(w.sprints, s.AddSprint(board, fake.JiraSprintSpec{Name: fmt.Sprint("Sprint ", i)}))
			}
			for _, quiet := range []fake.JiraChange{fake.ChangeSprint, fake.ChangeLink, fake.ChangeWork} {
				s.SetQuiet(quiet, seed%2 == 1)
			}
			r := newRig(t, s, o)
			r.jira.Chaos(seed, .05, fake.Fault{Kind: fake.JiraBurst, Wait: time.Minute}, fake.Fault{Kind: fake.ServerError}, fake.Fault{Kind: fake.TruncatedBody})
			c := r.connect()
			for range 30 * 12 {
				for range w.rng.IntN(6) {
					w.blow(r.clock.Now())
					r.clock.Advance(time.Duration(w.rng.IntN(50_000)) * time.Millisecond)
				}
				r.clock.Advance(time.Duration(w.rng.IntN(240)) * time.Minute)
				if all := s.Keys(); len(all) > 0 && w.rng.IntN(10) == 0 {
					r.jira.LagBehind(all[w.rng.IntN(len(all))], time.Duration(w.rng.IntN(12))*time.Hour)
				}
				if w.rng.IntN(20) == 0 {
					c = r.connect()
				}
				if err := r.Poll(c); err != nil {
					if _, ok := errors.AsType[*connectors.Error](err); !ok {
						t.Fatal(err)
					}
				}
			}
			r.jira.ClearFaults()
			for range 2 {
				r.later(c, 25*time.Hour)
			}
			connectortest.SameFacts(t, "in the end", visible(r.Shelf), visible(r.fresh()))
			t.Logf("%d issues, %d events, %d requests", len(r.Shelf.Items), len(r.Shelf.Events), len(r.jira.Log()))
		})
	}
}
