package refs

import (
	"strings"

	"github.com/workdrift/workdrift/store"
)

// text scans Markdown line by line. Comments are skipped; in code only ticket
// keys are looked for, and closing keywords count neither there nor in
// quotations.
func (f *finder) text(s string, closing bool) {
	var fence string // what opened the code block
	comment := false
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimLeft(line, " \t")
		if !comment && (strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~")) {
			switch {
			case fence == "":
				fence = trimmed[:3]
			case strings.HasPrefix(trimmed, fence):
				fence = ""
			}
			continue
		}
		if fence != "" {
			f.line(line, false, true)
			continue
		}
		line, comment = uncomment(line, comment)
		f.objective(strings.TrimSpace(line))
		f.line(line, closing && !strings.HasPrefix(trimmed, ">"), false)
	}
}

// uncomment removes HTML comments from a line and reports whether one is
// still open at its end.
func uncomment(line string, open bool) (string, bool) {
	if !open && !strings.Contains(line, "<!--") {
		return line, false
	}
	var b strings.Builder
	for {
		if open {
			_, rest, ok := strings.Cut(line, "-->")
			if !ok {
				return b.String(), true
			}
			line, open = rest, false
		}
		before, rest, ok := strings.Cut(line, "<!--")
		b.WriteString(before)
		if !ok {
			return b.String(), false
		}
		b.WriteByte(' ')
		line, open = rest, true
	}
}

// objective adds the ids of an "Objective: a, b" trailer.
func (f *finder) objective(line string) {
	const name = "objective:"
	if len(line) < len(name) || !strings.EqualFold(line[:len(name)], name) {
		return
	}
	ids := strings.Split(line[len(name):], ",")
	for i, id := range ids {
		ids[i] = strings.ToLower(strings.TrimSpace(id))
		if !isObjective(ids[i]) {
			return // a sentence that happens to start with the word
		}
	}
	for _, id := range ids {
		f.add(store.LinkImplements, "objective:"+id)
	}
}

func isObjective(id string) bool {
	if id == "" || len(id) > 64 || id[0] == '_' || id[0] == '-' {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !isWord(c) && c != '-' {
			return false
		}
	}
	return true
}

// A keyword is a closing keyword that was just read.
type keyword struct {
	until    int // where a reference must start to be closed by it
	leads    bool
	close    bool // a form of "close"
	wordFrom bool // "This" or "PR" starts the line before it
}

// line scans one line. In code, only ticket keys count.
func (f *finder) line(s string, closing, code bool) {
	ticks := 0
	if !code {
		ticks = tickRuns(s)
	}
	kw := keyword{until: -1}
	first, words := "", 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '`':
			n := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
			if ticks > 1 || ticks == 1 && code {
				code = !code
			}
			ticks--
			i += n
		case c == '#':
			n := digitsLen(s[i+1:])
			if i > 0 && inChunk(s[i-1]) {
				i += 1 + chunkLen(s[i+1:]) // an anchor
				continue
			}
			if end := i + 1 + n; !code && n > 0 && (end == len(s) || !isWord(s[end])) && !entity(s, i) {
				f.reference(s, i, end, f.number(s[i+1:end]), false, closing, kw)
			}
			i += 1 + n
		case hasScheme(s[i:]):
			n := urlLen(s[i:])
			if !code {
				f.url(s, i, i+n, closing, kw)
			}
			i += n
		case inChunk(c):
			n := chunkLen(s[i:])
			chunk := s[i : i+n]
			end := f.chunk(s, i, i+n, code, closing, kw)
			if strings.Trim(chunk, "-./@_") != "" {
				words++
			}
			if words == 1 {
				first = chunk
			}
			if closing && isClosing(chunk) {
				kw = keywordAt(s, end, words, first, chunk)
			}
			i = end
		default:
			i++
		}
	}
}

// tickRuns counts the runs of backticks; the last of an odd number of them is
// no code.
func tickRuns(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] == '`' && (i == 0 || s[i-1] != '`') {
			n++
		}
	}
	return n
}

