package fake

import (
	"fmt"
	"strings"
	"unicode"
)

// A jql is a parsed query of the Jira Query Language: as much of it as clients
// that read work need.
type jql struct {
	where *jqlTerm // nil: no restriction
	order []jqlOrder
}

type jqlOrder struct {
	field string
	desc  bool
}

// A jqlTerm is "and", "or", "not" over terms, or a clause.
type jqlTerm struct {
	op     string // and, or, not, or an operator: =, !=, <, in, is …
	terms  []*jqlTerm
	field  string
	values []jqlValue
}

type jqlValue struct {
	text   string
	quoted bool
	call   bool // a function
	args   []string
}

type jqlToken struct {
	text   string
	quoted bool
	mark   bool // an operator, a parenthesis, a comma
	at     int  // where it starts
}

// maxDepth keeps queries of many parentheses from using up the stack.
const maxDepth = 100

type jqlParser struct {
	tokens []jqlToken
	depth  int
	end    int
}

// parseJQL parses a query.
func parseJQL(text string) (*jql, error) {
	tokens, err := scanJQL(text)
	if err != nil {
		return nil, err
	}
	p := &jqlParser{tokens: tokens, end: len(text)}
	q := &jql{}
	if len(p.tokens) > 0 && !p.word("order") {
		if q.where, err = p.or(); err != nil {
			return nil, err
		}
	}
	if q.order, err = p.orderBy(); err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, p.unexpected("'AND' or 'OR'")
	}
	return q, nil
}

func scanJQL(text string) ([]jqlToken, error) {
	var out []jqlToken
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '"' || c == '\'':
			value, n, err := unquoteJQL(text[i:])
			if err != nil {
				return nil, err
			}
			out = append(out, jqlToken{text: value, quoted: true, at: i})
			i += n
		case strings.IndexByte("(),", c) >= 0:
			out = append(out, jqlToken{text: string(c), mark: true, at: i})
			i++
		case strings.IndexByte("=<>!~&|", c) >= 0:
			n := 1
			if i+1 < len(text) && (text[i+1] == '=' || text[i:i+2] == "!~" || text[i:i+2] == "&&" || text[i:i+2] == "||") {
				n = 2
			}
			out = append(out, jqlToken{text: text[i : i+n], mark: true, at: i})
			i += n
		default:
			n := wordLen(text[i:])
			if n == 0 {
				return nil, jqlErrorf("Error in the JQL Query: The character '%s' is a reserved JQL character. You must enclose it in a string or use the escape '\\u%04x' instead. (line 1, character %d)", firstRune(text[i:]), []rune(text[i:])[0], i+1)
			}
			out = append(out, jqlToken{text: text[i : i+n], at: i})
			i += n
		}
	}
	return out, nil
}

func firstRune(s string) string { return string([]rune(s)[:1]) }

// wordLen is the length of the word that a text starts with.
func wordLen(text string) int {
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.[]:/\\", r) {
			return i
		}
	}
	return len(text)
}

// unquoteJQL reads a quoted string and returns how long it is in the text.
func unquoteJQL(text string) (string, int, error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case text[0]:
			return b.String(), i + 1, nil
		case '\\':
			i++
			if i < len(text) {
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(text[i])
		}
	}
	return "", 0, jqlErrorf("Error in the JQL Query: The quoted string '%s' has not been completed. (line 1, character %d)", text[1:], len(text))
}

// word reports whether the next token is a keyword.
func (p *jqlParser) word(keyword string) bool {
	return len(p.tokens) > 0 && !p.tokens[0].quoted && strings.EqualFold(p.tokens[0].text, keyword)
}

// accept takes the next token when it is one of the keywords.
func (p *jqlParser) accept(keywords ...string) bool {
	for _, k := range keywords {
		if p.word(k) {
			p.tokens = p.tokens[1:]
			return true
		}
	}
	return false
}

func (p *jqlParser) unexpected(want string) error {
	if len(p.tokens) == 0 {
		return jqlErrorf("Error in the JQL Query: Expecting %s but reached the end of the query. (line 1, character %d)", want, p.end)
	}
	t := p.tokens[0]
	return jqlErrorf("Error in the JQL Query: Expecting %s but got '%s'. (line 1, character %d)", want, t.text, t.at+1)
}

