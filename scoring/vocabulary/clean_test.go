package vocabulary

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBoilerplate(t *testing.T) {
	const template = "steps to reproduce expected actual behaviour environment version impact customer"
	var documents []Document
	for i := range 20 {
		text := fmt.Sprintf("own%d checkout checkout to", i)
		if i < 6 {
			text += " " + template
		}
		if i == 0 {
			text += " customer customer"
		}
		if i == 19 {
			text += " customer" // of its own accord
		}
		documents = append(documents, doc(fmt.Sprintf("d%02d", i), 0, text))
	}
	got := Boilerplate(documents)
	for i, d := range got {
		if n := d.count(number("reproduce")) + d.count(number("impact")); n != 0 {
			t.Errorf("%s keeps the template", d.Key)
		}
		if i >= 6 && !slices.Equal(d.Words, documents[i].Words) {
			t.Errorf("%s has no template but lost something: %v", d.Key, d.Words)
		}
		if d.count(number(fmt.Sprintf("own%d", i))) != 1 {
			t.Errorf("%s lost its own word", d.Key)
		}
	}
	if got[0].count(number("customer")) != 2 || got[19].count(number("customer")) != 1 {
		t.Errorf("customer is left %d and %d times", got[0].count(number("customer")), got[19].count(number("customer")))
	}
	if documents[0].count(number("reproduce")) != 1 {
		t.Error("the documents given were changed")
	}
	// Seven words, a fifth of the items, and four items are no template.
	for name, side := range map[string][]Document{
		"few words": shorten(documents), "a fifth": templated(25, 5, template), "four items": templated(9, 4, template),
	} {
		for i, d := range Boilerplate(side) {
			if !slices.Equal(d.Words, byKey(side)[i].Words) {
				t.Errorf("%s: %s lost something", name, d.Key)
			}
		}
	}
	if d := Boilerplate(templated(24, 5, template))[0]; len(d.Words) != 1 {
		t.Errorf("more than a fifth: %v", d.Words)
	}
	// More documents than one word of a set holds.
	for i, d := range Boilerplate(templated(200, 130, template)) {
		if len(d.Words) != 1 || d.Words[0].Key != number(fmt.Sprintf("own%d", mustNumber(t, d.Key))) {
			t.Errorf("document %d, %s: %v", i, d.Key, d.Words)
		}
	}
	if got := Boilerplate(nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// mustNumber returns the number of a document that templated made.
func mustNumber(t *testing.T, key string) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(key, "d%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// templated makes n documents, the first of which have a template.
func templated(n, with int, template string) (documents []Document) {
	for i := range n {
		text := fmt.Sprintf("own%d", i)
		if i < with {
			text += " " + template
		}
		documents = append(documents, doc(fmt.Sprintf("d%02d", i), 0, text))
	}
	return documents
}

// shorten leaves seven words of the template that occur nowhere else.
func shorten(documents []Document) (short []Document) {
	for _, d := range documents {
		d.Words = slices.DeleteFunc(slices.Clone(d.Words), func(w Word) bool { return w.Key == number("reproduce") })
		short = append(short, d)
	}
	return short
}

func TestLanguages(t *testing.T) {
	en := "the work of the team is to be done and it should not wait"
	de := "der Auftrag ist nicht fertig und wir haben das auf die Liste mit einer Frist"
	for text, want := range map[string]string{en: "en", de: "de", "sso login": "", "the der und and": ""} {
		if got := LanguageOf(doc("x", 0, text), functionWords()); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	team := []Document{doc("1", 0, en), doc("2", 0, de), doc("3", 0, "sso login"), doc("4", 0, de+" "+de)}
	corpus := []Document{doc("5", 0, de), doc("6", 0, en), doc("7", 0, en)}
	for _, side := range [][]Document{team, corpus} {
		for i := range side {
			side[i].Language = LanguageOf(side[i], functionWords())
		}
	}
	a, b, language := SameLanguage(team, corpus)
	if language != "de" || len(a) != 3 || len(b) != 1 {
		t.Errorf("%s: %d and %d documents", language, len(a), len(b))
	}
	a, b, language = SameLanguage(team[2:3], corpus)
	if language != "" || len(a) != 1 || len(b) != 3 {
		t.Errorf("nothing is known: %q, %d and %d", language, len(a), len(b))
	}
}

func TestLanguageNeedsThreeWords(t *testing.T) {
	languages := []Language{{"x", keys("u v")}, {"y", keys("w")}}
	for text, want := range map[string]string{
		"u v": "", "u u v": "x", "u u v w w": "x", "u u v w w w": "", "w w w w u u u": "y", "u u u u w w w": "x",
	} {
		if got := LanguageOf(doc("d", 0, text), languages); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func functionWords() (languages []Language) {
	for _, l := range FunctionWords() {
		languages = append(languages, Language{l.Name, keys(strings.Join(l.Words, " "))})
	}
	return languages
}
