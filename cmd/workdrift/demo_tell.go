package main

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demo"
)

func newDemoTellCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tell DIRECTORY",
		Short: "Tell the organisation of a running demo what to do",
		Long: `Tell changes the course of a demo that runs with --dir DIRECTORY: to see that
drift ends and its alerts let go, or what happens while a source is down.`,
		Example: "  workdrift demo tell /tmp/harbourline --course strategy --speed 60\n  workdrift demo tell /tmp/harbourline --break jira",
		Args:    cobra.ExactArgs(1),
	}
	for name, usage := range map[string]string{
		"course": "`way` to go from tomorrow on: strategy or drift",
		"speed":  "`days` that pass in a minute",
		"break":  "`server` that answers only errors from now on: github, jira, slack or results",
		"mend":   "`server` that answers again",
	} {
		cmd.Flags().String(name, "", usage)
	}
	cmd.MarkFlagsOneRequired("course", "speed", "break", "mend")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		daemon := dialControl(cmd.Context(), filepath.Join(args[0], controlSocket))
		if daemon == nil {
			return fmt.Errorf("no demo runs with --dir %s", args[0])
		}
		query := url.Values{}
		for _, name := range []string{"course", "speed", "break", "mend"} {
			if cmd.Flags().Changed(name) {
				query.Set(name, cmd.Flag(name).Value.String())
			}
		}
		return daemon.call(cmd.Context(), "POST", "/demo", query, &struct{}{})
	}
	return cmd
}

// tellDemo does what the tell command asks for.
func tellDemo(org *demo.Organisation, q url.Values) error {
	var errs []error
	for name := range q {
		value := q.Get(name)
		switch name {
		case "course":
			if value != "strategy" && value != "drift" {
				errs = append(errs, fmt.Errorf("--course is %q, want strategy or drift", value))
				continue
			}
			org.CourseCorrected(value == "strategy")
		case "speed":
			speed, err := strconv.ParseFloat(value, 64)
			if err == nil {
				err = checkSpeed(speed)
			}
			if err != nil {
				errs = append(errs, err)
				continue
			}
			org.Start(speed * 24 * 60)
		case "break", "mend":
			errs = append(errs, org.Break(value, name == "break"))
		}
	}
	return errors.Join(errs...)
}

// checkSpeed refuses days a minute that no clock can show.
func checkSpeed(speed float64) error {
	if math.IsNaN(speed) || speed <= 0 || speed > 10_000 {
		return fmt.Errorf("--speed is %g, want more than 0 and at most 10000", speed)
	}
	return nil
}
