package refs

import (
	"strings"

	"github.com/workdrift/workdrift/store"
)

func hasScheme(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// urlLen returns the length of the address that s starts with, without the
// punctuation that ends a sentence.
func urlLen(s string) int {
	n := strings.IndexAny(s, " \t<>\"'`)]}|")
	if n < 0 {
		n = len(s)
	}
	return len(strings.TrimRight(s[:n], ".,;:!?*_"))
}

// url adds what the address s[i:end] names: an issue, pull request or commit
// on the host of the repository, or a ticket of some tracker. Words of other
// addresses are no references.
func (f *finder) url(s string, i, end int, closing bool, kw keyword) {
	_, rest, _ := strings.Cut(s[i:end], "://")
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	parts := strings.SplitN(rest, "/", 6)
	host := strings.ToLower(parts[0])
	if (host == f.host || host == "www."+f.host) && len(parts) >= 5 && isRepo(parts[1]+"/"+parts[2]) {
		name := f.inRepo(parts[1] + "/" + parts[2])
		switch id := parts[4]; {
		case (parts[3] == "issues" || parts[3] == "pull") && isNumber(id):
			// A comment is not the issue: a keyword before it closes nothing.
			f.reference(s, i, end, name+"#"+id, true, closing && fragment == "", kw)
		case parts[3] == "commit" && isSHA(id):
			f.add(store.LinkMentions, name+"@"+id)
		}
		return
	}
	if key := threadKey(host, parts, query); key != "" {
		f.add(store.LinkMentions, key)
		return
	}
	if key := trackerKey(rest, query); key != "" {
		if closing && kw.until == i {
			f.add(store.LinkCloses, key)
			return
		}
		f.add(store.LinkMentions, key)
	}
}

// threadKey returns the key of the Slack thread that a permalink leads into:
// "archives/C012AB3CD/p1712345678000100", the path of the permalink of its first
// message. The permalink of a reply names that message in its query.
func threadKey(host string, parts []string, query string) string {
	if !strings.HasSuffix(host, ".slack.com") || len(parts) < 4 || parts[1] != "archives" || !isChannel(parts[2]) {
		return ""
	}
	root, _ := strings.CutPrefix(parts[3], "p")
	if _, rest, ok := strings.Cut("&"+query, "&thread_ts="); ok {
		root, _, _ = strings.Cut(rest, "&")
		root = strings.Replace(root, ".", "", 1)
	}
	if len(root) != 16 || strings.Trim(root, "0123456789") != "" {
		return ""
	}
	return "archives/" + parts[2] + "/p" + root
}

// isChannel reports whether s has the form of the id of a Slack channel.
func isChannel(s string) bool {
	return len(s) > 1 && len(s) <= maxProject && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// trackerKey returns the ticket key of a tracker's address: /browse/PAY-7,
// /issue/PAY-7, /issues/PAY-7 or selectedIssue=PAY-7.
func trackerKey(path, query string) string {
	for _, word := range []string{"/browse/", "/issue/", "/issues/"} {
		if _, rest, ok := strings.Cut(path, word); ok {
			key, _, _ := strings.Cut(rest, "/")
			if isKey(key) {
				return key
			}
		}
	}
	if _, rest, ok := strings.Cut(query, "selectedIssue="); ok {
		if key, _, _ := strings.Cut(rest, "&"); isKey(key) {
			return key
		}
	}
	return ""
}
