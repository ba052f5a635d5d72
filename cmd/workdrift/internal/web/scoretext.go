package web

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
)

// definitionsOf are the scores by name.
func definitionsOf(list []scoring.Definition) map[string]scoring.Definition {
	byName := make(map[string]scoring.Definition, len(list))
	for _, d := range list {
		if _, ok := byName[d.Name]; !ok {
			byName[d.Name] = d
		}
	}
	return byName
}

// A scoreLine is a score as pages show it.
type scoreLine struct {
	Name, Value, Bounds, Note string
	Sample                    string
}

// line makes a score readable.
func line(defs map[string]scoring.Definition, s *scoring.Score) scoreLine {
	d := defs[s.Name]
	l := scoreLine{Name: s.Name, Value: amount(d, s.Value), Note: findings.Words(s.Verdict)}
	if strings.HasPrefix(d.Help, "1 for ") && s.Status == scoring.OK {
		l.Value, l.Note = l.Note, ""
	}
	if s.Lower.Known() && s.Upper.Known() {
		l.Bounds = amount(d, s.Lower) + " to " + amount(d, s.Upper)
	}
	if s.SampleSize.Known() && s.SampleSize > 0 {
		l.Sample = fmt.Sprintf("%.0f", math.Floor(float64(s.SampleSize)))
	}
	if s.Status != scoring.OK {
		l.Note = findings.Words(string(s.Status))
		if s.Reason != "" {
			l.Note += ": " + s.Reason
		}
	}
	return l
}

// lines makes scores readable, those of the names that there are.
func lines(defs map[string]scoring.Definition, find func(name string) *scoring.Score, names ...string) (list []scoreLine) {
	for _, name := range names {
		if s := find(name); s != nil {
			list = append(list, line(defs, s))
		}
	}
	return list
}

// amount is a value in its unit, set for people.
func amount(d scoring.Definition, v scoring.Number) string {
	return findings.Minus(plainAmount(d, v))
}

func plainAmount(d scoring.Definition, v scoring.Number) string {
	switch scaled := float64(v) * d.Scale; {
	case !v.Known():
		return "–"
	case math.IsInf(float64(v), 1):
		return "∞"
	case strings.HasPrefix(d.Help, "1 when "):
		return yesNo(v == 1)
	case strings.Contains(d.Name, "timestamp"):
		return time.Unix(int64(scaled), 0).UTC().Format("2 Jan 2006")
	case d.Unit == "ratio" && d.Name != scoring.ShadowRoadmap && d.Name != scoring.ShadowRoadmapBroad && math.Abs(scaled) <= 1:
		return fmt.Sprintf("%.0f %%", scaled*100)
	case d.Unit == "seconds":
		return duration(scaled)
	case scaled == math.Trunc(scaled) && math.Abs(scaled) < 1e6:
		return fmt.Sprintf("%.0f", scaled)
	default:
		return fmt.Sprintf("%.3g", scaled)
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// duration is a time in seconds as people say it.
func duration(seconds float64) string {
	const hour, day = 3600, 24 * 3600
	switch s := math.Abs(seconds); {
	case s == 0:
		return "none"
	case s < hour:
		return fmt.Sprintf("%.0f min", seconds/60)
	case s < 2*day:
		return fmt.Sprintf("%.0f h", seconds/hour)
	}
	return fmt.Sprintf("%.0f days", seconds/day)
}
