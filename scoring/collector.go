package scoring

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// secondsPerPersonDay is how effort is exposed: Prometheus wants base units.
const secondsPerPersonDay = 28800

// windowHelp closes the help of every value that belongs to a window.
const windowHelp = " Trailing-window value; select one window, never aggregate over window."

// A Collector exposes the last report as Prometheus metrics. A scrape reads
// one immutable report: it computes nothing, touches no store, never mixes two
// evaluations, and an objective that is no longer declared leaves no series.
type Collector struct {
	report  atomic.Pointer[exposition]
	limit   int
	dropped prometheus.Counter
	descs   map[string]*prometheus.Desc
}

// exposition is a report in the form in which it is scraped.
type exposition struct{ metrics []prometheus.Metric }

// NewCollector returns a collector without a report. A report may have limit
// series, and what its teams and windows need besides. When it has more, whole
// families are left out, those at the end of the catalogue first, and counted.
func NewCollector(limit int) *Collector {
	c := &Collector{limit: limit, descs: make(map[string]*prometheus.Desc)}
	for _, f := range catalogue() {
		labels := f.labels
		c.descs[f.name] = prometheus.NewDesc(f.name, f.help, labels, nil)
	}
	c.dropped = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "workdrift_series_dropped_total",
		Help: "Series left out of a report because it had more than the configured limit.",
	})
	return c
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range catalogue() {
		ch <- c.descs[f.name]
	}
	c.dropped.Describe(ch)
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	c.dropped.Collect(ch)
	if x := c.report.Load(); x != nil {
		for _, m := range x.metrics {
			ch <- m
		}
	}
}

// Set makes a report the one that is scraped from now on.
func (c *Collector) Set(r *Report) {
	samples := make(map[string][]sample)
	emit := func(name string, value Number, labels ...string) {
		if value.Known() {
			samples[name] = append(samples[name], sample{float64(value), labels})
		}
	}
	exposeReport(r, emit)
	limit := c.limit + teamBudget(r)
	x := &exposition{}
	full := false
	for _, f := range catalogue() {
		family := samples[f.name]
		if full = full || len(x.metrics)+len(family) > limit; full {
			c.dropped.Add(float64(len(family)))
			continue
		}
		for _, s := range family {
			x.metrics = append(x.metrics,
				prometheus.MustNewConstMetric(c.descs[f.name], prometheus.GaugeValue, s.value, s.labels...))
		}
	}
	c.report.Store(x)
}

type sample struct {
	value  float64
	labels []string
}

// teamBudget is what the configured teams need in each window.
func teamBudget(r *Report) int {
	teams := 0
	for _, w := range r.Windows {
		teams = max(teams, len(w.Teams))
	}
	perTeam := Categories
	for _, f := range scoreFamilies() {
		perTeam += len(f.families("", nil)) + 1 // and why it is not there
	}
	latest := 0
	for _, f := range latestFamilies() {
		if f.of&^f.untold&ofTeams != 0 {
			latest += len(f.families("", nil)) + len(f.states)
			if f.sparse&ofTeams == 0 {
				latest++ // why it is not there
			}
		}
	}
	return teams * (len(r.Windows)*perTeam + latest)
}

// exposeReport calls emit for each sample of a report.
func exposeReport(r *Report, emit func(name string, value Number, labels ...string)) {
	emit("workdrift_report_timestamp_seconds", unixSeconds(r.At.UnixNano()))
	if !r.DataUpTo.IsZero() {
		emit("workdrift_report_data_timestamp_seconds", unixSeconds(r.DataUpTo.UnixNano()))
	}
	emit("workdrift_top_objectives", Number(r.TopN))
	emit("workdrift_identities_unmatched", Number(r.Stats.Strange))
	for _, o := range r.Objectives {
		emit("workdrift_objective_info", 1, o.ID, o.Title, o.Owner, string(o.State))
		emit("workdrift_objective_rank", Number(o.Rank), o.ID)
		emit("workdrift_objective_declared_ratio", o.Declared, o.ID)
	}
	for score, limit := range r.Thresholds {
		emit("workdrift_score_alert_threshold_ratio", Number(limit), score)
	}
	for score, n := range r.Breached {
		emit("workdrift_score_breached_blocks", Number(n), score)
	}
	exposeLatest(r, emit)
	families := scoreFamilies() // once: listing them takes longer than exposing a scope
	for i := range r.Windows {
		w := &r.Windows[i]
		exposeScope(&w.Org, families, "workdrift_", []string{w.Label}, emit)
		for j := range w.Teams {
			exposeScope(&w.Teams[j], families, "workdrift_team_", []string{w.Teams[j].Team, w.Label}, emit)
		}
	}
}

