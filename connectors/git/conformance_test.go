package git

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
)

// truth asks git itself, by other commands than the connector uses, what is
// on the branch.
func (w *work) truth() connectortest.Truth {
	var truth connectortest.Truth
	for line := range strings.SplitSeq(w.git("log", "--no-merges", "--format=%H"), "\n") {
		truth.Items = append(truth.Items, "acme/api@"+line)
		truth.Events = append(truth.Events, "acme/api@"+line+" commit/"+line)
		others := w.git("show", "-s", "--format=%(trailers:key=Co-authored-by,valueonly)", line)
		for n := range strings.Fields(strings.ReplaceAll(others, " ", "_")) {
			truth.Events = append(truth.Events, fmt.Sprintf("acme/api@%s commit/%s/%d", line, line, n+1))
		}
	}
	for sha := range strings.FieldsSeq(w.git("log", "--merges", "--format=%H")) {
		truth.Items = append(truth.Items, "acme/api@"+sha)
	}
	return truth
}

// damage replaces a file of the repository until it is healed.
func (w *work) damage(name, content string) func() (func(), error) {
	return func() (func(), error) {
		path := filepath.Join(w.path, ".git", name)
		good, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return func() {
			if err := os.WriteFile(path, good, 0o644); err != nil {
				w.t.Error(err)
			}
		}, os.WriteFile(path, []byte(content), 0o644)
	}
}

// move takes a file or folder away until it is healed.
func (w *work) move(name string) func() (func(), error) {
	return func() (func(), error) {
		path := filepath.Join(w.path, name)
		return func() {
			if err := os.Rename(path+"-away", path); err != nil {
				w.t.Error(err)
			}
		}, os.Rename(path, path+"-away")
	}
}

func TestConformance(t *testing.T) {
	needGit(t)
	w := initRepo(t)
	for n := range 9 {
		w.commit(fmt.Sprintf("PAY-%d: x\n\nCo-authored-by: Bo <bo@example.org>", n+1), "a", fmt.Sprint(n))
	}
	w.git("checkout", "-q", "-b", "side", "HEAD~2")
	w.commit("side", "b", "1")
	w.git("checkout", "-q", "main")
	w.git("merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "side")
	w.at += 3600
	changes := 0
	connectortest.Run(t, connectortest.Subject{
		New: func(env connectors.Env) (connectors.Connector, error) {
			c, err := newConnector(env, Config{Path: w.path, Repo: "acme/api"})
			if err == nil {
				c.page = 2
			}
			return c, err
		},
		Truth:  w.truth,
		Now:    now,
		People: []string{"Ann", "ann@example.org", "Bo", "bo@example.org"},
		// A damaged branch is harmless while a scan runs: that has its end
		// already. TestErrors shows that it is noticed otherwise.
		Faults: []connectortest.Fault{
			{Name: "the repository is away", Inject: w.move(""), Reason: connectors.ReasonNetwork},
			{Name: "the objects are away", Inject: w.move(".git/objects"), Reason: connectors.ReasonNetwork},
			{Name: "the configuration is damaged", Inject: w.damage("config", "[core\n"), Reason: connectors.ReasonServer},
			{Name: "the branch is damaged", Inject: w.damage("refs/heads/main", strings.Repeat("1", 40)+"\n"), Harmless: true, Reason: connectors.ReasonServer},
			{Name: "the branch is emptied", Inject: w.damage("refs/heads/main", ""), Harmless: true, Reason: connectors.ReasonServer},
		},
		Change: func() error {
			if changes++; changes%2 == 0 {
				w.git("reset", "-q", "--hard", "HEAD~3")
			}
			w.commit(fmt.Sprintf("change %d", changes), "c", fmt.Sprint(changes))
			return nil
		},
	})
}
