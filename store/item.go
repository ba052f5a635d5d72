package store

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Kind is what an item is.
type Kind string

// The kinds of items.
const (
	KindTicket     Kind = "ticket"     // an issue, a story, an epic
	KindChange     Kind = "change"     // a pull request
	KindCommit     Kind = "commit"     // a commit on the default branch
	KindDiscussion Kind = "discussion" // a thread
	KindOutcome    Kind = "outcome"    // the measured result of an objective; no work
)

// Status is the category of an item's state, never its localised name.
type Status string

// The status categories.
const (
	StatusTodo    Status = "todo"
	StatusDoing   Status = "doing"
	StatusDone    Status = "done"    // delivered: a merged change, a finished ticket
	StatusDropped Status = "dropped" // closed without being delivered
)

// Gone says why an item is no longer where it was.
type Gone string

// The ways in which an item goes. The empty value means that it is there.
const (
	GoneDeleted    Gone = "deleted"
	GoneMoved      Gone = "moved"
	GoneLostAccess Gone = "lost_access"
	// GoneNotOnDefaultBranch marks a commit that a force-push removed.
	GoneNotOnDefaultBranch Gone = "not_on_default_branch"
)

// An Item is the newest state of one piece of work.
type Item struct {
	// Source is the name of the connector instance.
	Source string
	// ID never changes at the source. Within a source, the items of one
	// container (a repository, a project, a channel) share a prefix that ends
	// in a slash, so that a container can be listed.
	ID   string
	Kind Kind
	// Keys are the names people type, newest first: "PAY-7", "acme/api#12",
	// "acme/api@<40 hex digits>". Old names stay. Two items that share a key
	// are the same work seen from two sources.
	Keys []string
	// Title is the only text that is stored.
	Title string
	// Terms count the words of the whole text, titles and messages included,
	// without their order: what the scores about vocabulary need of a text that
	// is not kept.
	Terms []Term
	URL   string
	// Attrs is what rules match; see the constants that start with Attr.
	// Values never name a person.
	Attrs map[string][]string
	// Links are ordered as they were found, without repeats.
	Links  []Link
	Status Status

	Created, Updated, Started, Closed time.Time
	Gone                              Gone
}

// The attributes that more than one connector sets. All values are as the
// source spells them; "…" shows an example.
const (
	AttrRepo      = "repo"      // "acme/api"
	AttrProject   = "project"   // "PAY", the part of a ticket key before the dash
	AttrLabel     = "label"     // "incident"
	AttrMilestone = "milestone" // "2026 Q1"
	AttrPath      = "path"      // "svc/sso/token.go", each file a commit or change touched
	AttrType      = "type"      // "bug", as the source names it
	AttrBranch    = "branch"    // head branch of a change
	AttrBase      = "base"      // branch a change is to be merged into
	AttrScope     = "scope"     // "build" of a conventional subject "fix(build): …"
	AttrChange    = "change"    // conventional type, "fix" of "fix(build): …"
	AttrAuthor    = "author"    // "bot" or "human"
	AttrBot       = "bot"       // the name of the machine account that made it, never a person
	AttrComponent = "component" // "checkout"
	AttrSprint    = "sprint"    // "PAY Sprint 12"
	AttrLevel     = "level"     // "epic", "initiative": the rank above a plain ticket, none below
	AttrChannel   = "channel"   // "proj-checkout", the name without #
	AttrReaction  = "reaction"  // "decision", each emoji on the first message of a thread
	// What a ticket gives to begin work with: as of when work began where the
	// source tells its history, else as of now, and absent where the source, or
	// the version of the program that read it, does not tell.
	AttrWords     = "words"     // "27", of the description, at most 200
	AttrCriteria  = "criteria"  // "yes" or "no": says when it is done
	AttrAssigned  = "assigned"  // "yes" or "no": somebody is to do it, never who
	AttrObjective = "objective" // of an outcome: the id of the objective it measures
	AttrResult    = "result"    // of an outcome: "ok", or why nothing is measured
)

// OutcomeID is the Item.ID of the outcome that a query measures for an
// objective. Another query is another item: its values are a series of its own.
func OutcomeID(objective, query string) string {
	sum := sha256.Sum256([]byte(query))
	return objective + "/" + hex.EncodeToString(sum[:6])
}

// A Term is a word and how often it occurs.
type Term struct {
	// Word is in lower case as connectors spell it, and its keyed hash from
	// the poller onwards. Terms are ordered by it, without repeats.
	Word  string
	Count int
}

// LinkKind is what a link says about the two items.
type LinkKind string

