package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring/attribution"
	"github.com/workdrift/workdrift/scoring/objective"
)

// Warnings returns what is allowed and yet hardly meant, each with its
// position, in the order of the file. It looks at the modes of secret files.
func (c *Config) Warnings() []string {
	// A decoder of its own collects, so that Config stays as it is.
	w := newDecoder(c.Path)
	w.where = c.d.where
	c.warnObjectives(w)
	c.warnPeople(w)
	if c.Privacy.KPeople < 5 {
		w.errorf("privacy.k_people", "groups below 5 can often be traced to persons")
	}
	if !slices.Contains(c.doc.Windows.Labels, "28d") {
		w.errorf("windows.labels", "the shipped alerts and dashboards read the window 28d")
	}
	c.warnBrief(w)
	c.Web.Access.openSecrets(w)
	if !c.Web.loopback && c.Web.ConfigFile == "" && len(c.Web.Access.Users)+len(c.Web.Access.Clients) > 0 {
		w.errorf("web.listen_address", "passwords and tokens come here unencrypted; set up TLS in web_config_file")
	}
	for i := range c.Connectors {
		w.errs = append(w.errs, c.Connectors[i].openSecrets(c.d)...)
	}
	var out []string
	for _, e := range w.errs.sorted(c.Path) {
		out = append(out, e.Error())
	}
	return out
}

func (c *Config) warnObjectives(w *decoder) {
	if len(c.doc.Objectives) == 0 && len(c.declared.Set.RunWork) == 0 {
		w.errorf("objectives", "nothing is declared, so all work will be unknown")
	}
	byRank := map[int]string{}
	for i, o := range c.doc.Objectives {
		path := fmt.Sprintf("objectives[%d]", i)
		for _, u := range attribution.Unmatchable(&c.declared.Set) {
			if u.Objective == o.ID {
				w.errorf(path, "%s", u.Why)
			}
		}
		if o.Owner == nil && len(c.doc.Teams) > 0 {
			w.errorf(path+".owner", "is missing: nobody answers for it")
		}
		if v := o.build(); v.State == objective.Active {
			if first, twice := byRank[v.Rank]; twice {
				w.errorf(path+".rank", "is the rank of the active objective in line %d too; they will be ordered by id", w.position(first).line)
			} else {
				byRank[v.Rank] = path
			}
		}
		c.warnRule(w, o.Match.compiled, path+".match")
		c.warnRule(w, o.Excludes.rule.compiled, path+".excludes")
	}
	for i, r := range c.doc.RunWork.Rules {
		c.warnRule(w, r.rule.compiled, fmt.Sprintf("run_work.rules[%d]", i))
	}
	for i, r := range c.doc.NonGoals {
		c.warnRule(w, r.rule.compiled, fmt.Sprintf("non_goals[%d]", i))
	}
}

// warnRule reports a condition on a source that does not exist.
func (c *Config) warnRule(w *decoder, r *objective.Rule, path string) {
	if r == nil {
		return
	}
	for _, p := range r.Like {
		if r.Attr == objective.AttrSource && p.Op == objective.Exact &&
			!slices.ContainsFunc(c.Connectors, func(one Connector) bool { return strings.EqualFold(one.Name, p.Text) }) {
			w.errorf(path, "nothing can match it: there is no connector %s", w.quote(p.Text))
		}
	}
	for i := range r.All {
		c.warnRule(w, &r.All[i], path)
	}
	for i := range r.Any {
		c.warnRule(w, &r.Any[i], path)
	}
	c.warnRule(w, r.Not, path)
}

func (c *Config) warnPeople(w *decoder) {
	providers := []string{"email", "github", "jira", "slack"}
	for _, one := range c.Connectors {
		providers = append(providers, one.Type)
	}
	for handle, path := range c.dir.handles {
		provider, _, _ := strings.Cut(handle, ":")
		if !slices.Contains(providers, provider) {
			w.errorf(path, "no connector of this type exists; handles begin with email: or the type of a connector")
		}
		if provider == "email" && strings.Contains(handle, "@users.noreply.") {
			w.errorf(path, "commits under such an address count for the account it names; write github: and the login")
		}
	}
	member, groups := map[string]bool{}, false // a group may hold anybody
	for i, t := range c.declared.Teams {
		if len(t.Members) == 0 && len(t.Groups) == 0 {
			w.errorf(fmt.Sprintf("teams[%d]", i), "the team has neither members nor groups")
		}
		groups = groups || len(t.Groups) > 0
		for k, g := range t.Groups {
			c.warnGroup(w, g, fmt.Sprintf("teams[%d].groups[%d]", i, k))
		}
		for _, m := range t.Members {
			member[m.Person] = true
		}
	}
	for i, p := range c.doc.Identities {
		path := fmt.Sprintf("identities[%d]", i)
		if len(p.Handles) == 0 {
			w.errorf(path, "the person has no handles, so no work is theirs")
		}
		if len(c.declared.Teams) > 0 && !groups && !member[p.Person] {
			w.errorf(path, "the person is in no team")
		}
	}
}

// warnGroup reports a group that its connector is not told to read: it stays
// empty, and with it the team.
func (c *Config) warnGroup(w *decoder, group, path string) {
	source, name, _ := strings.Cut(group, ":")
	for _, s := range c.doc.Connectors {
		if s.name != source {
			continue
		}
		list, ok := map[string]string{"github": "teams", "jira": "groups"}[s.Type]
		switch {
		case !ok:
			w.errorf(path, "nothing is read under this name: connectors of the type %s read no groups", s.Type)
		case !listed(s.node, list, name):
			w.errorf(path, "nothing is read under this name: it is not listed in connectors.%s.%s", source, list)
		}
	}
}

// listed reports whether a list in a mapping has a value.
func listed(n *yaml.Node, list, value string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == list {
			return slices.ContainsFunc(n.Content[i+1].Content, func(v *yaml.Node) bool { return v.Value == value })
		}
	}
	return false
}
