package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/scoring/phase"
)

// maxHistory is how many weeks can be told, those that phases are replayed from.
const maxHistory = 156

// A toldWeek is one closed ISO week of the organisation as it is told now.
type toldWeek struct {
	Week   string         `json:"week"` // "2026-W21"
	Monday scoring.Day    `json:"monday"`
	Status scoring.Status `json:"status"`
	Top    toldRatio      `json:"top_objectives_effort_ratio"`
	Shadow toldRatio      `json:"shadow_effort_ratio"`
	// Stopped is the share of effort on what was stopped.
	Stopped scoring.Number `json:"zombie_effort_ratio"`
	// Phase is the drift phase at the end of the week, and Why is why it is
	// another than before. Indicators and Latched are what it follows from, by
	// phase.
	Phase      string                    `json:"drift_phase"`
	Why        string                    `json:"drift_phase_why,omitempty"`
	Indicators map[string]scoring.Number `json:"drift_indicator_ratio"`
	Latched    []string                  `json:"drift_latch"`
	Unplanned  scoring.Number            `json:"unplanned_workstream_rate"`
	Trapped    scoring.Number            `json:"consensus_trap_ratio"`
	Zombies    scoring.Number            `json:"zombie_workstreams"`
	// Watermelons and Stalled are objectives: reported green and red inside,
	// and worked on while their outcome stands still.
	Watermelons []string `json:"watermelon"`
	Stalled     []string `json:"outcome_stalled"`
	// Edits are those that could be acted on from a day of the week on, Shifts
	// those that were found at its end, and not at that of a week told before.
	Edits  []edit      `json:"edits"`
	Shifts []toldShift `json:"shifts"`
}

// A toldRatio is a ratio with its bounds.
type toldRatio struct {
	Value scoring.Number `json:"value"`
	Lower scoring.Number `json:"lower"`
	Upper scoring.Number `json:"upper"`
}

// A toldShift is a share that has another level since a week.
type toldShift struct {
	Objective string         `json:"objective,omitempty"`
	Share     string         `json:"share"` // "shadow_effort"
	Step      scoring.Number `json:"step_ratio"`
	Since     string         `json:"since"` // "2026-W30"
	Coincides string         `json:"coincides"`
}

func newHistoryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Tell the closed weeks one by one, with what was declared and what shifted",
		Long: `History tells the closed ISO weeks one by one: where the effort went, in which
phase of drift the organisation was and why, which objectives were reported
green and red inside, what had stalled, what went on though it was stopped, what
was declared anew, and which shares have had another level since.

Every week is restated: work counts for what it counts for by today's links and
rules. What was declared, reported, decided and measured counts from when it was
known. An indicator reaches its phase from 0.50 on.`,
		Example: "  workdrift history\n  workdrift history --weeks 52 --output json",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	output := outputFlag(cmd)
	weeks := cmd.Flags().Int("weeks", 26, "`number` of weeks")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *weeks < 1 || *weeks > maxHistory {
			return fmt.Errorf("--weeks is %d, want 1 to %d", *weeks, maxHistory)
		}
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		told, err := askHistory(cmd.Context(), cfg, *weeks)
		if err != nil {
			return err
		}
		if *output == "json" {
			return writeJSON(cmd.OutOrStdout(), told)
		}
		return writeHistory(cmd.OutOrStdout(), told, cfg.Declared(nil, nil).Set.TopN)
	}
	return cmd
}

// askHistory asks the running daemon, or evaluates the stored data when none
// runs.
func askHistory(ctx context.Context, cfg *config.Config, weeks int) ([]toldWeek, error) {
	if daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket)); daemon != nil {
		var told []toldWeek
		err := daemon.call(ctx, "GET", "/history", url.Values{"weeks": {strconv.Itoa(weeks)}}, &told)
		return told, err
	}
	d, err := newDaemon(ctx, cfg, daemonOptions{Log: quietLogger(), Now: time.Now})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := d.evaluator.evaluate(ctx); err != nil {
		return nil, err
	}
	return d.evaluator.tellWeeks(ctx, weeks)
}

