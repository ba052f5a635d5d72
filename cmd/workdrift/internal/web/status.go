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
	Top, Shadow   string // points of the two lines, gaps left out
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
	var top, shadow strings.Builder
	step := float64(c.Width) / float64(max(1, len(weeks)-1))
	for i, w := range weeks {
		point(&top, float64(i)*step, w.Top, c.Height)
		point(&shadow, float64(i)*step, w.Shadow, c.Height)
	}
	c.Top, c.Shadow = top.String(), shadow.String()
	return c
}

func point(b *strings.Builder, x float64, value scoring.Number, height int) {
	if value.Known() {
		fmt.Fprintf(b, "%.1f,%.1f ", x, (1-float64(value))*float64(height))
	}
}
