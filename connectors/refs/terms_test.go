package refs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/workdrift/workdrift/store"
)

// spell writes terms as "word word*2", which is easier to read in a table.
func spell(terms []store.Term) string {
	var b []string
	for _, t := range terms {
		if t.Count == 1 {
			b = append(b, t.Word)
			continue
		}
		b = append(b, fmt.Sprintf("%s*%d", t.Word, t.Count))
	}
	return strings.Join(b, " ")
}

func TestTerms(t *testing.T) {
	const sha = "1f0c3e5d7a9b1f0c3e5d7a9b1f0c3e5d7a9b1f0c"
	for _, tc := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"no words", "-- a 7 , .", ""},
		{"counted and ordered", "the Cache is THE cache", "cache*2 is the*2"},
		{"camel case", "parseHTTPHeader userID", "header http id parse user"},
		{"digits stay inside", "k8s sha256Sum EC2Instance E2E utf8", "e2e ec2 instance k8s sha256 sum utf8"},
		{"plural abbreviations", "URLs of PRs", "of prs urls"},
		{"snake and kebab case", "max_retry-count.value", "count max retry value"},
		{"ticket keys", "PAY-7 and KAFKA-1234", "1234 and kafka pay"},
		{"folding", "STRASSE straße Straße ΣΊΣΥΦΟΣ σίσυφος ÉTÉ été", "strasse*3 été*2 σίσυφοσ*2"},
		{"composed and decomposed", "caf\u00e9 cafe\u0301", "café*2"},
		{"marks belong to words", "हिन्दी", "हिन्दी"},
		{"addresses", "see https://git.test/acme/api?token=x#y, then ssh://host/path. Done", "done see then"},
		{"an address in a link", "[guide](https://docs.test/a/b) here <http://x.test/c|label>", "guide here label"},
		{"hashes", "fixes " + sha + " and 1f0c3e5 and (deadbeef1) but defaced", "and*2 but defaced fixes"},
		{"a long number is an id", "build 12345678 of 2026", "2026 build of"},
		{"uuid and token", "id 550e8400-e29b-41d4-a716-446655440000 key xoxb1a2b3c4dQ9zZ8 end", "end id key"},
		{"people", "thanks @octocat-hub and ada.b+x@example.org (cc @ada), ok", "and cc ok thanks"},
		{"a lone at", "a @ b costs 10 @ shop", "10 costs shop"},
		{"trailers", "fix it\n\nCo-authored-by: Ada Lovelace <ada@example.org>\nStand-by: not a person? dropped\nRefs: later", "fix it later refs"},
		{"html comments", "before <!-- describe\nyour change --> after", "after before"},
		{"a comment in code is code", "```\n<!-- kept -->\n```\nend", "end kept"},
		{"too long", strings.Repeat("x", 41) + " " + strings.Repeat("y", 40), strings.Repeat("y", 40)},
		{"invalid bytes", "ab\xffcd \xff", "ab cd"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := spell(Terms(tc.in)); got != tc.want {
				t.Errorf("Terms(%q) =\n%s, want\n%s", tc.in, got, tc.want)
			}
		})
	}
	if got := spell(Terms("one two", "", "two three")); got != "one three two*2" {
		t.Errorf("texts together count as %s", got)
	}
}

func TestTermsBounds(t *testing.T) {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "once%03d ", i)
	}
	text := b.String() + "zz zz zz"
	got := Terms(text)
	if len(got) != maxTerms {
		t.Fatalf("%d words, want %d", len(got), maxTerms)
	}
	if last := got[maxTerms-1]; last != (store.Term{Word: "zz", Count: 3}) {
		t.Errorf("the most frequent word is %v at the end, want zz", last)
	}
	if got[0].Word != "once000" || got[maxTerms-2].Word != "once254" {
		t.Errorf("of equally frequent words %s to %s stay, want the first", got[0].Word, got[maxTerms-2].Word)
	}
	log := strings.Repeat("stack trace line\n", 2000)
	for name, text := range map[string]string{
		"code":       "```\n" + log + "```\nafter",
		"quotations": strings.ReplaceAll("> "+log, "\nstack", "\n> stack") + "\n\nafter",
	} {
		counts := map[string]int{}
		for _, w := range Terms(text) {
			counts[w.Word] = w.Count
		}
		if n := counts["trace"]; n < 200 || n > 250 || counts["after"] != 1 {
			t.Errorf("%s: counts %v, want about 4 KiB of the log and all that follows", name, counts)
		}
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{
		"parseHTTPHeader https://x.test/y", "ΣΊΣΥΦΟΣ ŉ İ ﬁ", "```\ncode", "<!-- a", "a@b @c", "\xff\xfe", "PRs URLs iOS",
		"550e8400-e29b-41d4-a716-446655440000", "> q\n~~~\n", "x-by: y",
	} {
		f.Add(s, "PAY-7 again")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		got := Terms(a, b)
		if len(got) > maxTerms {
			t.Fatalf("%d words", len(got))
		}
		sum := 0
		for i, w := range got {
			sum += w.Count
			if n := utf8.RuneCountInString(w.Word); n < minWord || n > maxWord || w.Count < 1 || !utf8.ValidString(w.Word) {
				t.Errorf("word %q counts %d", w.Word, w.Count)
			}
			if i > 0 && got[i-1].Word >= w.Word {
				t.Errorf("%q comes before %q", got[i-1].Word, w.Word)
			}
			if strings.ContainsFunc(w.Word, func(r rune) bool { return r < utf8.RuneSelf && !unicode.IsLower(r) && !unicode.IsDigit(r) }) {
				t.Errorf("word %q is no run of small letters and digits", w.Word)
			}
		}
		if sum > len(a)+len(b) {
			t.Errorf("%d words in %d bytes", sum, len(a)+len(b))
		}
		if len(got) < maxTerms && !maps.Equal(tally(got), tally(Terms(b, a))) {
			t.Error("the order of the texts matters")
		}
		// What was counted counts the same when it is read again as a text of
		// its own, unless it now looks like a hash.
		if i := slices.IndexFunc(got, func(w store.Term) bool { return !isHash(w.Word) }); i >= 0 && isASCII(got[i].Word) {
			if again := Terms(got[i].Word); len(again) != 1 || again[0].Word != got[i].Word {
				t.Errorf("%q was read again as %v", got[i].Word, again)
			}
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func tally(terms []store.Term) map[string]int {
	m := map[string]int{}
	for _, t := range terms {
		m[t.Word] = t.Count
	}
	return m
}

// BenchmarkTerms is the body of a pull request: 60 lines of prose and names.
func BenchmarkTerms(b *testing.B) {
	line := "The retryCount of parseHTTPHeader grows, see PAY-7 and https://git.test/acme/api/pull/12 for the größe of it.\n"
	body := strings.Repeat(line, 60)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if len(Terms("fix: a title", body)) == 0 {
			b.Fatal("no words")
		}
	}
}
