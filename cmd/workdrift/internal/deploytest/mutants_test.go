package deploytest

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// A mutant is a fault in a shipped rule. The unit tests that speak of the alert
// must find it.
type mutant struct {
	alert string // the alert that goes wrong
	rule  string // the rule with the fault; that of the alert when empty
	limit string // or the limit with the fault
	old   string // is replaced in the expression wherever it stands
	new   string
}

const (
	bridged = "last_over_time(workdrift_shadow_effort_ratio[30m])"
	shadow  = "job_window:workdrift_shadow_effort_ratio:max_last30m"
	ranks   = "job_objective:workdrift_objective_rank:top_last30m"
	without = "max without (instance, pod, container, endpoint, service, node) "
	level   = "job:workdrift_drift_phase:level_last30m"
)

// mutants are faults by hand. For each alert there are besides: a twelfth of the
// wait, a twenty-fourth of going on, and each comparison the other way.
var mutants = []mutant{
	{"WorkdriftShadowRoadmapHigh", shadow, "", without, ""},
	{"WorkdriftShadowRoadmapHigh", shadow, "", bridged, "workdrift_shadow_effort_ratio"},
	{"WorkdriftShadowRoadmapHigh", "", "", `window="7d"`, `window="28d"`},
	{"WorkdriftShadowRoadmapHigh", "", "", `window="28d"`, `window="7d"`},
	{"WorkdriftShadowRoadmapHigh", "", "", "[2h]", "[1m]"},
	{"WorkdriftShadowRoadmapHigh", "", "", `last_over_time(ALERTS{alertname="WorkdriftShadowRoadmapHigh",alertstate="firing"}[2h])`, "vector(1)"},
	{"WorkdriftShadowRoadmapHigh", "", "", `score="shadow_effort"`, `score=~"shadow_effort|allocation_gap"`},
	{"WorkdriftShadowRoadmapHigh", "", "hysteresis_ratio", "0.05", "0.5"},
	{"WorkdriftShadowRoadmapHigh", "", "hysteresis_ratio", "0.05", "0"},
	{"WorkdriftTopPrioritiesUnderserved", "", "hysteresis_ratio", "0.05", "0.5"},
	{"WorkdriftTopPrioritiesUnderserved", "", "", "_upper_ratio", "_ratio"},
	{"WorkdriftTopPrioritiesUnderserved", "", "", `window="7d"`, `window="28d"`},
	{"WorkdriftShadowRoadmapRising", "", "shadow_rise_ratio", "0.15", "0.17"},
	{"WorkdriftShadowRoadmapRising", "", "shadow_rise_ratio", "0.15", "0.13"},
	{"WorkdriftRoadmapFiction", "", "", "_lower_ratio", "_ratio"},
	{"WorkdriftRoadmapFiction", "", "fiction_ratio", "0.5", "0.4"},
	{"WorkdriftRoadmapFiction", "", "breached_blocks", "3", "2"},
	{"WorkdriftRoadmapFiction", "", "restatement_ratio", "0.1", "0.2"},
	{"WorkdriftPastRestated", "", "restatement_ratio", "0.1", "0.01"},
	{"WorkdriftDriftConfirmed", "", "breached_blocks", "3", "2"},
	{"WorkdriftDriftConfirmed", "", "", `,score!="effort_coverage"`, ""},
	{"WorkdriftObjectiveStarved", ranks, "", "bottomk", "topk"},
	{"WorkdriftObjectiveStarved", ranks, "", `{state="active"}`, ""},
	{"WorkdriftObjectiveStarved", "", "starved_ratio", "0.05", "0.015"},
	{"WorkdriftObjectiveStarved", ranks, "", "or vector(0)", ""},
	{"WorkdriftWatermelon", "", "", "and on (job, objective)", "unless on (job, objective)"},
	{"WorkdriftPhaseWorsened", "", "", "[8d]", "[1d]"},
	{"WorkdriftPhaseWorsened", level, "", "3 * ", "1 * "},
	{"WorkdriftPhaseWorsened", level, "", `phase="unknown"`, `phase="never"`},
	{"WorkdriftUnknownEffortHigh", "", "unknown_effort_ratio", "0.4", "0.42"},
	{"WorkdriftUnknownEffortHigh", "", "", `category="unknown"`, `category="objective"`},
	{"WorkdriftScoreUnavailable", "", "", `,reason!="stale"`, ""},
	{"WorkdriftScoreUnavailable", "", "", `,window="28d"`, ""},
	{"WorkdriftDown", "", "", `absent(up{job="workdrift"} == 1)`, `absent(up{job="workdrift"})`},
	{"WorkdriftReportStale", "", "report_age_seconds", "6 *", "9 *"},
	{"WorkdriftDataOld", "", "data_age_seconds", "48 *", "60 *"},
	{"WorkdriftBackupOld", "", "backup_age_seconds", "8 *", "9 *"},
	{"WorkdriftBackupOld", "", "", " == 0", " == 7"},
	{"WorkdriftRestoreUnproven", "", "restore_age_seconds", "8 *", "9 *"},
	{"WorkdriftRestoreUnproven", "", "", " > 0", " >= 0"},
	{"WorkdriftBriefNotDelivered", "", "", "[1h]", "[1m]"},
	{"WorkdriftConnectorErrorsHigh", "", "failed_fetches_ratio", "0.5", "0.7"},
	{"WorkdriftConnectorStale", "", "", "3600", "60"},
	{"WorkdriftConnectorStale", "", "", "3 * ", "1 * "},
	{"WorkdriftConnectorStale", "", "", "[1h])) > 0)", "[1h])) >= 0)"},
	{"WorkdriftConnectorNeverSucceeded", "", "", "== 0", ">= 0"},
	{"WorkdriftConnectorAuthFailing", "", "", `,reason="auth"`, ""},
}

