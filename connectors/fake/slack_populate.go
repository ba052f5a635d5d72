package fake

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A SlackSize is how much talk PopulateSlack makes, over all channels
// together. Messages are those in the channels; Threads of them have replies,
// Replies in all.
type SlackSize struct{ Channels, Members, Messages, Threads, Replies int }

// PopulateSlack fills a workspace with plausible talk between two times and
// returns the ids of its channels "team-01" …, which the app's bot is in. The
// members "dev-001" … have the addresses that Populate gives to GitHub's. The
// same arguments give the same workspace.
func PopulateSlack(w *Workspace, s SlackSize, from, to time.Time, seed uint64) (channels []string) {
	p := talker{w: w, size: s, rng: rand.New(rand.NewPCG(seed, 0x74616c6b)), to: to}
	for i := range max(s.Members, 1) {
		login := fmt.Sprintf("dev-%03d", i+1)
		p.people = append(p.people, w.AddMember(MemberSpec{
			Name: login, RealName: "Developer " + login[4:], Email: login + "@example.org", Fields: map[string]string{"GitHub": login},
		}))
	}
	p.robot = w.AddMember(MemberSpec{Name: "github", RealName: "GitHub", Bot: true})
	for i := range max(s.Channels, 1) {
		channels = append(channels, w.AddChannel(from, ChannelSpec{
			Name: fmt.Sprintf("team-%02d", i+1), Creator: p.people[0], Members: p.people, Bot: true,
		}))
	}
	for i := range s.Messages {
		at := from.Add(to.Sub(from) / time.Duration(s.Messages) * time.Duration(i))
		channel := channels[p.rng.IntN(len(channels))]
		ts := w.Post(at, channel, p.message(i))
		// Threads and their replies are spread evenly, to the exact number.
		if portion(i, s.Threads, s.Messages) == 1 {
			thread := i * s.Threads / s.Messages
			p.thread(at, channel, ts, portion(thread, s.Replies, s.Threads))
		}
		if p.rng.IntN(8) == 0 {
			w.React(channel, ts, p.person(), []string{"thumbsup", "eyes", "tada"}[p.rng.IntN(3)])
		}
		if p.rng.IntN(20) == 0 {
			w.Edit(at.Add(time.Minute), channel, ts, p.text()+" (edited)")
		}
	}
	return channels
}

// portion is how many of total fall to step i of steps.
func portion(i, total, steps int) int { return (i+1)*total/steps - i*total/steps }

type talker struct {
	w      *Workspace
	size   SlackSize
	rng    *rand.Rand
	people []string
	robot  string
	to     time.Time
}

func (p *talker) person() string { return p.people[p.rng.IntN(len(p.people))] }

func (p *talker) text() string {
	pick := func(list []string) string { return list[p.rng.IntN(len(list))] }
	text := fmt.Sprintf("%s the %s in %s", pick(verbs), pick(subject), pick(areas))
	switch p.rng.IntN(6) {
	case 0:
		return fmt.Sprintf("%s: PAY-%d", text, 1+p.rng.IntN(200))
	case 1:
		return fmt.Sprintf("%s, see <https://github.com/%s/service-01/pull/%d>", text, p.w.domain, 1+p.rng.IntN(200))
	case 2:
		return fmt.Sprintf("<@%s> %s &amp; deploy?", p.person(), text)
	}
	return text
}

// message makes one message; every eleventh comes from the app of GitHub.
func (p *talker) message(i int) MessageSpec {
	if i%11 != 10 {
		return MessageSpec{Author: p.person(), Text: p.text()}
	}
	number := 1 + p.rng.IntN(200)
	return MessageSpec{Author: p.robot, Attachments: []Unfurl{{
		Title: fmt.Sprintf("#%d %s", number, p.text()), TitleLink: fmt.Sprintf("https://github.com/%s/service-01/pull/%d", p.w.domain, number),
		Fallback: "Pull request opened", Color: "36a64f",
	}}}
}

// thread adds replies, none after the end.
func (p *talker) thread(at time.Time, channel, ts string, replies int) {
	for range replies {
		at = at.Add(time.Duration(1+p.rng.IntN(90)) * time.Minute)
		if at.After(p.to) {
			at = p.to
		}
		p.w.Post(at, channel, MessageSpec{Author: p.person(), Text: p.text(), Thread: ts})
	}
}
