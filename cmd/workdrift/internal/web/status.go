package web

import (
	"fmt"
	"html/template"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring"
)

// statusPage is what the template of the status page sees.
type statusPage struct {
	Version  string
	Report   *scoring.Report
	Headline *scoring.WindowReport
	Sources  []Source
	Now      time.Time
}

// headlineWindow is the window that the page leads with.
const headlineWindow = "28d"

func (s *server) status(w http.ResponseWriter, _ *http.Request) {
	page := statusPage{Version: s.Version, Report: s.Report(), Sources: s.Sources(), Now: s.Now()}
	if page.Report != nil {
		page.Headline = page.Report.Window(headlineWindow)
		if page.Headline == nil && len(page.Report.Windows) > 0 {
			page.Headline = &page.Report.Windows[0]
		}
	}
	var body strings.Builder
	if err := s.pages.ExecuteTemplate(&body, "status.html", page); err != nil {
		s.Log.Error("render the status page", "err", err)
		plain(w, http.StatusInternalServerError, "The page could not be rendered.\n")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(body.String()))
}

// functions are what the templates call.
func functions(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"percent": percent,
		"ratio":   ratio,
		"days":    days,
		"ago":     func(t time.Time) string { return ago(now(), t) },
		// Pollers live by the real clock, also where the report's is another.
		"pollAgo": func(t time.Time) string { return ago(time.Now(), t) },
		"score":   func(s *scoring.Scope, name string) *scoring.Score { return s.Score(name) },
		"trend":   trend,
		"effort": func(s *scoring.Scope, objective string) scoring.ObjectiveEffort {
			for _, o := range s.Objectives {
				if o.Objective == objective {
					return o
				}
			}
			return scoring.ObjectiveEffort{Effort: scoring.Absent(), Share: scoring.Absent()}
		},
	}
}

func percent(n scoring.Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", float64(n)*100)
}

func ratio(n scoring.Number) string {
	switch {
	case !n.Known():
		return "–"
	case math.IsInf(float64(n), 1):
		return "∞"
	}
	return fmt.Sprintf("%.2f", float64(n))
}

func days(n scoring.Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(n))
}

func ago(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min ago", d.Minutes())
	case d < 72*time.Hour:
		return fmt.Sprintf("%.0f h ago", d.Hours())
	}
	return fmt.Sprintf("%.0f days ago", d.Hours()/24)
}

// A trendChart is the geometry of the chart of closed weeks, in the units of
// its view box.
type trendChart struct {
	Width, Height int
	Top, Shadow   []string // points of the lines; a week without a value ends one
	Half          float64
	First, Last   string
}

// trend lays out the closed weeks of a report.
func trend(weeks []scoring.WeekReport) trendChart {
	c := trendChart{Width: 640, Height: 160, Half: 80}
	if len(weeks) == 0 {
		return c
	}
	c.First, c.Last = weeks[0].Monday.String(), weeks[len(weeks)-1].Monday.String()
	c.Top = c.lines(weeks, func(w scoring.WeekReport) scoring.Number { return w.Top })
	c.Shadow = c.lines(weeks, func(w scoring.WeekReport) scoring.Number { return w.Shadow })
	return c
}

// lines draws the values of the weeks, one line for each run without a gap.
func (c trendChart) lines(weeks []scoring.WeekReport, value func(scoring.WeekReport) scoring.Number) []string {
	var lines []string
	step := float64(c.Width) / float64(max(1, len(weeks)-1))
	running := false
	for i, w := range weeks {
		v := value(w)
		if !v.Known() {
			running = false
			continue
		}
		point := fmt.Sprintf("%.1f,%.1f", float64(i)*step, (1-float64(v))*float64(c.Height))
		if running {
			lines[len(lines)-1] += " " + point
			continue
		}
		// A week between two gaps is a dot: a line of no length, with round ends.
		lines = append(lines, point+" "+point)
		running = true
	}
	return lines
}
