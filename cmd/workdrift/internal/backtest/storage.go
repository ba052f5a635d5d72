package backtest

import (
	"context"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// memory holds series for the query engine. Samples are appended in the order
// of time; one goroutine writes and reads.
type memory struct {
	byName map[string][]*series
	byHash map[uint64][]*series
}

// series are the samples of one set of labels, oldest first.
type series struct {
	labels labels.Labels
	points []point
}

func newMemory() *memory {
	return &memory{byName: make(map[string][]*series), byHash: make(map[uint64][]*series)}
}

// add appends a sample to the series with these labels and returns the series.
func (m *memory) add(l labels.Labels, at int64, value float64) *series {
	hash := l.Hash()
	known := slices.IndexFunc(m.byHash[hash], func(s *series) bool { return labels.Equal(s.labels, l) })
	var s *series
	if known >= 0 {
		s = m.byHash[hash][known]
	} else {
		s = &series{labels: l}
		m.byHash[hash] = append(m.byHash[hash], s)
		name := l.Get(labels.MetricName)
		m.byName[name] = append(m.byName[name], s)
	}
	s.points = append(s.points, point{at, value})
	return s
}

// forget drops the samples before a moment, which no rule looks at any more.
func (m *memory) forget(before int64) {
	for _, list := range m.byName {
		for _, s := range list {
			if n := sort.Search(len(s.points), func(i int) bool { return s.points[i].at >= before }); n > 0 {
				s.points = append(s.points[:0], s.points[n:]...)
			}
		}
	}
}

// Querier implements storage.Queryable.
func (m *memory) Querier(from, until int64) (storage.Querier, error) {
	return &querier{m, from, until}, nil
}

// querier reads the samples of a range of time, both ends included.
type querier struct {
	memory      *memory
	from, until int64
}

// Select implements storage.Querier.
func (q *querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, s := range q.candidates(matchers) {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) }) {
			found = append(found, q.cut(s))
		}
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &seriesSet{list: found, at: -1}
}

// candidates are the series of the name that is asked for.
func (q *querier) candidates(matchers []*labels.Matcher) []*series {
	for _, m := range matchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			return q.memory.byName[m.Value]
		}
	}
	return nil // such rules are refused, see Rules.inputs
}

// cut returns the part of a series that is within the range.
func (q *querier) cut(s *series) storage.Series {
	first := sort.Search(len(s.points), func(i int) bool { return s.points[i].at >= q.from })
	last := sort.Search(len(s.points), func(i int) bool { return s.points[i].at > q.until })
	part := points(s.points[first:max(first, last)])
	return &storage.SeriesEntry{
		Lset:             s.labels,
		SampleIteratorFn: func(chunkenc.Iterator) chunkenc.Iterator { return storage.NewListSeriesIterator(part) },
	}
}

// LabelValues implements storage.Querier. The query engine does not ask.
func (q *querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames implements storage.Querier. The query engine does not ask.
func (q *querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close implements storage.Querier.
func (q *querier) Close() error { return nil }

// seriesSet iterates over what a query found.
type seriesSet struct {
	list []storage.Series
	at   int
}

func (f *seriesSet) Next() bool                        { f.at++; return f.at < len(f.list) }
func (f *seriesSet) At() storage.Series                { return f.list[f.at] }
func (f *seriesSet) Err() error                        { return nil }
func (f *seriesSet) Warnings() annotations.Annotations { return nil }

// point is one sample. It implements chunks.Sample.
type point struct {
	at    int64 // milliseconds since 1970
	value float64
}

func (p point) T() int64                      { return p.at }
func (p point) F() float64                    { return p.value }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }

// points implements storage.Samples.
type points []point

func (p points) Get(i int) chunks.Sample { return p[i] }
func (p points) Len() int                { return len(p) }
