package fake

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// A Story is the work of Harbourline, a made-up company that sells ferry
// tickets: four teams, eight repositories and six declared objectives over
// some months in which the work drifts away from what was declared. Tickets and
// epics are in Jira, the code is on GitHub, and people talk in Slack; each of
// them has another account in each tool.
//
// For eight weeks most of the work goes where it should. Then a side project
// grows that nobody declared, pull requests without any ticket multiply, growth
// experiments go on that were declared a non-goal, and decisions drag on with
// ever more people. A new quarter ranks two objectives anew; those who leave the
// one go to the side project, not to the other. An objective is retired that
// people keep working on. In the weekly check-ins the top objectives stay green
// all the while, though the scope of the first grows and two outcomes stall.
//
// Nobody looks closely: the checkout gets what it was declared not to be about,
// one team takes self-serve billing for something to sell, what one team needs of
// another is found out halfway, and all that four alarms lead to is that two small
// objectives change places. At last somebody takes the label off some experiments,
// so that they look as if nobody had decided against them.
//
// A Story follows from its seed and start alone, however it is advanced.
//
// It is not safe for concurrent use; the world, the site and the workspace that
// it changes are.
type Story struct {
	world *World
	site  *JiraSite
	slack *Workspace
	rng   *rand.Rand
	start time.Time // Monday, 00:00 UTC

	day       time.Time // the next day to plan
	queue     []event   // what the planned days still hold, in order
	made      int
	cast      []*person
	goals     []*goal
	waiting   []*task           // pull requests that wait for a review
	recent    []*task           // merged of late, for reverts
	trials    []*task           // experiments of the team that takes their label off
	credit    map[Focus]float64 // what each focus is owed, in person-days
	corrected bool
	spent     map[time.Time]map[Focus]int
	channels  map[string]string // ids by name
}

// An event is something that happens at a time.
type event struct {
	at time.Time
	do func(at time.Time)
}

// A Team is a team of the story.
type Team struct {
	ID      string
	Name    string
	Members []string // logins on GitHub
	Zone    string   // IANA name of where most of them are
	Repos   []string // "harbourline/checkout", those the team owns
}

// An Objective is a declared objective of the story.
type Objective struct {
	ID    string
	Rank  int
	Text  string
	Teams []string // ids; the first owns it
	Epic  string   // key of the ticket that stands for it: "PAY-1"
	Label string   // on its epics, and on some of its pull requests
	Paths []string // globs of the files that belong to it
	Repos []string // repositories that belong to it as a whole
	// Reranked is the first day on which it has its rank, zero when it always
	// had; Before is its rank until then.
	Reranked time.Time
	Before   int
	// Retired is the first day on which it no longer counts; zero while it is
	// active.
	Retired time.Time
	// Outcome is how it is measured, nil when it is not, and Due the day by
	// which it is to be reached.
	Outcome *Outcome
	Due     time.Time
	// Terms are its vocabulary, and Excluded the words of what it is not about.
	Terms, Excluded []string
}

// Labels of the story.
const (
	LabelIncident = "incident" // run work
	LabelOnCall   = "on-call"  // run work
	LabelBump     = "dependencies"
	LabelNonGoal  = "plg" // product-led growth, a declared non-goal
)

// NewStory tells the first weeks of the story, from the Monday at or before
// start.
func NewStory(seed uint64, start time.Time, weeks int) *Story {
	monday := start.UTC().Truncate(24 * time.Hour)
	monday = monday.AddDate(0, 0, -(int(monday.Weekday())+6)%7)
	s := &Story{
		world: NewWorld("harbourline"), site: NewJiraSite(), slack: NewWorkspace("harbourline"), rng: rand.New(rand.NewPCG(seed, 0x6861726276)), start: monday, day: monday,
		credit: map[Focus]float64{}, channels: map[string]string{}, spent: map[time.Time]map[Focus]int{},
	}
	s.found()
	s.Next(monday.AddDate(0, 0, 7*weeks))
	return s
}

// World returns the organisation on GitHub.
func (s *Story) World() *World { return s.world }

// Site returns the Jira site.
func (s *Story) Site() *JiraSite { return s.site }

// Workspace returns the Slack workspace.
func (s *Story) Workspace() *Workspace { return s.slack }

// Err returns the first change of the story that could not be made.
func (s *Story) Err() error { return errors.Join(s.world.Err(), s.site.Err(), s.slack.Err()) }

// Start returns the first Monday.
func (s *Story) Start() time.Time { return s.start }

