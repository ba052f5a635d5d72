package refs

import (
	"strings"

	"github.com/workdrift/workdrift/store"
)

// title adds what a title says that the work implements.
func (f *finder) title(s string) {
	s, reverts := unrevert(stripMarks(s))
	if reverts > 1 {
		return // brings work back that other items did: a mention
	}
	if typ, scope, rest := conventional(s); typ != "" {
		for _, key := range leadingKeys(scope) {
			f.add(store.LinkImplements, key)
		}
		s = rest
	}
	for _, key := range leadingKeys(s) {
		f.add(store.LinkImplements, key)
	}
}

// stripMarks removes what says that work is not finished, or which commit it
// amends.
func stripMarks(s string) string {
	for {
		t := strings.TrimSpace(s)
		for _, mark := range []string{"[WIP]", "WIP:", "WIP ", "[Draft]", "Draft:", "fixup! ", "squash! ", "amend! "} {
			if len(t) >= len(mark) && strings.EqualFold(t[:len(mark)], mark) {
				t = t[len(mark):]
				break
			}
		}
		if len(t) == len(s) {
			return t
		}
		s = t
	}
}

// unrevert removes the words of a revert and counts them. git writes
// `Revert "…"`, and `Reapply "…"` for the revert of a revert.
func unrevert(s string) (string, int) {
	n := 0
	for n < 2 {
		word, rest, ok := strings.Cut(s, " ")
		switch {
		case !ok:
			return s, n
		case strings.EqualFold(word, "revert"), strings.EqualFold(word, "revert:"):
			n++
		case strings.EqualFold(word, "reapply"):
			n += 2
		default:
			return s, n
		}
		s = strings.TrimLeft(rest, " \"'`“")
	}
	return s, n
}

// leadingKeys returns the run of keys that s starts with: "PAY-1, PAY-2: x",
// "[PAY-1][PAY-2] x", "PAY-1 and PAY-2 x", "PAY-1: [KIP-2]: x".
func leadingKeys(s string) []string {
	var keys []string
	for len(keys) < maxStrong {
		key, rest, ok := leadingKey(s)
		if !ok {
			return keys
		}
		keys = append(keys, key)
		s = strings.TrimLeft(rest, " \t,;&/+")
		if after, found := strings.CutPrefix(s, "and "); found {
			s = after
		}
		// After a colon the text begins, unless it is one more prefix.
		if after, found := strings.CutPrefix(s, ":"); found {
			s = strings.TrimLeft(after, " ")
			if _, rest, ok := leadingKey(s); !ok || !strings.HasPrefix(rest, ":") {
				return keys
			}
		}
	}
	return keys
}

// leadingKey cuts one key, with the brackets around it, from the front.
func leadingKey(s string) (key, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	open := strings.TrimLeft(s, "[(")
	depth := len(s) - len(open)
	n := keyLen(open)
	if n == 0 || depth > 2 {
		return "", s, false
	}
	key, rest = open[:n], open[n:]
	if m := chunkLen(rest); m > 0 {
		if strings.Trim(rest[:m], "-.") != "" && rest[0] != '/' {
			return "", s, false // part of a longer word
		}
		if rest[0] != '/' {
			rest = rest[m:]
		}
	}
	for range depth {
		rest = strings.TrimPrefix(rest, "]")
		rest = strings.TrimPrefix(rest, ")")
	}
	return key, rest, true
}

// squashSuffix returns the digits of a "(#12)" that ends a subject.
func squashSuffix(s string) string {
	s, ok := strings.CutSuffix(s, ")")
	i := strings.LastIndex(s, "(#")
	if !ok || i < 0 || !isNumber(s[i+2:]) {
		return ""
	}
	return s[i+2:]
}

// merged takes the subject of a merge apart: the pull request's number, ""
// when it is not told, and the branch that was merged. The forms are GitHub's,
// git's own, and Bitbucket's.
func merged(s string) (number, branch string, ok bool) {
	if rest, found := strings.CutPrefix(s, "Merge pull request #"); found {
		n := digitsLen(rest)
		number, rest = rest[:n], rest[n:]
		if from, found := strings.CutPrefix(rest, " from "); found {
			// The first segment is the owner of the fork.
			if _, name, cut := strings.Cut(from, "/"); cut {
				branch = name
			}
		}
		return number, branch, true
	}
	if rest, found := strings.CutPrefix(s, "Merged in "); found {
		branch, _, _ = strings.Cut(rest, " ")
		return "", branch, true
	}
	for _, form := range []string{"Merge branch '", "Merge remote-tracking branch '"} {
		if rest, found := strings.CutPrefix(s, form); found {
			branch, _, _ = strings.Cut(rest, "'")
			return "", branch, true
		}
	}
	return "", "", false
}

// branch adds what a branch name says. Lower-case names count in the last
// segment only, where people put the key ("feature/pay-7-login"): elsewhere
// they are words.
func (f *finder) branch(name string) {
	segments := strings.Split(name, "/")
	if len(segments) > 8 {
		return
	}
	for i, seg := range segments {
		last := i == len(segments)-1
		if last {
			f.branchNumber(seg)
		}
		for {
			head := seg
			if last {
				head = upper(seg[:min(len(seg), maxProject+1+maxDigits)])
			}
			n := keyLen(head)
			if n == 0 || n < len(seg) && seg[n] != '-' && seg[n] != '_' {
				break
			}
			f.add(store.LinkImplements, head[:n])
			if n == len(seg) {
				break
			}
			seg, last = seg[n+1:], false // further keys in capitals only
		}
	}
}

// upper maps ASCII letters only: others change their length.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// branchNumber mentions the issue whose number starts a branch name: "12-x",
// "issue-12", "gh-12".
func (f *finder) branchNumber(seg string) {
	for _, word := range []string{"issue-", "issues-", "gh-", "issue_", "gh_"} {
		if len(seg) > len(word) && strings.EqualFold(seg[:len(word)], word) {
			seg = seg[len(word):]
			break
		}
	}
	n := digitsLen(seg)
	if n == len(seg) || seg[n] == '-' || seg[n] == '_' {
		f.add(store.LinkMentions, f.number(seg[:n]))
	}
}
