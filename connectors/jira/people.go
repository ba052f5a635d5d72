package jira

import (
	"strings"

	"github.com/workdrift/workdrift/store"
)

// actorOf spells an account for the store: the account id on Cloud, the user
// name on Data Center, or the key where the name is not told. Nobody is the
// empty string.
func actorOf(u *wireUser) string {
	switch {
	case u == nil:
		return ""
	case u.AccountID != "":
		return "jira:" + u.AccountID
	case u.Name != "":
		return "jira:" + strings.ToLower(u.Name)
	case u.Key != "":
		return "jira:" + u.Key
	}
	return ""
}

func isBot(u *wireUser) bool { return u != nil && u.AccountType == "app" }

// identity is what Jira tells about an account. Names go into the handle only.
func identity(u *wireUser) store.Identity {
	id := store.Identity{Actor: actorOf(u), Bot: isBot(u), Zone: u.TimeZone, Handle: "jira:" + u.DisplayName}
	if u.DisplayName == "" {
		id.Handle = id.Actor
	}
	if email := strings.ToLower(strings.TrimSpace(u.EmailAddress)); strings.Contains(email, "@") {
		id.Same = []store.Same{{Actor: "email:" + email, By: store.SameByEmail}}
	}
	return id
}

// who returns the actor of an event and whether it is a machine, and sees to
// it that the batch holds the identity.
func (n *normaliser) who(u *wireUser) (actor string, bot bool) {
	actor = actorOf(u)
	if actor == "" {
		return "", false
	}
	n.account(u)
	id := identity(u)
	if i, ok := n.known[actor]; ok {
		// Some endpoints tell less of an account than others.
		old := &n.out.Identities[i]
		if len(id.Same) > 0 || len(old.Same) == 0 {
			if id.Zone == "" {
				id.Zone = old.Zone
			}
			*old = id
		}
	} else {
		n.known[actor] = len(n.out.Identities)
		n.out.Identities = append(n.out.Identities, id)
	}
	return actor, id.Bot
}
