package main

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// How streams of off-strategy work are made.
const (
	streamWindow = "28d"
	streamBlocks = 7      // as long as the window, the last is the window: half a year
	streamFloor  = 3.     // person-days: less is tidying up
	streamWorks  = 3      // likewise
	maxStreamed  = 20_000 // works that are looked at
	streamItems  = 25     // listed of each
	maxClimb     = 5      // from a work to its epic
)

// A placedWork is a work with where it is put.
type placedWork struct {
	container           // of its stream
	base      container // before it was put into a part
	*storedWork
}

// A storedWork is what streams need of a stored item.
type storedWork struct {
	at        container
	key, text string   // text is the title
	terms     []string // of it
	folder    string   // see directory
	labels    []string
	whole     bool // other works are part of it, as of an epic
	status    store.Status
	created   time.Time
	updated   time.Time
}

// A streamer makes the streams of one report.
type streamer struct {
	e      *evaluator
	ctx    context.Context
	works  map[uint64]*placedWork
	stored map[uint64]*storedWork
	apart  map[section]int // parts that are streams of their own, numbered in order
	others int
	err    error
	people map[string]bool // see accountsOf
}

// streamsOf makes the streams of a report from its sums. The report may be one
// about the past: where works are and how they stand is as of now also then. The
// caller holds the engine's lock.
func (e *evaluator) streamsOf(ctx context.Context, report *scoring.Report, sums *scoring.WorkSums) (*findings.Streams, error) {
	var people map[string]bool
	if e.accounts != nil {
		var err error
		if people, err = e.accounts(ctx); err != nil {
			return nil, err
		}
	}
	m := &streamer{
		e: e, ctx: ctx, people: people, works: make(map[uint64]*placedWork), stored: make(map[uint64]*storedWork), apart: make(map[section]int),
	}
	out := &findings.Streams{AsOf: report, Window: streamWindow}
	// The blocks before come last: the containers are those of the window.
	now := sums.Groups(streamWindow, 0, streamFloor, m.group)
	if m.split(now); len(m.apart) > 0 {
		now = sums.Groups(streamWindow, 0, streamFloor, m.group)
		if m.join(now) {
			now = sums.Groups(streamWindow, 0, streamFloor, m.group)
		}
	}
	out.Others = m.others
	trend := make(map[string][]scoring.Number)
	for back := streamBlocks - 1; back > 0; back-- {
		for _, g := range sums.Groups(streamWindow, back, streamFloor, m.group) {
			list := trend[streamID(g)]
			for len(list) < streamBlocks-1-back {
				list = append(list, 0)
			}
			trend[streamID(g)] = append(list, g.Share)
		}
	}
	for _, g := range now {
		stream := m.stream(g)
		if stream == nil {
			out.Small += len(g.Works)
			continue
		}
		before := trend[stream.ID]
		for len(before) < streamBlocks-1 {
			before = append(before, 0)
		}
		stream.Trend = append(before, g.Share)
		out.List = append(out.List, *stream)
	}
	if m.err != nil {
		return nil, m.err
	}
	e.stored = m.stored // so that the next report reads only what changed
	return out, nil
}

// group names the container of a work.
func (m *streamer) group(no uint64, _ scoring.Category) string {
	w := m.work(no)
	if w == nil {
		return ""
	}
	return w.by + " " + w.name
}

func (m *streamer) work(no uint64) *placedWork {
	if w, ok := m.works[no]; ok || m.err != nil {
		return w
	}
	if len(m.works) == maxStreamed {
		m.others++
		return nil
	}
	stored := m.read(no)
	if stored == nil {
		m.works[no] = nil
		return nil
	}
	w := &placedWork{base: stored.at, storedWork: stored.without(m.people)}
	if epic := m.epic(no); epic != nil {
		w.base = container{by: "epic", name: epic.key, title: epic.text}
	}
	m.narrow(w)
	m.works[no] = w
	return w
}

// read returns what is stored of an item, nil when that is nothing. What did not
// change since the last report is not read again.
func (m *streamer) read(no uint64) *storedWork {
	if w, ok := m.stored[no]; ok {
		return w
	}
	w, ok := m.e.stored[no]
	if !ok {
		item, found, err := m.e.store.Find(m.ctx, no)
		if err != nil {
			m.err = fmt.Errorf("read a work: %w", err)
			return nil
		}
		if found {
			w = &storedWork{
				at: containerOf(&item), key: nameOf(item), text: item.Title, terms: titleTerms(item.Title), folder: directory(&item), labels: item.Attrs[store.AttrLabel],
				whole: len(item.Attrs[store.AttrLevel]) > 0, status: item.Status, created: item.Created, updated: item.Updated,
			}
		}
	}
	m.stored[no] = w
	return w
}

