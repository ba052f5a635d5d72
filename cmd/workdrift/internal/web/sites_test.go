package web

import (
	"context"
	"strings"
	"testing"
)

func TestOnSite(t *testing.T) {
	sites := []string{"git.example", "10.1.2.3:8080", "[::1]:8443", "*.slack.example", "Jira.Example", "old.example:443"}
	for address, want := range map[string]bool{
		"https://git.example/acme/web/pull/7": true, "http://git.example/": true, "HTTPS://GIT.example/x?y#z": true,
		"https://git.example:443/": true, "http://git.example:80/": true, "https://git.example": true,
		"https://jira.example/browse/PAY-7": true, "http://10.1.2.3:8080/x": true, "https://[::1]:8443/": true,
		"https://old.example/": true, "https://acme.slack.example/archives/C1/p2": true, "https://a.b.slack.example/": true,

		"": false, "/explain": false, "//git.example/": false, "git.example/x": false, "https:git.example": false, "https:///git.example": false,
		"https://git.example:8443/": false, "http://git.example:443/": false, "https://10.1.2.3/": false,
		"https://evil.example/git.example": false, "https://git.example.evil.example/": false, "https://evilgit.example/": false,
		"https://sub.git.example/": false, "https://slack.example/": false, "https://.slack.example/": false, "https://evilslack.example/": false,
		"https://git.example@evil.example/": false, "https://evil.example@git.example/": false, "https://evil.example#@git.example/": false,
		"https://evil.example\\@git.example/": false, "https://git.example\\.evil.example/": false, "https://g\u0456t.example/": false,
		"javascript://git.example/%0aalert(1)": false, "data://git.example/": false, "ftp://git.example/": false, " https://git.example/": false,
		"https://git.example/\n": false, "https://git.example\t/": false, "https://*.slack.example/": true, // no browser finds such a host
	} {
		if got := onSite(address, sites); got != want {
			t.Errorf("%q is linked: %v", address, got)
		}
	}
	if onSite("https:///", []string{""}) {
		t.Error("an address without a host is linked")
	}
}

// An item's address is a link only where it leads to a source.
func TestOnlySourcesAreLinked(t *testing.T) {
	for address, want := range map[string]string{
		"https://git.example/acme/web/pull/7": ` · <a href="https://git.example/acme/web/pull/7" rel="noreferrer">open</a>`,
		"https://evil.example/?a=1&b=2":       ` · https://evil.example/?a=1&amp;b=2</span>`,
		"javascript:alert(1)":                 ` · javascript:alert(1)</span>`,
		"":                                    `ticket</span>`,
	} {
		for _, none := range []bool{false, true} {
			h := handler(t, fullReport(t), func(o *Options) {
				withEverything(t)(o)
				o.Access = Access{Anyone: Reader}
				if o.Sites = nil; !none {
					o.Sites = func() []string { return []string{"git.example"} }
				}
				o.Explain = func(_ context.Context, subject, window string) (*Explanation, error) {
					x := anExplanation(o.Report(), subject, window)
					for i := range x.Items {
						x.Items[i].URL = address
					}
					return x, nil
				}
			})
			page := ask(h, "GET", "/explain?subject=sso").Body.String()
			if link := strings.HasPrefix(want, ` · <a `); none && link {
				if strings.Contains(page, `href="`+address) {
					t.Errorf("%q is linked where no site is known", address)
				}
			} else if strings.Count(page, want) != 3 {
				t.Errorf("%q: not three times %s in\n%s", address, want, page)
			}
		}
	}
}
