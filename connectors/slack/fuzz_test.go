package slack

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// FuzzPage proves that a page is either refused as a whole, or every element of
// it is accounted for, and that what can be read can be normalised.
func FuzzPage(f *testing.F) {
	const whole = `{"type":"message","ts":"1712345678.000100","user":"U1","text":"PAY-7 <https://x.org|y>","reactions":[{"name":"a","users":["U2"],"count":1}],"blocks":[{"type":"x","text":{"text":"a"}}]}`
	for _, seed := range []string{
		``, `null`, `{}`, `{"ok":true}`, `{"ok":true,"messages":null}`, `{"ok":true,"messages":[]}`, `{"ok":true,"messages":[null,1,"x",[]]}`,
		`{"ok":true,"messages":[` + whole + `]}`, `{"ok":true,"messages":[` + whole + `]}x`, `{"ok":false}`, `{"ok":"true"}`, `{"ok":true,"messages":{}}`,
		`{"ok":true,"messages":[{"ts":"1712345678.0001"},{"ts":1712345678.0001},` + whole + `],"has_more":true}`,
		`{"ok":true,"messages":[{"ts":"1712345678.000100","blocks":[{"type":"auth_provider","name":42}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &reply{answer: answer{status: http.StatusOK, header: http.Header{}, body: body}}
		if r.judge(present) != nil {
			return
		}
		good, bad, err := list(r, methodHistory, "messages", (*wireMessage).valid)
		var page struct {
			Messages []json.RawMessage `json:"messages"`
		}
		if err != nil {
			if len(good)+len(bad) > 0 {
				t.Fatal("a page that was refused has elements")
			}
			return
		}
		if json.Unmarshal(body, &page) == nil && len(good)+len(bad) != len(page.Messages) {
			t.Fatalf("%d good and %d bad of %d elements", len(good), len(bad), len(page.Messages))
		}
		n := &normaliser{source: source, checksIn: func(string, string) bool { return true }, prompt: "x", ratios: reactionRatios(nil), met: func(string) {}}
		d := &desk{id: "C1", prefix: "T1/C1/", channelPos: channelPos{Name: "c"}}
		for i := range good {
			var out store.Batch
			n.version(d, &good[i], true)
			n.thread(&discussion{channel: d, messages: []*wireMessage{&good[i]}}, &out)
			if len(out.Items) != 1 || out.Items[0].Created.IsZero() && good[i].at > 0 {
				t.Fatalf("%+v", out.Items)
			}
		}
		for _, b := range bad {
			if b.sum == "" || b.why == "" {
				t.Fatal("an element is set aside without a name or a reason")
			}
		}
	})
}

// FuzzPlain proves that nothing of a mention is left, and that texts do not
// grow out of hand.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"<https://x.org|PAY-7>", "<@U1|ada>", "a &lt;b&gt; &amp;amp;", "<", "<<>>", "<https://x.org", "<mailto:a@b.c|a@b.c>", "<!date^1^x|y>", "~~~", "a```b```c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		marked := strings.ContainsAny(s, "<&") || strings.Contains(s, fence) || strings.Contains(s, "~~~")
		if got := plain(s); len(got) > 2*len(s)+8 || !marked && got != s {
			t.Fatalf("%q becomes %q", s, got)
		}
		inside := strings.NewReplacer("<", "", ">", "").Replace(s)
		for _, mark := range []string{"@", "#", "!", "mailto:"} {
			if got := plain("a<" + mark + inside + ">b"); got != "a b" {
				t.Fatalf("%q becomes %q", mark+inside, got)
			}
		}
	})
}

// FuzzPosition proves that positions survive being written, and that a damaged
// one is read as none or as one that can be written again.
func FuzzPosition(f *testing.F) {
	for _, seed := range []string{
		`{"done":"1712345678.000100","window":{"low":"1712345678.000100","missing":["1712345678.000100"]}}`, ``, `{`, `{"done":"x"}`, `{"todo":[{"t":"1712345678.000100","v":7}]}`,
		`{"done":1}`, daySet{1712345678000100: 7}.encode(), `AAAA`, `AAAAAAAAAAAAAAAA`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, _ := connectors.DecodePosition[historyPos](raw)
		again, err := connectors.EncodePosition(p)
		if err != nil {
			t.Fatal(err)
		}
		q, ok := connectors.DecodePosition[historyPos](again)
		if second, err := connectors.EncodePosition(q); err != nil || second != again || !ok {
			t.Fatalf("%s becomes %s (%v)", again, second, err)
		}
		connectors.DecodePosition[threadsPos](raw)
		connectors.DecodePosition[channelPos](raw)
		set, err := decodeDay(raw)
		if err == nil && set.encode() != daySetOf(t, set.encode()).encode() {
			t.Fatalf("%v", set)
		}
		channelOf(raw, "T1", streamChannel)
		if at, ok := parseStamp(raw); ok && at > 0 && at.String() != raw {
			t.Fatalf("%q becomes %q", raw, at)
		}
	})
}

func daySetOf(t *testing.T, raw string) daySet {
	t.Helper()
	set, err := decodeDay(raw)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
