package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// What the firm writes in tickets and in chat, and what it changes afterwards.

func (f *firm) openTicket(at time.Time, by *worker, project string, spec fake.JiraIssueSpec, p *piece) *ticket {
	if project == "OPS" {
		project = f.ops
	}
	spec.Reporter = by.jiraID()
	t := &ticket{key: f.site.Open(at, project, spec), piece: p, by: by}
	p.source, p.id, p.known = "jira", fmt.Sprintf("issue/%d", f.site.ID(t.key)), map[string]bool{}
	f.called[p] = func() string { return t.key }
	f.truth.do(by.jira(), at, p, ticketed)
	f.counts["ticket"]++
	if spec.Type == "Story" {
		f.tickets = append(f.tickets, t)
	}
	return t
}

// recent picks one of the latest tickets that are still there.
func (f *firm) recent() *ticket {
	list := f.tickets[max(0, len(f.tickets)-80):]
	list = slices.DeleteFunc(slices.Clone(list), func(t *ticket) bool { return t.piece.gone })
	return pick(f, list)
}

// comment writes a comment, or edits or deletes an earlier one.
func (f *firm) comment(at time.Time, w *worker) {
	t := f.recent()
	if t == nil {
		return
	}
	if f.chance(12) {
		// Rewording a ticket is work on it; labels, people and ranks are not.
		f.made++
		f.site.Set(at, t.key, w.jiraID(), pick(f, []string{"summary", "description"}), fmt.Sprintf("Reworded %d", f.made))
		f.truth.do(w.jira(), at, t.piece, ticketed)
		f.site.Set(at.Add(time.Second), t.key, w.jiraID(), "assignee", w.jiraID())
		f.counts["edit"] += 2
		return
	}
	n := &note{id: f.site.Comment(at, t.key, w.jiraID(), "I wonder."), made: f.truth.do(w.jira(), at, t.piece, ticketed)}
	t.notes = append(t.notes, n)
	f.counts["comment"]++
	after := at.Add(time.Duration(10+f.rng.IntN(4000)) * time.Minute)
	switch change := f.rng.IntN(100); {
	case change < 10:
		f.on(after, func(at time.Time) {
			if !t.piece.gone && !n.made.void {
				f.site.EditComment(at, t.key, n.id, w.jiraID(), "I still wonder.")
				if n.edit == nil {
					n.edit = f.truth.do(w.jira(), at, t.piece, ticketed)
				}
				n.edit.at = at // the last one is what the tool tells
				f.counts["edit"]++
			}
		})
	case change < 16:
		f.on(after, func(at time.Time) {
			if !t.piece.gone {
				f.site.DeleteComment(at, t.key, n.id, w.jiraID())
				n.made.void = true
				f.counts["deletion"]++
			}
		})
	}
}

// logWork logs time on the ticket of a task, and sometimes corrects it.
func (f *firm) logWork(at time.Time, t *task, started time.Time, spent time.Duration) {
	if len(t.on) == 0 || t.on[0].piece.gone {
		return
	}
	on, by := t.on[0], t.by
	w := &work{id: f.site.LogWork(at, on.key, fake.JiraWorkSpec{By: by.jiraID(), Started: started.UTC(), Spent: spent})}
	w.record = f.truth.log(by.jira(), started, on.piece, spent)
	f.counts["worklog"]++
	after := at.Add(time.Duration(10+f.rng.IntN(3000)) * time.Minute)
	switch change := f.rng.IntN(100); {
	case change < 10:
		f.on(after, func(at time.Time) {
			if !on.piece.gone {
				w.record.at, w.record.seconds = started.Add(24*time.Hour).UTC(), 3*3600+17
				f.site.EditWork(at, on.key, w.id, by.jiraID(), w.record.at, time.Duration(w.record.seconds)*time.Second)
				f.counts["edit"]++
			}
		})
	case change < 16:
		f.on(after, func(at time.Time) {
			if !on.piece.gone {
				f.site.DeleteWork(at, on.key, w.id, by.jiraID())
				w.record.void = true
				f.counts["deletion"]++
			}
		})
	}
}

// planTalk plans what a worker says: about tickets and changes, and about the
// weather.
func (f *firm) planTalk(w *worker, day date) {
	for range 1 + f.rng.IntN(2) {
		f.on(f.at(w, day, 10+f.rng.IntN(8)), func(at time.Time) { f.talk(at, w) })
	}
	if w.late && f.chance(15) {
		f.on(f.at(w, day, 23), func(at time.Time) { f.talk(at, w) })
	}
}