// epic finds the epic that a work is part of, nil when there is none.
func (m *streamer) epic(no uint64) *storedWork {
	for range maxClimb {
		if no = m.e.engine.Above(no); no == 0 {
			break
		}
		w := m.read(no)
		if w == nil {
			break
		}
		if w.whole {
			return w
		}
	}
	return nil
}

// containerOf is where an item is at its source.
func containerOf(item *store.Item) container {
	for _, by := range []string{store.AttrRepo, store.AttrProject, store.AttrChannel} {
		if values := item.Attrs[by]; len(values) > 0 {
			return container{by: by, name: values[0]}
		}
	}
	return container{by: "source", name: item.Source}
}

// directory is the first one that all paths of an item are in, "" where there is
// none.
func directory(item *store.Item) string {
	dir := ""
	for _, path := range item.Attrs[store.AttrPath] {
		first, _, nested := strings.Cut(path, "/")
		if !nested || dir != "" && first != dir {
			return ""
		}
		dir = first
	}
	return dir
}

func streamID(g scoring.WorkGroup) string {
	h := fnv.New64a()
	h.Write([]byte(g.Category.String() + " " + g.Group))
	return fmt.Sprintf("s%x", h.Sum64())
}

// stream describes a group, nil where it is below the floor.
func (m *streamer) stream(g scoring.WorkGroup) *findings.Stream {
	if g.Group == "" || !g.Enough || len(g.Works) < streamWorks {
		return nil
	}
	first := m.works[g.Works[0]]
	s := &findings.Stream{
		ID: streamID(g), Category: g.Category.String(), By: first.by, Name: first.name, Title: first.title,
		Share: g.Share, Status: scoring.OK, Works: len(g.Works), Rule: containerRule(first.container),
	}
	if !g.Share.Known() {
		s.Status = scoring.SuppressedPrivacy
	}
	terms, labels, paths := make(map[string]int), make(map[string]int), make(map[string]int)
	for _, no := range g.Works {
		w := m.works[no]
		if w.status == store.StatusTodo || w.status == store.StatusDoing {
			s.Open++
		}
		if s.Oldest.IsZero() || !w.created.IsZero() && w.created.Before(s.Oldest) {
			s.Oldest = w.created
		}
		count(terms, w.terms)
		count(labels, w.labels)
		if w.folder != "" {
			count(paths, []string{w.folder + "/"})
		}
	}
	s.Terms, s.Labels, s.Paths = common(terms, len(g.Works)), common(labels, len(g.Works)), common(paths, len(g.Works))
	works := slices.Clone(g.Works)
	slices.SortStableFunc(works, func(a, b uint64) int {
		return cmp.Or(m.works[b].updated.Compare(m.works[a].updated), cmp.Compare(m.works[a].key, m.works[b].key))
	})
	for i, no := range works[:min(len(works), web.MaxDecided)] {
		w := m.works[no]
		if s.Keys = append(s.Keys, w.key); i < streamItems {
			s.Items = append(s.Items, findings.StreamItem{Key: w.key, Title: w.text, OwnedBy: m.e.engine.Owners(no)})
		}
	}
	return s
}

// count counts each value once.
func count(into map[string]int, values []string) {
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			into[v]++
		}
	}
}

// What a stream is described by is common to so many of its works.
const (
	commonTerms = 5
	commonWorks = 3
	commonPart  = .12
)

func common(counts map[string]int, works int) []string {
	list := slices.Collect(maps.Keys(counts))
	list = slices.DeleteFunc(list, func(v string) bool {
		return counts[v] < commonWorks || float64(counts[v]) < commonPart*float64(works)
	})
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return list[:min(len(list), commonTerms)]
}

// titleTerms are the words of a title that may say what it is about.
func titleTerms(title string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return !unicode.IsLetter(r)
	}), filler)
}

// filler reports whether a word of titles says nothing about what it is about.
func filler(word string) bool {
	switch word {
	case "with", "from", "into", "this", "that", "when", "make", "more", "some", "does", "update", "merge", "revert", "remove",
		"polish", "rework", "refactor", "improve", "prototype", "tidy", "clean", "cleanup", "rename", "upgrade",
		"change", "should", "using", "after", "before":
		return true
	}
	return len([]rune(word)) < 4
}
