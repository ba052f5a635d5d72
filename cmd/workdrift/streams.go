package main

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
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
	streamBlocks = 4      // as long as the window, the last is the window
	streamFloor  = 3.     // person-days: less is tidying up
	streamWorks  = 3      // likewise
	maxStreamed  = 20_000 // works that are looked at
	streamItems  = 25     // listed of each
	maxClimb     = 5      // from a work to its epic
)

// A container is where a work is: what streams are made by.
type container struct {
	by, name, title string
	repo, dir       string // of by path
}

// A placedWork is a work with what streams are described by.
type placedWork struct {
	container
	item store.Item
}

type directoryOf struct{ repo, dir string }

// A streamer makes the streams of one report.
type streamer struct {
	e      *evaluator
	ctx    context.Context
	works  map[uint64]*placedWork
	apart  map[directoryOf]bool // directories that are streams of their own
	others int
	err    error
}

// streams returns those of the published report, and makes them where nobody
// asked before.
func (e *evaluator) streams(ctx context.Context) (*findings.Streams, error) {
	if s := e.streamed(); s != nil && s.AsOf == e.report.Load() {
		return s, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.made == nil {
		return nil, &web.Refusal{Status: http.StatusServiceUnavailable, Detail: "The stored data is being evaluated; ask again in a moment."}
	}
	return e.makeStreams(ctx)
}

// streamed returns the newest streams, nil where none were made. They are made
// with the next reports from now on.
func (e *evaluator) streamed() *findings.Streams {
	e.wanted.Store(time.Now().UnixNano())
	return e.flow.Load()
}

// restream makes the streams of a new report while somebody looks at them. The
// caller holds the engine's lock.
func (e *evaluator) restream(ctx context.Context) error {
	if time.Since(time.Unix(0, e.wanted.Load())) > listingInterest {
		return nil
	}
	_, err := e.makeStreams(ctx)
	return err
}

// makeStreams is called with the engine's lock held.
func (e *evaluator) makeStreams(ctx context.Context) (*findings.Streams, error) {
	if s := e.flow.Load(); s != nil && s.AsOf == e.made {
		return s, nil
	}
	out, err := e.streamsOf(ctx, e.made)
	if err == nil {
		e.flow.Store(out)
	}
	return out, err
}

// streamsOf makes the streams of a report that the engine made, which may be one
// about the past: where works are and how they stand is as of now also then. The
// caller holds the engine's lock.
func (e *evaluator) streamsOf(ctx context.Context, report *scoring.Report) (*findings.Streams, error) {
	m := &streamer{e: e, ctx: ctx, works: make(map[uint64]*placedWork), apart: make(map[directoryOf]bool)}
	out := &findings.Streams{AsOf: report, Window: streamWindow}
	// The blocks before come last: the containers are those of the window.
	now := e.engine.WorkGroups(report, streamWindow, 0, streamFloor, m.group)
	m.split(now)
	now = e.engine.WorkGroups(report, streamWindow, 0, streamFloor, m.group)
	trend := make(map[string][]scoring.Number)
	for back := streamBlocks - 1; back > 0; back-- {
		for _, g := range e.engine.WorkGroups(report, streamWindow, back, streamFloor, m.group) {
			list := trend[streamID(g)]
			for len(list) < streamBlocks-1-back {
				list = append(list, 0)
			}
			trend[streamID(g)] = append(list, g.Share)
		}
	}
	for _, g := range now {
		stream, err := m.stream(g)
		if err != nil {
			return nil, err
		}
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
	out.Others = m.others
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
	item, ok, err := m.e.store.Find(m.ctx, no)
	if err != nil {
		m.err = fmt.Errorf("read a work: %w", err)
	}
	if err != nil || !ok {
		m.works[no] = nil
		return nil
	}
	w := &placedWork{container: containerOf(&item), item: item}
	if epic, ok := m.epic(no); ok {
		w.container = container{by: "epic", name: nameOf(epic), title: epic.Title}
	}
	m.narrow(w)
	m.works[no] = w
	return w
}

// epic finds the epic that a work is part of.
func (m *streamer) epic(no uint64) (store.Item, bool) {
	for range maxClimb {
		if no = m.e.engine.Above(no); no == 0 {
			break
		}
		item, ok, err := m.e.store.Find(m.ctx, no)
		if err != nil {
			m.err = fmt.Errorf("read what a work is part of: %w", err)
		}
		if err != nil || !ok {
			break
		}
		if len(item.Attrs[store.AttrLevel]) > 0 {
			return item, true
		}
	}
	return store.Item{}, false
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

// Which directories of a repository become streams of their own.
const (
	splitWorks = 8  // a repository with fewer off-strategy works stays whole
	splitPart  = .8 // and so does one of which most are in one directory
)

// split makes the directories of large repositories streams of their own, also
// in the blocks before.
func (m *streamer) split(groups []scoring.WorkGroup) {
	for _, g := range groups {
		if !strings.HasPrefix(g.Group, store.AttrRepo+" ") || len(g.Works) < splitWorks {
			continue
		}
		dirs := make(map[string]int)
		for _, no := range g.Works {
			dirs[directory(&m.works[no].item)]++
		}
		for dir, n := range dirs {
			if dir != "" && n >= streamWorks && float64(n) < splitPart*float64(len(g.Works)) {
				m.apart[directoryOf{m.works[g.Works[0]].name, dir}] = true
			}
		}
	}
	for _, w := range m.works {
		if w != nil {
			m.narrow(w)
		}
	}
}

// narrow puts a work into the stream of its directory, if that is one.
func (m *streamer) narrow(w *placedWork) {
	if at := (directoryOf{w.name, directory(&w.item)}); w.by == store.AttrRepo && m.apart[at] {
		w.container = container{by: store.AttrPath, name: at.repo + ", " + at.dir, repo: at.repo, dir: at.dir}
	}
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
func (m *streamer) stream(g scoring.WorkGroup) (*findings.Stream, error) {
	if g.Group == "" || !g.Enough || len(g.Works) < streamWorks {
		return nil, nil
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
		item := &m.works[no].item
		if item.Status == store.StatusTodo || item.Status == store.StatusDoing {
			s.Open++
		}
		if s.Oldest.IsZero() || !item.Created.IsZero() && item.Created.Before(s.Oldest) {
			s.Oldest = item.Created
		}
		count(terms, titleTerms(item.Title))
		count(labels, item.Attrs[store.AttrLabel])
		if dir := directory(item); dir != "" {
			count(paths, []string{dir + "/"})
		}
	}
	s.Terms, s.Labels, s.Paths = common(terms, len(g.Works)), common(labels, len(g.Works)), common(paths, len(g.Works))
	works := slices.Clone(g.Works)
	slices.SortStableFunc(works, func(a, b uint64) int {
		return cmp.Or(m.works[b].item.Updated.Compare(m.works[a].item.Updated), cmp.Compare(nameOf(m.works[a].item), nameOf(m.works[b].item)))
	})
	for _, no := range works[:min(len(works), streamItems)] {
		x, err := m.e.item(m.ctx, no, m.works[no].item)
		if err != nil {
			return nil, err
		}
		s.Items = append(s.Items, listedItem(x))
	}
	for _, no := range works[:min(len(works), web.MaxDecided)] {
		s.Keys = append(s.Keys, nameOf(m.works[no].item))
	}
	return s, nil
}

// containerRule writes the rule that matches a container, as the configuration has it.
func containerRule(c container) string {
	switch c.by {
	case "epic":
		return fmt.Sprintf("{keys: [%q]}", c.name)
	case store.AttrPath:
		return fmt.Sprintf("{repos: %q, paths: %q}", c.repo, c.dir+"/**")
	case store.AttrRepo, store.AttrProject, store.AttrChannel:
		return fmt.Sprintf("{%ss: %q}", c.by, c.name)
	}
	return ""
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
		"change", "should", "using", "after", "before":
		return true
	}
	return len([]rune(word)) < 4
}
