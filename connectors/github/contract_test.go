package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// truth is what the world holds, as the contract suite wants it.
func truth(w *fake.World) connectortest.Truth {
	var out connectortest.Truth
	for _, repo := range w.Snapshot() {
		for _, sha := range repo.Commits {
			out.Items = append(out.Items, repo.Name+"@"+sha)
		}
		for _, is := range repo.Issues {
			out.Items = append(out.Items, fmt.Sprintf("%s#%d", repo.Name, is.Number))
		}
	}
	return out
}

// isGet matches all but GraphQL.
func isGet(r *http.Request) bool { return r.Method == http.MethodGet }

func contractFaults(hub *fake.GitHub) []connectortest.Fault {
	inject := func(match func(*http.Request) bool, times int, f fake.Fault) func() (func(), error) {
		return func() (func(), error) {
			hub.Fault(match, times, f)
			return hub.ClearFaults, nil
		}
	}
	always := func(name string, reason connectors.Reason, match func(*http.Request) bool, f fake.Fault) connectortest.Fault {
		return connectortest.Fault{Name: name, Inject: inject(match, -1, f), Reason: reason}
	}
	harmless := func(name string, times int, match func(*http.Request) bool, f fake.Fault) connectortest.Fault {
		return connectortest.Fault{Name: name, Inject: inject(match, times, f), Harmless: true}
	}
	limited, server, decode := connectors.ReasonRateLimited, connectors.ReasonServer, connectors.ReasonDecode
	issues := fake.Matching("GET", "/issues?")
	return []connectortest.Fault{
		always("primary limit", limited, nil, fake.Fault{Kind: fake.PrimaryLimit, Wait: 20 * time.Minute}),
		always("primary limit, 429", limited, nil, fake.Fault{Kind: fake.PrimaryLimit, Status: 429, Wait: 20 * time.Minute}),
		always("secondary limit", limited, nil, fake.Fault{Kind: fake.SecondaryLimit, Wait: 30 * time.Second}),
		always("secondary limit, date", limited, nil, fake.Fault{Kind: fake.SecondaryDate, Wait: 30 * time.Second}),
		always("secondary limit, bare", limited, nil, fake.Fault{Kind: fake.SecondaryBare}),
		always("secondary limit, undocumented", limited, nil, fake.Fault{Kind: fake.SecondaryUndocumented, Status: 429, Wait: time.Second}),
		always("502", server, isGet, fake.Fault{Kind: fake.ServerError}),
		always("503 for issues", server, issues, fake.Fault{Kind: fake.ServerError, Status: 503}),
		always("empty body", decode, isGet, fake.Fault{Kind: fake.EmptyBody}),
		always("null", decode, isGet, fake.Fault{Kind: fake.NullBody}),
		always("an object for a list", decode, issues, fake.Fault{Kind: fake.ObjectBody}),
		always("HTML", decode, isGet, fake.Fault{Kind: fake.HTMLBody}),
		always("truncated", decode, isGet, fake.Fault{Kind: fake.TruncatedBody}),
		always("trailing garbage", decode, issues, fake.Fault{Kind: fake.TrailingGarbage}),
		always("reset", connectors.ReasonNetwork, isGet, fake.Fault{Kind: fake.ResetBody}),
		always("bad credentials", connectors.ReasonAuth, nil, fake.Fault{Kind: fake.BadCredentials}),
		always("redirect to another host", server, isGet, fake.Fault{Kind: fake.Redirect, To: "http://127.0.0.1:1"}),
		harmless("duplicates", -1, issues, fake.Fault{Kind: fake.DuplicateItem}),
		harmless("shuffled", -1, issues, fake.Fault{Kind: fake.ShuffledPage}),
		harmless("slices", -1, nil, fake.Fault{Kind: fake.SlicedBody}),
		harmless("clock ahead", -1, nil, fake.Fault{Kind: fake.ClockSkew, Wait: 15 * time.Minute}),
		harmless("clock behind", -1, nil, fake.Fault{Kind: fake.ClockSkew, Wait: -15 * time.Minute}),
		harmless("GraphQL partial", 2, nil, fake.Fault{Kind: fake.GraphQLPartial}),
		harmless("GraphQL fails", 3, fake.Matching("POST"), fake.Fault{Kind: fake.GraphQLFailed}),
		harmless("GraphQL 502", 3, fake.Matching("POST"), fake.Fault{Kind: fake.ServerError}),
		harmless("GraphQL without rateLimit", -1, nil, fake.Fault{Kind: fake.GraphQLNoRateLimit}),
	}
}

