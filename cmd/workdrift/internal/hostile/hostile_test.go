package hostile

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTexts(t *testing.T) {
	list, err := Texts()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Texts()
	if err != nil || !slices.Equal(list, again) {
		t.Errorf("the second time it differs: %v", err)
	}
	if len(list) < 200 {
		t.Errorf("only %d texts", len(list))
	}
	seen := map[string]bool{}
	broken, long := 0, 0
	for _, text := range list {
		if seen[text] {
			t.Errorf("%.80q is there twice", text)
		}
		seen[text] = true
		if !utf8.ValidString(text) {
			broken++
		}
		if len(text) > 1000 {
			long++
		}
	}
	if broken < 5 || long < 3 {
		t.Errorf("%d texts are broken UTF-8 and %d are long", broken, long)
	}
	t.Logf("%d texts", len(list))
}

func TestUnquote(t *testing.T) {
	for line, want := range map[string]string{"`a\\n`": `a\n`, `"a\n"`: "a\n", `"ab" x 3`: "ababab"} {
		if got, err := unquote(line); err != nil || got != want {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	for _, line := range []string{"a", "`a", `"a" `, `"a" x`, `"a" x 1`, `"a" y 2`, `"a"x 2`} {
		if got, err := unquote(line); err == nil {
			t.Errorf("%s is taken for %q", line, got)
		}
	}
}

// Each text would be noticed in one place or another if it were written as it is.
func TestPagesAreToldApart(t *testing.T) {
	const frame = `<!doctype html><title>x</title><ul><li><a href="/x" title="%">%</a> %</ul>`
	outline := func(source string) []string { return parsed(t, source).Outline() }
	want := outline(strings.ReplaceAll(frame, "%", "harmless"))
	if got := outline(strings.ReplaceAll(frame, "%", "less harm; &lt;b&gt;")); !slices.Equal(got, want) {
		t.Errorf("another text makes another page: %q", got)
	}
	list, err := Texts()
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for _, text := range list {
		if !slices.Equal(outline(strings.ReplaceAll(frame, "%", text)), want) {
			noticed++
		}
	}
	if noticed < 100 {
		t.Errorf("only %d of %d texts change a page that does not escape", noticed, len(list))
	}
	one := parsed(t, "<ul><li>a</ul>").Kinds()
	for page, same := range map[string]bool{"<ul><li>b<li>c</ul>": true, "<ul><li><i>b</i></ul>": false, "<ul><li id=x>b</ul>": false, "<!----><ul><li>b</ul>": false} {
		found := false
		for kind := range parsed(t, page).Kinds() {
			found = found || !one[kind]
		}
		if found == same {
			t.Errorf("%s: of other kinds %v", page, found)
		}
	}
}

func TestDangers(t *testing.T) {
	for page, want := range map[string]int{
		`<a href="/x?a=//b#c">x</a><a href="#y">y</a><form action="/decisions"></form>`:    0,
		`<a href="https://git.example/acme">x</a><a href="http://git.example:8080/">x</a>`: 0,
		`<a href="https://evil.example/acme">x</a>`:                                        1,
		`<a href="https://git.example@evil.example/">x</a>`:                                1,
		`<a href="https://x@git.example/">x</a>`:                                           1,
		`<a href="https://git.example:81/">x</a>`:                                          1,
		`<a href="//git.example/">x</a><a href="/\evil.example">x</a>`:                     2,
		"<a href=\"/\t/evil.example\">x</a><a href=\" javascript:alert(1)\">x</a>":         2,
		`<a href="x">x</a><a href="">x</a>`:                                                2,
		`<p style="x"><p onclick="x"><svg onload=x></svg>`:                                 3,
		`<script>x</script><img src="/x"><svg><use href="#x"/></svg>`:                      3,
		`<svg><a xlink:href="javascript:x"></a></svg>`:                                     1,
		`<button formaction="javascript:x">`:                                               1,
	} {
		if got := parsed(t, page).Dangers("git.example", "git.example:8080"); len(got) != want {
			t.Errorf("%s: %q, want %d", page, got, want)
		}
	}
}

func parsed(t *testing.T, source string) Page {
	t.Helper()
	p, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
