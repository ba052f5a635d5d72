package fake

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	// closer is a closing keyword with the one reference it applies to.
	closer = regexp.MustCompile(`(?i)(?:^|[^\w/-])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?[ \t]+` +
		`(?:https?://[^\s/]+/([\w.-]+/[\w.-]+)/issues/(\d+)|([\w.-]+/[\w.-]+)?#(\d+)|GH-(\d+))\b`)
	// unread is the text in which GitHub looks for no references.
	unread = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`|<!--.*?-->")
)

// references returns the issues that a text closes, in order, once each.
func (w *World) references(r *repo, text string) []*issue {
	var out []*issue
	// Most texts name nothing, and the expressions are slow.
	if !strings.Contains(text, "#") && !strings.Contains(text, "/issues/") && !strings.Contains(strings.ToLower(text), "gh-") {
		return nil
	}
	if strings.Contains(text, "`") || strings.Contains(text, "<!--") {
		text = unread.ReplaceAllString(text, " ")
	}
	for _, m := range closer.FindAllStringSubmatch(text, -1) {
		name := cmp.Or(m[1], m[3], r.full())
		number, _ := strconv.Atoi(cmp.Or(m[2], m[4], m[5]))
		target, err := w.repo(name)
		if err != nil || target.revoked {
			continue
		}
		is := target.byNumber[number]
		if is != nil && is.movedTo != nil {
			is = is.movedTo
		}
		if is != nil && is.pull == nil && !is.deleted && !slices.Contains(out, is) {
			out = append(out, is)
		}
	}
	return out
}

// closing returns the issues that a pull request closes once merged: those
// linked by hand, and those named by keyword when it targets the default
// branch.
func (w *World) closing(is *issue) []*issue {
	var out []*issue
	if is.pull.baseRef == is.repo.defaultBranch {
		out = w.references(is.repo, is.body)
	}
	for _, linked := range is.pull.linked {
		if !slices.Contains(out, linked) && !linked.deleted && linked.movedTo == nil {
			out = append(out, linked)
		}
	}
	return out
}

// closeByKeyword closes what the message of a commit on the default branch
// says it closes.
func (w *World) closeByKeyword(at time.Time, r *repo, message string, by *user) {
	for _, is := range w.references(r, message) {
		if is.closed.IsZero() {
			is.repo.rev++
			is.close(at, by, "completed")
		}
	}
}

// Closes returns the keys of the issues that a pull request closes once
// merged, "acme/api#12".
func (w *World) Closes(name string, number int) (keys []string) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if r, err := w.repo(name); err == nil && r.byNumber[number] != nil && r.byNumber[number].pull != nil {
		for _, is := range w.closing(r.byNumber[number]) {
			keys = append(keys, is.key())
		}
	}
	return keys
}

func (is *issue) key() string { return fmt.Sprintf("%s#%d", is.repo.full(), is.number) }
