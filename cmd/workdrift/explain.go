package main

import (
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
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/store"
)

// maxCarriers is how many works an explanation lists.
const maxCarriers = 25

// An explanation answers what decided, and which items carry the effort.
type explanation struct {
	Subject string          `json:"subject"`
	Window  string          `json:"window"`
	Items   []explainedItem `json:"items"`
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
	Effort effortShare `json:"person_days"`
}

// effortShare is the effort of an item in the window by where it went, the
// organisation's small-number rules applied.
type effortShare map[string]scoring.Number

func newExplainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain ITEM|OBJECTIVE|BUCKET",
		Short: "Say which rule or link decided, and which items carry the effort",
		Long: `Explain shows, for an item (PAY-7, acme/api#12, acme/api@1f0c3e…), which rule or
which path of links decided what it counts for; for an objective or a bucket
(run_work, excluded, stopped, unknown), which items carry its effort in a
window, and how each was attributed.`,
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
	if keep := e.subject(what); keep != nil {
		return answer, e.carriers(ctx, answer, report, keep)
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
		for _, c := range e.engine.Carriers(report, window, func(scoring.Category, string) bool { return true }) {
			if c.No == work {
				explained.Effort[place(c)] = c.Effort
			}
		}
		answer.Items = append(answer.Items, explained)
	}
	if len(answer.Items) == 0 {
		return nil, fmt.Errorf("%q is no key of a stored item, no objective, and none of run_work, excluded, stopped, unknown", what)
	}
	return answer, nil
}

// subject returns which effort an objective or bucket asks for, nil when what
// is neither.
func (e *evaluator) subject(what string) func(scoring.Category, string) bool {
	for c := range scoring.Category(scoring.Categories) {
		if c.String() == what && c != scoring.OnObjective {
			return func(category scoring.Category, _ string) bool { return category == c }
		}
	}
	for i := range e.known.Set.Objectives {
		if e.known.Set.Objectives[i].ID == what {
			return func(_ scoring.Category, objective string) bool { return objective == what }
		}
	}
	return nil
}

// carriers lists the works that carry the effort asked for.
func (e *evaluator) carriers(ctx context.Context, answer *explanation, report *scoring.Report, keep func(scoring.Category, string) bool) error {
	list := e.engine.Carriers(report, answer.Window, keep)
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

// item explains the attribution of one item.
func (e *evaluator) item(ctx context.Context, no uint64, item store.Item) (explainedItem, error) {
	why := e.engine.Explain(no)
	x := explainedItem{
		Key: nameOf(item), Kind: item.Kind, Title: item.Title, URL: item.URL, Gone: item.Gone,
		Bucket: why.Attribution.Bucket.String(), Method: why.Attribution.Method.String(), Rule: why.Rule,
		Effort: effortShare{},
	}
	for _, s := range why.Attribution.Shares {
		x.To = append(x.To, e.known.Set.Objectives[s.Objective].ID)
	}
	if work := e.engine.Work(no); work != no {
		whole, _, err := e.store.Find(ctx, work)
		if err != nil {
			return x, err
		}
		x.PartOf = nameOf(whole)
	}
	for _, step := range why.Path {
		text, err := e.step(ctx, step)
		if err != nil {
			return x, err
		}
		x.Path = append(x.Path, text)
	}
	return x, nil
}

// step tells one link of a path in words.
func (e *evaluator) step(ctx context.Context, s attribution.Step) (string, error) {
	to := s.Key
	if s.To != 0 {
		item, ok, err := e.store.Find(ctx, s.To)
		if err != nil {
			return "", err
		}
		if ok {
			to = fmt.Sprintf("%s %q", nameOf(item), item.Title)
		}
	}
	return fmt.Sprintf("%s %s (%.1f)", s.Kind, to, s.Weight), nil
}

// nameOf is what people call an item.
func nameOf(item store.Item) string {
	if len(item.Keys) == 0 {
		return item.Source + ":" + item.ID
	}
	return item.Keys[0]
}

// write prints the explanation for people. Titles come from upstream, so what
// a terminal would obey is taken out.
func (a *explanation) write(w io.Writer) error {
	if len(a.Items) == 0 {
		_, err := fmt.Fprintf(w, "No work carries effort for %s in %s.\n", a.Subject, a.Window)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, i := range a.Items {
		fmt.Fprintf(t, "%s\t%s\t%s\n", connectors.Printable(i.Key), i.Kind, connectors.Printable(i.Title))
		to := i.Bucket
		if len(i.To) > 0 {
			to = strings.Join(i.To, ", ")
		}
		fmt.Fprintf(t, "  counts for\t%s\tby %s%s\n", to, i.Method, because(i))
		for _, place := range slices.Sorted(maps.Keys(i.Effort)) {
			fmt.Fprintf(t, "  effort\t%s\t%s in %s\n", personDaysText(i.Effort[place]), place, a.Window)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if a.More > 0 {
		_, err := fmt.Fprintf(w, "… and %d more works with less effort.\n", a.More)
		return err
	}
	return nil
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
		fmt.Fprintf(&b, ", rule %s", i.Rule)
	}
	if i.Gone != "" {
		fmt.Fprintf(&b, "; %s at its source", i.Gone)
	}
	return b.String()
}

func personDaysText(n scoring.Number) string {
	if !n.Known() {
		return "withheld"
	}
	return fmt.Sprintf("%.2f person-days", float64(n))
}
