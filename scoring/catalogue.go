package scoring

import (
	"cmp"
	"slices"
)

// family is one metric family of the report.
type family struct {
	name, help string
	labels     []string
}

// scoreFamily is how a score is exposed. The score's name is also its value in
// the label score.
type scoreFamily struct {
	score    string
	unit     string  // last part of the metric's name, "" for a plain count
	scale    float64 // from the score's unit to the metric's
	bounds   bool    // has …_lower_… and …_upper_…
	interval bool    // has …_interval_lower_… and …_interval_upper_…
	help     string
}

// metric returns the family's metric name, with what between name and unit.
func (f scoreFamily) metric(prefix, what string) string {
	name := prefix + f.score
	if what != "" {
		name += "_" + what
	}
	if f.unit != "" {
		name += "_" + f.unit
	}
	return name
}

// scoreFamilies lists the scores in the order of publication. When a report
// has too many series, families at the end go first.
func scoreFamilies() []scoreFamily {
	families := []scoreFamily{
		{"top_objectives_effort", "ratio", 1, true, true,
			"Resource allocation to top priorities: effort on the N highest-ranked objectives over all effort, 0 to 1. Healthy from 0.60, alarming below 0.50 (defaults, not benchmarks). Meetings, reading and unread tools are invisible."},
		{"shadow_effort", "ratio", 1, true, true,
			"Shadow roadmap as a share: off-strategy effort over off-strategy plus objective effort, 0 to 1. Healthy up to 0.15, alarming above 0.50 (defaults, not benchmarks). Unattributed effort counts as off-strategy."},
		{"shadow_roadmap", "ratio", 1, true, false,
			"Off-strategy effort over objective effort. Above 1 the shadow roadmap is larger than the official one; +Inf when nothing is on an objective. Alarming above 1 (an article calls the official one a fiction then), healthy up to 0.18 (default). Unattributed effort counts as off-strategy: read the bounds."},
		{"shadow_over_half_probability", "ratio", 1, false, false,
			"Probability that more than half of the work besides run work is off-strategy, 0 to 1, as far as week-to-week noise goes. No reading is known; near 0.5 neither is shown. Cannot see what unattributed effort was for: it counts as off-strategy."},
		{"shadow_roadmap_broad", "ratio", 1, false, false,
			"Off-strategy effort and run work over objective effort; +Inf when nothing is on an objective. No reading is known: how much run work is right differs from team to team. Depends on the rules that declare run work."},
		{"top_objectives_discretionary_effort", "ratio", 1, false, false,
			"Effort on the N highest-ranked objectives over all effort but run work, 0 to 1. No reading is known beyond that of the share of all effort. Depends on the rules that declare run work."},
		{"allocation_gap", "ratio", 1, false, false,
			"Share of effort that would have to move to match the declared shares, 0 to 1. Healthy up to 0.15, alarming from 0.35 (defaults, not benchmarks). Sees declared shares only, and is absent when no objective has one."},
		{"priority_inversion", "ratio", 1, false, false,
			"0 when effort follows the declared ranking, 0.5 when it is unrelated, 1 when reversed. Healthy up to 0.2, alarming from 0.5 (defaults: 0.5 is what a random order gives). Cannot tell an objective that needs little from one that is neglected."},
		{"priority_weighted_alignment", "ratio", 1, false, false,
			"Effort weighted by rank (rank-order centroid) over the weight of rank 1: 1 when all effort is on rank 1. A trend, not a target; no reading is known. Cannot tell an objective that needs little from one that is neglected."},
		{"priority_fidelity_correlation", "", 1, false, false,
			"Kendall tau-b between declared rank and effort, -1 to 1: 1 when effort follows the ranking. Healthy near 1, and 0 is what a random order gives; no reading is known between. Cannot tell an objective that needs little from one that is neglected."},
		{"starved_objectives", "", 1, false, false,
			"Number of top-priority objectives that received less than the starvation share (0.05) of effort. Healthy at 0 (default, not a benchmark). Cannot tell one that waits on purpose from one that is forgotten."},
		{"run_work_effort", "ratio", 1, false, false,
			"Share of effort on run work, by declared rules, 0 to 1. Healthy below 0.33, alarming from 0.50 for teams that run services (a handbook of site reliability sets that ceiling, the rest is a default); no norm for others. Depends on the rules that declare run work."},
		{"toil_overrun", "seconds", secondsPerPersonDay, false, false,
			"Person-time on run work beyond its declared budget (1 person-day = 28800 s). Healthy at 0; no reading is known beyond. Depends on the rules that declare run work. Absent when no budget is declared."},
		{"effort_coverage", "ratio", 1, false, false,
			"Observed active person-time over available person-time, 0 to 1. Healthy from 0.80; below 0.60 do not read the other effort scores (defaults, not benchmarks). Cannot tell leave that nobody declared, meetings and unread tools from nothing done."},
		{"effort_model_spread", "ratio", 1, false, false,
			"Largest difference of the top priorities' share between the three effort models, 0 to 1. Healthy near 0; no reading is known. Sees the choice of the model only: what all three miss, it misses too."},
		{"restatement", "ratio", 1, false, false,
			"Share of the effort of frozen weeks whose objective or category changed after the freeze, 0 to 1. Healthy up to 0.03, alarming above 0.10: the past is being edited (defaults, not benchmarks). Cannot tell a correction from an embellishment."},
	}
	for _, g := range scoreGroups() {
		families = append(families, g.windowed...)
	}
	return families
}

