package findings

import "strings"

// ScoreName is what people call a score: a few plain words that fit into a
// table and into a sentence after "the". A score that has none is called by its
// own name in words.
func ScoreName(name string) string {
	if text, ok := scoreNames[name]; ok {
		return text
	}
	for _, of := range scoreParts {
		if rest, ok := strings.CutPrefix(name, of.prefix); ok {
			return of.text + ScoreName(rest)
		}
	}
	return Words(name)
}

// ScoreView splits the name of a score that exists once for each of several
// others: into what is told of each, "" for other scores, and which one it is.
func ScoreView(name string) (kind, of string) {
	kind, of, ok := strings.Cut(ScoreName(name), partEnd)
	if !ok {
		return "", ScoreName(name)
	}
	return kind, of
}

// partEnd stands between what is told of each of several scores and which it is.
const partEnd = ": "

// Scores that exist once for each of several others.
var scoreParts = []struct{ prefix, text string }{
	{"drift_profile_", "how bad this reads: "},
	{"structure_shift_timestamp_", "since when: "},
	{"structure_shift_evidence_", "how much a coinciding edit tells: "},
	{"structure_shift_matches_needed_", "coinciding edits needed to tell: "},
	{"structure_shift_", "last lasting shift: "},
	{"structure_alarm_", "unusual in the last 4 weeks: "},
	{"drift_indicator_", "sign of "},
	{"drift_latch_", "lasting sign of "},
}

