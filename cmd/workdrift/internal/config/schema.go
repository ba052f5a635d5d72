package config

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// A document is the configuration as it is written.
type document struct {
	Connectors     sections `yaml:"connectors"`
	ObjectivesFile string   `yaml:"objectives_file"`
	intent         `yaml:",inline"`
	Teams          []team      `yaml:"teams"`
	Identities     []person    `yaml:"identities" config:"private"`
	Bots           []string    `yaml:"bots"`
	Merging        merging     `yaml:"identity_merging"`
	Effort         effortModel `yaml:"effort"`
	Decisions      Decisions   `yaml:"decisions"`
	Privacy        Privacy     `yaml:"privacy"`
	Attribution    attributing `yaml:"attribution"`
	Windows        windows     `yaml:"windows"`
	Alerts         alerts      `yaml:"alerts"`
	Profile        profile     `yaml:"profile"`
	Brief          Brief       `yaml:"brief"`
	Storage        Storage     `yaml:"storage"`
	Web            Web         `yaml:"web"`
	Log            Log         `yaml:"log"`
}

// An intent is what was declared about the work. It may stand in a file of
// its own.
type intent struct {
	Objectives []declared  `yaml:"objectives"`
	Top        int         `yaml:"top"`
	Projects   []string    `yaml:"projects"`
	RunWork    runWork     `yaml:"run_work"`
	NonGoals   []namedRule `yaml:"non_goals"`
	Phases     []saidPhase `yaml:"phases"`
}

// A saidPhase is what a human says of the phase of drift.
type saidPhase struct {
	On    *objective.Date `yaml:"on"`
	Team  string          `yaml:"team"`
	Phase string          `yaml:"phase"`
	Why   string          `yaml:"why"`
}

type declared struct {
	ID       string          `yaml:"id"`
	Text     string          `yaml:"text"`
	Teams    []string        `yaml:"teams"`
	Start    *objective.Date `yaml:"start"`
	version  `yaml:",inline"`
	Planned  *objective.Date `yaml:"planned_due"`
	Keys     []string        `yaml:"keys"`
	Match    rule            `yaml:"match"`
	Terms    []string        `yaml:"terms"`
	Excludes exclusion       `yaml:"excludes"`
	Docs     []string        `yaml:"docs"`
	Outcome  *outcome        `yaml:"outcome"`
	History  []version       `yaml:"history"`
}

// A version is what may change about an objective. What an earlier version
// does not say was as it is now.
type version struct {
	EffectiveFrom *objective.Date `yaml:"effective_from"`
	Rank          *int            `yaml:"rank"`
	State         *string         `yaml:"state"`
	TargetShare   *float64        `yaml:"target_share"`
	Owner         *owner          `yaml:"owner" config:"private"`
	Due           *objective.Date `yaml:"due"`
}

// An owner is a team, a person, or both. A person may be named by a handle.
type owner struct {
	Team   string `yaml:"team"`
	Person string `yaml:"person"`
	GitHub string `yaml:"github"`
	Jira   string `yaml:"jira"`
	Slack  string `yaml:"slack"`
	Email  string `yaml:"email"`
}

type outcome struct {
	Query     string         `yaml:"query"`
	Direction string         `yaml:"direction"`
	Baseline  *float64       `yaml:"baseline"`
	Target    *float64       `yaml:"target"`
	Lag       *time.Duration `yaml:"lag"`
	Ratio     bool           `yaml:"ratio"`
	StandsFor string         `yaml:"stands_for"`
}

type runWork struct {
	Rules       []namedRule `yaml:"rules"`
	BudgetShare *float64    `yaml:"budget_share"`
}

type team struct {
	ID           string   `yaml:"id"`
	Zone         string   `yaml:"zone"`
	FTE          *float64 `yaml:"fte"`
	Members      []member `yaml:"members" config:"private"`
	Repositories []string `yaml:"repositories"`
	Projects     []string `yaml:"projects"`
	Groups       []string `yaml:"groups"`
}

