package scoring

import (
	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/cadence"
	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/stat"
)

// flowWeeks is over how many closed weeks workstreams that began and ended are
// counted.
const flowWeeks = 13

// flow counts the workstreams that began and ended in the last closed weeks. One
// ends when its topmost ticket does, or with the decision to stop it.
func (v *evaluation) flow() cadence.Flow {
	days := DateRange{v.lastMonday() - 7*(flowWeeks-1), v.lastMonday() + 6}
	e, book := v.engine, v.book()
	var flow cadence.Flow
	began := func(week uint16) {
		if week > 0 && book.start+objective.Date(7*(week-1)) >= days.From {
			flow.Started++
		}
	}
	for _, week := range book.places {
		began(week)
	}
	stopped := make(map[root]bool)
	for _, d := range append(v.stoppedObjectives(), v.excludedWork()...) {
		if in(days, max(d.effective, d.known)) {
			for work := range d.works {
				stopped[e.rootOf(work)] = true
			}
		}
	}
	for no, week := range book.first {
		began(week)
		if week == 0 || e.facts[no].kind != kindTicket || stopped[root(no)] {
			continue
		}
		switch day, to := v.endOf(uint32(no), days.Until); {
		case !in(days, day):
		case to == statusDone:
			flow.Finished++
		default:
			stopped[root(no)] = true
		}
	}
	flow.Stopped = len(stopped)
	return flow
}

// endOf returns when and how an item ended that had by the end of a day, NoDate
// for one that had not.
func (v *evaluation) endOf(no uint32, until objective.Date) (objective.Date, status) {
	day, to := objective.NoDate, statusNone
	for _, m := range v.engine.movesFor(no) {
		if m.at.day() > until {
			break
		}
		if day, to = m.at.day(), m.to; to == statusDoing {
			day = objective.NoDate
		}
	}
	return day, to
}

// loudWeeks is over how many closed weeks coordination is compared with work on
// objectives.
const loudWeeks = 12

// louder hands over whether more talk makes the work clearer.
func (v *evaluation) louder() {
	var coordination, aligned stat.Weekly
	from := v.dataFrom()
	for monday := max(from, v.lastMonday()-7*(loudWeeks-1)); from != objective.NoDate && monday <= v.lastMonday(); monday += 7 {
		s := v.week(monday)
		if s.total.PersonDays() < v.declared.Privacy.MinPersonDays || v.engine.kept.from(monday) > monday {
			continue // too little, or kept without what people did
		}
		week := stat.WeekOf(int(monday))
		if share, ok := Ratio(v.engine.coordination(monday, s), s.total); ok {
			coordination = append(coordination, stat.Point{Week: week, Value: share})
		}
		if share, ok := Ratio(s.categories[OnObjective], s.total); ok {
			aligned = append(aligned, stat.Point{Week: week, Value: share})
		}
	}
	loud := cadence.LouderOf(coordination, aligned, stat.WeekOf(int(v.lastMonday())))
	s := scoreOf(Louder, loud.Estimate)
	flag := loud.Estimate
	if flag.OK() {
		flag.Value = 0
		v.claims(-1, LouderFlag, loud.Coordination.Up)
	}
	if loud.Flag {
		s.Verdict, flag.Value = "louder, not clearer", 1
	}
	v.organisation(s)
	v.organisation(scoreOf(LouderFlag, flag))
}

// coordination is the part of a week's effort that went into reviews, tickets
// and discussions: each piece of effort is split by the weights of the ways in
// which its person was present. It is remembered with the sums of the week.
func (e *Engine) coordination(monday objective.Date, s *weekSums) effort.Micro {
	if s.coordination != nil {
		return *s.coordination
	}
	var sum effort.Micro
	for person := range e.lines {
		w := e.lines[person].at(monday)
		if w == nil {
			continue
		}
		e.talkOf(w, func(c *cell, talk, all effort.Micro) {
			if all > 0 && e.graph.Of(uint64(c.work)).Bucket != attribution.Gone {
				sum += effort.Micro(c.micros[e.declared.Effort.Model]) * talk / all
			}
		})
	}
	s.coordination = &sum
	return sum
}

// talkOf calls f for each piece of effort of a person-week with the weights of
// the ways in which the person was present, that of code left out and included:
// both are 0 where time was only logged.
func (e *Engine) talkOf(w *personWeek, f func(c *cell, talk, all effort.Micro)) {
	cells := e.cells(w)
	for i := range cells {
		talk, all := weigh(&e.declared.Effort.Weights, cells[i].presence)
		f(&cells[i], effort.Micro(talk), effort.Micro(all))
	}
}

// weigh returns the weights of the ways to be present, that of code left out
// and included.
func weigh(w *effort.Weights, p effort.Presence) (talk, all int) {
	for _, way := range []struct {
		of     effort.Presence
		weight int
	}{{effort.Review, w.Review}, {effort.Ticket, w.Ticket}, {effort.Discussion, w.Discussion}} {
		if p&way.of != 0 {
			talk += way.weight
		}
	}
	if all = talk; p&effort.Code != 0 {
		all += w.Code
	}
	return talk, all
}
