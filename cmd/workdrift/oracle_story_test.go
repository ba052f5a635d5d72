package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// What the firm does, day by day. Every action enters the true ledger what it
// is worth.

type repo struct {
	name, rule string
	id         int64
	dropped    []*direct
	tip        *direct // what was pushed last, if that was no merge
}

// A direct is a commit on the default branch without a change.
type direct struct {
	piece           *piece
	spec            fake.CommitSpec
	first           string // ID of the commit that was pushed first
	pushed, dropped time.Time
}

// back says that what a force-push dropped is reachable again: a change that
// was begun on top of it was merged. Of several copies the first in the order of
// works stands for the work.
func (d *direct) back() {
	d.piece.gone = false
	copied := *d.piece
	if copied.id = d.first; copied.order() < d.piece.order() {
		d.piece.id = d.first
	}
}

type ticket struct {
	key   string
	piece *piece
	by    *worker
	notes []*note
}

// A note is a comment; edit is nil until it was edited.
type note struct {
	id         int64
	made, edit *deed
}

type work struct {
	id     int64
	record *workRecord
}

// A task is a change on its way.
type task struct {
	by       *worker
	on       []*ticket
	repo     *repo
	spec     fake.PullSpec
	method   fake.MergeMethod
	left     int // days of work
	number   int
	opened   time.Time
	piece    *piece
	commits  []*pushed
	reviewed bool
	agent    bool
}

// A pushed is a commit of a change with what it is worth.
type pushed struct {
	spec  fake.CommitSpec
	deeds []*deed
	looks int // how often somebody had looked before
}

type thread struct {
	channel, ts string
	piece       *piece
	posts       []post
}

type post struct {
	ts   string
	deed *deed // nil for a machine's
}

// foundPlaces creates repositories, projects and channels.
func (f *firm) foundPlaces() {
	for _, r := range []repo{{name: "acme/api"}, {name: "acme/web"}, {name: "acme/partner", rule: "delta"}, {name: "acme/old"}} {
		r.id = f.world.AddRepo(fake.RepoSpec{Name: r.name, Created: f.start.AddDate(-1, 0, 0)})
		f.repos = append(f.repos, &r)
		f.world.PushCommits(f.start.AddDate(-1, 0, 0), r.name, "", fake.CommitSpec{Author: f.people[0].login, Message: "Begin", Files: []string{"README.md"}})
	}
	for _, login := range []string{"dependabot[bot]", "builder[bot]"} {
		f.world.AddUser(fake.UserSpec{Login: login, Bot: true})
	}
	for _, key := range []string{"STRAT", "PAY", "CORE", "GROW", "OPS"} {
		f.site.AddProject(fake.JiraProjectSpec{Key: key, Lead: f.people[0].jiraID()})
	}
	f.site.AddType(fake.JiraTypeSpec{Name: "Initiative", Level: 2})
	everybody := []string{}
	for _, w := range f.people {
		everybody = append(everybody, w.member)
	}
	f.ci = f.space.AddMember(fake.MemberSpec{Name: "ci", Bot: true})
	for _, name := range []string{"team-north", "team-delta", "team-coast", "support", "lounge"} {
		f.channels[name] = f.space.AddChannel(f.start.AddDate(-1, 0, 0), fake.ChannelSpec{
			Name: name, Creator: f.people[0].member, Members: everybody, Bot: name != "lounge", OffLimits: name == "lounge",
		})
	}
}

