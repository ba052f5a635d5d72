package refs

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFiller is how many words may stand between the word and its number:
// "outcome is now at 320 ms".
const maxFiller = 3

// CutReading looks in a line for a reading of an outcome, which makes a check-in
// one that cites it: the word "outcome" or "metric" with a number behind it, as in
// "metric 320ms", "outcome: 48 → 51" or "the outcome is at $2.1M". Nothing of the
// reading is kept. It returns what stands before the word, without the marks that
// join the two, and whether there is one.
func CutReading(line string) (before string, cited bool) {
	for at := 0; at < len(line); {
		n := strings.IndexFunc(line[at:], unicode.IsLetter)
		if n < 0 {
			return line, false
		}
		start := at + n
		end := wordEnd(line, start)
		if word := line[start:end]; (strings.EqualFold(word, "outcome") || strings.EqualFold(word, "metric")) &&
			beginsWord(line, start) && !strings.HasPrefix(line[end:], "-") && hasNumber(line[end:]) {
			return strings.TrimRight(trimArticle(line[:start]), " \t,;:.-–—(*_+&"), true
		}
		at = end
	}
	return line, false
}

// IsReading reports whether a text is a reading: it begins with a number, behind
// a sign or a currency at most.
func IsReading(text string) bool {
	text = strings.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Sc, r) || strings.ContainsRune("~≈<>≤≥+-−±", r)
	})
	return text != "" && text[0] >= '0' && text[0] <= '9'
}

// wordEnd returns where the letters and digits that begin at a place end.
func wordEnd(line string, start int) int {
	n := strings.IndexFunc(line[start:], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if n < 0 {
		return len(line)
	}
	return start + n
}

// beginsWord reports whether no id or key runs on into a place: in
// "checkout-metric 3" no metric is read.
func beginsWord(line string, start int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:start])
	return start == 0 || !strings.ContainsRune("-_/.@#", before)
}

// hasNumber reports whether a number follows, behind a few words at most.
func hasNumber(rest string) bool {
	for range maxFiller + 1 {
		rest = strings.TrimLeft(rest, " \t:=*_(")
		if IsReading(rest) {
			return true
		}
		end := wordEnd(rest, 0)
		if end == 0 || !filler(rest[:end]) {
			return false
		}
		rest = rest[end:]
	}
	return false
}

func filler(word string) bool {
	switch strings.ToLower(word) {
	case "is", "was", "now", "at", "of", "to", "from", "still", "about", "today":
		return true
	}
	return false
}

func trimArticle(s string) string {
	s = strings.TrimRight(s, " \t")
	for _, article := range []string{"the", "its", "our", "with", "and"} {
		if cut, ok := strings.CutSuffix(s, " "+article); ok {
			return cut
		}
	}
	return s
}
