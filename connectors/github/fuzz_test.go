package github

import (
	"encoding/json"
	"testing"

	"github.com/workdrift/workdrift/connectors"
)

// FuzzPage proves that a page is either refused as a whole, or every element
// of it is accounted for, whatever was sent.
func FuzzPage(f *testing.F) {
	const whole = `{"number":1,"state":"open","title":"x","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z"}`
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, ` [ ] `, `[null]`, `[` + whole + `]`, `[` + whole + `]x`, `[` + whole + `,`, `[{"number":"1"}]`,
		`[{"number":2,"updated_at":"yesterday"},` + whole + `]`, `<html>`, `[[[[`, `[1,2,"x"]`, `[{"number":1e400}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		good, bad, err := decodeArray(body, (*wireIssue).valid)
		var elements []json.RawMessage
		isArray := json.Unmarshal(body, &elements) == nil && expect(body, '[') == nil
		if isArray != (err == nil) {
			t.Fatalf("an array: %v, error: %v", isArray, err)
		}
		if err != nil && len(good)+len(bad) > 0 {
			t.Fatal("a page that was refused has elements")
		}
		if err == nil && len(good)+len(bad) != len(elements) {
			t.Fatalf("%d good and %d bad of %d elements", len(good), len(bad), len(elements))
		}
		n := &normaliser{source: source}
		for i := range good {
			n.ticket(repository{id: 1, repoPos: repoPos{Name: "a/b"}}, &good[i])
		}
		for _, b := range bad {
			if b.name("R1/") == "" || b.why == "" {
				t.Fatal("an element is set aside without a name or a reason")
			}
		}
	})
}

// FuzzGraphQL proves that an answer is refused or has its nodes, whatever was
// sent.
func FuzzGraphQL(f *testing.F) {
	for _, seed := range []string{
		`{"data":null}`, `{"data":{"nodes":[null]}}`, `{"data":{"nodes":[{"number":1,"state":"OPEN"}]},"errors":[{"path":["nodes",0]}]}`,
		`{"data":{"nodes":[{"number":"x"}],"rateLimit":null}}`, `{"errors":[{"type":"RATE_LIMITED"}]}`, `[]`, `{"data":{"nodes":[{"createdAt":1}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var g graphReply[graphChange]
		if g.decode(body) != nil || g.Data == nil {
			return
		}
		for i, w := range g.Data.Nodes {
			g.transient(i)
			if w != nil && w.valid() == nil {
				n := &normaliser{source: source}
				n.change(repository{id: 1, repoPos: repoPos{Name: "a/b", Branch: "main"}}, w.change())
			}
		}
	})
}

// FuzzPosition proves that positions survive being written, and that a damaged
// one is read as none or as one that can be written again.
func FuzzPosition(f *testing.F) {
	p := listPos{Since: 1, Next: "https://h/x", Seen: seen{}, validator: validator{Tag: `W/"1"`, Of: "ab"}}
	p.Seen.add(1, 2)
	raw, err := connectors.EncodePosition(p)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{raw, ``, `{`, `{"seen":"AAAA"}`, `{"seen":"AAAAAAAAAAAAAA"}`, `{"todo":[{"n":1}]}`, `{"since":"x"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, ok := connectors.DecodePosition[listPos](raw)
		again, err := connectors.EncodePosition(p)
		if err != nil {
			t.Fatal(err)
		}
		q, _ := connectors.DecodePosition[listPos](again)
		second, err := connectors.EncodePosition(q)
		if err != nil || second != again {
			t.Fatalf("%s becomes %s (%v, read: %v)", again, second, err, ok)
		}
		connectors.DecodePosition[changesPos](raw)
		connectors.DecodePosition[commitsPos](raw)
		connectors.DecodePosition[rosterPos](raw)
		repoOf(raw)
	})
}