// exposeLatest emits the scores without a window.
func exposeLatest(r *Report, emit func(string, Number, ...string)) {
	families := latestFamilies()
	for _, s := range latestScopes() {
		switch s.of {
		case ofOrganisation:
			s.expose(families, r.Scores, nil, emit)
		case ofTeams:
			for i := range r.Teams {
				s.expose(families, r.Teams[i].Scores, []string{r.Teams[i].Team}, emit)
			}
		case ofObjectives:
			for i := range r.Objectives {
				s.expose(families, r.Objectives[i].Scores, []string{r.Objectives[i].ID}, emit)
			}
		}
	}
}

func (s latestScope) expose(families []latestFamily, scores []Score, labels []string, emit func(string, Number, ...string)) {
	for _, f := range families {
		score := scoreIn(scores, f.score)
		sparse := f.sparse&s.of != 0
		if f.of&^f.untold&s.of == 0 || score == nil || sparse && !(score.Value < 0 || score.Value > 0) {
			continue
		}
		with, scale := labels, Number(cmp.Or(f.scale, 1))
		if f.view != "" {
			with = append(slices.Clone(labels), f.view)
		}
		if f.label == "" {
			emit(f.name(s.prefix, ""), score.Value*scale, with...)
		}
		for _, state := range f.states {
			is := score.Value * 0 // absent where the score is
			if score.Verdict == state {
				is++
			}
			emit(f.name(s.prefix, ""), is, append(slices.Clone(labels), state)...)
		}
		if f.limits != "" {
			emit(f.name(s.prefix, "lower"), score.Lower*scale, with...)
			emit(f.name(s.prefix, "upper"), score.Upper*scale, with...)
		}
		if score.Status != OK && !sparse {
			emit(s.unavailable(), 1, append([]string{f.score, string(score.Status)}, labels...)...)
		}
	}
}

func unixSeconds(nanos int64) Number { return Number(math.Floor(float64(nanos) / 1e9)) }

// exposeScope emits what is known of one scope in one window.
func exposeScope(s *Scope, families []scoreFamily, prefix string, labels []string, emit func(string, Number, ...string)) {
	with := func(more ...string) []string { return append(more, labels...) }
	for _, e := range s.Effort {
		emit(prefix+"effort_seconds", e.Effort*secondsPerPersonDay, with(e.Category.String())...)
	}
	if s.Team == "" {
		for _, o := range s.Objectives {
			emit("workdrift_objective_effort_seconds", o.Effort*secondsPerPersonDay, with(o.Objective)...)
			emit("workdrift_objective_effort_ratio", o.Share, with(o.Objective)...)
		}
		for _, m := range s.Methods {
			emit("workdrift_attribution_effort_ratio", m.Share, with(m.Method)...)
		}
	}
	for _, f := range families {
		score := s.Score(f.score)
		if score == nil {
			continue
		}
		emit(f.metric(prefix, ""), score.Value*Number(f.scale), labels...)
		if f.bounds {
			emit(f.metric(prefix, "lower"), score.Lower, labels...)
			emit(f.metric(prefix, "upper"), score.Upper, labels...)
		}
		if f.interval {
			emit(f.metric(prefix, "interval_lower"), score.IntervalLower, labels...)
			emit(f.metric(prefix, "interval_upper"), score.IntervalUpper, labels...)
		}
		for _, reason := range Reasons() {
			switch {
			case score.Status == reason:
				emit(prefix+"score_unavailable", 1, with(f.score, string(reason))...)
			case s.Team == "":
				// Of teams only what is so is told: most of their series would
				// be zeros.
				emit(prefix+"score_unavailable", 0, with(f.score, string(reason))...)
			}
		}
	}
}
