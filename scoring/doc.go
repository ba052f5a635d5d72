// Package scoring turns what was declared and what was done into scores: an
// Engine holds what a report is made of, Evaluate makes a report from scratch,
// and a Collector exposes the last one to Prometheus. It is pure: no clock, no
// network, no database.
//
// This page says what each score is, by the name under which reports and the
// label score know it. The metric is workdrift_<name> with a unit, with team_ or
// objective_ before the name where it is of one. The formulas with their edge
// cases are in the packages below this one; what is healthy and what is alarming
// stands in the help of each metric, with how good the evidence for it is.
//
// # What all scores share
//
// Effort is counted in person-days, in integer millionths: a person's day is
// split over what they were present at, whatever the number of commits or
// messages (package effort). Every piece of work belongs to one bucket (package
// attribution): on an objective, run work, excluded, stopped, or unknown.
//
// A score has a status. Nothing over nothing is undefined and absent, never 0;
// too small a sample is insufficient; too few people are suppressed; a source
// that is late makes it stale. Unknown work counts as off-strategy in the value,
// and the bounds put it on either side.
//
// The scores of the ledger have windows of 7, 28 and 91 days and the quarter.
// All others are as of the last closed day. Trends, charts and phases run on ISO
// weeks, which do not overlap: on rolling values they would raise false alarms.
// A trend is Kendall's tau with a variance that allows for weeks that resemble
// their neighbours.
//
// # Allocation and shadow roadmap
//
//   - top_objectives_effort, top_objectives_discretionary_effort: effort on the
//     N highest ranks, as ranked on each day, over all effort; the second leaves
//     run work out below. effort_model_spread is the largest difference that the
//     choice among three models of effort makes to it.
//   - allocation_gap: half of the sum of the differences between the shares that
//     are declared and those that were spent.
//   - priority_inversion, priority_fidelity_correlation,
//     priority_weighted_alignment: whether effort follows the ranking, as the
//     share of differences between two objectives that go the wrong way, as a
//     rank correlation, and as a mean weighted by rank. priority_translation and
//     priority_translation_range are median and range of the correlations of the
//     teams.
//   - starved_objectives: top priorities with less than a twentieth.
//   - shadow_effort: excluded, stopped and unknown effort over that and effort on
//     objectives. shadow_roadmap is the same as a ratio of the two, which passes
//     1 where the share passes one half; shadow_roadmap_broad adds run work
//     above. shadow_over_half_probability says how sure the half is passed, and
//     objectives_effort_adjusted corrects for the errors of attribution that
//     human decisions showed.
//   - run_work_effort, toil_overrun: run work over all effort, and the person-time
//     beyond its budget.
//   - effort_coverage: active person-days over available ones. restatement: how
//     much of frozen weeks counts for something else since.
//
// # Decision velocity (package velocity)
//
// A decision to stop starts a clock once it is known and in effect: an objective
// that is retired, deprioritised or paused, an item that is flagged, a rule that
// newly excludes the item. Work stopped at the last touch before 14 days
// without one; what was not certain by then is censored, not left out.
//
//   - stop_latency_restricted_mean, stop_latency_long_restricted_mean,
//     stop_latency_median: of the Kaplan-Meier curve of the decisions of a year,
//     the mean of the first 28 and 90 days, and the median;
//     stop_latency_follow_up bounds the median from below while there is none.
//   - announcement_lag: from effective to known. stop_total_latency_median and
//     stop_total_latency_restricted_mean count from effective on.
//   - zombie_effort: effort on stopped objectives after the grace, over all.
//     zombie_workstreams go on after 28 days, live_zombie_workstreams got more
//     than a person-day in the last 14. stop_resurrections ended a quiet run.
//
// # Confidence (package confidence)
//
//   - confidence: reported, the weighted median of what people said last within
//     28 days, half as heavy every 14; and observed, the exact probability that
//     the open tickets are done by the due date if each coming week is one of
//     those seen. outcome_confidence continues the outcome's trend to that date.
//     forecast_range is how likely the next week is like one that was seen.
//   - confidence_gap is the first minus the second, confidence_spread the
//     interquartile range of the reports, checkin_timestamp the newest one.
//   - watermelon: green outside, while even the kindest forecast is below one
//     half, or the outcome has stalled.
//   - due_slip, replans: by how much of the plan's length its end has moved, and
//     how often.
//   - confidence_brier, confidence_brier_skill, confidence_bias: what was reported
//     28 days before the end against what came.
//
// # Output and outcome (package outcome)
//
//   - output_outcome_divergence: tau of the output times one minus tau of the
//     outcome, falls counted as 0. output_without_outcome is the flag with
//     evidence: the output or the effort is shown to rise, and the outcome shown
//     to make less than half of the pace it needs. outcome_stalled is that
//     second half with 10 person-days spent.
//   - output_yield, outcome_yield: verified items, and parts of the way to the
//     target, per 10 person-days. slow_degradation: the effort holds and the
//     items per person-day fall.
//   - outcome_predictability: spread around its own line, now over before.
//     proxy_decoupling, proxy_decoupled: a metric that no longer moves with what
//     it stands for. noise_output: tickets done for no active objective.
//   - outcome_query, outcome_sample_timestamp: what the query answered last, and
//     the age of that.
//
// Flags that rest on a p-value are judged together by Benjamini and Hochberg at
// 10 %: see stat.Discoveries.
//
// # Consensus (package consensus)
//
//   - consensus_trap: decisions with two of 8 people, 4 rounds of review, and
//     longer than 72 hours and twice the team's median. decision_participants,
//     decision_rounds and decision_duration are those of the decision in the
//     middle.
//   - time_to_decision, time_to_decision_follow_up: Kaplan-Meier with the open
//     ones. decision_debt adds up their ages; open_decisions and old_decisions
//     count them.
//
// # Focus (package focus)
//
//   - effective_workstreams: the exponential of the entropy of effort over
//     workstreams, of the whole (gamma), of the average person (alpha), and the
//     first over the second (beta). workstreams_rising compares alpha with its
//     own half year; focus_hhi is the sum of squared shares.
//   - unplanned_workstream_rate, unplanned_effort: what began on no objective.
//   - wip_per_person, items_touched_daily, scattered_work, active_objectives,
//     pareto_share: how much lies open, on how much a day is spread, and how much
//     goes to the most worked-on fifth.
//
// # Words (package vocabulary)
//
//   - vocabulary_gap, anchor_context_gap: Jensen-Shannon divergence between the
//     words of work and of its declaration, or around one declared term, above
//     what permuted items give. vocabulary_flagged_effort is the effort of the
//     pairs that are flagged.
//   - declared_term_coverage, boundary_breach: declared terms that occur, and
//     works that match what their objective excludes.
//   - text_labels, text_precision, text_precision_lower, text_coverage,
//     text_calibration_error, text_risk, text_abstention, text_suggested: how far
//     guesses from words can be believed, by what humans decided (package text).
//
// # Phases (package phase)
//
//   - drift_indicator: of focus creep, of the vocabulary gap, of total decoupling.
//     drift_latch is on from 3 of 4 weeks at the threshold until 4 of 4 are low;
//     drift_phase is the highest latch, drift_phase_start_timestamp its beginning.
//
// # Debt (package debt)
//
//   - unverified_done, unverified_done_items: done, without a change or commit
//     linked around that time. phantom_progress, phantom_progress_items: in
//     progress, untouched for 10 working days. silent_work: code on tickets that
//     are not in progress. reported_actual_gap: done as reported minus done as
//     verified. reopen: opened again. execution_debt: all of it as person-time.
//   - agent_change, agent_unverified, change_absorption, change_absorption_trend:
//     what machines write, who looks at it, and whether looking keeps pace.
//   - context_switches, context_switches_many, late_work_shift,
//     late_work_widespread, coordination_effort, reactive_effort: what work costs
//     a team, off unless privacy.human_debt is on, and never of a person.
//
// # Coherence (package coherence)
//
//   - late_dependency, late_dependency_delay: links between teams made more than a
//     day after the blocked item was started. friction: waiting across teams over
//     waiting within one.
//   - mix_divergence, silo_share, local_global_gap: how differently teams spend,
//     how much of a shared objective one team has, and teams done while the
//     outcome is not.
//   - ownership_gap, ownership_gap_objectives: nobody owns it, no account of the
//     owner is active, or no owner shows. Of several accounts of a person one
//     that is active is enough, and those that no source tells of do not count.
//   - endstate_clarity, unclear_objectives, activity_phrased: query with data,
//     target, due date, baseline, and a text that names a state.
//   - feedback_coverage, learning_latency, learning_latency_follow_up,
//     late_learning, line_of_sight, oer_completeness: whether anything comes back
//     from the outcome, how soon, and how much work has a way to it.
//   - decision_visibility, decision_traceability: decisions with a lasting record,
//     and with one that leads to an objective.
//
// # Structure and cadence (packages structure, cadence)
//
//   - structure_shift, structure_shift_timestamp: the newest step of a score's
//     weeks, which do not overlap, by optimal partitioning and Welch's test, and
//     beyond chance among all series (Benjamini and Hochberg). structure_alarm: a
//     CUSUM chart left its limits. Which scores are watched, and why others are
//     not, is in one table. structure_shift_evidence and
//     structure_shift_matches_needed say what an edit around that time is worth
//     as evidence, unexplained_shift how many shifts have none. It coincides;
//     nobody says that it caused.
//   - objective_churn, rank_volatility: weighted edits and moved places in 90 days.
//   - review_timestamp, checkin_adjustment, checkin_response: when objectives were
//     looked at, whether something followed, and who answers.
//   - kill_session_timestamp, stops_per_start, workstream_net_growth,
//     non_goal_coverage: whether anything is ever given up.
//   - scope_churn, scope_edits, input_quality, input_quality_trend_correlation:
//     what work begins with, and what is added later.
//   - louder_not_clearer: coordination rises and aligned work does not.
//   - loop_closure, loop_closure_follow_up, loop_action: from an alert to a
//     correction.
//
// # Profile (package profile)
//
//   - drift_profile: each score scaled from good to bad. There is no single number
//     unless asked for: drift_index with drift_index_reweighted,
//     drift_index_otherwise, drift_index_coverage and drift_index_dominant, which
//     show how much of it is opinion.
//   - top_objectives_effort_shrunk, top_objectives_effort_funnel,
//     shadow_effort_shrunk, shadow_effort_funnel: teams against the mean of the
//     teams, by the size of their samples. Never a ranking.
//
// # What is not measured
//
// Intent, motivation, talent, the quality of a strategy, layers of an
// organisation and careers leave no trace in trackers, and no score pretends to
// see them. Meetings, reading, pairing, design and support calls are invisible,
// so that effort is visible effort. What is changed in a tracker itself, such as
// its workflow, has no history here: a shift that follows from it is unexplained.
package scoring
