package config

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkLoad reads the largest configuration that is foreseen: 500
// objectives with 10 rules each, 60 teams, 500 people.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString(minimal + "objectives:\n")
	for i := range 500 {
		fmt.Fprintf(&text, "- id: o%d\n  rank: %d\n  text: Objective\n  match:\n", i, i+1)
		for j := range 10 {
			fmt.Fprintf(&text, "  - {labels: [l%d, 'm%d*'], repos: 'acme/r%d', not: {titles: '/^fix %d/'}}\n", j, j, i, j)
		}
	}
	text.WriteString("identities:\n")
	for i := range 500 {
		fmt.Fprintf(&text, "- {person: p%d, handles: ['github:u%d', 'email:u%d@example.org'], zone: Europe/Berlin}\n", i, i, i)
	}
	text.WriteString("teams:\n")
	for i := range 60 {
		fmt.Fprintf(&text, "- {id: t%d, members: [p%d, p%d]}\n", i, 2*i, 2*i+1)
	}
	for b.Loop() {
		if _, err := loadText(b, text.String(), nil); err != nil {
			b.Fatal(err)
		}
	}
}
