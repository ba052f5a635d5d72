// Package refs finds references in text: ticket keys, numbers of issues and
// pull requests, commits, objectives.
//
// It knows no project. Whatever has the shape of a ticket key is kept ("UTF-8"
// has it too) and readers drop the keys of projects that do not exist, so a
// project that becomes known later needs no new fetch.
//
// What a reference means depends on where it stands. Keys that lead a title
// (the keys a merge brings in and the keys a revert takes back included) are
// what the work implements; a closing keyword directly before a reference
// closes it; everything else is a mention. A key that is implemented, closed
// or part of something is not listed as a mention as well.
//
// Where a function takes a repository it is spelled [HOST/]OWNER/NAME, as the
// gh command does; the host is github.com unless it is given. Keys of issues
// and pull requests are "owner/name#12", of commits "owner/name@<40 hex
// digits>", of objectives "objective:<id>", of Slack threads the path of their
// permalink, "archives/C012AB3CD/p1712345678000100". Without a repository "#12" means
// nothing and is left out.
//
// All functions are pure and take time linear in the length of their input.
package refs

import (
	"strings"

	"github.com/workdrift/workdrift/store"
)

// The most links one item gets. Mentions have their own limit, so that a long
// list of them cannot push out what an item implements or closes.
const (
	maxMentions = 100
	maxStrong   = 100
)

// Commit returns the references of a commit message. The pull request that
// carried the commit becomes part_of: the number in "Merge pull request #12"
// and in a "(#12)" that ends the subject. Where neither is there, it is also
// the number in "This closes #12", "PR Close #12", "Closes #12 from
// owner/branch" and "Close owner/name#12", which projects write when they
// land a pull request by hand.
func Commit(repo, subject, body string) []store.Link {
	f := newFinder(repo)
	f.commit = true
	subject = strings.TrimSpace(subject)
	if number, branch, ok := merged(subject); ok {
		f.setOwn(number)
		f.branch(branch)
		f.title(firstLine(body))
	} else {
		f.setOwn(squashSuffix(subject))
	}
	f.title(subject)
	f.text(subject, true)
	f.text(body, true)
	return f.links()
}

// Change returns the references of a pull request. A key that starts a
// segment of the head branch is implemented; a number that starts its last
// segment is mentioned. closes tells whether closing keywords count, which
// they do when the pull request targets the default branch; otherwise what
// they name is mentioned.
func Change(repo, title, body, branch string, closes bool) []store.Link {
	f := newFinder(repo)
	title = strings.TrimSpace(title)
	f.title(title)
	f.branch(branch)
	f.text(title, closes)
	f.text(body, closes)
	return f.links()
}

// Ticket returns the references of an issue. Closing keywords mean nothing
// there.
func Ticket(repo, title, body string) []store.Link {
	f := newFinder(repo)
	f.title(strings.TrimSpace(title))
	f.text(title, false)
	f.text(body, false)
	return f.links()
}

// Comment returns the references of a comment or message, all as mentions.
func Comment(repo, text string) []store.Link {
	f := newFinder(repo)
	f.text(text, false)
	return f.links()
}

// A finder collects the links of one item.
type finder struct {
	host, repo string
	commit     bool
	own        string // key of the commit's own pull request
	found      []store.Link
	seen       map[store.Link]bool
	strong     map[string]bool // keys with a link that is more than a mention
	mentions   int
}

func newFinder(repo string) *finder {
	f := &finder{host: "github.com", seen: map[store.Link]bool{}, strong: map[string]bool{}}
	switch strings.Count(repo, "/") {
	case 1:
		f.repo = repo
	case 2:
		f.host, f.repo, _ = strings.Cut(repo, "/")
		f.host = strings.ToLower(f.host)
	}
	return f
}

func (f *finder) add(kind store.LinkKind, key string) {
	l := store.Link{Kind: kind, Key: key}
	if key == "" || f.seen[l] {
		return
	}
	if kind == store.LinkMentions {
		if f.mentions == maxMentions {
			return
		}
		f.mentions++
	} else {
		if len(f.found)-f.mentions == maxStrong {
			return
		}
		f.strong[key] = true
	}
	f.seen[l] = true
	f.found = append(f.found, l)
}

// links returns what was found, without mentions of keys that have a stronger
// link, and without closing what is implemented ("fix: PAY-7 x" says so once)
// or what the commit is part of.
func (f *finder) links() []store.Link {
	kept := f.found[:0]
	for _, l := range f.found {
		switch {
		case l.Kind == store.LinkMentions && f.strong[l.Key]:
		case l.Kind == store.LinkCloses && (f.seen[store.Link{Kind: store.LinkPartOf, Key: l.Key}] ||
			f.seen[store.Link{Kind: store.LinkImplements, Key: l.Key}]):
		default:
			kept = append(kept, l)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// number returns the key of an issue or pull request of the own repository.
func (f *finder) number(digits string) string {
	if f.repo == "" || !isNumber(digits) {
		return ""
	}
	return f.repo + "#" + digits
}

// inRepo spells a repository as the caller does when it is the own one:
// GitHub ignores letter case in names, keys do not.
func (f *finder) inRepo(name string) string {
	if strings.EqualFold(name, f.repo) {
		return f.repo
	}
	return name
}

func (f *finder) setOwn(digits string) {
	if f.own = f.number(digits); f.own != "" {
		f.add(store.LinkPartOf, f.own)
	}
}

func firstLine(s string) string {
	s = strings.TrimLeft(s, "\r\n\t ")
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}
