package config

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"
	results "github.com/workdrift/workdrift/scoring/outcome"
)

// reservedIDs are the buckets, which share a label and the targets of
// overrides with objectives.
var reservedIDs = []string{"run_work", "excluded", "stopped", "unknown", "none", "objective"}

var projectPattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,31}$`)

func states() []string {
	return []string{
		string(objective.Active), string(objective.Deprioritised), string(objective.Paused),
		string(objective.Retired), string(objective.Achieved),
	}
}

// set checks what is declared and builds it.
func (d *decoder) set(doc *document) objective.Set {
	out := objective.Set{
		RunWork:       d.namedRules(doc.RunWork.Rules, "run_work.rules"),
		RunWorkBudget: shareOf(doc.RunWork.BudgetShare),
		NonGoals:      d.namedRules(doc.NonGoals, "non_goals"),
		Projects:      doc.Projects,
		TopN:          doc.Top,
		Grace:         doc.Decisions.GraceDays,
		Phases:        d.phases(doc),
		Settings:      around(doc),
	}
	inRange(d, "top", doc.Top, 1, 100)
	d.share("run_work.budget_share", doc.RunWork.BudgetShare)
	for i, p := range doc.Projects {
		if !projectPattern.MatchString(p) {
			d.errorf(fmt.Sprintf("projects[%d]", i), "is no ticket project; the project of PAY-7 is PAY")
		}
	}
	ids := map[string]string{}
	for i := range doc.Objectives {
		path := fmt.Sprintf("objectives[%d]", i)
		d.id(path, doc.Objectives[i].ID, ids)
		if slices.Contains(reservedIDs, doc.Objectives[i].ID) {
			d.errorf(path+".id", "is the name of a bucket; choose another")
		}
		out.Objectives = append(out.Objectives, d.objective(doc, i, path))
	}
	d.shares(&out)
	slices.SortStableFunc(out.Objectives, func(a, b objective.Objective) int {
		return cmp.Or(cmp.Compare(last(a).Rank, last(b).Rank), strings.Compare(a.ID, b.ID))
	})
	return out
}

func last(o objective.Objective) objective.Version { return o.Versions[len(o.Versions)-1] }

// id checks an identifier that ends up in a label and must be unique.
func (d *decoder) id(path, id string, seen map[string]string) {
	at := path + ".id"
	if !d.required(path, "id", id) {
		return
	}
	if !idPattern.MatchString(id) {
		d.errorf(at, idHint)
		return
	}
	if first, twice := seen[id]; twice {
		d.errorf(at, "is used twice, first in line %d", d.position(first).line)
		return
	}
	seen[id] = at
}

func (d *decoder) objective(doc *document, i int, path string) objective.Objective {
	in := &doc.Objectives[i]
	d.required(path, "text", in.Text)
	out := objective.Objective{
		ID: in.ID, Text: in.Text, Teams: in.Teams, Start: day(in.Start), Keys: in.Keys, PlannedDue: in.Planned,
		Match: in.Match.compiled, Excludes: in.Excludes.rule.compiled,
		Terms: in.Terms, ExcludedTerms: in.Excludes.terms, Docs: in.Docs,
		Outcome: d.outcome(in.Outcome, path+".outcome"),
	}
	if in.Outcome != nil && in.Outcome.StandsFor != "" {
		d.standsFor(doc, in, path+".outcome.stands_for")
	}
	for j, t := range in.Teams {
		d.teamRef(doc, fmt.Sprintf("%s.teams[%d]", path, j), t)
	}
	for j, k := range in.Keys {
		if strings.ContainsAny(k, " \t\n,") {
			d.errorf(fmt.Sprintf("%s.keys[%d]", path, j), "is no key of a ticket; write one key per entry")
		}
	}
	if in.Rank == nil {
		d.errorf(path+".rank", "is missing")
	}
	out.Versions = d.versions(doc, in, path)
	return out
}

// standsFor checks that there is an outcome that another one can stand for.
func (d *decoder) standsFor(doc *document, in *declared, path string) {
	var known []string
	for i := range doc.Objectives {
		if other := &doc.Objectives[i]; other.Outcome != nil && other.ID != in.ID {
			known = append(known, other.ID)
		}
	}
	if id := in.Outcome.StandsFor; !slices.Contains(known, id) {
		d.errorf(path, "there is no other objective %s with an outcome%s", d.quote(id), suggest(id, known))
	}
}

// versions builds the versions of an objective, earliest first.
func (d *decoder) versions(doc *document, in *declared, path string) []objective.Version {
	now := in.version
	out := make([]objective.Version, 0, len(in.History)+1)
	for j, v := range in.History {
		at := fmt.Sprintf("%s.history[%d]", path, j)
		if v.EffectiveFrom == nil {
			d.errorf(at+".effective_from", "is missing")
		}
		d.version(doc, v, in.Start, at)
		v.Rank, v.State, v.Due = cmp.Or(v.Rank, now.Rank), cmp.Or(v.State, now.State), cmp.Or(v.Due, now.Due)
		v.TargetShare, v.Owner = cmp.Or(v.TargetShare, now.TargetShare), cmp.Or(v.Owner, now.Owner)
		out = append(out, v.build())
		if j > 0 && out[j].From <= out[j-1].From && v.EffectiveFrom != nil {
			d.errorf(at+".effective_from", "must be after that of the entry before it")
		}
	}
	d.version(doc, now, in.Start, path)
	final := now.build()
	if n := len(out); n > 0 {
		if now.EffectiveFrom == nil {
			d.errorf(path+".effective_from", "is missing; with a history, say since when the present holds")
		} else if final.From <= out[n-1].From {
			d.errorf(path+".effective_from", "must be after the entries of history")
		}
	}
	if len(out) == 0 && final.State != objective.Active && now.EffectiveFrom != nil {
		// A decision to stop has a day; until then it was active.
		before := final
		before.From, before.State = objective.NoDate, objective.Active
		out = append(out, before)
	}
	return append(out, final)
}

// version checks what one version says itself.
func (d *decoder) version(doc *document, v version, start *objective.Date, path string) {
	if v.Rank != nil {
		inRange(d, path+".rank", *v.Rank, 1, 1000)
	}
	if v.State != nil {
		d.oneOf(path+".state", *v.State, states())
	}
	d.share(path+".target_share", v.TargetShare)
	if v.Due != nil && start != nil && *v.Due <= *start {
		d.errorf(path+".due", "must be after start")
	}
	if v.Owner != nil {
		d.owner(doc, *v.Owner, path+".owner")
	}
}

func (v version) build() objective.Version {
	out := objective.Version{
		From: day(v.EffectiveFrom), State: objective.Active,
		TargetShare: shareOf(v.TargetShare), HasOwner: v.Owner != nil, Due: day(v.Due),
	}
	if v.Rank != nil {
		out.Rank = *v.Rank
	}
	if v.State != nil {
		out.State = objective.State(*v.State)
	}
	if v.Owner != nil {
		out.OwnerTeam, out.OwnerIsGroup = v.Owner.Team, v.Owner.persons() == 0
	}
	return out
}

// persons counts the persons that an owner names.
func (o owner) persons() (n int) {
	for _, s := range []string{o.Person, o.GitHub, o.Jira, o.Slack, o.Email} {
		if s != "" {
			n++
		}
	}
	return n
}

func (d *decoder) owner(doc *document, o owner, path string) {
	people := o.persons()
	if people == 0 && o.Team == "" {
		d.errorf(path, "names nobody; write {team: …}, {person: …} or the handle of a person, {github: …}")
	}
	if people > 1 {
		d.errorf(path, "names more than one person; one is responsible")
	}
	if o.Team != "" {
		d.teamRef(doc, path+".team", o.Team)
	}
	if o.Person != "" && !slices.ContainsFunc(doc.Identities, func(p person) bool { return p.Person == o.Person }) {
		d.errorf(path+".person", "this person is not listed under identities")
	}
}

func (d *decoder) teamRef(doc *document, path, id string) {
	known := make([]string, len(doc.Teams))
	for i, t := range doc.Teams {
		known[i] = t.ID
	}
	if id != "" && !slices.Contains(known, id) {
		d.errorf(path, "there is no team %s%s", d.quote(id), suggest(id, known))
	}
}

func (d *decoder) outcome(in *outcome, path string) *objective.Outcome {
	if in == nil {
		return nil
	}
	d.required(path, "query", in.Query)
	if d.required(path, "direction", in.Direction) {
		d.oneOf(path+".direction", in.Direction, []string{"up", "down"})
	}
	lag := results.DefaultLag * 7 * 24 * time.Hour
	if in.Lag != nil {
		lag = *in.Lag
		between(d, path+".lag", lag, 0, 2*365*24*time.Hour, "0s", "730d")
	}
	if in.Baseline != nil && in.Target != nil {
		if in.Direction == "up" && *in.Target <= *in.Baseline {
			d.errorf(path+".target", "must be above baseline when the direction is up")
		}
		if in.Direction == "down" && *in.Target >= *in.Baseline {
			d.errorf(path+".target", "must be below baseline when the direction is down")
		}
	}
	return &objective.Outcome{
		Query: in.Query, Direction: in.Direction, Baseline: in.Baseline, Target: in.Target, Lag: lag,
		Ratio: in.Ratio, StandsFor: in.StandsFor,
	}
}

func (d *decoder) namedRules(rules []namedRule, path string) []objective.NamedRule {
	var out []objective.NamedRule
	seen := map[string]bool{}
	for i, r := range rules {
		at := fmt.Sprintf("%s[%d]", path, i)
		if r.name == "" {
			r.name = at
		}
		if seen[r.name] {
			d.errorf(at+".name", "is used twice")
		}
		seen[r.name] = true
		if r.rule.compiled != nil {
			out = append(out, objective.NamedRule{Name: r.name, Rule: *r.rule.compiled})
		}
	}
	return out
}

// shares checks that the shares declared for one day add up to at most 1, on
// every day on which the sum may change. The budget of run work has no history
// and is counted for the last of them.
func (d *decoder) shares(set *objective.Set) {
	days := []objective.Date{0}
	for _, o := range set.Objectives {
		days = append(days, o.Start)
		for _, v := range o.Versions {
			days = append(days, v.From)
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	for k, on := range days {
		sum, at := 0., ""
		if k == len(days)-1 {
			sum = max(0, set.RunWorkBudget)
		}
		for i, o := range set.Objectives {
			if v := o.At(on); o.Start <= on && v.State == objective.Active && (v.Due == objective.NoDate || v.Due >= on) && v.TargetShare > 0 {
				sum += v.TargetShare
				at = fmt.Sprintf("objectives[%d].target_share", i)
			}
		}
		if sum > 1+1e-9 && at != "" {
			when := ""
			if on > 0 {
				when = " on " + on.String()
			}
			d.errorf(at, "the declared shares, with budget_share of run_work, add up to %v%s, which is more than 1", math.Round(sum*1000)/1000, when)
			return
		}
	}
}

func (d *decoder) share(path string, v *float64) {
	if v != nil {
		inRange(d, path, *v, 0, 1)
	}
}

func shareOf(v *float64) float64 {
	if v == nil {
		return -1
	}
	return *v
}

func day(v *objective.Date) objective.Date {
	if v == nil {
		return objective.NoDate
	}
	return *v
}
