package refs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/workdrift/workdrift/store"
)

const sha = "c23d60d56cd73118624192cf03f6e400f59027e7"

// show spells links as the tables do: "implements PAY-7, mentions a/b#1".
func show(links []store.Link) string {
	var all []string
	for _, l := range links {
		all = append(all, string(l.Kind)+" "+l.Key)
	}
	return strings.Join(all, ", ")
}

func TestCommit(t *testing.T) {
	for _, c := range []struct{ subject, body, want string }{
		// The leading run.
		{"PAY-7: x", "", "implements PAY-7"},
		{"PAY-7; x", "", "implements PAY-7"},
		{"PAY-7 - x", "", "implements PAY-7"},
		{"[PAY-7] x", "", "implements PAY-7"},
		{"(PAY-7) x", "", "implements PAY-7"},
		{"[PAY-7, PAY-8] x", "", "implements PAY-7, implements PAY-8"},
		{"[PAY-7][PAY-8] x", "", "implements PAY-7, implements PAY-8"},
		{"PAY-7, PAY-8: x", "", "implements PAY-7, implements PAY-8"},
		{"PAY-7,PAY-8,PAY-9 x", "", "implements PAY-7, implements PAY-8, implements PAY-9"},
		{"PAY-7 PAY-8 x", "", "implements PAY-7, implements PAY-8"},
		{"PAY-7/PAY-8: x", "", "implements PAY-7, implements PAY-8"},
		{"PAY-7 and PAY-8: x", "", "implements PAY-7, implements PAY-8"},
		{"PAY-7 & PAY-8: x", "", "implements PAY-7, implements PAY-8"},
		{"PAY-7: KIP-8: x", "", "implements PAY-7, implements KIP-8"},
		{"PAY-7: PAY-8 broke it", "", "implements PAY-7, mentions PAY-8"},
		{"PAY-7 after PAY-8", "PAY-7 again, PAY-9", "implements PAY-7, mentions PAY-8, mentions PAY-9"},
		{"feat: PAY-7 x", "", "implements PAY-7"},
		{"fix(PAY-7): x", "", "implements PAY-7"},
		{"fix: PAY-7 x", "", "implements PAY-7"},
		{"fixup! [WIP] PAY-7 x", "", "implements PAY-7"},
		{"MINOR: x of PAY-7", "", "mentions PAY-7"},
		{"Test case for [PAY-7] x", "", "mentions PAY-7"},
		{"Pay-7: x", "", ""},
		{"PAY-7-RC2 x", "", ""},
		{"PAY-0 PAY-01 x", "", ""},
		{"P-1 PAY- -7 x", "", ""},
		// Boundaries.
		{"x", "UTF-8, SHA-256 and ISO-8601", "mentions UTF-8, mentions SHA-256, mentions ISO-8601"},
		{"x", "CVE-2024-1234 and CWE-346.", "mentions CWE-346"},
		{"x", "JAVA-1.8, ISOLATED_PAY-2, xPAY-3, a.PAY-4, docs/PAY-5, me@PAY-6, PAY-7x, PAY-8é 修PAY-9复", "mentions PAY-8, mentions PAY-9"},
		{"x", "-PAY-1: _PAY-2_ **PAY-3** \"PAY-4\" PAY-5. PAY-6/PAY-7", "mentions PAY-1, mentions PAY-2, mentions PAY-3, mentions PAY-4, mentions PAY-5, mentions PAY-6, mentions PAY-7"},
		{"x", "notes.html#PAY-1 https://x.org/y.html#PAY-2 https://x.org/PAY-3/z", ""},
		{"x", "https://x.org/browse/PAY-1?a=b, https://y.z/issue/ENG-2/title https://q.r/?selectedIssue=PAY-3&x", "mentions PAY-1, mentions ENG-2, mentions PAY-3"},
		// Reverts.
		{`Revert "PAY-7: x (#12)" (#14)`, "This reverts commit " + sha + ".", "part_of acme/api#14, implements PAY-7, mentions acme/api#12, mentions acme/api@" + sha},
		{`Revert "PAY-7: x (#12)"`, "", "implements PAY-7, mentions acme/api#12"},
		{`Revert "PAY-7: x (#12) (#14)`, "", "part_of acme/api#14, implements PAY-7, mentions acme/api#12"},
		{"Revert [PAY-7] x", "", "implements PAY-7"},
		{"revert: feat(api): PAY-7 x", "", "implements PAY-7"},
		{`Revert "Revert "PAY-7: x""`, "", "mentions PAY-7"},
		{`Reapply "PAY-7: x"`, "", "mentions PAY-7"},
		{"Revert swagger to 2.2 for PAY-7", "", "mentions PAY-7"},
		// Merges.
		{"Merge pull request #12 from bob/PAY-7-x", "PAY-8: title\n\nPAY-9", "part_of acme/api#12, implements PAY-7, implements PAY-8, mentions PAY-9"},
		{"Merge pull request #12 from bob/feature/pay-7_x", "", "part_of acme/api#12, implements PAY-7"},
		{"Merge branch 'PAY-7-x' into main", "", "implements PAY-7"},
		{"Merge branch 'main' into PAY-7-x", "", ""},
		{"Merge remote-tracking branch 'origin/PAY-7'", "", "implements PAY-7"},
		{"Merged in PAY-7-x (pull request #5)", "", "implements PAY-7, mentions acme/api#5"},
		// GitHub.
		{"x (#12)", "#13 GH-14 Acme/API#15 other/repo#16", "part_of acme/api#12, mentions acme/api#13, mentions acme/api#14, mentions GH-14, mentions acme/api#15, mentions other/repo#16"},
		{"x", "a#1 #2b #03 &#39; #x x/y/z#4 #", ""},
		{"x", "https://github.com/acme/api/pull/5/files https://github.com/o/r/issues/6#issuecomment-7 https://github.com/o/r/commit/" + sha, "mentions acme/api#5, mentions o/r#6, mentions o/r@" + sha},
		{"x", "https://evil.org/o/r/issues/6 https://github.com/o/r/tree/7", ""},
		// Permalinks of Slack: a reply names its thread.
		{"x", "https://acme.slack.com/archives/C01AB/p1712345678000100", "mentions archives/C01AB/p1712345678000100"},
		{"x", "https://acme.slack.com/archives/C01AB/p1712345700000200?thread_ts=1712345678.000100&cid=C01AB", "mentions archives/C01AB/p1712345678000100"},
		{"x", "https://acme.slack.com/archives/C01AB https://slack.com/archives/C01AB/p1 https://x.org/archives/C01AB/p1712345678000100", ""},
		{"x", "other/repo@" + sha + " uses: " + sha, "mentions other/repo@" + sha},
		// Closing keywords.
		{"Fix #1", "closes: #2, CLOSED #3 resolves other/r#4\nFixes https://github.com/acme/api/issues/5.", "closes acme/api#1, closes acme/api#2, closes acme/api#3, closes other/r#4, closes acme/api#5"},
		{"x", "Close #10, #11", "closes acme/api#10, mentions acme/api#11"},
		{"x", "Fixes PAY-7", "closes PAY-7"},
		{"x", "prefixes #1, fixing #2, fixes the #3, Fixes#4, fixes\n#5", "mentions acme/api#1, mentions acme/api#2, mentions acme/api#3, mentions acme/api#5"},
		{"x", "> fixes #1\n```\nfixes #2\nfixes PAY-3\n```\n`fixes #4` <!-- fixes #5\nfixes #6 --> see #7", "mentions acme/api#1, mentions PAY-3, mentions acme/api#7"},
		{"x", "an `odd tick, fixes #1", "closes acme/api#1"},
		{"x", "Fixes https://github.com/acme/api/issues/5#issuecomment-1", "mentions acme/api#5"},
		// The own pull request after a closing word.
		{"x", "Signed-off-by: b\nThis closes #12.", "part_of acme/api#12"},
		{"x", "PR Close #12", "part_of acme/api#12"},
		{"x", "Close acme/api#12", "part_of acme/api#12"},
		{"x", "Closes #12 from bob/branch", "part_of acme/api#12"},
		{"x", "Fixes acme/api#12", "closes acme/api#12"},
		{"x (#12)", "This closes #12", "part_of acme/api#12"},
		{"x (#12)", "This closes #13", "part_of acme/api#12, closes acme/api#13"},
		{"x", "Closes #13\nPR Close #12", "closes acme/api#13, part_of acme/api#12"},
		{"x", "we hope this closes #13", "closes acme/api#13"},
		// Trailers.
		{"x", "Objective: Sso-2026, billing", "implements objective:sso-2026, implements objective:billing"},
		{"x", "Objective: make it fast", ""},
		{"x", "Refs: PAY-1\nSee PAY-2\nblocked by #3", "mentions PAY-1, mentions PAY-2, mentions acme/api#3"},
	} {
		if got := show(Commit("acme/api", c.subject, c.body)); got != c.want {
			t.Errorf("%q %q:\n got %s\nwant %s", c.subject, c.body, got, c.want)
		}
	}
}