var scoreNames = map[string]string{
	// Where the effort goes.
	"top_objectives_effort":               "effort on the top priorities",
	"shadow_effort":                       "shadow roadmap, as a share",
	"shadow_roadmap":                      "shadow roadmap, against the official one",
	"shadow_over_half_probability":        "chance that more than half is off strategy",
	"shadow_roadmap_broad":                "shadow roadmap and run work, against the official one",
	"top_objectives_discretionary_effort": "effort on the top priorities, without run work",
	"allocation_gap":                      "effort that is elsewhere than declared",
	"priority_inversion":                  "effort against the declared order",
	"priority_weighted_alignment":         "effort weighted by rank",
	"priority_fidelity_correlation":       "how closely effort follows the ranks",
	"starved_objectives":                  "top priorities that get hardly any effort",
	"run_work_effort":                     "effort on run work",
	"toil_overrun":                        "run work beyond its budget",
	"effort_coverage":                     "visible part of the available time",
	"effort_model_spread":                 "difference between ways to measure effort",
	"restatement":                         "past weeks that count otherwise by now",
	"zombie_effort":                       "effort on what was stopped",
	"effort":                              "effort",
	"unattributed_effort":                 "effort that nothing attributes",
	"top_objectives_effort_shrunk":        "effort on the top priorities, with noise taken out",
	"top_objectives_effort_funnel":        "top priorities beside the other teams' range",
	"shadow_effort_shrunk":                "shadow roadmap, with noise taken out",
	"shadow_effort_funnel":                "shadow roadmap beside the other teams' range",
	"objectives_effort_adjusted":          "effort on objectives, corrected for wrong attribution",

	// Stopping.
	"stop_latency_restricted_mean":       "mean time until stopped work ends, up to 28 days",
	"stop_latency_long_restricted_mean":  "mean time until stopped work ends, up to 90 days",
	"stop_latency_median":                "usual time until stopped work ends",
	"stop_latency_follow_up":             "usual time until stopped work ends, at least",
	"announcement_lag":                   "time until a stop was announced",
	"stop_total_latency_restricted_mean": "mean time from the day of a stop to the end of work",
	"stop_total_latency_median":          "usual time from the day of a stop to the end of work",
	"zombie_workstreams":                 "workstreams that go on after a stop",
	"live_zombie_workstreams":            "stopped workstreams with work in the last 14 days",
	"stop_resurrections":                 "stopped workstreams that were taken up again",
	"kill_session_timestamp":             "last decision to stop something",
	"stops_per_start":                    "workstreams stopped per one started",
	"workstream_net_growth":              "workstreams started less those ended, 13 weeks",

	// Confidence.
	"reported_confidence":    "how sure people say they are",
	"observed_confidence":    "how likely it is by the delivery so far",
	"forecast_range":         "how much the forecast has seen before",
	"confidence_gap":         "people surer than the delivery",
	"watermelon":             "green outside, red inside",
	"outcome_confidence":     "how likely it is by the trend of the outcome",
	"checkin_timestamp":      "last check-in",
	"confidence_spread":      "how far the reports of people differ",
	"due_slip":               "how far the due date has moved, of the plan",
	"replans":                "changes of the due date",
	"watermelon_ratio":       "green objectives that are red inside",
	"confidence_brier":       "error of the reported confidence",
	"confidence_brier_skill": "how much better reports are than the base rate",
	"confidence_bias":        "optimism of the reported confidence",
	"checkin_response":       "members who check in",
	"checkin_adjustment":     "check-ins that were followed by a change",

	// Output and outcome.
	"outcome_query":               "last answer of the outcome's query",
	"outcome_sample_timestamp":    "last measurement of the outcome",
	"output_outcome_divergence":   "output rises while the outcome does not",
	"output_without_outcome":      "output without outcome",
	"outcome_stalled":             "outcome stands still",
	"outcome_predictability":      "unsteadiness of the outcome, against before",
	"output_yield":                "verified items done per 10 person-days",
	"outcome_yield":               "way to the target per 10 person-days",
	"slow_degradation":            "less and less done per person-day",
	"proxy_decoupling":            "outcome apart from what it stands for",
	"proxy_decoupled":             "outcome no longer moves with what it stands for",
	"noise_output":                "tickets done for no objective",
	"line_of_sight":               "effort that can be followed to a measured outcome",
	"line_of_sight_discretionary": "effort that can be followed to a measured outcome, without run work",
	"feedback_coverage":           "effort with a fresh measurement of its outcome",

	// Decisions.
	"consensus_trap":             "decisions in which too many agree for too long",
	"change_consensus_trap":      "changes in which too many agree for too long",
	"time_to_decision":           "usual time to a decision",
	"time_to_change":             "usual time to the end of a change",
	"decision_debt":              "ages of all open decisions together",
	"change_debt":                "ages of all open changes together",
	"time_to_decision_follow_up": "usual time to a decision, at least",
	"open_decisions":             "decisions that are not taken",
	"old_decisions":              "decisions open for more than 30 days",
	"decision_participants":      "people in the decision in the middle",
	"decision_rounds":            "rounds of review of the decision in the middle",
	"decision_duration":          "time that the decision in the middle takes",
	"decision_visibility":        "decisions with a lasting record",
	"decision_traceability":      "decisions whose record leads to an objective",

	// What is declared, and how it changes.
	"unexplained_shift":           "shifts that coincide with nothing declared",
	"objective_churn":             "edits of objectives, 90 days",
	"rank_volatility":             "places that ranks moved, 90 days",
	"review_timestamp":            "last look at the objectives, by rank",
	"non_goal_coverage":           "objectives that say what they are not",
	"scope_churn":                 "tickets that came after the start, per one at the start",
	"scope_edits":                 "edits of a ticket's text after work began",
	"loop_closure":                "usual time from an alert to a correction",
	"loop_closure_follow_up":      "usual time from an alert to a correction, at least",
	"loop_action":                 "alerts that were followed by a correction",
	"ownership_gap":               "effort on objectives without a living owner",
	"ownership_gap_objectives":    "objectives without a living owner",
	"endstate_clarity":            "how clear the end-state is",
	"unclear_objectives":          "objectives without a clear end-state",
	"activity_phrased":            "objectives that name an activity, not an aim",
	"oer_completeness":            "end-state, work of every team and fresh outcome",
	"drift_phase":                 "drift phase",
	"drift_phase_start_timestamp": "start of the drift phase",
	"focus_creep":                 "focus creep",
	"total_decoupling":            "total decoupling",
	"review_age":                  "time since the last look at the objectives",
	"kill_session_age":            "time since the last decision to stop something",

	// Focus.
	"effective_workstreams_gamma":     "workstreams in use, of all together",
	"effective_workstreams_alpha":     "workstreams in use, of the average person",
	"effective_workstreams_beta":      "how differently people spread their work",
	"workstreams_rising":              "workstreams per person rise",
	"focus_hhi":                       "concentration of effort on few workstreams",
	"unplanned_workstream_rate":       "unplanned workstreams begun in a week",
	"unplanned_effort":                "effort on unplanned work",
	"wip_per_person":                  "workstreams in progress per member",
	"items_touched_daily":             "items a person touches in a day",
	"scattered_work":                  "days spread over 4 items or more",
	"active_objectives":               "objectives the team is part of",
	"pareto_share":                    "effort on the most worked-on fifth of objectives",
	"input_quality":                   "how well tickets are described at their start",
	"input_quality_trend_correlation": "trend of how well tickets are described",
	"louder_not_clearer":              "talk rises while work on objectives does not",
	"louder_not_clearer_flag":         "louder, not clearer",
	"context_switches":                "moves between workstreams in a day",
	"context_switches_many":           "days with 3 moves between workstreams or more",
	"coordination_effort":             "effort on reviews, tickets and talk",
	"reactive_effort":                 "effort on what others brought up the same day",
	"after_hours_shift":               "rise of work outside of hours",
	"after_hours_widespread":          "work outside of hours rises for many",

	// Between teams.
	"late_dependency":            "dependencies between teams found late",
	"late_dependency_delay":      "usual delay of dependencies found late",
	"mix_divergence":             "how differently teams spread over objectives",
	"silo_share":                 "effort of the largest team on a shared objective",
	"priority_translation":       "how closely teams follow the ranks",
	"priority_translation_range": "how far teams differ in following the ranks",
	"friction":                   "waiting across teams against within a team",
	"local_global_gap":           "teams report more done than the outcome moved",
	"learning_latency":           "usual time from delivery to a look at the outcome",
	"learning_latency_follow_up": "usual time from delivery to a look at the outcome, at least",
	"late_learning":              "objectives whose outcome was looked at late",

	// Words.
	"vocabulary_gap":            "words of work apart from the declared ones",
	"vocabulary_flagged_effort": "effort where the words of work are apart",
	"anchor_context_gap":        "declared terms used for something else",
	"declared_term_coverage":    "declared terms that occur in work",
	"boundary_breach":           "work that matches what is excluded",
	"text_labels":               "works judged by people, to learn from",
	"text_precision":            "guesses from words that were right",
	"text_precision_lower":      "guesses from words that were right, at least",
	"text_coverage":             "judged works that words can guess",
	"text_calibration_error":    "error of the probabilities of guesses",
	"text_risk":                 "wrong guesses over all coverages",
	"text_abstention":           "unknown work that words cannot guess",
	"text_suggested":            "unknown work with a suggestion",

	// Whether what is said done is done.
	"unverified_done":         "tickets done without a change or commit",
	"unverified_done_items":   "tickets done without a change or commit, number",
	"phantom_progress":        "tickets in progress that nobody works on",
	"phantom_progress_items":  "tickets in progress that nobody works on, number",
	"silent_work":             "effort on tickets not begun or ended",
	"reported_actual_gap":     "reported done and not backed by a change",
	"reopen":                  "tickets opened again",
	"execution_debt":          "work that what is called done still needs",
	"agent_change":            "changes that a machine wrote",
	"agent_unverified":        "changes of machines that nobody reviewed",
	"change_absorption":       "changes merged per day of review",
	"change_absorption_trend": "trend of changes merged per day of review",

	// All in one.
	"drift_index":            "drift index",
	"drift_index_least":      "drift index, lowest by other weights",
	"drift_index_most":       "drift index, highest by other weights",
	"drift_index_arithmetic": "drift index, as a plain mean",
	"drift_index_worst_two":  "drift index, of the two worst",
	"drift_index_coverage":   "part of the drift index that has a value",
	"drift_index_dominant":   "what adds most to the drift index",
}
