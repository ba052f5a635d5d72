package slack

import (
	"math"
	"strconv"
	"strings"
)

// The confidence that colours stand for (score specification, section 4.5).
const (
	confident = .85
	unsure    = .5
	doubtful  = .15
)

// A checkIn is a reported confidence.
type checkIn struct {
	objective  string // as it was typed; empty for a bare value under a prompt
	confidence float64
}

// ratio spells the confidence as events carry it: "0.7".
func (c checkIn) ratio() string {
	return strconv.FormatFloat(math.Round(c.confidence*1e4)/1e4, 'f', -1, 64)
}

// maxCheckIns bounds how many check-ins one message may hold.
const maxCheckIns = 50

// checkIns reads the check-ins of a message, one a line at most:
//
//	confidence PAY 7/10
//	confidence PAY-7: 70%
//	PAY: 🟢
//
// A number is out of 10 unless it is a percentage or names what it is out of;
// numbers between 0 and 1 without either are not understood, because nobody
// knows which they are. A colour may be an emoji or its name between colons.
// What follows the value is ignored. Where bare is set, a line may also start
// with the value itself. Of two lines about one objective the later counts; in
// code blocks none does.
func checkIns(text string, bare bool) []checkIn {
	var out []checkIn
	code := false
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == fence {
			code = !code
		}
		if code {
			continue
		}
		c, ok := checkInLine(strings.TrimSpace(line), bare)
		if !ok || len(out) == maxCheckIns {
			continue
		}
		for i := range out {
			if out[i].objective == c.objective {
				out = append(out[:i], out[i+1:]...)
				break
			}
		}
		out = append(out, c)
	}
	return out
}

func checkInLine(line string, bare bool) (checkIn, bool) {
	line = strings.TrimLeft(line, "*_•- \t")
	if bare {
		if v, ok := value(line, true); ok {
			return checkIn{confidence: v}, true
		}
	}
	rest, keyword := cutWord(line, "confidence")
	objective, rest, ok := cutObjective(rest)
	if !ok {
		return checkIn{}, false
	}
	// Without the keyword only a colour makes a check-in: "PAY 7" may mean
	// anything.
	v, ok := value(rest, keyword)
	if !ok {
		return checkIn{}, false
	}
	return checkIn{objective: objective, confidence: v}, true
}

// cutWord removes a leading word, letter case ignored.
func cutWord(s, word string) (rest string, ok bool) {
	if len(s) > len(word) && strings.EqualFold(s[:len(word)], word) && strings.ContainsRune(" \t:", rune(s[len(word)])) {
		return strings.TrimLeft(s[len(word):], " \t:"), true
	}
	return s, false
}

// cutObjective removes a leading id or key and the colon behind it.
func cutObjective(s string) (id, rest string, ok bool) {
	n := 0
	for n < len(s) && isIDByte(s[n]) {
		n++
	}
	id, rest = s[:n], s[n:]
	if n == 0 || n > 64 || id[0] == '-' || id[0] == '_' {
		return "", s, false
	}
	rest = strings.TrimLeft(rest, "*_` \t") // emphasis that ends behind the id
	after, colon := strings.CutPrefix(rest, ":")
	// ":large_green_circle:" begins with a colon, too.
	if colon {
		if _, isColour := colour(rest); isColour {
			return id, rest, true
		}
		rest = strings.TrimLeft(after, "*_` \t")
	}
	return id, rest, rest != ""
}

func isIDByte(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// value reads a colour or, where numbers count, a number at the start of s.
func value(s string, numbers bool) (float64, bool) {
	if v, ok := colour(s); ok {
		return v, true
	}
	if !numbers {
		return 0, false
	}
	n, rest, ok := number(s)
	if !ok {
		return 0, false
	}
	rest = strings.TrimLeft(rest, " \t")
	scale, told := 10.0, false
	if after, ok := strings.CutPrefix(rest, "%"); ok {
		scale, told, rest = 100, true, after
	} else if after, ok := strings.CutPrefix(rest, "/"); ok {
		of, behind, isNumber := number(strings.TrimLeft(after, " \t"))
		if !isNumber || of != 10 && of != 100 {
			return 0, false
		}
		scale, told, rest = of, true, behind
	}
	if rest != "" && isIDByte(rest[0]) && !startsWord(s, rest) || n > scale || !told && n > 0 && n < 1 {
		return 0, false
	}
	return n / scale, true
}

// startsWord reports whether rest begins a new word of s: "7 because" and not
// "7th".
func startsWord(s, rest string) bool {
	before := s[:len(s)-len(rest)]
	return strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\t")
}

// number reads up to three digits and up to two decimals.
func number(s string) (v float64, rest string, ok bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 || n > 3 {
		return 0, s, false
	}
	end := n
	if end+1 < len(s) && (s[end] == '.' || s[end] == ',') && s[end+1] >= '0' && s[end+1] <= '9' {
		end++
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
	}
	if end-n > 3 {
		return 0, s, false
	}
	v, err := strconv.ParseFloat(strings.Replace(s[:end], ",", ".", 1), 64)
	return v, s[end:], err == nil
}

// colour reads a coloured circle at the start of s.
func colour(s string) (float64, bool) {
	for _, c := range []struct {
		form string
		v    float64
	}{
		{"🟢", confident}, {":large_green_circle:", confident}, {":green_circle:", confident},
		{"🟡", unsure}, {":large_yellow_circle:", unsure}, {":yellow_circle:", unsure},
		{"🔴", doubtful}, {":red_circle:", doubtful}, {":large_red_circle:", doubtful},
	} {
		if strings.HasPrefix(s, c.form) {
			return c.v, true
		}
	}
	return 0, false
}

// prompted returns the objective that a prompt asks about: what follows the
// prefix, to the end of the first line.
func prompted(text, prefix string) (string, bool) {
	text = strings.TrimLeft(text, "*_ \t\r\n")
	if prefix == "" || len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	line, _, _ := strings.Cut(strings.TrimLeft(text[len(prefix):], "*_` \t"), "\n")
	n := 0
	for n < len(line) && isIDByte(line[n]) {
		n++
	}
	if n == 0 || n > 64 {
		return "", false
	}
	return line[:n], true
}

// reactionRatios is what emoji names mean on a prompt.
func reactionRatios(configured map[string]float64) map[string]float64 {
	if len(configured) > 0 {
		return configured
	}
	ratios := map[string]float64{
		"large_green_circle": confident, "large_yellow_circle": unsure, "red_circle": doubtful, "keycap_ten": 1,
	}
	for i, name := range []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"} {
		ratios[name] = float64(i) / 10
	}
	return ratios
}
