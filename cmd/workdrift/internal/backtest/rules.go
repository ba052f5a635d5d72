package backtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Rules are recording and alerting rules in the order in which they are
// evaluated: all that record before all that alert. Prometheus evaluates groups
// beside each other, so no rule may count on another order.
type Rules struct {
	recording []rule
	alerting  []rule
}

// A rule records a series or raises an alert.
type rule struct {
	name  string
	expr  parser.Expr
	wait  time.Duration // "for"
	keep  time.Duration // "keep_firing_for"
	extra labels.Labels
	reads []read
}

// read is one selector of an expression.
type read struct {
	metric string        // "" when it does not select by one name
	span   time.Duration // how far it looks back from the moment of evaluation
	ranged bool          // a range, not an instant
}

// The file format, as in Prometheus' own documentation. What does not bear upon
// when an alert fires is read and left alone.
type (
	rulesFile struct {
		Groups []ruleGroup `yaml:"groups"`
	}
	ruleGroup struct {
		Name        string            `yaml:"name"`
		Interval    model.Duration    `yaml:"interval"`
		QueryOffset model.Duration    `yaml:"query_offset"`
		Limit       int               `yaml:"limit"`
		Labels      map[string]string `yaml:"labels"`
		Rules       []ruleEntry       `yaml:"rules"`
	}
	ruleEntry struct {
		Record        string            `yaml:"record"`
		Alert         string            `yaml:"alert"`
		Expr          string            `yaml:"expr"`
		For           model.Duration    `yaml:"for"`
		KeepFiringFor model.Duration    `yaml:"keep_firing_for"`
		Labels        map[string]string `yaml:"labels"`
		Annotations   map[string]string `yaml:"annotations"`
	}
)

// Load reads files of rules. It fails on what Prometheus would refuse, and on
// labels that are templates, which would tell alerts apart by values.
func Load(paths ...string) (*Rules, error) {
	rules := &Rules{}
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		err = errors.Join(rules.read(file), file.Close())
		if err != nil {
			return nil, fmt.Errorf("read rules: %s: %w", path, err)
		}
	}
	if len(rules.alerting) == 0 {
		return nil, fmt.Errorf("read rules: no alert in %s", strings.Join(paths, ", "))
	}
	return rules, nil
}

// read adds the rules of a file.
func (r *Rules) read(from io.Reader) error {
	var file rulesFile
	decoder := yaml.NewDecoder(from)
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, g := range file.Groups {
		if g.QueryOffset != 0 || g.Limit != 0 {
			return fmt.Errorf("group %s: query_offset and limit are not replayed", g.Name)
		}
		for _, entry := range g.Rules {
			if err := r.add(g, entry); err != nil {
				return fmt.Errorf("group %s: %s%s: %w", g.Name, entry.Record, entry.Alert, err)
			}
		}
	}
	return nil
}

func (r *Rules) add(g ruleGroup, entry ruleEntry) error {
	expr, err := parser.ParseExpr(entry.Expr)
	if err != nil {
		return err
	}
	one := rule{
		name: entry.Record + entry.Alert, expr: expr, reads: readsOf(expr),
		wait: time.Duration(entry.For), keep: time.Duration(entry.KeepFiringFor),
	}
	builder := labels.NewBuilder(labels.EmptyLabels())
	for _, set := range []map[string]string{g.Labels, entry.Labels} {
		for name, value := range set {
			if strings.Contains(value, "{{") {
				return fmt.Errorf("label %s is a template, which is not replayed", name)
			}
			builder.Set(name, value)
		}
	}
	one.extra = builder.Labels()
	switch {
	case (entry.Record == "") == (entry.Alert == ""):
		return errors.New("want either record or alert")
	case entry.Record != "" && (one.wait != 0 || one.keep != 0 || len(entry.Annotations) > 0):
		return errors.New("for, keep_firing_for and annotations belong to alerts")
	case entry.Record != "":
		r.recording = append(r.recording, one)
	default:
		r.alerting = append(r.alerting, one)
	}
	return nil
}

// readsOf lists the selectors of an expression.
func readsOf(expr parser.Expr) []read {
	var reads []read
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		one := read{span: max(0, selector.OriginalOffset)}
		for _, m := range selector.LabelMatchers {
			if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
				one.metric = m.Value
			}
		}
		for _, above := range path {
			switch outer := above.(type) {
			case *parser.MatrixSelector:
				one.span, one.ranged = one.span+outer.Range, true
			case *parser.SubqueryExpr:
				one.span, one.ranged = one.span+outer.Range+max(0, outer.OriginalOffset), true
			}
		}
		reads = append(reads, one)
		return nil
	})
	return reads
}

// alertsMetric is the series in which alerts can be read back.
const alertsMetric = "ALERTS"

// unknown lists the metrics that a rule reads, directly or through what others
// record, and that are neither among the known ones nor recorded.
func (r *Rules) unknown(of *rule, known map[string]bool) []string {
	var missing []string
	seen := make(map[string]bool)
	var visit func(*rule)
	visit = func(one *rule) {
		for _, in := range one.reads {
			if seen[in.metric] {
				continue
			}
			seen[in.metric] = true
			recorded := false
			for i := range r.recording {
				if r.recording[i].name == in.metric {
					recorded = true
					visit(&r.recording[i])
				}
			}
			switch {
			case recorded || known[in.metric] || in.metric == alertsMetric:
			case in.metric == "":
				missing = append(missing, "series of any name")
			default:
				missing = append(missing, in.metric)
			}
		}
	}
	visit(of)
	slices.Sort(missing)
	return missing
}

// Inputs lists the metrics that the rules read and do not record.
func (r *Rules) Inputs() []string {
	recorded := make(map[string]bool)
	for i := range r.recording {
		recorded[r.recording[i].name] = true
	}
	var names []string
	for _, list := range [][]rule{r.recording, r.alerting} {
		for i := range list {
			for _, in := range list[i].reads {
				if in.metric != "" && in.metric != alertsMetric && !recorded[in.metric] {
					names = append(names, in.metric)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Reach is how long before a moment values still decide whether an alert fires
// then: the longest wait, the longest time of going on, and the longest look
// back together.
func (r *Rules) Reach() time.Duration {
	var wait, back time.Duration
	for _, list := range [][]rule{r.recording, r.alerting} {
		for i := range list {
			wait = max(wait, list[i].wait+list[i].keep)
			back = max(back, r.lookback(list[i].reads))
		}
	}
	return wait + back
}

func (r *Rules) lookback(reads []read) (span time.Duration) {
	for _, in := range reads {
		span = max(span, in.span)
	}
	return span
}

// checkStep refuses a step with which a rule would not see what was recorded or
// fired at the step before.
func (r *Rules) checkStep(step time.Duration) error {
	recorded := map[string]bool{alertsMetric: true}
	for i := range r.recording {
		recorded[r.recording[i].name] = true
	}
	for _, list := range [][]rule{r.recording, r.alerting} {
		for i := range list {
			for _, in := range list[i].reads {
				back := in.span
				if !in.ranged {
					back += lookback
				}
				if recorded[in.metric] && (in.ranged || in.metric == alertsMetric) && back <= step {
					return fmt.Errorf("rule %s looks back %s at %s, which has a value every %s only: take a shorter step", list[i].name, back, in.metric, step)
				}
			}
		}
	}
	return nil
}
