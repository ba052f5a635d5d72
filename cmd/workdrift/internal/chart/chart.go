// Package chart lays out charts of weeks, which pages and briefs draw as SVG.
// Drawing is the template for that.
package chart

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// Drawing defines the template "drawing", which draws a Chart with the classes
// that its lines have: what they look like is up to the style around it.
//
//go:embed drawing.html
var Drawing string

// A Chart is the geometry of a chart of weeks, in the units of its view box,
// with the same numbers as a table. A week without a value is a gap.
type Chart struct {
	ID, Title, Desc   string
	W, H, Left, Right float64
	Bottom            float64 // where 0 is
	Grid              []Tick
	Limit             *Tick // the alert threshold
	Bands             []string
	Lines             []Line
	Dots              []Dot // the last values
	Marks             []Mark
	Ends              [2]string // what the ends of the axis are called
	Head              []string
	Rows              [][]string
}

// A Tick is a line at a value.
type Tick struct {
	At   float64 // x or y
	Text string
}

// A Mark is a line across a chart, and its text at a height: left of the line,
// or right of it where there is no room.
type Mark struct {
	At, TextY float64
	Right     bool
	Text      string
}

// A Line joins weeks without a gap between them.
type Line struct {
	Class  string
	Points string
}

// A Dot marks a value, and tells it beside at a height.
type Dot struct {
	X, Y  float64
	TextY float64
	Class string
	Text  string
}

// A Series is one line of a chart. Lower and upper are nil where there is no
// band.
type Series struct {
	name, class  string
	Value        func(*scoring.WeekReport) scoring.Number
	lower, upper func(*scoring.WeekReport) scoring.Number
}

// Top is the effort on the top priorities, with its bounds.
func Top() Series {
	return Series{"Top priorities", "top", func(w *scoring.WeekReport) scoring.Number { return w.Top },
		func(w *scoring.WeekReport) scoring.Number { return w.TopLower }, func(w *scoring.WeekReport) scoring.Number { return w.TopUpper }}
}

// Shadow is the shadow roadmap as a share, with its bounds.
func Shadow() Series {
	return Series{"Shadow roadmap", "shadow", func(w *scoring.WeekReport) scoring.Number { return w.Shadow },
		func(w *scoring.WeekReport) scoring.Number { return w.ShadowLower }, func(w *scoring.WeekReport) scoring.Number { return w.ShadowUpper }}
}

// Coverage is the visible part of the available time.
func Coverage() Series {
	return Series{"Visible time", "cover", func(w *scoring.WeekReport) scoring.Number { return w.Coverage }, nil, nil}
}

// WithoutBand is a series of which only the line is drawn.
func (s Series) WithoutBand() Series {
	s.lower, s.upper = nil, nil
	return s
}

const (
	width, height         = 400, 180
	wideWidth, wideHeight = 720, 170
	miniWidth, miniHeight = 260, 64
	top, bottom           = 8, 24 // margins
)

// Weeks draws shares, from 0 to 1, of closed weeks.
func Weeks(id, title string, weeks []scoring.WeekReport, limit float64, list ...Series) Chart {
	return withAxis(width, height, id, title, weeks, limit, list)
}

// Wide is Weeks for a whole page's width.
func Wide(id, title string, weeks []scoring.WeekReport, limit float64, list ...Series) Chart {
	return withAxis(wideWidth, wideHeight, id, title, weeks, limit, list)
}

func withAxis(w, h float64, id, title string, weeks []scoring.WeekReport, limit float64, list []Series) Chart {
	c := Chart{ID: id, Title: title, W: w, H: h, Left: 40, Right: w - 44, Bottom: h - bottom}
	for _, at := range []float64{0, .5, 1} {
		c.Grid = append(c.Grid, Tick{c.y(at), fmt.Sprintf("%.0f %%", at*100)})
	}
	if limit > 0 {
		c.Limit = &Tick{c.y(limit), fmt.Sprintf("alert at %.0f %%", limit*100)}
	}
	c.fill(weeks, list)
	return c
}

// Mini is Weeks without an axis, for many side by side.
func Mini(id, title string, weeks []scoring.WeekReport, list ...Series) Chart {
	c := Chart{ID: id, Title: title, W: miniWidth, H: miniHeight, Left: 4, Right: miniWidth - 40, Bottom: miniHeight - 4}
	c.Grid = []Tick{{c.y(0), ""}, {c.y(.5), ""}, {c.y(1), ""}}
	c.fill(weeks, list)
	return c
}

func (c *Chart) y(v float64) float64 { return c.Bottom - v*(c.Bottom-top) }

// Foot is where the names of the ends stand.
func (c Chart) Foot() float64 { return c.H - 6 }

func (c *Chart) x(i, n int) float64 {
	if n < 2 {
		return (c.Left + c.Right) / 2
	}
	return c.Left + float64(i)*(c.Right-c.Left)/float64(n-1)
}

