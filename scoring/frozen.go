package scoring

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A Frozen is what one closed ISO week counted for when it was frozen: the
// past as it was told then, beside which today's telling is held (score
// specification, section 2.4).
type Frozen struct {
	Monday objective.Date
	Labels []string // "o1" for an objective, "run_work" and so on for a category
	Rows   []FrozenRow
}

// A FrozenRow is the effort of one work under one label.
type FrozenRow struct {
	Work   uint64 // stable across stores, not the item's number
	Label  int    // index into Labels
	Effort effort.Micro
}

// label names where a placement went; an objective within its grace is itself.
func (e *Engine) label(p *placement) string {
	if p.category == OnObjective {
		return e.declared.Set.Objectives[p.objective].ID
	}
	return p.category.String()
}

// workLabel is one work under one label.
type workLabel struct {
	work  uint64
	label string
}

// labelled sums up the effort of a range of days by work and label.
func (e *Engine) labelled(days DateRange) map[workLabel]effort.Micro {
	sums := make(map[workLabel]effort.Micro)
	for work, p := range e.placements(days) {
		sums[workLabel{e.items[work].order, e.label(p)}] += p.micros[e.declared.Effort.Model]
	}
	return sums
}

// Freeze tells what the week that starts on a Monday counts for now.
func (e *Engine) Freeze(monday objective.Date) Frozen {
	e.settle()
	f := Frozen{Monday: monday}
	numbers := make(map[string]int)
	for key, sum := range e.labelled(DateRange{monday, monday + 6}) {
		n, ok := numbers[key.label]
		if !ok {
			n = len(f.Labels)
			numbers[key.label] = n
			f.Labels = append(f.Labels, key.label)
		}
		f.Rows = append(f.Rows, FrozenRow{Work: key.work, Label: n, Effort: sum})
	}
	f.sort()
	return f
}

// sort puts labels and rows into one order, so that equal weeks have equal
// encodings.
func (f *Frozen) sort() {
	sorted := slices.Sorted(slices.Values(f.Labels))
	place := make([]int, len(f.Labels))
	for i, l := range f.Labels {
		place[i], _ = slices.BinarySearch(sorted, l)
	}
	f.Labels = sorted
	for i := range f.Rows {
		f.Rows[i].Label = place[f.Rows[i].Label]
	}
	slices.SortFunc(f.Rows, func(a, b FrozenRow) int {
		return cmp.Or(cmp.Compare(a.Work, b.Work), cmp.Compare(a.Label, b.Label))
	})
}

// SetFrozen gives the engine the weeks that were frozen before.
func (e *Engine) SetFrozen(weeks []Frozen) {
	e.revision++
	e.frozen = make(map[objective.Date]Frozen, len(weeks))
	for _, f := range weeks {
		e.frozen[f.Monday] = f
	}
}

// Unfrozen lists the Mondays of the closed weeks that are due to be frozen, as
// of a report: those that ended on a day from since on, as far as the windows
// reach.
func (e *Engine) Unfrozen(r *Report, since objective.Date) []objective.Date {
	if r.Partial {
		return nil
	}
	wait := objective.Date(math.Ceil(e.declared.Windows.FreezeAfter.Hours() / 24))
	var due []objective.Date
	for monday := max(since.Monday(), (objective.Date(r.Day) - 7*trendWeeks).Monday()); monday+6+wait <= objective.Date(r.Day); monday += 7 {
		if _, done := e.frozen[monday]; !done && monday+6 >= since {
			due = append(due, monday)
		}
	}
	return due
}

// A restatedWeek compares a frozen week with today's telling: effort on active
// objectives then and now, effort whose label changed, and all effort of the
// works that were frozen. Work that came to light later is no change of label
// and left out.
type restatedWeek struct{ frozenOn, nowOn, relabelled, total effort.Micro }

// restatedWeeks compares every frozen week from a day on.
func (e *Engine) restatedWeeks(from objective.Date) map[objective.Date]restatedWeek {
	weeks := make(map[objective.Date]restatedWeek)
	for monday, f := range e.frozen {
		if monday < from {
			continue
		}
		then, now := f.byWork(), make(map[uint64]map[string]effort.Micro)
		for key, sum := range e.labelled(DateRange{monday, monday + 6}) {
			if then[key.work] == nil {
				continue
			}
			if now[key.work] == nil {
				now[key.work] = make(map[string]effort.Micro)
			}
			now[key.work][key.label] += sum
		}
		var w restatedWeek
		for work, labels := range now {
			moved, all := relabelledOf(then[work], labels)
			w.frozenOn += onObjectives(then[work])
			w.nowOn += onObjectives(labels)
			w.relabelled += moved
			w.total += all
		}
		weeks[monday] = w
	}
	return weeks
}

