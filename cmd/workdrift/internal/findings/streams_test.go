package findings

import (
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

func TestStreamSince(t *testing.T) {
	until := scoring.Day(objective.DateOf(time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC)))
	s := &Streams{Window: "28d", AsOf: &scoring.Report{Windows: []scoring.WindowReport{{Label: "28d", From: until - 27, Until: until}}}}
	for _, tc := range []struct {
		trend []scoring.Number
		want  string
	}{
		{[]scoring.Number{.1, 0, .1}, "seen since 27 Mar or longer"},
		{[]scoring.Number{0, .1, .1}, "first seen in the 28 days from 24 Apr"},
		{[]scoring.Number{0, scoring.Absent(), .1}, "first seen in the 28 days from 24 Apr"},
		{[]scoring.Number{0, 0, 0}, "first seen in the 28 days from 22 May"},
		{[]scoring.Number{.1}, ""},
	} {
		if got := s.Since(&Stream{Trend: tc.trend}); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.trend, got, tc.want)
		}
	}
}
