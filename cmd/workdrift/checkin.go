package main

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/refs"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// checkInSource is the source of the check-ins that come by the command. No
// connector can have its name.
const checkInSource = "@check-ins"

func newCheckInCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checkin OBJECTIVE CONFIDENCE",
		Short: "Report how sure you are of an objective",
		Long: `Checkin keeps how sure somebody is that an objective is reached in time: 0.7,
70% or 7/10. It counts beside the check-ins that connectors find.

With --outcome the report cites the outcome: it rests on a reading of what the
objective is for, such as 320ms. That there is a reading is kept, and counts as
a review of what was delivered; the reading itself is not.

With --as the report replaces the last one of the same person; a report without
it is one of its own. The handle is kept as a keyed hash.`,
		Example: "  workdrift checkin checkout-latency 0.7\n  workdrift checkin checkout-latency 7/10 --as github:ada-example\n  workdrift checkin checkout-latency 0.7 --outcome 320ms",
		Args:    cobra.ExactArgs(2),
	}
	path := configFlag(cmd)
	as := cmd.Flags().String("as", "", "`handle` of who reports, as in the configuration")
	outcome := cmd.Flags().String("outcome", "", "`reading` of the outcome that the report rests on, such as 320ms")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		c := checkIn{objective: args[0], as: *as, cites: cmd.Flags().Changed("outcome")}
		if c.cites && !refs.IsReading(*outcome) {
			return fmt.Errorf("--outcome %q: give a reading that begins with a number, such as 320ms", *outcome)
		}
		if c.confidence, err = parseConfidence(args[1]); err != nil {
			return err
		}
		if err := c.check(&cfg.Declared(nil, nil).Set); err != nil {
			return err
		}
		ctx := cmd.Context()
		if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
			err = daemon.call(ctx, "POST", "/checkin", url.Values{
				"objective": {c.objective}, "confidence": {strconv.FormatFloat(c.confidence, 'g', -1, 64)}, "as": {c.as}, "cites": {strconv.FormatBool(c.cites)},
			}, &struct{}{})
		} else {
			err = withStore(ctx, cfg, false, func(db *bolt.DB) error { return c.keep(ctx, db, time.Now()) })
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "Kept: %s, %.0f %%.\n", c.objective, 100*c.confidence)
		return err
	}
	return cmd
}

// A checkIn is one report by the command.
type checkIn struct {
	objective  string // id
	confidence float64
	as         string // handle, "" when not told
	cites      bool   // a reading of the outcome
}

// parseConfidence reads a ratio, a percentage, or a part of ten.
func parseConfidence(text string) (float64, error) {
	number, scale := strings.TrimSpace(text), 1.0
	for suffix, by := range map[string]float64{"%": 100, "/10": 10, "/100": 100} {
		if cut, ok := strings.CutSuffix(number, suffix); ok {
			number, scale = strings.TrimSpace(cut), by
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	if value /= scale; err != nil || !(value >= 0 && value <= 1) {
		return 0, fmt.Errorf("confidence %q: give 0 to 1, such as 0.7, 70%% or 7/10", text)
	}
	return value, nil
}

// check reports an objective that is not declared, and a handle that cannot be
// one.
func (c *checkIn) check(set *objective.Set) error {
	if !slices.ContainsFunc(set.Objectives, func(o objective.Objective) bool { return o.ID == c.objective }) {
		return fmt.Errorf("there is no objective %q in the configuration", c.objective)
	}
	if kind, name, ok := strings.Cut(c.as, ":"); c.as != "" && (!ok || kind == "" || name == "") {
		return fmt.Errorf("--as %q: a handle is spelled like github:login or email:address", c.as)
	}
	return nil
}

// keep stores the report.
func (c *checkIn) keep(ctx context.Context, db *bolt.DB, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	hasher := db.Hasher()
	who := hasher.Actor(c.as)
	reporter := who
	if reporter == "" {
		reporter = strconv.FormatInt(now.Unix(), 10)
	}
	item := "check-in/" + c.objective
	attrs := map[string]string{"objective": hasher.Term(strings.ToLower(c.objective)), "confidence": strconv.FormatFloat(c.confidence, 'g', -1, 64)}
	if c.cites {
		attrs["cites"] = "outcome"
	}
	_, err := db.Apply(ctx, checkInSource, store.Batch{
		Items: []store.Item{{
			Source: checkInSource, ID: item, Kind: store.KindDiscussion, Keys: []string{"check-in:" + c.objective},
			Title: "Check-ins by the command", Created: now, Updated: now,
		}},
		Events: []store.Event{{
			Source: checkInSource, Item: item, ID: fmt.Sprintf("check_in/%s/%d", reporter, now.Unix()), Kind: store.EventCheckIn,
			Actor: who, At: now, Attrs: attrs,
		}},
	})
	if err != nil {
		return fmt.Errorf("keep the check-in: %w", err)
	}
	return nil
}
