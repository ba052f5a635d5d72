package attribution

import (
	"encoding/binary"
	"slices"

	"github.com/workdrift/workdrift/store"
)

// Bucket is where effort on an item is counted. Stopped work has no bucket
// here: an objective is stopped on some days and not on others.
type Bucket uint8

// The buckets.
const (
	Unknown   Bucket = iota // nothing says what it is for
	Objective               // one or several objectives, see Shares
	RunWork                 // keeping things running
	Excluded                // declared not to be done
	Gone                    // deleted or out of sight at its source: its effort counts nowhere
)

// String returns the name used in outputs, "run_work".
func (b Bucket) String() string {
	return [...]string{"unknown", "objective", "run_work", "excluded", "gone"}[b]
}

// Method is how an attribution was found.
type Method uint8

// The methods. Text and LLM are never the outcome of a Graph.
const (
	None Method = iota
	Override
	Explicit
	Inherited
	Rule
	Text
	LLM
)

// String returns the name used in outputs, "inherited".
func (m Method) String() string {
	return [...]string{"none", "override", "explicit", "inherited", "rule", "text", "llm"}[m]
}

// Whole is the sum of the shares of an attribution.
const Whole = 1_000_000

// A Share is the part of an item that belongs to one objective.
type Share struct {
	Objective int   // index into Set.Objectives
	Micro     int64 // millionths of the item
}

// An Attribution says what an item counts for.
type Attribution struct {
	Bucket Bucket
	Method Method
	// Shares are equal, ordered by objective, and add up to Whole. They are
	// nil unless the bucket is Objective, and must not be changed.
	Shares []Share
}

// A cell is what flows along links: the objectives and buckets that are
// reached. Objectives outrank run work, which outranks what is excluded.
type cell struct {
	objectives        []int32 // ascending, not to be changed in place
	runWork, excluded bool
}

func (c cell) empty() bool { return len(c.objectives) == 0 && !c.runWork && !c.excluded }

// merge returns the union of two cells and whether it is more than c.
func (c cell) merge(d cell) (cell, bool) {
	grown := d.runWork && !c.runWork || d.excluded && !c.excluded
	out := cell{c.objectives, c.runWork || d.runWork, c.excluded || d.excluded}
	for _, o := range d.objectives {
		i, has := slices.BinarySearch(out.objectives, o)
		if has {
			continue
		}
		// Insert into a copy: cells share their slices.
		out.objectives = slices.Insert(slices.Clip(slices.Clone(out.objectives)), i, o)
		grown = true
	}
	return out, grown
}

// attribution returns what a cell comes to.
func (c cell) attribution(method Method) Attribution {
	switch {
	case len(c.objectives) > 0:
		return Attribution{Objective, method, equalShares(c.objectives)}
	case c.runWork:
		return Attribution{Bucket: RunWork, Method: method}
	case c.excluded:
		return Attribution{Bucket: Excluded, Method: method}
	}
	return Attribution{Bucket: Unknown, Method: method}
}

// equalShares splits Whole by largest remainder, the earlier objective first.
func equalShares(objectives []int32) []Share {
	n := int64(len(objectives))
	shares := make([]Share, n)
	for i, o := range objectives {
		shares[i] = Share{int(o), Whole / n}
		if int64(i) < Whole%n {
			shares[i].Micro++
		}
	}
	return shares
}

// A table keeps each distinct attribution once, and what it hands on.
type table struct {
	ids  map[string]uint32
	atts []Attribution
	cell []cell
	key  []byte
}

func newTable() *table {
	t := &table{ids: make(map[string]uint32)}
	t.atts, t.cell = []Attribution{{}}, []cell{{}}
	return t
}

// id returns the number of the attribution that a cell comes to.
func (t *table) id(c cell, method Method) uint32 {
	bucket := Unknown
	switch {
	case len(c.objectives) > 0:
		bucket = Objective
	case c.runWork:
		bucket = RunWork
	case c.excluded:
		bucket = Excluded
	}
	return t.intern(bucket, method, c)
}

// gone returns the number of the attribution of what is gone.
func (t *table) gone() uint32 { return t.intern(Gone, None, cell{}) }

func (t *table) intern(bucket Bucket, method Method, c cell) uint32 {
	t.key = append(t.key[:0], byte(bucket), byte(method))
	if bucket == Objective {
		for _, o := range c.objectives {
			t.key = binary.AppendUvarint(t.key, uint64(o))
		}
	}
	if id, ok := t.ids[string(t.key)]; ok {
		return id
	}
	id := uint32(len(t.atts))
	t.ids[string(t.key)] = id
	switch bucket {
	case Objective:
		c = cell{objectives: c.objectives}
	case RunWork:
		c = cell{runWork: true}
	case Excluded:
		c = cell{excluded: true}
	default:
		c = cell{}
	}
	att := c.attribution(method)
	att.Bucket = bucket
	t.atts = append(t.atts, att)
	t.cell = append(t.cell, c)
	return id
}

// A verdict is what the rules say about one item, kept once for all items of
// which they say the same.
type verdict struct {
	match Match
	cell  cell // the outcome of the rules, in their order
}

type verdicts struct {
	ids  map[string]uint32
	list []verdict
	key  []byte
}

func newVerdicts() *verdicts { return &verdicts{ids: make(map[string]uint32)} }

func (v *verdicts) id(m Match) uint32 {
	k := append(v.key[:0], m.NonGoal...)
	k = append(k, 0)
	k = append(k, m.RunWork...)
	k = append(k, 0)
	k = binary.AppendUvarint(k, uint64(len(m.Objectives)))
	for _, o := range m.Objectives {
		k = binary.AppendUvarint(k, uint64(o))
	}
	for _, o := range m.ExcludedBy {
		k = binary.AppendUvarint(k, uint64(o))
	}
	v.key = k
	if id, ok := v.ids[string(k)]; ok {
		return id
	}
	m.Objectives, m.ExcludedBy = slices.Clone(m.Objectives), slices.Clone(m.ExcludedBy)
	id := uint32(len(v.list))
	v.ids[string(k)] = id
	v.list = append(v.list, verdict{m, m.cell()})
	return id
}

func (m *Match) cell() cell {
	var r ruling
	r.add(m)
	return r.cell()
}

// target returns what an override decides, and whether there is such a target.
// An override to unknown ends the cascade and hands nothing on.
func (r *Rules) target(to string) (cell, bool) {
	if o, ok := r.ids[to]; ok {
		return cell{objectives: []int32{o}}, true
	}
	switch to {
	case RunWork.String():
		return cell{runWork: true}, true
	case Excluded.String():
		return cell{excluded: true}, true
	case Unknown.String():
		return cell{}, true
	}
	return cell{}, false
}

// betterOverride orders two decisions about one work: the newer one holds.
func betterOverride(a, b *store.Override) bool {
	if c := a.At.Compare(b.At); c != 0 {
		return c > 0
	}
	if a.To != b.To {
		return a.To < b.To
	}
	return a.Key < b.Key
}
