package findings

import "github.com/workdrift/workdrift/scoring"

// ReadableCoverage is the coverage below which effort should not be read.
const ReadableCoverage = .6

// HeadlineWindow is the window that pages lead with.
const HeadlineWindow = "28d"

// Headline returns that window, or the first that there is, nil when there is
// none.
func Headline(r *scoring.Report) *scoring.WindowReport {
	if w := r.Window(HeadlineWindow); w != nil {
		return w
	}
	if len(r.Windows) > 0 {
		return &r.Windows[0]
	}
	return nil
}

// deltaWeeks is how many weeks are compared with as many before them.
const deltaWeeks = 4

// Delta compares the last weeks with as many before them, "" where either has
// none with a value.
func Delta(weeks []scoring.WeekReport, value func(*scoring.WeekReport) scoring.Number) string {
	if len(weeks) < 2*deltaWeeks {
		return ""
	}
	n := len(weeks)
	d := mean(weeks[n-deltaWeeks:], value) - mean(weeks[n-2*deltaWeeks:n-deltaWeeks], value)
	if !d.Known() {
		return ""
	}
	return Points(d)
}

// mean is that of the weeks with a value, absent where they are too few.
func mean(weeks []scoring.WeekReport, value func(*scoring.WeekReport) scoring.Number) scoring.Number {
	sum, n := scoring.Number(0), scoring.Number(0)
	for i := range weeks {
		if v := value(&weeks[i]); v.Known() {
			sum, n = sum+v, n+1
		}
	}
	if n < deltaWeeks/2 {
		return scoring.Absent()
	}
	return sum / n
}