// turned are comparisons the other way.
var turned = strings.NewReplacer(" > ", " <= ", " >= ", " < ", " < ", " >= ", " == ", " != ", "\n>\n", "\n<=\n",
	"\n> ", "\n<= ", "\n>= ", "\n< ", "\n< ", "\n>= ")

// sound is no fault: what is said of a mutant is due to its fault.
const sound = "sound"

// TestMutantsOfTheRules puts faults into the rules, one at a time. A fault that
// no unit test finds could be made by mistake.
func TestMutantsOfTheRules(t *testing.T) {
	tooltest.Need(t, "promtool")
	list := mutants
	for _, r := range shipped(t, alerting).all() {
		list = append(list, mutant{alert: r.Alert, old: sound}, mutant{alert: r.Alert, old: "for"}, mutant{alert: r.Alert, old: "turned"})
		if r.Keep != "" {
			list = append(list, mutant{alert: r.Alert, old: "keep"})
		}
	}
	for _, m := range list {
		t.Run(strings.Join([]string{m.alert, m.limit, m.old}, " "), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tests, spoken := m.tests(t, dir)
			m.plant(t, dir, spoken)
			var out string
			var found error
			for i := 0; i < len(tests) && found == nil; i++ {
				out, found = tooltest.Run(t, dir, "promtool", "test", "rules", tests[i])
			}
			switch {
			case m.old == sound && found != nil:
				t.Errorf("%v\n%s", found, out)
			case m.old == sound:
			case found == nil:
				t.Errorf("no unit test notices %q in place of %q\n%s", m.new, m.old, out)
			case strings.Contains(out, "parse error"), strings.Contains(out, "unmarshal"):
				t.Errorf("the mutant is no rule: %s", out)
			}
		})
	}
}

