package attribution

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

// Literals that a value must contain are found so that most patterns need not
// be tried. All of them are folded.

const (
	maxLiterals = 16 // alternatives that are followed; more than that is given up
	gramLength  = 3  // shorter literals filter nothing
)

// globLiteral returns the longest text that every match of a folded glob
// contains, "" when there is none.
func globLiteral(glob string) string {
	best, run, depth := "", []byte(nil), 0
	flush := func() {
		if len(run) > len(best) {
			best = string(run)
		}
		run = run[:0]
	}
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '{':
			flush()
			depth++
		case '}':
			flush()
			depth--
		case '[':
			flush()
			for i++; i < len(glob) && glob[i] != ']'; i++ {
				if glob[i] == '\\' {
					i++
				}
			}
		case '*', '?', '/':
			// "a/**" also matches "a", so a slash is not always there.
			flush()
		case '\\':
			if i++; i < len(glob) && depth == 0 {
				run = append(run, glob[i])
			}
		default:
			if depth == 0 {
				run = append(run, c)
			}
		}
	}
	flush()
	return best
}

// regexpLiterals returns texts of which every match contains at least one,
// nil when none are known.
func regexpLiterals(pattern string) []string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	l := literalsOf(re.Simplify())
	if l.exact != nil {
		return better(l.exact, l.required)
	}
	return l.required
}

// literals of an expression: exact lists all that it can match, nil when that
// is too much; required lists texts of which each match has at least one.
type literals struct{ exact, required []string }

func literalsOf(re *syntax.Regexp) literals {
	switch re.Op {
	case syntax.OpLiteral:
		return literalRunes(re)
	case syntax.OpCharClass:
		return classRunes(re)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText,
		syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return literals{exact: []string{""}}
	case syntax.OpCapture:
		return literalsOf(re.Sub[0])
	case syntax.OpQuest:
		if l := literalsOf(re.Sub[0]); l.exact != nil && len(l.exact) < maxLiterals {
			return literals{exact: append([]string{""}, l.exact...)}
		}
	case syntax.OpPlus:
		l := literalsOf(re.Sub[0])
		return literals{required: better(l.exact, l.required)}
	case syntax.OpConcat:
		return concatLiterals(re.Sub)
	case syntax.OpAlternate:
		return alternateLiterals(re.Sub)
	}
	return literals{}
}

// literalRunes cuts a case-insensitive literal at letters whose variants do
// not all fold to the same letter, such as s and its long form.
func literalRunes(re *syntax.Regexp) literals {
	if re.Flags&syntax.FoldCase == 0 {
		return literals{exact: []string{fold(string(re.Rune))}}
	}
	parts := strings.Split(strings.Map(func(r rune) rune {
		for v := unicode.SimpleFold(r); v != r; v = unicode.SimpleFold(v) {
			if unicode.ToLower(v) != unicode.ToLower(r) {
				return 0
			}
		}
		return unicode.ToLower(r)
	}, string(re.Rune)), "\x00")
	if len(parts) == 1 {
		return literals{exact: parts}
	}
	var best []string
	for _, p := range parts {
		best = better(best, []string{p})
	}
	return literals{required: best}
}

func classRunes(re *syntax.Regexp) literals {
	var exact []string
	for i := 0; i+1 < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if len(exact) == maxLiterals {
				return literals{}
			}
			exact = append(exact, fold(string(r)))
		}
	}
	return literals{exact: exact}
}

func concatLiterals(subs []*syntax.Regexp) literals {
	exact, whole := []string{""}, true
	var best []string
	for _, sub := range subs {
		l := literalsOf(sub)
		best = better(best, l.required)
		if l.exact == nil {
			best, exact, whole = better(best, exact), []string{""}, false
			continue
		}
		if len(exact)*len(l.exact) > maxLiterals {
			best, exact, whole = better(best, exact), l.exact, false
			continue
		}
		var joined []string
		for _, head := range exact {
			for _, tail := range l.exact {
				joined = append(joined, head+tail)
			}
		}
		exact = joined
	}
	if whole {
		return literals{exact: exact, required: best}
	}
	return literals{required: better(best, exact)}
}

func alternateLiterals(subs []*syntax.Regexp) literals {
	var all literals
	exact := true
	for _, sub := range subs {
		l := literalsOf(sub)
		exact = exact && l.exact != nil
		branch := better(l.exact, l.required)
		if branch == nil || len(all.required)+len(branch) > maxLiterals {
			return literals{}
		}
		all.required = append(all.required, branch...)
		all.exact = append(all.exact, l.exact...)
	}
	if !exact {
		all.exact = nil
	}
	return all
}

// better returns the list whose shortest text is longer.
func better(a, b []string) []string {
	if a == nil || b != nil && shortest(b) > shortest(a) {
		return b
	}
	return a
}

func shortest(list []string) int {
	n := len(list[0])
	for _, s := range list[1:] {
		n = min(n, len(s))
	}
	return n
}