func TestRepository(t *testing.T) {
	const body = "#1 https://git.corp.example/a/b/issues/2 https://github.com/a/b/issues/3 c/d#4"
	for repo, want := range map[string]string{
		"":                      "mentions a/b#3, mentions c/d#4",
		"a/b":                   "mentions a/b#1, mentions a/b#3, mentions c/d#4",
		"git.corp.example/a/b":  "mentions a/b#1, mentions a/b#2, mentions c/d#4",
		"just-a-directory-name": "mentions a/b#3, mentions c/d#4",
	} {
		if got := show(Comment(repo, body)); got != want {
			t.Errorf("%q: got %s want %s", repo, got, want)
		}
	}
}

func TestChange(t *testing.T) {
	for _, c := range []struct {
		title, body, branch string
		closes              bool
		want                string
	}{
		{"PAY-7: x", "Fixes #3", "main", true, "implements PAY-7, closes acme/api#3"},
		{"PAY-7: x", "Fixes #3", "main", false, "implements PAY-7, mentions acme/api#3"},
		{"x", "This closes #3", "", true, "closes acme/api#3"},
		{"x (#3)", "", "", true, "mentions acme/api#3"},
		{"x", "", "feature/PAY-7-login", true, "implements PAY-7"},
		{"x", "", "PAY-7/login", true, "implements PAY-7"},
		{"x", "", "pay-7_x", true, "implements PAY-7"},
		{"x", "", "PAY-7-PAY-8-x", true, "implements PAY-7, implements PAY-8"},
		{"x", "", "pay-7/login", true, ""},
		{"x", "", "12-fix-thing", true, "mentions acme/api#12"},
		{"x", "", "bob/issue-12", true, "mentions acme/api#12, implements ISSUE-12"},
		{"x", "", "dependabot/npm/lodash-4.17.21", true, ""},
		{"x", "", "v2", true, ""},
		{"x", "", "ſſ-7-ı", true, ""},
	} {
		if got := show(Change("acme/api", c.title, c.body, c.branch, c.closes)); got != c.want {
			t.Errorf("%q %q %q:\n got %s\nwant %s", c.title, c.body, c.branch, got, c.want)
		}
	}
}

