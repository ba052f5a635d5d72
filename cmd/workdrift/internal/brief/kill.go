package brief

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Candidates are what a kill session may end: what goes on though it ended, what
// little speaks for, and the largest streams that nobody declared.
type Candidates struct {
	List []Candidate `json:"items"`
	More int         `json:"more"`
}

// A Candidate is something that could be stopped.
type Candidate struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Effort, Age and Decision are what it takes, how long it has been there and
	// what was last decided about it, in words.
	Effort   string   `json:"effort"`
	Age      string   `json:"age"`
	Decision string   `json:"last_decision"`
	Alive    []string `json:"kept_alive_by"`
	Path     string   `json:"path"`
}

// A Decision was taken lately, and Since is what became of the work.
type Decision struct {
	Day   scoring.Day `json:"day"`
	Text  string      `json:"text"`
	Since string      `json:"since"`
	Path  string      `json:"path,omitempty"`
}

func (b *Brief) kill(in Input, w *scoring.WindowReport) {
	if w == nil {
		return
	}
	open := w.Org.Status == scoring.OK || w.Org.Status == scoring.Stale
	if open {
		b.stopping(in.Report, w)
	}
	all := findings.CandidatesOf(in.Report, in.Streams, in.History, in.Overrides)
	b.candidates(in.Report, all)
	b.decisions(in, all)
	if open {
		b.killQuestions(in.Report, w, all)
	}
}

// stopping fills in the numbers that the kill session leads with.
func (b *Brief) stopping(r *scoring.Report, w *scoring.WindowReport) {
	stopped := b.figure("Goes on after its end", "/kill-list", w.Org.Score(scoring.ZombieEffort), findings.Percent)
	if stopped.Value.Known() {
		stopped.Meaning = "Of all effort of the last " + findings.Span(w.Label) + " went on for what had ended, a few days of grace apart."
		for _, c := range w.Org.Effort {
			if c.Category == scoring.Stopped && c.Effort > 0 {
				stopped.Meaning = fmt.Sprintf("Of all effort of the last %s, %.0f person-days, went on for what had ended.", findings.Span(w.Label), float64(c.Effort))
			}
		}
	}
	excluded := Figure{Name: "Declared off strategy", Score: "effort", Path: "/shadow", Lower: scoring.Absent(), Upper: scoring.Absent(),
		Value: findings.CategoryShare(&w.Org, scoring.Excluded)}
	excluded.Text, excluded.Meaning = told(excluded.Value), "Of all effort went on where it was declared or decided that none should."
	shadow := b.figure("Shadow roadmap", "/shadow", w.Org.Score(scoring.ShadowEffort), findings.Percent)
	if shadow.Value.Known() {
		shadow.Delta = findings.Delta(b.Weeks, chart.Shadow().Value)
		shadow.Meaning = fmt.Sprintf("Of the work besides run work. Between %s and %s, whatever the unknown work was for.", findings.Percent(shadow.Lower), findings.Percent(shadow.Upper))
	}
	latency := b.figure("From a stop to quiet", "/kill-list", r.Score("stop_latency_restricted_mean"), func(n scoring.Number) string { return fmt.Sprintf("%.0f days", float64(n)/86_400) })
	if latency.Value.Known() {
		latency.Meaning = "On average from a decision until the work is quiet, cut at 28 days, which is a missed session."
	}
	b.Figures = append(b.Figures, stopped, excluded, shadow, latency)
}

// maxDoubtful is how many objectives in doubt are told: the rest of the table is
// for the streams.
const maxDoubtful = 2

// candidates puts first what ended and goes on, then what little speaks for, then
// the streams, the largest first.
func (b *Brief) candidates(r *scoring.Report, all *findings.Candidates) {
	var list []Candidate
	add := func(c *findings.Candidate, kind, age string, alive ...string) {
		list = append(list, Candidate{
			Name: place(c.By, c.Name), Kind: kind, Effort: cmp.Or(c.Effort, "withheld"), Age: age, Decision: cmp.Or(c.Decision, "not known"),
			Alive: alive, Path: c.Path,
		})
	}
	ended := false
	for i := range all.Ended {
		if c := &all.Ended[i]; len(c.Alive) > 0 {
			add(c, "an objective that ended", c.Since, c.Alive...)
			ended = true
		}
	}
	for i := range all.Objectives[:min(len(all.Objectives), maxDoubtful)] {
		c := &all.Objectives[i]
		alive := "it is declared"
		if o := r.Objective(c.ID); o != nil && o.Declared.Known() {
			alive = fmt.Sprintf("declared: priority %d, %s of the effort", o.Rank, findings.Percent(o.Declared))
		}
		add(c, "an objective in doubt: "+strings.Join(c.Alive, ", "), c.Since, alive)
	}
	for i := range all.Streams {
		c := &all.Streams[i]
		if ended && c.Kind == findings.CategoryName(scoring.Stopped.String()) {
			continue // told with the objective that it was for
		}
		if len(c.Alive) == 0 {
			c.Alive = []string{"no open item, no owner"}
		}
		add(c, pieces(c.Works)+" "+c.Kind, c.Since, c.Alive...)
	}
	b.Candidates.More = max(0, len(list)-maxCandidates) + max(0, len(all.Objectives)-maxDoubtful)
	b.Candidates.List = append(b.Candidates.List, list[:min(len(list), maxCandidates)]...)
}

