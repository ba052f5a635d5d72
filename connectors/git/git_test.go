package git

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/workdrift/workdrift/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// holds checks which commits a store holds as present.
func (k *kept) holds(t *testing.T, shas ...string) {
	t.Helper()
	want := map[string]bool{}
	for _, sha := range shas {
		want[sha] = true
	}
	if got := k.present(); !maps.Equal(got, want) {
		t.Errorf("present %v\n   want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func TestGrowth(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	k := newKept()
	c := k.connector(t, Config{Path: w.path})
	if b := k.poll(t, c); !b.Watermark.Equal(now) || len(b.Next) > 0 {
		t.Errorf("empty repository: %+v", b)
	}
	one := w.commit("one", "a", "1")
	k.poll(t, c)
	k.holds(t, one)
	two, three := w.commit("two", "a", "2"), w.commit("three", "b", "3")
	b := k.poll(t, c)
	if len(b.Items) != 2 {
		t.Errorf("%d items instead of the 2 new ones", len(b.Items))
	}
	k.holds(t, one, two, three)
	if want := []string{"api/" + one, "api/" + two, "api/" + three}; !slices.Equal(k.order, want) {
		t.Errorf("order %v, want %v", k.order, want)
	}
}

func TestForcePush(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	one, two, three := w.commit("one"), w.commit("two"), w.commit("three")
	k := newKept()
	c := k.connector(t, Config{Path: w.path})
	k.poll(t, c)

	w.git("reset", "-q", "--hard", one)
	four := w.commit("four")
	k.poll(t, c)
	k.holds(t, one, four)
	if gone := k.items["api/"+two].Gone; gone != store.GoneNotOnDefaultBranch {
		t.Errorf("the lost commit is %q", gone)
	}

	// The rewritten commits come back.
	w.git("reset", "-q", "--hard", three)
	k.poll(t, c)
	k.holds(t, one, two, three)

	// Garbage is collected before the next poll: only the store knows what
	// was there.
	w.git("reset", "-q", "--hard", one)
	five := w.commit("five")
	w.git("reflog", "expire", "--expire=now", "--all")
	w.git("gc", "-q", "--prune=now")
	k.poll(t, k.connector(t, Config{Path: w.path}))
	k.holds(t, one, five)
}

// TestForcePushDuringScan: the branch is rewritten, and what a scan was
// reading is even collected, between two of its pages.
func TestForcePushDuringScan(t *testing.T) {
	needGit(t)
	for _, collect := range []bool{false, true} {
		w := initRepo(t)
		one := w.commit("one")
		for range 5 {
			w.commit("lost")
		}
		k := newKept()
		c := k.connector(t, Config{Path: w.path})
		c.page = 2
		b, err := c.Fetch(t.Context(), k.cursor)
		if err != nil || !b.More || b.Backlog != 2 {
			t.Fatalf("first page: %+v %v", b, err)
		}
		k.apply(b)
		w.git("reset", "-q", "--hard", one)
		two := w.commit("two")
		if collect {
			w.git("reflog", "expire", "--expire=now", "--all")
			w.git("gc", "-q", "--prune=now")
		}
		for range 2 {
			k.poll(t, c)
		}
		k.holds(t, one, two)
	}
}

func TestUnrelatedHistory(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("one", "a", "1")
	k := newKept()
	c := k.connector(t, Config{Path: w.path})
	k.poll(t, c)
	w.git("checkout", "-q", "--orphan", "other")
	two := w.commit("two", "b", "2")
	w.git("branch", "-q", "-M", "main")
	k.poll(t, c)
	k.holds(t, two)
}

func TestShallowClone(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("one", "a", "1", "b", "1", "c", "1")
	w.git("checkout", "-q", "-b", "side")
	w.commit("side", "s", "1")
	w.git("checkout", "-q", "main")
	two := w.commit("two", "a", "2")
	w.git("merge", "-q", "--no-ff", "-m", "merge", "side")
	w.at += 3600
	merge := w.git("rev-parse", "HEAD")
	three := w.commit("three", "b", "2")
	shallow := w.clone("--depth", "2")
	k := newKept()
	c := k.connector(t, Config{Path: shallow.path, Repo: "acme/api"})
	k.poll(t, c)
	k.holds(t, merge, three)
	if paths := k.items["acme/api/"+merge].Attrs[store.AttrPath]; len(paths) > 0 {
		t.Errorf("the commit at the end of the clone touches %v", paths)
	}
	if _, ok := k.events["acme/api/"+merge+" commit/"+merge]; ok {
		t.Error("the merge at the end of the clone is an effort")
	}
	if paths := k.items["acme/api/"+three].Attrs[store.AttrPath]; !slices.Equal(paths, []string{"b"}) {
		t.Errorf("three touches %v", paths)
	}

	// Another shallow fetch cuts the new head off from the old one. What was
	// read is not lost because of that.
	w.commit("four", "b", "3")
	w.commit("five", "b", "4")
	shallow.git("fetch", "-q", "--depth", "1")
	k.poll(t, c)
	if got := k.present(); len(got) != 3 || !got[three] {
		t.Errorf("after a shallow fetch: %v", got)
	}

	// Deepening brings what was missing.
	shallow.git("fetch", "-q", "--unshallow")
	k.poll(t, c)
	if got := k.present(); len(got) != 7 || !got[two] {
		t.Errorf("after deepening: %v", got)
	}
}

func TestBranches(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	main := w.commit("main")
	w.git("checkout", "-q", "-b", "topic")
	topic := w.commit("topic")
	bare := w.clone("--bare")
	clone := w.clone() // its origin/HEAD is topic, which is checked out there
	clone.git("checkout", "-q", "-b", "local")
	local := clone.commit("local")
	detached := w.clone()
	detached.git("remote", "remove", "origin")
	detached.git("checkout", "-q", "--detach", main)
	dangling := w.clone()
	dangling.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/nowhere")
	initBranch := w.clone()
	initBranch.git("remote", "remove", "origin")
	initBranch.git("branch", "main", main)
	initBranch.git("config", "init.defaultBranch", "main")
	for _, c := range []struct {
		name string
		cfg  Config
		want []string
	}{
		{"HEAD without a remote", Config{Path: w.path}, []string{main, topic}},
		{"configured", Config{Path: w.path, Branch: "main"}, []string{main}},
		{"bare", Config{Path: bare.path}, []string{main, topic}},
		{"bare, configured", Config{Path: bare.path, Branch: "main"}, []string{main}},
		{"origin's HEAD, not what is checked out", Config{Path: clone.path}, []string{main, topic}},
		{"only at the remote", Config{Path: clone.path, Branch: "main"}, []string{main}},
		{"local", Config{Path: clone.path, Branch: "local"}, []string{main, topic, local}},
		{"detached head", Config{Path: detached.path}, []string{main}},
		{"dangling origin/HEAD", Config{Path: dangling.path}, []string{main, topic}},
		{"init.defaultBranch", Config{Path: initBranch.path}, []string{main}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKept()
			k.poll(t, k.connector(t, c.cfg))
			k.holds(t, c.want...)
		})
	}
}

func TestSince(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.at = now.AddDate(0, 0, -200).Unix()
	old := w.commit("old")
	w.at = now.AddDate(0, 0, -100).Unix()
	young := w.commit("young")
	for since, want := range map[string][]string{"": {young}, "300d": {old, young}, "10d": nil, now.AddDate(0, 0, -201).Format(time.DateOnly): {old, young}} {
		k := newKept()
		k.poll(t, k.connector(t, Config{Path: w.path, Since: since}))
		k.holds(t, want...)
		// The setting becomes wider: what is missing is read.
		k.poll(t, k.connector(t, Config{Path: w.path, Since: "400d"}))
		k.holds(t, old, young)
		if b := k.poll(t, k.connector(t, Config{Path: w.path, Since: "400d"})); len(b.Items) > 0 {
			t.Error("an unchanged repository is read again")
		}
	}
}

// TestLatePush: a commit that was made long before it reached the branch is
// found, and one with a time in the future hides none.
func TestLatePush(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	one := w.commit("one", "a", "1")
	w.git("checkout", "-q", "-b", "side")
	late := w.commit("late", "b", "1")
	w.git("checkout", "-q", "main")
	w.at = now.AddDate(10, 0, 0).Unix()
	future := w.commit("future", "a", "2")
	k := newKept()
	c := k.connector(t, Config{Path: w.path})
	k.poll(t, c)
	w.at = now.Unix()
	w.git("merge", "-q", "--no-ff", "-m", "merge", "side")
	k.poll(t, c)
	k.holds(t, one, late, future, w.git("rev-parse", "HEAD"))
}

func TestFetchOption(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	one := w.commit("one")
	for _, args := range [][]string{nil, {"--bare"}, {"--mirror"}} {
		clone := w.clone(args...)
		k := newKept()
		c := k.connector(t, Config{Path: clone.path, Repo: "acme/api", Fetch: true})
		before := slices.Collect(maps.Keys(k.present()))
		if b := k.poll(t, c); !b.Watermark.Equal(now) {
			t.Errorf("%v: watermark %s, want %s", args, b.Watermark, now)
		}
		next := w.commit("next")
		k.poll(t, c)
		if !k.present()[one] || !k.present()[next] {
			t.Errorf("%v: %v became %v", args, before, k.present())
		}
	}
	k := newKept()
	if _, err := k.connector(t, Config{Path: w.path, Fetch: true}).Fetch(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "no remote origin") {
		t.Errorf("without a remote: %v", err)
	}
}

// TestWatermark: a clone that does not fetch is complete up to its last fetch.
func TestWatermark(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("one")
	clone := w.clone()
	cloned, fetched := now.Add(-2*time.Hour), now.Add(-time.Hour)
	touch := func(name string, at time.Time) {
		if err := os.Chtimes(filepath.Join(clone.path, ".git", name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	touch("refs/remotes/origin/HEAD", cloned)
	k := newKept()
	c := k.connector(t, Config{Path: clone.path})
	if b := k.poll(t, c); !b.Watermark.Equal(cloned) {
		t.Errorf("a fresh clone: %s, want %s", b.Watermark, cloned)
	}
	clone.git("fetch", "-q")
	touch("FETCH_HEAD", fetched)
	if b := k.poll(t, c); !b.Watermark.Equal(fetched) {
		t.Errorf("after a fetch: %s, want %s", b.Watermark, fetched)
	}
	touch("FETCH_HEAD", now.Add(time.Hour))
	if b := k.poll(t, c); !b.Watermark.Equal(now) {
		t.Errorf("a fetch in the future: %s, want %s", b.Watermark, now)
	}
}

// TestHostileEnvironment: neither the caller's variables nor the repository's
// configuration changes what is read, or runs a program.
func TestHostileEnvironment(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	one, two := w.commit("one", "a", "1\n"), w.commit("two", "a", "2\n")
	ran := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch "+ran+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, setting := range [][2]string{
		{"core.pager", script}, {"core.fsmonitor", script}, {"diff.external", script}, {"gpg.program", script}, {"log.showSignature", "true"},
		{"log.showRoot", "false"}, {"color.ui", "always"}, {"core.quotepath", "true"}, {"i18n.logOutputEncoding", "latin1"},
		{"format.pretty", "oneline"}, {"log.follow", "true"}, {"log.date", "relative"}, {"log.diffMerges", "first-parent"}, {"diff.noprefix", "true"},
	} {
		w.git("config", setting[0], setting[1])
	}
	other := initRepo(t)
	t.Setenv("GIT_DIR", filepath.Join(other.path, ".git"))
	t.Setenv("GIT_EXTERNAL_DIFF", script)
	t.Setenv("PAGER", script)
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	k := newKept()
	k.poll(t, k.connector(t, Config{Path: w.path}))
	k.holds(t, one, two)
	if paths := k.items["api/"+one].Attrs[store.AttrPath]; !slices.Equal(paths, []string{"a"}) {
		t.Errorf("the first commit touches %v", paths)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a configured program was run")
	}
}
