package brief

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// maxChange is how much of a change is told, in runes.
const maxChange = 150

// maxTitle is how much of a title is told, in runes.
const maxTitle = 70

// tidy leaves out what became known after the report's day, and cuts titles to
// what fits. It changes nothing that others hold.
func tidy(in Input) Input {
	end := objective.Date(in.Report.Day + 1).Time()
	in.Report = cutTitles(in.Report)
	if in.Before != nil {
		in.Before = cutTitles(in.Before)
	}
	if in.History != nil {
		h := &findings.History{}
		for _, d := range in.History.Declared {
			if d.Known.Before(end) {
				h.Declared = append(h.Declared, d)
			}
		}
		for _, e := range in.History.Edits {
			if e.Known.Before(end) {
				h.Edits = append(h.Edits, e)
			}
		}
		for _, m := range in.History.Members {
			if m.Day.Time().Before(end) {
				h.Members = append(h.Members, m)
			}
		}
		in.History = h
	}
	var overrides []store.Override
	for _, o := range in.Overrides {
		if o.At.Before(end) {
			o.Why = clean(o.Why)
			overrides = append(overrides, o)
		}
	}
	in.Overrides = overrides
	if in.Streams != nil {
		s := *in.Streams
		s.List = append([]findings.Stream(nil), s.List...)
		for i := range s.List {
			s.List[i].Title, s.List[i].Name = clean(s.List[i].Title), clean(s.List[i].Name)
		}
		in.Streams = &s
	}
	return in
}

func cutTitles(r *scoring.Report) *scoring.Report {
	out := *r
	out.Objectives = append([]scoring.ObjectiveReport(nil), r.Objectives...)
	for i := range out.Objectives {
		o := &out.Objectives[i]
		if o.Title = clean(o.Title); o.Title == "" {
			o.Title = o.ID
		}
	}
	return &out
}

// clean makes a text of others one line of visible characters that is not too
// long.
func clean(text string) string {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // changes the direction or hides
			return -1
		}
		return r
	}, text)), " ")
	if runes := []rune(text); len(runes) > maxTitle {
		text = strings.TrimSpace(string(runes[:maxTitle-1])) + "…"
	}
	return text
}

func dateOf(d scoring.Day) time.Time { return objective.Date(d).Time() }

// longDate is a day as a letter has it.
func longDate(d scoring.Day) string { return dateOf(d).Format("2 January 2006") }

// and joins names in a sentence.
func and(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func isAre(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return and(names) + " are"
}

// pieces counts works.
func pieces(works int) string {
	if works == 1 {
		return "1 piece of work"
	}
	return fmt.Sprintf("%d pieces of work", works)
}

// place names where a stream is. Repositories and epics name themselves.
func place(by, name string) string {
	switch by {
	case store.AttrProject, store.AttrChannel, "source":
		return by + " " + name
	}
	return name
}

// told is a share as a sentence has it.
func told(n scoring.Number) string {
	if !n.Known() {
		return "withheld"
	}
	return findings.Percent(n)
}

// bars draws shares, 0 to 1, as characters of eight heights; a week without a
// value is a dot.
func bars(weeks []scoring.WeekReport, value func(*scoring.WeekReport) scoring.Number) string {
	heights := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for i := range weeks {
		v := value(&weeks[i])
		if !v.Known() {
			b.WriteRune('·')
			continue
		}
		b.WriteRune(heights[min(len(heights)-1, int(max(0, min(1, v))*scoring.Number(len(heights))))])
	}
	return b.String()
}

// sketch is the chart for where only text can be: a line for each series, with
// its last value.
func (b *Brief) sketch() string {
	var out strings.Builder
	for _, s := range []struct {
		name  string
		value func(*scoring.WeekReport) scoring.Number
	}{
		{fmt.Sprintf("top %d priorities", b.topN), func(w *scoring.WeekReport) scoring.Number { return w.Top }},
		{"shadow roadmap", func(w *scoring.WeekReport) scoring.Number { return w.Shadow }},
	} {
		last := scoring.Absent()
		for i := range b.Weeks {
			if v := s.value(&b.Weeks[i]); v.Known() {
				last = v
			}
		}
		fmt.Fprintf(&out, "%-17s %s %s\n", s.name, bars(b.Weeks, s.value), findings.Percent(last))
	}
	if n := len(b.Weeks); n > 0 {
		fmt.Fprintf(&out, "%-17s %s to %s, by week, 0 to 100 %%\n", "", findings.ISOWeek(b.Weeks[0].Monday), findings.ISOWeek(b.Weeks[n-1].Monday))
	}
	return out.String()
}

// drawn reports whether any week has a value.
func (b *Brief) drawn() bool {
	for i := range b.Weeks {
		if b.Weeks[i].Top.Known() || b.Weeks[i].Shadow.Known() {
			return true
		}
	}
	return false
}
