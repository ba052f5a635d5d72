package effort

import (
	"strings"

	"github.com/workdrift/workdrift/store"
)

// Presence is the set of ways in which a person was present on an item on one
// day. Sets are joined with |, so repeats and order never matter.
type Presence uint8

// The ways to be present.
const (
	Code       Presence = 1 << iota // wrote what the item carries
	Review                          // looked at someone else's change
	Ticket                          // wrote in a ticket
	Discussion                      // wrote in a thread, or about one's own change
)

// presences is the number of different sets.
const presences = 1 << 4

// PresenceOf returns what an event of one kind on an item of one kind shows,
// and 0 where it shows no work:
//
//	event                        item                  presence
//	commit, push                 any                   Code
//	open                         change, commit        Code
//	open, edit, comment          ticket                Ticket
//	review                       any                   Review
//	comment                      change, commit        Review
//	edit                         change, commit        Discussion
//	open, edit, comment          discussion, unknown   Discussion
//	reply, message               any                   Discussion
//	transition, merge, close,    any                   none
//	link, reaction, worklog,
//	check_in
//
// A comment on a change is on someone else's change, because connectors call
// the author's own a reply. Rewording a change is writing about it, neither its
// code nor a review. An item of which only events have been seen so far counts
// as the least that it can be. A change of status is no work: nobody verifies
// it. Logged time is no presence either, it enters a Day as Logged.
func PresenceOf(kind store.EventKind, item store.Kind) Presence {
	switch kind {
	case store.EventCommit, store.EventPush:
		return Code
	case store.EventReview:
		return Review
	case store.EventReply, store.EventMessage:
		return Discussion
	case store.EventOpen, store.EventEdit, store.EventComment:
		return presenceOfText(kind, item)
	default:
		return 0
	}
}

// presenceOfText is for the events that mean something else on each kind of
// item.
func presenceOfText(kind store.EventKind, item store.Kind) Presence {
	switch item {
	case store.KindTicket:
		return Ticket
	case store.KindChange, store.KindCommit:
		switch kind {
		case store.EventOpen:
			return Code
		case store.EventComment:
			return Review
		}
	}
	return Discussion
}

// IsBot reports whether an identity is a machine: the source marks it, its
// login ends in "[bot]", or it is among those configured.
func IsBot(identity string, marked bool, configured map[string]bool) bool {
	return marked || strings.HasSuffix(identity, "[bot]") || configured[identity]
}

// Credit returns the presence that an event on an item of the given kind earns
// its actor. Machines earn none, and neither does nobody.
func Credit(e *store.Event, item store.Kind, bots map[string]bool) Presence {
	if e.Actor == "" || IsBot(e.Actor, e.Bot, bots) {
		return 0
	}
	return PresenceOf(e.Kind, item)
}