// A member is written as a name alone, or as a mapping.
type member struct{ memberFields }

type memberFields struct {
	Person string          `yaml:"person"`
	From   *objective.Date `yaml:"from"`
	Until  *objective.Date `yaml:"until"`
	Share  *float64        `yaml:"share"`
}

type person struct {
	Person  string      `yaml:"person"`
	Handles []string    `yaml:"handles"`
	Zone    string      `yaml:"zone"`
	FTE     *float64    `yaml:"fte"`
	Leave   []dateRange `yaml:"leave"`
}

type dateRange struct {
	From  *objective.Date `yaml:"from"`
	Until *objective.Date `yaml:"until"`
}

type merging struct {
	VerifiedEmail bool `yaml:"verified_email"`
	Profiles      bool `yaml:"profiles"`
}

type effortModel struct {
	Model       string  `yaml:"model"`
	Weights     weights `yaml:"weights"`
	FullWeight  int     `yaml:"full_weight"`
	HoursPerDay float64 `yaml:"hours_per_day"`
	WorkingDays int     `yaml:"working_days"`
}

type weights struct {
	Code       int `yaml:"code"`
	Review     int `yaml:"review"`
	Ticket     int `yaml:"ticket"`
	Discussion int `yaml:"discussion"`
}

// Decisions says what a decision is, and how one to stop is judged.
type Decisions struct {
	// StopQuietDays is how many days without touches make a stop.
	StopQuietDays int `yaml:"stop_quiet_days"`
	// GraceDays is how long work on a stopped objective still counts as its.
	GraceDays int `yaml:"grace_days"`
	// Types and Labels are those of tickets that are decisions.
	Types  []string `yaml:"types"`
	Labels []string `yaml:"labels"`
	// Paths are patterns of the files that record decisions.
	Paths []string `yaml:"paths"`
	// DesignLabels are the labels of changes that are decisions.
	DesignLabels []string `yaml:"design_labels"`
	// Reactions are the emoji names that mark a message as a decision.
	Reactions []string `yaml:"reactions"`
}

// Privacy holds the limits below which nothing is published.
type Privacy struct {
	KPeople             int     `yaml:"k_people"`
	KEffort             int     `yaml:"k_effort"`
	Dominance           float64 `yaml:"dominance"`
	MinPersonDays       float64 `yaml:"min_person_days"`
	HumanDebt           bool    `yaml:"human_debt"`
	LedgerRetentionDays int     `yaml:"ledger_retention_days"`
}

type attributing struct {
	Threshold       float64 `yaml:"threshold"`
	Text            string  `yaml:"text"` // off, suggest, on
	TargetPrecision float64 `yaml:"target_precision"`
	MinLabels       int     `yaml:"min_labels"`
}

type windows struct {
	Labels               []string      `yaml:"labels"`
	FiscalYearStartMonth int           `yaml:"fiscal_year_start_month"`
	CloseGrace           time.Duration `yaml:"close_grace"`
	FreezeAfter          time.Duration `yaml:"freeze_after"`
	Zone                 string        `yaml:"zone"`
}

type alerts struct {
	TopObjectivesEffort float64 `yaml:"top_objectives_effort"`
	ShadowEffort        float64 `yaml:"shadow_effort"`
	AllocationGap       float64 `yaml:"allocation_gap"`
	PriorityInversion   float64 `yaml:"priority_inversion"`
	EffortCoverage      float64 `yaml:"effort_coverage"`
}

// A profile says how scores are put side by side.
type profile struct {
	DriftIndex bool       `yaml:"drift_index"`
	Dimensions dimensions `yaml:"dimensions"`
}

// Storage says where everything is kept.
type Storage struct {
	// Directory is absolute once the configuration is loaded.
	Directory string `yaml:"directory"`
}

