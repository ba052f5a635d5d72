package scoring

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/workdrift/workdrift/scoring/coherence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A Report is what one evaluation found. It is immutable: whoever holds one
// may read it from any goroutine.
type Report struct {
	// At is when the report was made.
	At time.Time `json:"at"`
	// Day is the last closed day: every window ends on it.
	Day Day `json:"day"`
	// Expected is the day that would be closed if no source were late.
	Expected Day `json:"expected_day"`
	// Late names the sources that hold Day back.
	Late []string `json:"late_sources"`
	// DataUpTo is the time up to which every source is complete.
	DataUpTo time.Time `json:"data_up_to"`
	// Partial is set while a source has never been read completely. Unread names
	// those.
	Partial bool     `json:"partial"`
	Unread  []string `json:"unread_sources,omitempty"`

	TopN       int               `json:"top_n"`
	Objectives []ObjectiveReport `json:"objectives"`
	Windows    []WindowReport    `json:"windows"`
	// Scores and Teams hold what has one value as of Day.
	Scores []Score      `json:"scores"`
	Teams  []TeamReport `json:"teams"` // in declared order, never ranked
	// Phase is that of the organisation, as TeamReport.Phase.
	Phase *PhaseReport `json:"phase,omitempty"`
	Weeks []WeekReport `json:"weeks"`
	// Vocabulary compares the words of work with what is declared: by objective,
	// everybody first and then teams in declared order, never ranked.
	Vocabulary []VocabularyReport `json:"vocabulary,omitempty"`
	// Stops are the clocks of the decisions of the last year to stop something:
	// those about objectives first, then the newest of those about other work, up
	// to MaxClocks. None where the effort of the organisation is withheld.
	Stops []StopClock `json:"stops,omitempty"`
	// Text tells of guesses from words, nil where there are none.
	Text *TextReport `json:"text,omitempty"`
	// Provisional holds the days after Day, which have not closed. Pages may
	// show it, marked as such; it is in no metric and no answer.
	Provisional WeekReport         `json:"-"`
	Breached    map[string]int     `json:"breached_blocks"`
	Thresholds  map[string]float64 `json:"alert_thresholds"`
	Stats       EngineStats        `json:"stats"`
}

// Day is a date that encodes as 2006-01-02.
type Day objective.Date

func (d Day) String() string               { return objective.Date(d).String() }
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return err
	}
	*d = Day(objective.DateOf(t))
	return nil
}

// An ObjectiveReport is what is declared of an objective on the report's day.
type ObjectiveReport struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Owner string `json:"owner"` // team id, "" when none
	// OwnerGap is why nobody answers for an active objective, "" where somebody
	// does.
	OwnerGap coherence.Gap   `json:"owner_gap,omitempty"`
	State    objective.State `json:"state"`
	Rank     int             `json:"rank"`
	Declared Number          `json:"declared_ratio"` // NaN when none
	Scores   []Score         `json:"scores"`
	// Progress is what was done for it beside what its outcome did, by week, oldest
	// first: the last ProgressWeeks closed ones. Empty where no outcome is declared,
	// and where the effort of the organisation is withheld.
	Progress *ProgressReport `json:"progress,omitempty"`
}

// ProgressWeeks is of how many weeks a ProgressReport tells.
const ProgressWeeks = 26

// A ProgressReport is what the scores of output and outcome follow from.
type ProgressReport struct {
	// Down is set where less of the outcome is better. Baseline and Target are as
	// declared, absent where they are not.
	Down     bool           `json:"down"`
	Baseline Number         `json:"baseline"`
	Target   Number         `json:"target"`
	Weeks    []ProgressWeek `json:"weeks"`
}

// A ProgressWeek is one closed week of an objective with an outcome.
type ProgressWeek struct {
	Monday Day `json:"monday"`
	// Done counts the verified items done, absent where none can be verified.
	Done Number `json:"done_items"`
	// Outcome is the median of the samples in the unit of the query, absent
	// without any.
	Outcome Number `json:"outcome"`
}

