package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/fake"
)

// How the firm is put on the network, and how Workdrift is told to read it.

// serve puts the firm on the network and returns its configuration in a
// directory.
func (f *firm) serve(t *testing.T, dir string) *config.Config {
	t.Helper()
	now := func() time.Time { return f.clock }
	hub := fake.NewGitHub(f.world, fake.Options{Now: now, Limit: 1 << 20})
	jira := fake.NewJira(f.site, fake.JiraOptions{Now: now, DataCenter: f.dc})
	slack := fake.NewSlack(f.space, fake.SlackOptions{Now: now, NoLimit: true})
	var urls []any
	for _, h := range []http.Handler{hub, jira, slack} {
		server, err := fake.Listen(h)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
		urls = append(urls, server.URL)
	}
	return f.config(t, dir, urls...)
}

func (f *firm) config(t *testing.T, dir string, urls ...any) *config.Config {
	t.Helper()
	write(t, filepath.Join(dir, "token"), "xoxb-oracle")
	write(t, filepath.Join(dir, "hook"), "a secret of webhooks")
	path := filepath.Join(dir, "config.yaml")
	write(t, path, fmt.Sprintf(connectorsOfFirm, append([]any{urls[0]}, urls...)...)+f.declared()+f.staff())
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// The look back of Slack covers whatever is changed after the fact.
const connectorsOfFirm = `connectors:
  github: {type: github, base_url: "%s/", graphql_url: "%s/graphql", token_file: token, organizations: [acme], teams: [acme/hub], since: 2025-01-01, webhook_secret_file: hook}
  jira: {type: jira, base_url: "%s/", token_file: token, projects: [PAY, CORE, GROW, OPS], groups: [crew], since: 2025-01-01, webhook_secret_file: hook}
  slack: {type: slack, base_url: "%s/api/", token_file: token, channels: ["team-*", support], profile_fields: {github: GitHub}, since: 2025-01-01, lookback: 60d, reread_interval: 12h, webhook_secret_file: hook}
web: {listen_address: "127.0.0.1:0"}
storage: {directory: .}
log: {level: warn}
privacy: {k_people: 3, k_effort: 1, dominance: 1, min_person_days: 0}
decisions: {grace_days: 7}
`

// staff is who works where, in the configuration.
func (f *firm) staff() string {
	var b strings.Builder
	members := make([][]string, len(squads))
	b.WriteString("identity_merging: {verified_email: true}\nidentities:\n")
	for _, w := range f.people {
		k := f.kindOf(w.no, w.team)
		if k.listed == "" {
			continue
		}
		s := f.truth.souls[map[byte]string{'g': w.github()}[k.listed[0]]]
		handles := map[byte]string{'g': w.github(), 'e': w.mail(), 'j': w.jira(), 's': w.slack()}
		var list []string
		for _, name := range []byte(k.listed) {
			list = append(list, fmt.Sprintf("%q", handles[name]))
		}
		fmt.Fprintf(&b, "  - {person: p%02d, handles: [%s], fte: %g", w.no, strings.Join(list, ", "), float64(s.fte)/1e6)
		if w.no%9 == 2 {
			fmt.Fprintf(&b, ", zone: %s", s.zone)
		}
		for _, l := range s.leave {
			fmt.Fprintf(&b, ", leave: [{from: %s, until: %s}]", l[0], l[1])
		}
		b.WriteString("}\n")
		for _, st := range s.stays {
			m := fmt.Sprintf("{person: p%02d, share: %g", w.no, float64(st.share)/1e6)
			if st.from > -ever {
				m += ", from: " + st.from.String()
			}
			if st.until < ever {
				m += ", until: " + st.until.String()
			}
			members[st.team] = append(members[st.team], m+"}")
		}
	}
	b.WriteString("teams:\n")
	for t, sq := range squads {
		fmt.Fprintf(&b, "  - {id: %s", sq.id)
		if sq.zone != "" {
			fmt.Fprintf(&b, ", zone: %s", sq.zone)
		}
		if sq.group != "" {
			fmt.Fprintf(&b, ", groups: [%q]", sq.group)
		}
		if len(members[t]) > 0 {
			fmt.Fprintf(&b, ", members: [%s]", strings.Join(members[t], ", "))
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// declared is what the configuration declares.
func (f *firm) declared() string {
	key := func(objective string) string { return f.epics[objective][0].key }
	first := dateOf(f.start)
	return fmt.Sprintf(`top: 3
objectives:
  - {id: alpha, rank: 1, text: Alpha, keys: [STRAT-1]}
  - {id: beta, rank: 2, text: Beta, keys: [%s], effective_from: %s, history: [{effective_from: %s, rank: 4}]}
  - {id: gamma, rank: 3, text: Gamma, keys: [%s], match: {labels: [obj-gamma]}}
  - {id: delta, rank: 4, text: Delta, match: {repos: [acme/partner]}, effective_from: %s, history: [{effective_from: %s, rank: 2}]}
  - {id: omega, rank: 5, text: Omega, keys: [%s], state: retired, effective_from: %s}
  - {id: late, rank: 6, text: Late, keys: [%s], start: %s}
run_work: {rules: [{name: incidents, labels: [incident]}, {name: support, channels: [support]}, {name: upgrades, bots: ["dependabot*"]}]}
non_goals: [{name: product-led growth, labels: [plg]}]
`, key("beta"), f.turn, first, key("gamma"), f.turn, first, key("omega"), f.truth.plans[4].retired, key("late"), f.truth.plans[5].start)
}
