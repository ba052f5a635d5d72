package fake

import (
	"fmt"
	"slices"
	"time"
)

// Focus is what a day of work is meant for: the id of an objective, or one of
// the constants.
type Focus string

// What work is meant for besides objectives.
const (
	RunWork  Focus = "run_work"
	Unlinked Focus = "unlinked"  // pull requests without any ticket
	SideJob  Focus = "assistant" // a project that nobody declared
	NonGoal  Focus = "non_goal"  // labelled plg
	Stopped  Focus = "stopped"   // on a retired objective

	onLatency    Focus = "checkout-latency"
	onResidency  Focus = "eu-residency"
	onBilling    Focus = "self-serve-billing"
	onPartners   Focus = "partner-api"
	onOnboarding Focus = "mobile-onboarding"
	onSearch     Focus = "search-relevance"
)

const assistant = "harbourline/assistant"

// assistantWeek is the week, from 0, in which the side project gets a
// repository.
const assistantWeek = 8

// projects are the Jira projects: one for each team, one for what keeps things
// running, and that of the management, which the connector is not pointed at.
var projects = map[string]string{
	"platform": "PLAT", "payments": "PAY", "growth": "GROW", "mobile": "APP", "": "OPS", "management": "STRAT",
}

// homes are the projects in which tickets of a repository are opened.
var homes = map[string]string{
	"harbourline/checkout": "PAY", "harbourline/billing": "PAY", "harbourline/platform": "PLAT", "harbourline/partner-api": "PLAT",
	"harbourline/search": "GROW", "harbourline/web": "GROW", "harbourline/mobile": "APP", assistant: "PLAT",
}

var repositories = []string{
	"harbourline/checkout", "harbourline/billing", "harbourline/platform", "harbourline/partner-api",
	"harbourline/search", "harbourline/web", "harbourline/mobile", assistant,
}

var teams = []Team{
	{ID: "platform", Name: "Platform", Zone: "Europe/Berlin", Repos: []string{"harbourline/platform", "harbourline/partner-api"}},
	{ID: "payments", Name: "Payments", Zone: "Europe/London", Repos: []string{"harbourline/checkout", "harbourline/billing"}},
	{ID: "growth", Name: "Growth", Zone: "America/New_York", Repos: []string{"harbourline/web", "harbourline/search"}},
	{ID: "mobile", Name: "Mobile", Zone: "Asia/Kolkata", Repos: []string{"harbourline/mobile"}},
}

// teamFocus is what each team may work on.
var teamFocus = map[string][]Focus{
	"platform": {onLatency, onResidency, onPartners, RunWork, Unlinked, SideJob},
	"payments": {onLatency, onResidency, onBilling, RunWork, Unlinked, SideJob},
	"growth":   {onLatency, onBilling, onPartners, onOnboarding, onSearch, RunWork, Unlinked, SideJob, NonGoal},
	"mobile":   {onLatency, onResidency, onBilling, onOnboarding, RunWork, Unlinked, SideJob, NonGoal},
}

// A person works in a team, at an offset from UTC that they keep all year.
type person struct {
	login, name, team string
	account, member   string // at Jira and Slack
	zone              *time.Location
	task              *task
}

func (p *person) email() string { return p.login + "@harbourline.example" }

func member(login, name, team string, minutes int) person {
	zone := time.FixedZone(fmt.Sprintf("%+03d%02d", minutes/60, max(minutes, -minutes)%60), minutes*60)
	return person{login: login, name: name, team: team, account: "712020:" + slug(name), zone: zone}
}

var company = []person{
	member("imara-voss", "Imara Voss", "platform", 60),
	member("tobias-rahn", "Tobias Rahn", "platform", 60),
	member("lin-oduya", "Lin Oduya", "platform", 60),
	member("petra-salo", "Petra Salo", "platform", 120),
	member("joss-anker", "Joss Anker", "platform", 0),
	member("mirela-dunn", "Mirela Dunn", "platform", 60),
	member("caspar-wynne", "Caspar Wynne", "payments", 0),
	member("oluchi-brandt", "Oluchi Brandt", "payments", 0),
	member("henrik-leal", "Henrik Leal", "payments", 60),
	member("saoirse-kent", "Saoirse Kent", "payments", 0),
	member("dario-finch", "Dario Finch", "payments", 60),
	member("yuna-marlow", "Yuna Marlow", "payments", 0),
	member("bastien-ore", "Bastien Ore", "payments", 60),
	member("wren-castell", "Wren Castell", "growth", -300),
	member("nico-harada", "Nico Harada", "growth", -300),
	member("adela-quist", "Adela Quist", "growth", -300),
	member("femi-lorca", "Femi Lorca", "growth", 0),
	member("gus-tamm", "Gus Tamm", "growth", -300),
	member("ines-varga", "Ines Varga", "growth", -240),
	member("ravi-menon-k", "Ravi Menon", "mobile", 330),
	member("anouk-delft", "Anouk Delft", "mobile", 60),
	member("kiran-bose-h", "Kiran Bose", "mobile", 330),
	member("sunniva-eng", "Sunniva Eng", "mobile", 60),
	member("arjun-pell", "Arjun Pell", "mobile", 330),
}

