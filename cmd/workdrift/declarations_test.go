package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeclarationsFromGit imports the history of a configuration: what was
// retired is known since its commit, not since it was imported.
func TestDeclarationsFromGit(t *testing.T) {
	need(t, "git")
	repo := t.TempDir()
	config, goals := filepath.Join(repo, "etc", "config.yaml"), filepath.Join(repo, "etc", "goals.yaml")
	if err := os.Mkdir(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(when string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = repo
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when, "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
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
	outside := t.TempDir()
	path := filepath.Join(outside, "config.yaml")
	if err := os.WriteFile(path, []byte("connectors: {here: {type: git, path: .}}\n"+here), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := workdrift(t, "declarations", "import", "--config", path); code == 0 || !strings.Contains(stderr, "not a git repository") {
		t.Errorf("outside of a repository: %d %s", code, stderr)
	}
}
