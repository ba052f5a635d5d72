package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

func TestErrors(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("one")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(w.path, "folder")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	broken := w.clone()
	if err := os.WriteFile(filepath.Join(broken.path, ".git", "config"), []byte("[nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	private := w.clone()
	private.git("remote", "set-url", "origin", "http://ann:hunter2@127.0.0.1:1/acme/api.git")
	emptied := w.clone()
	damaged := func(content string) string {
		d := initRepo(t)
		d.commit("one")
		if err := os.WriteFile(filepath.Join(d.path, ".git", "refs", "heads", "main"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return d.path
	}
	for _, c := range []struct {
		name   string
		cfg    Config
		cursor store.Cursor
		reason connectors.Reason
		says   string
	}{
		{"missing", Config{Path: filepath.Join(w.path, "none")}, nil, connectors.ReasonNetwork, "no such file"},
		{"a file", Config{Path: file}, nil, connectors.ReasonNetwork, "not a directory"},
		{"no repository", Config{Path: t.TempDir()}, nil, connectors.ReasonNetwork, "not a git repository"},
		{"a folder inside of a repository", Config{Path: inside}, nil, connectors.ReasonNetwork, "not a git repository"},
		{"broken configuration", Config{Path: broken.path}, nil, connectors.ReasonServer, "bad config"},
		{"branch without its commit", Config{Path: damaged(strings.Repeat("1", 40) + "\n")}, nil, connectors.ReasonServer, "rev-list"},
		{"emptied branch", Config{Path: damaged("")}, nil, connectors.ReasonServer, "HEAD"},
		{"no such branch", Config{Path: w.path, Branch: "none"}, nil, connectors.ReasonDecode, `no branch "none"`},
		{"unreachable remote", Config{Path: private.path, Fetch: true}, nil, connectors.ReasonNetwork, "127.0.0.1"},
		{"damaged position", Config{Path: emptied.path, Repo: "r"}, store.Cursor{"commits:r": "{"}, connectors.ReasonDecode, "position"},
		{"position with an option", Config{Path: emptied.path, Repo: "r"}, store.Cursor{"commits:r": `{"head":"--output=x"}`}, connectors.ReasonDecode, "position"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKept()
			_, err := k.connector(t, c.cfg).Fetch(t.Context(), c.cursor)
			e, ok := errors.AsType[*connectors.Error](err)
			if !ok || e.Reason != c.reason || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %s: … %s …", err, c.reason, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ann")) {
				t.Errorf("credentials in %v", err)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	for stderr, want := range map[string]connectors.Reason{
		"fatal: detected dubious ownership in repository at '/x'":                            connectors.ReasonAuth,
		"remote: no\nfatal: Authentication failed for 'https://u:p@host/x'":                  connectors.ReasonAuth,
		"fatal: could not read Username for 'https://host': terminal prompts disabled":       connectors.ReasonAuth,
		"hint: x\nfatal: unable to access 'https://host/': Could not resolve host: host":     connectors.ReasonNetwork,
		"fatal: unable to access 'https://host/': The requested URL returned error: 403":     connectors.ReasonAuth,
		"error: object file .git/objects/12 is empty\nfatal: loose object 12 (…) is corrupt": connectors.ReasonServer,
	} {
		f := &failure{what: "log", code: 128, stderr: complaint(stderr)}
		if got := connectors.ReasonOf(f.classify("/x")); got != want {
			t.Errorf("%q: %s, want %s", stderr, got, want)
		}
		if strings.Contains(f.Error(), "u:p") {
			t.Errorf("credentials in %q", f.Error())
		}
	}
}

// TestEmptiedRepository: a clone that lost everything is an error, not a
// project without a history.
func TestEmptiedRepository(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	one := w.commit("one")
	k := newKept()
	k.poll(t, k.connector(t, Config{Path: w.path, Repo: "acme/api"}))
	empty := initRepo(t)
	if _, err := k.connector(t, Config{Path: empty.path, Repo: "acme/api"}).Fetch(t.Context(), k.cursor); err == nil {
		t.Error("no error")
	}
	k.holds(t, one)
}

func TestFactory(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		says string
	}{
		{Config{Path: "x"}, ""},
		{Config{Path: "x", Since: "90d", Branch: "release/1", Repo: "git.corp.example/a/b"}, ""},
		{Config{}, "path"},
		{Config{Path: "x", Since: "yesterday"}, "since"},
		{Config{Path: "x", Since: "0d"}, "since"},
		{Config{Path: "x", Branch: "--upload-pack=x"}, "branch"},
		{Config{Path: "x", Repo: "a b"}, "repo"},
	} {
		got, err := New(connectors.Env{Resolve: func(p string) string { return "/base/" + p }}, func(into any) error {
			*into.(*Config) = c.cfg
			return nil
		})
		if c.says == "" && (err != nil || got.(*connector).cfg.Path != "/base/x") {
			t.Errorf("%+v: %v %v", c.cfg, got, err)
		}
		if c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says)) {
			t.Errorf("%+v: %v, want an error about %s", c.cfg, err, c.says)
		}
	}
	refused := errors.New("unknown key")
	if _, err := New(connectors.Env{}, func(any) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestTimeout(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("one")
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	k := newKept()
	if _, err := k.connector(t, Config{Path: w.path}).Fetch(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || connectors.ReasonOf(err) != connectors.ReasonTimeout {
		t.Errorf("got %v", err)
	}
}