// CourseCorrected switches what people start from the next day on: back to the
// declared strategy, or back to the drift.
func (s *Story) CourseCorrected(corrected bool) { s.corrected = corrected }

// Next lets everything happen that happens before now, and returns how many
// events that were. How far it goes at a time makes no difference.
func (s *Story) Next(now time.Time) int {
	before := s.made
	for {
		switch {
		case s.day.Before(now) && (len(s.queue) == 0 || !s.queue[0].at.Before(s.day)):
			s.planDay()
			slices.SortStableFunc(s.queue, func(a, b event) int { return a.at.Compare(b.at) })
			s.day = s.day.AddDate(0, 0, 1)
		case len(s.queue) > 0 && s.queue[0].at.Before(now):
			e := s.queue[0]
			s.queue = s.queue[1:]
			e.do(e.at)
			s.made++
		default:
			return s.made - before
		}
	}
}

// at puts an event on the day that is being planned, or later.
func (s *Story) at(t time.Time, do func(at time.Time)) {
	s.queue = append(s.queue, event{t.UTC(), do})
}

// Teams returns the teams with their members.
func (s *Story) Teams() []Team {
	teams := slices.Clone(teams)
	for i := range teams {
		teams[i].Members = nil
		for _, p := range s.cast {
			if p.team == teams[i].ID {
				teams[i].Members = append(teams[i].Members, p.login)
			}
		}
	}
	return teams
}

// Hidden returns the Jira accounts of those who hide their address there, by
// login.
func (s *Story) Hidden() map[string]string {
	accounts := map[string]string{}
	for _, p := range s.cast {
		if slices.Contains(hidden, p.login) {
			accounts[p.login] = p.account
		}
	}
	return accounts
}

// Days returns the person-days that the story spent between two days by what
// they were meant for: the truth behind the events. Work on a retired
// objective is Stopped.
func (s *Story) Days(from, to time.Time) map[Focus]int {
	sum := map[Focus]int{}
	for day, spent := range s.spent {
		if !day.Before(from) && day.Before(to) {
			for f, n := range spent {
				if f == onSearch && !day.Before(s.retirement()) {
					f = Stopped
				}
				sum[f] += n
			}
		}
	}
	return sum
}

// found founds the company: people, repositories, projects, channels, epics.
func (s *Story) found() {
	for i := range company {
		p := company[i]
		s.cast = append(s.cast, &p)
		s.world.AddUser(UserSpec{Login: p.login, Name: p.name, Email: p.email()})
	}
	s.world.AddUser(UserSpec{Login: "dependabot[bot]", Email: "49699333+dependabot[bot]@users.noreply.github.com"})
	for _, name := range repositories {
		if name != assistant {
			s.foundRepo(name, s.start.AddDate(-1, 0, 0))
		}
	}
	s.foundSite()
	s.foundWorkspace()
	for _, o := range objectives {
		g := o
		at := s.planned().Add(time.Duration(g.Rank) * time.Minute)
		s.foundEpics(&g, at)
		s.foundBacklog(&g, at.Add(10*time.Minute))
		s.goals = append(s.goals, &g)
	}
}

func (s *Story) foundRepo(name string, at time.Time) {
	s.world.AddRepo(RepoSpec{Name: name, Created: at, Description: "Part of Harbourline's ferry booking"})
	s.world.PushCommits(at, name, "", CommitSpec{Author: s.cast[0].login, Message: "Initial commit", Files: []string{"README.md"}})
}

// memberOf returns the first member of a team.
func (s *Story) memberOf(team string) *person {
	for _, p := range s.cast {
		if p.team == team {
			return p
		}
	}
	return nil
}

// week returns the week of the day that is being planned, from 0.
func (s *Story) week() int { return int(s.day.Sub(s.start) / (7 * 24 * time.Hour)) }

// note counts a person-day.
func (s *Story) note(f Focus) {
	if s.spent[s.day] == nil {
		s.spent[s.day] = map[Focus]int{}
	}
	s.spent[s.day][f]++
	s.credit[f]--
}

// choose gives a person the focus that is owed most among those their team
// works on at the time.
func (s *Story) choose(p *person) Focus {
	allowed := slices.DeleteFunc(slices.Clone(teamFocus[p.team]), func(f Focus) bool {
		return !slices.ContainsFunc(shares, func(o share) bool { return o.focus == f && s.mix(o) > 0 })
	})
	return slices.MaxFunc(allowed, func(a, b Focus) int { return cmp.Compare(s.credit[a], s.credit[b]) })
}
