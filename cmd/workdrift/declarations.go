package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// An edit is one line of the structure log, as the command prints it.
type edit struct {
	Known     time.Time `json:"known_from,omitzero"`      // not told of members
	Effective string    `json:"effective_from,omitempty"` // 2006-01-02
	Objective string    `json:"objective,omitempty"`
	Team      string    `json:"team,omitempty"` // of a change of members, or of what a team owns
	Connector string    `json:"connector,omitempty"`
	Kind      string    `json:"kind"`
	State     string    `json:"state,omitempty"` // of an edit of the state
}

// An imported tells what an import did.
type imported struct {
	Commits int `json:"commits"` // that touched the files
	Kept    int `json:"kept"`    // declarations that were new
	Unread  int `json:"unread"`  // commits whose configuration does not load
}

func newDeclarationsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "declarations",
		Short: "List what was declared and changed when, and import it from git",
		Long: `Declarations lists the edits of what is declared: ranks, targets, due dates,
owners, texts, states, rules, excludes, phases. Each has the day its author wrote down
(effective_from) and the time since which it could be known: when it was first
loaded here, or committed. Nobody can act on a decision before it is known, so
latencies start at the later of both.

Between them stand the days from which on a team had other members, as the
configuration dates them now and as groups at the sources were seen to change;
who, and how many, is not told. Of one team and day there is one line.

Not in the log: changes of connectors, of settings of effort and privacy, of the
repositories that a team owns, of the workflow of statuses, and of members where
the configuration gives no date.`,
		Example: "  workdrift declarations\n  workdrift declarations import",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		var edits []edit
		ctx := cmd.Context()
		if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
			err = daemon.call(ctx, "GET", "/declarations", nil, &edits)
		} else {
			err = withStore(ctx, cfg, true, func(db *bolt.DB) (err error) {
				edits, err = listEdits(ctx, db, declaredOf(cfg, db.Hasher()), time.Now())
				return err
			})
		}
		if err != nil {
			return err
		}
		if *output == "json" {
			return writeJSON(cmd.OutOrStdout(), edits)
		}
		return writeEdits(cmd.OutOrStdout(), edits)
	}
	cmd.AddCommand(newImportCommand())
	return cmd
}

func newImportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Import earlier declarations from the configuration's git history",
		Long: `Import reads every commit of the configuration file, and of the objectives_file
that it names at the time, from the git repository they are in, under whatever
name they had, and keeps what was declared there as known since the commit. What
was committed on a branch is known since its merge. Where only objectives_file
is in a repository, its commits are read with the configuration of today. Commits
whose configuration does not load are counted and left out. Importing again adds
nothing.`,
		Example: "  workdrift declarations import --config /etc/workdrift/config.yaml",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		var done imported
		ctx := cmd.Context()
		if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
			err = daemon.call(ctx, "POST", "/declarations/import", url.Values{}, &done)
		} else {
			err = withStore(ctx, cfg, false, func(db *bolt.DB) (err error) {
				done, err = importDeclarations(ctx, db, cfg, time.Now())
				return err
			})
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d commits: %d declarations were new, %d could not be read.\n", done.Commits, done.Kept, done.Unread)
		return err
	}
	return cmd
}

// loadDeclarations returns what was declared, oldest first. A declaration that
// cannot be decoded, by a version of this program that is newer or broken, is
// logged and left out.
func loadDeclarations(ctx context.Context, s store.Store, log *slog.Logger) ([]objective.Loaded, error) {
	var history []objective.Loaded
	for d, err := range s.Declarations(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read what was declared: %w", err)
		}
		set, err := objective.Decode(d.Body)
		if err != nil {
			log.Warn("a stored declaration is left out", "known_from", d.KnownFrom, "err", err)
			continue
		}
		history = append(history, objective.Loaded{Known: d.KnownFrom, Set: set})
	}
	// What was imported came later than what it precedes.
	slices.SortStableFunc(history, func(a, b objective.Loaded) int { return a.Known.Compare(b.Known) })
	return history, nil
}

func editOf(e objective.Edit) edit {
	return edit{
		Known: e.Known, Effective: e.Effective.String(), Objective: e.Objective, Kind: string(e.Kind), State: string(e.State),
		Team: e.Team(), Connector: e.Connector(),
	}
}

