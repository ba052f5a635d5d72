package backtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
)

// lookback is for how long a sample counts where no range is given: the default
// of Prometheus.
const lookback = 5 * time.Minute

// A Sample is one value of a series.
type Sample struct {
	Metric string
	Labels map[string]string
	Value  Value
}

// A Frame holds what is scraped from a moment on, until the next frame.
type Frame struct {
	From    time.Time
	Samples []Sample
}

// Options are what a replay depends on besides its rules and frames.
type Options struct {
	Step  time.Duration // between two evaluations of the rules
	Until time.Time     // end of the last frame
	// Begin is from when on the answer counts. What fires then counts from its
	// own beginning; what ended before is left out.
	Begin time.Time
	// Known names the metrics that frames can hold. A rule that reads another
	// one, directly or through what is recorded, is not replayed.
	Known []string
	// Attach are the labels that a scrape attaches to each series, such as job.
	Attach map[string]string
}

// A Result says what the alerts would have done.
type Result struct {
	Episodes []Episode `json:"episodes"` // by beginning, then alert and labels
	Alerts   []Alert   `json:"alerts"`   // every alert of the rules, in their order
}

// An Episode is the time for which one alert fires without a pause.
type Episode struct {
	Alert  string            `json:"alert"`
	Labels map[string]string `json:"labels"` // without the alert's name
	// Since is when its condition became true, From when it began to fire.
	Since time.Time `json:"since"`
	From  time.Time `json:"from"`
	// Until is when it ended; zero when it fires at the end of the replay.
	Until time.Time `json:"until,omitzero"`
	// Value is that of its expression when it began to fire.
	Value Value `json:"value"`
}

// An Alert sums up one alerting rule.
type Alert struct {
	Name  string `json:"alert"`
	Fired int    `json:"fired"`
	// Waited is how often its condition was true and ended before it fired.
	Waited int `json:"waited"`
	// Unknown are metrics that it reads and of which no history is stored. When
	// there are any the alert was not replayed.
	Unknown []string `json:"unknown,omitempty"`
}

// replay is the state of one run.
type replay struct {
	engine  *promql.Engine
	memory  *memory
	options Options
	rules   []*recorder
	alerts  []*alarm
	held    map[*series]bool // series of the present frame
	result  *Result
}

// A recorder is a recording rule with the series that it wrote last.
type recorder struct {
	*rule
	wrote map[*series]bool
}

// Run replays frames, oldest first, as one scrape and one evaluation of all
// rules in each step.
func Run(ctx context.Context, rules *Rules, frames []Frame, o Options) (*Result, error) {
	if err := rules.checkStep(o.Step); err != nil {
		return nil, err
	}
	r := &replay{
		engine: promql.NewEngine(promql.EngineOpts{
			// The engine insists on a timeout; how long a replay may take is for ctx to say.
			MaxSamples: 50_000_000, Timeout: math.MaxInt64, LookbackDelta: lookback,
			EnableAtModifier: true, EnableNegativeOffset: true,
			NoStepSubqueryIntervalFn: func(int64) int64 { return o.Step.Milliseconds() },
		}),
		memory: newMemory(), options: o, held: make(map[*series]bool), result: &Result{},
	}
	defer r.engine.Close()
	r.choose(rules)
	keep := r.longest(rules)
	for i, frame := range frames {
		end := o.Until
		if i+1 < len(frames) {
			end = frames[i+1].From
		}
		current := r.prepare(frame)
		for at := frame.From; at.Before(end); at = at.Add(o.Step) {
			if err := r.step(ctx, at, current); err != nil {
				return nil, fmt.Errorf("as of %s: %w", at.UTC().Format(time.RFC3339), err)
			}
		}
		r.memory.forget(timestamp.FromTime(end.Add(-keep)))
	}
	for _, one := range r.alerts {
		one.finish(r.result)
	}
	slices.SortStableFunc(r.result.Episodes, compareEpisodes)
	return r.result, nil
}

