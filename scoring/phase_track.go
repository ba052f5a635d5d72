package scoring

import (
	"fmt"
	"strings"

	"github.com/workdrift/workdrift/scoring/phase"
	"github.com/workdrift/workdrift/scoring/stat"
)

// A PhaseReport says in which phase of drift the organisation or a team is, and
// why.
type PhaseReport struct {
	Phase string `json:"phase"`
	// Since is the last day of the ISO week that decided the phase.
	Since   Day           `json:"since"`
	Latches []LatchReport `json:"latches"` // in the order of the phases
	// Changes are those of the phase since the data begins, oldest first, and
	// three years back at most.
	Changes []PhaseChange `json:"changes"`
}

// A LatchReport is the memory of one indicator.
type LatchReport struct {
	Phase string `json:"phase"` // that it stands for
	On    bool   `json:"on"`
	// Known is false where the indicator was not measured for 4 weeks, or never.
	Known bool `json:"known"`
	// Now is the last closed week.
	Now PhaseReading `json:"now"`
	// Changed are the weeks that the last change was decided by, oldest first;
	// none where the latch was never on.
	Changed []PhaseReading `json:"changed,omitempty"`
}

// A PhaseChange is a week that changed the phase.
type PhaseChange struct {
	Week     Day            `json:"week"` // its Monday
	From     string         `json:"from,omitempty"`
	To       string         `json:"to"`
	Why      string         `json:"why"`
	Readings []PhaseReading `json:"readings,omitempty"`
}

// A PhaseReading is the value of an indicator in one ISO week.
type PhaseReading struct {
	Indicator string      `json:"indicator"` // the phase that it stands for
	Week      Day         `json:"week"`      // its Monday
	Value     Number      `json:"value"`     // 0 to 1
	Reason    string      `json:"reason,omitempty"`
	Parts     []PhasePart `json:"parts,omitempty"`
	Declared  string      `json:"declared,omitempty"` // phase that a human declared in the week
}

// A PhasePart is what an indicator is made of: the value of a score, and what it
// comes to between its good and its bad reading, 0 to 1.
type PhasePart struct {
	Name  string `json:"name"`
	Value Number `json:"value"`
	Bad   Number `json:"bad"`
}

// phaseDepth is how many weeks a latch looks at.
const phaseDepth = 4

// A phaseTrack replays the weeks of the organisation or of a team.
type phaseTrack struct {
	state   phase.State
	last    [phase.Indicators]stat.Estimate
	recent  [phase.Indicators][]PhaseReading // the newest phaseDepth
	changed [phase.Indicators][]PhaseReading
	changes []PhaseChange
	latched []int // weeks in which readings set a latch
}

// next adds a week.
func (k *phaseTrack) next(week int, creep phase.Creep, values [phase.Indicators]stat.Estimate, declared phase.Phase) {
	before := k.state
	block := phase.Block{Week: week, Override: declared}
	for i, p := range indicators() {
		block.Readings[i] = phase.ReadingOf(values[i])
		r := PhaseReading{Indicator: string(p), Week: Day(dayOfWeek(week)), Value: Absent(), Reason: values[i].Reason, Declared: string(declared)}
		if values[i].OK() {
			r.Value, r.Reason = Number(values[i].Value), ""
		}
		if i == phase.F && values[i].OK() {
			r.Parts = creepParts(creep)
		}
		if len(k.recent[i]) == phaseDepth {
			k.recent[i] = k.recent[i][1:]
		}
		k.recent[i] = append(k.recent[i], r)
	}
	k.last, k.state = values, before.Next(block)
	var readings []PhaseReading
	for i := range k.state.Latches {
		if k.state.Latches[i].On != before.Latches[i].On {
			k.changed[i] = append([]PhaseReading(nil), k.recent[i]...)
			readings = append(readings, k.changed[i]...)
			if k.state.Latches[i].On && declared == "" {
				k.latched = append(k.latched, week)
			}
		}
	}
	if before.Started && before.Phase == k.state.Phase {
		return
	}
	k.changes = append(k.changes, PhaseChange{Week: Day(dayOfWeek(week)), From: string(before.Phase), To: string(k.state.Phase),
		Why: k.why(before, declared), Readings: readings})
}

