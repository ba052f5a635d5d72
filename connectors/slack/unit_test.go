package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// TestConfiguration proves that what is wrong is refused with the key it is
// about, before anything is sent.
func TestConfiguration(t *testing.T) {
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	for text, want := range map[string]string{
		"":                                        "",
		"base_url: http://127.0.0.1:1/api":        "",
		"token_env: ''":                           "token_file: ",
		"token_file: /nowhere":                    "give the file or the environment variable",
		"channels: ['[']":                         "channels: ",
		"exclude: ['']":                           "exclude: ",
		"private_channels: ['secret-*']":          "private_channels: ",
		"checkin_channels: ['[']":                 "checkin_channels: ",
		"checkin_reactions: {tada: 2}":            "checkin_reactions: ",
		"profile_fields: {'git hub': GitHub}":     "profile_fields: ",
		"github_hosts: ['https://git.corp/']":     "github_hosts: ",
		"since: yesterday":                        "neither an age",
		"lookback: 0s":                            "lookback: ",
		"settle: -1h":                             "settle: ",
		"overlap: -1s":                            "overlap: ",
		"page_size: 1000":                         "page_size: ",
		"base_url: http://slack.com/api/":         "base_url: ",
		"base_url: https://slack.com/api/?x=1":    "base_url: ",
		"base_url: https://user@slack.com/api/":   "base_url: ",
		"webhook_secret_env: WORKDRIFT_TEST_NONE": "webhook_secret_env: ",
		"colour: red":                             "colour",
	} {
		if !strings.Contains(text, "token_env") {
			text = "token_env: WORKDRIFT_TEST_TOKEN\n" + text
		}
		_, err := New(connectors.Env{Now: time.Now}, connectortest.Decoder(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%q: the error holds the token", text)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                           "plain",
		"a &amp; b &lt;c&gt; &amp;lt;":                    "a & b <c> &lt;",
		"<https://x.org/a?b=1&amp;c=2>":                   " https://x.org/a?b=1&c=2 ",
		"see <https://x.org|PAY-7>!":                      "see  https://x.org PAY-7 !",
		"<http://x.org|x.org>":                            " http://x.org ",
		"<@U1> <@U1|ada> <#C1|dev> <!here> <!date^1|now>": "         ",
		"<mailto:a@b.org|a@b.org>":                        " ",
		"1 < 2":                                           "1   2",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestFences: Slack's code blocks begin and end anywhere in a line. In code only
// ticket keys count, behind it everything does, and nothing in it is a check-in.
func TestFences(t *testing.T) {
	n := &normaliser{}
	const change = "<https://github.com/acme/api/pull/12>"
	for text, want := range map[string]string{
		"```PAY-7 failed```\nsee " + change:             "PAY-7 acme/api#12",
		"```PAY-7 failed\nat main.go```\nsee " + change: "PAY-7 acme/api#12",
		"```\nPAY-7 failed\n```\nsee " + change:         "PAY-7 acme/api#12",
		"why ```PAY-7``` and " + change:                 "PAY-7 acme/api#12",
		"```" + change + "``` PAY-8":                    "PAY-8",
		"a `" + change + "` PAY-8":                      "PAY-8",
		"```open " + change:                             "acme/api#12", // not closed: Slack shows the marks
		"a &lt;!-- PAY-8\nPAY-9":                        "PAY-8 PAY-9",
		"~~~~~\n" + change:                              "acme/api#12",
		"```a &lt;!-- b``` PAY-8 " + change:             "PAY-8 acme/api#12",
	} {
		m := &wireMessage{TS: "1700000000.000100", Text: text}
		if err := m.valid(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range n.links(&discussion{messages: []*wireMessage{m}}, "") {
			got = append(got, l.Key)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: got %q, want %q", text, g, want)
		}
	}
}

// TestTexts reads what people and apps post, in the places where it stands.
func TestTexts(t *testing.T) {
	for _, c := range []struct{ name, message, texts, addresses string }{
		{"a person, whose blocks repeat the text", `{"user":"U1","text":"PAY-1","blocks":[{"type":"rich_text","elements":[{"type":"text","text":"PAY-1"}]}]}`, "PAY-1", ""},
		{"a person, blocks only", `{"user":"U1","blocks":[{"type":"rich_text","elements":[{"elements":[{"type":"text","text":"PAY-1"},{"type":"link","url":"https://x.org"}]}]}]}`, "PAY-1|https://x.org", ""},
		{"an app", `{"bot_id":"B1","text":"a","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"<https://x.org|b>"},"accessory":{"type":"button","url":"https://y.org"}}]}`, "a| https://x.org b |https://y.org", ""},
		{"an attachment of an app", `{"bot_id":"B1","attachments":[{"pretext":"a","title":"b","text":"c","fallback":"d","title_link":"https://x.org","fields":[{"title":"e","value":"f"}]}]}`, "a|b|c|e|f", "https://x.org"},
		{"a fallback", `{"bot_id":"B1","attachments":[{"fallback":"d"}]}`, "d", ""},
		{"the page behind a link", `{"user":"U1","text":"a","attachments":[{"from_url":"https://x.org","title":"not said by anybody","text":"nor this"}]}`, "a", "https://x.org"},
		{"a file", `{"user":"U1","text":"a","files":[{"title":"PAY-1 plan","external_url":"https://x.org/doc"}]}`, "a|PAY-1 plan", "https://x.org/doc"},
		{"a script", `{"user":"U1","text":"a","attachments":[{"from_url":"javascript:alert(1)"}]}`, "a", ""},
	} {
		var m wireMessage
		if err := json.Unmarshal([]byte(c.message), &m); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(m.texts(), "|"); got != c.texts {
			t.Errorf("%s: texts %q, want %q", c.name, got, c.texts)
		}
		if got := strings.Join(m.addresses(), "|"); got != c.addresses {
			t.Errorf("%s: addresses %q, want %q", c.name, got, c.addresses)
		}
	}
}

func TestStamp(t *testing.T) {
	at, ok := parseStamp("1712345678.000100")
	if !ok || at.String() != "1712345678.000100" || at.link() != "p1712345678000100" || at.day() != "20240405" {
		t.Errorf("%v %v %s %s", ok, at, at.link(), at.day())
	}
	for _, s := range []string{"", "1712345678", "1712345678.0001", "1712345678.0001000", "171234567.0001000", "1712345678,000100", "-712345678.000100", "1712345678.00010x"} {
		if _, ok := parseStamp(s); ok {
			t.Errorf("%q is a ts", s)
		}
	}
}

func TestAccountName(t *testing.T) {
	for in, want := range map[string]string{
		"Octocat": "octocat", " @octocat ": "octocat", "https://github.com/Octocat/": "octocat", "github.com/octocat": "octocat",
		"": "", "ask me": "", "https://github.com/": "", "https://github.com/a/b": "",
	} {
		if got := accountName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestGitHubHosts: links to a GitHub Enterprise server count like others.
func TestGitHubHosts(t *testing.T) {
	o := newOffice()
	ts := o.say(ago(1, 0), o.dev, o.ada, "<https://git.corp.example/acme/api/pull/7>")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	r.config = "github_hosts: [git.corp.example]\n"
	r.MustPoll(r.connect())
	equal(t, "discusses", connectortest.Keys(r.item(o.dev, ts), "discusses"), []string{"acme/api#7"})
}
