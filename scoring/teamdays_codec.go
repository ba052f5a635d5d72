package scoring

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// MarshalBinary encodes the week: version 1, number of models, Monday, units,
// rows; integers as varints, works as eight bytes.
func (w TeamWeek) MarshalBinary() ([]byte, error) {
	b := binary.AppendUvarint([]byte{1}, effort.NumModels)
	b = binary.AppendVarint(b, int64(w.Monday))
	b = binary.AppendUvarint(b, uint64(len(w.Units)))
	for i := range w.Units {
		u := &w.Units[i]
		b = binary.AppendUvarint(b, uint64(len(u.Team)))
		b = append(b, u.Team...)
		b = u.Week.append(b)
		for d := range u.Days {
			b = u.Days[d].Few.append(b)
			b = binary.AppendUvarint(b, uint64(u.Days[d].Available))
			b = binary.AppendUvarint(b, uint64(u.Days[d].Observed))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(w.Rows)))
	for i := range w.Rows {
		r := &w.Rows[i]
		b = append(b, byte(r.Day))
		b = binary.BigEndian.AppendUint64(b, r.Work)
		b = binary.AppendUvarint(b, uint64(len(r.Parts)))
		for _, p := range r.Parts {
			b = binary.AppendUvarint(b, uint64(p.Unit))
			for _, v := range p.Effort {
				b = binary.AppendUvarint(b, uint64(v))
			}
		}
	}
	return b, nil
}

func (f *Few) append(b []byte) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(f.People)), uint64(f.Most))
}

var errTeamWeek = errors.New("collapsed week: the encoding is damaged")

// A teamReader reads the encoding of a TeamWeek. What is read after an error is
// zero.
type teamReader struct {
	b   []byte
	bad bool
}

// amount reads a number that is not negative as an int64.
func (r *teamReader) amount() int64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > 1<<62 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int64(v)
}

// count reads how many elements follow, of at least one byte each.
func (r *teamReader) count() int {
	n := r.amount()
	if n > int64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *teamReader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, n)
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *teamReader) few() Few {
	return Few{People: int(r.amount()), Most: effort.Micro(r.amount())}
}

func (r *teamReader) unit() (u TeamUnit) {
	u.Team = string(r.take(r.count()))
	u.Week = r.few()
	for d := range u.Days {
		u.Days[d] = DayFacts{Few: r.few(), Available: effort.Micro(r.amount()), Observed: effort.Micro(r.amount())}
	}
	return u
}

func (r *teamReader) row(units int) (row TeamDay) {
	row.Day = int(r.take(1)[0])
	row.Work = binary.BigEndian.Uint64(r.take(8))
	for range r.count() {
		p := TeamPart{Unit: int(r.amount())}
		for m := range p.Effort {
			p.Effort[m] = effort.Micro(r.amount())
		}
		r.bad = r.bad || p.Unit >= units
		row.Parts = append(row.Parts, p)
	}
	r.bad = r.bad || row.Day > 6 || len(row.Parts) == 0 || row.Parts[0].Unit != unitOrg
	return row
}

// UnmarshalBinary decodes what MarshalBinary made.
func (w *TeamWeek) UnmarshalBinary(b []byte) error {
	if len(b) < 2 || b[0] != 1 || b[1] != effort.NumModels {
		return fmt.Errorf("%w or newer than this program", errTeamWeek)
	}
	monday, n := binary.Varint(b[2:])
	if n <= 0 || int64(int32(monday)) != monday {
		return errTeamWeek
	}
	out, r := TeamWeek{Monday: objective.Date(monday)}, &teamReader{b: b[2+n:]}
	for range r.count() {
		if r.bad {
			break
		}
		out.Units = append(out.Units, r.unit())
	}
	for range r.count() {
		if r.bad {
			break
		}
		out.Rows = append(out.Rows, r.row(len(out.Units)))
	}
	if r.bad || len(r.b) > 0 || len(out.Units) < unitTeams {
		return errTeamWeek
	}
	*w = out
	return nil
}