// A TeamReport holds the scores of a team that have one value as of the day.
type TeamReport struct {
	Team   string  `json:"team"`
	Scores []Score `json:"scores"`
	// Phase is nil before the first closed week, and where the team's effort is
	// withheld.
	Phase *PhaseReport `json:"phase,omitempty"`
	// Weeks are those of Report.Weeks, in steps of ShareStep and without bounds;
	// none where the organisation's effort is withheld.
	Weeks []WeekReport `json:"weeks,omitempty"`
}

// A WindowReport holds the scores of one window.
type WindowReport struct {
	Label string  `json:"label"` // "28d"
	From  Day     `json:"from"`
	Until Day     `json:"until"`
	Org   Scope   `json:"organisation"`
	Teams []Scope `json:"teams"` // in declared order, never ranked
	// Owned is the work view, in declared order of the teams; empty when no
	// team owns repositories or projects.
	Owned []OwnedReport `json:"owned,omitempty"`
}

// A Scope is a group of people over a window.
type Scope struct {
	Team string `json:"team,omitempty"` // empty for the organisation
	// Status says whether the scope's effort may be published at all.
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty"`
	// Effort, by category and by objective, in person-days. Empty when the
	// scope is not published.
	Effort     []CategoryEffort  `json:"effort"`
	Objectives []ObjectiveEffort `json:"objectives"`
	Methods    []MethodEffort    `json:"methods"`
	Scores     []Score           `json:"scores"`
	Total      Number            `json:"person_days"`
	// Overtime is logged time beyond what the days are worth, in person-days.
	// It is told of teams only, and only of groups that are large enough for
	// what is about people.
	Overtime Number `json:"overtime_person_days"`
	// Unplaced is logged time of bulk logs that fitted into no day, in
	// person-days. It is told of the organisation only, on the terms of Overtime.
	Unplaced Number `json:"unplaced_log_person_days"`
	// Coverage is told of the organisation even where its effort is withheld,
	// on the terminal of the operator only.
	Coverage Number `json:"-"`
	Works    int    `json:"works"` // pieces of work that carry effort; always told
	Until    Day    `json:"until"` // earlier than the window's for a team whose members just changed
}

// CategoryEffort is the effort of one category.
type CategoryEffort struct {
	Category Category `json:"category"`
	Effort   Number   `json:"person_days"`
}

// ObjectiveEffort is the effort on one objective, also while it is within its
// grace.
type ObjectiveEffort struct {
	Objective string `json:"objective"`
	Effort    Number `json:"person_days"`
	Share     Number `json:"ratio"`
}

// MethodEffort is the share of effort by attribution method.
type MethodEffort struct {
	Method string `json:"method"`
	Share  Number `json:"ratio"`
}

// A WeekReport is one closed ISO week of the organisation or of a team, the unit
// of everything statistical.
type WeekReport struct {
	Monday Day    `json:"monday"`
	Top    Number `json:"top_objectives_effort_ratio"`
	Shadow Number `json:"shadow_effort_ratio"`
	Status Status `json:"status"`
	// The bounds, as Score.Lower and Upper, and the part of the available time
	// that is visible.
	TopLower    Number `json:"top_objectives_effort_lower_ratio"`
	TopUpper    Number `json:"top_objectives_effort_upper_ratio"`
	ShadowLower Number `json:"shadow_effort_lower_ratio"`
	ShadowUpper Number `json:"shadow_effort_upper_ratio"`
	Coverage    Number `json:"effort_coverage_ratio"`
}

// Status says whether a score is published, and if not, why.
type Status string

// The statuses of a score (score specification, section 2.6). A stale score
// keeps its last value.
const (
	OK                Status = "ok"
	InsufficientData  Status = "insufficient_data"
	SuppressedPrivacy Status = "suppressed_privacy"
	Stale             Status = "stale"
	Undefined         Status = "undefined"
)

// Reasons are the statuses that explain a missing or stale value, in the order
// of publication.
func Reasons() []Status {
	return []Status{InsufficientData, SuppressedPrivacy, Stale, Undefined}
}

