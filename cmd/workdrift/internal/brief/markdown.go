package brief

import (
	"fmt"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// Markdown writes the brief as Markdown with the tables of GitHub. What others
// wrote cannot form links, tags, tables or mentions.
func (b *Brief) Markdown() string {
	m := &markdown{base: b.base}
	fmt.Fprintf(m, "# %s\n", quote(b.Title))
	if len(b.Quality) > 0 {
		fmt.Fprintf(m, "\n> **Before you read on**\n>\n")
		for _, l := range b.Quality {
			fmt.Fprintf(m, "> - %s\n", m.link(l.Text, l.Path))
		}
	}
	m.figures(b)
	if b.drawn() {
		fmt.Fprintf(m, "\n```text\n%s```\n", b.sketch())
	}
	if len(b.Points) > 0 {
		m.heading("To talk about")
		for i, p := range b.Points {
			fmt.Fprintf(m, "%d. %s *%s*\n", i+1, m.link(p.Text, p.Path), quote(p.Question))
		}
	}
	m.objectives(b)
	m.candidates(b)
	m.lists(b)
	m.WriteString("\n---\n\n")
	for _, text := range b.Provenance {
		fmt.Fprintf(m, "%s\n", quote(text))
	}
	if b.base != "" {
		fmt.Fprintf(m, "%s\n", m.link("This brief as a page.", b.Page()))
	}
	return m.String()
}

type markdown struct {
	strings.Builder
	base string
}

func (m *markdown) heading(text string) { fmt.Fprintf(m, "\n## %s\n\n", text) }

// link writes a text, as a link where pages can be reached.
func (m *markdown) link(text, path string) string {
	if m.base == "" || path == "" {
		return quote(text)
	}
	return fmt.Sprintf("[%s](<%s>)", quote(text), strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C").Replace(m.base+path))
}

func (m *markdown) row(cells ...string) { fmt.Fprintf(m, "| %s |\n", strings.Join(cells, " | ")) }

func (m *markdown) figures(b *Brief) {
	if len(b.Figures) == 0 {
		return
	}
	m.WriteString("\n")
	m.row("", "Now", "Against the 4 weeks before", "What it says")
	m.row("---", "---", "---", "---")
	for _, f := range b.Figures {
		m.row(m.link(f.Name, f.Path), "**"+quote(f.Text)+"**", quote(f.Delta), quote(f.Meaning))
	}
}

func (m *markdown) objectives(b *Brief) {
	if len(b.Objectives.List) == 0 {
		return
	}
	m.heading("Objectives")
	m.row("", "Objective", "Effort", "Declared", "Against the 4 weeks before", "Sure: reported, by evidence", "To be known")
	m.row("---:", "---", "---:", "---:", "---", "---", "---")
	for _, o := range b.Objectives.List {
		m.row(fmt.Sprint(o.Rank), m.link(o.Title, o.Path), told(o.Share), findings.Percent(o.Declared), quote(o.Delta), sure(&o), quote(strings.Join(o.Notes, ", ")))
	}
	m.more(b.Objectives.More)
}

// sure is how likely an objective is reached, by report and by evidence.
func sure(o *Objective) string {
	if !o.Reported.Known() && !o.Observed.Known() {
		return "not known"
	}
	of := func(n scoring.Number) string {
		if !n.Known() {
			return "not known"
		}
		return findings.Percent(n)
	}
	return of(o.Reported) + ", " + of(o.Observed)
}

func (m *markdown) candidates(b *Brief) {
	if b.Edition != KillSession {
		return
	}
	m.heading("What could end")
	if len(b.Candidates.List) == 0 {
		m.WriteString("Nothing of a size worth a look.\n")
	} else {
		m.row("Candidate", "Effort", "Age", "Last decision", "What keeps it alive")
		m.row("---", "---", "---", "---", "---")
		for _, c := range b.Candidates.List {
			m.row(m.link(c.Name, c.Path)+", "+quote(c.Kind), quote(c.Effort), quote(c.Age), quote(c.Decision), quote(strings.Join(c.Alive, "; ")))
		}
		m.more(b.Candidates.More)
	}
	m.heading("Decided before, and what became of it")
	for _, d := range b.Decisions {
		fmt.Fprintf(m, "- %s: %s. Since then: %s.\n", findings.ShortDate(d.Day), m.link(d.Text, d.Path), quote(d.Since))
	}
	if len(b.Decisions) == 0 {
		m.WriteString("No stop was recorded in this month and the one before.\n")
	}
}

func (m *markdown) lists(b *Brief) {
	if len(b.Streams.List) > 0 {
		m.heading("Largest parts of the shadow roadmap")
		for _, s := range b.Streams.List {
			fmt.Fprintf(m, "- %s: %s.\n", m.link(s.Name, s.Path), quote(s.Text))
		}
		m.more(b.Streams.More)
	}
	if b.Edition != Weekly {
		return
	}
	m.heading("What changed")
	for _, c := range b.Changes.List {
		fmt.Fprintf(m, "- %s, %s: %s.\n", findings.ShortDate(c.Day), c.Kind, m.link(c.Text, c.Path))
	}
	if len(b.Changes.List) == 0 {
		m.WriteString(nothingChanged + "\n")
	}
	m.more(b.Changes.More)
	if len(b.Teams.List) > 0 {
		m.heading("Teams, each beside its own past")
		m.row("Team", "Effort on the top priorities")
		m.row("---", "---")
		for _, t := range b.Teams.List {
			m.row(quote(t.Team), quote(teamText(&t)))
		}
		m.more(b.Teams.More)
	}
}

const nothingChanged = "Nothing was declared or decided in the last 4 weeks, and no lasting shift was found."

func (m *markdown) more(n int) {
	if n > 0 {
		fmt.Fprintf(m, "\n… and %d more.\n", n)
	}
}

// quote keeps a text from being read as Markdown. A mention gets an invisible
// character after its sign: where a brief is pasted nobody is to be called.
func quote(text string) string {
	return strings.NewReplacer(
		"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "&", "&amp;",
		"|", "\\|", "~", "\\~", "#", "\\#", "!", "\\!", "://", "\\://", "www.", "www\\.", "@", "@\u2060", "\n", " ",
	).Replace(text)
}