// foundPlans opens what stands for the objectives: an initiative outside of the
// projects that are read with two epics, and epics.
func (f *firm) foundPlans() {
	at, by := f.start.Add(9*time.Hour), f.people[0]
	first := dateOf(f.start)
	turn := first + date(f.days-21)
	plans := []plan{
		{id: "alpha", ranks: map[date]int{0: 1}}, {id: "beta", ranks: map[date]int{0: 4, turn: 2}},
		{id: "gamma", ranks: map[date]int{0: 3}}, {id: "delta", ranks: map[date]int{0: 2, turn: 4}},
		{id: "omega", ranks: map[date]int{0: 5}, retired: first + date(f.days-30)},
		{id: "late", ranks: map[date]int{0: 6}, start: first + date(f.days-40)},
	}
	f.truth.plans = plans
	f.turn = turn
	initiative := f.openTicket(at, by, "STRAT", fake.JiraIssueSpec{Type: "Initiative", Summary: "Alpha"}, &piece{stands: "alpha"})
	for i, e := range []struct{ objective, project string }{
		{"alpha", "PAY"}, {"alpha", "CORE"}, {"beta", "PAY"}, {"gamma", "GROW"}, {"omega", "CORE"}, {"late", "CORE"},
	} {
		spec, p := fake.JiraIssueSpec{Type: "Epic", Summary: "Epic of " + e.objective}, &piece{}
		if e.objective == "alpha" {
			spec.Parent, p.leads = initiative.key, []lead{{initiative.piece, 100, initiative.key}}
		} else {
			p.stands = e.objective
		}
		epic := f.openTicket(at.Add(time.Duration(i+1)*time.Minute), by, e.project, spec, p)
		f.epics[e.objective] = append(f.epics[e.objective], epic)
	}
}

// introduce has everybody do one thing in each tool, so that all accounts are
// known from the first look on.
func (f *firm) introduce(w *worker) {
	at := f.start.Add(10*time.Hour + time.Duration(w.no)*time.Minute)
	f.openTicket(at, w, "OPS", fake.JiraIssueSpec{Summary: "Welcome"}, &piece{})
	f.post(at, "team-north", nil, w, "Hello!")
	f.openTask(at, &task{by: w, repo: f.repos[w.no%2], spec: fake.PullSpec{Title: fmt.Sprintf("Hello from %d", w.no), Head: "topic/hello"}}, nil)
}

// on plans something.
func (f *firm) on(at time.Time, do func(at time.Time)) {
	f.queue = append(f.queue, happening{at.UTC().Truncate(time.Second), do})
	f.unsorted = true
}

// run lets everything happen before a moment.
func (f *firm) run(until time.Time) {
	for {
		if f.unsorted {
			slices.SortStableFunc(f.queue, func(a, b happening) int { return a.at.Compare(b.at) })
			f.unsorted = false
		}
		// The day begins somewhere when it is noon of the day before in UTC.
		plan := f.start.AddDate(0, 0, f.planned).Add(-36 * time.Hour)
		switch {
		case len(f.queue) > 0 && f.queue[0].at.Before(until) && f.queue[0].at.Before(plan):
			h := f.queue[0]
			f.queue = f.queue[1:]
			h.do(h.at)
		case plan.Before(until):
			f.planDay(dateOf(f.start) + date(f.planned))
			f.planned++
		default:
			f.clock = until
			return
		}
	}
}

// at is a local time of a worker on a day.
func (f *firm) at(w *worker, day date, hour int) time.Time {
	y, m, d := time.Unix(day.midnight(), 0).UTC().Date()
	return time.Date(y, m, d, hour, f.rng.IntN(60), f.rng.IntN(60), 0, w.zone)
}

func (f *firm) chance(percent int) bool { return f.rng.IntN(100) < percent }

func pick[T any](f *firm, list []T) (one T) {
	if len(list) > 0 {
		one = list[f.rng.IntN(len(list))]
	}
	return one
}

// planDay plans one local day of everybody.
func (f *firm) planDay(day date) {
	f.planWorld(day)
	for _, w := range f.people {
		likely := 93
		if day.weekday() > 4 {
			likely = 6
		}
		if day > w.until || !f.chance(likely) {
			continue
		}
		f.planWork(w, day)
		f.planTalk(w, day)
		if f.chance(45) {
			f.on(f.at(w, day, 13+f.rng.IntN(4)), func(at time.Time) { f.review(at, w) })
		}
		if f.chance(35) {
			f.on(f.at(w, day, 11), func(at time.Time) { f.comment(at, w) })
		}
		if f.chance(4) {
			f.on(f.at(w, day, 17), func(at time.Time) { f.pushDirect(at, w) })
		}
	}
}

