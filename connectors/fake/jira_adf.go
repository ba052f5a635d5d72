package fake

import "strings"

// adf writes a text as an Atlassian document: a paragraph for each line,
// addresses as links, and as cards when they are alone on a line.
func adf(text string) []byte {
	var e encoder
	e.open('{')
	e.num("version", 1)
	e.str("type", "doc")
	e.arr("content")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		e.object("", func() {
			e.str("type", "paragraph")
			e.arr("content")
			e.inline(line)
			e.close(']')
		})
	}
	e.close(']')
	e.close('}')
	return e.b
}

// inline writes the nodes of one line.
func (e *encoder) inline(line string) {
	if isAddress(line) {
		e.object("", func() {
			e.str("type", "inlineCard")
			e.object("attrs", func() { e.str("url", line) })
		})
		return
	}
	plain := ""
	flush := func() {
		if plain != "" {
			e.object("", func() {
				e.str("type", "text")
				e.str("text", plain)
			})
		}
		plain = ""
	}
	for word := range strings.SplitAfterSeq(line, " ") {
		address := strings.TrimSpace(word)
		if !isAddress(address) {
			plain += word
			continue
		}
		flush()
		e.object("", func() {
			e.str("type", "text")
			e.str("text", address)
			e.arr("marks")
			e.object("", func() {
				e.str("type", "link")
				e.object("attrs", func() { e.str("href", address) })
			})
			e.close(']')
		})
		plain = word[len(address):]
	}
	flush()
}

func isAddress(word string) bool {
	return (strings.HasPrefix(word, "https://") || strings.HasPrefix(word, "http://")) && !strings.ContainsAny(word, " \t")
}
