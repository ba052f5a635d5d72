package fake

import (
	"fmt"
	"slices"
	"time"
)

// The channels of the story that are not an objective's or a team's.
const (
	channelIncidents = "incidents"
	channelCheckIns  = "check-ins"
	channelDecisions = "decisions"
	channelRandom    = "random" // the app is not invited
	channelLeads     = "leads"  // private, and named in no configuration
)

// channelOf is the channel of an objective.
func (g *goal) channel() string { return "obj-" + g.ID }

// foundWorkspace creates the Slack workspace: members and channels.
func (s *Story) foundWorkspace() {
	var everyone []string
	for _, p := range s.cast {
		m := MemberSpec{Name: p.login, RealName: p.name, Email: p.email(), TZ: p.zoneName()}
		_, m.TZOffset = time.Time{}.In(p.zone).Zone()
		if p.login == "femi-lorca" { // known by the field in the profile alone
			m.Email, m.Fields = "", map[string]string{"GitHub": p.login}
		}
		p.member = s.slack.AddMember(m)
		everyone = append(everyone, p.member)
	}
	founded := s.start.AddDate(-1, 0, 0)
	open := []string{channelIncidents, channelCheckIns, channelDecisions}
	for i := range objectives {
		open = append(open, objectives[i].channel())
	}
	for _, t := range teams {
		open = append(open, "team-"+t.ID)
	}
	for _, name := range open {
		s.channels[name] = s.slack.AddChannel(founded, ChannelSpec{Name: name, Members: everyone, Bot: true})
	}
	s.channels[channelRandom] = s.slack.AddChannel(founded, ChannelSpec{Name: channelRandom, Members: everyone, OffLimits: true})
	s.channels[channelLeads] = s.slack.AddChannel(founded, ChannelSpec{Name: channelLeads, Members: everyone[:3], Private: true, Bot: true, OffLimits: true})
}

// say posts a message and returns its ts.
func (s *Story) say(at time.Time, channel, thread string, by *person, text string) string {
	return s.slack.Post(at, s.channels[channel], MessageSpec{Author: by.member, Thread: thread, Text: text})
}

// mate picks somebody of a team who is present, besides one; nil when nobody
// is.
func (s *Story) mate(present []*person, of *person) *person {
	var able []*person
	for _, p := range present {
		if p != of && p.team == of.team {
			able = append(able, p)
		}
	}
	if len(able) == 0 {
		return nil
	}
	return able[s.rng.IntN(len(able))]
}

// planTalk plans a thread about the ticket of a task: some tickets of
// objectives and some incidents are discussed.
func (s *Story) planTalk(t *task, at time.Time, present []*person) {
	mate, lucky := s.mate(present, t.by), s.rng.IntN(4) == 0
	channel, opening := channelIncidents, "On it: "
	if t.goal != nil {
		channel, opening = t.goal.channel(), "Starting on "
	}
	if !lucky || t.goal == nil && t.focus != RunWork {
		return
	}
	thread := ""
	s.at(at, func(at time.Time) { thread = s.say(at, channel, "", t.by, opening+markup(t.ticket)) })
	if mate == nil {
		return
	}
	s.at(at.Add(25*time.Minute), func(at time.Time) { s.say(at, channel, thread, mate, "Mind the timeouts, I ran into them last week.") })
	s.at(at.Add(31*time.Minute), func(at time.Time) { s.say(at, channel, thread, t.by, "Thanks, will do.") })
	s.at(at.Add(33*time.Minute), func(at time.Time) { s.slack.React(s.channels[channel], thread, mate.member, "eyes") })
}

// planChatter plans what is said in a team's channel about nothing that is
// declared, and in channels that nobody may read.
func (s *Story) planChatter(present []*person) {
	for i, p := range present {
		if s.rng.IntN(12) > 0 {
			continue
		}
		channel := "team-" + p.team
		if i%4 == 3 {
			channel = channelRandom
		}
		s.at(s.clock(p, 13, s.rng.IntN(60)), func(at time.Time) { s.say(at, channel, "", p, "Lunch was good. Who else saw the harbour seals?") })
	}
	if s.day.Weekday() == time.Thursday {
		p := s.cast[0]
		s.at(s.clock(p, 15, 7), func(at time.Time) { s.say(at, channelLeads, "", p, "About the budget: not for everyone yet.") })
	}
}

// planCheckIns plans the weekly check-ins: the top objectives stay green
// whatever happens to them.
func (s *Story) planCheckIns() {
	for i, g := range s.goals {
		if g.focus == onSearch && !s.day.Before(s.retirement()) {
			continue
		}
		owner := s.memberOf(g.Teams[0])
		text := fmt.Sprintf("confidence %s %d/10", g.ID, []int{8, 8, 7, 6, 5, 4}[i])
		if i == 1 {
			text = g.ID + ": 🟢"
		}
		s.at(s.clock(owner, 9, 2+i), func(at time.Time) { s.say(at, channelCheckIns, "", owner, text) })
	}
}

// planDecision plans a thread in which something is decided. The one on Tuesdays
// is about an objective, and three people agree by noon. From the drift on, the
// one on Wednesdays, about what nobody declared, takes ten people and a week.
func (s *Story) planDecision(present []*person) {
	words := []string{"wait for the vendor", "rename the environments", "keep two calendars", "share the on-call phone", "split the release train"}
	question := "We need a decision: " + words[s.rng.IntN(len(words))] + "?"
	people := slices.Clone(present)
	s.rng.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	hours, many := 1, 3
	if s.day.Weekday() == time.Tuesday {
		question = "We need a decision about " + markup(s.goals[s.week()%3].Epic) + ": ship it dark first?"
	} else if s.week() >= driftBegins && !s.corrected {
		hours, many = 15, 10
	}
	people = people[:min(many, len(people))]
	begun, thread := s.day.Add(15*time.Hour), ""
	s.at(begun, func(at time.Time) { thread = s.say(at, channelDecisions, "", people[0], question) })
	s.at(begun.Add(time.Minute), func(at time.Time) {
		s.slack.React(s.channels[channelDecisions], thread, people[0].member, "decision")
	})
	for i, p := range people[1:] {
		s.at(begun.Add(time.Duration(hours*(i+1))*time.Hour), func(at time.Time) {
			s.say(at, channelDecisions, thread, p, "I would rather look at it once more.")
		})
	}
}

// decide posts a decision and marks it as one.
func (s *Story) decide(at time.Time, g *goal, by *person) {
	thread := ""
	s.at(at, func(at time.Time) {
		thread = s.say(at, channelDecisions, "", by, "We stop "+markup(g.Epic)+" as of today.")
	})
	s.at(at.Add(time.Minute), func(at time.Time) { s.slack.React(s.channels[channelDecisions], thread, by.member, "decision") })
}
