package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/backtest"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

func newBacktestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backtest",
		Short: "Say when alerts would have fired on the stored history",
		Long: `Backtest makes the report of each past day from what is stored now, hands its
metrics to Prometheus' own query engine, evaluates rules on them, and says when
each alert would have fired and for how long. Use it before you change a
threshold, or to see what you would have been told.

Values are those of today's telling: what was merged, relabelled or connected
since counts as it does now. Nothing is stored about scrapes, connectors and
reports, so alerts that read them are not replayed; they are listed.`,
		Example: `  workdrift backtest --rules deploy/prometheus/workdrift.rules.yaml --rules deploy/prometheus/workdrift.alerts.yaml
  workdrift backtest --rules my.rules.yaml --from 2026-01-01 --to 2026-03-31`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	var o backtestOptions
	cmd.Flags().StringArrayVar(&o.rules, "rules", nil, "`file` of recording or alerting rules; may be given more than once")
	cmd.Flags().StringVar(&o.from, "from", "", "first `day` (2006-01-02; default: 26 weeks before the last)")
	cmd.Flags().StringVar(&o.to, "to", "", "last `day` (default: the last closed one)")
	cmd.Flags().DurationVar(&o.step, "step", time.Hour, "`time` between two evaluations of the rules")
	cmd.Flags().StringVar(&o.job, "job", "workdrift", "`name` of the scrape job")
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		answer, err := runBacktest(cmd.Context(), cfg, o)
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

type backtestOptions struct {
	rules    []string
	from, to string // days, "" for the default
	step     time.Duration
	job      string
}

// backtested is the answer to a backtest.
type backtested struct {
	From scoring.Day `json:"from"`
	To   scoring.Day `json:"to"`
	// Begin and End are when the values of the first day are first scraped, and
	// when those of the last day are replaced.
	Begin time.Time `json:"begin"`
	End   time.Time `json:"end"`
	Step  string    `json:"step"`
	*backtest.Result
}

// pastValues is what would be scraped once a day has closed.
type pastValues struct {
	// Last is the last closed day at present.
	Last scoring.Day `json:"last"`
	// Text holds the metrics that were asked for, in Prometheus' text format.
	Text string `json:"text"`
}

// askPast returns the metrics of a past day, or of none when the day is NoDate.
type askPast func(ctx context.Context, day objective.Date, metrics []string) (pastValues, error)

// runBacktest asks the running daemon for the past, or opens the store itself.
func runBacktest(ctx context.Context, cfg *config.Config, o backtestOptions) (*backtested, error) {
	if len(o.rules) == 0 {
		return nil, errors.New("--rules is missing: which alerts?")
	}
	if o.step < time.Minute || o.step > 24*time.Hour {
		return nil, fmt.Errorf("--step is %s, want a minute to a day", o.step)
	}
	rules, err := backtest.Load(o.rules...)
	if err != nil {
		return nil, err
	}
	grace := cfg.Declared(nil, nil).Windows.CloseGrace
	if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
		return replayPast(ctx, rules, o, grace, func(ctx context.Context, day objective.Date, metrics []string) (values pastValues, err error) {
			query := url.Values{"metric": metrics}
			if day != objective.NoDate {
				query.Set("day", day.String())
			}
			err = daemon.call(ctx, "GET", "/past", query, &values)
			return values, err
		})
	}
	d, err := newDaemon(ctx, cfg, daemonOptions{Log: quietLogger(), Now: time.Now})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := d.evaluator.evaluate(ctx); err != nil {
		return nil, err
	}
	return replayPast(ctx, rules, o, grace, d.evaluator.past)
}