// planWork plans what a worker writes.
func (f *firm) planWork(w *worker, day date) {
	if w.task == nil {
		t := &task{by: w, left: 1 + f.rng.IntN(3), repo: f.repos[[]int{0, 0, 1, 1, 2, 3}[f.rng.IntN(6)]], agent: f.chance(4)}
		t.method = []fake.MergeMethod{fake.Merge, fake.Squash, fake.Rebase}[f.rng.IntN(3)]
		w.task = t
		f.on(f.at(w, day, 9), func(at time.Time) { f.begin(at, t) })
	}
	t := w.task
	hours := []int{14}
	if f.chance(40) {
		hours = append(hours, 16)
	}
	if w.late && f.chance(30) {
		hours = append(hours, 23, 24)
	}
	for _, h := range hours {
		var pair *worker
		if f.chance(12) {
			pair = pick(f, f.people)
		}
		f.on(f.at(w, day, h), func(at time.Time) { f.commit(at, t, pair) })
	}
	if w.logs && f.chance(70) {
		started, spent := f.at(w, day, 9), time.Duration(60+f.rng.IntN(300))*time.Minute
		if day.weekday() == 4 && f.chance(15) {
			spent = 40 * time.Hour // the whole week at once
		}
		f.on(f.at(w, day, 18), func(at time.Time) { f.logWork(at, t, started, spent) })
	}
	if t.left--; t.left > 0 {
		return
	}
	w.task = nil
	f.on(f.at(w, day, 25), func(at time.Time) { f.openTask(at, t, nil) })
}

// begin opens the ticket of a task, if it has one.
func (f *firm) begin(at time.Time, t *task) {
	f.made++
	t.spec = fake.PullSpec{Author: t.by.login, Title: fmt.Sprintf("Improve part %d", f.made), Head: "topic/improve"}
	if t.agent {
		t.spec.Author = "builder[bot]"
	}
	choice := f.rng.IntN(100)
	objective := []string{"alpha", "alpha", "beta", "gamma", "omega", "late"}[f.rng.IntN(6)]
	epic := pick(f, f.epics[objective])
	spec := fake.JiraIssueSpec{Type: "Story", Summary: t.spec.Title}
	open := func(project string, p *piece) { t.on = append(t.on, f.openTicket(at, t.by, project, spec, p)) }
	project := []string{"PAY", "CORE", "GROW"}[f.rng.IntN(3)]
	switch {
	case choice < 55:
		spec.Parent = epic.key
		open(project, &piece{leads: []lead{{epic.piece, 100, epic.key}}})
	case choice < 65:
		spec.Labels = []string{"incident"}
		open("OPS", &piece{rule: onRun})
	case choice < 70:
		spec.Labels = []string{"plg"}
		open(project, &piece{rule: onExcluded})
	case choice < 75:
		open(project, &piece{}) // nobody says what for
	case choice < 80: // two at once
		spec.Parent = epic.key
		open(project, &piece{leads: []lead{{epic.piece, 100, epic.key}}})
		if other := pick(f, f.tickets); other != nil && !other.piece.gone {
			t.on = append(t.on, other)
		}
	case choice < 85:
		t.spec.Labels = []string{pick(f, []string{"plg", "incident", "obj-gamma"})}
	case choice < 88:
		f.openIssue(at, t)
	}
	f.refer(t)
	for _, on := range t.on {
		if f.site.ID(on.key) != 0 && !on.piece.gone {
			f.site.Transition(at.Add(time.Second), on.key, t.by.jiraID(), "In Progress")
			f.counts["transition"]++
		}
	}
}

// openIssue opens an issue at the code host that the task will close.
func (f *firm) openIssue(at time.Time, t *task) {
	number := f.world.OpenIssue(at, t.repo.name, fake.IssueSpec{Author: t.by.login, Title: "It breaks", Labels: []string{"incident"}})
	p := &piece{source: "github", id: fmt.Sprintf("R%d/%d", t.repo.id, number), rule: onRun}
	f.truth.do(t.by.github(), at, p, ticketed)
	f.counts["issue"]++
	t.spec.Body = fmt.Sprintf("Fixes #%d", number)
	t.piece = &piece{leads: []lead{{p, 100, ""}}}
}
