package web

import (
	"fmt"
	"strings"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// A chart is the geometry of a chart of weeks, in the units of its view box,
// with the same numbers as a table. A week without a value is a gap.
type chart struct {
	ID, Title, Desc   string
	W, H, Left, Right float64
	Grid              []tick
	Limit             *tick // the alert threshold
	Bands             []string
	Lines             []chartLine
	Dots              []dot // the last values
	Marks             []mark
	Ends              [2]string // what the ends of the axis are called
	Head              []string
	Rows              [][]string
}

type tick struct {
	At   float64 // x or y
	Text string
}

// A mark is a line across a chart, and its text at a height.
type mark struct {
	At, TextY float64
	Text      string
}

type chartLine struct {
	Class  string
	Points string
}

type dot struct {
	X, Y  float64
	TextY float64
	Class string
	Text  string
}

// A series is one line of a chart. Lower and upper are nil where there is no
// band.
type series struct {
	name, class         string
	value, lower, upper func(*scoring.WeekReport) scoring.Number
}

func topSeries() series {
	return series{"Top priorities", "top", func(w *scoring.WeekReport) scoring.Number { return w.Top },
		func(w *scoring.WeekReport) scoring.Number { return w.TopLower }, func(w *scoring.WeekReport) scoring.Number { return w.TopUpper }}
}

func shadowSeries() series {
	return series{"Shadow roadmap", "shadow", func(w *scoring.WeekReport) scoring.Number { return w.Shadow },
		func(w *scoring.WeekReport) scoring.Number { return w.ShadowLower }, func(w *scoring.WeekReport) scoring.Number { return w.ShadowUpper }}
}

func coverageSeries() series {
	return series{"Visible time", "cover", func(w *scoring.WeekReport) scoring.Number { return w.Coverage }, nil, nil}
}

// withoutBand is a series of which only the line is drawn.
func (s series) withoutBand() series {
	s.lower, s.upper = nil, nil
	return s
}

const (
	chartWidth, chartHeight = 400, 180
	miniWidth, miniHeight   = 260, 64
	chartTop, chartBottom   = 8, 24 // margins
)

// weekChart draws shares, from 0 to 1, of closed weeks.
func weekChart(id, title string, weeks []scoring.WeekReport, limit float64, list ...series) chart {
	c := chart{ID: id, Title: title, W: chartWidth, H: chartHeight, Left: 40, Right: chartWidth - 44}
	for _, at := range []float64{0, .5, 1} {
		c.Grid = append(c.Grid, tick{c.y(at), fmt.Sprintf("%.0f %%", at*100)})
	}
	if limit > 0 {
		c.Limit = &tick{c.y(limit), fmt.Sprintf("alert at %.0f %%", limit*100)}
	}
	c.fill(weeks, list)
	return c
}

// miniChart is a weekChart without an axis, for many side by side.
func miniChart(id, title string, weeks []scoring.WeekReport, list ...series) chart {
	c := chart{ID: id, Title: title, W: miniWidth, H: miniHeight, Left: 4, Right: miniWidth - 40}
	c.Grid = []tick{{c.y(0), ""}, {c.y(.5), ""}, {c.y(1), ""}}
	c.fill(weeks, list)
	return c
}

func (c *chart) y(v float64) float64 {
	bottom := c.H - chartBottom
	if c.H == miniHeight {
		bottom = c.H - 4
	}
	return bottom - v*(bottom-chartTop)
}

func (c *chart) x(i, n int) float64 {
	if n < 2 {
		return (c.Left + c.Right) / 2
	}
	return c.Left + float64(i)*(c.Right-c.Left)/float64(n-1)
}

func (c *chart) fill(weeks []scoring.WeekReport, list []series) {
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
			row = append(row, findings.Percent(s.value(&weeks[i])))
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
func (c *chart) line(weeks []scoring.WeekReport, s series) {
	var points, above, below []string
	end := func() {
		if len(points) == 1 { // a week between two gaps is a dot: a line of no length
			points = append(points, points[0])
		}
		if len(points) > 0 {
			c.Lines = append(c.Lines, chartLine{s.class, strings.Join(points, " ")})
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
		v := s.value(&weeks[i])
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
		v := s.value(&weeks[last])
		c.Dots = append(c.Dots, dot{c.x(last, len(weeks)), c.y(float64(v)), c.free(c.y(float64(v))), s.class, findings.Percent(v)})
	}
}

// lineHeight keeps the texts of dots apart.
const lineHeight = 13

// free returns where the text of a dot at y does not lie over one before.
func (c *chart) free(y float64) float64 {
	for _, d := range c.Dots {
		if gap := y - d.TextY; gap > -lineHeight && gap < lineHeight {
			if gap < 0 && d.TextY-lineHeight > chartTop {
				return d.TextY - lineHeight
			}
			return d.TextY + lineHeight
		}
	}
	return y
}

func (c *chart) point(i, n int, v scoring.Number) string {
	return fmt.Sprintf("%.1f,%.1f", c.x(i, n), c.y(min(1, max(0, float64(v)))))
}

// describe says in a sentence what who sees the chart sees.
func (c *chart) describe(weeks []scoring.WeekReport, list []series) string {
	var b strings.Builder
	for _, s := range list {
		first, last, known := scoring.Absent(), scoring.Absent(), 0
		for i := range weeks {
			if v := s.value(&weeks[i]); v.Known() {
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

// mark draws a line at the week of a day, if it is in the chart.
func (c *chart) mark(weeks []scoring.WeekReport, day scoring.Day, text string) {
	for i := range weeks {
		if d := day - weeks[i].Monday; d >= 0 && d < 7 {
			c.Marks = append(c.Marks, mark{c.x(i, len(weeks)), 16 + float64(len(c.Marks)%3)*lineHeight, text})
		}
	}
}
