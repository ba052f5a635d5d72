package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/slack-go/slack"
	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/scoring"
)

func newBriefCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "brief",
		Short: "Write the one page for the weekly meeting",
		Long: `Brief writes the one page for the weekly meeting, or with --edition kill-session
the one for the monthly session that decides what ends: where the effort went
against what was declared, each number beside its own past, what the shadow
roadmap is made of, what changed, and questions to put to the meeting.

A week is told as of its end, by the links, rules and decisions of now, as
history tells it. Without --week or --month the last one that has closed is told.
One that has begun and not closed is told as of the last closed day and marked as
provisional.

The page is printed as Markdown, as one HTML file that needs no other and prints
on one sheet, or as the blocks of a Slack message. Links to pages need
brief.pages_url.

With --deliver nothing is printed but what became of it: the running daemon sends
the edition that was last due to each place of the configuration that has not got
it, as after the bot was let into its channel, or to try a new place. What may
have arrived is never sent again.`,
		Example: "  workdrift brief > brief.md\n  workdrift brief --week 2026-W14 --format html > brief.html\n  workdrift brief --edition kill-session\n  workdrift brief --month 2026-04\n  workdrift brief --deliver",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	ask := briefQuery{}
	cmd.Flags().StringVar(&ask.edition, "edition", "", "`edition`: weekly, or kill-session, which --month stands for too (default weekly)")
	cmd.Flags().StringVar(&ask.week, "week", "", "ISO `week` of a weekly brief, such as 2026-W14")
	cmd.Flags().StringVar(&ask.month, "month", "", "`month` of a kill session, such as 2026-04")
	cmd.Flags().StringVar(&ask.format, "format", "markdown", "`format`: markdown, html or slack")
	deliver := cmd.Flags().Bool("deliver", false, "send the edition that was last due to where it is missing")
	cmd.MarkFlagsMutuallyExclusive("deliver", "week")
	cmd.MarkFlagsMutuallyExclusive("deliver", "month")
	cmd.MarkFlagsMutuallyExclusive("deliver", "format")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := ask.check(); err != nil {
			return err
		}
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		if *deliver {
			return askDelivery(cmd.Context(), cfg, cmp.Or(ask.edition, string(brief.Weekly)), cmd.OutOrStdout())
		}
		text, err := askBrief(cmd.Context(), cfg, ask)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(cmd.OutOrStdout(), text)
		return err
	}
	return cmd
}

// A briefQuery says which brief is asked for, and how it is to be written.
type briefQuery struct{ edition, week, month, format string }

func (q briefQuery) check() error {
	if !slices.Contains([]string{"markdown", "html", "slack"}, q.format) {
		return fmt.Errorf("--format is %q, want markdown, html or slack", q.format)
	}
	_, err := q.period(0)
	return err
}

// period is the one that is asked for, the last closed one where none is named.
func (q briefQuery) period(day scoring.Day) (brief.Period, error) {
	return brief.AskedPeriod(q.edition, q.week, q.month, day)
}

func (q briefQuery) values() url.Values {
	return url.Values{"edition": {q.edition}, "week": {q.week}, "month": {q.month}, "format": {q.format}}
}

// A writtenBrief is how the daemon hands one to a command.
type writtenBrief struct {
	Text string `json:"text"`
}

// askBrief asks the running daemon, or evaluates the stored data when none runs.
func askBrief(ctx context.Context, cfg *config.Config, q briefQuery) (string, error) {
	if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
		var told writtenBrief
		err := daemon.call(ctx, "GET", "/brief", q.values(), &told)
		return told.Text, err
	}
	d, err := newDaemon(ctx, cfg, daemonOptions{Log: quietLogger(), Now: time.Now, Offline: true})
	if err != nil {
		return "", err
	}
	defer d.Close()
	if err := d.evaluator.evaluate(ctx); err != nil {
		return "", err
	}
	return d.writeBrief(ctx, q)
}

// tellBrief answers the command of that name.
func (d *daemon) tellBrief(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	text, err := d.writeBrief(r.Context(), briefQuery{v.Get("edition"), v.Get("week"), v.Get("month"), v.Get("format")})
	reply(w, writtenBrief{text}, err)
}

// writeBrief makes the brief that is asked for and writes it in its format.
func (d *daemon) writeBrief(ctx context.Context, q briefQuery) (string, error) {
	report := d.evaluator.report.Load()
	if report == nil {
		return "", evaluating()
	}
	p, err := q.period(report.Day)
	if err != nil {
		return "", err
	}
	b, err := d.brief(ctx, p)
	if err != nil {
		return "", err
	}
	switch q.format {
	case "html":
		page, err := b.HTML()
		return string(page), err
	case "slack":
		_, blocks := b.Slack()
		text, err := json.MarshalIndent(slack.Blocks{BlockSet: blocks}, "", "  ")
		return string(text) + "\n", err
	}
	return b.Markdown(), nil
}

// brief makes the brief of a period, linked to where pages are reached.
func (d *daemon) brief(ctx context.Context, p brief.Period) (*brief.Brief, error) {
	return d.evaluator.briefOf(ctx, p, d.pagesURL())
}

// shownBrief is brief for pages.
func (d *daemon) shownBrief(ctx context.Context, p brief.Period) (*brief.Brief, error) {
	return d.evaluator.shownBrief(ctx, p, d.pagesURL())
}

func (d *daemon) pagesURL() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config.Brief.PagesURL
}