// what says what was edited.
func (e *edit) what() string {
	switch {
	case e.Kind == findings.Membership:
		return "members of " + e.Team + " changed"
	case e.Team+e.Connector != "":
		return e.Team + e.Connector + " " + e.Kind
	}
	what := cmp.Or(e.Objective, "-") + " " + e.Kind
	if e.State != "" {
		what += " " + e.State
	}
	if e.Effective != "" {
		what += ", effective " + e.Effective
	}
	return what
}

func writeEdits(w io.Writer, edits []edit) error {
	if len(edits) == 0 {
		_, err := fmt.Fprintln(w, "Nothing was edited since the first declaration.")
		return err
	}
	for _, e := range edits {
		when := e.Effective
		if !e.Known.IsZero() {
			when = e.Known.UTC().Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(w, "%-20s  %s\n", when, e.what()); err != nil {
			return err
		}
	}
	return nil
}

// importDeclarations keeps what the commits of the configuration declared. Where
// nothing was declared yet, what is declared now comes first: the first that is
// kept says since when anybody watches (see evaluator.loadFrozen).
func importDeclarations(ctx context.Context, db *bolt.DB, cfg *config.Config, now time.Time) (done imported, err error) {
	commits, err := declaredInGit(ctx, cfg)
	if err != nil {
		return done, err
	}
	watched := false
	for _, err := range db.Declarations(ctx) {
		if err != nil {
			return done, fmt.Errorf("read what was declared: %w", err)
		}
		watched = true
		break
	}
	if !watched {
		body, err := objective.Encode(&cfg.Declared(nil, nil).Set)
		if err != nil {
			return done, err
		}
		if _, err := db.Declare(ctx, store.Declaration{KnownFrom: now.UTC().Truncate(time.Second), Body: body}); err != nil {
			return done, fmt.Errorf("keep what is declared: %w", err)
		}
	}
	return keepDeclared(ctx, db, commits)
}

// keepDeclared keeps what was declared at earlier times, oldest first.
func keepDeclared(ctx context.Context, db *bolt.DB, commits []declaredCommit) (done imported, err error) {
	kept := map[string]bool{}
	for d, err := range db.Declarations(ctx) {
		if err != nil {
			return done, fmt.Errorf("read what was declared: %w", err)
		}
		kept[d.KnownFrom.UTC().String()+string(d.Body)] = true
	}
	done.Commits = len(commits)
	var before []byte
	for _, c := range commits {
		if c.body == nil {
			done.Unread++
			continue
		}
		if bytes.Equal(c.body, before) || kept[c.at.String()+string(c.body)] {
			before = c.body
			continue
		}
		before = c.body
		added, err := db.Declare(ctx, store.Declaration{KnownFrom: c.at, Body: c.body})
		if err != nil {
			return done, fmt.Errorf("keep what was declared: %w", err)
		}
		if added {
			done.Kept++
		}
	}
	return done, nil
}

// A declaredCommit is what a commit declared, nil where that does not load.
type declaredCommit struct {
	at   time.Time
	body []byte
}

// declaredInGit lists what the commits of the configuration declared, oldest
// first. Which files there were besides is known once the configurations are
// read, and so the commits are listed until there are no more.
func declaredInGit(ctx context.Context, cfg *config.Config) ([]declaredCommit, error) {
	history, err := historyOf(ctx, cfg)
	if err != nil {
		return nil, err
	}
	var paths []string
	bodies := make(map[string][]byte)
	for {
		commits, err := history.commits(ctx, paths)
		if err != nil {
			return nil, err
		}
		known := len(paths)
		for _, c := range commits {
			if _, done := bodies[c.sha]; done {
				continue
			}
			old, read, err := history.load(ctx, c)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			bodies[c.sha] = nil
			if err == nil {
				if bodies[c.sha], err = objective.Encode(&old.Declared(nil, nil).Set); err != nil {
					return nil, err
				}
			}
			for _, path := range read {
				if !slices.Contains(paths, path) {
					paths = append(paths, path)
				}
			}
		}
		if len(paths) > known {
			continue
		}
		list := make([]declaredCommit, 0, len(commits))
		for _, c := range commits {
			list = append(list, declaredCommit{c.at, bodies[c.sha]})
		}
		return list, nil
	}
}
