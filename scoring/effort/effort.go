// Package effort turns presence into person-days, without timesheets.
//
// On each day a person is present on some items, in one or more ways
// (Presence). The day is worth at most one person-day, and a week at most the
// person's working days; a day is split over its items by the weights of the
// ways present. How often somebody was present never matters, so splitting
// work into more commits, changes or comments changes nothing.
//
// Everything is in integer micro-person-days. Every split uses the method of
// largest remainders, so the parts add up to the whole exactly, and every
// replica gets the same bits. The package is pure: no clock, no I/O.
//
// The definitions follow sections 2.2, 2.3 and 4.1 of the score specification.
// Known limits: meetings, reading and pairing leave no event and are invisible;
// a review of five minutes equals one of five hours within its day.
package effort

import (
	"errors"
	"fmt"
	"math"
)

// Micro is an amount of effort in micro-person-days.
type Micro int64

// PersonDay is one working day of one full-time person.
const PersonDay Micro = 1_000_000

// PersonDays returns the amount in person-days.
func (m Micro) PersonDays() float64 { return float64(m) / float64(PersonDay) }

// Model says how a day is split over its items. The budget of the day does not
// depend on it.
type Model uint8

// The models. Presence is the default; the spread between all three says how
// much a score depends on the choice.
const (
	ByPresence Model = iota // by the weights of the ways present
	Equal                   // each item the same
	InterEvent              // by the time since the previous event of the day
)

// NumModels is the number of models, for arrays that have one value of each.
const NumModels = 3

// String returns the name of the model as configurations spell it.
func (m Model) String() string {
	switch m {
	case ByPresence:
		return "presence"
	case Equal:
		return "equal"
	case InterEvent:
		return "inter_event"
	default:
		return "unknown"
	}
}

// ParseModel returns the model with a name.
func ParseModel(name string) (Model, error) {
	for m := Model(0); m < NumModels; m++ {
		if m.String() == name {
			return m, nil
		}
	}
	return 0, fmt.Errorf("effort model %q is none of presence, equal, inter_event", name)
}

// Weights are the weights of the ways to be present, in quarters.
type Weights struct{ Code, Review, Ticket, Discussion int }

// Config holds the constants of the definition.
type Config struct {
	Weights Weights
	// FullWeight is the sum of weights from which a day counts whole, in
	// quarters: a day with nothing but one comment is half a day.
	FullWeight int
	// WorkingDays is how many days of a week, from Monday, are worked.
	WorkingDays int
	// HoursPerDay turns logged time into person-days.
	HoursPerDay float64
	// BulkLog is the logged time above which one log is taken to stand for
	// several days.
	BulkLog Micro
	// BulkDays is over how many working days such a log is spread, its own
	// included.
	BulkDays int
	// Model is the one that headline values use.
	Model Model
}

// DefaultConfig returns the published constants.
func DefaultConfig() Config {
	return Config{
		Weights:     Weights{Code: 4, Review: 2, Ticket: 1, Discussion: 1},
		FullWeight:  2,
		WorkingDays: 5,
		HoursPerDay: 8,
		BulkLog:     PersonDay * 3 / 2,
		BulkDays:    10,
		Model:       ByPresence,
	}
}

// maxWeight keeps products of weights and budgets far from overflow.
const maxWeight = 1000

// Validate returns every reason why the constants make no sense, joined, or
// nil.
func (c Config) Validate() error {
	var errs []error
	for _, w := range []struct {
		name string
		is   int
	}{
		{"code", c.Weights.Code}, {"review", c.Weights.Review},
		{"ticket", c.Weights.Ticket}, {"discussion", c.Weights.Discussion},
	} {
		if w.is < 0 || w.is > maxWeight {
			errs = append(errs, fmt.Errorf("weight of %s is %d, want 0 to %d", w.name, w.is, maxWeight))
		}
	}
	if c.Weights == (Weights{}) {
		errs = append(errs, errors.New("all weights are 0, so nobody would ever work"))
	}
	if c.FullWeight < 1 || c.FullWeight > maxWeight {
		errs = append(errs, fmt.Errorf("full weight is %d, want 1 to %d", c.FullWeight, maxWeight))
	}
	if c.WorkingDays < 1 || c.WorkingDays > 7 {
		errs = append(errs, fmt.Errorf("working days are %d, want 1 to 7", c.WorkingDays))
	}
	if !(c.HoursPerDay > 0 && c.HoursPerDay <= 24) {
		errs = append(errs, fmt.Errorf("hours per day are %v, want more than 0 and at most 24", c.HoursPerDay))
	}
	if c.Model >= NumModels {
		errs = append(errs, errors.New("the effort model is unknown"))
	}
	return errors.Join(errs...)
}

// weights returns the weight of every set of ways to be present.
func (c Config) weights() (table [presences]int64) {
	each := [4]int{c.Weights.Code, c.Weights.Review, c.Weights.Ticket, c.Weights.Discussion}
	for set := 1; set < presences; set++ {
		for bit, w := range each {
			if set&(1<<bit) != 0 && w > 0 {
				table[set] += int64(w)
			}
		}
	}
	return table
}

// Logged returns logged seconds as effort, rounded to the nearest
// micro-person-day. Negative and absurd amounts count as none and as ten
// years.
func (c Config) Logged(seconds int64) Micro {
	const most = 10 * 366 * 86400
	day := int64(math.Round(c.HoursPerDay * 3600))
	if seconds <= 0 || day <= 0 {
		return 0
	}
	seconds = min(seconds, most)
	return Micro((seconds*int64(PersonDay) + day/2) / day)
}
