package backtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

// An alarm is an alerting rule with its alerts, one for each set of labels that
// its expression gives. It goes through the states as Prometheus does: pending
// while the condition waits, firing, and on for keep_firing_for.
type alarm struct {
	*rule
	number int // in Result.Alerts
	begin  time.Time
	active map[string]*active
	wrote  map[*series]bool // ALERTS
}

// active is an alert that waits or fires.
type active struct {
	labels  labels.Labels
	since   time.Time // condition true
	firing  bool
	ended   time.Time // condition false again while it fires; zero else
	episode Episode
}

// evaluate takes what the expression found at a moment, and returns what is to
// be read back as ALERTS.
func (a *alarm) evaluate(at time.Time, vector promql.Vector, into *Result) ([]labelled, error) {
	found := make(map[string]bool, len(vector))
	for _, s := range vector {
		builder := labels.NewBuilder(s.Metric)
		builder.Del(labels.MetricName)
		a.extra.Range(func(l labels.Label) { builder.Set(l.Name, l.Value) })
		builder.Set(labels.AlertName, a.name)
		is := builder.Labels()
		key := is.String()
		if found[key] {
			return nil, fmt.Errorf("alert %s: %w", a.name, errSameLabels)
		}
		found[key] = true
		if a.active[key] == nil {
			a.active[key] = &active{labels: is, since: at}
		}
		a.active[key].advance(at, s.F, a)
	}
	var told []labelled
	for _, key := range slices.Sorted(maps.Keys(a.active)) {
		one := a.active[key]
		if !found[key] && !one.goesOn(at, a.keep) {
			a.end(one, at, into)
			delete(a.active, key)
			continue
		}
		told = append(told, one.told())
	}
	return told, nil
}

// advance is what happens to an alert whose condition is true.
func (one *active) advance(at time.Time, value float64, a *alarm) {
	one.ended = time.Time{}
	if !one.firing && at.Sub(one.since) >= a.wait {
		one.firing = true
		one.episode = Episode{Alert: a.name, Labels: one.labels.Map(), Since: one.since.UTC(), From: at.UTC(), Value: Value(value)}
		delete(one.episode.Labels, labels.AlertName)
	}
}

// goesOn reports whether an alert whose condition is false fires on for now.
func (one *active) goesOn(at time.Time, keep time.Duration) bool {
	if !one.firing || keep == 0 {
		return false
	}
	if one.ended.IsZero() {
		one.ended = at
	}
	return at.Sub(one.ended) < keep
}

// told is the sample of ALERTS.
func (one *active) told() labelled {
	state := "pending"
	if one.firing {
		state = "firing"
	}
	builder := labels.NewBuilder(one.labels)
	builder.Set(labels.MetricName, alertsMetric)
	builder.Set("alertstate", state)
	return labelled{builder.Labels(), 1}
}

// end counts an alert that is over, unless it was before the beginning.
func (a *alarm) end(one *active, at time.Time, into *Result) {
	if !at.After(a.begin) {
		return
	}
	if !one.firing {
		into.Alerts[a.number].Waited++
		return
	}
	one.episode.Until = at.UTC()
	a.count(one, into)
}

func (a *alarm) count(one *active, into *Result) {
	into.Alerts[a.number].Fired++
	into.Episodes = append(into.Episodes, one.episode)
}

// finish counts the alerts that fire at the end.
func (a *alarm) finish(into *Result) {
	for _, one := range a.active {
		if one.firing {
			a.count(one, into)
		}
	}
}

func compareEpisodes(a, b Episode) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Alert, b.Alert),
		cmp.Compare(labels.FromMap(a.Labels).String(), labels.FromMap(b.Labels).String()))
}
