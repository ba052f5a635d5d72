package fake

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// linkStyle is how a pull request says what it is for.
type linkStyle int

const (
	byTitle    linkStyle = iota // "PAY-12: …"
	byBrackets                  // "[PAY-12] …"
	byKeyword                   // "Fixes PAY-12" in the description
	byBranch                    // "feature/PAY-12-…"
	byLabel                     // the objective's label, and a mention
	byPath                      // nothing but the files it touches
)

// methods is how each repository merges; the others squash.
var methods = map[string]MergeMethod{
	"harbourline/checkout": Squash, "harbourline/billing": Squash, "harbourline/platform": Merge,
	"harbourline/partner-api": Squash, "harbourline/search": Rebase, "harbourline/web": Squash,
	"harbourline/mobile": Merge, assistant: Squash,
}

var libraries = []string{"golang.org/x/net", "lodash", "okhttp", "grpc", "zap", "react", "postgres-driver"}

// themes are what titles are made of: what is done, and to what.
var themes = map[Focus][2][]string{
	onLatency: {{"Cache", "Parallelise", "Trim", "Measure", "Precompute"},
		{"fare lookup", "the payment handshake", "seat locks", "basket pricing", "the availability query"}},
	onResidency: {{"Move", "Replicate", "Encrypt", "Route", "Audit"},
		{"passenger records to Frankfurt", "invoices within the region", "backups in the region", "log shipping", "the key store"}},
	onBilling: {{"Add", "Let operators change", "Show", "Test", "Explain"},
		{"plan switching", "invoices in the account page", "seat packages", "payment methods", "prorated credits"}},
	onPartners: {{"Define", "Version", "Sandbox", "Document", "Throttle"},
		{"the booking resource", "agency tokens", "the quote endpoint", "webhooks for agencies", "cancellation rules"}},
	onOnboarding: {{"Shorten", "Prefill", "Skip", "Measure", "Redraw"},
		{"the sign-up form", "the passport scan", "the first-ticket tour", "the harbour picker", "the permission screens"}},
	onSearch: {{"Tune", "Train", "Weigh", "Compare", "Sample"},
		{"the ranking of crossings", "synonyms of harbours", "price against duration", "click models", "the relevance set"}},
	RunWork: {{"Fix", "Mitigate", "Restart", "Rotate", "Unblock"},
		{"failing bookings", "the stuck queue", "expired certificates", "disk pressure", "duplicate charges"}},
	Unlinked: {{"Try", "Rework", "Prototype", "Tidy", "Polish"},
		{"the staff dashboard", "new colour tokens", "the seating animation", "a faster build", "the report generator"}},
	SideJob: {{"Teach the assistant", "Prompt", "Embed", "Evaluate", "Stream"},
		{"timetable questions", "refund answers", "chat history", "voice replies", "the model router"}},
	NonGoal: {{"Experiment with", "Launch", "Split-test", "Personalise", "Nudge with"},
		{"the referral banner", "in-app upsell", "trial reminders", "the invite loop", "the upgrade badge"}},
}

// offPaths is where work goes that no objective's path matches.
var offPaths = map[Focus]string{
	RunWork: "ops/", Unlinked: "tools/", SideJob: "agent/", NonGoal: "experiments/",
}

// newTask starts a task for a person.
func (s *Story) newTask(p *person) *task {
	t := &task{focus: s.choose(p), by: p, left: 1 + s.rng.IntN(3), begun: s.day}
	if t.focus == RunWork {
		t.left = 1 // an incident is over by the evening
	}
	for _, g := range s.goals {
		if g.focus == t.focus {
			t.goal = g
		}
	}
	if s.rng.IntN(12) == 0 {
		for _, mate := range s.cast {
			if mate != p && mate.team == p.team && s.rng.IntN(3) == 0 {
				t.pair = mate
			}
		}
	}
	t.repo = s.repoFor(t)
	verb, thing := s.rng.IntN(5), s.rng.IntN(5)
	t.spec = PullSpec{Author: p.login, Title: s.titled(t.focus, verb, thing), Body: s.why(t, verb, thing)}
	t.spec.Head = slug(p.login[:strings.IndexByte(p.login, '-')] + "/" + t.spec.Title)
	if s.maybeRevert(t); t.undoes != "" {
		t.style = byPath
	} else if t.goal != nil {
		t.style = []linkStyle{
			byTitle, byTitle, byTitle, byTitle, byBrackets, byKeyword, byBranch, byBranch, byLabel, byPath,
		}[s.rng.IntN(10)]
	}
	return t
}

// repoFor picks where a task is done: the objective's repositories, the side
// project's own, or one of the team's that no objective owns as a whole.
func (s *Story) repoFor(t *task) string {
	switch {
	case t.goal != nil:
		if _, ok := t.goal.dirs["harbourline/web"]; ok && t.by.team == "growth" {
			return "harbourline/web"
		}
		if _, ok := t.goal.dirs["harbourline/billing"]; ok && s.rng.IntN(3) == 0 {
			return "harbourline/billing"
		}
		return t.goal.home
	case t.focus == SideJob && s.week() >= assistantWeek:
		return assistant
	}
	return map[string]string{
		"platform": "harbourline/platform", "payments": "harbourline/checkout", "growth": "harbourline/web", "mobile": "harbourline/mobile",
	}[t.by.team]
}

// maybeRevert turns the work on an objective into the revert of something that
// was merged for it lately.
func (s *Story) maybeRevert(t *task) {
	if t.goal == nil || s.rng.IntN(40) > 0 {
		return
	}
	for _, old := range s.recent {
		if old.focus == t.focus && old.repo == t.repo && old.undoes == "" && old.sha != "" {
			t.undoes, t.left = old.sha, 1
			t.spec.Title = fmt.Sprintf("Revert %q", old.spec.Title)
			t.spec.Body = fmt.Sprintf("Reverts %s", key(old.repo, old.number))
			t.spec.Head = fmt.Sprintf("revert-%d-%s", old.number, slug(old.spec.Head))
		}
	}
}

// commitOf makes one commit of a task.
func (s *Story) commitOf(t *task, at time.Time) CommitSpec {
	verbs, things := themes[t.focus][0], themes[t.focus][1]
	dir := offPaths[t.focus]
	if t.goal != nil {
		dir = t.goal.dirs[t.repo]
	}
	name := slug(things[s.rng.IntN(len(things))])
	c := CommitSpec{
		Author: t.by.login, Message: verbs[s.rng.IntN(len(verbs))] + " " + strings.ReplaceAll(name, "-", " "),
		Authored: at, Committed: at, Files: []string{dir + name + ".go", dir + name + "_test.go"},
	}
	if t.undoes != "" {
		c.Message = t.spec.Title + "\n\nThis reverts commit " + t.undoes + "."
	}
	if t.pair != nil {
		c.CoAuthors = []string{t.pair.login}
	}
	return c
}

// key is how people name a pull request.
func key(repo string, number int) string { return repo + "#" + strconv.Itoa(number) }

// slug makes a branch or file name of a title.
func slug(title string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '/':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, title), "-")
}
