package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// identityList is what the operator is told about accounts. It is the only
// answer that holds handles, and no figure in it is about one of them.
type identityList struct {
	Sources []sourceIdentities `json:"sources"`
	// Suggested are entries for identities in the configuration, by what the
	// sources say about accounts.
	Suggested []suggestion `json:"suggested,omitempty"`
}

type sourceIdentities struct {
	Source string `json:"source"`
	// Unmerged are of nobody in the configuration: each counts as a person of
	// its own.
	Unmerged []handle `json:"unmerged"`
	// Merged are of somebody in the configuration.
	Merged []handle `json:"merged,omitempty"`
}

type handle struct {
	Handle string `json:"handle"`
	Bot    bool   `json:"bot,omitempty"`
	Person string `json:"person,omitempty"` // as the configuration names it
}

// A suggestion is an entry for identities in the configuration. Keys and their
// order are those of the file.
type suggestion struct {
	Person  string   `json:"person" yaml:"person"`
	Handles []string `json:"handles" yaml:"handles,flow"`
	// Known is set when the configuration lists the person already.
	Known bool `json:"known" yaml:"-"`
}

func newIdentitiesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "identities",
		Short: "List the accounts that are of nobody in the configuration",
		Long: `Identities lists the handles under which people work at the sources and which
neither the configuration nor, as far as identity_merging allows, verified
addresses and profiles join with a person in the configuration. Each of them
counts as a person of its own. Where a source says that handles belong to one
person, the lines to add to the configuration are shown.

This is the only place that shows handles. Nothing is ever told about one of
them, and no report, page, metric or log names one.`,
		Example: "  workdrift identities\n  workdrift identities --all\n  workdrift identities forget",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	all := cmd.Flags().BoolP("all", "a", false, "list the handles of people in the configuration as well")
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		list, err := askIdentities(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		if *output == "json" {
			if !*all {
				list.withoutMerged()
			}
			return writeJSON(cmd.OutOrStdout(), list)
		}
		return list.write(cmd.OutOrStdout(), *all)
	}
	cmd.AddCommand(newForgetCommand())
	return cmd
}

func newForgetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forget",
		Short: "Erase all handles from the database",
		Long: `Forget erases every handle that is stored and rewrites the database without
their bytes. Scores do not change: people are stored under keyed hashes, and
what the sources say about accounts (bots, time zones, which belong together)
stays under these.

Handles come back as the sources are read again. Backups that were made before
still hold them.`,
		Example: "  workdrift identities forget",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
			err = daemon.call(ctx, "POST", "/identities/forget", nil, &struct{}{})
		} else {
			err = withStore(ctx, cfg, false, func(db *bolt.DB) error { return forgetIdentities(ctx, db) })
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "All handles are erased from the database. Backups made before still hold them: delete those you do not need.\n"+
			"Handles come back as the sources are read again.")
		return err
	}
	return cmd
}

// forgetIdentities erases the handles and the bytes that held them.
func forgetIdentities(ctx context.Context, db *bolt.DB) error {
	if err := db.ForgetIdentities(ctx); err != nil {
		return err
	}
	if err := db.Compact(ctx); err != nil {
		return fmt.Errorf("the handles are forgotten, but their bytes may be left in the file: %w", err)
	}
	return nil
}

// withStore opens the database of a configuration while no daemon runs.
func withStore(ctx context.Context, cfg *config.Config, readOnly bool, fn func(*bolt.DB) error) error {
	if !readOnly {
		if err := prepareDirectory(cfg.Storage.Directory); err != nil {
			return err
		}
	}
	db, err := bolt.Open(ctx, filepath.Join(cfg.Storage.Directory, databaseFile), bolt.Options{Log: quietLogger(), ReadOnly: readOnly})
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

// askIdentities asks the running daemon, or reads the database when none runs.
func askIdentities(ctx context.Context, cfg *config.Config) (*identityList, error) {
	list := &identityList{}
	if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
		return list, daemon.call(ctx, "GET", "/identities", url.Values{}, list)
	}
	err := withStore(ctx, cfg, true, func(db *bolt.DB) (err error) {
		list, err = identities(ctx, db, cfg)
		return err
	})
	return list, err
}

