package refs

import (
	"strings"
	"testing"

	"github.com/workdrift/workdrift/store"
)

func TestCriteria(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "Just do it.": false,
		"- [ ] logs in":                                         true,
		"* [x] logs in":                                         true,
		"- [ ]":                                                 false,
		"- [ ] ":                                                false,
		"[PAY-1] is done":                                       false,
		"[ ](http://x)":                                         false,
		"## Acceptance criteria\nfast":                          true,
		"h3. Acceptance Criteria\r\n* fast":                     true,
		"*Acceptance criteria:*\n\n* fast":                      true,
		"**Acceptance criteria**: fast":                         true,
		"Acceptance criteria: fast":                             true,
		"Definition of Done\nIt is fast":                        true,
		"## Acceptance criteria\n":                              false,
		"## Acceptance criteria\n\n## Notes\nslow":              false,
		"h2. Acceptance criteria\nh2. Notes\nslow":              false,
		"### Acceptance criteria\n\n_No response_\n":            false,
		"The acceptance criteria are unclear.":                  false,
		"Acceptance criteria are unclear.":                      false,
		"## Acceptance criteria\n<!-- what must be true? -->\n": false,
		"<!--\n- [ ] I have read the rules\n-->":                false,
		"```\n- [ ] x\n```":                                     false,
		"```\n- [ ] x\n```\n- [ ] y":                            true,
		"## Acceptance criteria\n#1 is closed":                  true,
	} {
		if got := Criteria(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestInputs(t *testing.T) {
	for _, c := range []struct {
		text               string
		criteria, assigned bool
		want               string
	}{
		{"", false, false, "0 no no"},
		{"Make the login fast again", true, false, "5 yes no"},
		{"- [ ] fast", false, true, "1 yes yes"},
		{strings.Repeat("word ", 900), false, false, "200 no no"},
	} {
		attrs := map[string][]string{}
		Inputs(attrs, c.text, c.criteria, c.assigned)
		if got := strings.Join([]string{attrs[store.AttrWords][0], attrs[store.AttrCriteria][0], attrs[store.AttrAssigned][0]}, " "); got != c.want {
			t.Errorf("%.20q: %s, want %s", c.text, got, c.want)
		}
	}
}

// FuzzCriteria finds texts that take the program down.
func FuzzCriteria(f *testing.F) {
	for _, seed := range []string{"- [ ] x", "## Acceptance criteria\nx", "h1.", "<!-- -->", "```"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if Criteria(text) && !Criteria(text+"\nmore") {
			t.Errorf("%q has criteria until more is said", text)
		}
	})
}
