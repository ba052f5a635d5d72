package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	// Small containers have no zone files of their own.
	_ "time/tzdata"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
)

// handlePattern is an identity as connectors spell it.
var handlePattern = regexp.MustCompile(`^[a-z][a-z0-9_-]*:\S+$`)

const handleHint = "is no handle; write it as github:octocat or email:octocat@example.org"

// maxFTE allows for contracts above full time, not for typing errors.
const maxFTE = 1.5

// A directory is who belongs to which team and handle.
type directory struct {
	people  scoring.People
	teams   []scoring.Team
	handles map[string]string // path of the first place of a handle
	byName  map[string]int    // person's name or handle → index in people.Persons
	fte     map[int]bool      // persons with a declared FTE
}

// directory checks people and teams and builds them. No message repeats what
// stands there.
func (d *decoder) directory(doc *document) directory {
	d.private++
	defer func() { d.private-- }()
	dir := directory{handles: map[string]string{}, byName: map[string]int{}, fte: map[int]bool{}}
	for i, p := range doc.Identities {
		d.person(&dir, p, fmt.Sprintf("identities[%d]", i))
	}
	for i, bot := range doc.Bots {
		d.handle(&dir, bot, fmt.Sprintf("bots[%d]", i))
	}
	dir.people.Bots = canonicalAll(doc.Bots)
	dir.people.Merge = scoring.Merge{VerifiedEmail: doc.Merging.VerifiedEmail, Profiles: doc.Merging.Profiles}
	ids := map[string]string{}
	for i, t := range doc.Teams {
		path := fmt.Sprintf("teams[%d]", i)
		d.id(path, t.ID, ids)
		dir.teams = append(dir.teams, d.team(&dir, t, path))
		d.groups(t.Groups, doc.Connectors, path)
	}
	d.memberships(&dir, doc)
	return dir
}

func (d *decoder) person(dir *directory, p person, path string) {
	if d.required(path, "person", p.Person) {
		switch _, twice := dir.byName[p.Person]; {
		case strings.ContainsAny(p.Person, ": \t\n") || len(p.Person) > 64:
			d.errorf(path+".person", "must be a short name without spaces and colons; it is used in this file only")
		case twice:
			d.errorf(path+".person", "the same person is listed twice")
		}
	}
	no := len(dir.people.Persons)
	out := scoring.Person{ID: p.Person, Identities: canonicalAll(p.Handles), Zone: d.zone(path+".zone", p.Zone), FTE: 1}
	dir.byName[p.Person] = no
	for j, h := range p.Handles {
		if d.handle(dir, h, fmt.Sprintf("%s.handles[%d]", path, j)) {
			dir.byName[canonical(h)] = no
		}
	}
	if p.FTE != nil {
		inRange(d, path+".fte", *p.FTE, 0, maxFTE)
		out.FTE, dir.fte[no] = *p.FTE, true
	}
	for j, l := range p.Leave {
		at := fmt.Sprintf("%s.leave[%d]", path, j)
		for key, v := range map[string]*objective.Date{".from": l.From, ".until": l.Until} {
			if v == nil {
				d.errorf(at+key, "is missing")
			}
		}
		if l.From != nil && l.Until != nil && *l.Until < *l.From {
			d.errorf(at+".until", "is before from")
		}
		out.Leave = append(out.Leave, scoring.DateRange{From: day(l.From), Until: day(l.Until)})
	}
	dir.people.Persons = append(dir.people.Persons, out)
}

// handle checks a handle and that nobody else has it.
func (d *decoder) handle(dir *directory, h, path string) bool {
	if !handlePattern.MatchString(h) {
		d.errorf(path, handleHint)
		return false
	}
	if first, twice := dir.handles[canonical(h)]; twice {
		d.errorf(path, "the same handle stands in line %d", d.position(first).line)
		return false
	}
	dir.handles[canonical(h)] = path
	return true
}

// canonical spells a handle as connectors do: GitHub's logins and addresses
// are the same in any letter case, the ids of other providers are not.
func canonical(handle string) string {
	if strings.HasPrefix(handle, "github:") || strings.HasPrefix(handle, "email:") {
		return strings.ToLower(handle)
	}
	return handle
}

func canonicalAll(handles []string) []string {
	out := make([]string, len(handles))
	for i, h := range handles {
		out[i] = canonical(h)
	}
	return out
}

func (d *decoder) team(dir *directory, t team, path string) scoring.Team {
	out := scoring.Team{ID: t.ID, Zone: d.zone(path+".zone", t.Zone), Repositories: t.Repositories, Projects: t.Projects, Groups: t.Groups}
	if t.FTE != nil {
		inRange(d, path+".fte", *t.FTE, 0, maxFTE)
	}
	d.globs(path+".repositories", t.Repositories)
	d.globs(path+".projects", t.Projects)
	for j, m := range t.Members {
		at := fmt.Sprintf("%s.members[%d]", path, j)
		no, ok := d.member(dir, m, at)
		if !ok {
			continue
		}
		who := &dir.people.Persons[no]
		if t.FTE != nil && !dir.fte[no] {
			who.FTE, dir.fte[no] = *t.FTE, true
		}
		share := 1.
		if m.Share != nil {
			inRange(d, at+".share", *m.Share, 0, 1)
			share = *m.Share
		}
		if m.From != nil && m.Until != nil && *m.Until < *m.From {
			d.errorf(at+".until", "is before from")
		}
		out.Members = append(out.Members, scoring.Member{Person: who.ID, From: day(m.From), Until: day(m.Until), Share: share})
	}
	return out
}

