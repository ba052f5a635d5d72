package refs

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/workdrift/workdrift/store"
)

// maxInputWords is up to what number of words AttrWords tells descriptions apart.
const maxInputWords = 200

// Inputs sets what a ticket gives to begin work with: AttrWords, AttrCriteria and
// AttrAssigned. Criteria may be known from elsewhere than the description.
func Inputs(attrs map[string][]string, description string, criteria, assigned bool) {
	words := 0
	for _, t := range Terms(description) {
		words += t.Count
	}
	answer := map[bool]string{true: "yes", false: "no"}
	attrs[store.AttrWords] = []string{strconv.Itoa(min(words, maxInputWords))}
	attrs[store.AttrCriteria] = []string{answer[criteria || Criteria(description)]}
	attrs[store.AttrAssigned] = []string{answer[assigned]}
}

// titles are what acceptance criteria are headed by.
var titles = []string{"acceptance criteria", "acceptance criterion", "acceptance tests", "definition of done", "done when",
	"akzeptanzkriterien", "critères d'acceptation", "criterios de aceptación"}

// Criteria reports whether a text says when its work is done: a box to tick, or a
// line that heads acceptance criteria with something below it. What a template
// left empty is nothing, and neither is what is in a block of code or a comment.
func Criteria(text string) bool {
	headed, comment, fence := false, false, false
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			fence = !fence
			continue
		}
		if fence {
			continue
		}
		line, comment = uncomment(line, comment)
		line = strings.TrimSpace(line)
		switch rest, title := heads(line); {
		case line == "":
		case isBox(line), title && rest != "":
			return true
		case title:
			headed = true
		case isHeading(line):
			headed = false
		case headed && !strings.EqualFold(strings.Trim(line, "_*. "), "no response"): // of a form that was not filled in
			return true
		}
	}
	return false
}

// heads reports whether a line is the title of acceptance criteria, and returns
// what follows on it after a colon.
func heads(line string) (rest string, title bool) {
	line = strings.ToLower(plain(line))
	for _, t := range titles {
		after, ok := strings.CutPrefix(line, t)
		if !ok {
			continue
		}
		after = strings.TrimLeft(after, "*_ ")
		if after == "" {
			return "", true
		}
		if after, ok = strings.CutPrefix(after, ":"); ok {
			return strings.Trim(after, "*_ "), true
		}
	}
	return "", false
}

// plain takes away what makes a line a heading or bold: "## ", "h3. ", "**".
func plain(line string) string {
	if len(line) > 3 && line[0] == 'h' && '1' <= line[1] && line[1] <= '6' && line[2] == '.' {
		line = line[3:]
	}
	return strings.TrimFunc(line, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("#*_", r) })
}

// isHeading reports whether a line is a heading in Markdown or Jira's markup.
func isHeading(line string) bool {
	return strings.HasPrefix(line, "#") && strings.TrimLeft(line, "#") != "" && strings.HasPrefix(strings.TrimLeft(line, "#"), " ") ||
		len(line) > 3 && line[0] == 'h' && '1' <= line[1] && line[1] <= '6' && line[2] == '.'
}

// isBox reports whether a line is a box to tick with something to do.
func isBox(line string) bool {
	line, ok := strings.CutPrefix(strings.TrimLeft(line, "-*+ "), "[")
	if !ok || len(line) < 2 || !strings.Contains(" xX", line[:1]) {
		return false
	}
	rest, ok := strings.CutPrefix(line[1:], "]")
	return ok && strings.HasPrefix(rest, " ") && strings.TrimSpace(rest) != ""
}