// A Score is one number with everything needed to judge it.
type Score struct {
	Name  string `json:"name"`
	Value Number `json:"value"` // NaN when it is not published
	// Lower and Upper bound the value whatever the unattributed effort was
	// for. NaN where that does not matter.
	Lower Number `json:"lower"`
	Upper Number `json:"upper"`
	// IntervalLower and IntervalUpper are the 90 % sampling interval: what
	// week-to-week noise alone would do.
	IntervalLower Number `json:"interval_lower"`
	IntervalUpper Number `json:"interval_upper"`
	// SampleSize is the effective number of person-days behind the interval.
	SampleSize Number `json:"sample_size"`
	Status     Status `json:"status"`
	Reason     string `json:"reason,omitempty"` // in words, when the status is not ok
	Verdict    string `json:"verdict,omitempty"`
}

// A Number is a float that encodes as JSON whatever its value: NaN, which
// stands for absent, as null, and the infinities as strings.
type Number float64

// Absent is the Number that stands for no value.
func Absent() Number { return Number(math.NaN()) }

// Known reports whether there is a value.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) }

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Inf"`), nil
	}
	return appendFloat(make([]byte, 0, 24), float64(n)), nil
}

// appendFloat writes a float as encoding/json does, which takes longer for one
// that is not in a struct: a report has tens of thousands.
func appendFloat(b []byte, f float64) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		b = strconv.AppendFloat(b, f, 'e', -1, 64)
		if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
			b = append(b[:n-2], b[n-1]) // e-09 is e-9
		}
		return b
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case "null":
		*n = Absent()
		return nil
	case `"+Inf"`:
		*n = Number(math.Inf(1))
		return nil
	case `"-Inf"`:
		*n = Number(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(raw, (*float64)(n))
}

// MarshalText makes a category readable in JSON.
func (c Category) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Category) UnmarshalText(text []byte) error {
	for known := range Category(Categories) {
		if known.String() == string(text) {
			*c = known
			return nil
		}
	}
	return fmt.Errorf("category %q is unknown", text)
}

// personDays turns a ledger amount into person-days.
func personDays(m effort.Micro) Number { return Number(m) / Number(effort.PersonDay) }

// Window returns the window with a label, nil when it is not configured.
func (r *Report) Window(label string) *WindowReport {
	for i := range r.Windows {
		if r.Windows[i].Label == label {
			return &r.Windows[i]
		}
	}
	return nil
}

// OwnedBy returns the work view of a team, nil when no team owns anything or
// there is no such team.
func (w *WindowReport) OwnedBy(team string) *OwnedReport {
	for i := range w.Owned {
		if w.Owned[i].Team == team {
			return &w.Owned[i]
		}
	}
	return nil
}

// Score returns a score by name, nil when the scope has none of that name.
func (s *Scope) Score(name string) *Score { return scoreIn(s.Scores, name) }

// Score returns a score of the organisation that has no window by name, nil
// when there is none.
func (r *Report) Score(name string) *Score { return scoreIn(r.Scores, name) }

// Score returns a score of the objective by name, nil when there is none.
func (o *ObjectiveReport) Score(name string) *Score { return scoreIn(o.Scores, name) }

// Score returns a score of the team by name, nil when there is none.
func (t *TeamReport) Score(name string) *Score { return scoreIn(t.Scores, name) }

// Objective returns what is told of an objective by its id, nil when it is not
// declared.
func (r *Report) Objective(id string) *ObjectiveReport {
	for i := range r.Objectives {
		if r.Objectives[i].ID == id {
			return &r.Objectives[i]
		}
	}
	return nil
}

// Team returns the scores of a team by its id, nil when there is none.
func (r *Report) Team(id string) *TeamReport {
	for i := range r.Teams {
		if r.Teams[i].Team == id {
			return &r.Teams[i]
		}
	}
	return nil
}

func scoreIn(list []Score, name string) *Score {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}
