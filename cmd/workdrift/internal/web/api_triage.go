package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/store"
)

// MaxDecided is how many items one request to the API can decide about, and how
// many of a stream are.
const MaxDecided = 100

// What one request may decide.
const (
	maxDecisionBody = 64 << 10
	maxDecidedKeys  = MaxDecided
	maxWhy          = 500 // runes
)

// An overrideRow is a decision in force.
type overrideRow struct {
	Key  string    `json:"key"`
	To   string    `json:"to"`
	Role string    `json:"role"`
	Why  string    `json:"why"`
	At   time.Time `json:"at"`
	// Decision is the ID of what was decided in one go, "" of what is in force
	// no more.
	Decision string `json:"decision,omitempty"`
}

func overrideRows(list []store.Override) []overrideRow {
	rows := make([]overrideRow, 0, len(list))
	for _, o := range list {
		rows = append(rows, overrideRow{Key: o.Key, To: o.To, Role: o.Role, Why: o.Why, At: o.At.UTC()})
	}
	return rows
}

// inForce are the rows of decisions in force, with what was decided in one go.
func inForce(list []store.Override) []overrideRow {
	rows := overrideRows(list)
	ids := make(map[string]string, len(list))
	for _, g := range decisionGroups(list, nil) {
		id := g.ID()
		for _, key := range g.Keys {
			ids[key] = id
		}
	}
	for i := range rows {
		rows[i].Decision = ids[rows[i].Key]
	}
	return rows
}

// overrides lists the decisions in force, by key.
func overrides(s *server, r *http.Request) (any, error) {
	return tableOf(r, nil, inForce(s.Overrides()), func(o *overrideRow) string { return o.Key })
}

// A decision is what decide and stop read.
type decision struct {
	Keys []string `json:"keys"`
	To   string   `json:"to"`
	Why  string   `json:"why"`
}

// decided is the answer to a decision: what is in force now, and what it took
// the place of, which undoes it when it is decided again. Keys that had no
// decision are undone by withdrawing.
type decided struct {
	Decided  []overrideRow `json:"decided"`
	Replaced []overrideRow `json:"replaced"`
}

// decide assigns items to an objective, to run work, or off strategy.
func decide(s *server, r *http.Request) (any, error) {
	var d decision
	if err := readJSON(r, &d); err != nil {
		return nil, err
	}
	if strings.TrimSpace(d.To) == "" {
		return nil, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "to is missing: an objective, run_work, excluded or unknown."}
	}
	return s.keepFew(r, d)
}

// stop decides that items are off strategy, which starts the clock that
// measures how long the work goes on.
func stop(s *server, r *http.Request) (any, error) {
	var d struct {
		Keys []string `json:"keys"`
		Why  string   `json:"why"`
	}
	if err := readJSON(r, &d); err != nil {
		return nil, err
	}
	return s.keepFew(r, decision{d.Keys, attribution.Excluded.String(), d.Why})
}

// keepFew makes a decision that the API was sent.
func (s *server) keepFew(r *http.Request, d decision) (any, error) {
	if n := len(d.Keys); n > maxDecidedKeys {
		return nil, &Refusal{Status: http.StatusUnprocessableEntity, Detail: fmt.Sprintf("keys name %d items; at most %d can be decided at once.", n, maxDecidedKeys)}
	}
	kept, replaced, err := s.keep(r, d)
	if err != nil {
		return nil, err
	}
	return created{decided{inForce(kept), overrideRows(replaced)}}, nil
}

// keep makes a decision. It returns what is in force now, and what that took the
// place of.
func (s *server) keep(r *http.Request, d decision) (kept, replaced []store.Override, err error) {
	why := printable(d.Why)
	unprocessable := func(format string, args ...any) error {
		return &Refusal{Status: http.StatusUnprocessableEntity, Detail: fmt.Sprintf(format, args...)}
	}
	keys := slices.Clone(d.Keys)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	switch {
	case len(keys) == 0 || keys[0] == "":
		return nil, nil, unprocessable("keys must name at least one item.")
	case why == "":
		return nil, nil, unprocessable("why is missing: a decision without a reason cannot be judged later.")
	case utf8.RuneCountInString(why) > maxWhy:
		return nil, nil, unprocessable("why is longer than %d characters.", maxWhy)
	}
	at := s.Now().UTC().Truncate(time.Second)
	kept = make([]store.Override, 0, len(keys))
	for _, key := range keys {
		kept = append(kept, store.Override{Key: key, To: d.To, Role: roleOf(r.Context()), Why: why, At: at})
	}
	replaced, err = s.Decide(r.Context(), kept)
	return kept, replaced, err
}

// withdraw takes a decision back: about one item, or all of what was decided in
// one go.
func withdraw(s *server, r *http.Request) (any, error) {
	q := r.URL.Query()
	key, id := q.Get("key"), q.Get("decision")
	switch {
	case (key == "") == (id == ""):
		return nil, &Refusal{Status: http.StatusBadRequest, Detail: "Give the key of an item whose decision to withdraw, or the id of a decision."}
	case key != "":
		return s.withdrawKeys(r, []string{key})
	}
	keys, err := s.keysOf(id)
	if err != nil {
		return nil, err
	}
	return s.withdrawKeys(r, keys)
}

// withdrawKeys takes the decisions about items back, those that are in force.
func (s *server) withdrawKeys(r *http.Request, keys []string) (any, error) {
	var list []store.Override
	asked := make(map[string]bool, len(keys))
	for _, key := range keys {
		asked[key] = true
	}
	for _, o := range s.Overrides() {
		if asked[o.Key] {
			list = append(list, store.Override{Key: o.Key, At: o.At})
		}
	}
	if len(list) == 0 {
		return nil, &Refusal{Status: http.StatusNotFound, Detail: "There is no decision under this key."}
	}
	before, err := s.Decide(r.Context(), list)
	if err != nil {
		return nil, err
	}
	return decided{[]overrideRow{}, overrideRows(before)}, nil
}

// A checkInReport is how sure somebody is of an objective.
type checkInReport struct {
	Objective  string   `json:"objective"`
	Confidence *float64 `json:"confidence"`
	// Outcome is the reading of the outcome that it cites. That there is one is
	// kept, not the number.
	Outcome *float64 `json:"outcome,omitempty"`
}

func checkIn(s *server, r *http.Request) (any, error) {
	var c checkInReport
	if err := readJSON(r, &c); err != nil {
		return nil, err
	}
	if c.Confidence == nil || *c.Confidence < 0 || *c.Confidence > 1 {
		return nil, &Refusal{Status: http.StatusUnprocessableEntity, Detail: "confidence must be from 0 to 1."}
	}
	if err := s.CheckIn(r.Context(), c.Objective, *c.Confidence, c.Outcome != nil); err != nil {
		return nil, err
	}
	return created{c}, nil
}

// readJSON reads a small body strictly.
func readJSON(r *http.Request, into any) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return &Refusal{Status: http.StatusUnsupportedMediaType, Detail: "The body must be application/json."}
	}
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxDecisionBody))
	dec.DisallowUnknownFields()
	err = dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("there is more after the first value")
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &Refusal{Status: http.StatusRequestEntityTooLarge, Detail: "The body is too large."}
	}
	return &Refusal{Status: http.StatusBadRequest, Detail: "The body cannot be read: " + strings.TrimPrefix(err.Error(), "json: ")}
}

// printable takes out of a text what is not printed, and the space around it.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text))
}