func TestTicketAndComment(t *testing.T) {
	if got, want := show(Ticket("acme/api", "PAY-7: x", "Fixes #3")), "implements PAY-7, mentions acme/api#3"; got != want {
		t.Errorf("ticket: got %s want %s", got, want)
	}
	if got, want := show(Comment("acme/api", "PAY-7: fixes #3")), "mentions PAY-7, mentions acme/api#3"; got != want {
		t.Errorf("comment: got %s want %s", got, want)
	}
}

func TestConventional(t *testing.T) {
	for subject, want := range map[string]string{
		"fix(build): x":               "fix build",
		"fix(@angular/ssr): x":        "fix @angular/ssr",
		"feat!: x":                    "feat ",
		"Feat(a,b)!: x":               "feat a,b",
		"odd(scope): x":               "odd scope",
		"PAY-7 fix(api): x":           "fix api",
		"[PAY-7]: fix: x":             "fix ",
		"net: x":                      " ",
		"Note: x":                     " ",
		"MINOR: x":                    " ",
		"fix x":                       " ",
		"fix(unclosed: x":             " ",
		"":                            " ",
		"a sentence (with a note): x": " ",
	} {
		typ, scope := Conventional(subject)
		if got := typ + " " + scope; got != want {
			t.Errorf("%q: got %q want %q", subject, got, want)
		}
	}
}

func TestCoAuthors(t *testing.T) {
	body := "x\n\nCo-authored-by: Ann Lee <ann@example.org>\r\nCO-AUTHORED-BY: Bo <bo@example.org>\n" +
		"Co-authored-by: Ann again <ANN@example.org>\nCo-authored-by: nobody\nCo-authored-by: half <open\nCo-authored-by: <only@example.org>"
	want := []CoAuthor{{"Ann Lee", "ann@example.org"}, {"Bo", "bo@example.org"}, {"", "only@example.org"}}
	if got := CoAuthors(body); !slices.Equal(got, want) {
		t.Errorf("got %v want %v", got, want)
	}
}

