package jira

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// isSearch matches the requests that a poll cannot do without.
func isSearch(r *http.Request) bool { return fake.Matching("GET", "/search")(r) }

func contractFaults(j *fake.Jira, cloud bool) []connectortest.Fault {
	inject := func(match func(*http.Request) bool, times int, f fake.Fault) func() (func(), error) {
		return func() (func(), error) {
			j.Fault(match, times, f)
			return j.ClearFaults, nil
		}
	}
	always := func(name string, reason connectors.Reason, match func(*http.Request) bool, f fake.Fault) connectortest.Fault {
		return connectortest.Fault{Name: name, Inject: inject(match, -1, f), Reason: reason}
	}
	harmless := func(name string, times int, match func(*http.Request) bool, f fake.Fault) connectortest.Fault {
		return connectortest.Fault{Name: name, Inject: inject(match, times, f), Harmless: true}
	}
	limited, server, decode, auth := connectors.ReasonRateLimited, connectors.ReasonServer, connectors.ReasonDecode, connectors.ReasonAuth
	faults := []connectortest.Fault{
		always("burst", limited, isSearch, fake.Fault{Kind: fake.JiraBurst, Wait: 20 * time.Second}),
		always("quota", limited, nil, fake.Fault{Kind: fake.JiraQuota, Wait: 20 * time.Minute}),
		always("a limit that says nothing", limited, isSearch, fake.Fault{Kind: fake.JiraBareLimit}),
		always("unavailable", server, isSearch, fake.Fault{Kind: fake.JiraUnavailable, Wait: time.Minute}),
		always("502", server, isSearch, fake.Fault{Kind: fake.ServerError}),
		always("empty body", decode, isSearch, fake.Fault{Kind: fake.EmptyBody}),
		always("null", decode, isSearch, fake.Fault{Kind: fake.NullBody}),
		always("an empty object", decode, isSearch, fake.Fault{Kind: fake.ObjectBody}),
		always("HTML", decode, isSearch, fake.Fault{Kind: fake.HTMLBody}),
		always("truncated", decode, isSearch, fake.Fault{Kind: fake.TruncatedBody}),
		always("trailing garbage", decode, isSearch, fake.Fault{Kind: fake.TrailingGarbage}),
		always("reset", connectors.ReasonNetwork, isSearch, fake.Fault{Kind: fake.ResetBody}),
		always("bad credentials", auth, nil, fake.Fault{Kind: fake.BadCredentials}),
		always("login failed", auth, isSearch, fake.Fault{Kind: fake.JiraLoginFailed}),
		always("redirect to another host", server, isSearch, fake.Fault{Kind: fake.Redirect, To: "http://127.0.0.1:1"}),
		harmless("duplicates", -1, isSearch, fake.Fault{Kind: fake.DuplicateItem}),
		harmless("shuffled", -1, isSearch, fake.Fault{Kind: fake.ShuffledPage}),
		harmless("slices", -1, nil, fake.Fault{Kind: fake.SlicedBody}),
		harmless("clock ahead", -1, nil, fake.Fault{Kind: fake.ClockSkew, Wait: 15 * time.Minute}),
		harmless("clock behind", -1, nil, fake.Fault{Kind: fake.ClockSkew, Wait: -15 * time.Minute}),
		harmless("smaller pages", -1, isSearch, fake.Fault{Kind: fake.JiraSmallPage, Status: 3}),
	}
	if cloud {
		faults[len(faults)-1] = harmless("isLast too early", -1, isSearch, fake.Fault{Kind: fake.JiraLastToken})
		faults = append(faults,
			harmless("the same token again", -1, isSearch, fake.Fault{Kind: fake.JiraSameToken}),
			harmless("an empty page with a token", 1, isSearch, fake.Fault{Kind: fake.JiraEmptyPage}))
	}
	return faults
}

