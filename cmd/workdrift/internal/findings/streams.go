package findings

import (
	"fmt"
	"time"

	"github.com/workdrift/workdrift/scoring"
)

// Streams are work that nobody declared, or that was to end, put together by
// where it is. They do not change.
type Streams struct {
	AsOf   *scoring.Report
	Window string
	List   []Stream // the largest first
	// Small is how many further works are in streams below the floor, and in
	// none. They are not listed: tidying up is no roadmap.
	Small int
	// Others counts works that were not looked at, see Options.Streams.
	Others int
}

// A Stream is off-strategy work of one kind in one place.
type Stream struct {
	ID       string `json:"id"`
	Category string `json:"category"` // unknown, excluded, stopped
	// By says what puts the works together: epic, repo, project, channel, or
	// within one of these path, label or term; Name is its value, and Title that of the epic.
	By    string `json:"by"`
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	// Share is the part of all effort of the window, in steps of
	// scoring.ShareStep of its category's, absent where it is withheld.
	Share  scoring.Number   `json:"ratio"`
	Status scoring.Status   `json:"status"`
	Trend  []scoring.Number `json:"trend"` // the share in blocks as long as the window, oldest first, this one last
	Works  int              `json:"works"`
	Open   int              `json:"open_works"`     // not done and not dropped
	Oldest time.Time        `json:"begun,omitzero"` // when the first of the works was made
	// Terms are words of the titles, Labels and Paths what several works share.
	Terms  []string     `json:"terms"`
	Labels []string     `json:"labels"`
	Paths  []string     `json:"paths"`
	Items  []StreamItem `json:"-"` // newest first, the first of them
	// Keys are those of the works, newest first, at most MaxDecided.
	Keys []string `json:"-"`
	// Rule matches the works, as the configuration writes it.
	Rule string `json:"rule,omitempty"`
}

// A StreamItem is one work of a stream.
type StreamItem struct {
	Key, Title string
	OwnedBy    []string // teams
}

// Largest returns the largest stream of a category that is told, nil when there
// is none.
func (s *Streams) Largest(category string) *Stream {
	if s == nil {
		return nil
	}
	for i := range s.List {
		if s.List[i].Category == category && s.List[i].Share > 0 {
			return &s.List[i]
		}
	}
	return nil
}

// Since says since when a stream is seen, as far back as its trend goes: a block
// whose share is withheld holds something too. It is "" where no trend is told.
func (s *Streams) Since(stream *Stream) string {
	if len(stream.Trend) < 2 {
		return ""
	}
	w := s.AsOf.Window(s.Window)
	if w == nil {
		return ""
	}
	n, first := len(stream.Trend), len(stream.Trend)-1
	for i, v := range stream.Trend {
		if v != 0 {
			first = i
			break
		}
	}
	from := w.From - scoring.Day(n-1-first)*(w.Until-w.From+1)
	if first == 0 {
		return "seen since " + ShortDate(from) + " or longer"
	}
	return fmt.Sprintf("first seen in the %s from %s", Span(w.Label), ShortDate(from))
}

// Label is what a stream is called on a page.
func (s *Stream) Label() string {
	if s.Title != "" {
		return s.Title + " (" + s.Name + ")"
	}
	return s.Name
}

// An ExplainedItem is one item with what decided where it counts.
type ExplainedItem struct {
	Key        string   `json:"key"`
	Kind       string   `json:"kind"`
	Title      string   `json:"title"`
	URL        string   `json:"url,omitempty"`
	Gone       string   `json:"gone,omitempty"`
	Bucket     string   `json:"bucket"`
	Objectives []string `json:"objectives"`
	Method     string   `json:"method"`
	Rule       string   `json:"rule,omitempty"`
	Path       []string `json:"path"`
	PartOf     string   `json:"part_of,omitempty"`
	OwnedBy    []string `json:"owned_by"` // teams
	Parts      []Part   `json:"parts"`
	// Suggested is what the words of an unknown work say, best first, up to two.
	Suggested []scoring.Suggested `json:"suggested,omitempty"`
}

// A Part is what a work carries of the organisation's effort in a place: a
// category, or one within an objective.
type Part struct {
	Category  string `json:"category"`
	Objective string `json:"objective,omitempty"`
	// Share is the part of the place's effort, in steps of scoring.ShareStep,
	// absent where it is withheld.
	Share scoring.Number `json:"ratio"`
	// Status is ok or suppressed_privacy.
	Status scoring.Status `json:"status"`
}
