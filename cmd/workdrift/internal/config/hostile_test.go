package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/hostile"
)

// hostileNames are the corpus, and texts of what names are made of and of what
// ends a string in a query.
func hostileNames(t *testing.T) []string {
	t.Helper()
	names, err := hostile.Texts()
	if err != nil {
		t.Fatal(err)
	}
	const of = `abcxyz0189_-_-AZ"'{}[]()\/$.|*+?=~,: ` + "\n\t`é\u202e"
	random, letters := rand.New(rand.NewPCG(15, 15)), []rune(of)
	for range 10_000 {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		names = append(names, b.String())
	}
	return names
}

// S15: a name that is accepted stands for itself in a label, in a query, in a
// regular expression and in a dashboard's variable.
func TestNamesNeedNoQuoting(t *testing.T) {
	accepted := 0
	for _, name := range hostileNames(t) {
		if !idPattern.MatchString(name) {
			continue
		}
		accepted++
		for _, op := range []string{"=", "=~"} {
			query := fmt.Sprintf(`workdrift_x{objective%s"%s"}`, op, name)
			expr, err := parser.ParseExpr(query)
			if err != nil || expr.String() != query {
				t.Errorf("%q: %v, %v", name, expr, err)
			}
		}
		if re, err := regexp.Compile("^(?:" + name + ")$"); err != nil || !re.MatchString(name) || strings.ContainsAny(name, "$[]{}.") {
			t.Errorf("%q is a pattern: %v", name, err)
		}
	}
	if accepted < 100 {
		t.Errorf("only %d names were accepted", accepted)
	}
}

// What is no name is refused wherever one goes, in lines that can be printed; a
// text may be anything.
func TestHostileNames(t *testing.T) {
	names := hostileNames(t)[:500]
	for _, name := range names {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, where := range []string{
			"connectors: {%s: {type: git}}\n",
			minimal + "objectives: [{id: %s, rank: 1, text: x}]\n",
			minimal + "teams: [{id: %s, members: [\"github:x\"]}]\n",
		} {
			_, err := loadText(t, fmt.Sprintf(where, quoted), nil)
			if idPattern.MatchString(name) || strings.TrimSpace(name) == "" {
				continue
			}
			list, ok := errors.AsType[Errors](err)
			if !ok {
				t.Errorf("%.100q is taken in %s", name, where)
				continue
			}
			for line := range strings.SplitSeq(list.Error(), "\n") {
				if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
					t.Errorf("%.100q is told of as %.300q", name, line)
				}
			}
		}
	}
}
