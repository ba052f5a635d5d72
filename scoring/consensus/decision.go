// Package consensus measures decisions that cost more agreement than they are
// worth: too many people, too many rounds, too long.
//
// A decision is a ticket of a configured type or label, a change that touches
// configured paths or is labelled as design, or a thread that was marked as
// one. Ordinary changes are judged by the same functions, but apart: the caller
// never mixes the two.
//
// The definitions follow section 4.6 of the score specification, the minimum
// samples section 2.7. Times are elapsed: nights and holidays count.
package consensus

import (
	"cmp"
	"slices"
	"time"
)

// ActKind is what somebody did to a decision.
type ActKind uint8

// The kinds of acts.
const (
	Message ActKind = iota // wrote, in a thread, a ticket or a change
	Review                 // reviewed, or commented on the code
	Push                   // changed what is to be decided
)

// An Act is one contribution to a decision.
type Act struct {
	Actor string // private; empty when the source does not tell
	Kind  ActKind
	At    time.Time
	// Automatic marks what a machine wrote, and reminders.
	Automatic bool
}

// A Talk is what a decision took.
type Talk struct {
	Participants int // distinct people who wrote
	Rounds       int
	// Messages is context only: it depends on the style of a chat.
	Messages int
}

// TalkOf counts what a decision took from the acts on it, in any order. A round
// is a run of reviews as long as possible that a push or the final state
// answers; messages do not break it. Machines and reminders count for nothing,
// but a push answers whoever made it. An act without an actor is counted as a
// message, not as a participant.
func TalkOf(acts []Act) Talk {
	acts = slices.Clone(acts)
	slices.SortStableFunc(acts, func(a, b Act) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind)) })
	t, people, reviewing := Talk{}, map[string]bool{}, false
	for _, a := range acts {
		if a.Kind == Push {
			reviewing = false
		}
		if a.Automatic {
			continue
		}
		if a.Actor != "" {
			people[a.Actor] = true
		}
		if a.Kind == Push {
			continue
		}
		t.Messages++
		if a.Kind == Review && !reviewing {
			reviewing = true
			t.Rounds++
		}
	}
	t.Participants = len(people)
	return t
}

// A Span is a time for which a decision was open. A zero Closed means that it
// is still.
type Span struct{ Opened, Closed time.Time }

// reopenWithin is how soon after its end a decision that opens again is still
// the same one.
const reopenWithin = 14 * 24 * time.Hour

// Join joins the spans of one decision, ascending: one that opens within 14
// days of the last one's end continues it, one that opens later is a decision
// of its own.
func Join(spans []Span) []Span {
	var joined []Span
	for _, s := range spans {
		if n := len(joined); n > 0 && (joined[n-1].Closed.IsZero() || s.Opened.Sub(joined[n-1].Closed) <= reopenWithin) {
			if last := &joined[n-1]; s.Closed.IsZero() || s.Closed.After(last.Closed) {
				last.Closed = s.Closed
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// A Decision is one decision, taken or open.
type Decision struct {
	Span
	Talk
}

// Took returns how long the decision took, or has taken so far, and whether it
// was taken by now.
func (d Decision) Took(now time.Time) (time.Duration, bool) {
	if d.Closed.IsZero() || d.Closed.After(now) {
		return max(0, now.Sub(d.Opened)), false
	}
	return max(0, d.Closed.Sub(d.Opened)), true
}