// latestFamilies lists the scores without a window in the order of publication.
func latestFamilies() []latestFamily {
	var families []latestFamily
	for _, g := range scoreGroups() {
		families = append(families, g.latest...)
	}
	return families
}

// name returns the family's metric name, with what between name and unit.
func (f latestFamily) name(prefix, what string) string {
	named := scoreFamily{score: cmp.Or(f.metric, f.score), unit: f.unit}
	return named.metric(prefix, what)
}

// families returns the metric families of one score.
func (f latestFamily) families(prefix string, labels []string) []family {
	if f.view != "" {
		labels = append(slices.Clone(labels), cmp.Or(f.as, "view"))
	}
	if f.label != "" {
		labels = append(slices.Clone(labels), f.label)
	}
	name := f.name(prefix, "")
	list := []family{{name, f.help, labels}}
	if f.limits != "" {
		list = append(list,
			family{f.name(prefix, "lower"), "Lower limit of " + name + ": " + f.limits, labels},
			family{f.name(prefix, "upper"), "Upper limit of " + name + ": " + f.limits, labels})
	}
	return list
}

// latestScopes are the levels of scores without a window, with how their
// metrics begin and their labels.
func latestScopes() []latestScope {
	return []latestScope{
		{ofOrganisation, "workdrift_", nil},
		{ofTeams, "workdrift_team_", []string{"work_team"}},
		{ofObjectives, "workdrift_objective_", []string{"objective"}},
	}
}

type latestScope struct {
	of     level
	prefix string
	labels []string
}