func creepParts(c phase.Creep) []PhasePart {
	scaled := c.Parts()
	parts := make([]PhasePart, len(scaled))
	for i, of := range []struct {
		name  string
		value stat.Estimate
	}{
		{EffectiveWorkstreams + "_alpha", c.Alpha}, {UnplannedWorkstreams, c.Unplanned}, {TopObjectivesEffort, c.Top}, {ShadowEffort, c.Shadow},
	} {
		parts[i] = PhasePart{of.name, Number(of.value.Value), Number(scaled[i].Value)}
	}
	return parts
}

// why says in words what the newest week changed.
func (k *phaseTrack) why(before phase.State, declared phase.Phase) string {
	var parts []string
	if declared != "" {
		parts = append(parts, "a human declared "+string(declared))
	}
	for i, p := range indicators() {
		was, is := &before.Latches[i], &k.state.Latches[i]
		switch {
		case declared != "":
		case is.On && !was.On:
			parts = append(parts, fmt.Sprintf("%s was at %s in the last weeks: latched from %g in 3 of 4", p, told4(k.recent[i]), phase.High(i)))
		case was.On && !is.On:
			parts = append(parts, fmt.Sprintf("%s was at %s in the last weeks: released at up to %g in 4 of 4", p, told4(k.recent[i]), phase.Low(i)))
		case is.Blind() && !was.Blind():
			parts = append(parts, fmt.Sprintf("%s was not measured for 4 weeks: %s", p, k.last[i].Reason))
		case was.Blind() && !is.Blind():
			parts = append(parts, fmt.Sprintf("%s is measured: %s", p, told4(k.recent[i][len(k.recent[i])-1:])))
		}
	}
	if len(parts) == 0 {
		return "nothing decisive is measured yet: " + k.last[phase.F].Reason
	}
	return strings.Join(parts, "; ")
}

// told4 lists readings.
func told4(readings []PhaseReading) string {
	values := make([]string, len(readings))
	for i, r := range readings {
		values[i] = "unknown"
		if r.Value.Known() {
			values[i] = fmt.Sprintf("%.2f", float64(r.Value))
		}
	}
	return strings.Join(values, ", ")
}

const reasonNoWeek = "no ISO week has closed since the data begins"

// scores are what is published: the phase and its start, then each indicator and
// its latch.
func (k *phaseTrack) scores() []Score {
	now := plainScore(DriftPhase, 1, true, "")
	now.Verdict = string(phase.Unknown)
	start := unavailable(DriftPhaseStart, InsufficientData, reasonNoWeek)
	if k.state.Started {
		now.Verdict = string(k.state.Phase)
		start = plainScore(DriftPhaseStart, float64(dayOfWeek(k.state.Since+1).Time().Unix()), true, "")
	}
	list := []Score{now, start}
	for i, p := range indicators() {
		indicator, latch := stat.Insufficient(0, reasonNoWeek), plainScore(DriftLatch+"_"+string(p), 0, true, "")
		if k.state.Started {
			indicator = k.last[i]
		}
		if k.state.Latches[i].On {
			latch.Value = 1
		}
		if !k.state.Latches[i].Seen {
			latch = unavailable(latch.Name, InsufficientData, "its indicator was never measured")
		}
		list = append(list, scoreOf(DriftIndicator+"_"+string(p), indicator), latch)
	}
	return list
}

// report is nil before the first week.
func (k *phaseTrack) report() *PhaseReport {
	if !k.state.Started {
		return nil
	}
	r := &PhaseReport{Phase: string(k.state.Phase), Since: Day(dayOfWeek(k.state.Since+1) - 1), Changes: k.changes}
	for i, p := range indicators() {
		latch := &k.state.Latches[i]
		r.Latches = append(r.Latches, LatchReport{Phase: string(p), On: latch.On, Known: !latch.Blind(),
			Now: k.recent[i][len(k.recent[i])-1], Changed: k.changed[i]})
	}
	return r
}
