package git

import (
	"strings"
	"testing"
)

// TestFetchRenamedBranch: the default branch of the remote gets another name.
// The clone must follow it, or it would call an old branch complete for ever.
func TestFetchRenamedBranch(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	one := w.commit("one")
	w.git("branch", "old/topic")
	clone := w.clone()
	k := newKept()
	c := k.connector(t, Config{Path: clone.path, Fetch: true})
	pinned := newKept()
	p := pinned.connector(t, Config{Path: clone.path, Branch: "main", Fetch: true})
	k.poll(t, c)
	pinned.poll(t, p)

	w.git("branch", "-m", "main", "trunk")
	two := w.commit("two")
	k.poll(t, c)
	k.holds(t, one, two)

	// A new branch may be called what was a directory of branches before.
	w.git("branch", "-D", "old/topic")
	w.git("branch", "-m", "trunk", "old")
	three := w.commit("three")
	k.poll(t, c)
	k.holds(t, one, two, three)

	// Who names a branch does not get another one.
	pinned.poll(t, p)
	pinned.holds(t, one)

	// A remote whose HEAD names no branch leaves the clone as it was.
	w.git("symbolic-ref", "HEAD", "refs/heads/unborn")
	w.git("branch", "keep", "old")
	if b := k.poll(t, c); !b.Watermark.Equal(now) {
		t.Errorf("a remote without a HEAD: watermark %s", b.Watermark)
	}
	k.holds(t, one, two, three)
}

// TestFetchRenamedBranchBare: a bare clone has no branches of the remote, its
// own HEAD follows. Branches that are only there stay.
func TestFetchRenamedBranchBare(t *testing.T) {
	needGit(t)
	for _, how := range []string{"--bare", "--mirror"} {
		w := initRepo(t)
		one := w.commit("one")
		clone := w.clone(how)
		clone.git("branch", "own", "main")
		k := newKept()
		c := k.connector(t, Config{Path: clone.path, Repo: "acme/api", Fetch: true})
		k.poll(t, c)
		w.git("branch", "-m", "main", "trunk")
		two := w.commit("two")
		k.poll(t, c)
		k.holds(t, one, two)
		if got := clone.git("rev-parse", "own"); got != one {
			t.Errorf("%s: the branch of this clone is at %s", how, got)
		}
	}
}

// TestFetchNarrow: a clone that does not fetch the default branch must not
// pass an old one off as it.
func TestFetchNarrow(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("one")
	clone := w.clone("--single-branch")
	k := newKept()
	c := k.connector(t, Config{Path: clone.path, Fetch: true})
	k.poll(t, c)
	w.git("checkout", "-q", "-b", "trunk")
	w.commit("two")
	if _, err := c.Fetch(t.Context(), k.cursor); err == nil || !strings.Contains(err.Error(), `"trunk"`) {
		t.Errorf("got %v, want the branch that is not fetched", err)
	}
}
