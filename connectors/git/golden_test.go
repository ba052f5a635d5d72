package git

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// importStream makes a bare repository from a fast-import stream.
func importStream(t testing.TB, stream io.Reader) *work {
	t.Helper()
	w := initRepo(t, "--bare")
	w.gitIn(w.path, stream, "fast-import", "--quiet", "--force", "--date-format=raw-permissive")
	return w
}

// TestGolden compares what becomes of each folder's fast-import stream with
// want.json.
func TestGolden(t *testing.T) {
	needGit(t)
	folders, err := filepath.Glob("testdata/*/input")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, input := range folders {
		dir := filepath.Dir(input)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			file, err := os.Open(input)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			w := importStream(t, file)
			k := newKept()
			c := k.connector(t, Config{Path: w.path, Repo: "acme/api", Since: "2020-01-01"})
			b, err := c.Fetch(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(b, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join(dir, "want.json")
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(append(got, '\n'), want) {
				t.Errorf("differs from %s; run with -update and look at the difference", golden)
			}
		})
	}
}

// TestThisRepository reads the repository that the package lies in.
func TestThisRepository(t *testing.T) {
	needGit(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skipf("the package does not lie in a clone: %v", err)
	}
	w := &work{t: t, path: root}
	if w.git("rev-list", "--all", "--max-count=1") == "" {
		t.Skip("the repository has no commits")
	}
	k := newKept()
	c := k.connector(t, Config{Path: root, Since: "2000-01-01"})
	c.page = 7
	k.poll(t, c)
	repo, err := open(t.Context(), c.cfg)
	if err != nil {
		t.Fatal(err)
	}
	tip, err := repo.tip(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(w.git("rev-list", tip))
	k.holds(t, want...)
	t.Logf("%d commits, %d events, %d pages", len(k.items), len(k.events), k.pages)
}

func TestRemoteName(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/acme/api":                "github.com acme/api",
		"https://github.com/acme/api.git/":           "github.com acme/api",
		"https://user:token@github.com/acme/api.git": "github.com acme/api",
		"git@github.com:acme/api.git":                "github.com acme/api",
		"github.com:acme/api":                        "github.com acme/api",
		"ssh://git@ssh.github.com:443/acme/api.git":  "github.com acme/api",
		"ssh://git@Git.Corp.example:2222/acme/api":   "git.corp.example acme/api",
		"https://gitlab.example/a/b/c.git":           " ",
		"https://github.com/acme":                    " ",
		"/srv/git/acme/api.git":                      " ",
		"../acme/api":                                " ",
		"file:///srv/acme/api":                       " ",
		"C:/acme/api":                                " ",
		"":                                           " ",
	} {
		host, name := remoteName(address)
		if got := host + " " + name; got != want {
			t.Errorf("%q: got %q want %q", address, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ path, origin, configured, name, refs, web string }{
		{"/src/api", "", "", "api", "", ""},
		{"/srv/api.git", "", "", "api", "", ""},
		{"/src/api/.git", "", "", "api", "", ""},
		{"/src/x", "git@github.com:acme/api.git", "", "acme/api", "acme/api", "https://github.com/acme/api/commit/"},
		{"/src/x", "git@git.corp.example:acme/api.git", "", "acme/api", "git.corp.example/acme/api", "https://git.corp.example/acme/api/commit/"},
		{"/src/x", "", "acme/api", "acme/api", "acme/api", ""},
		{"/src/x", "", "git.corp.example/acme/api", "acme/api", "git.corp.example/acme/api", ""},
		{"/src/x", "", "group/sub/api", "group/sub/api", "", ""},
	} {
		r := &repository{path: c.path, origin: c.origin}
		r.setName(c.configured)
		if r.name != c.name || r.refs != c.refs || r.web != c.web {
			t.Errorf("%+v: name %q refs %q web %q", c, r.name, r.refs, r.web)
		}
	}
}

func TestParseTime(t *testing.T) {
	for raw, want := range map[string]string{
		"1700000000 +0530": "2023-11-15T03:43:20+05:30",
		"1700000000 -0330": "2023-11-14T18:43:20-03:30",
		"1700000000 +0000": "2023-11-14T22:13:20Z author",
		"1700000000 -0000": "2023-11-14T22:13:20Z",
		"1700000000 +9959": "2023-11-14T22:13:20Z",
		"1700000000 +1275": "2023-11-14T22:13:20Z",
		"1700000000 +-130": "2023-11-14T22:13:20Z",
		"1700000000":       "2023-11-14T22:13:20Z",
		"0 +0000":          "",
		"-5 +0000":         "",
		"99999999999 +0":   "",
		"":                 "",
	} {
		got := ""
		if at, ok := parseTime(raw); ok {
			got = at.Format("2006-01-02T15:04:05Z07:00")
			if _, known := store.Offset(at); known && strings.HasSuffix(got, "Z") {
				got += " author"
			}
		}
		if got != want {
			t.Errorf("%q: got %q want %q", raw, got, want)
		}
	}
}

// TestPartialClone: a clone without file contents is read without asking the
// remote for them.
func TestPartialClone(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.git("config", "uploadpack.allowFilter", "true")
	one := w.commit("one", "a", "1\n", "b", "1\n")
	w.git("mv", "a", "c")
	two := w.commit("two", "b", "2\n")
	clone := w.clone("--bare", "--filter=blob:none")
	if err := os.Rename(w.path, w.path+"-away"); err != nil {
		t.Fatal(err)
	}
	k := newKept()
	k.poll(t, k.connector(t, Config{Path: clone.path, Repo: "r"}))
	for sha, want := range map[string][]string{one: {"a", "b"}, two: {"a", "b", "c"}} {
		if got := k.items["r/"+sha].Attrs[store.AttrPath]; !slices.Equal(got, want) {
			t.Errorf("%s touches %v, want %v", sha, got, want)
		}
	}
}

func FuzzParseLog(f *testing.F) {
	needGit(f)
	inputs, _ := filepath.Glob("testdata/*/input")
	for _, input := range inputs {
		file, err := os.Open(input)
		if err != nil {
			f.Fatal(err)
		}
		w := importStream(f, file)
		file.Close()
		for _, diff := range []string{"--numstat", "--raw"} {
			out := w.git("log", "-z", "--date=raw", format, diff, "-M", "main")
			f.Add([]byte(out))
			f.Add([]byte(out[:len(out)/2]))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := normaliser{source: "code", repo: &repository{name: "acme/api", refs: "acme/api"}, seen: map[string]bool{}}
		err := parseLog(bufio.NewReader(bytes.NewReader(data)), func(r *record) {
			if !isObject(r.sha) || r.sha == "" || len(r.paths) > maxPaths+1 || r.added < 0 || r.deleted < 0 {
				t.Errorf("record %+v", r)
			}
			n.commit(r)
		})
		if err == nil && len(n.batch.Items)+len(n.batch.Quarantined) == 0 && bytes.HasPrefix(data, []byte("\x01")) {
			t.Errorf("nothing came of %q", data)
		}
		for _, it := range n.batch.Items {
			if strings.ContainsAny(it.Title, "\n") || it.Created.Year() < 1970 || it.Created.Year() > 2200 {
				t.Errorf("item %+v", it)
			}
		}
	})
}

func FuzzParseCombined(f *testing.F) {
	f.Add([]byte("\x01aa\n\ndiff --cc a b\nindex 1,2..3\n@@@ -1 -1 +1 @@@\n- x\n -y\n++z\n\x01bb\n"))
	f.Add([]byte("\x01aa\ndiff --cc \"\\303\\251\\n\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records := map[string]*record{"aa": {sha: "aa"}, "bb": {sha: "bb"}}
		if err := parseCombined(bufio.NewReader(bytes.NewReader(data)), records); err != nil {
			t.Error(err)
		}
		for _, r := range records {
			if r.files > bytes.Count(data, []byte("diff --cc ")) {
				t.Errorf("%+v", r)
			}
		}
	})
}

func FuzzPosition(f *testing.F) {
	f.Add(position{Head: strings.Repeat("a", 40), Since: "180d", From: 5, Target: strings.Repeat("b", 40), Done: 3, Mark: 7}.String())
	f.Add("{}")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePosition(s)
		if err != nil {
			return
		}
		if again, err := parsePosition(p.String()); err != nil || again != p {
			t.Errorf("%q becomes %+v becomes %+v, %v", s, p, again, err)
		}
	})
}

// TestCensusError: a census that cannot list is an error and loses
// nothing.
func TestCensusError(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	w.commit("one")
	k := newKept()
	c := k.connector(t, Config{Path: w.path, Repo: "r"})
	cursor := maps.Clone(k.cursor)
	cursor["commits:r"] = position{Head: strings.Repeat("1", 40)}.String()
	c.env.Stored = func(context.Context, string) iter.Seq2[store.Item, error] {
		return func(yield func(store.Item, error) bool) { yield(store.Item{}, io.ErrUnexpectedEOF) }
	}
	if _, err := c.Fetch(t.Context(), cursor); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("got %v", err)
	}
}
