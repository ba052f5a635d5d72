package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/demo"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// demoSeed makes every demo tell the same story.
const demoSeed = 1

func newDemoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a made-up organisation drift",
		Long: `Demo starts local servers that speak the protocols of GitHub, Jira, Slack and
Prometheus for a made-up organisation, reads 26 weeks of its history through the
real connectors into a real database, and serves metrics and the pages on
127.0.0.1. It froze the weeks that had closed a week ago, as a daemon does that
was there then. When the first report is ready it prints the addresses and the
headline numbers. From then on new work arrives every few seconds, and a day
passes every few seconds; each brief is posted to the organisation's Slack and
written to a directory. The history command tells how it came to that, and demo
tell lets the organisation correct its course.

Nothing leaves this machine. Ctrl-C stops it.`,
		Example: "  workdrift demo\n  workdrift demo --speed 60 --dir /tmp/harbourline",
		Args:    cobra.NoArgs,
	}
	var o demoOptions
	cmd.Flags().StringVar(&o.dir, "dir", "", "keep the database and the configuration in this new `directory` (default: a temporary one, removed at the end)")
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:9797", "`address` of metrics and pages, for everybody to read if others reach it; a free port when it is taken")
	cmd.Flags().Float64Var(&o.speed, "speed", 12, "`days` that pass in a minute")
	cmd.Flags().BoolVar(&o.once, "once", false, "stop after the first report")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkSpeed(o.speed); err != nil {
			return err
		}
		return runDemo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	cmd.AddCommand(newDemoTellCommand())
	return cmd
}

type demoOptions struct {
	dir, listen string
	speed       float64 // days a minute
	once        bool
}

func runDemo(ctx context.Context, o demoOptions, stdout, stderr io.Writer) (err error) {
	now := time.Now()
	org, err := demo.NewWatched(now, demoSeed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, org.Close()) }()
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "workdrift-demo-"); err != nil {
			return fmt.Errorf("make a temporary directory: %w", err)
		}
		defer os.RemoveAll(o.dir)
	}
	cfg, err := demoConfig(ctx, org, o)
	if err != nil {
		return err
	}
	complete := make(chan *scoring.Report, 1)
	d, err := newDaemon(ctx, cfg, daemonOptions{
		Log: newLogger(stderr, cfg.Log), Now: org.Now, Settle: 100 * time.Millisecond,
		Tell: func(q url.Values) error { return tellDemo(org, q) },
		OnReport: func(r *scoring.Report) {
			if !r.Partial && r.At.After(now.Add(-frozenBefore)) {
				select {
				case complete <- r:
				default: // only the first is waited for
				}
			}
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.watch(ctx, org, now); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	wait.Go(func() { cancel(d.serve(ctx, cfg)) })
	wait.Go(func() {
		select {
		case <-ctx.Done():
			return
		case report := <-complete:
			writeDemo(stdout, cfg, o, report)
		}
		if o.once {
			cancel(nil)
			return
		}
		live(ctx, org, o.speed*24*60)
	})
	wait.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// frozenBefore is how long before the demo begins the weeks are frozen that have
// closed by then.
const frozenBefore = 7 * 24 * time.Hour

// watch does what the daemon has done at the organisation before the demo begins:
// a week ago it froze what it told then, so that it shows when the past is told
// anew.
func (d *daemon) watch(ctx context.Context, org *demo.Organisation, now time.Time) error {
	if err := d.declarePast(ctx, org); err != nil {
		return err
	}
	org.PassTo(now.Add(-frozenBefore))
	if err := d.pollOnce(ctx); err != nil {
		return err
	}
	if err := d.evaluator.round(ctx); err != nil {
		return err
	}
	org.PassTo(now)
	return d.pollOnce(ctx)
}

// fastYear is how long the organisation lives fast: it keeps all it ever did in
// memory, and a demo may be forgotten in some terminal.
const fastYear = 366 * 24 * time.Hour

// live lets the organisation work until the context ends, after a year no faster
// than everybody else.
func live(ctx context.Context, org *demo.Organisation, speed float64) {
	slow := org.Now().Add(fastYear)
	org.Start(speed)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			org.Advance()
			if !slow.IsZero() && org.Now().After(slow) {
				org.Start(1)
				slow = time.Time{}
			}
		}
	}
}

// demoConfig writes the demo's configuration and token and loads them, as an
// operator would.
func demoConfig(ctx context.Context, org *demo.Organisation, o demoOptions) (*config.Config, error) {
	if err := prepareDirectory(o.dir); err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(o.dir); err != nil || len(entries) > 0 {
		return nil, errors.Join(err, fmt.Errorf("%s is not empty: the demo wants a directory of its own", o.dir))
	}
	token := filepath.Join(o.dir, "token")
	if err := os.WriteFile(token, []byte(demo.Token), 0o600); err != nil {
		return nil, fmt.Errorf("write the demo's token: %w", err)
	}
	path := filepath.Join(o.dir, "config.yaml")
	if err := os.WriteFile(path, []byte(org.Config(freeAddress(ctx, o.listen), "token")), 0o600); err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	return config.Load(path)
}

// declarePast keeps what the organisation declared over its history, in the same
// way as declarations import does, but without needing git.
func (d *daemon) declarePast(ctx context.Context, org *demo.Organisation) error {
	var past []declaredCommit
	for _, v := range org.History(d.config.Web.ListenAddress, "token") {
		cfg, err := config.LoadFrom(d.config.Path, func(string) ([]byte, error) { return []byte(v.Text), nil })
		if err != nil {
			return err
		}
		body, err := objective.Encode(&cfg.Declared(nil, nil).Set)
		if err != nil {
			return err
		}
		past = append(past, declaredCommit{v.At, body})
	}
	if _, err := keepDeclared(ctx, d.store, past); err != nil {
		return err
	}
	return d.evaluator.declare(ctx, declaredOf(d.config, d.store.Hasher()))
}

// freeAddress returns the address, or the same with a free port when it is
// taken: a second demo should not fail.
func freeAddress(ctx context.Context, address string) string {
	l, err := listen(ctx, "tcp", address)
	if err != nil {
		host, _, splitErr := net.SplitHostPort(address)
		if splitErr != nil {
			return address // the configuration says what is wrong with it
		}
		if l, err = listen(ctx, "tcp", net.JoinHostPort(host, "0")); err != nil {
			return address
		}
	}
	defer l.Close()
	return l.Addr().String()
}

// writeDemo tells where to look and what the first report says.
func writeDemo(w io.Writer, cfg *config.Config, o demoOptions, r *scoring.Report) {
	fmt.Fprintf(w, "Pages        http://%s/\nMetrics      http://%s/metrics\nBriefs       %s\nEverything   %s\n\n",
		cfg.Web.ListenAddress, cfg.Web.ListenAddress, cfg.Brief.Directory, o.dir)
	if err := writeReport(w, r, "28d"); err != nil || o.once {
		return
	}
	fmt.Fprintf(w, "\nThe organisation works on: a day passes every %s. See how it came to that, and ask why, with\n  workdrift history --config %s\n  workdrift explain unknown --config %[2]s\n  workdrift brief --config %[2]s\nCtrl-C stops the demo.\n",
		time.Duration(float64(time.Minute)/o.speed).Round(time.Millisecond), cfg.Path)
}
