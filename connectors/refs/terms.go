package refs

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/workdrift/workdrift/store"
)

// Limits of what Terms counts.
const (
	// maxTerms is how many distinct words one item keeps.
	maxTerms = 256
	// The runes of a word, after folding.
	minWord, maxWord = 2, 40
	// maxQuoted is how many bytes of code blocks and quotations count in one
	// text: a log or another person's mail must not drown what is said.
	maxQuoted = 4 << 10
	// From hashRunes runes on, a run of hexadecimal digits is an object name.
	hashRunes = 7
	// From tokenRunes runes on, a run with at least tokenGroups groups of
	// digits is a token or a checksum in some other alphabet.
	tokenRunes, tokenGroups = 16, 3
)

// Terms counts the words of texts (score specification, section 4.9): runs of
// letters and digits, identifiers taken apart where their case changes,
// folded to lower case. Words of one rune or of more than 40 are left out, and
// so is what is no vocabulary: addresses, hashes, HTML comments, names after an
// @ and trailers that name people ("Co-authored-by:").
//
// It returns the 256 most frequent words, the alphabetically first of equally
// frequent ones, ordered by word; nil when there are none.
func Terms(texts ...string) []store.Term {
	c := counter{index: map[string]int{}}
	for _, text := range texts {
		c.text(text)
	}
	if len(c.terms) == 0 {
		return nil
	}
	if len(c.terms) > maxTerms {
		slices.SortFunc(c.terms, func(a, b store.Term) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Word, b.Word))
		})
		c.terms = slices.Clone(c.terms[:maxTerms])
	}
	slices.SortFunc(c.terms, func(a, b store.Term) int { return cmp.Compare(a.Word, b.Word) })
	return c.terms
}

// A counter counts the words of one item.
type counter struct {
	terms []store.Term
	index map[string]int // word → place in terms
	buf   []byte         // the word in hand
}

// text counts the words of Markdown line by line, see finder.text.
func (c *counter) text(s string) {
	var fence string // what opened the code block
	comment, quoted := false, 0
	for line := range strings.Lines(s) {
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
		if fence == "" {
			line, comment = uncomment(line, comment)
		}
		if fence != "" || strings.HasPrefix(trimmed, ">") {
			if quoted += len(line); quoted > maxQuoted {
				continue
			}
		} else if namesPeople(trimmed) {
			continue
		}
		c.line(line)
	}
}

// namesPeople reports whether a line is a trailer such as "Signed-off-by: ".
func namesPeople(line string) bool {
	name, _, ok := strings.Cut(line, ": ")
	return ok && len(name) > 3 && strings.EqualFold(name[len(name)-3:], "-by") && !strings.ContainsAny(name, " \t")
}

// line counts the words of one line.
func (c *counter) line(s string) {
	mail := strings.IndexByte(s, '@') >= 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == '@' {
			i += 1 + nameLen(s[i+1:])
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			i += size
			continue
		}
		end := i + runLen(s[i:])
		switch {
		case strings.HasPrefix(s[end:], "://"):
			i = end + 3 + urlLen(s[end+3:])
		case mail && isMail(s[i:]):
			i += nameLen(s[i:])
		case isUUID(s[i:]):
			i += uuidLen
		default:
			if !isHash(s[i:end]) {
				c.run(s[i:end])
			}
			i = end
		}
	}
}

// runLen returns the length of the run of letters, marks and digits that s
// starts with.
func runLen(s string) int {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return i
		}
	}
	return len(s)
}

// maxName is how much of a line nameLen looks at, so that a line of dots takes
// linear time.
const maxName = 320

// nameLen returns the length of the account name or address that s starts
// with.
func nameLen(s string) int {
	for i, r := range s {
		switch {
		case i >= maxName:
			return i
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("_-.+@", r):
		default:
			return i
		}
	}
	return len(s)
}

// isMail reports whether s starts with an e-mail address.
func isMail(s string) bool {
	local, domain, ok := strings.Cut(s[:nameLen(s)], "@")
	return ok && local != "" && runLen(domain) > 0
}

const uuidLen = 36

// isUUID reports whether s starts with a UUID: groups of 8, 4, 4, 4 and 12
// hexadecimal digits.
func isUUID(s string) bool {
	if len(s) < uuidLen {
		return false
	}
	for i := range uuidLen {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHexDigit(s[i]) {
				return false
			}
		}
	}
	return true
}

func isHexDigit(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// isHash reports whether a run is an object name, a checksum or a token. A run
// of hexadecimal digits without a decimal one ("defaced") is a word.
func isHash(run string) bool {
	if len(run) < hashRunes {
		return false
	}
	hex, groups, inside := true, 0, false
	for i := range len(run) {
		digit := isDigit(run[i])
		if digit && !inside {
			groups++
		}
		inside = digit
		hex = hex && isHexDigit(run[i])
	}
	return hex && groups > 0 || len(run) >= tokenRunes && groups >= tokenGroups
}

// run counts the words of one run, which is an identifier when its case
// changes inside: "parseHTTPHeader" is parse, http, header.
func (c *counter) run(s string) {
	start, prev := 0, rune(0)
	for i, r := range s {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(prev) || leadsWord(s[i+utf8.RuneLen(r):])) {
			c.word(s[start:i])
			start = i
		}
		prev = r
	}
	c.word(s[start:])
}

// leadsWord reports whether the capital before rest begins a word rather than
// ending an abbreviation; the s of a plural ("URLs") does not begin one.
func leadsWord(rest string) bool {
	r, size := utf8.DecodeRuneInString(rest)
	return unicode.IsLower(r) && (r != 's' || size < len(rest))
}

// word counts one word.
func (c *counter) word(s string) {
	if len(s) > maxWord*utf8.UTFMax {
		return
	}
	c.buf = c.buf[:0]
	ascii := true
	for i := range len(s) {
		b := s[i]
		if b >= utf8.RuneSelf {
			ascii = false
			break
		}
		if isUpper(b) {
			b += 'a' - 'A'
		}
		c.buf = append(c.buf, b)
	}
	if !ascii {
		c.buf = append(c.buf[:0], norm.NFC.String(cases.Fold().String(s))...)
	}
	if n := utf8.RuneCount(c.buf); n < minWord || n > maxWord {
		return
	}
	if i, ok := c.index[string(c.buf)]; ok {
		c.terms[i].Count++
		return
	}
	word := string(c.buf)
	c.index[word] = len(c.terms)
	c.terms = append(c.terms, store.Term{Word: word, Count: 1})
}
