package scoring

import (
	"slices"

	"github.com/workdrift/workdrift/scoring/stat"
)

// Why the weeks of a score are not watched.
const (
	ofManyWeeks = "it is itself about many weeks, and its values of two weeks overlap"
	ofAMoment   = "it is a state as of a day: how it stood at the ends of past weeks is not kept"
	ofFewEvents = "too few events in a week for a value of its own"
	ofADate     = "it is a point in time, which has no level"
	ofEdits     = "it is made from the edits of what is declared, with which shifts are compared"
	ofShadow    = "it follows from shadow_effort, which is watched"
	ofAScore    = "it is a reading of another score, which is watched where it has weeks"
	ofPeople    = "it is about people: weeks would tell more finely of them than the score may"
	ofJudged    = "it is about the judgement of works, as of a day, and not about weeks"
	// Of teams and objectives, where the organisation's weeks are watched.
	notOfTeams = "of a team only the headline shares are watched: with every score of every team chance would find more shifts than there are"
)

// watchings says of every score how its weeks are watched, or why they are not
// (score specification, section 4.13). TestEveryScoreIsWatchedOrNot holds it
// against the catalogue.
func watchings() []watching {
	return slices.Concat(watchedBySums(), watchedByBlocks(), watchedByGroups(), unwatchedEvents(), unwatchedStates(), unwatchedOthers())
}

// watchedBySums are about where the effort goes, from the sums of the week.
func watchedBySums() []watching {
	const org, teams, objectives = ofOrganisation, ofTeams, ofObjectives
	return []watching{
		{score: TopObjectivesEffort, of: org | teams, scale: inRatio(), headline: true, sums: (*evaluation).topIn},
		{score: ShadowEffort, of: org | teams, scale: inRatio(), headline: true, sums: (*evaluation).shadowIn},
		{score: RunWorkEffort, of: org | teams, scale: inRatio(), headline: true, sums: (*evaluation).runWorkIn},
		{score: watchedEffort, of: objectives, scale: inRatio(), headline: true, work: true}, // the share of an objective, see objectiveWeeks
		{score: watchedUnknown, of: org, scale: inRatio(), sums: (*evaluation).unknownIn},
		{score: ZombieEffort, of: org, scale: inRatio(), sums: (*evaluation).stoppedIn, why: notOfTeams},
		{score: TopDiscretionaryEffort, of: org, scale: inRatio(), sums: (*evaluation).topDiscretionaryIn, why: notOfTeams},
		{score: ShadowRoadmap, why: ofShadow},
		{score: ShadowOverHalf, why: ofShadow},
		{score: AdjustedObjectivesEffort, why: ofShadow},
		{score: ShadowRoadmapBroad, of: org, scale: inOdds(), sums: (*evaluation).broadShadowIn, why: notOfTeams},
		{score: AllocationGapScore, of: org, scale: inRatio(), sums: (*evaluation).gapIn, why: notOfTeams},
		{score: PriorityInversionScore, of: org, scale: inRatio(), sums: (*evaluation).inversionIn, why: notOfTeams},
		{score: PriorityWeightedAlignment, of: org, scale: inRatio(), sums: (*evaluation).weightedIn, why: notOfTeams},
		{score: PriorityFidelityScore, of: org, scale: inCorrelation(), sums: (*evaluation).fidelityIn, why: notOfTeams},
		{score: StarvedObjectives, of: org, scale: inItems(), sums: (*evaluation).starvedIn, why: notOfTeams},
		{score: ParetoShare, of: org, scale: inRatio(), sums: (*evaluation).paretoIn, why: notOfTeams},
		{score: EffortCoverage, of: org, scale: inRatio(), trend: true, why: notOfTeams},
		{score: EffortModelSpread, of: org, scale: inRatio(), trend: true, why: notOfTeams},
		{score: ToilOverrunScore, why: "it follows from run_work_effort, which is watched, and the declared budget"},
		{score: RestatementScore, why: "newer weeks have had less time to be relabelled, so that it falls by itself"},
	}
}

