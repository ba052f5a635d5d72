package phase

import "github.com/workdrift/workdrift/scoring/stat"

// A Phase is the name of a phase, as the label phase has it.
type Phase string

// The phases. The later one of the first four wins.
const (
	Aligned         Phase = "aligned"
	FocusCreep      Phase = "focus_creep"
	VocabularyGap   Phase = "vocabulary_gap"
	TotalDecoupling Phase = "total_decoupling"
	// Unknown is told when what would decide was not measured for 4 weeks, or
	// never was.
	Unknown Phase = "unknown"
)

// The indicators, as indexes.
const (
	F          = iota // focus creep
	V                 // vocabulary gap
	G                 // decoupling
	Indicators        // how many there are
)

// The rule of the latches.
const (
	depth   = 4 // weekly blocks that are looked at
	needed  = 3 // of them at or above the upper threshold latch
	blindAt = 4 // missing blocks in a row make an indicator unknown
)

// High returns the value of an indicator from which on a block counts towards
// its latch, and Low the one up to which it counts against it.
func High(int) float64 { return 0.5 }

// Low is explained at High.
func Low(indicator int) float64 {
	if indicator == G {
		return 0.25
	}
	return 0.3
}

// phases are those of the latches, by indicator.
func phases() [Indicators]Phase { return [Indicators]Phase{FocusCreep, VocabularyGap, TotalDecoupling} }

// A Reading is the value of an indicator in one block. The zero value is one
// that is missing.
type Reading struct {
	Value float64
	Known bool
}

// ReadingOf returns the reading that an estimate gives.
func ReadingOf(e stat.Estimate) Reading { return Reading{e.Value, e.OK()} }

// A Block is one ISO week.
type Block struct {
	Week int // stat.WeekOf
	// Readings are those of F, V and G.
	Readings [Indicators]Reading
	// Override, unless empty, is the phase that a human declared in that week.
	// It is an event and takes effect after the readings of the week: the
	// latches are set to what it says, and the blocks so far no longer count
	// for or against any of them. The readings of later weeks can change it.
	Override Phase
}

// A Latch is the memory of one indicator.
type Latch struct {
	On    bool
	Since int // week of the last change
	// Missing is how many blocks in a row have no value; Seen whether one ever
	// had.
	Missing int
	Seen    bool
	recent  [depth]Reading // newest first
}

// Blind reports whether nothing is known of the indicator any more.
func (l Latch) Blind() bool { return !l.Seen || l.Missing >= blindAt }

// A State is the phase after a block, with what the next one needs. The zero
// State is before the first. It is a value: comparable, and the same after the
// same blocks.
type State struct {
	Week    int // of the newest block
	Started bool
	Latches [Indicators]Latch
	Phase   Phase
	Since   int // week in which Phase began
}

// Next returns the state after a block. Weeks between the state's and the
// block's are blocks in which everything is missing. A block that is not newer
// than the state changes nothing.
//
// A latch goes on when at least 3 of the last 4 blocks are at or above its upper
// threshold, and off when all of the last 4 are at or below its lower one. A
// missing block is one of the 4 and neither, so it holds the latch.
//
// The phase is that of the highest latch that is on. Where its indicator is
// missing for 4 blocks in a row, the phase is unknown, because nobody knows
// whether it still is; the same is told instead of aligned where focus creep,
// which needs least to be known, is missing as long or was never known. The
// latches keep what they know meanwhile.
func (s State) Next(b Block) State {
	if s.Started && b.Week <= s.Week {
		return s
	}
	for s.Started && s.Week+1 < b.Week {
		s = s.step(Block{Week: s.Week + 1})
	}
	return s.step(b)
}

func (s State) step(b Block) State {
	for i := range s.Latches {
		s.Latches[i] = s.Latches[i].next(i, b)
	}
	if b.Override != "" {
		s.override(b)
	}
	before, fresh := s.Phase, !s.Started
	s.Week, s.Started = b.Week, true
	s.Phase = s.phase()
	if fresh || s.Phase != before {
		s.Since = b.Week
	}
	return s
}

func (l Latch) next(indicator int, b Block) Latch {
	r := b.Readings[indicator]
	copy(l.recent[1:], l.recent[:depth-1])
	l.recent[0] = r
	if r.Known {
		l.Missing, l.Seen = 0, true
	} else if l.Missing < blindAt {
		l.Missing++ // no further, so that a state stays comparable
	}
	high, low := 0, 0
	for _, r := range l.recent {
		if r.Known && r.Value >= High(indicator) {
			high++
		}
		if r.Known && r.Value <= Low(indicator) {
			low++
		}
	}
	switch {
	case !l.On && high >= needed:
		l.On, l.Since = true, b.Week
	case l.On && low == depth:
		l.On, l.Since = false, b.Week
	}
	return l
}

// override sets the latches to what a human declared: that of the phase on and
// those above it off. An unknown phase sets none.
func (s *State) override(b Block) {
	at := -1
	for i, p := range phases() {
		if p == b.Override {
			at = i
		}
	}
	if at < 0 && b.Override != Aligned {
		return
	}
	for i := range s.Latches {
		l := &s.Latches[i]
		on := i == at || i < at && l.On
		if on != l.On {
			l.On, l.Since = on, b.Week
		}
		l.recent = [depth]Reading{}
		// The human knows, for as long as readings would be believed.
		l.Missing, l.Seen = 0, true
	}
}

func (s State) phase() Phase {
	for i := Indicators - 1; i >= 0; i-- {
		switch l := s.Latches[i]; {
		case l.On && l.Blind():
			return Unknown
		case l.On:
			return phases()[i]
		}
	}
	if s.Latches[F].Blind() {
		return Unknown
	}
	return Aligned
}
