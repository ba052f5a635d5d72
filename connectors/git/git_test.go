package git

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/store"
)

func TestSmoke(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	a := w.commit("PAY-7: one\n\nCo-authored-by: Bo <BO@example.org>", "a.txt", "a\n")
	b := w.commit("fix(api): two (#12)", "b/b.txt", "b\nb\n", "odd\tname\n.txt", "x")
	k := newKept()
	c := k.connector(t, Config{Path: w.path})
	batch := k.poll(t, c)
	t.Logf("%+v", batch)
	if !maps.Equal(k.present(), map[string]bool{a: true, b: true}) {
		t.Errorf("got %v", k.present())
	}
	again, err := c.Fetch(t.Context(), k.cursor)
	t.Logf("%+v %v", again, err)
	_ = slices.Contains([]string{}, "")
	_ = strings.ToUpper("")
	_ = store.Batch{}
}