// choose takes the rules that can be replayed.
func (r *replay) choose(rules *Rules) {
	known := make(map[string]bool, len(r.options.Known))
	for _, name := range r.options.Known {
		known[name] = true
	}
	for i := range rules.recording {
		if len(rules.unknown(&rules.recording[i], known)) == 0 {
			r.rules = append(r.rules, &recorder{rule: &rules.recording[i]})
		}
	}
	for i := range rules.alerting {
		one := &rules.alerting[i]
		missing := rules.unknown(one, known)
		r.result.Alerts = append(r.result.Alerts, Alert{Name: one.name, Unknown: missing})
		if len(missing) == 0 {
			r.alerts = append(r.alerts, &alarm{rule: one, number: i, begin: r.options.Begin, active: make(map[string]*active)})
		}
	}
}

func (r *replay) longest(rules *Rules) time.Duration {
	longest := lookback
	for _, one := range r.rules {
		longest = max(longest, rules.lookback(one.reads)+lookback)
	}
	for _, one := range r.alerts {
		longest = max(longest, rules.lookback(one.reads)+lookback)
	}
	return longest
}

// labelled is a sample with the labels that it is stored under.
type labelled struct {
	labels labels.Labels
	value  float64
}

// prepare attaches the labels of the scrape to a frame.
func (r *replay) prepare(frame Frame) []labelled {
	list := make([]labelled, 0, len(frame.Samples))
	builder := labels.NewBuilder(labels.EmptyLabels())
	for _, s := range frame.Samples {
		builder.Reset(labels.EmptyLabels())
		for name, v := range s.Labels {
			builder.Set(name, v)
		}
		for name, v := range r.options.Attach {
			builder.Set(name, v)
		}
		builder.Set(labels.MetricName, s.Metric)
		list = append(list, labelled{builder.Labels(), float64(s.Value)})
	}
	return list
}

// step scrapes and evaluates once.
func (r *replay) step(ctx context.Context, at time.Time, scraped []labelled) error {
	r.held = r.write(at, scraped, r.held)
	for _, one := range r.rules {
		vector, err := r.query(ctx, one.rule, at)
		if err != nil {
			return err
		}
		if one.wrote, err = r.record(at, one.rule, vector, one.wrote); err != nil {
			return err
		}
	}
	for _, one := range r.alerts {
		vector, err := r.query(ctx, one.rule, at)
		if err != nil {
			return err
		}
		told, err := one.evaluate(at, vector, r.result)
		if err != nil {
			return err
		}
		one.wrote = r.write(at, told, one.wrote)
	}
	return nil
}

// query evaluates the expression of a rule at a moment.
func (r *replay) query(ctx context.Context, one *rule, at time.Time) (promql.Vector, error) {
	query, err := r.engine.NewInstantQuery(ctx, r.memory, nil, one.expr.String(), at)
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", one.name, err)
	}
	defer query.Close()
	answer := query.Exec(ctx)
	if answer.Err != nil {
		return nil, fmt.Errorf("rule %s: %w", one.name, answer.Err)
	}
	switch v := answer.Value.(type) {
	case promql.Vector:
		return slices.Clone(v), nil
	case promql.Scalar:
		return promql.Vector{{T: v.T, F: v.V}}, nil
	}
	return nil, fmt.Errorf("rule %s: its expression gives a %s, want a vector", one.name, answer.Value.Type())
}

// errSameLabels is what Prometheus too makes of such rules.
var errSameLabels = errors.New("two series of the result have the same labels")

// record writes what a recording rule found.
func (r *replay) record(at time.Time, one *rule, vector promql.Vector, before map[*series]bool) (map[*series]bool, error) {
	list := make([]labelled, 0, len(vector))
	for _, s := range vector {
		builder := labels.NewBuilder(s.Metric)
		builder.Set(labels.MetricName, one.name)
		one.extra.Range(func(l labels.Label) { builder.Set(l.Name, l.Value) })
		list = append(list, labelled{builder.Labels(), s.F})
	}
	wrote := r.write(at, list, before)
	if len(wrote) < len(list) {
		return nil, fmt.Errorf("rule %s: %w", one.name, errSameLabels)
	}
	return wrote, nil
}

// write stores samples, and marks as stale the series that had one before and
// have none now. It returns those that have one.
func (r *replay) write(at time.Time, list []labelled, before map[*series]bool) map[*series]bool {
	t := timestamp.FromTime(at)
	wrote := make(map[*series]bool, len(list))
	for _, s := range list {
		wrote[r.memory.add(s.labels, t, s.value)] = true
	}
	for s := range before {
		if !wrote[s] {
			s.points = append(s.points, point{t, math.Float64frombits(value.StaleNaN)})
		}
	}
	return wrote
}