func (p *jqlParser) or() (*jqlTerm, error)  { return p.chain("or", p.and, "or", "||", "|") }
func (p *jqlParser) and() (*jqlTerm, error) { return p.chain("and", p.not, "and", "&&", "&") }

func (p *jqlParser) chain(op string, next func() (*jqlTerm, error), words ...string) (*jqlTerm, error) {
	t, err := next()
	if err != nil || !p.accept(words...) {
		return t, err
	}
	all := &jqlTerm{op: op, terms: []*jqlTerm{t}}
	for {
		if t, err = next(); err != nil {
			return nil, err
		}
		all.terms = append(all.terms, t)
		if !p.accept(words...) {
			return all, nil
		}
	}
}

func (p *jqlParser) not() (*jqlTerm, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, jqlErrorf("Error in the JQL Query: the query is nested too deeply.")
	}
	if p.accept("not", "!") {
		t, err := p.not()
		return &jqlTerm{op: "not", terms: []*jqlTerm{t}}, err
	}
	if p.accept("(") {
		t, err := p.or()
		if err == nil && !p.accept(")") {
			err = p.unexpected("')'")
		}
		return t, err
	}
	return p.clause()
}

func (p *jqlParser) clause() (*jqlTerm, error) {
	if len(p.tokens) == 0 || p.tokens[0].mark || p.word("and") || p.word("or") {
		return nil, p.unexpected("a field name")
	}
	t := &jqlTerm{field: p.tokens[0].text}
	p.tokens = p.tokens[1:]
	for _, op := range []string{"=", "!=", ">", ">=", "<", "<=", "~", "!~", "in"} {
		if p.accept(op) {
			t.op = op
			return t, p.operand(t)
		}
	}
	if p.accept("not") {
		if !p.accept("in") {
			return nil, p.unexpected("'IN'")
		}
		t.op = "not in"
		return t, p.operand(t)
	}
	if !p.accept("is") {
		return nil, p.unexpected("an operator")
	}
	t.op = "is"
	if p.accept("not") {
		t.op = "is not"
	}
	if !p.accept("empty", "null") {
		return nil, p.unexpected("'EMPTY' or 'NULL'")
	}
	return t, nil
}

// operand reads a value, or a list of them for "in".
func (p *jqlParser) operand(t *jqlTerm) error {
	list := t.op == "in" || t.op == "not in"
	if !list || !p.accept("(") {
		v, err := p.value()
		t.values = []jqlValue{v}
		return err
	}
	for {
		v, err := p.value()
		if err != nil {
			return err
		}
		t.values = append(t.values, v)
		if p.accept(")") {
			return nil
		}
		if !p.accept(",") {
			return p.unexpected("',' or ')'")
		}
	}
}

func (p *jqlParser) value() (jqlValue, error) {
	if len(p.tokens) == 0 || p.tokens[0].mark {
		return jqlValue{}, p.unexpected("either a value, list or function")
	}
	v := jqlValue{text: p.tokens[0].text, quoted: p.tokens[0].quoted}
	p.tokens = p.tokens[1:]
	if v.quoted || !p.accept("(") {
		return v, nil
	}
	v.call = true
	for !p.accept(")") {
		if len(p.tokens) == 0 || p.tokens[0].mark {
			return v, p.unexpected("an argument or ')'")
		}
		v.args = append(v.args, p.tokens[0].text)
		p.tokens = p.tokens[1:]
		if !p.accept(",") && !p.word(")") {
			return v, p.unexpected("',' or ')'")
		}
	}
	return v, nil
}

func (p *jqlParser) orderBy() ([]jqlOrder, error) {
	if !p.accept("order") {
		return nil, nil
	}
	if !p.accept("by") {
		return nil, p.unexpected("'by'")
	}
	var out []jqlOrder
	for {
		if len(p.tokens) == 0 || p.tokens[0].mark {
			return nil, p.unexpected("a field name")
		}
		o := jqlOrder{field: strings.ToLower(p.tokens[0].text)}
		p.tokens = p.tokens[1:]
		if !p.accept("asc") {
			o.desc = p.accept("desc")
		}
		out = append(out, o)
		if !p.accept(",") {
			return out, nil
		}
	}
}

// A jqlError is a mistake in a query, in the words that Jira uses.
type jqlError string

func (e jqlError) Error() string { return string(e) }

func jqlErrorf(format string, args ...any) error { return jqlError(fmt.Sprintf(format, args...)) }
