package brief

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
)

// What Slack takes: https://docs.slack.dev/reference/block-kit/blocks says how
// much of each.
const (
	maxBlocks = 50
	maxHeader = 150  // characters of a header
	maxText   = 3000 // characters of any other text
)

// Slack writes the brief as blocks, and as the text of notifications. What others
// wrote stands in plain_text objects, which know no mentions, links or
// formatting; the rest is escaped.
func (b *Brief) Slack() (text string, blocks []slack.Block) {
	var m message
	m.add(slack.NewHeaderBlock(plain(b.Title, maxHeader)))
	if len(b.Quality) > 0 {
		m.list(":warning: *Before you read on*", lines(b.Quality))
	}
	if len(b.Figures) > 0 {
		m.list("", figureTexts(b.Figures))
	}
	if b.drawn() {
		m.markup("```\n" + b.sketch() + "```")
	}
	if len(b.Points) > 0 {
		var list []string
		for i, p := range b.Points {
			list = append(list, fmt.Sprintf("%d. %s\n    %s", i+1, p.Text, p.Question))
		}
		m.list("*To talk about*", list)
	}
	for _, s := range b.sections() {
		m.list("*"+s.name+"*", s.lines)
	}
	m.add(slack.NewDividerBlock())
	if b.base != "" {
		m.add(slack.NewContextBlock("", markup(fmt.Sprintf("<%s|The whole brief>", escape(b.base+b.Page())))))
	}
	m.add(slack.NewContextBlock("", plain(strings.Join(b.Provenance, " "), maxText)))
	return b.notice(), m.blocks[:min(len(m.blocks), maxBlocks)]
}

// notice is what a notification shows: nothing that others wrote.
func (b *Brief) notice() string {
	text := b.Title
	for _, f := range b.Figures[:min(len(b.Figures), 2)] {
		text += fmt.Sprintf("; %s: %s", strings.ToLower(f.Name), f.Text)
	}
	if len(b.Quality) > 0 {
		text += "; see what is missing"
	}
	return escape(text)
}

// A message gathers blocks.
type message struct{ blocks []slack.Block }

func (m *message) add(block slack.Block) { m.blocks = append(m.blocks, block) }

// markup adds our own text with formatting.
func (m *message) markup(text string) {
	m.add(slack.NewSectionBlock(markup(text), nil, nil))
}

// list adds lines below a heading, which is ours.
func (m *message) list(heading string, list []string) {
	if heading != "" {
		m.markup(heading)
	}
	if len(list) > 0 {
		m.add(slack.NewSectionBlock(plain(strings.Join(list, "\n"), maxText), nil, nil))
	}
}

func markup(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, cut(text, maxText), false, true)
}

// plain is text that is shown as it is. Angle brackets, which begin mentions and
// links elsewhere, become those of quotations.
func plain(text string, limit int) *slack.TextBlockObject {
	text = strings.NewReplacer("<", "‹", ">", "›").Replace(text)
	return slack.NewTextBlockObject(slack.PlainTextType, cut(text, limit), false, false)
}

// cut shortens a text to so many characters.
func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// escape writes what Slack reads as markup as text.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func lines(list []Line) (out []string) {
	for _, l := range list {
		out = append(out, "• "+l.Text)
	}
	return out
}

func figureTexts(list []Figure) (out []string) {
	for _, f := range list {
		text := f.Name + ": " + f.Text
		if f.Delta != "" {
			text += " (" + f.Delta + against + ")"
		}
		out = append(out, text+". "+f.Meaning)
	}
	return out
}

// against follows a comparison with the past.
const against = " than in the 4 weeks before"

// A section is a list below a heading.
type section struct {
	name  string
	lines []string
}

// sections are the lists of an edition, as lines of text.
func (b *Brief) sections() (out []section) {
	add := func(name string, more int, list []string) {
		if more > 0 {
			list = append(list, fmt.Sprintf("… and %d more", more))
		}
		if len(list) > 0 {
			out = append(out, section{name, list})
		}
	}
	var list []string
	for _, o := range b.Objectives.List {
		list = append(list, fmt.Sprintf("%d. %s: %s", o.Rank, o.Title, objectiveText(&o)))
	}
	add("Objectives", b.Objectives.More, list)
	list = nil
	for _, c := range b.Candidates.List {
		list = append(list, fmt.Sprintf("• %s (%s): %s, %s. Last decision: %s. Kept alive by: %s", c.Name, c.Kind, c.Effort, c.Age, c.Decision, strings.Join(c.Alive, "; ")))
	}
	add("What could end", b.Candidates.More, list)
	list = nil
	for _, d := range b.Decisions {
		list = append(list, fmt.Sprintf("• %s: %s. Since then: %s", findings.ShortDate(d.Day), d.Text, d.Since))
	}
	add("Decided before", 0, list)
	list = nil
	for _, s := range b.Streams.List {
		list = append(list, fmt.Sprintf("• %s: %s", s.Name, s.Text))
	}
	add("Largest parts of the shadow roadmap", b.Streams.More, list)
	list = nil
	for _, c := range b.Changes.List {
		list = append(list, fmt.Sprintf("• %s, %s: %s", findings.ShortDate(c.Day), c.Kind, c.Text))
	}
	add("What changed (what stands together coincides)", b.Changes.More, list)
	list = nil
	for _, t := range b.Teams.List {
		list = append(list, fmt.Sprintf("• %s: %s", t.Team, teamText(&t)))
	}
	add("Teams beside their own past, effort on the top priorities", b.Teams.More, list)
	return out
}

// objectiveText is an objective in one line.
func objectiveText(o *Objective) string {
	text := told(o.Share) + " of the effort"
	if o.Declared.Known() {
		text += fmt.Sprintf(", declared %s", findings.Percent(o.Declared))
	}
	if o.Delta != "" {
		text += ", " + o.Delta + against
	}
	if o.Reported.Known() && o.Observed.Known() {
		text += fmt.Sprintf("; reported %s sure, the evidence says %s", findings.Percent(o.Reported), findings.Percent(o.Observed))
	}
	if len(o.Notes) > 0 {
		text += "; " + strings.Join(o.Notes, ", ")
	}
	return text
}

// teamText is a team in one line.
func teamText(t *Team) string {
	switch {
	case t.Reason != "":
		return "not told: " + t.Reason
	case t.Delta == "":
		return told(t.Top)
	}
	return told(t.Top) + ", " + t.Delta + against
}
