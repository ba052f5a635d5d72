package brief

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// An Edition is one of the briefs that there are.
type Edition string

// The editions: one for the weekly meeting, and one for the monthly session that
// decides what ends.
const (
	Weekly      Edition = "weekly"
	KillSession Edition = "kill-session"
)

// ParseEdition returns the edition of a name.
func ParseEdition(name string) (Edition, error) {
	switch e := Edition(name); e {
	case Weekly, KillSession:
		return e, nil
	}
	return "", fmt.Errorf("edition %q is unknown, want %s or %s", name, Weekly, KillSession)
}

// A Period is what one brief is about: an ISO week, or for a kill session a
// calendar month. It is evaluated as of its last day.
type Period struct {
	Edition Edition     `json:"edition"`
	Name    string      `json:"period"` // "2026-W14", "2026-04"
	From    scoring.Day `json:"from"`
	Until   scoring.Day `json:"until"`
}

// PeriodAt returns the period that a day is in.
func PeriodAt(e Edition, day scoring.Day) Period {
	date := objective.Date(day)
	if e == KillSession {
		t := date.Time()
		first := objective.DateOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
		next := objective.DateOf(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC))
		return Period{e, t.Format("2006-01"), scoring.Day(first), scoring.Day(next - 1)}
	}
	monday := date.Monday()
	return Period{e, findings.ISOWeek(scoring.Day(monday)), scoring.Day(monday), scoring.Day(monday + 6)}
}

// LastClosed returns the last period that had ended when a day had closed.
func LastClosed(e Edition, day scoring.Day) Period {
	p := PeriodAt(e, day)
	if p.Until > day {
		p = PeriodAt(e, p.From-1)
	}
	return p
}

// ParsePeriod returns the period of a name: a week such as 2026-W14, or for a
// kill session a month such as 2026-04.
func ParsePeriod(e Edition, name string) (Period, error) {
	if e == KillSession {
		t, err := time.Parse("2006-01", name)
		if err != nil {
			return Period{}, fmt.Errorf("month %q: want one such as 2026-04", name)
		}
		return PeriodAt(e, scoring.Day(objective.DateOf(t))), nil
	}
	year, week, ok := strings.Cut(name, "-W")
	y, err := strconv.Atoi(year)
	w, errWeek := strconv.Atoi(week)
	if ok && err == nil && errWeek == nil && w > 0 && y > 0 && y < 10_000 {
		// The fourth of January is in the first ISO week of its year.
		first := objective.DateOf(time.Date(y, time.January, 4, 0, 0, 0, 0, time.UTC)).Monday()
		if p := PeriodAt(e, scoring.Day(first+objective.Date(7*(w-1)))); p.Name == name {
			return p, nil
		}
	}
	return Period{}, fmt.Errorf("week %q: want an ISO week such as 2026-W14", name)
}

// Key identifies the brief of a period: "weekly/2026-W14". It never changes.
func (p Period) Key() string { return string(p.Edition) + "/" + p.Name }

// Closed reports whether the period has ended on a closed day.
func (p Period) Closed(day scoring.Day) bool { return p.Until <= day }

// Param is the name by which a period of the edition is asked for.
func (e Edition) Param() string {
	if e == KillSession {
		return "month"
	}
	return "week"
}

// Page is the path of the page that shows the brief of the period.
func (p Period) Page() string { return "/brief?" + p.Query() }

// Query asks for the brief of the period.
func (p Period) Query() string {
	return url.Values{"edition": {string(p.Edition)}, p.Edition.Param(): {p.Name}}.Encode()
}

// Next returns the period after this one.
func (p Period) Next() Period { return PeriodAt(p.Edition, p.Until+1) }

// Previous returns the period before this one.
func (p Period) Previous() Period { return PeriodAt(p.Edition, p.From-1) }

// AskedPeriod returns the period that is asked for: the week or the month that is
// named, or the last of an edition that had ended when a day had closed. Without
// an edition a month is of the kill session, and all else is weekly.
func AskedPeriod(edition, week, month string, day scoring.Day) (Period, error) {
	e := Weekly
	if month != "" {
		e = KillSession
	}
	if edition != "" {
		var err error
		if e, err = ParseEdition(edition); err != nil {
			return Period{}, err
		}
	}
	switch {
	case e == Weekly && month != "":
		return Period{}, fmt.Errorf("month %q: the edition %s is of a week", month, e)
	case e == KillSession && week != "":
		return Period{}, fmt.Errorf("week %q: the edition %s is of a month", week, e)
	case week+month != "":
		return ParsePeriod(e, week+month)
	}
	return LastClosed(e, day), nil
}
