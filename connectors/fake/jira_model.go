package fake

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A JiraUserSpec describes an account of a Jira site.
type JiraUserSpec struct {
	ID       string // account id; every other method names people by it
	Name     string // user name on a Data Center; default: the ID
	Key      string // user key on a Data Center; default: "JIRAUSER" and a number
	Display  string // default: the name
	Email    string // "" when the account hides it
	TimeZone string // "Europe/Berlin"; default: "Etc/UTC"
	Inactive bool
	App      bool // an app or a bot: accountType "app"
}

// A JiraProjectSpec describes a project.
type JiraProjectSpec struct {
	Key      string // "PAY"
	Name     string // default: the key
	Lead     string // account id
	NextGen  bool   // team-managed
	Category string
}

// A JiraTypeSpec describes an issue type.
type JiraTypeSpec struct {
	Name  string // untranslated; other methods use it
	Shown string // localised; default: the name
	Level int    // hierarchy: -1 sub-task, 0 standard, 1 epic, 2 and more above
}

// A JiraStatusSpec describes a status.
type JiraStatusSpec struct {
	Name     string // untranslated; other methods use it
	Shown    string // localised; default: the name
	Category string // "new", "indeterminate" or "done"
}

// A JiraFieldSpec describes a custom field.
type JiraFieldSpec struct {
	Name   string
	Custom string // schema.custom; default: that of a text field
	// Type is schema.type: "string" (default), "number", "date", "option",
	// "array" (of strings) or "options" (an array of options).
	Type string
}

// A JiraBoardSpec describes a board.
type JiraBoardSpec struct {
	Name     string
	Kanban   bool     // without sprints
	Projects []string // keys; the first is the board's location
	JQL      string   // filter; default: the projects
}

// A JiraSprintSpec describes a sprint. Start and End are planned.
type JiraSprintSpec struct {
	Name, Goal string
	Start, End time.Time
}

// A JiraIssueSpec describes an issue to open.
type JiraIssueSpec struct {
	Type        string // default: "Task"
	Summary     string
	Description string
	Reporter    string // account id, "" for nobody
	Assignee    string
	Labels      []string
	Components  []string
	FixVersions []string
	Priority    string // default: "Medium"
	Due         string // "2026-03-31"
	Parent      string // key: epic, parent of a sub-task, or what is above
	Status      string // default: "To Do"
	Fields      map[string][]string
}

// A JiraWorkSpec describes a worklog.
type JiraWorkSpec struct {
	By      string
	Started time.Time
	Spent   time.Duration // whole seconds
	Comment string
}

// A JiraDevSpec describes what the development panel shows for an issue.
type JiraDevSpec struct {
	App    string // "GitHub"
	Kind   string // "pullrequest", "branch" or "repository" (with a commit)
	URL    string
	Name   string // title, branch name, or commit message
	ID     string // "#12", or the SHA of a commit
	Status string // of a pull request: OPEN, MERGED, DECLINED
	Repo   string // "acme/api"
	Branch string // source branch of a pull request
	At     time.Time
	Author string // as the code host names it
}

type jiraUser struct {
	id, name, key, display, email, zone string
	active, app                         bool
	loc                                 *time.Location
}

type jiraGroup struct {
	id, name string
	members  []*jiraUser
}

type jiraType struct {
	id, name, shown string
	level           int
}

type jiraStatus struct{ id, name, shown, category string }

type jiraNamed struct{ id, name string }

type jiraVersion struct {
	id, name, due string
	released      bool
}

type jiraField struct{ id, name, custom, kind string }

type jiraProject struct {
	id, key, name string
	keys          []string // former keys
	lead          *jiraUser
	nextGen       bool
	revoked, gone bool
	next          int
	components    []jiraNamed
	versions      []*jiraVersion
}

type jiraBoard struct {
	id       int64
	name     string
	kanban   bool
	projects []*jiraProject
	jql      string
	sprints  []*jiraSprint
}

type jiraSprint struct {
	id                    int64
	board                 *jiraBoard
	name, goal            string
	start, end, completed time.Time
	state                 string // future, active, closed
}

type jiraIssue struct {
	id        int64
	project   *jiraProject
	number    int
	keys      []string // newest first
	kind      *jiraType
	status    *jiraStatus
	statusAt  time.Time
	summary   string
	desc, env string
	creator   *jiraUser
	reporter  *jiraUser
	assignee  *jiraUser
	labels    []string
	comps     []jiraNamed
	versions  []*jiraVersion
	priority  jiraNamed
	done      bool // has a resolution
	resolved  time.Time
	due       string
	parent    *jiraIssue
	children  []*jiraIssue
	sprints   []*jiraSprint // in the order of joining
	custom    map[string][]string
	estimate  int64 // seconds
	created   time.Time
	updated   time.Time
	touches   []time.Time // the values updated had, for a late index
	rank      int64
	histories []*jiraHistory // in the order of the changes
	comments  []*jiraComment
	worklogs  []*jiraWorklog
	links     []*jiraLink
	remotes   []*jiraRemote
	dev       []JiraDevSpec
	gone      bool
}

func (is *jiraIssue) key() string     { return is.keys[0] }
func (is *jiraIssue) idText() string  { return strconv.FormatInt(is.id, 10) }
func (is *jiraIssue) logName() string { return "issue:" + is.idText() }
func (is *jiraIssue) visible() bool   { return !is.gone && !is.project.revoked && !is.project.gone }

// touch moves the time of the last change.
func (is *jiraIssue) touch(at time.Time) {
	if at = milli(at); at.After(is.updated) {
		is.updated = at
		is.touches = append(is.touches, at)
	}
}

func (is *jiraIssue) spent() int64 {
	var sum int64
	for _, w := range is.worklogs {
		sum += w.seconds
	}
	return sum
}

func (is *jiraIssue) labelText() string { return strings.Join(is.labels, " ") }

func (is *jiraIssue) worklog(id string) *jiraWorklog {
	i := slices.IndexFunc(is.worklogs, func(w *jiraWorklog) bool { return w.idText() == id })
	if i < 0 {
		return nil
	}
	return is.worklogs[i]
}

type jiraHistory struct {
	id    int64
	by    *jiraUser
	at    time.Time
	items []jiraItem
}

// A jiraItem is one line of a history.
type jiraItem struct {
	field, fieldID   string
	custom           bool
	from, fromText   string
	to, toText       string
	blank            bool      // shows nothing as "" instead of null
	fromUser, toUser *jiraUser // for fields that hold a person
	parent           bool      // the deployment decides how it is named
	level            int       // of the parent
	sub              bool      // the issue is a sub-task
}

type jiraComment struct {
	id               int64
	by, editor       *jiraUser
	body             string
	created, updated time.Time
}

type jiraWorklog struct {
	id               int64
	issue            *jiraIssue
	by, editor       *jiraUser
	started          time.Time
	seconds          int64
	comment          string
	created, updated time.Time
}

func (w *jiraWorklog) idText() string { return strconv.FormatInt(w.id, 10) }

// A jiraMark is a line of the feeds of changed and deleted worklogs.
type jiraMark struct {
	worklog int64
	at      time.Time
	issue   *jiraIssue
}

type jiraLinkType struct{ id, name, inward, outward string }

type jiraLink struct {
	id       int64
	kind     *jiraLinkType
	from, to *jiraIssue // from blocks to
}

type jiraRemote struct {
	id                       int64
	url, title, relationship string
}

// milli is the resolution of Jira's timestamps.
func milli(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}