// The kinds of links, from the item that holds them to the key they name.
const (
	// LinkImplements: the item does the other's work: the leading run of keys
	// of a commit subject or title, the title of what a merge brings in, the
	// key of what a revert takes back, a development panel.
	LinkImplements LinkKind = "implements"
	// LinkCloses is a closing keyword with its reference. It counts as
	// delivered only once the change is merged into the default branch.
	LinkCloses LinkKind = "closes"
	// LinkParent leads from a child to its parent or epic.
	LinkParent LinkKind = "parent"
	// LinkPartOf leads from a commit to the change that carried it.
	LinkPartOf LinkKind = "part_of"
	// LinkContains leads from a change to a commit it carries. The commit is
	// then no work of its own.
	LinkContains LinkKind = "contains"
	// LinkDiscusses leads from a thread to what it is about.
	LinkDiscusses LinkKind = "discusses"
	LinkRelates   LinkKind = "relates"
	LinkMentions  LinkKind = "mentions"
	// LinkBlocks leads from what blocks to what is blocked. It attributes
	// nothing.
	LinkBlocks LinkKind = "blocks"
)

// A Link leads from the item that holds it to the item that has Key. The
// target need not be stored. Connectors keep every reference they find, to
// known projects or not; the reader decides what is known.
type Link struct {
	Kind LinkKind
	Key  string
	At   time.Time // when the link was made, zero when the source does not tell
}

// EventKind is what a person did.
type EventKind string

// The kinds of events.
const (
	EventCommit     EventKind = "commit"     // authored or co-authored a commit
	EventOpen       EventKind = "open"       // opened a ticket or change
	EventPush       EventKind = "push"       // pushed to a change
	EventReview     EventKind = "review"     // reviewed, or commented on the code of, someone else's change
	EventComment    EventKind = "comment"    // commented on a ticket, or on someone else's change
	EventReply      EventKind = "reply"      // commented on one's own change
	EventEdit       EventKind = "edit"       // edited a title, description or comment
	EventMessage    EventKind = "message"    // wrote in a thread
	EventReaction   EventKind = "reaction"   // reacted with an emoji
	EventTransition EventKind = "transition" // moved an item to another status; Attrs["from"] and ["to"] are categories
	EventMerge      EventKind = "merge"      // merged a change
	EventClose      EventKind = "close"      // closed an item
	EventLink       EventKind = "link"       // made or removed a link
	EventField      EventKind = "field"      // changed another field; Attrs["field"]
	// EventWorklog is logged time: At is when the work was done,
	// Attrs["seconds"] how much it was.
	EventWorklog EventKind = "worklog"
	// EventCheckIn is a reported confidence: Attrs["confidence"] is a ratio from
	// 0 to 1, Attrs["cites"] is "outcome" where the report rests on a reading of the
	// objective's outcome, which is not kept, and Attrs["objective"] the objective's id or a key, as it was typed by
	// connectors, and from the poller onwards Hasher.Term of it in lower case:
	// it may be any word of a message, a name for one. Files of earlier versions
	// hold it as it was typed.
	EventCheckIn EventKind = "check_in"
	// EventSample is a value of an outcome: Attrs["value"] at the time At.
	EventSample EventKind = "sample"
)

// An Event is one thing that one person did to one item. An event with a known
// (Source, Item, ID) replaces the stored one, which makes a repeat harmless.
// Events go only when the source takes them back (see Whole).
type Event struct {
	Source string
	// ID is unique within the item: "commit/<sha>", "review/<number>". Two
	// people who share an event (a co-authored commit) have two IDs.
	ID   string
	Item string // Item.ID of the same source
	Kind EventKind
	// Actor is the identity at the source as connectors spell it
	// ("github:octocat", "email:octocat@example.org"), and its keyed hash
	// from the poller onwards. Empty when the source does not tell (a deleted
	// account).
	Actor string
	// Bot is set where the source says that the actor is a machine.
	Bot bool
	// At has the author's offset where the source tells it, made with
	// WithOffset, and time.UTC where it does not; to the second.
	At    time.Time
	Attrs map[string]string
}

// WithOffset returns t in a zone with the given offset, for events whose
// author's zone is known.
func WithOffset(t time.Time, seconds int) time.Time {
	return t.In(time.FixedZone("author", seconds))
}

// Offset returns the author's offset from UTC in seconds, and whether the
// source told it.
func Offset(t time.Time) (seconds int, known bool) {
	if t.Location() == time.UTC {
		return 0, false
	}
	_, seconds = t.Zone()
	return seconds, true
}

