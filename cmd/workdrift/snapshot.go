package main

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
)

// A snapshot is what pages show of a report besides the report itself. It is made
// with the report, so that nobody who looks at a page waits for an evaluation,
// and does not change. Works are in it by their numbers: titles take most of the
// room, and few of them are ever looked at.
type snapshot struct {
	report  *scoring.Report
	engine  *scoring.Engine // that made it; to be asked in a turn
	fed     uint64          // its revision
	streams *findings.Streams
	shares  map[string]*scoring.Shares // by window

	replaced chan struct{} // closed when there is a newer one

	mu   sync.Mutex // guards made, held for a moment only
	made map[listingKey]*web.Explanation
}

// show publishes a snapshot. The caller has the lock.
func (e *evaluator) show(next *snapshot) {
	e.mu.shut() // what is asked is told by the one or the other
	e.engine.Published()
	last := e.snapshot.Swap(next)
	e.mu.open()
	if last != nil {
		close(last.replaced)
	}
}

// snapshotOf makes the snapshot of a report that the engine has just made. The
// caller holds the engine's lock.
func (e *evaluator) snapshotOf(ctx context.Context, report *scoring.Report) (*snapshot, error) {
	s := &snapshot{report: report, engine: e.engine, fed: e.engine.Revision(), replaced: make(chan struct{}), made: make(map[listingKey]*web.Explanation)}
	if last := e.snapshot.Load(); last != nil && last.same(s) {
		streams := *last.streams
		streams.AsOf = report
		s.shares, s.streams = last.shares, &streams
		return s, nil
	}
	s.shares = make(map[string]*scoring.Shares)
	sums := e.engine.WorkSums(report, streamWindow, streamBlocks)
	for i := range report.Windows {
		label := report.Windows[i].Label
		s.shares[label] = sums.Shares(label)
	}
	var err error
	s.streams, err = e.streamsOf(ctx, report, sums)
	return s, err
}

// same reports whether another snapshot tells the same of works.
func (s *snapshot) same(next *snapshot) bool {
	return s.engine == next.engine && s.fed == next.fed && s.report.Partial == next.report.Partial &&
		slices.EqualFunc(s.report.Windows, next.report.Windows, func(a, b scoring.WindowReport) bool {
			return a.Label == b.Label && a.From == b.From && a.Until == b.Until && a.Org.Status == b.Org.Status
		})
}

// kept returns an explanation that was made before, nil when none was.
func (s *snapshot) kept(key listingKey) *web.Explanation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made[key]
}

func (s *snapshot) keep(key listingKey, x *web.Explanation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.made) >= maxListings {
		clear(s.made)
	}
	s.made[key] = x
}

// evaluating is the answer to who asks before there is a snapshot, or for a turn
// that does not come.
func evaluating() *web.Refusal {
	return &web.Refusal{Status: http.StatusServiceUnavailable, Detail: "The stored data is being evaluated; ask again in a moment."}
}

// streams returns those of the published report.
func (e *evaluator) streams(context.Context) (*findings.Streams, error) {
	if s := e.streamed(); s != nil {
		return s, nil
	}
	return nil, evaluating()
}

// streamed returns the newest streams, nil where none were made.
func (e *evaluator) streamed() *findings.Streams {
	if s := e.snapshot.Load(); s != nil {
		return s.streams
	}
	return nil
}
