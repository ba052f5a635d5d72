package jira

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/workdrift/workdrift/store"
)

// A person who is gone appears in no issue that changes, so the list of all
// accounts is read once in each interval of the census. A page of Cloud's list
// holds 1,000; what Data Center has is a search, of which newer versions give no
// more than the first 100.
const (
	accountsPage       = 1000
	accountsSearchPage = 100
)

// accountsStep reads one page of the list of all accounts. Only whether they can
// be used is handed over: the store ignores those that took part in nothing.
func (c *connector) accountsStep(ctx context.Context, f *fetch) (more bool, err error) {
	begin := c.listed
	c.listed = 0 // an error begins anew
	path, query := "rest/api/2/users/search", url.Values{"maxResults": {strconv.Itoa(accountsPage)}}
	if !c.site.cloud {
		path, query = "rest/api/2/user/search", url.Values{"maxResults": {strconv.Itoa(accountsSearchPage)}, "username": {"."}, "includeInactive": {"true"}}
	}
	query.Set("startAt", strconv.Itoa(begin))
	rep, err := optional(c.api.get(ctx, path, query))
	if err != nil {
		return false, err
	}
	done := func() (bool, error) { return false, f.move(streamAccounts, duePos{At: c.api.gov.serverNow().Unix()}) }
	if rep.status >= 400 {
		c.env.Log.Warn("no right to list accounts; only those in issues that change tell whether they are active", "source", c.env.Source, "status", rep.status)
		return done()
	}
	var elements []json.RawMessage
	if err := rep.array(&elements); err != nil {
		return false, err
	}
	users, _ := decodeEach[wireUser](elements)
	for i := range users {
		f.norm.account(&users[i])
	}
	// Pages may be shorter than was asked for: only an empty one is the end.
	if len(elements) == 0 || begin/accountsSearchPage >= maxParts {
		return done()
	}
	c.listed = begin + len(elements)
	return true, nil
}

// account hands over whether an account can be used, where Jira tells.
func (n *normaliser) account(u *wireUser) {
	actor := actorOf(u)
	if actor == "" || isBot(u) || u.Active == nil {
		return
	}
	a := store.Account{Actor: actor, State: store.AccountActive}
	if !*u.Active || u.Deleted {
		a.State = store.AccountInactive
	}
	n.accounts[actor] = a
}
