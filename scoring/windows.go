package scoring

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// Quarter is the label of the window from the start of the fiscal quarter.
const Quarter = "quarter"

// maxWindowDays bounds rolling windows, to ten years.
const maxWindowDays = 3660

// WindowRange returns the days of the window with a label that ends with a
// day, both ends included: "28d" for that many days, Quarter for the fiscal
// quarter to date.
func WindowRange(label string, end objective.Date, fiscalStart time.Month) (DateRange, error) {
	if label == Quarter {
		return DateRange{From: quarterStart(end, fiscalStart), Until: end}, nil
	}
	digits, found := strings.CutSuffix(label, "d")
	days, err := strconv.Atoi(digits)
	// A second spelling of a window would be a second series of the same.
	if !found || err != nil || days < 1 || days > maxWindowDays || strconv.Itoa(days) != digits {
		return DateRange{}, fmt.Errorf("window %q is neither %q nor a number of days like \"28d\", at most %dd",
			label, Quarter, maxWindowDays)
	}
	return DateRange{From: end - objective.Date(days-1), Until: end}, nil
}

// LastCompleteQuarter returns the last fiscal quarter that had ended by the
// end of a day.
func LastCompleteQuarter(end objective.Date, fiscalStart time.Month) DateRange {
	next := quarterStart(end+1, fiscalStart)
	return DateRange{From: quarterStart(next-1, fiscalStart), Until: next - 1}
}

// quarterStart returns the first day of the fiscal quarter of a day. Fiscal
// years start in January unless told a real month.
func quarterStart(day objective.Date, fiscalStart time.Month) objective.Date {
	if fiscalStart < time.January || fiscalStart > time.December {
		fiscalStart = time.January
	}
	t := day.Time()
	into := (int(t.Month()-fiscalStart) + 12) % 3
	return objective.DateOf(time.Date(t.Year(), t.Month()-time.Month(into), 1, 0, 0, 0, 0, time.UTC))
}

// lastZone is how long after the UTC day a day ends in the last zone on earth,
// UTC−12.
const lastZone = 12 * time.Hour

// ClosedDay returns the last closed day: it has ended everywhere on earth, the
// grace has passed since, and every source is known completely up to its end
// everywhere. Expected is the day that would be closed if all sources were
// current. Late names the sources that are not, in order: those whose
// watermark is before the end of the expected day everywhere. Scores of day
// are stale when it is before expected.
//
// A source that was never read completely (zero watermark) makes day NoDate:
// no day is closed.
func ClosedDay(now time.Time, grace time.Duration, watermarks map[string]time.Time) (
	day, expected objective.Date, late []string) {
	expected = endedBy(now.Add(-grace))
	day = expected
	for _, source := range slices.Sorted(maps.Keys(watermarks)) {
		mark := watermarks[source]
		known := objective.NoDate
		if !mark.IsZero() {
			known = endedBy(mark)
		}
		if known < expected {
			late = append(late, source)
			day = min(day, known)
		}
	}
	return day, expected, late
}

// endedBy returns the last day that has ended everywhere by an instant.
func endedBy(t time.Time) objective.Date {
	return objective.DateOf(t.UTC().Add(-lastZone)) - 1
}

// Restatement compares a window as it was frozen with the same window as it is
// told now. Delta is the change in the share on active objectives; ratio is the
// effort whose purpose changed since the freeze, whichever way, as a share of
// all. Relabelling that swaps equal amounts has a delta of 0 and still a
// ratio. It is undefined without effort.
func Restatement(frozenOn, restatedOn, relabelled, total effort.Micro) (delta, ratio float64, ok bool) {
	if total <= 0 {
		return 0, 0, false
	}
	return float64(restatedOn-frozenOn) / float64(total), float64(relabelled) / float64(total), true
}
