package main

import (
	"slices"
	"testing"
)

func TestStreamsNameNobody(t *testing.T) {
	people := map[string]bool{"ada-l": true, "ada lovelace": true, "712020:aa": true}
	for text, want := range map[string]bool{
		"ada-l": true, "Ada-L": true, "@ada-l": true, "owner: ada-l": true, "team/ada-l": true, "Ada Lovelace": true, " ada-l ": true,
		"ada-l2": false, "ada": false, "experiment": false, "": false, "owner:": false,
	} {
		if got := namesOne(people, text); got != want {
			t.Errorf("%q names somebody: %v", text, got)
		}
	}
	w := &storedWork{folder: "api", labels: []string{"idea", "ada-l"}, terms: []string{"ada-l", "ferry"}}
	if got := w.without(people); !slices.Equal(got.labels, []string{"idea"}) || !slices.Equal(got.terms, []string{"ferry"}) || got.folder != "api" || len(w.labels) != 2 {
		t.Errorf("%q in %q, of %q", got.labels, got.folder, w.labels)
	}
	if w.folder = "ada-l"; w.without(people).folder != "" || w.without(nil) != w {
		t.Errorf("the directory stays %q", w.without(people).folder)
	}
}
