package findings

import (
	"slices"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// A History is what was declared over time. It does not change.
type History struct {
	Declared []objective.Loaded // oldest first
	Edits    []objective.Edit   // of the same
	Members  []scoring.MemberChange
}

// Membership is the kind of a change of a team's members in the structure log,
// beside the kinds of edits.
const Membership = "membership"

// An Entry of the structure log is an edit of what is declared or a change of a
// team's members; the other one is nil.
type Entry struct {
	At     time.Time // when the edit became known, or the day of the change began, in UTC
	Edit   *objective.Edit
	Member *scoring.MemberChange
}

// Entries is the structure log, oldest first.
func (h *History) Entries() []Entry {
	log := make([]Entry, 0, len(h.Edits)+len(h.Members))
	for i := range h.Members {
		log = append(log, Entry{At: h.Members[i].Day.Time(), Member: &h.Members[i]})
	}
	for i := range h.Edits {
		log = append(log, Entry{At: h.Edits[i].Known.UTC(), Edit: &h.Edits[i]})
	}
	slices.SortStableFunc(log, func(a, b Entry) int { return a.At.Compare(b.At) })
	return log
}

// A Moment is when something was decided about items, all in one go.
type Moment struct {
	When time.Time
	To   string
}

// Moments puts together what was decided in one go.
func Moments(list []store.Override) map[Moment][]store.Override {
	out := make(map[Moment][]store.Override)
	for _, o := range list {
		at := Moment{o.At.UTC(), o.To}
		out[at] = append(out[at], o)
	}
	return out
}
