package fake

import "time"

// planDependencies plans the links that say that the work of one team waits for
// that of another. On Tuesdays somebody finds one before they begin. From the
// drift on, on Thursdays somebody finds one in the middle of it.
func (s *Story) planDependencies(present []*person) {
	late := s.day.Weekday() == time.Thursday && s.week() >= driftBegins && !s.corrected
	if !late && s.day.Weekday() != time.Tuesday {
		return
	}
	var blocked, blocker *task
	for i := range present {
		p := present[(i+s.week())%len(present)] // another one each week
		t := p.task
		switch {
		case t == nil || t.goal == nil || t.style == byPath:
		case blocked == nil && t.begun.Before(s.day) == late:
			blocked = t
		case blocked != nil && blocker == nil && p.team != blocked.by.team:
			blocker = t
		}
	}
	if blocker == nil {
		return
	}
	// By then it is after nine everywhere, and the tickets are there.
	s.at(s.day.Add(16*time.Hour), func(at time.Time) { s.site.Link(at, blocked.by.account, "Blocks", blocker.ticket, blocked.ticket) })
}