// A Tombstone marks a stored item as gone. An item that is not stored is
// ignored. Applying the item again later brings it back.
type Tombstone struct {
	ID  string
	Why Gone
	// MovedTo is the new key of a moved item, which keeps its history: it is
	// added in front of the item's keys.
	MovedTo string
	At      time.Time // when it was found gone
}

// A Whole says that a batch holds every event of an item whose ID starts with
// Prefix: stored ones that the batch does not repeat were taken back at the
// source, such as a deleted message, and are removed. The item then changed. An
// item that is not stored is ignored.
type Whole struct {
	Item   string // Item.ID
	Prefix string // "message/"; empty stands for all events of the item
}

// An Identity is what a source tells about one of its accounts. The handle is
// kept apart from everything else, so that it can be erased; the rest is kept
// as a Profile, to which later identities of the same actor add: an empty Zone
// says nothing, addresses that were once verified stay, and other links are
// replaced by those of the newest identity that has any.
type Identity struct {
	Actor string // as in Event
	// Handle is what an operator recognises: the account's name at the source,
	// and from the poller onwards the identity as the configuration spells it,
	// followed by a space and the name where that says more: "github:octocat",
	// "jira:5b10a2 Ada Lovelace".
	Handle string
	Bot    bool
	Zone   string // IANA name of the time zone in the profile, empty when unknown
	// Same are identities that belong to the same person, by what the source
	// says.
	Same []Same
}

// A Same is another identity of a person.
type Same struct {
	Actor string // as in Event: "email:octocat@example.org", "github:octocat"
	By    SameBy
}

// SameBy is how a source knows that two identities are one person.
type SameBy string

// The ways to know.
const (
	SameByEmail   SameBy = "verified_email" // the account's address, which the source has verified
	SameByProfile SameBy = "profile"        // a field that the person filled in
)

// An Account is whether one of its accounts can be used, as a source tells it:
// somebody who has left keeps an identity and loses the account. The profile of
// the actor keeps the state with the time at which it was first seen to be so:
// one that was seen before the state kept is ignored, and one seen in the same
// second replaces it. An actor without a profile is ignored, so that a source may
// list all of its accounts and only those that took part are kept.
type Account struct {
	Actor string // as in Event
	State AccountState
	// At is when the source was seen to say so.
	At time.Time
}

// AccountState is whether an account can be used. The empty value means that its
// source never told.
type AccountState string

// The states of an account.
const (
	AccountActive   AccountState = "active"
	AccountInactive AccountState = "inactive" // deactivated, suspended or deleted
)

// A Profile is what the store keeps of an Identity, without its handle.
type Profile struct {
	Source string
	Actor  string // keyed hash
	Bot    bool
	Zone   string
	Same   []Same // actors are keyed hashes
	// Account is the state of the account, and Since when it was first seen to be
	// so; zero where the state is unknown.
	Account AccountState
	Since   time.Time
}

// A Group is a group of accounts at a source: a GitHub team, a Jira group. The
// store keeps each version that differs from the one before; one that was seen
// before the newest kept is ignored, and one seen in the same second replaces
// it.
type Group struct {
	Source  string
	Name    string   // "acme/core", "jira-developers"
	Members []string // actors as in Event, ordered, without repeats
	// At is when the source was seen to have these members.
	At time.Time
}

// A Quarantined is something that could not be read. The rest of its page was
// kept. It is released when an item with its ID is applied.
type Quarantined struct {
	ID     string
	Reason string // what was wrong, without content
}

// A Declaration is one version of the declared objectives as it was loaded.
type Declaration struct {
	KnownFrom time.Time // when it was first loaded
	Body      []byte    // canonical encoding, chosen by the caller
}

// An Override is a human's decision about one item. It outranks everything.
type Override struct {
	Key  string // a key of the item
	To   string // an objective's id, or a bucket
	Role string // the role that decided, never a person
	Why  string
	At   time.Time
}

// A Frozen is what was told of one closed ISO week when it was frozen.
type Frozen struct {
	Monday time.Time // 00:00 UTC
	Body   []byte    // encoding chosen by the caller
}

// A Collapsed is what one ISO week was worth, once nobody is named in it any
// more: the effort of each work and team, without persons.
type Collapsed struct {
	Monday time.Time // 00:00 UTC
	Body   []byte    // encoding chosen by the caller
	// Seq is the newest change that Body takes into account. It is not kept.
	Seq uint64
}

// NamelessBefore is the moment up to which a store names nobody once the week
// of a Monday is collapsed: when the week after it begins in the first zone on
// earth, UTC+14. Whatever happened earlier was in that week or before it,
// wherever it happened.
func NamelessBefore(monday time.Time) time.Time { return monday.Add((7*24 - 14) * time.Hour) }
