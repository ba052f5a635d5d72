package effort

import (
	"testing"

	"github.com/workdrift/workdrift/store"
)

func TestPresenceOf(t *testing.T) {
	const none Presence = 0
	kinds := []store.Kind{store.KindTicket, store.KindChange, store.KindCommit, store.KindDiscussion, ""}
	for _, c := range []struct {
		event store.EventKind
		want  [5]Presence // parallel to kinds
	}{
		{store.EventCommit, [5]Presence{Code, Code, Code, Code, Code}},
		{store.EventPush, [5]Presence{Code, Code, Code, Code, Code}},
		{store.EventOpen, [5]Presence{Ticket, Code, Code, Discussion, Discussion}},
		{store.EventEdit, [5]Presence{Ticket, Discussion, Discussion, Discussion, Discussion}},
		{store.EventComment, [5]Presence{Ticket, Review, Review, Discussion, Discussion}},
		{store.EventReview, [5]Presence{Review, Review, Review, Review, Review}},
		{store.EventReply, [5]Presence{Discussion, Discussion, Discussion, Discussion, Discussion}},
		{store.EventMessage, [5]Presence{Discussion, Discussion, Discussion, Discussion, Discussion}},
		{store.EventTransition, [5]Presence{}},
		{store.EventMerge, [5]Presence{}},
		{store.EventClose, [5]Presence{}},
		{store.EventLink, [5]Presence{}},
		{store.EventReaction, [5]Presence{}},
		{store.EventWorklog, [5]Presence{}},
		{store.EventCheckIn, [5]Presence{}},
		{"", [5]Presence{none}},
	} {
		for i, kind := range kinds {
			if got := PresenceOf(c.event, kind); got != c.want[i] {
				t.Errorf("PresenceOf(%q, %q) = %04b, want %04b", c.event, kind, got, c.want[i])
			}
		}
	}
}

func TestCreditLeavesOutMachinesAndNobody(t *testing.T) {
	configured := map[string]bool{"github:ci": true}
	for _, c := range []struct {
		name string
		e    store.Event
		want Presence
	}{
		{"a person", store.Event{Actor: "github:octocat"}, Code},
		{"a deleted account", store.Event{}, 0},
		{"marked by the source", store.Event{Actor: "github:octocat", Bot: true}, 0},
		{"by its login", store.Event{Actor: "github:renovate[bot]"}, 0},
		{"configured", store.Event{Actor: "github:ci"}, 0},
		{"only similar to a configured one", store.Event{Actor: "github:ci2"}, Code},
	} {
		c.e.Kind = store.EventCommit
		if got := Credit(&c.e, store.KindCommit, configured); got != c.want {
			t.Errorf("%s: credit = %04b, want %04b", c.name, got, c.want)
		}
	}
}
