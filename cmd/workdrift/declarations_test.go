package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// gitAt returns a function that runs git in a folder at a time.
func gitAt(t *testing.T, repo string) func(when string, args ...string) {
	t.Helper()
	tooltest.Need(t, "git")
	return func(when string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = repo
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when, "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// TestDeclarationsFromGit imports the history of a configuration: what was
// retired is known since its commit, not since it was imported.
func TestDeclarationsFromGit(t *testing.T) {
	repo := t.TempDir()
	config, goals := filepath.Join(repo, "etc", "config.yaml"), filepath.Join(repo, "etc", "goals.yaml")
	if err := os.Mkdir(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	run := gitAt(t, repo)
	commit := func(when, objectives string) {
		t.Helper()
		main := "connectors: {here: {type: git, path: ..}}\nobjectives_file: goals.yaml\n" + here
		for path, text := range map[string]string{config: main, goals: objectives} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run(when, "add", "-A")
		run(when, "commit", "-q", "-m", "declare")
	}
	run("2026-01-05T09:00:00Z", "init", "-q")
	commit("2026-01-05T09:00:00Z", "objectives:\n  - {id: sso, rank: 1, text: SSO, keys: [PAY-1]}\n  - {id: old, rank: 2, text: Old, keys: [PAY-2]}\n")
	commit("2026-02-02T09:00:00Z", "objectives: [broken")
	commit("2026-03-02T09:00:00Z", "# a comment\nobjectives:\n  - {id: sso, rank: 1, text: SSO, keys: [PAY-1]}\n  - {id: old, rank: 2, text: Old, keys: [PAY-2]}\n")
	commit("2026-04-06T09:00:00Z", "objectives:\n  - {id: sso, rank: 2, text: SSO, keys: [PAY-1]}\n"+
		"  - {id: old, rank: 3, text: Old, keys: [PAY-2], state: retired, effective_from: 2026-04-01}\n")

	if stdout, stderr, code := workdrift(t, "declarations", "--config", config); code == 0 {
		t.Errorf("without a database: %d %s %s", code, stdout, stderr)
	}
	stdout, stderr, code := workdrift(t, "declarations", "import", "--config", config)
	if code != 0 || stdout != "4 commits: 2 declarations were new, 1 could not be read.\n" {
		t.Fatalf("%d %s%s", code, stdout, stderr)
	}
	stdout, stderr, code = workdrift(t, "declarations", "import", "--config", config)
	if code != 0 || stdout != "4 commits: 0 declarations were new, 1 could not be read.\n" {
		t.Errorf("again: %d %s%s", code, stdout, stderr)
	}
	stdout, stderr, code = workdrift(t, "declarations", "--config", config)
	want := "2026-04-06T09:00:00Z  old rank\n2026-04-06T09:00:00Z  old state retired, effective 2026-04-01\n2026-04-06T09:00:00Z  sso rank\n"
	if code != 0 || stdout != want {
		t.Errorf("%d %s\n%swant\n%s", code, stderr, stdout, want)
	}
	story := newGitStory(t)
	story.write("config.yaml", gitConfig+goalsOf("sso 1"))
	story.commit("2026-01-05")
	story.write("config.yaml", strings.Replace(gitConfig, "path: .", "path: ., since: 365d", 1)+goalsOf("sso 1"))
	story.commit("2026-02-02")
	story.told(filepath.Join(story.repo, "config.yaml"), "2 commits: 2 declarations were new", "2026-02-02T09:00:00Z  here connector\n")

	outside := t.TempDir()
	path := filepath.Join(outside, "config.yaml")
	if err := os.WriteFile(path, []byte("connectors: {here: {type: git, path: .}}\n"+here), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := workdrift(t, "declarations", "import", "--config", path); code == 0 || !strings.Contains(stderr, "not a git repository") {
		t.Errorf("outside of a repository: %d %s", code, stderr)
	}
}

// A gitStory writes configurations into a repository.
type gitStory struct {
	*testing.T
	repo string
	run  func(when string, args ...string)
}

func newGitStory(t *testing.T) *gitStory {
	s := &gitStory{T: t, repo: t.TempDir()}
	s.run = gitAt(t, s.repo)
	s.run("2026-01-01T00:00:00Z", "init", "-q", "-b", "main")
	return s
}

// write puts files, by name and content, into the working tree.
func (s *gitStory) write(files ...string) {
	s.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(s.repo, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			s.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			s.Fatal(err)
		}
	}
}

// commit commits everything on a day at nine.
func (s *gitStory) commit(day string) {
	s.Helper()
	s.run(day+"T09:00:00Z", "add", "-A")
	s.run(day+"T09:00:00Z", "commit", "-q", "-m", "declare")
}

// told imports the history of a configuration twice, and compares what the
// first said, and the log of edits.
func (s *gitStory) told(config, imported, log string) {
	s.Helper()
	for i, want := range []string{imported, " 0 declarations were new"} {
		stdout, stderr, code := workdrift(s.T, "declarations", "import", "--config", config)
		if code != 0 || !strings.Contains(stdout, want) {
			s.Errorf("import %d: %d %s%s, want %s", i, code, stdout, stderr, want)
		}
	}
	if stdout, stderr, code := workdrift(s.T, "declarations", "--config", config); code != 0 || stdout != log {
		s.Errorf("%d %s\n%swant\n%s", code, stderr, stdout, log)
	}
}

// goalsOf declares objectives, written "id rank", with no other difference.
func goalsOf(list ...string) string {
	text := "objectives:\n"
	for i, one := range list {
		id, rank, _ := strings.Cut(one, " ")
		text += fmt.Sprintf("  - {id: %s, rank: %s, text: Objective %s, keys: [PAY-%d]}\n", id, rank, id, i)
	}
	return text
}

const gitConfig = "connectors: {here: {type: git, path: .}}\n" + here

// A configuration that was moved, split, and whose objectives_file was renamed,
// is followed under all of its names.
func TestImportFollowsNames(t *testing.T) {
	s := newGitStory(t)
	filler := "# " + strings.Repeat("a comment that stays\n# ", 20) + "\n"
	s.write("old/drift.yaml", filler+gitConfig+goalsOf("sso 1", "api 2"))
	s.commit("2026-01-05")
	s.write("old/drift.yaml", filler+gitConfig+goalsOf("sso 2", "api 1"))
	s.commit("2026-02-02")
	s.run("2026-03-02T09:00:00Z", "mv", "old", "etc")
	s.run("2026-03-02T09:00:00Z", "mv", "etc/drift.yaml", "etc/config.yaml")
	s.commit("2026-03-02")
	s.write("etc/config.yaml", filler+gitConfig+"objectives_file: goals/first.yaml\n", "etc/goals/first.yaml", goalsOf("sso 2", "api 1"))
	s.commit("2026-04-06")
	s.write("etc/goals/first.yaml", goalsOf("sso 3", "api 1"))
	s.commit("2026-05-04")
	s.write("etc/goals/first.yaml", "objectives: {broken")
	s.commit("2026-05-05")
	s.write("etc/config.yaml", filler+gitConfig+"objectives_file: second.yaml\n", "etc/second.yaml", goalsOf("sso 3", "api 2"), "etc/goals/first.yaml", "")
	s.commit("2026-06-01")
	s.write("other.txt", "no declaration")
	s.commit("2026-06-02")
	// What anybody needs to log in is in no commit, and declares nothing.
	login := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(login, []byte("basic_auth_users: {ops: $2y$10$abcdefghijklmnopqrstuv}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.write("etc/config.yaml", filler+gitConfig+"objectives_file: second.yaml\nweb: {listen_address: '0.0.0.0:9', web_config_file: "+login+"}\n",
		"etc/second.yaml", goalsOf("sso 4", "api 2"))
	s.commit("2026-07-06")
	s.told(filepath.Join(s.repo, "etc", "config.yaml"), "8 commits: 5 declarations were new, 1 could not be read.",
		"2026-02-02T09:00:00Z  api rank\n2026-02-02T09:00:00Z  sso rank\n2026-05-04T09:00:00Z  sso rank\n2026-06-01T09:00:00Z  api rank\n2026-07-06T09:00:00Z  sso rank\n")
}

// What was written on a branch is known once it is merged, and does not look
// like an edit that takes back what was committed meanwhile.
func TestImportFollowsMerges(t *testing.T) {
	s := newGitStory(t)
	s.write("config.yaml", gitConfig+goalsOf("sso 1", "api 2", "app 3"))
	s.commit("2026-01-05")
	s.run("2026-01-06T09:00:00Z", "checkout", "-q", "-b", "plan")
	s.write("config.yaml", gitConfig+goalsOf("sso 1", "api 2", "app 9"))
	s.commit("2026-02-02")
	s.run("2026-02-03T09:00:00Z", "checkout", "-q", "main")
	s.write("config.yaml", gitConfig+goalsOf("sso 5", "api 2", "app 3"))
	s.commit("2026-01-20")
	s.run("2026-03-02T09:00:00Z", "merge", "-q", "--no-ff", "-s", "ours", "-m", "merge", "plan")
	s.write("config.yaml", gitConfig+goalsOf("sso 5", "api 2", "app 9"))
	s.run("2026-03-02T09:00:00Z", "commit", "-q", "-a", "--amend", "--no-edit")
	s.told(filepath.Join(s.repo, "config.yaml"), "3 commits: 3 declarations were new, 0 could not be read.",
		"2026-01-20T09:00:00Z  sso rank\n2026-03-02T09:00:00Z  app rank\n")
}

// Those who decide may keep their file in a repository of its own, and the
// configuration in none.
func TestImportOfObjectivesAlone(t *testing.T) {
	s := newGitStory(t)
	s.write("goals.yaml", goalsOf("sso 1", "api 2"))
	s.commit("2026-01-05")
	s.write("goals.yaml", goalsOf("sso 2", "api 1"))
	s.commit("2026-02-02")
	s.run("2026-03-02T09:00:00Z", "mv", "goals.yaml", "objectives.yaml")
	s.commit("2026-03-02")
	config := filepath.Join(t.TempDir(), "config.yaml")
	text := gitConfig + "objectives_file: " + filepath.Join(s.repo, "objectives.yaml") + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.told(config, "3 commits: 2 declarations were new, 0 could not be read.",
		"2026-02-02T09:00:00Z  api rank\n2026-02-02T09:00:00Z  sso rank\n")
}

// A declaration that was loaded before its commit is imported is known since the
// commit, and what followed it is not lost.
func TestImportOfWhatWasLoaded(t *testing.T) {
	s := newGitStory(t)
	path := filepath.Join(s.repo, "config.yaml")
	s.write("config.yaml", gitConfig+goalsOf("sso 1", "api 2"))
	s.commit("2026-01-05")
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	declare := func(at time.Time) (history []objective.Loaded) {
		t.Helper()
		err := withStore(t.Context(), cfg, false, func(db *bolt.DB) error {
			body, err := objective.Encode(&cfg.Declared(nil, nil).Set)
			if err != nil {
				return err
			}
			if _, err := db.Declare(t.Context(), store.Declaration{KnownFrom: at, Body: body}); err != nil {
				return err
			}
			history, err = loadDeclarations(t.Context(), db, quietLogger())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return history
	}
	declare(time.Date(2026, 4, 6, 9, 0, 0, 0, time.UTC))
	s.told(path, "1 commits: 1 declarations were new, 0 could not be read.", "Nothing was edited since the first declaration.\n")
	history := declare(time.Date(2026, 4, 7, 9, 0, 0, 0, time.UTC))
	if len(history) != 2 || history[0].Known.Month() != time.January {
		t.Errorf("known: %v", history)
	}
}

// Weeks are frozen from the import on, not from the first commit on, also where
// it comes before the daemon ran for the first time: what was imported in one go
// nobody watched.
func TestImportedHistoryIsNotFrozen(t *testing.T) {
	s := newGitStory(t)
	path := filepath.Join(s.repo, "config.yaml")
	s.write("config.yaml", gitConfig+goalsOf("sso 1", "api 2"))
	s.commit("2026-01-05")
	s.told(path, "1 commits: 1 declarations were new, 0 could not be read.", "Nothing was edited since the first declaration.\n")
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	today := objective.DateOf(time.Now().UTC())
	d, err := newDaemon(t.Context(), cfg, daemonOptions{Log: quietLogger(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if since := d.evaluator.since; since < today {
		t.Errorf("weeks are frozen since %s, want since %s", since, today)
	}
}
