package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
)

// outputFlag adds the flag that chooses between text and JSON.
func outputFlag(cmd *cobra.Command) *string {
	output := cmd.Flags().StringP("output", "o", "text", "`format` of the answer, text or json")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *output != "text" && *output != "json" {
			return fmt.Errorf("--output is %q, want text or json", *output)
		}
		return nil
	}
	return output
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func quietLogger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// writeReport prints a report for people: a line for each window, the
// objectives of one, and what is missing, with the reason.
func writeReport(w io.Writer, r *scoring.Report, label string) error {
	window := r.Window(label)
	if window == nil && len(r.Windows) > 0 {
		window = &r.Windows[0]
	}
	fmt.Fprintf(w, "As of %s, the last closed day.", r.Day)
	switch {
	case r.Partial:
		fmt.Fprintf(w, " Partial: still being read for the first time: %s.", findings.FirstRead(r))
	case len(r.Late) > 0:
		fmt.Fprintf(w, " Stale: %d source(s) not complete up to %s: %v.", len(r.Late), r.Expected, r.Late)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.TabIndent)
	fmt.Fprintf(t, "\nwindow\ttop %d\tbounds\tshadow share\tshadow ratio\trun work\tcoverage\tmodel spread\tperson-days\tworks\t\n", r.TopN)
	for i := range r.Windows {
		s := &r.Windows[i].Org
		top, shadow, ratio := s.Score(scoring.TopObjectivesEffort), s.Score(scoring.ShadowEffort), s.Score(scoring.ShadowRoadmap)
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%d\t\n", r.Windows[i].Label,
			percent(top.Value), bounds(top), percent(shadow.Value),
			decimal(ratio.Value), ratio.Verdict,
			percent(s.Score(scoring.RunWorkEffort).Value), percent(s.Coverage),
			percent(s.Score(scoring.EffortModelSpread).Value), decimal(s.Total), s.Works)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if window == nil {
		return nil
	}
	if s := &window.Org; s.Status != scoring.OK {
		_, err := fmt.Fprintf(w, "\nNothing is published for %s: %s.\n", window.Label, s.Reason)
		return err
	}
	return writeWindow(w, r, window)
}

// writeWindow prints where the effort of a window went.
func writeWindow(w io.Writer, r *scoring.Report, window *scoring.WindowReport) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\n%s to %s\tperson-days\tshare\tdeclared\n", window.From, window.Until)
	for i, o := range window.Org.Objectives {
		d := r.Objectives[i]
		fmt.Fprintf(t, "%d. %s (%s)\t%s\t%s\t%s\n", d.Rank, o.Objective, d.State, decimal(o.Effort), percent(o.Share), percent(d.Declared))
	}
	for _, c := range window.Org.Effort {
		if c.Category != scoring.OnObjective {
			fmt.Fprintf(t, "%s\t%s\t%s\t\n", c.Category, decimal(c.Effort), percent(c.Effort/window.Org.Total))
		}
	}
	for _, team := range window.Teams {
		top, shadow := team.Score(scoring.TopObjectivesEffort), team.Score(scoring.ShadowEffort)
		if team.Status != scoring.OK {
			fmt.Fprintf(t, "team %s\twithheld: %s\t\t\n", team.Team, team.Reason)
			continue
		}
		fmt.Fprintf(t, "team %s\t%s\ttop %d %s\tshadow %s\n", team.Team, decimal(team.Total), r.TopN, percent(top.Value), percent(shadow.Value))
	}
	return t.Flush()
}

func percent(n scoring.Number) string {
	if !n.Known() {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", float64(n)*100)
}

func bounds(s *scoring.Score) string {
	if !s.Lower.Known() {
		return "-"
	}
	return percent(s.Lower) + "–" + percent(s.Upper)
}

func decimal(n scoring.Number) string {
	switch {
	case !n.Known():
		return "-"
	case math.IsInf(float64(n), 1):
		return "∞"
	}
	return fmt.Sprintf("%.2f", float64(n))
}

// progress shows on a terminal how far the poll of each source is.
type progress struct{ w io.Writer }

func (p progress) page(source string, s connectors.Summary) {
	fmt.Fprintf(p.w, "\r\x1b[K%s: %d pages, %d items, %d events, about %d pages to go",
		source, s.Pages, s.Items, s.Events, s.Backlog)
}

func (p progress) done() { fmt.Fprint(p.w, "\r\x1b[K") }
