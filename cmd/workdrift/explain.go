package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/store"
)

// maxCarriers is how many works an explanation lists.
const maxCarriers = 25

// An explanation answers what decided, and which items carry the effort.
type explanation struct {
	Subject string `json:"subject"`
	Window  string `json:"window"`
	// Owned is the work view of a team that owns repositories or projects.
	Owned *scoring.OwnedReport `json:"owned,omitempty"`
	Items []explainedItem      `json:"items"`
	// Words compare the words of work for an objective with its declaration.
	Words []scoring.VocabularyReport `json:"words,omitempty"`
	// Next are works to decide about next, of those that are unknown.
	Next []string `json:"decide_next,omitempty"`
	// More is how many further works carry effort.
	More int `json:"more"`
}

// explainedItem is one item with its attribution.
type explainedItem struct {
	Key    string      `json:"key"`
	Kind   store.Kind  `json:"kind"`
	Title  string      `json:"title"`
	URL    string      `json:"url,omitempty"`
	Gone   store.Gone  `json:"gone,omitempty"`
	Bucket string      `json:"bucket"`
	To     []string    `json:"objectives,omitempty"`
	Method string      `json:"method"`
	Rule   string      `json:"rule,omitempty"`
	Path   []string    `json:"path,omitempty"`
	PartOf string      `json:"part_of,omitempty"`
	Owners []string    `json:"owned_by,omitempty"` // teams
	Effort effortShare `json:"person_days"`
	// Suggested is what the words of an unknown work say.
	Suggested []scoring.Suggested `json:"suggested,omitempty"`
}

// effortShare is the effort of an item in the window by where it went, the
// organisation's small-number rules applied.
type effortShare map[string]scoring.Number

func newExplainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain ITEM|OBJECTIVE|BUCKET|TEAM",
		Short: "Say which rule or link decided, and which items carry the effort",
		Long: `Explain shows, for an item (PAY-7, acme/api#12, acme/api@1f0c3e…), which rule or
which path of links decided what it counts for; for an objective or a bucket
(run_work, excluded, stopped, unknown), which items carry its effort in a
window, how each was attributed, and how the words of each team compare with
what the objective declares; for a team with repositories or projects,
which items of these carry effort, whoever spent it.`,
		Example: "  workdrift explain acme/api#12\n  workdrift explain checkout-latency --window 91d\n  workdrift explain unknown",
		Args:    cobra.ExactArgs(1),
	}
	path := configFlag(cmd)
	window := cmd.Flags().String("window", "28d", "`window` whose effort is listed")
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		answer, err := askOrOpen(cmd.Context(), cfg, args[0], *window)
		if err != nil {
			return err
		}
		if *output == "json" {
			return writeJSON(cmd.OutOrStdout(), answer)
		}
		return answer.write(cmd.OutOrStdout())
	}
	return cmd
}

// askOrOpen asks the running daemon, or evaluates the stored data when none
// runs.
func askOrOpen(ctx context.Context, cfg *config.Config, what, window string) (*explanation, error) {
	if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
		var answer explanation
		err := daemon.call(ctx, "GET", "/explain", url.Values{"what": {what}, "window": {window}}, &answer)
		return &answer, err
	}
	d, err := newDaemon(ctx, cfg, daemonOptions{Log: quietLogger(), Now: time.Now})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := d.evaluator.evaluate(ctx); err != nil {
		return nil, err
	}
	return d.evaluator.explain(ctx, what, window)
}

// explain answers for an objective, a bucket, or the key of an item.
func (e *evaluator) explain(ctx context.Context, what, window string) (*explanation, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	report := e.made
	if report == nil {
		return nil, errors.New("the stored data is being evaluated; ask again in a moment")
	}
	if report.Window(window) == nil {
		return nil, fmt.Errorf("there is no window %q; configured are %s", window, strings.Join(e.known.Windows.Labels, ", "))
	}
	answer := &explanation{Subject: what, Window: window}
	if keep := subjectOf(report, what); keep != nil {
		if what == scoring.Unknown.String() {
			if err := e.undecided(ctx, answer); err != nil {
				return nil, err
			}
		}
		answer.Words = findings.ComparedWords(report, what)
		return answer, e.carriers(ctx, answer, e.engine.Carriers(report, window, keep))
	}
	if owned := report.Window(window).OwnedBy(what); owned != nil {
		return answer, e.owned(ctx, answer, report, owned)
	}
	for _, no := range e.engine.Find(what) {
		item, ok, err := e.store.Find(ctx, no)
		if err != nil {
			return nil, err
		}
		if !ok || !slices.ContainsFunc(item.Keys, func(k string) bool { return strings.EqualFold(k, what) }) {
			continue
		}
		explained, err := e.item(ctx, no, item)
		if err != nil {
			return nil, err
		}
		work := e.engine.Work(no)
		for _, c := range e.engine.Carriers(report, window, anything) {
			if c.No == work {
				explained.Effort[place(c)] = c.Effort
			}
		}
		answer.Items = append(answer.Items, explained)
	}
	if len(answer.Items) == 0 {
		return nil, fmt.Errorf("%q is no key of a stored item, no objective, no team that owns anything, and none of run_work, excluded, stopped, unknown", what)
	}
	return answer, nil
}

// subjectOf returns which effort of a report an objective or bucket asks for, nil
// when what is neither.
func subjectOf(report *scoring.Report, what string) func(scoring.Category, string) bool {
	for c := range scoring.Category(scoring.Categories) {
		if c.String() == what && c != scoring.OnObjective {
			return func(category scoring.Category, _ string) bool { return category == c }
		}
	}
	if report.Objective(what) != nil {
		return func(_ scoring.Category, objective string) bool { return objective == what }
	}
	return nil
}

