package refs

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Subject returns the first line of a commit message that says anything, and
// Body what follows it.
func Subject(message string) string {
	subject, _ := cutMessage(message)
	return subject
}

// Body returns a commit message without its subject.
func Body(message string) string {
	_, body := cutMessage(message)
	return body
}

func cutMessage(message string) (subject, body string) {
	subject, body, _ = strings.Cut(strings.TrimLeft(message, "\r\n\t "), "\n")
	return strings.TrimSpace(subject), strings.TrimSpace(body)
}

// ContentKey returns the key by which a commit is recognised when it was
// rewritten, which a rebase or a cherry-pick does: its hash changes, its
// author, the time the author wrote it, and its subject stay. The key is
// "repo~" and 12 hexadecimal digits of the SHA-256 of the author's address in
// lower case, the author's time in seconds since 1970 and the subject, one a
// line.
func ContentKey(repo, email string, at time.Time, subject string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(email) + "\n" + strconv.FormatInt(at.Unix(), 10) + "\n" + subject))
	return repo + "~" + hex.EncodeToString(sum[:6])
}

// Conventional takes the front of a conventional subject apart: "fix" and
// "build" of "fix(build): x". Both are empty for other subjects; the scope is
// empty where there is none. Ticket keys before it and marks such as "fixup!"
// are skipped. The type comes in lower case, the scope as it is spelled.
func Conventional(subject string) (typ, scope string) {
	s := stripMarks(subject)
	for range 8 {
		_, rest, ok := leadingKey(s)
		if !ok {
			break
		}
		s = strings.TrimLeft(rest, " \t,;&:-]")
	}
	typ, scope, _ = conventional(s)
	return typ, scope
}

// conventional also returns the text after the front.
func conventional(s string) (typ, scope, rest string) {
	n := 0
	for n < len(s) && n < 16 && isWord(s[n]) && !isDigit(s[n]) {
		n++
	}
	word, rest := s[:n], s[n:]
	scoped := strings.HasPrefix(rest, "(")
	if scoped {
		// A scope is short; a longer parenthesis belongs to a sentence.
		end := strings.IndexByte(rest[:min(len(rest), 128)], ')')
		if end < 0 {
			return "", "", s
		}
		scope, rest = strings.TrimSpace(rest[1:end]), rest[end+1:]
	}
	bang := strings.HasPrefix(rest, "!")
	rest, ok := strings.CutPrefix(strings.TrimPrefix(rest, "!"), ":")
	lower := strings.ToLower(word)
	// Unknown words only count with a scope or a bang: "net: x" and "Note: x"
	// are no types.
	if !ok || word == "" || !isType(lower) && (word != lower || !scoped && !bang) {
		return "", "", s
	}
	return lower, scope, strings.TrimLeft(rest, " \t")
}

func isType(word string) bool {
	switch word {
	case "build", "chore", "ci", "deps", "docs", "feat", "feature", "fix", "bugfix", "hotfix", "perf",
		"refactor", "release", "revert", "security", "style", "test", "tests", "wip":
		return true
	}
	return false
}

// A CoAuthor is a person named by a Co-authored-by trailer.
type CoAuthor struct{ Name, Email string }

// maxCoAuthors bounds how many people one commit may name.
const maxCoAuthors = 50

// CoAuthors returns the people of the Co-authored-by trailers of a message, in
// order, one per address (letter case ignored). Lines without an address are
// left out.
func CoAuthors(body string) []CoAuthor {
	const name = "co-authored-by:"
	var people []CoAuthor
	seen := map[string]bool{}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if len(line) < len(name) || !strings.EqualFold(line[:len(name)], name) {
			continue
		}
		who, email, ok := strings.Cut(line[len(name):], "<")
		email, _, closed := strings.Cut(email, ">")
		email = strings.TrimSpace(email)
		if key := strings.ToLower(email); ok && closed && email != "" && !seen[key] && len(people) < maxCoAuthors {
			seen[key] = true
			people = append(people, CoAuthor{Name: strings.TrimSpace(who), Email: email})
		}
	}
	return people
}