// groups checks the groups at sources that make up a team. The name before the
// colon is that of an instance: two of one type may know groups of one name.
func (d *decoder) groups(groups []string, known sections, path string) {
	for i, g := range groups {
		at := fmt.Sprintf("%s.groups[%d]", path, i)
		source, name, ok := strings.Cut(g, ":")
		switch {
		case !ok || name == "" || strings.TrimSpace(name) != name:
			d.errorf(at, "is no group; write the connector's name and the group's, as github:acme/core or jira:developers")
		case !slices.ContainsFunc(known, func(s section) bool { return s.name == source }):
			d.errorf(at, "begins with no connector of this file; before the colon stands a name from connectors")
		case slices.Index(groups, g) < i:
			d.errorf(at, "is listed twice")
		}
	}
}

// member finds the person of a membership. A handle that no identity lists is
// a person of its own, so that small configurations need no identities.
func (d *decoder) member(dir *directory, m member, path string) (int, bool) {
	if m.Person == "" {
		if !d.bad[path+".person"] {
			d.errorf(path, "names nobody; write a person listed under identities, or a handle such as github:octocat")
		}
		return 0, false
	}
	if !strings.Contains(m.Person, ":") {
		no, ok := dir.byName[m.Person]
		if !ok {
			d.errorf(path, "this person is not listed under identities")
		}
		return no, ok
	}
	h := canonical(m.Person)
	if no, ok := dir.byName[h]; ok {
		return no, true
	}
	if !handlePattern.MatchString(m.Person) {
		d.errorf(path, handleHint)
		return 0, false
	}
	if first, ok := dir.handles[h]; ok {
		d.errorf(path, "the same handle stands in line %d, which is no person", d.position(first).line)
		return 0, false
	}
	no := len(dir.people.Persons)
	dir.people.Persons = append(dir.people.Persons, scoring.Person{ID: h, Identities: []string{h}, FTE: 1})
	dir.byName[h] = no
	return no, true
}

// memberships checks that the shares of a person on a day add up to at most 1.
func (d *decoder) memberships(dir *directory, doc *document) {
	type span struct {
		from, until objective.Date
		share       float64
		path        string
	}
	spans := map[int][]span{}
	for i, t := range doc.Teams {
		for j, m := range t.Members {
			no, ok := dir.byName[canonical(m.Person)]
			if !strings.Contains(m.Person, ":") {
				no, ok = dir.byName[m.Person]
			}
			if !ok || m.Person == "" {
				continue
			}
			s := span{day(m.From), day(m.Until), 1, fmt.Sprintf("teams[%d].members[%d]", i, j)}
			if m.Share != nil {
				s.share = *m.Share
			}
			if m.Until == nil {
				s.until = 1<<31 - 1
			}
			spans[no] = append(spans[no], s)
		}
	}
	for no := range dir.people.Persons {
		list := spans[no]
		slices.SortStableFunc(list, func(a, b span) int { return cmp.Compare(a.from, b.from) })
		for k, s := range list {
			// The sum only grows on the first day of a membership.
			sum := 0.
			for _, other := range list[:k+1] {
				if other.until >= s.from {
					sum += other.share
				}
			}
			if sum > 1+1e-9 {
				d.errorf(s.path, "with this membership the shares of the person add up to more than 1%s; give each a share", since(s.from))
				break
			}
		}
	}
}

func since(day objective.Date) string {
	if day == objective.NoDate {
		return ""
	}
	return " from " + day.String()
}

// zone returns a time zone, nil when none is given.
func (d *decoder) zone(path, name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		d.errorf(path, "is no time zone; write it as Europe/Berlin or UTC")
		return nil
	}
	return zone
}

// owners returns who owns the objectives that name a person, with all that is
// listed of that person.
func owners(doc *document, dir *directory) map[string][]scoring.Owner {
	out := map[string][]scoring.Owner{}
	for i := range doc.Objectives {
		in := &doc.Objectives[i]
		list := make([]scoring.Owner, 0, len(in.History)+1)
		for _, v := range append(slices.Clip(in.History), in.version) {
			// An earlier version that names nobody had the owner of now.
			list = append(list, scoring.Owner{From: day(v.EffectiveFrom), Identities: dir.identities(cmp.Or(v.Owner, in.Owner))})
		}
		if slices.ContainsFunc(list, func(o scoring.Owner) bool { return len(o.Identities) > 0 }) {
			out[in.ID] = list
		}
	}
	return out
}

// identities returns those of the person whom an owner names, nil for none.
func (dir *directory) identities(o *owner) []string {
	if o == nil {
		return nil
	}
	name := o.Person
	for kind, handle := range map[string]string{"github": o.GitHub, "jira": o.Jira, "slack": o.Slack, "email": o.Email} {
		if handle != "" {
			name = canonical(kind + ":" + handle)
		}
	}
	if no, ok := dir.byName[name]; ok {
		return dir.people.Persons[no].Identities
	}
	if !strings.Contains(name, ":") {
		return nil
	}
	return []string{name}
}