// entity reports whether the # at i belongs to a character reference (&#39;).
func entity(s string, i int) bool { return i > 0 && s[i-1] == '&' }

// chunk handles the name or path s[i:end] and returns where to go on.
func (f *finder) chunk(s string, i, end int, code, closing bool, kw keyword) int {
	chunk := s[i:end]
	if !code && end < len(s) && s[end] == '#' && isRepo(chunk) {
		n := digitsLen(s[end+1:])
		if stop := end + 1 + n; isNumber(s[end+1:stop]) && (stop == len(s) || !isWord(s[stop])) {
			f.reference(s, i, stop, f.inRepo(chunk)+s[end:stop], true, closing, kw)
			return stop
		}
	}
	word := trimChunk(chunk)
	if !code && f.object(s[:i], word) {
		return end
	}
	if len(word) > 3 && strings.EqualFold(word[:3], "gh-") && isNumber(word[3:]) && !code {
		f.reference(s, i, end, f.number(word[3:]), false, closing, kw)
	}
	parts := strings.Split(word, "/")
	for _, part := range parts {
		if !isKey(part) {
			return end // KAFKA-1/KAFKA-2 are two keys, docs/KAFKA-1 is a path
		}
	}
	for _, key := range parts {
		if closing && !code && kw.until == i && len(parts) == 1 {
			f.add(store.LinkCloses, key)
			continue
		}
		f.add(store.LinkMentions, key)
	}
	return end
}

// object adds a commit named as owner/name@<sha>, or as <sha> after the word
// "commit", which is how git writes of reverts. Other digests are none.
func (f *finder) object(before, word string) bool {
	repo, sha, ok := strings.Cut(word, "@")
	if !ok {
		repo, sha = f.repo, word
	}
	if !isSHA(sha) || !isRepo(repo) {
		return false
	}
	const noun = "commit "
	if ok || len(before) >= len(noun) && strings.EqualFold(before[len(before)-len(noun):], noun) {
		f.add(store.LinkMentions, f.inRepo(repo)+"@"+sha)
	}
	return true
}

// reference adds the issue or pull request named by s[i:end]. full tells that
// the repository was spelled out.
func (f *finder) reference(s string, i, end int, key string, full, closing bool, kw keyword) {
	switch {
	case key == f.own:
	case !closing || kw.until != i:
		f.add(store.LinkMentions, key)
	case f.commit && f.own == "" && f.landed(s[end:], key, full, kw):
		f.add(store.LinkPartOf, key)
	default:
		f.add(store.LinkCloses, key)
	}
}

// landed reports whether a closing keyword of a commit names the pull request
// that it lands.
func (f *finder) landed(after, key string, full bool, kw keyword) bool {
	if kw.wordFrom {
		return true
	}
	if !kw.leads || !kw.close {
		return false
	}
	if from, ok := strings.CutPrefix(after, " from "); ok {
		return strings.Contains(from[:chunkLen(from)], "/")
	}
	return full && f.repo != "" && strings.HasPrefix(key, f.repo+"#")
}

func isClosing(word string) bool {
	if len(word) < 3 || len(word) > 8 {
		return false
	}
	switch strings.ToLower(word) {
	case "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved":
		return true
	}
	return false
}

// keywordAt tells what the closing keyword that ends at end is good for.
func keywordAt(s string, end, words int, first, word string) keyword {
	next := end
	if next < len(s) && s[next] == ':' {
		next++
	}
	start := next
	for next < len(s) && (s[next] == ' ' || s[next] == '\t') {
		next++
	}
	if next == start && start == end {
		return keyword{until: -1}
	}
	return keyword{
		until:    next,
		leads:    words == 1,
		close:    strings.EqualFold(word[:min(5, len(word))], "close"),
		wordFrom: words == 2 && (strings.EqualFold(first, "this") || strings.EqualFold(first, "pr")),
	}
}