func (f *firm) talk(at time.Time, w *worker) {
	if n := len(f.threads); n > 0 && f.chance(60) {
		th := f.threads[n-1-f.rng.IntN(min(n, 12))]
		if !th.piece.gone {
			f.reply(at, th, w)
			return
		}
	}
	channel := pick(f, []string{"team-north", "team-delta", "team-coast"})
	switch choice := f.rng.IntN(100); {
	case choice < 40:
		if on := f.recent(); on != nil {
			text := on.key + " worries me"
			if f.chance(50) {
				text = "Look: <https://acme.atlassian.example/browse/" + on.key + ">"
			}
			f.post(at, channel, &piece{leads: []lead{{on.piece, 70, on.key}}}, w, text)
			return
		}
	case choice < 65 && len(f.changes) > 0:
		t := f.changes[max(0, len(f.changes)-1-f.rng.IntN(40))]
		name := f.called[t.piece]()
		p := &piece{leads: []lead{{t.piece, 70, name}}}
		author, text := w.member, fmt.Sprintf("Please look at <https://github.com/%s/pull/%d|this>", t.repo.name, t.number)
		if f.chance(20) {
			author = f.ci
		}
		f.postAs(at, channel, p, w, author, text)
		return
	case choice < 72:
		f.post(at, "support", &piece{rule: onRun}, w, "A customer cannot log in")
		return
	case choice < 78:
		// Nobody invited us here.
		f.space.Post(at, f.channels["lounge"], fake.MessageSpec{Author: w.member, Text: "Lunch?"})
		return
	}
	f.post(at, channel, nil, w, "It rains")
}

func (f *firm) post(at time.Time, channel string, p *piece, w *worker, text string) {
	f.postAs(at, channel, p, w, w.member, text)
}

// postAs begins a thread. What a machine posts is nobody's work, but says what
// the thread is about.
func (f *firm) postAs(at time.Time, channel string, p *piece, w *worker, author, text string) {
	if p == nil {
		p = &piece{}
	}
	id := f.channels[channel]
	ts := f.space.Post(at, id, fake.MessageSpec{Author: author, Text: text})
	p.source, p.id, p.thread = "slack", f.space.Team()+"/"+id+"/"+ts, true
	th := &thread{channel: id, ts: ts, piece: p}
	one := post{ts: ts}
	if author == w.member {
		one.deed = f.truth.do(w.slack(), at, p, talked)
	}
	th.posts = append(th.posts, one)
	f.threads = append(f.threads, th)
	f.counts["message"]++
	after := at.Add(time.Duration(5+f.rng.IntN(4000)) * time.Minute)
	switch change := f.rng.IntN(100); {
	case author != w.member || p.rule != "":
	case change < 5:
		f.on(after, func(at time.Time) {
			if p.gone || th.posts[0].deed.void {
				return
			}
			text := "Never mind"
			p.leads = nil
			if on := f.recent(); on != nil && f.chance(50) {
				text, p.leads = "I meant "+on.key, []lead{{on.piece, 70, on.key}}
			}
			f.space.Edit(at, id, ts, text)
			f.counts["edit"]++
		})
	case change < 9:
		f.on(after, func(at time.Time) { f.unpost(th, 0) })
	}
}

func (f *firm) reply(at time.Time, th *thread, w *worker) {
	text := "I see"
	if on := pick(f, f.tickets); on != nil && f.chance(10) {
		text = "Is that not " + on.key + "?" // a mention
	}
	ts := f.space.Post(at, th.channel, fake.MessageSpec{Author: w.member, Thread: th.ts, Text: text, Broadcast: f.chance(5)})
	th.posts = append(th.posts, post{ts, f.truth.do(w.slack(), at, th.piece, talked)})
	n := len(th.posts) - 1
	f.counts["message"]++
	if f.chance(5) {
		f.on(at.Add(time.Duration(5+f.rng.IntN(2000))*time.Minute), func(time.Time) { f.unpost(th, n) })
	} else if root := th.posts[0].deed; f.chance(30) && (root == nil || !root.void) {
		f.space.React(th.channel, th.ts, w.member, "thumbsup") // no work
		f.counts["reaction"]++
	}
}

// unpost deletes a message. A first message with replies leaves a thread about
// nothing; the last message takes the thread along.
func (f *firm) unpost(th *thread, n int) {
	if f.calm || th.piece.gone || th.posts[n].deed.void {
		return
	}
	f.space.Delete(th.channel, th.posts[n].ts)
	f.counts["deletion"]++
	th.posts[n].deed.void = true
	if n == 0 {
		th.piece.leads = nil
	}
	th.piece.gone = !slices.ContainsFunc(th.posts, func(p post) bool { return p.deed == nil || !p.deed.void })
}