// identities tells what is stored about accounts.
func identities(ctx context.Context, db *bolt.DB, cfg *config.Config) (*identityList, error) {
	var profiles []store.Profile
	for p, err := range db.Profiles(ctx) {
		if err != nil {
			return nil, err
		}
		profiles = append(profiles, p)
	}
	key := db.Hasher().Actor
	declared := cfg.Declared(key, db.Hasher().Term)
	merged := scoring.Merged(declared, profiles)
	bots := make(map[string]bool)
	for _, b := range declared.People.Bots {
		bots[key(b)] = true
	}
	list := &identityList{Sources: []sourceIdentities{}}
	s := newSuggester(declared.People.Persons, merged)
	for id, err := range db.Identities(ctx) {
		if err != nil {
			return nil, err
		}
		if n := len(list.Sources); n == 0 || list.Sources[n-1].Source != id.Source {
			list.Sources = append(list.Sources, sourceIdentities{Source: id.Source, Unmerged: []handle{}, Merged: []handle{}})
		}
		at := &list.Sources[len(list.Sources)-1]
		h := handle{Handle: id.Handle, Bot: id.Bot || bots[id.Actor], Person: merged[id.Actor]}
		if h.Person != "" {
			at.Merged = append(at.Merged, h)
			continue
		}
		at.Unmerged = append(at.Unmerged, h)
		// Only what hashes to the stored key can be written into the file.
		if spelt, _, _ := strings.Cut(id.Handle, " "); !h.Bot && key(spelt) == id.Actor {
			s.handles[id.Actor] = spelt
		}
	}
	for i := range list.Sources {
		for _, handles := range [][]handle{list.Sources[i].Unmerged, list.Sources[i].Merged} {
			slices.SortFunc(handles, func(a, b handle) int { return strings.Compare(a.Handle, b.Handle) })
		}
	}
	list.Suggested = s.suggest(profiles)
	return list, nil
}

// withoutMerged leaves out those of people in the configuration.
func (l *identityList) withoutMerged() {
	for i := range l.Sources {
		l.Sources[i].Merged = nil
	}
}

// write prints the list for the operator. Handles come from upstream, so what a
// terminal would obey is taken out.
func (l *identityList) write(w io.Writer, all bool) error {
	if len(l.Sources) == 0 {
		_, err := fmt.Fprintln(w, "No handles are stored: nothing was read yet, or they were forgotten.")
		return err
	}
	// Two sources may know one account.
	unmerged, bots, merged := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range l.Sources {
		for _, h := range s.Merged {
			merged[h.Handle] = true
		}
		if len(s.Unmerged) > 0 || all {
			fmt.Fprintf(w, "%s\n", s.Source)
		}
		for _, h := range s.Unmerged {
			what := ""
			if h.Bot {
				what = "  (bot)"
				bots[h.Handle] = true
			} else {
				unmerged[h.Handle] = true
			}
			fmt.Fprintf(w, "  %s%s\n", connectors.Printable(h.Handle), what)
		}
		if !all {
			continue
		}
		for _, h := range s.Merged {
			fmt.Fprintf(w, "  %s  = %s\n", connectors.Printable(h.Handle), h.Person)
		}
	}
	fmt.Fprintf(w, "\nIn all, %s of nobody in the configuration, %s of somebody; %s.\n",
		plural(len(unmerged), "handle is", "handles are"), plural(len(merged), "is", "are"), plural(len(bots), "belongs to a bot", "belong to bots"))
	if len(l.Suggested) == 0 {
		return nil
	}
	return l.writeSuggestions(w)
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// writeSuggestions prints YAML to paste.
func (l *identityList) writeSuggestions(w io.Writer) error {
	text, err := yaml.Marshal(map[string][]suggestion{"identities": l.Suggested})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nBy what the sources say, these belong together. Check them, give those a name that\n"+
		"are called person-…, and put the entries into the configuration. An entry that is\n"+
		"there already gets the longer list of handles.\n\n%s", text)
	return err
}
