package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/backtest"
	"github.com/workdrift/workdrift/connectors"
)

// minutes is how moments of a backtest are printed.
const minutes = "2006-01-02 15:04"

// write prints a backtest for people.
func (b *backtested) write(w io.Writer) error {
	fmt.Fprintf(w, "Replayed the reports of %s to %s, rules evaluated every %s.\n", b.From, b.To, shortly(b.Begin, b.Begin.Add(b.step())))
	fmt.Fprint(w, "Values are restated: as today's data, rules and links tell the past. A day's\nvalues count from when it has closed. Moments are in UTC.\n")
	for _, a := range b.Alerts {
		if a.Fired > 0 {
			fmt.Fprintf(w, "\n%s fired %s\n", connectors.Printable(a.Name), times(a.Fired))
			if err := b.episodes(w, a.Name); err != nil {
				return err
			}
		}
	}
	b.list(w, "Never fired", func(a *backtest.Alert) (string, bool) {
		if a.Waited > 0 {
			return fmt.Sprintf("%s (waited and stopped %s)", a.Name, times(a.Waited)), a.Fired == 0 && len(a.Unknown) == 0
		}
		return a.Name, a.Fired == 0 && len(a.Unknown) == 0
	})
	b.list(w, "Not replayed, as the past of what they read is not stored", func(a *backtest.Alert) (string, bool) {
		return fmt.Sprintf("%s: %s", a.Name, strings.Join(a.Unknown, ", ")), len(a.Unknown) > 0
	})
	return nil
}

// episodes lists when one alert fired.
func (b *backtested) episodes(w io.Writer, alert string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range b.Episodes {
		if e.Alert != alert {
			continue
		}
		until, end := e.Until.Format(minutes), e.Until
		if e.Until.IsZero() {
			until, end = "the end, still firing", b.End
		}
		fmt.Fprintf(t, "  from %s\tfor %s\tuntil %s\tvalue %.4g\t%s\n",
			e.From.Format(minutes), shortly(e.From, end), until, float64(e.Value), connectors.Printable(labelText(e.Labels)))
	}
	return t.Flush()
}

// list prints the alerts that a filter keeps, one a line.
func (b *backtested) list(w io.Writer, title string, of func(*backtest.Alert) (string, bool)) {
	for i := range b.Alerts {
		text, listed := of(&b.Alerts[i])
		if !listed {
			continue
		}
		if title != "" {
			fmt.Fprintf(w, "\n%s:\n", title)
			title = ""
		}
		fmt.Fprintf(w, "  %s\n", connectors.Printable(text))
	}
}

func (b *backtested) step() time.Duration {
	d, _ := time.ParseDuration(b.Step) // it was made by String
	return d
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// labelText writes labels as Prometheus does, sorted. What is the same for all
// of a backtest is left out.
func labelText(set map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if name != "job" && name != "instance" {
			parts = append(parts, fmt.Sprintf("%s=%q", name, set[name]))
		}
	}
	return strings.Join(parts, " ")
}

// shortly writes a span in days and hours, or in minutes when it is short.
func shortly(from, until time.Time) string {
	span := until.Sub(from).Round(time.Minute)
	days, hours, rest := span/(24*time.Hour), span%(24*time.Hour)/time.Hour, span%time.Hour/time.Minute
	var parts []string
	for _, p := range []struct {
		n    time.Duration
		unit string
	}{{days, "d"}, {hours, "h"}, {rest, "min"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.unit))
		}
	}
	return strings.Join(parts, " ")
}
