package git

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/store"
)

// needGit ends the test where there is no git, and keeps the configuration of
// the machine out of it.
func needGit(t testing.TB) {
	t.Helper()
	tooltest.Need(t, "git")
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
}

// A work is a repository that a test builds.
type work struct {
	t    testing.TB
	path string
	at   int64 // author's and committer's time of the next commit
	zone string
	who  string // "Name <email>"
}

// base is the time of the first commit, and now that of every test.
var (
	base = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	now  = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
)

func initRepo(t testing.TB, args ...string) *work {
	t.Helper()
	w := &work{t: t, path: filepath.Join(t.TempDir(), "api"), at: base.Unix(), zone: "+0100", who: "Ann <ann@example.org>"}
	w.gitIn(filepath.Dir(w.path), nil, append([]string{"init", "-q", "-b", "main"}, append(args, w.path)...)...)
	return w
}

// clone clones a repository as a user would, with more arguments of git clone.
func (w *work) clone(args ...string) *work {
	w.t.Helper()
	c := *w
	c.path = filepath.Join(w.t.TempDir(), "clone")
	w.gitIn(filepath.Dir(c.path), nil, append(append([]string{"clone", "-q"}, args...), "file://"+w.path, c.path)...)
	return &c
}

func (w *work) git(args ...string) string {
	w.t.Helper()
	return w.gitIn(w.path, nil, args...)
}

func (w *work) gitIn(dir string, input io.Reader, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=committer", "-c", "user.email=committer@example.org",
		"-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false"}, args...)...)
	cmd.Dir = dir
	cmd.Stdin = input
	cmd.Env = append(os.Environ(), fmt.Sprintf("GIT_AUTHOR_DATE=%d %s", w.at, w.zone), fmt.Sprintf("GIT_COMMITTER_DATE=%d +0000", w.at), "LC_ALL=C")
	if name, email, ok := strings.Cut(w.who, " <"); ok {
		cmd.Env = append(cmd.Env, "GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+strings.TrimSuffix(email, ">"))
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files, name and content in turn, commits them and returns the
// commit's name. The next commit is an hour later.
func (w *work) commit(message string, files ...string) string {
	w.t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(w.path, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	w.git("add", "-A")
	w.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", message)
	w.at += 3600
	return w.git("rev-parse", "HEAD")
}

// A kept is what a store would hold, by item ID.
type kept struct {
	items  map[string]store.Item
	events map[string]store.Event // by item and event ID
	cursor store.Cursor
	order  []string // IDs of items as they came first
	pages  int
}

func newKept() *kept {
	return &kept{items: map[string]store.Item{}, events: map[string]store.Event{}, cursor: store.Cursor{}}
}

func (k *kept) apply(b store.Batch) {
	for _, it := range b.Items {
		if _, known := k.items[it.ID]; !known {
			k.order = append(k.order, it.ID)
		}
		k.items[it.ID] = it
	}
	for _, e := range b.Events {
		k.events[e.Item+" "+e.ID] = e
	}
	for _, g := range b.Gone {
		if it, ok := k.items[g.ID]; ok {
			it.Gone = g.Why
			k.items[g.ID] = it
		}
	}
	for stream, position := range b.Next {
		k.cursor[stream] = position
	}
	k.pages++
}

// stored is the Env.Stored of a kept.
func (k *kept) stored(_ context.Context, prefix string) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for id, it := range k.items {
			if strings.HasPrefix(id, prefix) && !yield(it, nil) {
				return
			}
		}
	}
}

// present returns the names of the commits that are not gone.
func (k *kept) present() map[string]bool {
	shas := map[string]bool{}
	for id, it := range k.items {
		if it.Gone == "" {
			shas[id[strings.LastIndexByte(id, '/')+1:]] = true
		}
	}
	return shas
}

func testEnv(k *kept) connectors.Env {
	env := connectors.Env{Source: "code", Now: func() time.Time { return now }}
	if k != nil {
		env.Stored = k.stored
	}
	return env
}

// open makes a connector that a test can poll.
func (k *kept) connector(t testing.TB, cfg Config) *connector {
	t.Helper()
	c, err := newConnector(testEnv(k), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// poll fetches until there is no more and returns the last batch.
func (k *kept) poll(t testing.TB, c *connector) store.Batch {
	t.Helper()
	for range 10_000 {
		b, err := c.Fetch(t.Context(), k.cursor)
		if err != nil {
			t.Fatal(err)
		}
		k.apply(b)
		if !b.More {
			return b
		}
	}
	t.Fatal("the connector never ends")
	return store.Batch{}
}