// watchedByBlocks are about focus, from the block of the week.
func watchedByBlocks() []watching {
	const org = ofOrganisation
	return []watching{
		{score: EffectiveWorkstreams + "_gamma", of: org, scale: inWorkstreams(), block: func(b *block) stat.Estimate { return b.wide.carried.Gamma }, why: notOfTeams},
		{score: EffectiveWorkstreams + "_alpha", of: org, scale: inWorkstreams(), block: func(b *block) stat.Estimate { return b.wide.carried.Alpha }, why: notOfTeams},
		{score: EffectiveWorkstreams + "_beta", of: org, scale: inWorkstreams(), block: func(b *block) stat.Estimate { return b.wide.carried.Beta }, why: notOfTeams},
		{score: FocusHHI, of: org, scale: inRatio(), block: func(b *block) stat.Estimate { return b.wide.focused }, why: notOfTeams},
		{score: UnplannedWorkstreams, of: org, scale: inItems(), block: func(b *block) stat.Estimate { return b.Unplanned }, why: notOfTeams},
		{score: UnplannedEffort, of: org, scale: inRatio(), block: func(b *block) stat.Estimate { return b.wide.unplanned }, why: notOfTeams},
		{score: MixDivergence, of: org, scale: inRatio(), block: func(b *block) stat.Estimate { return b.wide.apart }},
		{score: PriorityTranslation, of: org, scale: inCorrelation(), block: func(b *block) stat.Estimate { return b.wide.translated }},
		{score: PriorityTranslationGap, why: "it is the distance of the two farthest teams: with other teams in each week that may be told it moves by itself"},
		{score: WorkstreamsRising, why: ofManyWeeks},
		{score: WIPPerPerson, why: ofAMoment},
		{score: ItemsTouched, of: org, scale: inItems(), block: func(b *block) stat.Estimate { return b.wide.touched }, why: notOfTeams},
		{score: ScatteredWork, of: org, scale: inRatio(), block: func(b *block) stat.Estimate { return b.wide.scattered }, why: notOfTeams},
		{score: ActiveObjectives, why: notOfTeams},
	}
}

// watchedByGroups are handed over by the groups, which look at each item once.
func watchedByGroups() []watching {
	const org, objectives = ofOrganisation, ofObjectives
	return []watching{
		{score: NoiseOutput, of: org, scale: inRatio()},
		{score: InputQuality, of: org, scale: inRatio()},
		{score: UnverifiedDone, of: org, scale: inRatio(), why: notOfTeams},
		{score: AgentChanges, of: org, scale: inRatio()},
		{score: TimeToChange, of: org, scale: inHours(), why: notOfTeams},
		{score: ReportedConfidence, of: objectives, scale: inRatio()},
		{score: OutputYield, of: objectives, scale: inItems(), work: true},
	}
}

// unwatchedEvents are decisions, reports of how sure people are, outcomes and
// agreement.
func unwatchedEvents() []watching {
	return []watching{
		{score: "stop_*", why: ofFewEvents},
		{score: AnnouncementLag, why: ofFewEvents},
		{score: ZombieWorkstreams, why: ofAMoment},
		{score: LiveZombieWorkstreams, why: ofAMoment},
		{score: ObservedConfidence, why: ofManyWeeks},
		{score: ForecastRange, why: ofManyWeeks},
		{score: ConfidenceGap, why: ofManyWeeks},
		{score: WatermelonScore, why: ofManyWeeks},
		{score: WatermelonRatio, why: ofManyWeeks},
		{score: OutcomeConfidence, why: ofManyWeeks},
		{score: CheckIn, why: ofADate},
		{score: ConfidenceSpread, why: "it needs 5 reporters, which few objectives have in a week"},
		{score: DueSlip, why: ofEdits},
		{score: Replans, why: ofEdits},
		{score: "confidence_b*", why: ofFewEvents}, // those of reports that came due

		// Outcomes: lines through weeks.
		{score: OutcomeQuery, why: ofAMoment},
		{score: OutcomeSample, why: ofADate},
		{score: OutcomeDivergence, why: ofManyWeeks},
		{score: OutcomeDiverged, why: ofManyWeeks},
		{score: OutcomeStalled, why: ofManyWeeks},
		{score: OutcomePredictability, why: ofManyWeeks},
		{score: OutcomeYield, why: ofManyWeeks},
		{score: SlowDegradation, why: ofManyWeeks},
		{score: ProxyDecoupling, why: ofManyWeeks},
		{score: ProxyDecoupled, why: ofManyWeeks},

		// Agreement.
		{score: ConsensusTrap, why: ofFewEvents},
		{score: ChangeTrap, why: "who said what is looked up for the changes of 28 days: over a year that is every touch of every change"},
		{score: TimeToDecision, why: ofFewEvents},
		{score: TimeToDecisionAtBest, why: ofFewEvents},
		{score: DecisionDebt, why: ofAMoment},
		{score: ChangeDebt, why: ofAMoment},
		{score: OpenDecisions, why: ofAMoment},
		{score: OldDecisions, why: ofAMoment},
		{score: DecisionPeople, why: ofFewEvents},
		{score: DecisionRounds, why: ofFewEvents},
		{score: DecisionDuration, why: ofFewEvents},
		{score: DecisionVisibility, why: ofFewEvents},
		{score: DecisionTraceability, why: ofFewEvents},
	}
}

