package scoring

import (
	"math"
	"slices"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/velocity"
)

// A ClockState says how a stop decision stands.
type ClockState string

// The states of the clock of a stop decision.
const (
	ClockRuns      ClockState = "running"     // the work goes on, or is not quiet for long enough
	ClockQuiet     ClockState = "quiet"       // the work ended
	ClockTakenBack ClockState = "taken_back"  // the objective is active again
	ClockNone      ClockState = "not_counted" // no score counts it, see StopClock.Reason
)

// A StopClock is one decision to stop something, with how long the work outlived
// it: what the scores of decision velocity add up (see package velocity).
type StopClock struct {
	// Objective is the one that ended, "" where work was declared off strategy.
	// Key and Title name that work, or the epic that it is part of; the engine,
	// which knows neither, leaves them to its caller.
	Objective string `json:"objective,omitempty"`
	Key       string `json:"key,omitempty"`
	Title     string `json:"-"`
	No        uint64 `json:"-"` // number of that item, 0 where Objective is set
	// Effective is the day that the decision names, absent where it names none,
	// and Start that on which the clock began: when it could be known too.
	Effective *Day       `json:"effective,omitempty"`
	Start     Day        `json:"start"`
	State     ClockState `json:"state"`
	Reason    string     `json:"reason,omitempty"` // why no score counts it
	// Days is how many passed from Start until the work was quiet, or so far.
	Days Number `json:"days"`
	// QuietFrom is the first day without work where State is ClockQuiet, absent
	// where that would tell of few people, as Days is then.
	QuietFrom *Day `json:"quiet_from,omitempty"`
	// Resurrections counts the quiet times that new work ended.
	Resurrections int `json:"resurrections"`
	// Live is set where more than a person-day went into it in the last 14 days.
	Live bool `json:"live"`
	// Weeks are the closed weeks from that of Start on, oldest first, at most the
	// last ClockWeeks.
	Weeks []ClockWeek `json:"weeks"`
}

// A ClockWeek is the effort that went on in a week, as a part of that in the mean
// week of the 28 days before the decision: in steps of ShareStep, absent where it
// would tell of few people.
type ClockWeek struct {
	Monday Day    `json:"monday"`
	Ratio  Number `json:"ratio"`
}

const (
	// ClockWeeks is of how many weeks a StopClock tells.
	ClockWeeks = 26
	// MaxClocks is how many decisions a report tells of: a rule may exclude a
	// thousand epics in one go.
	MaxClocks = 300
)

// clocks tells of every decision on its own what its spell says. Decisions about
// work on which nothing was done are none about anything.
func (v *evaluation) clocks(decisions []stopDecision, stops []velocity.Stop) []StopClock {
	var of []int
	for i := range decisions {
		if _, why := v.judging().Judge(stops[i]); why != velocity.NothingToDo || decisions[i].objective != "" {
			of = append(of, i)
		}
	}
	over := len(of) - MaxClocks
	list := make([]StopClock, 0, len(of))
	for _, i := range of {
		if over > 0 && decisions[i].objective == "" { // these come oldest first
			over--
			continue
		}
		list = append(list, v.clock(&decisions[i], stops[i]))
	}
	return list
}

// clock tells what the spell of one decision says.
func (v *evaluation) clock(d *stopDecision, stop velocity.Stop) StopClock {
	spell, why := v.judging().Judge(stop)
	start := stop.Start()
	c := StopClock{Objective: d.objective, No: d.item, Start: Day(start), State: ClockRuns, Days: Number(v.day - start), Resurrections: spell.Resurrections, Live: spell.Live}
	if d.effective != objective.NoDate {
		c.Effective = new(Day(d.effective))
	}
	behind := v.behind(d.works, start)
	few := behind.few() || v.collapsed(start-velocity.LookBack)
	switch {
	case why != velocity.Counted:
		c.State, c.Reason = ClockNone, string(why)
	case spell.Stopped && few: // the last day of work would be that of one of few
		c.State, c.Days = ClockQuiet, Absent()
	case spell.Stopped:
		last := start + objective.Date(spell.Days)
		c.State, c.Days, c.QuietFrom = ClockQuiet, Number(spell.Days), new(Day(last))
		if slices.Contains(stop.Touches, last) { // unless nothing was done at all
			*c.QuietFrom++
		}
	case d.reactivated != objective.NoDate && d.reactivated <= v.day:
		c.State, c.Days = ClockTakenBack, Number(d.reactivated-start)
	}
	c.Live = c.Live && !few
	c.Weeks = behind.weeks(stop.Before)
	return c
}

// A following is who worked on something from when on, by week or the part of one
// before the decision.
type following struct {
	v       *evaluation
	persons map[objective.Date]map[uint32]effort.Micro // by first day
	start   objective.Date
}

// behind finds who worked on works from LookBack days before a decision on.
func (v *evaluation) behind(works map[uint32]bool, start objective.Date) *following {
	f := &following{v: v, persons: make(map[objective.Date]map[uint32]effort.Micro), start: start}
	v.eachSpent(works, DateRange{start - velocity.LookBack, v.day}, func(person uint32, day objective.Date, part effort.Micro) {
		at := start - velocity.LookBack
		if day >= start {
			at = max(day.Monday(), start)
		}
		if f.persons[at] == nil {
			f.persons[at] = make(map[uint32]effort.Micro)
		}
		f.persons[at][person] += part
	})
	return f
}

// few reports whether effort tells of few people: that of all the time, or of a
// part of it by its first day. Where who worked is not known any more it does.
func (f *following) few(parts ...objective.Date) bool {
	if len(parts) == 0 {
		for at := range f.persons {
			parts = append(parts, at)
		}
	}
	sums := make(map[uint32]effort.Micro)
	for _, at := range parts {
		for person, sum := range f.persons[at] {
			sums[person] += sum
		}
	}
	var people contributors
	for person, sum := range sums {
		people = people.with(f.v.engine.contributor(person), sum)
	}
	return f.v.engine.tellsOfFew(people)
}

// weeks tells how much went on in each week, as a part of what was spent in a
// week before.
func (f *following) weeks(before effort.Micro) []ClockWeek {
	v := f.v
	list := []ClockWeek{}
	usual := float64(before) * 7 / velocity.LookBack
	hidden := usual <= 0 || f.few(f.start-velocity.LookBack) || v.collapsed(f.start-velocity.LookBack)
	for monday := max(f.start.Monday(), v.lastMonday()-7*(ClockWeeks-1)); monday <= v.lastMonday(); monday += 7 {
		week := ClockWeek{Monday: Day(monday), Ratio: Absent()}
		at := max(monday, f.start)
		var sum effort.Micro
		for _, part := range f.persons[at] {
			sum += part
		}
		switch {
		case v.collapsed(monday):
		case sum == 0:
			week.Ratio = 0
		case !hidden && !f.few(at):
			week.Ratio = Number(math.Round(float64(sum)/usual/ShareStep) / stepsOfWhole)
		}
		list = append(list, week)
	}
	return list
}

// collapsed reports whether nobody knows any more who worked in the week of a day.
func (v *evaluation) collapsed(day objective.Date) bool {
	return v.engine.kept.from(day) > day
}