// replayPast collects the values of each day and runs the rules over them.
func replayPast(ctx context.Context, rules *backtest.Rules, o backtestOptions, grace time.Duration, ask askPast) (*backtested, error) {
	metrics := slices.DeleteFunc(rules.Inputs(), func(name string) bool { return !slices.Contains(replayable(), name) })
	now, err := ask(ctx, objective.NoDate, nil)
	if err != nil {
		return nil, err
	}
	from, to, err := o.days(objective.Date(now.Last))
	if err != nil {
		return nil, err
	}
	// What fires on the first day may have begun to wait before.
	early := objective.Date(math.Ceil(rules.Reach().Hours() / 24))
	var frames []backtest.Frame
	for day := from - early; day <= to; day++ {
		values, err := ask(ctx, day, metrics)
		if err != nil {
			return nil, fmt.Errorf("the report of %s: %w", day, err)
		}
		samples, err := backtest.Scraped(strings.NewReader(values.Text))
		if err != nil {
			return nil, err
		}
		frames = append(frames, backtest.Frame{From: closedAt(day, grace), Samples: samples})
	}
	begin, end := closedAt(from, grace), closedAt(to+1, grace)
	result, err := backtest.Run(ctx, rules, frames, backtest.Options{
		Step: o.step, Begin: begin, Until: end, Known: replayable(), Attach: map[string]string{"job": o.job, "instance": "backtest"},
	})
	if err != nil {
		return nil, err
	}
	return &backtested{From: scoring.Day(from), To: scoring.Day(to), Begin: begin, End: end, Step: o.step.String(), Result: result}, nil
}

// closedAt is when the report of a day is made: a day has ended everywhere 12
// hours after it has in UTC.
func closedAt(day objective.Date, grace time.Duration) time.Time {
	return day.Time().Add(36*time.Hour + grace)
}

// replayable names the metrics of a report whose past follows from what is
// stored. When reports were made, and how complete the sources were then, does
// not.
func replayable() []string {
	return slices.DeleteFunc(scoring.MetricNames(), func(name string) bool {
		return name == "workdrift_report_timestamp_seconds" || name == "workdrift_report_data_timestamp_seconds"
	})
}

// defaultBacktest is how many days are replayed when nobody says.
const defaultBacktest = 26 * 7

// days are the first and the last day to replay.
func (o *backtestOptions) days(last objective.Date) (from, to objective.Date, err error) {
	parse := func(flag, text string, otherwise objective.Date) objective.Date {
		if text == "" {
			return otherwise
		}
		t, failed := time.Parse(time.DateOnly, text)
		if failed != nil {
			err = cmp.Or(err, fmt.Errorf("--%s: %w", flag, failed))
		}
		return objective.DateOf(t)
	}
	to = parse("to", o.to, last)
	from = parse("from", o.from, to-defaultBacktest+1)
	switch {
	case err != nil:
	case to > last:
		err = fmt.Errorf("--to is %s, and the last closed day is %s", to, last)
	case from > to:
		err = fmt.Errorf("--from is %s, after --to, which is %s", from, to)
	}
	return from, to, err
}

// past makes the report of a past day from what is stored now, and returns
// those of its metrics that are asked for. For NoDate it only says which day is
// the last.
func (e *evaluator) past(ctx context.Context, day objective.Date, metrics []string) (pastValues, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.made == nil {
		return pastValues{}, errors.New("the stored data is being evaluated; ask again in a moment")
	}
	values := pastValues{Last: e.made.Day}
	if day == objective.NoDate {
		return values, nil
	}
	if day > objective.Date(e.made.Day) {
		return values, fmt.Errorf("%s has not closed", day)
	}
	sources, err := e.store.Sources(ctx)
	if err != nil {
		return values, fmt.Errorf("read sources: %w", err)
	}
	// A collector of its own, without a limit: only what is asked for leaves.
	collector := scoring.NewCollector(math.MaxInt32)
	collector.Set(e.engine.ReportPast(closedAt(day, e.known.Windows.CloseGrace), sources))
	registry := prometheus.NewRegistry()
	if err := registry.Register(collector); err != nil {
		return values, err
	}
	families, err := registry.Gather()
	if err != nil {
		return values, fmt.Errorf("gather the metrics of %s: %w", day, err)
	}
	var text strings.Builder
	for _, f := range families {
		if !slices.Contains(metrics, f.GetName()) {
			continue
		}
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			return values, fmt.Errorf("write the metrics of %s: %w", day, err)
		}
	}
	values.Text = text.String()
	return values, nil
}

// tellPast answers a backtest that runs beside the daemon.
func (d *daemon) tellPast(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	day := objective.NoDate
	if text := q.Get("day"); text != "" {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			reply(w, nil, fmt.Errorf("day: %w", err))
			return
		}
		day = objective.DateOf(t)
	}
	answer, err := d.evaluator.past(r.Context(), day, q["metric"])
	reply(w, answer, err)
}