func TestContract(t *testing.T) {
	products(t, func(t *testing.T, o fake.JiraOptions) {
		s := newSite()
		s.AddType(fake.JiraTypeSpec{Name: "Initiative", Level: 2})
		top := s.Open(day(0, 0), "STRAT", fake.JiraIssueSpec{Type: "Initiative", Summary: "Grow", Reporter: "ada"})
		epic := s.Open(day(0, 1), "STRAT", fake.JiraIssueSpec{Type: "Epic", Summary: "Pay faster", Reporter: "ada", Parent: top})
		s.Open(day(0, 2), "PAY", fake.JiraIssueSpec{Type: "Story", Summary: "At once", Reporter: "ben", Parent: epic})
		fill(s, "PAY", 25)
		fill(s, "OPS", 9)
		o.Account = "ada"
		r := newRig(t, s, o)
		changes, tokens := 0, 0 // pages are small, so that a round takes several fetches
		connect := func(env connectors.Env, more string) (connectors.Connector, error) {
			env.Transport = r.http
			return New(env, connectortest.Decoder("projects: [PAY, OPS]\npage_size: 3\ntimeout: 1m\ntoken_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+r.url+"\n"+more))
		}
		connectortest.Run(t, connectortest.Subject{
			New:      func(env connectors.Env) (connectors.Connector, error) { return connect(env, "") },
			Hook:     contractHook(t, r, s, epic, connect),
			Truth:    func() connectortest.Truth { return connectortest.Truth{Items: s.Keys()} },
			Secrets:  []string{token, "rotated-token"},
			People:   []string{"Ada Lovelace", "ada@example.org"},
			Now:      present,
			Advance:  func(to time.Time) { r.clock.Advance(to.Sub(r.clock.Now())) },
			Faults:   contractFaults(r.jira, !o.DataCenter),
			Requests: func() int { return len(r.jira.Log()) },
			MaxIdle:  2, // the search, and who asks when it turns empty
			Settle:   r.http.CloseIdleConnections,
			Rotate: func() error {
				tokens++
				t.Setenv("WORKDRIFT_TEST_TOKEN", fmt.Sprintf("rotated-token-%d", tokens))
				return nil
			},
			Change: func() error {
				changes++
				at := r.clock.Now().Add(time.Duration(changes) * time.Second)
				key := s.Open(at, "PAY", fake.JiraIssueSpec{Summary: fmt.Sprintf("Change %d", changes), Reporter: "ada", Parent: epic})
				s.Comment(at, key, "ben", "ok")
				s.Set(at, "PAY-3", "ben", "summary", fmt.Sprintf("Changed %d times", changes))
				return nil
			},
		})
	})
}

// contractHook describes the deliveries of the site.
func contractHook(t *testing.T, r *rig, s *fake.JiraSite, epic string, connect func(connectors.Env, string) (connectors.Connector, error)) *connectortest.Hook {
	changes := 0
	return &connectortest.Hook{
		New: func(env connectors.Env, secrets ...string) (connectors.Connector, error) {
			return connect(env, connectortest.HookSecrets(t, secrets...))
		},
		Change: func() (list []connectortest.Announcement, err error) {
			changes++
			at := r.clock.Now().Add(time.Duration(changes) * time.Second)
			announce := func(event, key string) {
				list = append(list, connectortest.Announcement{
					Header: fake.SignedJiraDelivery("", fmt.Sprint(changes, len(list)), nil), Body: r.jira.Event(event, key, at),
				})
			}
			key := s.Open(at, "PAY", fake.JiraIssueSpec{Summary: fmt.Sprintf("Announced %d", changes), Reporter: "ada", Parent: epic})
			announce("jira:issue_created", key)
			s.Comment(at, "OPS-1", "ben", "ok")
			announce("comment_created", "OPS-1")
			s.LogWork(at, "OPS-2", fake.JiraWorkSpec{By: "ben", Started: at.Add(-time.Hour), Spent: time.Hour})
			announce("worklog_created", "OPS-2")
			s.Link(at, "ada", "Blocks", "PAY-4", key)
			announce("issuelink_created", "PAY-4")
			s.Set(at, "PAY-5", "ben", "summary", fmt.Sprintf("Announced %d times", changes))
			s.Transition(at, "PAY-5", "ben", "In Progress")
			announce("jira:issue_updated", "PAY-5")
			return list, nil
		},
		Sign: func(h http.Header, secret string, _ time.Time, body []byte) {
			h.Set(headerSignature, signature(secret, body))
		},
		Signed:  []string{headerSignature},
		Unknown: []string{"999999999", "PAY-1"},
	}
}