// tellWeeks tells up to so many closed weeks, oldest first. Those before anything
// happened are left out.
func (e *evaluator) tellWeeks(ctx context.Context, weeks int) ([]toldWeek, error) {
	declared, err := loadDeclarations(ctx, e.store, e.log)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	made := e.made
	e.mu.Unlock()
	switch {
	case made == nil:
		return nil, errors.New("the stored data is being evaluated; ask again in a moment")
	case made.Partial:
		return nil, errors.New("a source is still being read for the first time; no week is known to be complete")
	}
	told := []toldWeek{}
	seen := make(map[toldShift]bool)
	last := (objective.Date(made.Day) + 1).Monday() - 7
	first := last - objective.Date(7*(weeks-1))
	for monday := first - 7; monday <= last; monday += 7 { // the week before tells which shifts are not new
		report, err := e.asOf(ctx, monday+6)
		if err != nil {
			return nil, err
		}
		week := tell(report, monday, declared)
		week.Shifts = slices.DeleteFunc(week.Shifts, func(s toldShift) bool {
			s.Step, s.Coincides = 0, ""
			before := seen[s]
			seen[s] = true
			return before
		})
		if monday >= first && (len(told) > 0 || week.Status != scoring.InsufficientData) {
			told = append(told, week)
		}
	}
	return told, nil
}

// asOf reports as of a day that has closed. The lock is held for one report at a
// time, so that the daemon's own come in between.
func (e *evaluator) asOf(ctx context.Context, day objective.Date) (*scoring.Report, error) {
	sources, err := e.store.Sources(ctx)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reportOf(scoring.Day(day), sources), ctx.Err()
}

// tell picks what is told of the week at whose end a report was made.
func tell(r *scoring.Report, monday objective.Date, declared []objective.Loaded) toldWeek {
	week := r.Weeks[len(r.Weeks)-1]
	told := toldWeek{
		Week: isoWeek(monday), Monday: scoring.Day(monday), Status: week.Status,
		Top:     toldRatio{week.Top, scoring.Absent(), scoring.Absent()},
		Shadow:  toldRatio{week.Shadow, scoring.Absent(), scoring.Absent()},
		Stopped: scoring.Absent(), Indicators: make(map[string]scoring.Number), Latched: []string{},
		Unplanned: valueOf(r.Score(scoring.UnplannedWorkstreams)), Trapped: valueOf(r.Score(scoring.ConsensusTrap)),
		Zombies: valueOf(r.Score(scoring.ZombieWorkstreams)), Watermelons: []string{}, Stalled: []string{},
		Edits: editsOf(declared, monday), Shifts: []toldShift{},
	}
	if w := r.Window("7d"); w != nil && w.From == scoring.Day(monday) {
		top, shadow := w.Org.Score(scoring.TopObjectivesEffort), w.Org.Score(scoring.ShadowEffort)
		if top != nil && shadow != nil {
			told.Top, told.Shadow = toldRatio{top.Value, top.Lower, top.Upper}, toldRatio{shadow.Value, shadow.Lower, shadow.Upper}
		}
		told.Stopped = valueOf(w.Org.Score(scoring.ZombieEffort))
	}
	if s := r.Score(scoring.DriftPhase); s != nil && s.Status == scoring.OK {
		told.Phase = s.Verdict
	}
	if p := r.Phase; p != nil && told.Phase != "" && len(p.Changes) > 0 {
		if last := p.Changes[len(p.Changes)-1]; last.Week == told.Monday {
			told.Why = last.Why
		}
	}
	for _, p := range []phase.Phase{phase.FocusCreep, phase.VocabularyGap, phase.TotalDecoupling} {
		told.Indicators[string(p)] = valueOf(r.Score(scoring.DriftIndicator + "_" + string(p)))
		if valueOf(r.Score(scoring.DriftLatch+"_"+string(p))) == 1 {
			told.Latched = append(told.Latched, string(p))
		}
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		if valueOf(o.Score(scoring.WatermelonScore)) == 1 {
			told.Watermelons = append(told.Watermelons, o.ID)
		}
		if valueOf(o.Score(scoring.OutcomeStalled)) == 1 {
			told.Stalled = append(told.Stalled, o.ID)
		}
		told.Shifts = append(told.Shifts, shiftsIn(o.Scores, o.ID)...)
	}
	told.Shifts = append(shiftsIn(r.Scores, ""), told.Shifts...)
	return told
}