// decisions lists what was decided to end in this period and the one before,
// the newest first, with what became of the work.
func (b *Brief) decisions(in Input, all *findings.Candidates) {
	since := PeriodAt(KillSession, b.From-1).From
	if in.History != nil {
		for _, e := range in.History.Edits {
			if day := scoring.Day(objective.DateOf(e.Known.UTC())); e.State != "" && e.State != objective.Active && day >= since {
				b.Decisions = append(b.Decisions, b.ended(in.Report, all, e.Objective, string(e.State), day))
			}
		}
	}
	for at, list := range findings.Moments(in.Overrides) {
		day := scoring.Day(objective.DateOf(at.When))
		if at.To != scoring.Excluded.String() && at.To != scoring.Stopped.String() || day < since {
			continue
		}
		b.Decisions = append(b.Decisions, Decision{day, fmt.Sprintf("%s off strategy: %s", pieces(len(list)), list[0].Why), b.gone(in.Streams, list, day), "/decisions"})
	}
	slices.SortFunc(b.Decisions, func(a, c Decision) int { return cmp.Or(cmp.Compare(c.Day, a.Day), cmp.Compare(a.Text, c.Text)) })
	b.Decisions = b.Decisions[:min(len(b.Decisions), maxDecisions)]
}

// tooEarly says that the window still holds work from before a decision.
const tooEarly = "too early to tell: the last 28 days hold work from before"

// ended says what became of an objective.
func (b *Brief) ended(r *scoring.Report, all *findings.Candidates, id, state string, day scoring.Day) Decision {
	d := Decision{Day: day, Text: fmt.Sprintf("“%s” %s", id, state), Since: "no work of a size worth a look", Path: findings.ObjectivePath(id)}
	if o := r.Objective(id); o != nil {
		d.Text = fmt.Sprintf("“%s” %s", o.Title, state)
		if o.State == objective.Active {
			d.Since = "active again"
			return d
		}
	}
	for i := range all.Ended {
		if c := &all.Ended[i]; c.ID == id && len(c.Alive) > 0 {
			d.Since = c.Effort
			return d
		}
	}
	if all.Shared != "" {
		d.Since = "not known: work goes on for objectives that ended"
	}
	if b.Day-day < Back {
		d.Since = tooEarly
	}
	return d
}

// gone says what became of works that were declared off strategy.
func (b *Brief) gone(streams *findings.Streams, list []store.Override, day scoring.Day) string {
	switch {
	case b.Day-day < Back:
		return tooEarly
	case streams == nil:
		return "not known"
	}
	for i := range streams.List {
		s := &streams.List[i]
		for _, o := range list {
			if s.Category != scoring.Unknown.String() && slices.Contains(s.Keys, o.Key) {
				return "work goes on there, " + streamText(s)
			}
		}
	}
	return "no work of a size worth a look"
}

// killQuestions asks what the session is for.
func (b *Brief) killQuestions(r *scoring.Report, w *scoring.WindowReport, all *findings.Candidates) {
	add := func(text, question, path string) {
		b.Points = append(b.Points, Point{text, question, path})
	}
	for i := range all.Ended {
		if c := &all.Ended[i]; len(c.Alive) > 0 {
			add(fmt.Sprintf("“%s” is %s; %s, in %s.", c.Name, c.Since, c.Effort, and(c.Alive)), "What is left to finish there, and by which day has it ended?", c.Path)
			break
		}
	}
	for i := range all.Objectives {
		c := &all.Objectives[i]
		add(fmt.Sprintf("“%s”: %s, with %s.", c.Name, strings.Join(c.Alive, ", "), cmp.Or(c.Effort, "an effort that is withheld")), "What would have to be seen by the next session to keep it?", c.Path)
		break
	}
	for i := range all.Streams {
		if c := &all.Streams[i]; c.Kind == findings.CategoryName(scoring.Unknown.String()) {
			add(fmt.Sprintf("%s takes %s, and is declared nowhere.", place(c.By, c.Name), c.Effort), "If it were not there, would it be started today?", c.Path)
			break
		}
	}
	if len(b.Decisions) == 0 {
		text := "No stop was recorded in these two months."
		if s := r.Score(scoring.KillSession); s != nil && s.Value.Known() {
			text = fmt.Sprintf("The last stop was recorded on %s.", dayOfUnix(s.Value))
		}
		add(text, "Is there nothing to end, or no place where it is decided?", "/kill-list")
	}
	b.Points = b.Points[:min(len(b.Points), maxPoints)]
}

func dayOfUnix(n scoring.Number) string {
	return longDate(scoring.Day(int64(n) / 86_400))
}