// restatement is how much of a window's frozen past was relabelled since.
func restatement(weeks map[objective.Date]restatedWeek, days DateRange) Score {
	var sum restatedWeek
	for monday, w := range weeks {
		if days.From <= monday && monday+6 <= days.Until {
			sum.frozenOn += w.frozenOn
			sum.nowOn += w.nowOn
			sum.relabelled += w.relabelled
			sum.total += w.total
		}
	}
	delta, ratio, ok := Restatement(sum.frozenOn, sum.nowOn, sum.relabelled, sum.total)
	if !ok {
		return unavailable(RestatementScore, InsufficientData, "no week of this window has been frozen yet")
	}
	s := plainScore(RestatementScore, ratio, true, "")
	s.Verdict = fmt.Sprintf("the share on objectives moved by %+.3f", delta)
	return s
}

func (f *Frozen) byWork() map[uint64]map[string]effort.Micro {
	works := make(map[uint64]map[string]effort.Micro)
	for _, r := range f.Rows {
		if works[r.Work] == nil {
			works[r.Work] = make(map[string]effort.Micro)
		}
		works[r.Work][f.Labels[r.Label]] += r.Effort
	}
	return works
}

// onObjectives adds up what is under the label of an objective.
func onObjectives(labels map[string]effort.Micro) (on effort.Micro) {
	for label, sum := range labels {
		switch label {
		case RunWork.String(), Excluded.String(), Stopped.String(), Unknown.String():
		default:
			on += sum
		}
	}
	return on
}

// relabelledOf returns how much of a work's effort now is under other labels
// than then, by the total variation of its two mixes.
func relabelledOf(then, now map[string]effort.Micro) (moved, all effort.Micro) {
	var before effort.Micro
	for _, sum := range then {
		before += sum
	}
	for _, sum := range now {
		all += sum
	}
	if before == 0 || all == 0 {
		return 0, all
	}
	for label, sum := range now {
		// Scaled to the same total, so that late work is no change.
		if excess := sum - then[label]*all/before; excess > 0 {
			moved += excess
		}
	}
	return moved, all
}

// MarshalBinary encodes the week: version 1, Monday, labels, rows; integers as
// varints, works as eight bytes.
func (f Frozen) MarshalBinary() ([]byte, error) {
	b := []byte{1}
	b = binary.AppendVarint(b, int64(f.Monday))
	b = binary.AppendUvarint(b, uint64(len(f.Labels)))
	for _, l := range f.Labels {
		b = binary.AppendUvarint(b, uint64(len(l)))
		b = append(b, l...)
	}
	b = binary.AppendUvarint(b, uint64(len(f.Rows)))
	for _, r := range f.Rows {
		b = binary.BigEndian.AppendUint64(b, r.Work)
		b = binary.AppendUvarint(b, uint64(r.Label))
		b = binary.AppendUvarint(b, uint64(r.Effort))
	}
	return b, nil
}

var errFrozen = errors.New("frozen week: the encoding is damaged")

// UnmarshalBinary decodes what MarshalBinary made.
func (f *Frozen) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != 1 {
		return fmt.Errorf("%w or newer than this program", errFrozen)
	}
	b = b[1:]
	ok := true
	uvarint := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			ok = false
			return 0
		}
		b = b[n:]
		return v
	}
	take := func(n uint64) []byte {
		if !ok || n > uint64(len(b)) {
			ok = false
			return nil
		}
		head := b[:n]
		b = b[n:]
		return head
	}
	monday, n := binary.Varint(b)
	if n <= 0 {
		return errFrozen
	}
	b = b[n:]
	out := Frozen{Monday: objective.Date(monday)}
	for range min(uvarint(), uint64(len(b))) {
		out.Labels = append(out.Labels, string(take(uvarint())))
	}
	for range min(uvarint(), uint64(len(b))) {
		work := take(8)
		if !ok {
			return errFrozen
		}
		row := FrozenRow{Work: binary.BigEndian.Uint64(work), Label: int(uvarint()), Effort: effort.Micro(uvarint())}
		if row.Label >= len(out.Labels) || row.Label < 0 {
			return errFrozen
		}
		out.Rows = append(out.Rows, row)
	}
	if !ok || len(b) > 0 {
		return errFrozen
	}
	*f = out
	return nil
}
