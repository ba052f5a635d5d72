package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// A container is where a work is: what streams are made by. One that is by path,
// label or term is a part of another.
type container struct {
	by, name, title string
	of, whole, part string // of a part: by and name of the whole, and the value it is made by
}

// byTerm is what a part is by whose works have a term in their titles. Other parts
// are called like the attribute they are by.
const byTerm = "term"

// A section is a part of a container that is a stream of its own: its works in a
// directory, with a label, or with a word in their titles.
type section struct{ of, whole, by, value string }

// When parts of a container become streams of their own.
const (
	splitWorks = 8  // a container with fewer off-strategy works stays whole
	splitPart  = .8 // and so does one of which most are in one part
	termPart   = .4 // a word is shared by so many, or it tells little
	maxParts   = 12 // of one kind
)

// split makes parts of large containers streams of their own, also in the blocks
// before: directories first, which say the most, then labels, then words of
// titles.
func (m *streamer) split(groups []scoring.WorkGroup) {
	for _, g := range groups {
		first := m.works[g.Works[0]]
		if first == nil || first.base.by == "epic" || len(g.Works) < splitWorks {
			continue
		}
		rest := g.Works
		for _, by := range []string{store.AttrPath, store.AttrLabel, byTerm} {
			rest = m.partition(first.base, by, rest, len(g.Works))
		}
	}
	m.narrowAll()
}

// partition takes the largest parts of one kind out of works, and returns the
// others.
func (m *streamer) partition(c container, by string, works []uint64, all int) []uint64 {
	least := streamWorks
	if by == byTerm {
		least = max(splitWorks, int(termPart*float64(len(works))))
	}
	for range maxParts {
		counts := make(map[string]int)
		for _, no := range works {
			count(counts, m.works[no].values(by))
		}
		best := ""
		for value, n := range counts {
			if n >= least && float64(n) < splitPart*float64(all) && (best == "" || n > counts[best] || n == counts[best] && value < best) {
				best = value
			}
		}
		if best == "" {
			break
		}
		if at := (section{c.by, c.name, by, best}); m.apart[at] == 0 {
			m.apart[at] = len(m.apart) + 1
		}
		works = slices.DeleteFunc(slices.Clone(works), func(no uint64) bool { return slices.Contains(m.works[no].values(by), best) })
	}
	return works
}

// values are what a work may be put into a part by.
func (w *placedWork) values(by string) []string {
	switch {
	case by == store.AttrLabel:
		return w.labels
	case by == byTerm:
		return w.terms
	case w.folder != "":
		return []string{w.folder}
	}
	return nil
}

// join puts back into their wholes those parts that are below the floor, or whose
// share would have to be withheld, and reports whether there were any.
func (m *streamer) join(groups []scoring.WorkGroup) bool {
	fine := make(map[section]bool)
	for _, g := range groups {
		if w := m.works[g.Works[0]]; w != nil && g.Enough && g.Share.Known() && len(g.Works) >= streamWorks {
			fine[w.section()] = true
		}
	}
	before := len(m.apart)
	for at := range m.apart {
		if !fine[at] {
			delete(m.apart, at)
		}
	}
	if len(m.apart) == before {
		return false
	}
	m.narrowAll()
	return true
}

func (c *container) section() section { return section{c.of, c.whole, c.by, c.part} }

func (m *streamer) narrowAll() {
	for _, w := range m.works {
		if w != nil {
			m.narrow(w)
		}
	}
}

// narrow puts a work into that part of its container that was made first.
func (m *streamer) narrow(w *placedWork) {
	w.container = w.base
	first := 0
	for _, by := range []string{store.AttrPath, store.AttrLabel, byTerm} {
		for _, value := range w.values(by) {
			at := section{w.base.by, w.base.name, by, value}
			if place := m.apart[at]; place > 0 && (first == 0 || place < first) {
				first = place
				w.container = container{by: by, name: at.name(), of: at.of, whole: at.whole, part: value}
			}
		}
	}
}

// name is what a part is called: unique beside containers of its kind.
func (p section) name() string {
	if p.by == store.AttrPath {
		return p.whole + ", " + p.value
	}
	return p.whole + ", “" + p.value + "”"
}

// containerRule writes the rule that matches a container, as the configuration has it.
func containerRule(c container) string {
	whole := func(by, name string) string {
		switch by {
		case store.AttrRepo, store.AttrProject, store.AttrChannel:
			return fmt.Sprintf("%ss: %q", by, name)
		case "source":
			return fmt.Sprintf("sources: %q", name)
		}
		return ""
	}
	part := ""
	switch c.by {
	case "epic":
		return fmt.Sprintf("{keys: [%q]}", c.name)
	case store.AttrPath:
		part = fmt.Sprintf("paths: %q", c.part+"/**")
	case store.AttrLabel:
		part = fmt.Sprintf("labels: {exact: %q}", c.part)
	case byTerm:
		part = fmt.Sprintf("titles: %q", "/(?i)"+c.part+"/")
	case "source":
		return "" // everything that it brings
	default:
		return "{" + whole(c.by, c.name) + "}"
	}
	return "{" + strings.Join([]string{whole(c.of, c.whole), part}, ", ") + "}"
}