// Web says who may reach the pages, the API and the metrics.
type Web struct {
	ListenAddress string `yaml:"listen_address"`
	// ProbeAddress serves health and readiness alone, without authentication;
	// "" when it does not listen.
	ProbeAddress string `yaml:"probe_address"`
	// ConfigFile is a web configuration file of the Prometheus
	// exporter-toolkit, absolute; "" when there is none.
	ConfigFile string `yaml:"web_config_file"`
	// Login says whether that file asks for a password or a certificate.
	Login                bool `yaml:"-"`
	AllowUnauthenticated bool `yaml:"allow_unauthenticated"`
	// Local says whether the pages are for this machine alone: nobody else can
	// reach ListenAddress, and no name leads to it.
	Local        bool     `yaml:"-"`
	loopback     bool     // nobody else can reach ListenAddress
	EnableReload bool     `yaml:"enable_reload"`
	EnablePprof  bool     `yaml:"enable_pprof"`
	AllowedHosts []string `yaml:"allowed_hosts"`
	Access       Access   `yaml:"access"`
	// HooksAddress serves deliveries of webhooks alone; "" serves them at
	// ListenAddress.
	HooksAddress string `yaml:"hooks_address"`
	// HooksConfigFile is to HooksAddress what ConfigFile is to ListenAddress.
	HooksConfigFile string `yaml:"hooks_web_config_file"`
	// HooksBodyLimit is the size of the largest delivery in bytes.
	HooksBodyLimit int `yaml:"hooks_body_limit"`
	// MetricsSeriesLimit is the number of series of the organisation's scores
	// above which families are dropped.
	MetricsSeriesLimit int `yaml:"metrics_series_limit"`
}

// Log says what is logged, and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text, json
}

// defaults returns what holds for every key that is not given.
func defaults() document {
	return document{
		intent:  intent{Top: 3},
		Merging: merging{Profiles: true},
		Effort: effortModel{
			Model: "presence", Weights: weights{Code: 4, Review: 2, Ticket: 1, Discussion: 1},
			FullWeight: 2, HoursPerDay: 8, WorkingDays: 5,
		},
		Decisions: Decisions{
			StopQuietDays: 14, GraceDays: 7,
			Types: []string{"decision", "adr", "rfc"}, Labels: []string{"decision", "adr", "rfc"},
			Paths: []string{"docs/adr/**", "rfcs/**"}, DesignLabels: []string{"design"}, Reactions: []string{"decision"},
		},
		Privacy:     Privacy{KPeople: 5, KEffort: 3, Dominance: .7, MinPersonDays: 20, LedgerRetentionDays: 400},
		Attribution: attributing{Threshold: .5, Text: scoring.TextSuggest.String(), TargetPrecision: .9, MinLabels: 50},
		Windows: windows{
			Labels: windowLabels(), FiscalYearStartMonth: 1,
			CloseGrace: 6 * time.Hour, FreezeAfter: 7 * 24 * time.Hour, Zone: "UTC",
		},
		Alerts: alerts{
			TopObjectivesEffort: .5, ShadowEffort: .5, AllocationGap: .35,
			PriorityInversion: .5, EffortCoverage: .6,
		},
		Profile: profile{Dimensions: scoring.DefaultDimensions()},
		Brief: Brief{
			Editions: []string{BriefWeekly, BriefKillSession},
			Weekly:   BriefTime{Weekday: "tuesday", Time: "08:00"}, KillSession: BriefTime{Weekday: "tuesday", Time: "08:00"},
		},
		Storage: Storage{Directory: "workdrift-data"},
		Web:     Web{ListenAddress: "127.0.0.1:9797", HooksBodyLimit: 5 << 20, MetricsSeriesLimit: 2000, Access: Access{LoginRole: "read"}},
		Log:     Log{Level: "info", Format: "text"},
	}
}

func windowLabels() []string { return []string{"7d", "28d", "91d", "quarter"} }

func (m *member) read(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode {
		m.Person, _ = d.text(n, path)
		return
	}
	d.fill(n, &m.memberFields, path)
}
