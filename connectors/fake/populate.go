package fake

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A Size is how much work Populate makes, over all repositories together.
// Commits are those pushed to the default branches directly; merges add to
// them.
type Size struct{ Repos, Issues, Pulls, Commits, People int }

// Populate fills a world with plausible work between two times: repositories
// "org/service-01" …, people "dev-001" …, issues with comments, pull requests
// with commits, reviews and comments that refer to them, direct commits. The
// same arguments give the same world.
func Populate(w *World, s Size, from, to time.Time, seed uint64) {
	p := populator{w: w, size: s, rng: rand.New(rand.NewPCG(seed, 0x706f70)), open: map[string][]int{}}
	for i := range max(s.People, 1) {
		login := fmt.Sprintf("dev-%03d", i+1)
		w.AddUser(UserSpec{Login: login, Name: "Developer " + login[4:], Email: login + "@example.org"})
		p.people = append(p.people, login)
	}
	w.AddUser(UserSpec{Login: "renovate[bot]"})
	for i := range max(s.Repos, 1) {
		name := fmt.Sprintf("%s/service-%02d", w.org, i+1)
		w.AddRepo(RepoSpec{Name: name, Created: from.AddDate(-1, 0, 0)})
		w.PushCommits(from, name, "", CommitSpec{Author: p.people[0], Message: "Initial commit", Files: []string{"README.md"}})
		p.repos = append(p.repos, name)
	}
	total := s.Issues + s.Pulls + s.Commits
	if total == 0 {
		return
	}
	// Each piece of work starts in its own slice of the time, kinds mixed.
	step := to.Sub(from) / time.Duration(total)
	left := [3]int{s.Issues, s.Pulls, s.Commits}
	for i := range total {
		at := from.Add(time.Duration(i) * step).Truncate(time.Second)
		kind := p.draw(left[:])
		left[kind]--
		switch kind {
		case 0:
			p.issue(at, to)
		case 1:
			p.pull(at, to)
		default:
			p.commit(at)
		}
	}
}

type populator struct {
	w      *World
	size   Size
	rng    *rand.Rand
	people []string
	repos  []string
	open   map[string][]int // recent issues by repository
}

// draw picks an index with a probability in proportion to its weight.
func (p *populator) draw(weights []int) int {
	sum := 0
	for _, n := range weights {
		sum += n
	}
	at := p.rng.IntN(max(sum, 1))
	for i, n := range weights {
		if at < n {
			return i
		}
		at -= n
	}
	return len(weights) - 1
}

func (p *populator) pick(list []string) string { return list[p.rng.IntN(len(list))] }

var (
	verbs   = []string{"Fix", "Add", "Speed up", "Remove", "Rework", "Document", "Test", "Retry", "Validate", "Cache"}
	subject = []string{"login form", "invoice export", "search index", "webhook delivery", "rate limiter", "session store",
		"image upload", "audit log", "price rounding", "e-mail template", "feature flags", "health check"}
	areas = []string{"api", "web", "db", "auth", "billing", "search", "mail", "infra"}
	tags  = []string{"bug", "enhancement", "incident", "documentation", "security", "good first issue"}
)

func (p *populator) title() string { return p.pick(verbs) + " " + p.pick(subject) }

// text makes a body of some sentences.
func (p *populator) text(sentences int) string {
	var b strings.Builder
	for range sentences {
		fmt.Fprintf(&b, "The %s in %s should not depend on the %s. ", p.pick(subject), p.pick(areas), p.pick(subject))
	}
	return b.String()
}

// soon returns a time some minutes to days later, never after the end.
func (p *populator) soon(at, end time.Time) time.Time {
	later := at.Add(time.Duration(5+p.rng.IntN(2*24*60)) * time.Minute)
	if later.After(end) {
		return end
	}
	return later
}

func (p *populator) issue(at, end time.Time) {
	repo := p.pick(p.repos)
	s := IssueSpec{Author: p.pick(p.people), Title: p.title(), Body: p.text(4)}
	if p.rng.IntN(2) == 0 {
		s.Labels = []string{p.pick(tags)}
	}
	if p.rng.IntN(5) == 0 {
		s.Milestone = fmt.Sprintf("%d Q%d", at.Year(), (int(at.Month())+2)/3)
	}
	n := p.w.OpenIssue(at, repo, s)
	for range p.rng.IntN(4) {
		at = p.soon(at, end)
		p.w.Comment(at, repo, n, p.pick(p.people), p.text(2))
	}
	if p.rng.IntN(10) == 0 {
		p.w.CloseIssue(p.soon(at, end), repo, n, p.pick(p.people), "not_planned")
		return
	}
	p.open[repo] = append(p.open[repo], n)
}

// commitSpec makes a commit by an author in a zone of their own.
func (p *populator) commitSpec(author, message string, at time.Time) CommitSpec {
	zone := time.FixedZone("", 3600*(len(author)%3+int(author[len(author)-1])%5-2))
	area := p.pick(areas)
	return CommitSpec{
		Author: author, Message: message, Authored: at.In(zone), Committed: at,
		Files: []string{area + "/" + strings.ReplaceAll(p.pick(subject), " ", "_") + ".go", area + "/doc.md"},
	}
}

func (p *populator) commit(at time.Time) {
	author := p.pick(p.people)
	p.w.PushCommits(at, p.pick(p.repos), "", p.commitSpec(author, p.title()+"\n\n"+p.text(1), at))
}

func (p *populator) pull(at, end time.Time) {
	repo, author := p.pick(p.repos), p.pick(p.people)
	s := PullSpec{Author: author, Title: p.title(), Body: p.text(3), Head: fmt.Sprintf("%s/change-%d", author, p.rng.IntN(1e6))}
	if p.rng.IntN(12) == 0 {
		s.Author, s.Title, s.Labels = "renovate[bot]", "Bump "+p.pick(areas)+" to v2", []string{"dependencies"}
	}
	// Most pull requests refer to a recent issue, some close it.
	if open := p.open[repo]; len(open) > 0 && p.rng.IntN(10) < 7 {
		i := p.rng.IntN(len(open))
		verb := []string{"Closes", "Fixes", "See", "Part of"}[p.rng.IntN(4)]
		s.Body += fmt.Sprintf("\n\n%s #%d", verb, open[i])
		p.open[repo] = append(open[:i:i], open[i+1:]...)
	}
	for i := range 1 + p.rng.IntN(4) {
		made := at.Add(-time.Duration(60*(4-i)) * time.Minute)
		s.Commits = append(s.Commits, p.commitSpec(author, p.title(), made))
	}
	n := p.w.OpenPull(at, repo, s)
	for range p.rng.IntN(3) {
		at = p.soon(at, end)
		reviewer := p.pick(p.people)
		p.w.Review(at, repo, n, ReviewSpec{Author: reviewer, State: []string{"APPROVED", "COMMENTED", "CHANGES_REQUESTED"}[p.rng.IntN(3)]})
		if p.rng.IntN(2) == 0 {
			p.w.ReviewComment(at, repo, n, reviewer, p.pick(areas)+"/doc.md", p.text(1))
		}
	}
	for range p.rng.IntN(3) {
		at = p.soon(at, end)
		p.w.Comment(at, repo, n, p.pick(p.people), p.text(1))
	}
	at = p.soon(at, end)
	switch p.rng.IntN(12) {
	case 0: // stays open
	case 1:
		p.w.CloseIssue(at, repo, n, author, "")
	default:
		method := []MergeMethod{Squash, Squash, Merge, Rebase}[p.rng.IntN(4)]
		p.w.MergePull(at, repo, n, p.pick(p.people), method)
	}
}
