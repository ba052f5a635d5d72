package jira

import (
	"encoding/json"
	"regexp"
	"strings"
)

// A document is the text of a description or comment, in wiki markup or in
// Atlassian's document format. It is read for references and words and never
// kept.
type document struct{ text string }

var (
	// A mention of a person, which must not become a word.
	wikiMention = regexp.MustCompile(`\[~[^\]\n]*\]`)
	wikiCode    = regexp.MustCompile(`\{(?:code|noformat)(?::[^}\n]*)?\}`)
)

// UnmarshalJSON reads a string or a document object.
func (d *document) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		s = wikiMention.ReplaceAllString(s, " ")
		d.text = wikiCode.ReplaceAllString(s, "\n```\n")
		return nil
	}
	if string(raw) == "null" {
		return nil
	}
	var n node
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	var b strings.Builder
	n.write(&b, 0)
	d.text = b.String()
	return nil
}

// A node is a part of a document.
type node struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Content []node `json:"content"`
	Attrs   struct {
		URL  string `json:"url"`
		Href string `json:"href"`
	} `json:"attrs"`
	Marks []node `json:"marks"`
}

// maxDepth bounds how deep documents nest.
const maxDepth = 100

// write adds the text of a node, with the addresses it links to.
func (n *node) write(b *strings.Builder, depth int) {
	if depth > maxDepth || n.Type == "mention" {
		b.WriteByte(' ')
		return
	}
	switch n.Type {
	case "codeBlock":
		b.WriteString("\n```\n")
	case "heading":
		b.WriteString("# ")
	case "taskItem":
		b.WriteString("- [ ] ")
	}
	b.WriteString(n.Text)
	for _, m := range n.Marks {
		if m.Attrs.Href != "" && m.Attrs.Href != n.Text {
			b.WriteString(" " + m.Attrs.Href + " ")
		}
	}
	if n.Attrs.URL != "" {
		b.WriteString(" " + n.Attrs.URL + " ")
	}
	for i := range n.Content {
		n.Content[i].write(b, depth+1)
	}
	switch n.Type {
	case "codeBlock":
		b.WriteString("\n```\n")
	case "paragraph", "heading", "hardBreak", "listItem", "taskItem", "tableCell", "tableHeader", "blockquote", "rule":
		b.WriteByte('\n')
	}
}
