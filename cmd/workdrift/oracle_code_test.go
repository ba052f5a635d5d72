package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// What the firm does at the code host.

// refer has a change say what it is for, in one of many ways.
func (f *firm) refer(t *task) {
	if t.piece == nil {
		t.piece = &piece{}
	}
	for _, on := range t.on {
		t.piece.leads = append(t.piece.leads, lead{on.piece, 100, on.key})
	}
	t.piece.rule = ruleOf(t.repo, t.spec.Labels)
	if len(t.on) == 0 {
		if decoy := pick(f, f.tickets); decoy != nil && f.chance(50) {
			t.spec.Body += "\n\nNot unlike what " + decoy.key + " was about." // a mention
		}
		return
	}
	keys := []string{}
	for _, on := range t.on {
		keys = append(keys, on.key)
	}
	style := f.rng.IntN(4)
	switch {
	case len(keys) > 1 || style == 0:
		t.spec.Title = strings.Join(keys, ", ") + ": " + t.spec.Title
	case style == 1:
		t.spec.Title = "[" + keys[0] + "] " + t.spec.Title
	case style == 2:
		t.spec.Head = "feature/" + keys[0] + "-improve"
	default:
		t.spec.Body += "\n\nCloses " + keys[0]
	}
}

func ruleOf(r *repo, labels []string) string {
	switch {
	case slices.Contains(labels, "plg"):
		return onExcluded
	case slices.Contains(labels, "incident"):
		return onRun
	case slices.Contains(labels, "obj-gamma"):
		return "gamma " + r.rule
	}
	return r.rule
}

// commit writes a commit of a task, to be pushed when its change is opened.
func (f *firm) commit(at time.Time, t *task, pair *worker) {
	f.made++
	c := &pushed{looks: f.looks, spec: fake.CommitSpec{
		Author: t.by.login, Message: fmt.Sprintf("Step %d", f.made), Authored: at.In(t.by.zone), Files: []string{fmt.Sprintf("src/%d.go", f.made%97)},
	}}
	who := []string{t.by.coder()}
	switch {
	case t.agent:
		c.spec.Author, c.spec.CoAuthors, who = "builder[bot]", []string{t.by.login}, []string{t.by.github()}
	case t.by.bare:
		c.spec.Author, c.spec.Name, c.spec.Email = "", "Somebody", t.by.email
	}
	if pair != nil && pair != t.by {
		c.spec.CoAuthors = append(c.spec.CoAuthors, pair.login)
		who = append(who, pair.github())
	}
	if t.piece == nil {
		f.refer(t) // the day began late
	}
	for _, id := range who {
		d := f.truth.do(id, at, t.piece, wrote)
		d.at, d.told = c.spec.Authored, true // GraphQL tells the author's offset
		c.deeds = append(c.deeds, d)
	}
	f.counts["commit"] += len(who)
	t.commits = append(t.commits, c)
	if t.number != 0 {
		f.world.PushToPull(at, t.repo.name, t.number, c.spec)
	}
}

// openTask opens the change of a task.
func (f *firm) openTask(at time.Time, t *task, _ *worker) {
	if t.spec.Author == "" {
		t.spec.Author = t.by.login
	}
	if t.piece == nil {
		f.refer(t)
	}
	for _, c := range t.commits {
		t.spec.Commits = append(t.spec.Commits, c.spec)
		c.looks = f.looks
	}
	t.opened = at
	t.number = f.world.OpenPull(at, t.repo.name, t.spec)
	t.piece.source, t.piece.id = "github", fmt.Sprintf("R%d/%d", t.repo.id, t.number)
	t.piece.known = map[string]bool{}
	f.called[t.piece] = func() string { return fmt.Sprintf("%s#%d", t.repo.name, t.number) }
	if t.spec.Author == t.by.login {
		f.truth.do(t.by.github(), at, t.piece, wrote)
	}
	f.counts["change"]++
	if len(t.commits) > 0 {
		f.open = append(f.open, t)
	}
	f.changes = append(f.changes, t)
}

