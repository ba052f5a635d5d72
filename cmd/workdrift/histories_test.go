package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// recorded is where the histories of real projects are, and what these
// declared.
const recorded = "../../../shared/data"

// A realProject is a recorded history with what was declared for it.
type realProject struct {
	name, repo string
	last       string // the last day of the history
	projects   []string
	// declared are the versions of the objectives by the time of their commit.
	declared func(t *testing.T) map[time.Time][]string
	// truth says of a row of the data's own table of links whether the commit is
	// on something declared.
	truth func(t *testing.T) func(row []string) bool
	// on is how many commits count for an objective, of how many with effort.
	on, of int
	// but says why the table and what is found differ on a commit.
	but map[string]string
}

// TestRealHistories scores histories of real projects against what these
// projects declared, and holds what counts for an objective against the data's
// own table. Run it with -v for the figures.
func TestRealHistories(t *testing.T) {
	tooltest.Need(t, "git")
	if testing.Short() {
		t.Skip("-short leaves out what rebuilds three repositories")
	}
	for _, p := range []realProject{
		{
			name: "kafka", repo: "apache/kafka", last: "2024-10-25", projects: []string{"KAFKA", "KIP"},
			declared: kafkaGoals, truth: kafkaTruth, on: 488, of: 3565,
			but: map[string]string{"95f41d59b389b6f25000b7bc4ddb948cfdb90448": "its title begins with the proposal, as others do with their ticket"},
		},
		{
			name: "calcite", repo: "apache/calcite", last: "2026-08-01", projects: []string{"CALCITE"},
			declared: calciteGoals, truth: calciteTruth, on: 759, of: 1010,
			but: map[string]string{"31a23f38092c185ef0faf19f770c1de8625db0e8": "the same work came to the branch twice"},
		},
		{
			name: "k8s-enhancements", repo: "kubernetes/enhancements", last: "2026-07-24",
			declared: kepGoals, truth: kepTruth, on: 1068, of: 1115,
			but: map[string]string{"196fe935fcf8d5ffa94dd87eda46a6f8714ec637": "written in the same second under the same title as another: taken for one work"},
		},
	} {
		t.Run(p.name, p.run)
	}
}

func (p realProject) run(t *testing.T) {
	versions := p.declared(t)
	commits := connectortest.History(t, recorded, p.name)
	dir := t.TempDir()
	stream, _ := connectortest.FastImport(commits)
	gitIn(t, dir, nil, time.Time{}, "init", "-q", "--bare", "-b", "main", "code.git")
	marks := filepath.Join(dir, "marks")
	gitIn(t, filepath.Join(dir, "code.git"), stream, time.Time{}, "fast-import", "--quiet", "--date-format=raw-permissive", "--export-marks="+marks)
	path := p.commitGoals(t, dir, versions)
	stdout, stderr, code := workdrift(t, "declarations", "import", "--config", path)
	if code != 0 {
		t.Fatalf("import: %s%s", stdout, stderr)
	}
	t.Logf("declarations: %s", stdout)
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	now, err := clockAt(p.last, cfg)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), cfg, daemonOptions{Log: quietLogger(), Now: time.Now, ReportAt: now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := errors.Join(d.pollOnce(t.Context()), d.evaluator.evaluate(t.Context())); err != nil {
		t.Fatal(err)
	}
	report := d.evaluator.report.Load()
	p.log(t, report)
	p.compare(t, d, report, originals(t, marks, commits))
}

// commitGoals writes a configuration with its history into a repository of its
// own and returns its path.
func (p realProject) commitGoals(t *testing.T, dir string, versions map[time.Time][]string) string {
	t.Helper()
	repo := filepath.Join(dir, "config")
	gitIn(t, dir, nil, time.Time{}, "init", "-q", "config")
	projects := ""
	if len(p.projects) > 0 {
		projects = fmt.Sprintf("projects: [%s]\n", strings.Join(p.projects, ", "))
	}
	write(t, filepath.Join(repo, ".gitignore"), "data/\n")
	path := filepath.Join(repo, "config.yaml")
	write(t, path, fmt.Sprintf("connectors:\n  code: {type: git, path: ../code.git, repo: %s, since: \"2020-01-01\"}\nobjectives_file: goals.yaml\n"+
		"storage: {directory: data}\n%s", p.repo, projects))
	for _, at := range slices.SortedFunc(maps.Keys(versions), time.Time.Compare) {
		write(t, filepath.Join(repo, "goals.yaml"), "objectives:\n"+strings.Join(versions[at], ""))
		gitIn(t, repo, nil, at, "add", "-A")
		gitIn(t, repo, nil, at, "commit", "-q", "--allow-empty", "-m", "declare")
	}
	return path
}

// gitIn runs git as of a time.
func gitIn(t *testing.T, dir string, stdin []byte, at time.Time, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	when := at.Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when, "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
}

// compare holds the commits that count for an objective against the table.
func (p realProject) compare(t *testing.T, d *daemon, report *scoring.Report, original map[string]string) {
	on, of := map[string]string{}, 0
	seen := map[uint64]bool{}
	// One window over all of it: some commits were written years before they
	// came to the branch.
	whole := &scoring.Report{Windows: []scoring.WindowReport{{Label: "whole", From: scoring.Day(objective.DateOf(day("2010-01-01"))), Until: report.Day}}}
	for _, c := range d.evaluator.engine.Carriers(whole, "whole", func(scoring.Category, string) bool { return true }) {
		item, ok, err := d.store.Find(t.Context(), c.No)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if !seen[c.No] {
			seen[c.No] = true
			of++
		}
		if c.Objective != "" {
			on[original[item.ID[strings.LastIndexByte(item.ID, '/')+1:]]] += " " + c.Objective
		}
	}
	t.Logf("%d of %d commits count for an objective", len(on), of)
	if len(on) != p.on || of != p.of {
		t.Errorf("want %d of %d", p.on, p.of)
	}
	truth := p.truth(t)
	for _, row := range table(t, "commits/"+p.name+"/truth_links.tsv") {
		objectives, yes := on[row[0]]
		if _, differs := p.but[row[0]]; (yes != truth(row)) != differs {
			t.Errorf("%s counts for %q, the table says %q", row[0], objectives, row)
		}
	}
}

// originals returns the SHAs of the recorded commits by those of the rebuilt.
func originals(t *testing.T, marks string, commits []connectortest.Commit) map[string]string {
	body, err := os.ReadFile(marks)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(body)) {
		var mark int
		var sha string
		if _, err := fmt.Sscanf(line, ":%d %s", &mark, &sha); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all[sha] = commits[mark-1].SHA
	}
	return all
}

// log writes the figures down.
func (p realProject) log(t *testing.T, report *scoring.Report) {
	var b strings.Builder
	if err := writeReport(&b, report, "91d"); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, " 0.00 ") { // objectives without effort
			t.Log(strings.TrimRight(line, "\n"))
		}
	}
	for _, s := range report.Scores {
		t.Logf("%-40s %.3f [%.3f, %.3f] n %v %s %s", s.Name, s.Value, s.Lower, s.Upper, s.SampleSize, s.Status, s.Reason)
	}
}
