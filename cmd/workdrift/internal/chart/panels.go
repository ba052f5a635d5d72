package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// Panels is the geometry of the outcome of an objective above what was done for
// it, two panels on one axis of weeks, with the same numbers as a table.
type Panels struct {
	ID, Title, Desc string
	W, H            float64
	Left, Right     float64
	Outcome, Done   Panel
	Ends            [2]string // what the ends of the axis are called
	Foot            float64   // where they stand
	Head            []string
	Rows            [][]string
}

// A Panel is one of them. Lines and dots are empty in a panel of bars, and bars
// in one of lines.
type Panel struct {
	Name        string
	NameY       float64
	Top, Bottom float64
	Highest     string // at the top
	Lowest      string // at the bottom
	Target      *Tick
	Lines       []Line
	Dots        []Dot
	Bars        []Bar
}

// A Bar is the number of one week.
type Bar struct{ X, Y, Width, Height float64 }

// The layout of panels: room for the name above each, and for the weeks below.
const (
	panelsWidth   = 340
	panelsLeft    = 44
	panelsRight   = panelsWidth - 44
	outcomeTop    = 22
	outcomeBottom = 92
	doneTop       = 122
	doneBottom    = 166
	panelsFoot    = 182
	panelsHeight  = 188
)

// List are the panels from above.
func (p Panels) List() []Panel { return []Panel{p.Outcome, p.Done} }

// Progress draws what an objective's outcome did above what was done for it.
func Progress(id, title string, report *scoring.ProgressReport) Panels {
	p := Panels{
		ID: id, Title: title, W: panelsWidth, H: panelsHeight, Left: panelsLeft, Right: panelsRight, Foot: panelsFoot,
		Outcome: Panel{Name: "Outcome, more is better", NameY: outcomeTop - 9, Top: outcomeTop, Bottom: outcomeBottom},
		Done:    Panel{Name: "Items done and verified, by week", NameY: doneTop - 9, Top: doneTop, Bottom: doneBottom, Lowest: "0"},
		Head:    []string{"Week", "Outcome", "Done"},
	}
	if report.Down {
		p.Outcome.Name = "Outcome, less is better"
	}
	for _, w := range report.Weeks {
		p.Rows = append(p.Rows, []string{findings.ISOWeek(w.Monday), measured(w.Outcome), measured(w.Done)})
	}
	if n := len(report.Weeks); n > 0 {
		p.Ends = [2]string{findings.ShortDate(report.Weeks[0].Monday), findings.ShortDate(report.Weeks[n-1].Monday)}
	}
	p.drawOutcome(report)
	p.drawDone(report)
	p.Desc = describeProgress(report)
	return p
}

// drawOutcome scales the panel to the values and the target.
func (p *Panels) drawOutcome(report *scoring.ProgressReport) {
	lowest, highest := math.Inf(1), math.Inf(-1)
	widen := func(n scoring.Number) {
		if n.Known() {
			lowest, highest = min(lowest, float64(n)), max(highest, float64(n))
		}
	}
	for _, w := range report.Weeks {
		widen(w.Outcome)
	}
	if lowest > highest {
		p.Outcome.Name += ": not measured"
		return
	}
	widen(report.Target)
	p.Outcome.Lowest, p.Outcome.Highest = measured(scoring.Number(lowest)), measured(scoring.Number(highest))
	if lowest == highest {
		lowest, highest, p.Outcome.Lowest = lowest-1, highest+1, ""
		p.Outcome.Highest = ""
	}
	y := func(n scoring.Number) float64 {
		return p.Outcome.Bottom - (float64(n)-lowest)/(highest-lowest)*(p.Outcome.Bottom-p.Outcome.Top)
	}
	if report.Target.Known() {
		p.Outcome.Target = &Tick{y(report.Target), "target " + measured(report.Target)}
	}
	var points []string
	end := func() {
		if len(points) == 1 { // a week between two gaps is a dot: a line of no length
			points = append(points, points[0])
		}
		if len(points) > 0 {
			p.Outcome.Lines = append(p.Outcome.Lines, Line{"cover", strings.Join(points, " ")})
		}
		points = nil
	}
	for i, w := range report.Weeks {
		if !w.Outcome.Known() {
			end()
			continue
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", p.middle(i, len(report.Weeks)), y(w.Outcome)))
		p.Outcome.Dots = []Dot{{X: p.middle(i, len(report.Weeks)), Y: y(w.Outcome), TextY: y(w.Outcome), Class: "cover", Text: measured(w.Outcome)}}
	}
	end()
}

// drawDone draws a bar for each week in which something was done.
func (p *Panels) drawDone(report *scoring.ProgressReport) {
	most, known := scoring.Number(0), false
	for _, w := range report.Weeks {
		if w.Done.Known() {
			most, known = max(most, w.Done), true
		}
	}
	if !known {
		p.Done.Name, p.Done.Lowest = "Items done: none can be verified", ""
		return
	}
	p.Done.Highest = measured(max(most, 1))
	step := (p.Right - p.Left) / float64(len(report.Weeks))
	for i, w := range report.Weeks {
		if w.Done.Known() && w.Done > 0 {
			h := float64(w.Done/max(most, 1)) * (p.Done.Bottom - p.Done.Top)
			p.Done.Bars = append(p.Done.Bars, Bar{p.Left + float64(i)*step + step*.1, p.Done.Bottom - h, step * .8, h})
		}
	}
}

// middle is where a week of so many is.
func (p *Panels) middle(i, n int) float64 {
	return p.Left + (float64(i)+.5)*(p.Right-p.Left)/float64(n)
}

// measured is a number with as many digits as tell it from others.
func measured(n scoring.Number) string {
	if !n.Known() {
		return "–"
	}
	return findings.Minus(strconv.FormatFloat(float64(n), 'g', 3, 64))
}

// describeProgress says in a sentence what who sees the chart sees.
func describeProgress(report *scoring.ProgressReport) string {
	first, last, weeks := scoring.Absent(), scoring.Absent(), 0
	done := 0.
	verified := false
	for _, w := range report.Weeks {
		if w.Outcome.Known() {
			if weeks++; weeks == 1 {
				first = w.Outcome
			}
			last = w.Outcome
		}
		if w.Done.Known() {
			done, verified = done+float64(w.Done), true
		}
	}
	text := "The outcome is not measured."
	if weeks > 0 {
		text = fmt.Sprintf("The outcome went from %s to %s over %s", measured(first), measured(last), findings.Plural(weeks, "week"))
		if report.Target.Known() {
			text += ", its target is " + measured(report.Target)
		}
		text += "."
	}
	if !verified {
		return text + " What was done cannot be verified."
	}
	return fmt.Sprintf("%s %s were done and verified.", text, findings.Plural(int(done), "item"))
}
