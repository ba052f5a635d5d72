package jira

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// TestDeactivatedAccounts: whose account was deactivated after the last issue is
// noticed within a day, by a process that met nobody, too, at the price of the
// list of accounts. Of accounts that took part in nothing nothing is kept.
func TestDeactivatedAccounts(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		s.AddUser(fake.JiraUserSpec{ID: "idle", Display: "Idle"})
		fill(s, "PAY", 3)
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\n"
		states := func(what string, want map[string]store.AccountState) {
			t.Helper()
			got := map[string]store.AccountState{}
			for actor, a := range r.Shelf.Accounts {
				if got[actor] = a.State; a.At.IsZero() {
					t.Errorf("%s: seen never", what)
				}
			}
			for actor := range r.Shelf.Identities {
				if _, told := want[actor]; !told {
					want[actor] = store.AccountActive
				}
			}
			equal(t, what, got, want)
		}
		const no = store.AccountInactive
		r.MustPoll(r.connect())
		states("met", map[string]store.AccountState{})
		s.SetActive("ada", false)
		c := r.connect() // which meets nobody
		r.jira.ResetLog()
		r.later(c, 5*time.Minute)
		states("the same day", map[string]store.AccountState{})
		r.later(c, 25*time.Hour)
		states("the next day", map[string]store.AccountState{"jira:ada": no})
		lists := 0
		for path, n := range r.served() {
			if strings.Contains(path, "user") {
				lists += n
			}
		}
		equal(t, "pages of accounts", lists, 2)
		s.SetActive("ada", true)
		r.later(c, 25*time.Hour)
		states("the day after", map[string]store.AccountState{})
	})
}

// TestAccountsRefused: without the right to list accounts everything else is read,
// and a group or an issue that changes still tells of those in it.
func TestAccountsRefused(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		keys := fill(s, "PAY", 3)
		s.AddGroup("developers", "ada", "ben")
		r := newRig(t, s, o)
		r.config = "projects: [PAY]\ngroups: [developers]\n"
		c := r.connect()
		r.MustPoll(c)
		r.jira.Fault(fake.Matching("GET", "user"), -1, fake.Fault{Kind: fake.ServerError, Status: 403})
		state := func(who string) store.AccountState { return r.Shelf.Accounts["jira:"+who].State }
		s.SetActive("ada", false)
		s.Comment(r.clock.Now(), keys[1], "ben", "hello")
		r.later(c, 5*time.Minute)
		equal(t, "of the issue", []store.AccountState{state("ada"), state("ben")}, []store.AccountState{store.AccountInactive, store.AccountActive})
		equal(t, "members before the interval", len(r.Shelf.Groups["developers"].Members), 2)
		s.SetActive("ben", false)
		r.later(c, 25*time.Hour)
		equal(t, "of the group", state("ben"), store.AccountInactive)
		equal(t, "members", len(r.Shelf.Groups["developers"].Members), 0)
		r.later(c, 5*time.Minute)
		equal(t, "that they cannot be listed is told", strings.Count(r.logs.String(), "no right to list accounts"), 1)
	})
}

// TestAccountStates: what Jira does not tell of an account is unknown.
func TestAccountStates(t *testing.T) {
	for raw, want := range map[string]store.AccountState{
		`{"accountId":"a","active":true}`:                         store.AccountActive,
		`{"accountId":"a","active":false}`:                        store.AccountInactive,
		`{"name":"A","active":true,"deleted":true}`:               store.AccountInactive,
		`{"accountId":"a"}`:                                       "",
		`{"accountId":"a","active":null}`:                         "",
		`{"accountId":"a","accountType":"app","active":false}`:    "",
		`{"displayName":"Former user","active":false}`:            "",
		`{"accountId":"a","active":false,"displayName":"Ada L."}`: store.AccountInactive,
	} {
		var u wireUser
		if err := json.Unmarshal([]byte(raw), &u); err != nil {
			t.Fatal(err)
		}
		n := newNormaliser(source, &config{}, &site{})
		n.account(&u)
		if got := n.accounts["jira:a"].State; got != want || want == "" && len(n.accounts) > 0 {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}
