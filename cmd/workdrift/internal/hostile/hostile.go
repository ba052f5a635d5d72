// Package hostile holds texts that break out of wherever a text is put: pages,
// addresses, tables, documents, chat, logs, queries. Whoever shows a text from
// upstream shows each of them in its tests. It also says what is left of a page
// when texts are taken away, so that a test sees whether one changed it.
//
// Only tests import it.
package hostile

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
)

// Each line of a file is a Go string literal, followed by x and a number where
// it is to be repeated; lines that begin with # are comments.
//
//go:embed corpus/*.txt
var corpus embed.FS

// Texts returns the whole corpus, the same on each call. Some texts are not
// valid UTF-8, some hold control characters, some are long.
func Texts() ([]string, error) {
	files, err := corpus.ReadDir("corpus")
	if err != nil {
		return nil, fmt.Errorf("list the corpus: %w", err)
	}
	var list []string
	for _, f := range files {
		raw, err := corpus.ReadFile("corpus/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("read the corpus: %w", err)
		}
		for i, line := range strings.Split(string(raw), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			text, err := unquote(line)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name(), i+1, err)
			}
			list = append(list, text)
		}
	}
	return list, nil
}

// unquote reads a line of the corpus.
func unquote(line string) (string, error) {
	literal, err := strconv.QuotedPrefix(line)
	if err != nil {
		return "", err
	}
	text, err := strconv.Unquote(literal)
	if err != nil || literal == line {
		return text, err
	}
	rest, times := strings.CutPrefix(line[len(literal):], " x ")
	n, err := strconv.Atoi(rest)
	if !times || err != nil || n < 2 {
		return "", fmt.Errorf("after the text stands %q", line[len(literal):])
	}
	return strings.Repeat(text, n), nil
}