func TestMessage(t *testing.T) {
	for message, want := range map[string][2]string{
		"a\n\nb\nc\n":        {"a", "b\nc"},
		"\n a \r\n\r\nb\r\n": {"a", "b"},
		"a":                  {"a", ""},
		"":                   {"", ""},
	} {
		if got := [2]string{Subject(message), Body(message)}; got != want {
			t.Errorf("%q: got %q want %q", message, got, want)
		}
	}
	// sha256("a@b.c\n1700000000\nfix: x"), by sha256sum.
	if got, want := ContentKey("o/r", "A@b.c", time.Unix(1700000000, 0), "fix: x"), "o/r~b9fdae9c4559"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// TestCaps shows that mentions cannot push out what is closed.
func TestCaps(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "PAY-%d ", i+1)
	}
	for i := range 1000 {
		fmt.Fprintf(&b, "\nFixes #%d", i+1)
	}
	counts := map[store.LinkKind]int{}
	for _, l := range Change("acme/api", "x", b.String(), "", true) {
		counts[l.Kind]++
	}
	if counts[store.LinkMentions] != maxMentions || counts[store.LinkCloses] != maxStrong {
		t.Errorf("got %v", counts)
	}
}

// hostile are inputs on which a careless scanner takes quadratic time.
var hostile = []string{
	"A", "A1-", "PAY-", "PAY-1,", "[", "(", "[PAY-1]", "#1", "#", "a/", "a/b#1 ", "`", "``` ", "<!--", "<!-- -->",
	"http://", "http://.", "https://github.com/a/b/issues/1 ", "closes ", "closes: #1 ", "WIP:", "fixup! ", "Revert ",
	"Objective: a,", "Co-authored-by: <", ">", "feat(", "PAY-1: ", "@", "\n", "-", "é",
}

func TestHostileInputIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("long input")
	}
	// Not a timed assertion: a quadratic scan of these would take hours, and
	// the package's test time limit would end it.
	for _, s := range hostile {
		text := strings.Repeat(s, 1<<19/len(s))
		Commit("acme/api", text, text)
		Change("acme/api", text, text, text, true)
		Conventional(text)
		CoAuthors(text)
	}
}

func FuzzChange(f *testing.F) {
	f.Add("PAY-7: x (#12)", "Fixes #1, other/r#2 https://github.com/a/b/pull/3", "feature/PAY-7-x")
	f.Add(`Revert "PAY-7: x"`, "```\n<!-- `a` -->", "12-x")
	for _, s := range hostile {
		f.Add(s+s, s+s, s+s)
	}
	f.Fuzz(func(t *testing.T, title, body, branch string) {
		typ, scope := Conventional(title)
		if !strings.Contains(title, scope) || !strings.Contains(strings.ToLower(title), typ) {
			t.Errorf("Conventional(%q) = %q, %q", title, typ, scope)
		}
		CoAuthors(body)
		for _, links := range [][]store.Link{
			Commit("acme/api", title, body), Change("acme/api", title, body, branch, true), Ticket("acme/api", title, body), Comment("", body),
		} {
			check(t, links)
		}
	})
}

// check tests what holds for the links of any input.
func check(t *testing.T, links []store.Link) {
	t.Helper()
	if len(links) > maxMentions+maxStrong {
		t.Fatalf("%d links", len(links))
	}
	seen := map[store.Link]bool{}
	for _, l := range links {
		repo, number, issue := strings.Cut(l.Key, "#")
		owner, commit, object := strings.Cut(l.Key, "@")
		id, objective := strings.CutPrefix(l.Key, "objective:")
		switch {
		case seen[l]:
			t.Errorf("%v twice", l)
		case !utf8.ValidString(l.Key):
			t.Errorf("%q is no text", l.Key)
		case objective:
			if !isObjective(id) {
				t.Errorf("%q is no objective", l.Key)
			}
		case issue:
			if !isRepo(repo) || !isNumber(number) {
				t.Errorf("%q is no issue", l.Key)
			}
		case object:
			if !isRepo(owner) || !isSHA(commit) {
				t.Errorf("%q is no commit", l.Key)
			}
		case !isKey(l.Key):
			t.Errorf("%q is no key", l.Key)
		}
		seen[l] = true
	}
}

func BenchmarkCommit(b *testing.B) {
	needHistories(b)
	commits := readHistory(b, "kafka")
	links, start := 0, time.Now()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := commits[i%len(commits)]
		links += len(Commit("apache/kafka", c.Subject, c.Body))
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "commits/s")
	b.ReportMetric(float64(links)/float64(b.N), "links/commit")
}
