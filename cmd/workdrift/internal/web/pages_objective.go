package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/chart"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// An objectivesPage lists what is declared, in declared order.
type objectivesPage struct {
	Window *scoring.WindowReport
	List   []objectiveSummary
	Other  []effortPart // what is on no objective
	// Measured is set where an objective has an outcome.
	Measured bool
}

// An objectiveSummary is an objective with what was declared and what is.
type objectiveSummary struct {
	*scoring.ObjectiveReport
	Path               string
	Effort             scoring.ObjectiveEffort
	Reported, Observed scoring.Number
	Gap                string // to the declared share, in words
	Flags              []findings.Flag
	Bar                allocationBar
	Forecast           findings.Forecast
	Progress           *chart.Panels // nil where no outcome is declared
}

// An allocationBar shows a share beside the declared one, in hundredths.
type allocationBar struct {
	Width, Target float64
	HasTarget     bool
}

func objectivesList(s *server, _ *http.Request) (any, string, error) {
	r, err := s.published()
	if err != nil {
		return nil, "", err
	}
	p := &objectivesPage{Window: findings.Headline(r)}
	for i := range r.Objectives {
		p.List = append(p.List, s.summaryOf(r, p.Window, &r.Objectives[i]))
		p.Measured = p.Measured || r.Objectives[i].Progress != nil
	}
	if p.Window != nil {
		for _, part := range effortParts(&p.Window.Org) {
			if part.Class != scoring.OnObjective.String() {
				p.Other = append(p.Other, part)
			}
		}
	}
	return p, "", nil
}

func (s *server) summaryOf(r *scoring.Report, w *scoring.WindowReport, o *scoring.ObjectiveReport) objectiveSummary {
	sum := objectiveSummary{
		ObjectiveReport: o, Path: findings.ObjectivePath(o.ID), Effort: findings.EffortOn(w, o.ID), Flags: findings.FlagsOf(r, w, o),
		Forecast: findings.ForecastOf(o, s.declared().Objective(o.ID), r.Day),
		Reported: scoreValue(o, scoring.ReportedConfidence), Observed: scoreValue(o, scoring.ObservedConfidence),
	}
	share := sum.Effort.Share
	if o.Progress != nil {
		sum.Progress = new(chart.Progress("progress-"+fmt.Sprint(slices.IndexFunc(r.Objectives, func(x scoring.ObjectiveReport) bool { return x.ID == o.ID })), cmp.Or(o.Title, o.ID)+": outcome and output by week", o.Progress))
	}
	if share.Known() {
		sum.Bar.Width = 100 * float64(share)
	}
	if o.Declared.Known() {
		sum.Bar.Target, sum.Bar.HasTarget = 100*float64(o.Declared), true
		if share.Known() {
			sum.Gap = findings.Points(share-o.Declared) + " than declared"
		}
	}
	return sum
}

func scoreValue(o *scoring.ObjectiveReport, name string) scoring.Number {
	if s := o.Score(name); s != nil {
		return s.Value
	}
	return scoring.Absent()
}

// An objectivePage is everything about one objective.
type objectivePage struct {
	objectiveSummary
	Window  *scoring.WindowReport
	Missing []string // of an end-state
	Windows []windowEffort
	Groups  []scoreGroupLines
	Edits   []objectiveEdit
	Items   *itemTable
	NoItems string // why there are none yet
	Words   []vocabularyLine
}

// A scoreGroupLines is a table of scores under a heading.
type scoreGroupLines struct {
	Name, About string
	Lines       []scoreLine
}

// groupsOfObjective says under which question the scores of an objective stand.
func groupsOfObjective() []struct {
	name, about string
	scores      []string
} {
	return []struct {
		name, about string
		scores      []string
	}{
		{"Will it be reached?", "What people report beside what delivery and outcome show.",
			[]string{"reported_confidence", "observed_confidence", "outcome_confidence", "confidence_gap", "confidence_spread", "watermelon", "checkin_timestamp", "checkin_adjustment"}},
		{"Does the work move the outcome?", "Output is what was finished, outcome is what is measured of it.",
			[]string{"output_yield", "outcome_yield", "output_outcome_divergence", "output_without_outcome", "outcome_stalled", "outcome_predictability", "slow_degradation", "outcome_sample_timestamp", "outcome_query"}},
		{"Is it clear, and does it stay the same?", "What is declared of it, and how often that was changed.",
			[]string{"endstate_clarity", "oer_completeness", "due_slip", "replans", "scope_churn", "scope_edits", "structure_shift_effort", "structure_shift_timestamp_effort"}},
		{"Is it one thing to everybody?", "Where teams, words and claims differ.",
			[]string{"local_global_gap", "silo_share", "vocabulary_gap", "anchor_context_gap", "declared_term_coverage", "boundary_breach", "reported_actual_gap"}},
	}
}

func oneObjectivePage(s *server, r *http.Request) (any, string, error) {
	report, err := s.published()
	if err != nil {
		return nil, "", err
	}
	o := report.Objective(r.PathValue("objective"))
	if o == nil {
		return nil, "", &Refusal{Status: http.StatusNotFound, Detail: "No such objective is declared."}
	}
	w := findings.Headline(report)
	p := &objectivePage{objectiveSummary: s.summaryOf(report, w, o), Window: w, Windows: objectiveOf(report, o).Effort}
	defs := s.definitions
	for _, g := range groupsOfObjective() {
		p.Groups = append(p.Groups, scoreGroupLines{g.name, g.about, lines(defs, o.Score, g.scores...)})
	}
	if s.Declared != nil {
		p.history(s.Declared(), report.Day)
	}
	p.Words = vocabularyOf(report, o.ID)
	if s.Explain != nil && w != nil {
		p.Items, err = s.itemsOf(r, o.ID, w.Label)
		if refused, ok := errors.AsType[*Refusal](err); ok && refused.Status == http.StatusServiceUnavailable {
			p.NoItems = refused.Detail // everything else is known
		} else if err != nil {
			return nil, "", err
		}
	}
	title := o.Title
	if title == "" {
		title = o.ID
	}
	return p, title, nil
}

// An objectiveEdit is an edit of an objective in words.
type objectiveEdit struct {
	Known           time.Time
	Text, Effective string
}

// history fills in what was changed, newest first, and what is not declared.
func (p *objectivePage) history(h *findings.History, day scoring.Day) {
	for _, e := range slices.Backward(h.Edits) {
		if e.Objective == p.ID {
			edit := objectiveEdit{Known: e.Known.UTC(), Text: h.EditText(e)}
			if e.Effective != objective.NoDate && e.Effective != objective.DateOf(edit.Known) {
				edit.Effective = findings.Date(e.Effective.Time())
			}
			p.Edits = append(p.Edits, edit)
		}
	}
	if o := h.Objective(p.ID); o != nil {
		p.Missing = findings.EndstateGaps(o, day)
	}
}