// plant writes the rules with the fault, and only what the unit tests that are
// run speak of and what that needs: promtool evaluates all it is given.
func (m mutant) plant(t *testing.T, dir, spoken string) {
	t.Helper()
	planted := false
	files := map[string]*shippedRules{recording: shipped(t, recording), alerting: shipped(t, alerting)}
	for _, rules := range files {
		for _, r := range rules.all() {
			planted = m.change(r) || planted
		}
	}
	if !planted && m.old != sound {
		t.Fatal("the rules have no place for this fault any more")
	}
	speaks := func(r *shippedRule) bool {
		return strings.Contains(spoken, r.Alert) && strings.Contains(spoken, r.Record)
	}
	for more := true; more; {
		before := len(spoken)
		for _, rules := range files {
			for _, r := range rules.all() {
				if speaks(r) && !strings.Contains(spoken, r.Expr) {
					spoken += r.Expr + "\n"
				}
			}
		}
		more = len(spoken) > before
	}
	for file, rules := range files {
		for g := range rules.Groups {
			group := &rules.Groups[g]
			group.Rules = slices.DeleteFunc(group.Rules, func(r shippedRule) bool { return !speaks(&r) })
		}
		text, err := yaml.Marshal(rules)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, file), string(text))
	}
}

// change puts the fault into a rule, if it belongs there.
func (m mutant) change(r *shippedRule) bool {
	before := *r
	switch {
	case m.limit != "" && r.Labels["limit"] == m.limit, m.rule != "" && r.Record == m.rule,
		m.limit == "" && m.rule == "" && r.Alert == m.alert && m.old != sound && m.old != "for" && m.old != "keep" && m.old != "turned":
		r.Expr = strings.ReplaceAll(r.Expr, m.old, m.new)
	case r.Alert != m.alert:
	case m.old == "for":
		r.For = shortened(r.For, 12)
	case m.old == "keep":
		r.Keep = shortened(r.Keep, 24)
	case m.old == "turned":
		r.Expr = turned.Replace(r.Expr)
	}
	return before.Expr != r.Expr || before.For != r.For || before.Keep != r.Keep
}

// shortened divides a duration. What is less than a minute is none, since rules
// are not evaluated more often.
func shortened(text string, by int) string {
	d, err := model.ParseDuration(text)
	if short := time.Duration(d) / time.Duration(by); err == nil && short >= time.Minute {
		return model.Duration(short).String()
	}
	return ""
}

// healthy is a part of the name of the unit test in which nothing fires.
const healthy = "raise nothing"

// A ruleTest is one unit test of the rules.
type ruleTest struct {
	Alerts []evaluated `yaml:"alert_rule_test"`
	Exprs  []evaluated `yaml:"promql_expr_test"`
}

type evaluated struct {
	Time model.Duration `yaml:"eval_time"`
}

// steps is how often the rules are evaluated.
func (r ruleTest) steps(interval model.Duration) int {
	last := model.Duration(0)
	for _, e := range slices.Concat(r.Alerts, r.Exprs) {
		last = max(last, e.Time)
	}
	return int(last / interval)
}

// tests writes the unit tests that speak of the alert, or of none, and returns
// a file for each, the quickest first, and what they say.
func (m mutant) tests(t *testing.T, dir string) (names []string, spoken string) {
	t.Helper()
	steps := map[string]int{}
	for _, file := range unitTests {
		text, err := os.ReadFile(filepath.Join(rulesDir, file))
		if err != nil {
			t.Fatal(err)
		}
		var whole struct {
			Files    []string       `yaml:"rule_files"`
			Interval model.Duration `yaml:"evaluation_interval"`
			Order    []string       `yaml:"group_eval_order"`
			Tests    []yaml.Node    `yaml:"tests"`
		}
		if err := yaml.Unmarshal(text, &whole); err != nil {
			t.Fatal(err)
		}
		for i, one := range slices.Clone(whole.Tests) {
			whole.Tests = []yaml.Node{one}
			part, err := yaml.Marshal(&whole)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(part), m.alert) && !strings.Contains(string(part), healthy) {
				continue
			}
			var test ruleTest
			if err := one.Decode(&test); err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprint(i, ".", file)
			write(t, filepath.Join(dir, name), string(part))
			names, steps[name], spoken = append(names, name), test.steps(whole.Interval), spoken+string(part)
		}
	}
	if !strings.Contains(spoken, m.alert) {
		t.Fatalf("no unit test speaks of %s", m.alert)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(steps[a], steps[b]) })
	return names, spoken
}
