package scoring

import (
	"time"

	"github.com/workdrift/workdrift/scoring/effort"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// Declared is what the configuration says, as far as scores depend on it. It
// never changes once it is built: a reload makes a new one.
type Declared struct {
	Set     objective.Set
	Teams   []Team
	People  People
	Effort  effort.Config
	Privacy Privacy
	// Decisions says which items are decisions.
	Decisions Decisions
	Windows   Windows
	Profile   Profile
	// Sources are the configured connectors. A day closes when all of them are
	// past it; what is stored of others counts, and holds nothing back.
	Sources []string
	// Providers are the connector types of sources by name ("github", "git").
	// Nobody has two accounts at one; a source that is missing is one of its own.
	Providers map[string]string
	// Threshold is the weight, 0 to 1, that the best path of links to an
	// objective must have to be inherited.
	Threshold float64
	// Text says what guesses from words may do.
	Text Text
	// Alerts are the alert thresholds by score name, ratios 0 to 1.
	Alerts map[string]float64
	// Zone is the organisation's time zone, the last resort for a local date.
	Zone *time.Location
	// Words counts the words of a text as store.Item.Terms counts those of an
	// item, by the same keys. Nil takes what is between spaces, in lower case.
	Words func(text string) []store.Term
}

// term returns what check-ins hold of a word in lower case.
func (d *Declared) term(word string) string {
	if d.People.Term == nil {
		return word
	}
	return d.People.Term(word)
}

// A Team is a group of people whose effort is reported together.
type Team struct {
	ID           string // label value
	Zone         *time.Location
	Members      []Member
	Repositories []string // patterns of repositories the team owns, for the work view
	Projects     []string // patterns of ticket projects the team owns, for the work view
	// Groups are the groups at sources whose members belong to the team, in
	// the form "source:name": a connector instance up to the first colon, and
	// a store.Group's name after it ("github:acme/core").
	Groups []string
}

// A Member is one person's membership in a team, in valid time.
type Member struct {
	Person      string         // Person.ID
	From, Until objective.Date // inclusive; NoDate leaves that end open
	Share       float64        // 0 to 1; the shares of a person on a day add up to at most 1
}

// People is what is known about the people behind identities.
type People struct {
	Persons []Person
	// Bots are identities of machines, besides those the sources mark.
	Bots []string
	// Actor turns an identity as it is configured into the key under which
	// events are stored.
	Actor func(identity string) string
	// Term turns a word in lower case into what check-ins hold of it, see
	// store.EventCheckIn. Nil leaves words as they are.
	Term func(word string) string
	// Owners says which person owns each objective, by its id, in the order of
	// their days; objectives without such a person are missing. Like Person.ID it
	// is private to the configuration.
	Owners map[string][]Owner
	// Merge says which of the identities that sources hold to be one person
	// are believed to be one. What Persons declare needs no belief.
	Merge Merge
}

// Merge says which kinds of store.Same merge identities.
type Merge struct {
	VerifiedEmail bool // store.SameByEmail
	Profiles      bool // store.SameByProfile
}

// An Owner is the person who owns an objective from a day on; the first holds
// from the beginning.
type Owner struct {
	From       objective.Date
	Identities []string // as in Person; empty where no person is named
}

// A Person is a set of identities that belong together. Its ID is private to
// the configuration: it reaches no output.
type Person struct {
	ID         string
	Identities []string // "github:octocat", "email:octocat@example.org"
	Zone       *time.Location
	FTE        float64 // 1 is full time
	Leave      []DateRange
}

// A DateRange is a range of days, both ends included.
type DateRange struct{ From, Until objective.Date }

// Privacy holds the limits below which nothing is published (score
// specification, sections 2.7 and 2.8). They are applied to the effort of a team
// or of the organisation in a window as a whole. Objectives and categories
// within it are not checked once more, because every item of an objective can
// be listed anyway.
type Privacy struct {
	KPeople       int     // smallest group for anything about people
	KEffort       int     // fewest contributors for an effort ratio
	Dominance     float64 // largest share of one contributor, 0 to 1
	MinPersonDays float64 // fewest person-days for an effort ratio
	HumanDebt     bool    // scores about load and working hours are computed
}

// Windows says over which days scores are taken.
type Windows struct {
	// Labels are in the order of publication: "7d", "28d", "91d", "quarter".
	Labels               []string
	FiscalYearStartMonth time.Month
	// CloseGrace is how long after a day has ended everywhere it is closed.
	CloseGrace time.Duration
	// FreezeAfter is how long after the end of a week its values are frozen.
	FreezeAfter time.Duration
}

// Input is everything an evaluation reads, besides the time.
type Input struct {
	Declared  *Declared
	Changes   []store.Change
	Overrides []store.Override
	Sources   []store.SourceState
	// Profiles are what the sources tell about accounts, by source and actor.
	Profiles []store.Profile
	// Groups are all versions of all groups, by source, name and time.
	Groups []store.Group
	// Declarations are all versions of what was declared, oldest first; see
	// Engine.SetDeclarations.
	Declarations []objective.Loaded
	// Collapsed are the weeks that are kept without persons, see
	// Engine.SetCollapsed.
	Collapsed []TeamWeek
}