// A goal is a declared objective with what the story needs to work on it.
type goal struct {
	Objective
	focus Focus
	home  string            // repository in which most of it is done
	epics map[string]string // keys of its epics, by project
	// backlog are the tickets that wait, in the order in which they are taken.
	backlog []string
	planned int               // tickets that were ever opened for later
	dirs    map[string]string // where its files are, by repository
}

var objectives = []goal{
	{focus: onLatency, home: "harbourline/checkout",
		Objective: Objective{ID: string(onLatency), Rank: 1, Text: "Checkout answers within 300 ms", Terms: []string{"checkout", "latency", "payment", "fare"}, Excluded: []string{"loyalty"}, Label: "obj:checkout-latency",
			Teams: []string{"payments", "platform"}, Paths: []string{"internal/fastpath/**", "checkout-widget/**"}},
		dirs: map[string]string{"harbourline/checkout": "internal/fastpath/", "harbourline/web": "checkout-widget/"}},
	{focus: onResidency, home: "harbourline/platform",
		Objective: Objective{ID: string(onResidency), Rank: 2, Text: "European customers' data stays in Europe", Terms: []string{"region", "frankfurt", "europe", "encrypt"}, Label: "obj:eu-residency",
			Teams: []string{"platform", "payments"}, Paths: []string{"regions/eu/**", "storage/eu/**"}},
		dirs: map[string]string{"harbourline/platform": "regions/eu/", "harbourline/billing": "storage/eu/"}},
	{focus: onBilling, home: "harbourline/billing",
		Objective: Objective{ID: string(onBilling), Rank: 3, Text: "Operators change their plan without calling us", Terms: []string{"plan", "invoice", "operator", "billing"}, Label: "obj:self-serve-billing",
			Teams: []string{"payments", "growth"}, Paths: []string{"selfserve/**", "account/billing/**"}},
		dirs: map[string]string{"harbourline/billing": "selfserve/", "harbourline/web": "account/billing/"}},
	{focus: onPartners, home: "harbourline/partner-api",
		Objective: Objective{ID: string(onPartners), Rank: 4, Text: "Travel agencies book through an interface of their own", Terms: []string{"agency", "booking", "quote"}, Label: "obj:partner-api",
			Teams: []string{"platform", "growth"}, Repos: []string{"harbourline/partner-api"}},
		dirs: map[string]string{"harbourline/partner-api": "booking/"}},
	{focus: onOnboarding, home: "harbourline/mobile",
		Objective: Objective{ID: string(onOnboarding), Rank: 5, Text: "First ticket in the app within two minutes", Terms: []string{"sign-up", "passport", "first ticket"}, Label: "obj:mobile-onboarding",
			Teams: []string{"mobile", "growth"}, Paths: []string{"onboarding/**"}},
		dirs: map[string]string{"harbourline/mobile": "onboarding/"}},
	{focus: onSearch, home: "harbourline/search",
		Objective: Objective{ID: string(onSearch), Rank: 6, Text: "The best crossing is the first result", Terms: []string{"ranking", "relevance", "crossing"}, Label: "obj:search-relevance",
			Teams: []string{"growth"}, Repos: []string{"harbourline/search"}},
		dirs: map[string]string{"harbourline/search": "ranking/"}},
}

// A share is how much of all effort a focus gets at the beginning and at the
// end.
type share struct {
	focus      Focus
	begin, end float64
}

var shares = []share{
	{onLatency, .28, .135},
	{onResidency, .24, .125},
	{onBilling, .19, .10},
	{onPartners, .05, .03},
	{onOnboarding, .05, .02},
	{onSearch, .03, .06}, // retired in between
	{RunWork, .11, .09},
	{Unlinked, .04, .175},
	{SideJob, 0, .175},
	{NonGoal, .01, .09},
}

// The drift begins after the first weeks and is complete some weeks later.
const (
	driftBegins = 8
	driftEnds   = 22
)

// mix returns the share of a focus in a week.
func (s *Story) mix(f share) float64 {
	drift := min(max(float64(s.week()-driftBegins)/(driftEnds-driftBegins), 0), 1)
	if s.corrected {
		drift = 0
		if f.focus == onSearch && !s.day.Before(s.retirement()) {
			return 0
		}
	}
	share := f.begin + (f.end-f.begin)*drift
	switch f.focus {
	case onResidency:
		return share + s.held(drift)
	case SideJob:
		return share - s.held(drift)
	}
	return share
}

// held is how much more of the effort onResidency has than the drift would
// leave it: all that it had at first, until it is ranked lower. Then who leaves
// it goes to the side project at once.
func (s *Story) held(drift float64) float64 {
	i := slices.IndexFunc(shares, func(f share) bool { return f.focus == onResidency })
	lost := shares[i].begin - shares[i].end
	if s.corrected || s.day.Before(s.monday(rerankWeek)) {
		return lost * drift
	}
	return lost * (drift - 1)
}