func valueOf(s *scoring.Score) scoring.Number {
	if s == nil {
		return scoring.Absent()
	}
	return s.Value
}

// isoWeek names the ISO week of a Monday.
func isoWeek(monday objective.Date) string {
	year, week := monday.Time().ISOWeek()
	return fmt.Sprintf("%d-W%02d", year, week)
}

// shiftsIn lists the newest shift of each share.
func shiftsIn(list []scoring.Score, id string) []toldShift {
	var shifts []toldShift
	for _, s := range list {
		share, found := strings.CutPrefix(s.Name, scoring.ShiftWeek+"_")
		if !found || !s.Value.Known() {
			continue
		}
		for _, step := range list {
			if step.Name == scoring.StructureShift+"_"+share {
				since := objective.DateOf(time.Unix(int64(s.Value), 0).UTC())
				shifts = append(shifts, toldShift{id, share, step.Value, isoWeek(since), step.Verdict})
			}
		}
	}
	return shifts
}

// editsOf lists what could be acted on from a day of a week on. What was in
// force already when anything was first declared is told of the day from which
// on it held.
func editsOf(declared []objective.Loaded, monday objective.Date) []edit {
	edits := []edit{}
	for _, e := range objective.Edits(declared) {
		day := e.Start()
		if e.Known.Equal(declared[0].Known) && e.Effective != objective.NoDate {
			day = e.Effective
		}
		if day.Monday() == monday {
			edits = append(edits, editOf(e))
		}
	}
	return edits
}

// writeHistory prints a line for each week, and below it what was declared in
// it and which shifts it showed.
func writeHistory(w io.Writer, told []toldWeek, top int) error {
	if len(told) == 0 {
		_, err := fmt.Fprintln(w, "No week with enough effort has closed.")
		return err
	}
	fmt.Fprintf(w, "Restated: by today's links and rules. creep, words and decoupled are the indicators of the phases\nfocus_creep, vocabulary_gap and total_decoupling; * marks those that are latched.\n\n")
	var table bytes.Buffer
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "week\ttop %d\tbounds\tshadow\tbounds\tstopped\tcreep\twords\tdecoupled\tphase\tunplanned\ttrapped\tzombies\tgreen, red inside\tstalled\n", top)
	for i := range told {
		told[i].row(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	i := -1
	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
		if i++; i == 0 {
			continue
		}
		if why := told[i-1].Why; why != "" {
			fmt.Fprintf(w, "          %s: %s\n", told[i-1].Phase, why)
		}
		for _, e := range told[i-1].Edits {
			fmt.Fprintf(w, "          declared: %s\n", e.what())
		}
		for _, s := range told[i-1].Shifts {
			fmt.Fprintf(w, "          shifted: %s by %+.2f since %s; %s\n", strings.TrimSpace(s.Objective+" "+s.Share), float64(s.Step), s.Since, s.Coincides)
		}
	}
	return nil
}

func (week *toldWeek) row(w io.Writer) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s", week.Week, percent(week.Top.Value), week.Top.bounds(),
		percent(week.Shadow.Value), week.Shadow.bounds(), percent(week.Stopped))
	for _, p := range []phase.Phase{phase.FocusCreep, phase.VocabularyGap, phase.TotalDecoupling} {
		latched := ""
		if slices.Contains(week.Latched, string(p)) {
			latched = "*"
		}
		fmt.Fprintf(w, "\t%s%s", decimal(week.Indicators[string(p)]), latched)
	}
	count := "-"
	if week.Zombies.Known() {
		count = strconv.Itoa(int(week.Zombies))
	}
	fmt.Fprintf(w, "\t%s\t%s\t%s\t%s\t%s\t%s\n", cmp.Or(week.Phase, "-"), decimal(week.Unplanned), percent(week.Trapped), count,
		cmp.Or(strings.Join(week.Watermelons, ", "), "-"), cmp.Or(strings.Join(week.Stalled, ", "), "-"))
}

func (r toldRatio) bounds() string {
	return bounds(&scoring.Score{Lower: r.Lower, Upper: r.Upper})
}
