package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// A suggester finds handles that belong together by what the sources say,
// whether or not the configuration believes it.
type suggester struct {
	handles map[string]string // actor → handle, of those that are of nobody
	persons map[string]string // actor → configured person
	known   []scoring.Person
	near    map[string][]string // actor → actors that a source holds to be the same person
}

func newSuggester(known []scoring.Person, merged map[string]string) *suggester {
	return &suggester{handles: map[string]string{}, persons: merged, known: known, near: map[string][]string{}}
}

// suggest returns the entries that would merge what belongs together: of
// people in the configuration first, complete with the handles they have, then
// of others. Where the sources join two people in the configuration they are
// not believed.
func (s *suggester) suggest(profiles []store.Profile) []suggestion {
	bots := map[string]bool{}
	for _, p := range profiles {
		bots[p.Actor] = bots[p.Actor] || p.Bot
	}
	for _, p := range profiles {
		for _, same := range p.Same {
			if !bots[p.Actor] && !bots[same.Actor] {
				s.near[p.Actor] = append(s.near[p.Actor], same.Actor)
				s.near[same.Actor] = append(s.near[same.Actor], p.Actor)
			}
		}
	}
	more := map[string][]string{} // person → handles
	var others [][]string
	seen := map[string]bool{}
	for _, actor := range slices.SortedFunc(maps.Keys(s.handles), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.handles[a], s.handles[b]), cmp.Compare(a, b))
	}) {
		if seen[actor] {
			continue
		}
		handles, persons := s.together(actor, seen)
		switch {
		case len(persons) == 1:
			more[persons[0]] = append(more[persons[0]], handles...)
		case len(persons) == 0 && len(handles) > 1:
			others = append(others, handles)
		}
	}
	var out []suggestion
	for _, p := range s.known {
		added := more[p.ID]
		if len(added) == 0 {
			continue
		}
		slices.Sort(added)
		all := slices.Concat(p.Identities, slices.Compact(added))
		if strings.Contains(p.ID, ":") {
			others = append(others, all) // a member of a team by handle, without a name
			continue
		}
		out = append(out, suggestion{Person: p.ID, Handles: all, Known: true})
	}
	for i, handles := range others {
		out = append(out, suggestion{Person: fmt.Sprintf("person-%d", i+1), Handles: handles})
	}
	return out
}

// together walks from an actor to all that belong to it, and returns their
// handles and the people in the configuration that were met.
func (s *suggester) together(actor string, seen map[string]bool) (handles, persons []string) {
	seen[actor] = true
	for queue := []string{actor}; len(queue) > 0; queue = queue[1:] {
		if h, ok := s.handles[queue[0]]; ok {
			handles = append(handles, h)
		}
		for _, next := range s.near[queue[0]] {
			if p := s.persons[next]; p != "" {
				persons = append(persons, p)
			} else if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	slices.Sort(handles)
	slices.Sort(persons)
	return slices.Compact(handles), slices.Compact(persons)
}
