package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

// Who works at the firm, and by what their accounts are known to be theirs.

// The teams: three of the configuration in zones far apart, one from a Jira
// group, one from a GitHub team, one of people who share themselves.
var squads = []struct {
	id, zone, group string
	size            int
}{
	{"north", "Europe/Berlin", "", 13},
	{"delta", "Asia/Kolkata", "", 12},
	{"coast", "America/New_York", "", 11},
	{"crew", "Asia/Kathmandu", "jira:crew", 10},
	{"hub", "Australia/Adelaide", "github:acme/hub", 10},
	{"float", "", "", 6},
}

const loners = 4 // in no team

// livingIn is where people live; three of them are no whole hours from UTC.
var livingIn = []string{"Europe/Berlin", "Asia/Kolkata", "America/New_York", "Asia/Kathmandu", "Australia/Adelaide", "America/Los_Angeles", "Pacific/Auckland"}

func (f *firm) squadOf(no int) int {
	for t, s := range squads {
		if no < s.size/f.oneIn {
			return t
		}
		no -= s.size / f.oneIn
	}
	return -1
}

// hire creates a person with their accounts, and says by what these are known
// to be one.
func (f *firm) hire(no int) {
	w := &worker{no: no, login: fmt.Sprintf("dev-%02d", no), account: fmt.Sprintf("5b10a2844c20165700ede%02d", no),
		email: fmt.Sprintf("person%02d@acme.example", no), team: f.squadOf(no), until: ever, late: no%3 == 0, logs: no%4 == 1}
	zone := livingIn[no%len(livingIn)]
	if w.team >= 0 && squads[w.team].zone != "" && no%5 > 0 {
		zone = squads[w.team].zone
	}
	w.zone = mustZone(zone)
	kind := f.kindOf(no, w.team)
	ju := fake.JiraUserSpec{ID: w.account, Name: w.login, Display: "Person " + fmt.Sprint(no), Email: w.email, TimeZone: zone}
	if f.dc {
		w.account = w.login // a Data Center knows no account ids
	}
	m := fake.MemberSpec{Name: w.login, Email: w.email, TZ: zone}
	if strings.Contains(kind.hides, "j") {
		ju.Email = ""
	}
	if strings.Contains(kind.hides, "s") {
		m.Email = ""
	}
	if kind.field {
		m.Fields = map[string]string{"GitHub": "https://github.com/" + w.login}
	}
	f.world.AddUser(fake.UserSpec{Login: w.login, Name: ju.Display})
	f.site.AddUser(ju)
	if f.dc {
		w.account = ju.Name
	}
	w.member = f.space.AddMember(m)
	w.bare = kind.bare
	f.people = append(f.people, w)
	f.merge(w, kind)
}

// jiraID is how the fake names the account.
func (w *worker) jiraID() string { return fmt.Sprintf("5b10a2844c20165700ede%02d", w.no) }

// A kind says how the accounts of somebody are connected.
type kind struct {
	listed string // identities in the configuration: g, e, j, s
	hides  string // address hidden in Jira or Slack: j, s
	field  bool   // GitHub login in the Slack profile
	bare   bool   // commits by address
}

// The kinds of people. What neither the configuration nor an address nor a
// profile connects is somebody else.
var kinds = []kind{
	{listed: "gjs"},                          // by configuration
	{listed: "ge", bare: true},               // Jira and Slack by address
	{listed: "g", field: true},               // Slack by profile, Jira by its address
	{listed: "gj", hides: "s"},               // Slack is a stranger
	{listed: "g", field: true, hides: "j"},   // Jira is a stranger
	{listed: "gej", bare: true, hides: "js"}, // Slack is a stranger
	{listed: "", field: true, bare: true},    // nobody listed: all by profile and address
	{listed: "", hides: "js"},                // three strangers
	{listed: "", bare: true},                 // GitHub is a stranger, the commits are not
}

func (f *firm) kindOf(no, team int) kind {
	switch {
	case team < 0:
		return kinds[6+no%3]
	case squads[team].group == "":
		return kinds[no%6]
	case no%4 == 0: // of the groups some are strangers
		return kinds[7]
	}
	return kinds[6]
}

// merge makes the souls of a worker: the parts into which the accounts fall.
func (f *firm) merge(w *worker, k kind) {
	names := map[byte]string{'g': w.github(), 'e': w.mail(), 'j': w.jira(), 's': w.slack()}
	parts := map[byte]int{'g': 0, 'e': 1, 'j': 2, 's': 3}
	join := func(a, b byte) {
		from, to := parts[a], parts[b]
		for name, p := range parts {
			if p == from {
				parts[name] = to
			}
		}
	}
	for i := 1; i < len(k.listed); i++ {
		join(k.listed[0], k.listed[i])
	}
	if !strings.Contains(k.hides, "j") {
		join('j', 'e')
	}
	if !strings.Contains(k.hides, "s") {
		join('s', 'e')
	}
	if k.field {
		join('g', 's')
	}
	byPart := map[int]*soul{}
	for _, name := range []byte("gejs") {
		s := byPart[parts[name]]
		if s == nil {
			s = &soul{key: names[name], fte: 1_000_000}
			byPart[parts[name]] = s
		}
		if name == 'j' || name == 's' {
			s.zone = w.zone // of the profile
		}
		if k.listed != "" && strings.IndexByte(k.listed, name) >= 0 {
			s.listed = true
		}
		s.tools = append(s.tools, names[name])
		f.truth.souls[names[name]] = s
	}
	if k.listed != "" {
		f.employ(w, f.truth.souls[names[k.listed[0]]])
	}
}

// employ gives a person of the configuration their contract and teams.
func (f *firm) employ(w *worker, s *soul) {
	first := dateOf(f.start)
	if w.no%7 == 3 {
		s.fte = 600_000
	}
	if w.no%6 == 4 {
		from := first + date(30+w.no)
		s.leave = [][2]date{{from, from + 9}}
	}
	if w.no%9 == 2 {
		s.zone = mustZone("Pacific/Auckland") // who has moved says so
	}
	end := first + date(f.days)
	stays := []stay{{team: w.team, from: -ever, until: ever, share: 1_000_000}}
	switch {
	case squads[w.team].id == "float":
		stays = []stay{{5, -ever, ever, 333_333}, {w.no % 3, -ever, ever, 500_000}}
	case w.no%8 == 5: // changes the team
		move := end - date(20+w.no)
		stays = []stay{{w.team, -ever, move - 1, 1_000_000}, {(w.team + 1) % 3, move, ever, 1_000_000}}
	case w.no%10 == 6: // leaves the firm
		w.until = end - date(10+w.no/2)
		stays[0].until = w.until
	}
	slices.SortFunc(stays, func(a, b stay) int { return cmp.Compare(a.team, b.team) })
	s.stays = stays
	for _, st := range stays {
		if z := squads[st.team].zone; s.home == nil && z != "" {
			s.home = mustZone(z)
		}
	}
}

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}