// families lists what is exposed of the scores without a window of one scope.
// Of these scores only the reasons that are so are told: most series would be
// zeros.
func (s latestScope) families() []family {
	var list []family
	for _, f := range latestFamilies() {
		if f.of&^f.untold&s.of == 0 {
			continue
		}
		for _, m := range f.families(s.prefix, s.labels) {
			if !slices.ContainsFunc(list, func(have family) bool { return have.name == m.name }) {
				list = append(list, m)
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	return append(list, family{s.unavailable(),
		"1 when the score, which has no window, is not published for this reason, otherwise absent. A stale score keeps its last value.",
		append([]string{"score", "reason"}, s.labels...)})
}

// unavailable is the metric that says why a score without a window is missing.
// It is one of its own, because the label window would have no value.
func (s latestScope) unavailable() string { return s.prefix + "latest_score_unavailable" }

// catalogue lists every family of a report.
func catalogue() []family {
	families := []family{
		{"workdrift_report_timestamp_seconds", "Unix time at which the current report was computed.", nil},
		{"workdrift_report_data_timestamp_seconds", "Unix time up to which the current report covers every connector.", nil},
		{"workdrift_top_objectives", "Number N of highest-ranked objectives that count as top priorities (configuration).", nil},
		{"workdrift_identities_unmatched", "Identities at work that neither the configuration nor a profile puts together with another; each counts as a person of its own. Healthy at 0; no reading is known beyond. Cannot tell a guest from a second account of a member.", nil},
		{"workdrift_objective_info", "Declared objective, always 1. Join on objective for title, owner and state.", []string{"objective", "title", "objective_owner", "state"}},
		{"workdrift_objective_rank", "Declared rank of the objective, 1 is the highest priority.", []string{"objective"}},
		{"workdrift_objective_declared_ratio", "Declared share of effort for the objective, 0 to 1. Absent when no share is declared.", []string{"objective"}},
		{"workdrift_score_alert_threshold_ratio", "Alert threshold of the score (configuration).", []string{"score"}},
		{"workdrift_score_breached_blocks", "How many of the last 4 closed weekly blocks were beyond the alert threshold of the score, with twice the effort that the score itself needs. Healthy at 0, alarming from 3 (default: by simulation, fewer would raise false alarms every year). Sees whole weeks only.", []string{"score"}},
		{"workdrift_effort_seconds", "Person-time by category (1 person-day = 28800 s); the categories are exclusive and sum to all effort." + windowHelp, []string{"category", "window"}},
		{"workdrift_objective_effort_seconds", "Person-time attributed to the objective (1 person-day = 28800 s)." + windowHelp, []string{"objective", "window"}},
		{"workdrift_objective_effort_ratio", "Share of all effort that was attributed to the objective, 0 to 1." + windowHelp, []string{"objective", "window"}},
		{"workdrift_attribution_effort_ratio", "Share of effort by attribution method; the methods are exclusive and sum to 1. Healthy with a small share of none, alarming above 0.40 (default, not a benchmark). Cannot tell a right link from a wrong one." + windowHelp, []string{"method", "window"}},
	}
	for _, scope := range []struct {
		prefix string
		labels []string
	}{
		{"workdrift_", []string{"window"}},
		{"workdrift_team_", []string{"work_team", "window"}},
	} {
		if scope.prefix == "workdrift_team_" {
			families = append(families, family{
				"workdrift_team_effort_seconds",
				"Person-time of the team's people by category (1 person-day = 28800 s)." + windowHelp,
				append([]string{"category"}, scope.labels...)})
		}
		otherwise := "otherwise 0"
		if scope.prefix == "workdrift_team_" {
			otherwise = "otherwise absent"
		}
		families = append(families, family{
			scope.prefix + "score_unavailable",
			"1 when the score is not published for this reason, " + otherwise + ". A stale score keeps its last value." + windowHelp,
			append([]string{"score", "reason"}, scope.labels...)})
		for _, f := range scoreFamilies() {
			families = append(families, f.families(scope.prefix, scope.labels)...)
		}
		for _, s := range latestScopes() {
			if s.prefix == scope.prefix {
				families = append(families, s.families()...)
			}
		}
	}
	for _, s := range latestScopes() {
		if s.of == ofObjectives {
			families = append(families, s.families()...)
		}
	}
	return families
}

// families returns the metric families of one score.
func (f scoreFamily) families(prefix string, labels []string) []family {
	list := []family{{f.metric(prefix, ""), f.help + windowHelp, labels}}
	name := f.metric(prefix, "")
	if f.bounds {
		list = append(list,
			family{f.metric(prefix, "lower"), "Lower bound of " + name + ", whatever the unattributed effort was for." + windowHelp, labels},
			family{f.metric(prefix, "upper"), "Upper bound of " + name + ", whatever the unattributed effort was for." + windowHelp, labels})
	}
	if f.interval {
		list = append(list,
			family{f.metric(prefix, "interval_lower"), "Lower end of the 90 % sampling interval of " + name + ": what week-to-week noise alone would do." + windowHelp, labels},
			family{f.metric(prefix, "interval_upper"), "Upper end of the 90 % sampling interval of " + name + ": what week-to-week noise alone would do." + windowHelp, labels})
	}
	return list
}