// review looks at the change that waits longest, and merges most.
func (f *firm) review(at time.Time, w *worker) {
	i := slices.IndexFunc(f.open, func(t *task) bool { return t.by != w })
	if i < 0 {
		return
	}
	t := f.open[i]
	state := "APPROVED"
	if !t.reviewed && f.chance(25) {
		state = "CHANGES_REQUESTED"
	}
	f.world.Review(at, t.repo.name, t.number, fake.ReviewSpec{Author: w.login, State: state})
	f.truth.do(w.github(), at, t.piece, reviewed)
	f.counts["review"]++
	if f.chance(30) {
		f.world.ReviewComment(at.Add(time.Minute), t.repo.name, t.number, w.login, t.commits[0].spec.Files[0], "Simpler?")
		f.truth.do(w.github(), at.Add(time.Minute), t.piece, reviewed)
	}
	if f.chance(25) {
		f.on(at.Add(40*time.Minute), func(at time.Time) {
			f.world.Comment(at, t.repo.name, t.number, t.by.login, "Thanks.")
			how := talked
			if t.agent {
				how = reviewed // it is the machine's
			}
			f.truth.do(t.by.github(), at, t.piece, how)
		})
	}
	if state != "APPROVED" {
		t.reviewed = true
		f.on(at.Add(2*time.Hour), func(at time.Time) { f.rework(at, t) })
		return
	}
	f.open = slices.Delete(f.open, i, i+1)
	f.on(at.Add(time.Hour), func(at time.Time) { f.land(at, t, w) })
}

// rework pushes more, amends what is there, or takes a commit back.
func (f *firm) rework(at time.Time, t *task) {
	if !slices.Contains(f.open, t) {
		return
	}
	last := t.commits[len(t.commits)-1]
	switch {
	case f.calm || f.chance(50):
		f.commit(at, t, nil)
		return
	case f.chance(50) || len(t.commits) < 2:
		// An amended commit keeps its author and the author's time.
		f.made++
		last.spec.Message += fmt.Sprintf(" (amended %d)", f.made)
	default:
		// Lost, unless somebody looked before.
		t.commits = t.commits[:len(t.commits)-1]
		for _, d := range last.deeds {
			d.void = last.looks == f.looks
		}
	}
	f.counts["force-push"]++
	var specs []fake.CommitSpec
	for _, c := range t.commits {
		specs = append(specs, c.spec)
	}
	f.world.ForcePushPull(at, t.repo.name, t.number, specs...)
}

// land merges a change. A squashed commit is by the author of the change at
// the time of the merge, with everybody who wrote a part as co-authors.
func (f *firm) land(at time.Time, t *task, by *worker) {
	if f.chance(8) {
		f.world.CloseIssue(at, t.repo.name, t.number, by.login, "")
		return
	}
	f.world.MergePull(at, t.repo.name, t.number, by.login, t.method)
	t.repo.tip = nil
	if t.method == fake.Merge {
		for _, d := range t.repo.dropped {
			if !d.pushed.After(t.opened) && t.opened.Before(d.dropped) {
				d.back()
			}
		}
	}
	if t.method == fake.Squash {
		who := map[string]bool{}
		if !t.agent {
			who[t.by.github()] = true
		}
		for _, c := range t.commits {
			for _, login := range c.spec.CoAuthors {
				who["github:"+login] = true
			}
		}
		for _, w := range f.people {
			if who[w.github()] {
				f.truth.do(w.github(), at, t.piece, wrote)
			}
		}
	}
	for _, on := range t.on {
		if !on.piece.gone {
			f.site.Transition(at.Add(time.Minute), on.key, t.by.jiraID(), "Done")
			f.counts["transition"]++
		}
	}
}

// pushDirect pushes to the default branch.
func (f *firm) pushDirect(at time.Time, w *worker) {
	r := f.repos[f.rng.IntN(3)]
	f.made++
	d := &direct{piece: &piece{source: "github", rule: r.rule}, spec: fake.CommitSpec{Author: w.login, Message: fmt.Sprintf("Tidy %d", f.made), Authored: at.In(w.zone)}}
	if on := pick(f, f.tickets); on != nil && !on.piece.gone && f.chance(50) {
		d.spec.Message = on.key + ": " + d.spec.Message
		d.piece.leads = []lead{{on.piece, 100, on.key}}
	}
	if w.bare {
		d.spec.Author, d.spec.Name, d.spec.Email = "", "Somebody", w.email
	}
	sha := f.world.PushCommits(at, r.name, "", d.spec)
	d.piece.id = fmt.Sprintf("R%d/%s", r.id, sha[0])
	d.first, d.pushed = d.piece.id, at
	f.truth.do(w.coder(), at, d.piece, wrote)
	r.tip = d
	f.counts["commit"]++
	if f.calm || !f.chance(25) {
		return
	}
	amend := f.chance(50)
	f.on(at.Add(time.Duration(1+f.rng.IntN(3000))*time.Minute), func(at time.Time) {
		if r.tip != d {
			return
		}
		r.tip, d.dropped, r.dropped = nil, at, append(r.dropped, d)
		f.counts["force-push"]++
		if !amend {
			f.world.ForcePush(at, r.name, "", 1)
			d.piece.gone = true
			return
		}
		d.spec.Files = []string{"amended.go"}
		sha := f.world.ForcePush(at, r.name, "", 1, d.spec)
		d.piece.id = fmt.Sprintf("R%d/%s", r.id, sha[0])
	})
}