// unwatchedStates are about what is declared, how it is kept, and the way to the
// outcome.
func unwatchedStates() []watching {
	return []watching{
		{score: "structure_*", why: "it is what the weeks are watched for"},
		{score: UnexplainedShifts, why: "it is what the weeks are watched for"},
		{score: ObjectiveChurn, why: ofEdits},
		{score: RankVolatility, why: ofEdits},
		{score: ReviewTime, why: ofADate},
		{score: KillSession, why: ofADate},
		{score: AdjustRatio, why: ofFewEvents},
		{score: CheckInResponse, why: ofPeople},
		{score: NonGoalCoverage, why: ofEdits},
		{score: StopsPerStart, why: ofManyWeeks},
		{score: NetGrowth, why: ofManyWeeks},
		{score: ScopeChurn, why: "it adds up from the start of the objective on"},
		{score: ScopeEdits, why: "it adds up from the start of the objective on"},
		{score: "loop_*", why: ofFewEvents},
		{score: InputTrend, why: ofManyWeeks},
		{score: Louder + "*", why: ofManyWeeks},
		{score: "drift_phase*", why: "it is a detector over weeks by itself"},
		{score: DriftIndicator + "_*", why: "it is a detector over weeks by itself"},
		{score: DriftLatch + "_*", why: "it is a detector over weeks by itself"},

		// Between teams, and on the way to the outcome.
		{score: "late_dependency*", why: ofFewEvents},
		{score: SiloShare, why: "an objective of few people has teams of one or two in a week, which may not be told"},
		{score: OwnershipGap, why: ofAMoment},
		{score: OwnershipGapByNumber, why: ofAMoment},
		{score: EndstateClarity, why: ofEdits},
		{score: UnclearObjectives, why: ofEdits},
		{score: ActivityPhrased, why: ofEdits},
		{score: FeedbackCoverage, why: ofAMoment}, // whether a measurement was fresh
		{score: LineOfSight + "*", why: ofAMoment},
		{score: OERCompleteness, why: ofManyWeeks},
		{score: Friction, why: ofFewEvents},
		{score: "learning_latency*", why: ofFewEvents},
		{score: LateLearning, why: ofFewEvents},
		{score: LocalGlobalGap, why: ofManyWeeks},
	}
}

// unwatchedOthers are about words and debt, and what is put together from other
// scores.
func unwatchedOthers() []watching {
	return []watching{
		{score: VocabularyGap, why: "a week has too few words: it needs 20 items and 300 terms on either side"},
		{score: VocabularyFlagged, why: "a week has too few words: it needs 20 items and 300 terms on either side"},
		{score: AnchorContextGap, why: "a week has too few words: it needs 20 items and 300 terms on either side"},
		{score: DeclaredTermCoverage, why: "a week has too few words: it grows with how many are read"},
		{score: BoundaryBreach, why: ofFewEvents},
		{score: "text_*", why: ofJudged},

		// Execution debt.
		{score: UnverifiedItems, why: "it grows with how many tickets are done: their share is watched, as unverified_done"},
		{score: "phantom_progress*", why: ofAMoment},
		{score: SilentWork, why: "the state of a ticket on each day is looked up for 28 days: over a year that is every piece of code"},
		{score: ReportedActualGap, why: ofAMoment},
		{score: ReopenedItems, why: "newer weeks have had less time to be opened again, so that it falls by itself"},
		{score: ExecutionDebt, why: ofAMoment},
		{score: AgentUnverified, why: ofFewEvents},
		{score: ChangeAbsorption, why: "the days of review are looked up for 12 weeks, and it has a trend of its own over them"},
		{score: ChangeAbsorptionTrend, why: ofManyWeeks},

		// Human debt, and what is put together from other scores.
		{score: "context_switches*", why: ofPeople},
		{score: "after_hours_*", why: ofPeople},
		{score: CoordinationEffort, why: ofPeople},
		{score: ReactiveEffort, why: ofPeople},
		{score: DriftProfile + "_*", why: ofAScore},
		{score: DriftIndex + "*", why: ofAScore},
		{score: TopObjectivesEffort + shrunk, why: ofAScore},
		{score: TopObjectivesEffort + funnel, why: ofAScore},
		{score: ShadowEffort + shrunk, why: ofAScore},
		{score: ShadowEffort + funnel, why: ofAScore},
	}
}