// anything keeps every category and objective.
func anything(scoring.Category, string) bool { return true }

// owned lists the works that carry effort on what a team owns, whoever spent
// it. Where the sum must not be told, its parts are not told either.
func (e *evaluator) owned(ctx context.Context, answer *explanation, report *scoring.Report, owned *scoring.OwnedReport) error {
	answer.Owned = owned
	list := slices.DeleteFunc(e.engine.Carriers(report, answer.Window, anything), func(c scoring.Carried) bool {
		return !slices.Contains(e.engine.Owners(c.No), owned.Team)
	})
	if owned.Status != scoring.OK {
		for i := range list {
			list[i].Effort = scoring.Absent()
		}
	}
	return e.carriers(ctx, answer, list)
}

// maxUndecided is how many works to decide about next an explanation names.
const maxUndecided = 10

// undecided names the works to decide about next.
func (e *evaluator) undecided(ctx context.Context, answer *explanation) error {
	for _, no := range e.engine.Undecided() {
		if len(answer.Next) == maxUndecided {
			break
		}
		item, _, err := e.store.Find(ctx, no)
		if err != nil {
			return err
		}
		answer.Next = append(answer.Next, nameOf(item))
	}
	return nil
}

// carriers lists works with the effort they carry, the first of them.
func (e *evaluator) carriers(ctx context.Context, answer *explanation, list []scoring.Carried) error {
	if len(list) > maxCarriers {
		answer.More = len(list) - maxCarriers
		list = list[:maxCarriers]
	}
	for _, c := range list {
		item, _, err := e.store.Find(ctx, c.No)
		if err != nil {
			return err
		}
		explained, err := e.item(ctx, c.No, item)
		if err != nil {
			return err
		}
		explained.Effort[place(c)] = c.Effort
		answer.Items = append(answer.Items, explained)
	}
	return nil
}

// place names where a work's effort went.
func place(c scoring.Carried) string {
	switch {
	case c.Objective == "":
		return c.Category.String()
	case c.Category == scoring.OnObjective:
		return c.Objective
	}
	return c.Objective + ", " + c.Category.String()
}

// write prints the explanation for people. Titles come from upstream, so what
// a terminal would obey is taken out.
func (a *explanation) write(w io.Writer) error {
	if len(a.Items) == 0 {
		_, err := fmt.Fprintf(w, "No work carries effort for %s in %s.\n", a.Subject, a.Window)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if o := a.Owned; o != nil {
		fmt.Fprintf(t, "What %s owns\t%s\t%s\n", o.Team, personDaysText(o.Total), ownText(o))
	}
	for _, i := range a.Items {
		fmt.Fprintf(t, "%s\t%s\t%s\n", connectors.Printable(i.Key), i.Kind, connectors.Printable(i.Title))
		to := i.Bucket
		if len(i.To) > 0 {
			to = strings.Join(i.To, ", ")
		}
		fmt.Fprintf(t, "  counts for\t%s\tby %s%s\n", to, i.Method, because(i))
		if len(i.Suggested) > 0 {
			fmt.Fprintf(t, "  by its words\t%s\n", suggestedText(i.Suggested))
		}
		if len(i.Owners) > 0 {
			fmt.Fprintf(t, "  owned by\t%s\n", strings.Join(i.Owners, ", "))
		}
		for _, place := range slices.Sorted(maps.Keys(i.Effort)) {
			fmt.Fprintf(t, "  effort\t%s\t%s in %s\n", personDaysText(i.Effort[place]), place, a.Window)
		}
	}
	writeWords(t, a.Words)
	if err := t.Flush(); err != nil {
		return err
	}
	if a.More > 0 {
		if _, err := fmt.Fprintf(w, "… and %d more works with less effort.\n", a.More); err != nil {
			return err
		}
	}
	if len(a.Next) > 0 {
		_, err := fmt.Fprintf(w, "Deciding about these next teaches most: %s.\n", connectors.Printable(strings.Join(a.Next, ", ")))
		return err
	}
	return nil
}

// suggestedText tells what words say, and how sure that is.
func suggestedText(list []scoring.Suggested) string {
	var parts []string
	for _, s := range list {
		part := cmp.Or(s.Objective, "no objective")
		switch {
		case s.Confidence.Known():
			part += fmt.Sprintf(" (probability %.2f)", float64(s.Confidence))
		case s.Score.Known():
			part += fmt.Sprintf(" (score %.1f)", float64(s.Score))
		}
		parts = append(parts, part)
	}
	return "perhaps " + strings.Join(parts, ", else ")
}

func because(i explainedItem) string {
	var b strings.Builder
	if i.PartOf != "" {
		fmt.Fprintf(&b, ", as part of %s", connectors.Printable(i.PartOf))
	}
	for _, step := range i.Path {
		fmt.Fprintf(&b, " → %s", connectors.Printable(step))
	}
	if i.Rule != "" {
		fmt.Fprintf(&b, ", rule %s", connectors.Printable(i.Rule))
	}
	if i.Kind == store.KindDiscussion && i.PartOf == "" && i.Method == attribution.None.String() {
		b.WriteString("; chat is no effort until something says what it is about")
	}
	if i.Gone != "" {
		fmt.Fprintf(&b, "; %s at its source", i.Gone)
	}
	return b.String()
}

// ownText says how much of what a team owns its own people do.
func ownText(o *scoring.OwnedReport) string {
	if !o.Own.Known() {
		return o.Reason
	}
	return fmt.Sprintf("%.0f %% by its own people", float64(o.Own)*100)
}

func personDaysText(n scoring.Number) string {
	if !n.Known() {
		return "withheld"
	}
	return fmt.Sprintf("%.2f person-days", float64(n))
}
