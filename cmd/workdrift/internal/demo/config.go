package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// Config returns the configuration under which Workdrift reads the
// organisation, as YAML: what an operator would write, so that it can serve as
// an example.
func (o *Organisation) Config(listen, tokenFile string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
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
    since: 190d
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
web: {listen_address: %q, enable_reload: true}
storage: {directory: .}
log: {level: warn}
top: 3
`, o.GitHub(), o.GitHub(), tokenFile, o.Jira(), account, tokenFile, o.Slack(), tokenFile, o.Prometheus(), tokenFile, listen)
	b.WriteString("objectives:\n")
	for _, objective := range o.story.Objectives() {
		writeObjective(&b, objective)
	}
	fmt.Fprintf(&b, `run_work:
  budget_share: 0.15
  rules:
    - {name: incidents, labels: [%s, %s]}
    - {name: upgrades, any: [{labels: [%s]}, {bots: ["dependabot*"]}]}
non_goals:
  - {name: product-led growth, labels: [%s]}
`, fake.LabelIncident, fake.LabelOnCall, fake.LabelBump, fake.LabelNonGoal)
	o.writePeople(&b, o.story.Teams())
	return b.String()
}

func writeObjective(b *strings.Builder, o fake.Objective) {
	fmt.Fprintf(b, "  - id: %s\n    rank: %d\n    text: %q\n    owner: {team: %s}\n    teams: [%s]\n    keys: [%q]\n",
		o.ID, o.Rank, o.Text, o.Teams[0], strings.Join(o.Teams, ", "), o.Epic)
	if target, ok := targets()[o.Rank]; ok {
		fmt.Fprintf(b, "    target_share: %g\n", target)
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
