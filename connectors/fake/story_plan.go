package fake

import (
	"fmt"
	"slices"
	"time"
)

// A task is what a person works on for some days: one pull request, and the
// ticket behind it if there is one.
type task struct {
	focus    Focus
	goal     *goal // nil off the objectives
	by, pair *person
	repo     string
	left     int       // days
	begun    time.Time // the day
	ticket   string
	style    linkStyle
	spec     PullSpec
	number   int // of the pull request, 0 until it is open
	sha      string
	reviewed bool   // changes were asked for once
	undoes   string // SHA that it reverts
}

// planDay makes the events of one day.
func (s *Story) planDay() {
	if s.day.Equal(s.retirement()) {
		s.retire()
	}
	if s.day.Equal(s.monday(unlabelWeek)) {
		s.at(s.day.Add(30*time.Minute), s.unlabel) // on Sunday evening in New York
	}
	if s.week() == assistantWeek && s.day.Weekday() == time.Monday {
		s.at(s.day.Add(8*time.Hour), func(at time.Time) { s.foundRepo(assistant, at) })
	}
	if d := s.day.Weekday(); d == time.Saturday || d == time.Sunday {
		s.planWeekend()
		return
	}
	present := slices.DeleteFunc(slices.Clone(s.cast), func(*person) bool { return s.rng.IntN(16) == 0 })
	for _, f := range shares {
		s.credit[f.focus] += s.mix(f) * float64(len(present))
	}
	s.planReviews(present)
	for _, p := range present {
		s.planWork(p, present)
	}
	s.planChatter(present)
	s.planDependencies(present)
	if s.day.Weekday() == time.Monday {
		s.planCheckIns()
		s.planScope()
	}
	if d := s.day.Weekday(); d == time.Tuesday || d == time.Wednesday {
		s.planDecision(present)
	}
	if s.day.Weekday() == time.Tuesday {
		s.planBumps()
	}
}

// clock returns a time of the day that is being planned in a person's zone.
func (s *Story) clock(p *person, hour, minute int) time.Time {
	y, m, d := s.day.Date()
	return time.Date(y, m, d, hour, minute, s.rng.IntN(60), 0, p.zone)
}

// planWork plans a person's day: it opens a task or goes on with one.
func (s *Story) planWork(p *person, present []*person) {
	if p.task == nil {
		p.task = s.newTask(p)
		s.planTicket(p.task, present)
	}
	t := p.task
	s.note(t.focus)
	s.planLog(t)
	t.left--
	last := t.left == 0
	commits := 1 + s.rng.IntN(2)
	for i := range commits {
		c := s.commitOf(t, s.clock(p, 10+3*i+s.rng.IntN(2), s.rng.IntN(60)))
		s.at(c.Committed, func(at time.Time) {
			if t.number == 0 {
				t.spec.Commits = append(t.spec.Commits, c)
			} else {
				s.world.PushToPull(at, t.repo, t.number, c)
			}
		})
	}
	if last {
		p.task = nil
		at := s.clock(p, 16, s.rng.IntN(50))
		if t.focus == RunWork && s.rng.IntN(2) == 0 { // a mitigation, which waits for no review
			s.at(at, func(at time.Time) { s.open(t, at) })
			s.at(at.Add(20*time.Minute), func(at time.Time) { s.merge(t, at) })
			return
		}
		s.at(at, func(at time.Time) {
			s.open(t, at)
			s.waiting = append(s.waiting, t)
		})
		return
	}
	if t.left == 1 && s.rng.IntN(2) == 0 {
		s.at(s.clock(p, 16, s.rng.IntN(50)), func(at time.Time) { s.open(t, at) })
	}
}

// open opens the pull request of a task, unless it is open already.
func (s *Story) open(t *task, at time.Time) {
	if t.number != 0 {
		return
	}
	t.number = s.world.OpenPull(at, t.repo, t.spec)
}

// planReviews plans the reviews of the day, and what follows from them.
func (s *Story) planReviews(present []*person) {
	waiting := s.waiting
	s.waiting = nil
	for _, t := range waiting {
		var able []*person
		for _, p := range present {
			if p != t.by && p != t.pair && (p.team == t.by.team || s.rng.IntN(20) == 0) {
				able = append(able, p)
			}
		}
		if len(able) == 0 {
			s.waiting = append(s.waiting, t)
			continue
		}
		s.planReview(t, able[s.rng.IntN(len(able))])
	}
}

