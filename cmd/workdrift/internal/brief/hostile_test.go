package brief

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/hostile"
	"github.com/workdrift/workdrift/scoring"
)

// withTexts puts texts wherever others write: titles, names of places and teams,
// reasons of decisions.
func withTexts(t *testing.T, name string, next func() string) *Brief {
	t.Helper()
	in := readInput(t, name)
	for _, r := range []*scoring.Report{in.Report, in.Before} {
		for i := range r.Objectives {
			r.Objectives[i].Title = next()
		}
	}
	for i := range in.Streams.List {
		s := &in.Streams.List[i]
		s.Name, s.Title, s.By = next(), "", "epic"
		s.Items[0].OwnedBy = []string{next()}
	}
	for i := range in.Report.Windows[0].Teams {
		in.Report.Windows[0].Teams[i].Team = next()
	}
	for i := range in.Overrides {
		in.Overrides[i].Why = next()
	}
	return Make(in)
}

// No text of the corpus changes what a brief is made of, in any format.
func TestNothingBreaksOut(t *testing.T) {
	texts, err := hostile.Texts()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ordinary-week", "kill-session"} {
		want := shapeOf(t, withTexts(t, name, func() string { return "plain" }))
		for i := 0; i < len(texts); {
			first := i
			b := withTexts(t, name, func() string {
				text := texts[i%len(texts)]
				i++
				if clean(text) == "" {
					return "plain" // nothing is left of it, and titles have others then
				}
				return text
			})
			if got := shapeOf(t, b); got != want {
				t.Errorf("%s with the texts %q:\n%s\nwant\n%s", name, texts[first:min(i, len(texts))], got, want)
			}
		}
	}
}

// shapeOf is what is left of a brief when the texts of others are taken away. Of
// Slack it also checks the limits.
func shapeOf(t *testing.T, b *Brief) string {
	t.Helper()
	source, err := b.HTML()
	if err != nil {
		t.Fatal(err)
	}
	page, err := hostile.Parse(string(source))
	if err != nil {
		t.Fatal(err)
	}
	shape := strings.Join(page.Outline(), "\n") + "\n" + markupOf(b.Markdown())
	text, blocks := b.Slack()
	if len(blocks) > 50 {
		t.Errorf("%d blocks", len(blocks))
	}
	shape += "\n" + text
	for _, block := range blocks {
		for _, o := range textsOf(block) {
			limit := 3000
			if block.BlockType() == slack.MBTHeader {
				limit = 150
			}
			if n := utf8.RuneCountInString(o.Text); n == 0 || n > limit {
				t.Errorf("a %s has %d characters", block.BlockType(), n)
			}
			shape += fmt.Sprintf("\n%s %s %t", block.BlockType(), o.Type, o.Verbatim)
			if o.Type == slack.MarkdownType {
				shape += " " + o.Text // ours alone
			} else if strings.ContainsAny(o.Text, "<>") || o.Emoji != nil && *o.Emoji {
				t.Errorf("plain text %q", o.Text)
			}
		}
	}
	return shape
}

func textsOf(block slack.Block) (list []*slack.TextBlockObject) {
	switch b := block.(type) {
	case *slack.HeaderBlock:
		list = append(list, b.Text)
	case *slack.SectionBlock:
		list = append(list, b.Text)
	case *slack.ContextBlock:
		for _, e := range b.ContextElements.Elements {
			list = append(list, e.(*slack.TextBlockObject))
		}
	}
	return list
}

// markupOf is the markup of a Markdown text, line by line.
func markupOf(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		var b strings.Builder
		escaped := false
		for i, r := range line {
			switch {
			case escaped:
				escaped = false
				continue
			case r == '\\':
				escaped = true
			case r == '&':
				if rest := line[i:]; !slices.ContainsFunc([]string{"&amp;", "&lt;", "&gt;"}, func(e string) bool { return strings.HasPrefix(rest, e) }) {
					b.WriteRune(r)
				}
			case r == '@':
				if !strings.HasPrefix(line[i:], "@\u2060") {
					b.WriteRune(r)
				}
			case strings.ContainsRune("[]<>`*_|~#!\u202e", r):
				b.WriteRune(r)
			}
		}
		out = append(out, b.String())
	}
	return strings.Join(out, "\n")
}
