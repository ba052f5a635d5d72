package git

import (
	"slices"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
)

func TestSites(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("a")
	connect := func() *connector {
		c, err := newConnector(connectors.Env{Source: "here", Now: func() time.Time { return now }}, Config{Path: w.path, Since: "2026-01-01"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.fetch(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		return c
	}
	if got := connectors.Linker(connect()).Sites(); got != nil {
		t.Errorf("without a remote: %q", got)
	}
	w.git("remote", "add", "origin", "git@git.example.org:acme/api.git")
	if got := connect().Sites(); !slices.Equal(got, []string{"git.example.org"}) {
		t.Errorf("with a remote: %q", got)
	}
}