func (s *Story) planReview(t *task, reviewer *person) {
	at := s.clock(reviewer, 9+s.rng.IntN(4), s.rng.IntN(60))
	verdict := s.rng.IntN(20)
	state := "APPROVED"
	if verdict < 4 && !t.reviewed {
		state = "CHANGES_REQUESTED"
	}
	remark, reply := s.rng.IntN(2) == 0, s.rng.IntN(4) == 0
	s.at(at, func(at time.Time) {
		s.world.Review(at, t.repo, t.number, ReviewSpec{Author: reviewer.login, State: state})
	})
	if remark {
		s.at(at.Add(time.Minute), func(at time.Time) {
			s.world.ReviewComment(at, t.repo, t.number, reviewer.login, t.spec.Commits[0].Files[0], "Could this be simpler?")
		})
	}
	if reply {
		s.at(at.Add(40*time.Minute), func(at time.Time) {
			s.world.Comment(at, t.repo, t.number, t.by.login, "Thanks, that was worth a second look.")
		})
	}
	after := at.Add(time.Duration(45+s.rng.IntN(90)) * time.Minute)
	if state != "APPROVED" {
		t.reviewed = true
		s.at(after, func(at time.Time) {
			s.world.PushToPull(at, t.repo, t.number, s.commitOf(t, at.In(t.by.zone)))
			s.waiting = append(s.waiting, t)
		})
		return
	}
	drop := verdict == 19 && t.goal == nil
	s.at(after, func(at time.Time) {
		if drop {
			s.world.CloseIssue(at, t.repo, t.number, t.by.login, "")
			s.finish(t, at.Add(time.Minute), statusDropped)
			return
		}
		s.merge(t, at)
	})
}

// merge merges the pull request of a task and ends its ticket.
func (s *Story) merge(t *task, at time.Time) {
	t.sha = s.world.MergePull(at, t.repo, t.number, t.by.login, methods[t.repo])
	s.finish(t, at.Add(time.Minute), "Done")
	s.recent = append(s.recent[max(0, len(s.recent)-20):], t)
}

// planBumps plans a week's pull requests of the machine, which people only
// review.
func (s *Story) planBumps() {
	for i, repo := range repositories {
		if repo == assistant || s.rng.IntN(2) == 0 {
			continue
		}
		lib := libraries[s.rng.IntN(len(libraries))]
		title := fmt.Sprintf("Bump %s from 1.%d.0 to 1.%d.0", lib, s.week(), s.week()+1)
		reviewer := s.cast[(i*5+s.week())%len(s.cast)]
		var number int
		s.at(s.day.Add(6*time.Hour+time.Duration(i)*time.Minute), func(at time.Time) {
			number = s.world.OpenPull(at, repo, PullSpec{
				Author: "dependabot[bot]", Title: title, Body: "Bumps " + lib + ".", Labels: []string{LabelBump}, Head: "dependabot/" + lib,
				Commits: []CommitSpec{{Author: "dependabot[bot]", Message: title, Files: []string{"go.mod", "go.sum"}}},
			})
		})
		looked := s.clock(reviewer, 14, s.rng.IntN(60))
		s.at(looked, func(at time.Time) {
			s.world.Review(at, repo, number, ReviewSpec{Author: reviewer.login, State: "APPROVED"})
		})
		s.at(looked.Add(time.Minute), func(at time.Time) { s.world.MergePull(at, repo, number, reviewer.login, Squash) })
	}
}

// planWeekend plans the rare incident.
func (s *Story) planWeekend() {
	if s.rng.IntN(3) > 0 {
		return
	}
	p := s.cast[s.rng.IntN(len(s.cast))]
	repo, ticket := repositories[s.rng.IntN(4)], ""
	at := s.clock(p, 11, s.rng.IntN(60))
	s.at(at, func(at time.Time) {
		ticket = s.site.Open(at, projects[""], JiraIssueSpec{
			Type: "Incident", Summary: "Bookings fail at the weekend", Reporter: p.account, Labels: []string{LabelIncident, LabelOnCall},
		})
	})
	s.note(RunWork)
	s.at(at.Add(time.Hour), func(at time.Time) {
		s.world.PushCommits(at, repo, "", CommitSpec{
			Author: p.login, Message: ticket + ": Restart the pool when it runs dry", Authored: at.In(p.zone), Files: []string{"ops/pool.yaml"},
		})
	})
	s.at(at.Add(2*time.Hour), func(at time.Time) { s.site.Transition(at, ticket, p.account, "Done") })
}