func TestContract(t *testing.T) {
	w := newWorld()
	fake.Populate(w, fake.Size{Repos: 2, Issues: 24, Pulls: 24, Commits: 20, People: 4}, start, present.Add(-time.Hour), 2)
	r := newRig(t, w, fake.Options{})
	changes, tokens := 0, 0
	connect := func(env connectors.Env, more string) (connectors.Connector, error) {
		env.Transport = r.http
		return New(env, connectortest.Decoder("organizations: [acme]\npage_size: 7\ntimeout: 1m\ntoken_env: WORKDRIFT_TEST_TOKEN\nbase_url: "+r.url+"\n"+more))
	}
	connectortest.Run(t, connectortest.Subject{
		New:      func(env connectors.Env) (connectors.Connector, error) { return connect(env, "") },
		Hook:     contractHook(t, r, w, connect),
		Truth:    func() connectortest.Truth { return truth(w) },
		Secrets:  []string{token, "rotated-token"},
		People:   []string{"dev-001@example.org"},
		Now:      present,
		Advance:  func(to time.Time) { r.server.Advance(to.Sub(r.server.Now())) },
		Faults:   contractFaults(r.hub),
		Requests: func() int { return len(r.hub.Log()) },
		MaxIdle:  4*4 - 1, // acme/web has no commits
		Settle:   r.http.CloseIdleConnections,
		Rotate: func() error {
			tokens++
			t.Setenv("WORKDRIFT_TEST_TOKEN", fmt.Sprintf("rotated-token-%d", tokens))
			return nil
		},
		Change: func() error {
			changes++
			at := r.server.Now().Add(time.Duration(changes) * time.Second)
			n := w.OpenIssue(at, "acme/api", fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Change %d", changes)})
			w.Comment(at, "acme/api", n, "ben", "ok")
			w.PushCommits(at, "acme/api", "main", fake.CommitSpec{Author: "ben", Message: fmt.Sprintf("Commit %d", changes)})
			pr := w.OpenPull(at, "acme/service-01", fake.PullSpec{Author: "ben", Title: "More", Head: fmt.Sprintf("more-%d", changes),
				Commits: []fake.CommitSpec{{Author: "ben", Message: strings.Repeat("x", changes)}}})
			w.MergePull(at, "acme/service-01", pr, "ada", fake.Rebase)
			return nil
		},
	})
}

// contractHook describes the deliveries of the world.
func contractHook(t *testing.T, r *rig, w *fake.World, connect func(connectors.Env, string) (connectors.Connector, error)) *connectortest.Hook {
	changes := 0
	return &connectortest.Hook{
		New: func(env connectors.Env, secrets ...string) (connectors.Connector, error) {
			return connect(env, connectortest.HookSecrets(t, secrets...))
		},
		Change: func() (list []connectortest.Announcement, err error) {
			changes++
			repo := w.Snapshot()[0]
			announce := func(event, about string) {
				body := fmt.Sprintf(`{"action":"edited",%s,"repository":{"id":%d,"full_name":%q,"default_branch":"main"},"sender":{"login":"somebody-whom-nobody-should-name"}}`,
					about, repo.ID, repo.Name)
				list = append(list, connectortest.Announcement{Header: delivery(event, fmt.Sprint(changes, len(list)), ""), Body: []byte(body)})
			}
			at := r.server.Now().Add(time.Duration(changes) * time.Second)
			n := w.OpenIssue(at, repo.Name, fake.IssueSpec{Author: "ada", Title: fmt.Sprintf("Announced %d", changes)})
			announce("issues", fmt.Sprintf(`"issue":{"number":%d}`, n))
			w.Comment(at, repo.Name, n, "ben", "ok")
			announce("issue_comment", fmt.Sprintf(`"issue":{"number":%d},"comment":{"body":"ok"}`, n))
			pr := w.OpenPull(at, repo.Name, fake.PullSpec{Author: "ben", Title: "More", Body: fmt.Sprintf("Fixes #%d", n), Head: fmt.Sprintf("told-%d", changes),
				Commits: []fake.CommitSpec{{Author: "ben", Message: "One"}, {Author: "ada", Message: "Two"}}})
			w.Review(at, repo.Name, pr, fake.ReviewSpec{Author: "ada", State: "APPROVED"})
			announce("pull_request_review", fmt.Sprintf(`"pull_request":{"number":%d}`, pr))
			w.PushCommits(at, repo.Name, "main", fake.CommitSpec{Author: "ben", Message: fmt.Sprintf("Commit %d", changes)})
			announce("push", `"ref":"refs/heads/main"`)
			return list, nil
		},
		Sign: func(h http.Header, secret string, _ time.Time, body []byte) {
			h.Set(headerSignature, signed(secret, body))
		},
		Signed:  []string{headerSignature},
		Unknown: []string{"R999999/1", "R999999/commits", fmt.Sprintf("R%d/999999", w.Snapshot()[0].ID), fmt.Sprintf("R%d/repo", w.Snapshot()[0].ID)},
	}
}