// planWorld plans what happens to things and not to people.
func (f *firm) planWorld(day date) {
	noon := time.Unix(day.midnight(), 0).UTC().Add(12 * time.Hour)
	n := int(day - dateOf(f.start))
	f.on(noon, func(at time.Time) { f.shuffle(at) })
	if day.weekday() == 2 {
		f.on(noon.Add(time.Hour), func(at time.Time) { f.bump(at) })
	}
	if f.calm {
		return
	}
	switch n * 100 / f.days {
	case 45:
		f.once("repository", noon, func(at time.Time) { f.world.RenameRepo(at, "acme/old", "acme/new"); f.repos[3].name = "acme/new" })
	case 50:
		f.once("channel", noon, func(at time.Time) { f.space.RenameChannel(at, f.channels["team-delta"], "team-river") })
	case 60:
		f.once("project", noon, func(time.Time) { f.site.RenameProject("OPS", "OPER"); f.renameOps("OPER") })
	case 65:
		f.once("crew", noon, func(time.Time) { f.leaveGroup("jira:crew") })
	case 70:
		f.once("hub", noon, func(time.Time) { f.leaveGroup("github:acme/hub") })
	}
}

func (f *firm) once(what string, at time.Time, do func(time.Time)) {
	if f.counts["once "+what] == 0 {
		f.counts["once "+what]++
		f.on(at, do)
	}
}

// renameOps gives the tickets of the operations new keys. Neither a history nor
// the time of the last update shows that, but the project tells its former key,
// which leads to all of them whoever looked when.
func (f *firm) renameOps(to string) {
	from := f.ops
	f.ops = to
	for _, t := range f.tickets {
		if !t.piece.gone && len(t.key) > len(from) && t.key[:len(from)+1] == from+"-" {
			t.piece.known[t.key] = true
			t.key = to + t.key[len(from):]
		}
	}
}

// shuffle moves, deletes, relabels and rehangs tickets and changes.
func (f *firm) shuffle(at time.Time) {
	t := f.recent()
	if t == nil {
		return
	}
	by := t.by.jiraID()
	switch f.rng.IntN(5) {
	case 0:
		if to := pick(f, []string{"PAY", "CORE", "GROW"}); t.key[:len(to)+1] != to+"-" {
			t.piece.known[t.key] = true
			t.key = f.site.Move(at, t.key, by, to)
			t.piece.known[t.key] = true
			f.counts["move"]++
		}
	case 1:
		if !f.calm && f.chance(40) {
			f.site.Delete(at, t.key)
			t.piece.gone = true
			f.counts["deletion"]++
		}
	case 2:
		epic := f.epics[pick(f, []string{"alpha", "beta", "gamma"})][0]
		f.site.Set(at, t.key, by, "parent", epic.key)
		t.piece.leads = []lead{{epic.piece, 100, epic.key}}
		f.counts["edit"]++
	case 3:
		c := pick(f, f.changes[max(0, len(f.changes)-30):])
		labels := pick(f, [][]string{{"plg"}, {"incident"}, {"obj-gamma"}, nil})
		f.world.Relabel(at, c.repo.name, c.number, labels...)
		c.piece.rule = ruleOf(c.repo, labels)
		f.counts["edit"]++
	case 4:
		if other := f.recent(); other != t && f.chance(50) {
			f.site.Link(at, by, "Blocks", t.key, other.key) // attributes nothing
			f.counts["link"] += 2
		}
	}
}

// bump is a change of a machine, which a human looks at.
func (f *firm) bump(at time.Time) {
	r, w := pick(f, f.repos[:2]), pick(f, f.people)
	number := f.world.OpenPull(at, r.name, fake.PullSpec{Author: "dependabot[bot]", Title: "Bump x from 1 to 2", Head: "dependabot/x",
		Commits: []fake.CommitSpec{{Author: "dependabot[bot]", Message: "Bump x", Files: []string{"go.mod"}}}})
	p := &piece{source: "github", id: fmt.Sprintf("R%d/%d", r.id, number), rule: onRun}
	f.on(f.at(w, dateOf(at), 15), func(at time.Time) {
		if dateOf(at) > w.until {
			return
		}
		f.world.Review(at, r.name, number, fake.ReviewSpec{Author: w.login, State: "APPROVED"})
		f.truth.do(w.github(), at, p, reviewed)
		f.world.MergePull(at.Add(time.Minute), r.name, number, w.login, fake.Squash)
		r.tip = nil
	})
}