func (c *Chart) fill(weeks []scoring.WeekReport, list []Series) {
	c.Head = []string{"Week"}
	for _, s := range list {
		c.Head = append(c.Head, s.name)
		if s.lower != nil {
			c.Head = append(c.Head, "Bounds")
		}
		c.line(weeks, s)
	}
	for i := range weeks {
		row := []string{findings.ISOWeek(weeks[i].Monday)}
		for _, s := range list {
			row = append(row, findings.Percent(s.Value(&weeks[i])))
			if s.lower != nil {
				row = append(row, findings.Percent(s.lower(&weeks[i]))+" to "+findings.Percent(s.upper(&weeks[i])))
			}
		}
		c.Rows = append(c.Rows, row)
	}
	if len(weeks) > 0 {
		c.Ends = [2]string{findings.ShortDate(weeks[0].Monday), findings.ShortDate(weeks[len(weeks)-1].Monday)}
	}
	c.Desc = c.describe(weeks, list)
}

// line adds a series: a line for each run of weeks without a gap, the band
// around it, and a dot with the last value.
func (c *Chart) line(weeks []scoring.WeekReport, s Series) {
	var points, above, below []string
	end := func() {
		if len(points) == 1 { // a week between two gaps is a dot: a line of no length
			points = append(points, points[0])
		}
		if len(points) > 0 {
			c.Lines = append(c.Lines, Line{s.class, strings.Join(points, " ")})
		}
		points = nil
	}
	endBand := func() {
		if len(above) > 1 {
			band := above
			for i := len(below) - 1; i >= 0; i-- {
				band = append(band, below[i])
			}
			c.Bands = append(c.Bands, strings.Join(band, " "))
		}
		above, below = nil, nil
	}
	last := -1
	for i := range weeks {
		v := s.Value(&weeks[i])
		if !v.Known() {
			end()
			endBand()
			continue
		}
		last = i
		points = append(points, c.point(i, len(weeks), v))
		if s.lower == nil {
			continue
		}
		lower, upper := s.lower(&weeks[i]), s.upper(&weeks[i])
		if !(lower <= v && v <= upper) { // absent, or of an old report
			endBand()
			continue
		}
		above, below = append(above, c.point(i, len(weeks), upper)), append(below, c.point(i, len(weeks), lower))
	}
	end()
	endBand()
	if last >= 0 {
		v := s.Value(&weeks[last])
		c.Dots = append(c.Dots, Dot{c.x(last, len(weeks)), c.y(float64(v)), c.free(c.y(float64(v))), s.class, findings.Percent(v)})
	}
}

// What keeps texts apart: those of dots, and those of marks, which are larger on
// phones.
const (
	lineHeight = 15
	markHeight = 17
	markRoom   = 120 // for the longest text of a mark
)

// free returns where the text of a dot at y does not lie over one before.
func (c *Chart) free(y float64) float64 {
	for _, d := range c.Dots {
		if gap := y - d.TextY; gap > -lineHeight && gap < lineHeight {
			if gap < 0 && d.TextY-lineHeight > top {
				return d.TextY - lineHeight
			}
			return d.TextY + lineHeight
		}
	}
	return y
}

func (c *Chart) point(i, n int, v scoring.Number) string {
	return fmt.Sprintf("%.1f,%.1f", c.x(i, n), c.y(min(1, max(0, float64(v)))))
}

// describe says in a sentence what who sees the chart sees.
func (c *Chart) describe(weeks []scoring.WeekReport, list []Series) string {
	var b strings.Builder
	for _, s := range list {
		first, last, known := scoring.Absent(), scoring.Absent(), 0
		for i := range weeks {
			if v := s.Value(&weeks[i]); v.Known() {
				if last, known = v, known+1; known == 1 {
					first = v
				}
			}
		}
		if known == 0 {
			fmt.Fprintf(&b, "%s: no week has a value. ", s.name)
			continue
		}
		fmt.Fprintf(&b, "%s: from %s to %s over %d weeks", s.name, findings.Percent(first), findings.Percent(last), known)
		if gaps := len(weeks) - known; gaps > 0 {
			fmt.Fprintf(&b, ", %d weeks without a value", gaps)
		}
		b.WriteString(". ")
	}
	return strings.TrimSpace(b.String())
}

// Mark draws a line at the week of a day, if it is in the chart.
func (c *Chart) Mark(weeks []scoring.WeekReport, day scoring.Day, text string) {
	for i := range weeks {
		if d := day - weeks[i].Monday; d >= 0 && d < 7 {
			c.Marks = append(c.Marks, Mark{c.x(i, len(weeks)), 18 + float64(len(c.Marks)%3)*markHeight, c.x(i, len(weeks)) < c.Left+markRoom, text})
		}
	}
}
