package connectors

import (
	"regexp"
	"strings"
)

// Titles are kept as they were written, but for what names people in a way that
// machines read: the people behind these could be looked up by anybody.
var (
	// address is an e-mail address, also in angle brackets.
	address = regexp.MustCompile(`<?[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+>?`)
	// marked is a mention in the markup of Slack or Jira.
	marked = regexp.MustCompile(`<[@!][^>]*>|\[~[^\]]*\]`)
	// mention is a mention on GitHub. What is scoped, as @types/node, is a team
	// or a package, and stays.
	mention = regexp.MustCompile(`(^|[^\pL\pN_/@.])@([\pL\pN][\pL\pN_-]*)(/?)`)
	// fork is where a merge came from: owner and branch, or a repository.
	fork = regexp.MustCompile(`^(Merge (?:pull request|branch|remote-tracking branch|tag)\b.*?) (?:from|of) \S+`)
	// path is what stands before the last part of a branch in the title of a
	// merge. Many put their login there.
	path = regexp.MustCompile(`'[^'\s]*/`)
)

// nobody stands where somebody was mentioned.
const nobody = "@…"

// unnamed takes the mentions of people out of a title: addresses, mentions, and
// of merges the owner of the fork and the path of the branch. A name that was
// typed as a word like any other stays, as nobody can tell that it is one.
func unnamed(title string) string {
	if strings.HasPrefix(title, "Merge ") {
		title = path.ReplaceAllString(fork.ReplaceAllString(title, "$1"), "'")
	}
	if !strings.ContainsAny(title, "@~<") {
		return title
	}
	title = address.ReplaceAllString(marked.ReplaceAllString(title, nobody), nobody)
	return mention.ReplaceAllStringFunc(title, func(found string) string {
		if strings.HasSuffix(found, "/") {
			return found
		}
		before, _, _ := strings.Cut(found, "@")
		return before + nobody
	})
}
