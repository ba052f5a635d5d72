package demo

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// Config returns the configuration under which Workdrift reads the
// organisation, as YAML: what an operator would write, so that it can serve as
// an example.
func (o *Organisation) Config(listen, tokenFile string) string {
	history := o.History(listen, tokenFile)
	return history[len(history)-1].Text
}

// A Version is the configuration as it was written down at a time.
type Version struct {
	At   time.Time
	Text string
}

// History returns how the configuration was edited over the story, oldest
// first, as a repository of it would hold it. Only what is declared changes.
func (o *Organisation) History(listen, tokenFile string) []Version {
	o.mu.Lock()
	defer o.mu.Unlock()
	var versions []Version
	for _, plan := range o.story.Plans() {
		versions = append(versions, Version{plan.Known, o.config(listen, tokenFile, plan)})
	}
	return versions
}

// config writes the configuration with what a plan declares.
func (o *Organisation) config(listen, tokenFile string, plan fake.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# The configuration of the demo. The organisation is made up.
connectors:
  github:
    type: github
    interval: 2s
    base_url: %s/
    graphql_url: %s/graphql
    token_file: %s
    organizations: [harbourline]
    since: 190d
  jira:
    type: jira
    interval: 2s
    base_url: %s/
    email: %s
    token_file: %s
    projects: [PLAT, PAY, GROW, APP, OPS]
    groups: [mobile-crew]
    since: 200d
  slack:
    type: slack
    interval: 2s
    base_url: %s/api/
    token_file: %s
    channels: ["obj-*", "team-*", incidents, check-ins, decisions]
    checkin_channels: [check-ins]
    profile_fields: {github: GitHub}
    since: 190d
  results:
    type: prometheus
    interval: 2s
    base_url: %s
    token_file: %s
web: {listen_address: %q, %s}
storage: {directory: .}
brief: # late in the week: a day passes faster than sources are read
  weekly: {weekday: thursday}
  kill_session: {weekday: thursday}
  slack: {channel: %s, base_url: "%s/api/", token_file: %s}
  directory: briefs
log: {level: warn}
top: 3
`, o.GitHub(), o.GitHub(), tokenFile, o.Jira(), account, tokenFile, o.Slack(), tokenFile, o.Prometheus(), tokenFile, listen, access(listen), o.portfolio, o.Slack(), tokenFile)
	b.WriteString("objectives:\n")
	owners := make(map[string]string) // by team: the first of its people
	for _, t := range o.story.Teams() {
		owners[t.ID] = t.Members[0]
	}
	for _, objective := range plan.Objectives {
		writeObjective(&b, objective, owners[objective.Teams[0]], o.story.Start())
	}
	fmt.Fprintf(&b, `run_work:
  budget_share: 0.15
  rules:
    - {name: incidents, labels: [%s, %s]}
    - {name: upgrades, any: [{labels: [%s]}, {bots: ["dependabot*"]}]}
`, fake.LabelIncident, fake.LabelOnCall, fake.LabelBump)
	if plan.NonGoal {
		fmt.Fprintf(&b, "non_goals:\n  - {name: product-led growth, labels: [%s]}\n", fake.LabelNonGoal)
	}
	o.writePeople(&b, o.story.Teams())
	return b.String()
}

// access is what the configuration says about an address. Others may read what
// is made up when it is shown to them, as from inside a container, and change
// nothing.
func access(listen string) string {
	host, _, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && ip != nil && !ip.IsLoopback() {
		return "allow_unauthenticated: true"
	}
	return "enable_reload: true"
}

func writeObjective(b *strings.Builder, o fake.Objective, owner string, start time.Time) {
	fmt.Fprintf(b, "  - id: %s\n    rank: %d\n    text: %q\n    owner: {team: %s, person: %s}\n    teams: [%s]\n    keys: [%q]\n    start: %s\n",
		o.ID, o.Rank, o.Text, o.Teams[0], owner, strings.Join(o.Teams, ", "), o.Epic, start.Format(time.DateOnly))
	if target, ok := targets()[o.Rank]; ok {
		fmt.Fprintf(b, "    target_share: %g\n", target)
	}
	if !o.Reranked.IsZero() {
		fmt.Fprintf(b, "    effective_from: %s\n    history:\n      - {effective_from: %s, rank: %d, target_share: %g}\n",
			o.Reranked.Format(time.DateOnly), start.Format(time.DateOnly), o.Before, targets()[o.Before])
	}
	if !o.Retired.IsZero() {
		fmt.Fprintf(b, "    state: retired\n    effective_from: %s\n", o.Retired.Format(time.DateOnly))
	}
	if !o.Due.IsZero() {
		fmt.Fprintf(b, "    due: %s\n", o.Due.Format(time.DateOnly))
	}
	if m := o.Outcome; m != nil {
		fmt.Fprintf(b, "    outcome: {query: '%s', direction: %s, baseline: %g, target: %g}\n", m.Query, m.Direction, m.Baseline, m.Target)
	}
	fmt.Fprintf(b, "    terms: [%s]\n", quoted(o.Terms))
	if len(o.Excluded) > 0 {
		fmt.Fprintf(b, "    excludes: {terms: [%s]}\n", quoted(o.Excluded))
	}
	fmt.Fprintf(b, "    match:\n      any:\n        - {labels: [%q]}\n", o.Label)
	if len(o.Paths) > 0 {
		fmt.Fprintf(b, "        - {paths: [%s]}\n", quoted(o.Paths))
	}
	if len(o.Repos) > 0 {
		fmt.Fprintf(b, "        - {repos: [%s]}\n", quoted(o.Repos))
	}
}

// targets are the declared shares by rank.
func targets() map[int]float64 {
	return map[int]float64{1: .3, 2: .25, 3: .2, 4: .05, 5: .05}
}

func (o *Organisation) writePeople(b *strings.Builder, teams []fake.Team) {
	b.WriteString("teams:\n")
	for _, t := range teams {
		members := "members: [" + strings.Join(t.Members, ", ") + "]"
		if t.ID == "mobile" {
			members = `groups: ["jira:mobile-crew"]`
		}
		fmt.Fprintf(b, "  - {id: %s, zone: %s, %s, repositories: [%s]}\n", t.ID, t.Zone, members, quoted(t.Repos))
	}
	// Most accounts find each other by their address; who hides it is named.
	b.WriteString("identity_merging: {verified_email: true}\nidentities:\n")
	for _, t := range teams {
		for _, login := range t.Members {
			handles := []string{"github:" + login, "email:" + login + "@harbourline.example"}
			if account := o.story.Hidden()[login]; account != "" {
				handles = append(handles, "jira:"+account)
			}
			fmt.Fprintf(b, "  - {person: %s, handles: [%s]}\n", login, quoted(handles))
		}
	}
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ", ")
}
