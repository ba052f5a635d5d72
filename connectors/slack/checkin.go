package slack

import (
	"math"
	"strconv"
	"strings"

	"github.com/workdrift/workdrift/connectors/refs"
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
	cites      bool // a reading of the outcome
}

// attrs are those of the event of a report about an objective.
func (c checkIn) attrs(objective string) map[string]string {
	attrs := map[string]string{"objective": objective, "confidence": c.ratio()}
	if c.cites {
		attrs["cites"] = "outcome"
	}
	return attrs
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
// decimals from 0 to 1 without either are not understood, because nobody knows
// which they are, and ranges neither. A colour may be an emoji or its name between colons.
// What follows the value is ignored, but for a reading of the outcome, "metric
// 320ms", of which it is kept that there is one. Where bare is set, a line may also start
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
		c, ok := citingLine(strings.TrimSpace(line), bare)
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

// citingLine reads a check-in with or without a reading of the outcome.
func citingLine(line string, bare bool) (checkIn, bool) {
	if before, cites := refs.CutReading(line); cites {
		if c, ok := checkInLine(before, bare); ok {
			c.cites = true
			return c, true
		}
	}
	return checkInLine(line, bare)
}

func checkInLine(line string, bare bool) (checkIn, bool) {
	line = strings.TrimLeft(line, "*_•- \t")
	if bare {
		if v, ok := value(line, alone); ok {
			return checkIn{confidence: v}, true
		}
	}
	rest, keyword := cutWord(line, "confidence")
	objective, rest, colon, ok := cutObjective(rest)
	if !ok {
		return checkIn{}, false
	}
	// Without the keyword only a colour makes a check-in, since "PAY 7" may mean
	// anything, and without a colon only what looks like an id: "Marie 🔴" is
	// about something else.
	numbers := none
	switch {
	case keyword:
		numbers = behindKeyword
	case !colon && !looksLikeID(objective):
		return checkIn{}, false
	}
	v, ok := value(rest, numbers)
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

// looksLikeID reports whether an id is none of the words that people write:
// "PAY", "PAY-7", "sso2026", "eu-residency".
func looksLikeID(id string) bool {
	return strings.ContainsAny(id, "-_0123456789") || len(id) > 1 && strings.ToUpper(id) == id
}

// cutObjective removes a leading id or key and the colon behind it.
func cutObjective(s string) (id, rest string, colon, ok bool) {
	n := 0
	for n < len(s) && isIDByte(s[n]) {
		n++
	}
	id, rest = s[:n], s[n:]
	if n == 0 || n > 64 || id[0] == '-' || id[0] == '_' {
		return "", s, false, false
	}
	rest = strings.TrimLeft(rest, "*_` \t") // emphasis that ends behind the id
	after, colon := strings.CutPrefix(rest, ":")
	// ":large_green_circle:" begins with a colon, too.
	if colon {
		if _, _, isColour := colour(rest); isColour {
			return id, rest, false, true
		}
		rest = strings.TrimLeft(after, "*_` \t")
	}
	return id, rest, colon, rest != ""
}

func isIDByte(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// How numbers are read.
type numbers int

const (
	none          numbers = iota // they are not
	behindKeyword                // whatever follows
	alone                        // out of ten only when nothing follows, or a remark
)

// value reads a colour or, where numbers count, a number at the start of s. Of
// "🔴 → 🟢" and "5 -> 8" the last one counts.
func value(s string, how numbers) (float64, bool) {
	for {
		v, rest, ok := colour(s)
		if !ok {
			if v, rest, ok = share(s, how); !ok {
				return 0, false
			}
		}
		rest = strings.TrimLeft(rest, " \t")
		if s, ok = cutArrow(rest); !ok {
			return v, true
		}
	}
}

func cutArrow(s string) (rest string, ok bool) {
	for _, arrow := range []string{"->", "=>", "→", "➡️", "➡", ":arrow_right:"} {
		if rest, ok := strings.CutPrefix(s, arrow); ok {
			return strings.TrimLeft(rest, " \t"), true
		}
	}
	return s, false
}

// share reads a number and what it is out of.
func share(s string, how numbers) (v float64, rest string, ok bool) {
	if how == none {
		return 0, s, false
	}
	n, rest, ok := number(s)
	if !ok {
		return 0, s, false
	}
	decimals := strings.ContainsAny(s[:len(s)-len(rest)], ".,")
	rest = strings.TrimLeft(rest, " \t")
	scale, told := 10.0, false
	if after, ok := cutPercent(rest); ok {
		scale, told, rest = 100, true, after
	} else if after, ok := cutOutOf(rest); ok {
		of, behind, isNumber := number(strings.TrimLeft(after, " \t"))
		if !isNumber || of != 10 && of != 100 {
			return 0, s, false
		}
		scale, told, rest = of, true, behind
	}
	switch {
	case n > scale, !told && decimals && n <= 1, // of 1 or of 10?
		rest != "" && (isIDByte(rest[0]) && !startsWord(s, rest) || strings.ContainsRune("/:", rune(rest[0]))),
		isRange(rest), !told && how == alone && !isRemark(rest):
		return 0, s, false
	}
	return n / scale, rest, true
}

func cutPercent(s string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "%"); ok {
		return rest, true
	}
	for _, word := range []string{"percent", "per cent", "prozent", "pct"} {
		if len(s) >= len(word) && strings.EqualFold(s[:len(word)], word) {
			return s[len(word):], true
		}
	}
	return s, false
}

func cutOutOf(s string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "/"); ok {
		return rest, true
	}
	if rest, ok := cutWord(s, "out"); ok {
		s = rest
	}
	return cutWord(s, "of")
}

// isRange reports whether what follows a number makes it one end of a range.
func isRange(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	for _, to := range []string{"-", "–", "—", "to ", "bis "} {
		if after, ok := strings.CutPrefix(rest, to); ok {
			_, _, isNumber := number(strings.TrimLeft(after, " \t"))
			return isNumber
		}
	}
	return false
}

// isRemark reports whether what follows a bare number leaves it one: "8, since
// legal agreed" and not "8 questions", "1. first we ship" or "5, 6 and 7".
func isRemark(rest string) bool {
	rest = strings.TrimSpace(rest)
	if _, ok := cutArrow(rest); ok || rest == "" || rest == "." {
		return true
	}
	for _, mark := range []string{",", ";", "!", "(", "-", "–", "—"} {
		if after, ok := strings.CutPrefix(rest, mark); ok {
			_, _, isNumber := number(strings.TrimLeft(after, " \t"))
			return !isNumber
		}
	}
	return false
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
func colour(s string) (v float64, rest string, ok bool) {
	for _, c := range []struct {
		form string
		v    float64
	}{
		{"🟢", confident}, {":large_green_circle:", confident}, {":green_circle:", confident},
		{"🟡", unsure}, {":large_yellow_circle:", unsure}, {":yellow_circle:", unsure},
		{"🔴", doubtful}, {":red_circle:", doubtful}, {":large_red_circle:", doubtful},
	} {
		if rest, ok := strings.CutPrefix(s, c.form); ok {
			return c.v, rest, true
		}
	}
	return 0, s, false
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
