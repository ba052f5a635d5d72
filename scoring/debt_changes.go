package scoring

import (
	"fmt"

	"github.com/workdrift/workdrift/scoring/debt"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// agents hands over what is known of the changes that were merged.
func (v *evaluation) agents() {
	var merged, judged []debt.Change
	byWeek := make(map[objective.Date][]debt.Change) // by Monday
	for no := range v.engine.facts {
		f, n := &v.engine.facts[no], uint32(no)
		if !v.head(n, kindChange) || f.closed != noMinute && f.closed.day() < v.lastMonday()-7*watchedYear {
			continue
		}
		day := v.doneOn(n)
		if day == objective.NoDate {
			continue
		}
		byWeek[day.Monday()] = append(byWeek[day.Monday()], debt.Change{Agent: f.is(markMachine)})
		if day <= v.day-debtDays {
			continue
		}
		c := v.looks(n)
		merged = append(merged, c)
		// What people did to it in collapsed weeks is not known any more.
		if c.Reviewed || c.Committed || v.engine.kept.from(f.created.day()) == f.created.day() {
			judged = append(judged, c)
		}
	}
	v.organisation(scoreOf(AgentChanges, debt.AgentChanges(merged)))
	v.organisation(scoreOf(AgentUnverified, debt.AgentUnverified(judged)))
	v.absorption(byWeek)
	v.watchWeeks(AgentChanges, func(monday objective.Date) stat.Estimate { return debt.AgentChanges(byWeek[monday]) })
}

// looks says who wrote a change, and what persons did to it.
func (v *evaluation) looks(n uint32) debt.Change {
	c := debt.Change{Agent: v.engine.facts[n].is(markMachine)}
	for _, member := range v.members(n) {
		v.present(uint32(member), func(p presenceDay) {
			c.Reviewed = c.Reviewed || p.presence&effort.Review != 0
			c.Committed = c.Committed || p.presence&effort.Code != 0
		})
	}
	return c
}

// absorption hands over how many merged changes come to a day of review.
func (v *evaluation) absorption(merged map[objective.Date][]debt.Change) {
	var changes, days stat.Weekly
	reviewed := make(map[uint32]effort.Micro) // by person
	from := v.dataFrom()
	for monday := max(from, v.lastMonday()-7*(debt.AbsorptionWeeks-1)); from != objective.NoDate && monday <= v.lastMonday(); monday += 7 {
		if v.engine.kept.from(monday) > monday {
			continue // kept without what people did
		}
		n := 0
		for _, r := range v.engine.codeIn(monday, v.week(monday)).reviews {
			n += r.days
			reviewed[v.engine.actors[r.actor].person] += effort.Micro(r.days) * effort.PersonDay
		}
		week := stat.WeekOf(int(monday))
		changes = append(changes, stat.Point{Week: week, Value: float64(len(merged[monday]))})
		days = append(days, stat.Point{Week: week, Value: float64(n)})
	}
	a := debt.AbsorptionOf(changes, days, stat.WeekOf(int(v.lastMonday())))
	value := scoreOf(ChangeAbsorption, a.Estimate)
	trend := plainScore(ChangeAbsorptionTrend, a.Trend.Tau, a.OK() && a.Trend.HasTau && a.Trend.N >= debt.AbsorptionMinWeeks,
		"fewer than 8 weeks in which anybody reviewed, or all of them alike")
	trend.SampleSize = Number(a.Trend.N)
	if why := v.fewReviewers(reviewed); why != "" {
		value, trend = unavailable(ChangeAbsorption, SuppressedPrivacy, why), unavailable(ChangeAbsorptionTrend, SuppressedPrivacy, why)
	}
	v.organisation(value)
	v.organisation(trend)
}

// fewReviewers says why what follows from days of review must not be told, ""
// where it may.
func (v *evaluation) fewReviewers(reviewed map[uint32]effort.Micro) string {
	var people contributors
	for person, days := range reviewed {
		people = people.with(v.engine.contributor(person), days)
	}
	switch p := v.declared.Privacy; {
	case len(people) == 0:
		return ""
	case people.count() < p.KEffort:
		return fmt.Sprintf("fewer than %d people reviewed (privacy.k_effort)", p.KEffort)
	case people.dominated(p.Dominance):
		return fmt.Sprintf("one person did more than %.0f %% of the days of review (privacy.dominance)", p.Dominance*100)
	}
	return ""
}
