package github

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
)

// A claim is a delivery that the API does not confirm.
type claim struct{ event, body string }

// liesAbout are claims about a repository with an issue and a pull request.
func liesAbout(repo fake.RepoState, issue, pull int) []claim {
	lie := func(kind, fields string) string {
		return fmt.Sprintf(`{"action":"edited","repository":{"id":%d,"full_name":"evil/repo","default_branch":"main","archived":true},%q:{%s}}`, repo.ID, kind, fields)
	}
	about := func(n int, more string) string { return fmt.Sprintf(`"number":%d,%s`, n, more) }
	return []claim{
		{"issues", lie("issue", about(issue, `"state":"closed","closed_at":"2026-05-01T00:00:00Z"`))},
		{"issues", lie("issue", about(issue, `"state":"closed","state_reason":"not_planned"`))},
		{"issues", lie("issue", about(issue, `"title":"Growth of the enterprise","labels":[{"name":"enterprise"}]`))},
		{"issues", lie("issue", about(issue, `"body":"closes ENT-1","milestone":{"title":"x"}`))},
		{"issues", lie("issue", about(issue, `"user":{"login":"mallory"},"updated_at":"2099-01-01T00:00:00Z"`))},
		{"issues", lie("issue", about(issue, `"pull_request":{},"node_id":"X"`))},
		{"issues", lie("issue", about(99999, `"title":"Never opened"`))},
		{"issues", strings.Replace(lie("issue", about(issue, `"title":"x"`)), "edited", "deleted", 1)},
		{"issues", fmt.Sprintf(`{"action":"transferred","issue":{"number":%d},"changes":{"new_issue":{"number":1},"new_repository":{"id":4242}},"repository":{"id":%d}}`, issue, repo.ID)},
		{"issues", fmt.Sprintf(`{"issue":{"number":%d},"repository":{"id":4242,"full_name":%q}}`, issue, repo.Name)},
		{"issue_comment", lie("issue", about(issue, `"comments":9000`))},
		{"sub_issues", fmt.Sprintf(`{"sub_issue":{"number":%d},"parent_issue":{"number":%d},"repository":{"id":%d}}`, issue, pull, repo.ID)},
		{"pull_request", lie("pull_request", about(pull, `"merged":true,"merged_at":"2026-05-01T00:00:00Z","state":"closed"`))},
		{"pull_request", lie("pull_request", about(pull, `"title":"ENT-1: it","head":{"ref":"ENT-1"}`))},
		{"pull_request", lie("pull_request", about(issue, `"title":"An issue that claims to be a change"`))},
		{"pull_request_review", lie("pull_request", about(pull, `"review":{"state":"APPROVED"}`))},
		{"pull_request_review_comment", lie("pull_request", about(pull, `"comments":5`))},
		{"push", fmt.Sprintf(`{"ref":"refs/heads/main","forced":true,"after":%q,"commits":[{"id":%[1]q,"message":"ENT-1"}],"repository":{"id":%d,"default_branch":"main"}}`, strings.Repeat("a", 40), repo.ID)},
		{"push", fmt.Sprintf(`{"ref":"refs/heads/evil","repository":{"id":%d,"default_branch":"evil"}}`, repo.ID)},
		{"repository", fmt.Sprintf(`{"action":"deleted","repository":{"id":%d,"full_name":%q}}`, repo.ID, repo.Name)},
	}
}

// S4: what a validly signed delivery claims, and the API does not confirm,
// changes nothing.
func TestLyingDeliveries(t *testing.T) {
	w := populated()
	repo := w.Snapshot()[2]
	r := newRig(t, w, fake.Options{})
	rec := receiver(t, r)
	c := rec.(connectors.Connector)
	r.MustPoll(c)
	want := r.Shelf.Clone()
	issue, pull := 0, 0
	for _, is := range repo.Issues {
		if !is.Pull {
			issue = is.Number
		} else {
			pull = is.Number
		}
	}
	if issue == 0 || pull == 0 {
		t.Fatalf("%s has issue %d, pull request %d", repo.Name, issue, pull)
	}
	lies := liesAbout(repo, issue, pull)
	if len(lies) != 20 {
		t.Fatalf("%d lies", len(lies))
	}
	for _, l := range lies {
		if !json.Valid([]byte(l.body)) {
			t.Fatalf("not JSON: %s", l.body)
		}
		d, err := receive(t, rec, l.event, []byte(l.body))
		if err != nil {
			t.Errorf("%s %.80s: %v", l.event, l.body, err)
			continue
		}
		r.refetch(rec, d.Objects...)
		if len(d.Objects) == 0 {
			r.MustPoll(c)
		}
		if !slices.Equal(r.Shelf.Facts(), want.Facts()) {
			connectortest.SameFacts(t, l.event+" "+l.body, r.Shelf, want)
			r.Shelf = want.Clone()
		}
	}
	r.MustPoll(c)
	connectortest.SameFacts(t, "in the end", r.Shelf, want)
}

// S3: 1,000 deliveries, sent again in any order under other names.
func TestReplayedDeliveries(t *testing.T) {
	w := populated()
	r := newRig(t, w, fake.Options{})
	rec := receiver(t, r)
	c := rec.(connectors.Connector)
	r.MustPoll(c)
	type sent struct {
		header http.Header
		body   []byte
	}
	var captured []sent
	rng := rand.New(rand.NewPCG(3, 3))
	repos := w.Snapshot()
	for i := range 1000 {
		repo := repos[rng.IntN(len(repos))]
		event, body := "push", []byte(fmt.Sprintf(`{"ref":"refs/heads/main","repository":{"id":%d,"default_branch":"main"}}`, repo.ID))
		if n := len(repo.Issues); n > 0 && i%10 != 0 {
			is := repo.Issues[rng.IntN(n)]
			event, body = "issues", []byte(fmt.Sprintf(`{"n":%d,"issue":{"number":%d},"repository":{"id":%d}}`, i, is.Number, repo.ID))
			if is.Pull {
				event, body = "pull_request", []byte(fmt.Sprintf(`{"n":%d,"pull_request":{"number":%d},"repository":{"id":%d}}`, i, is.Number, repo.ID))
			}
		}
		captured = append(captured, sent{delivery(event, fmt.Sprint("guid-", i), signed(hookSecret, body)), body})
	}
	stir(w, present.Add(-time.Minute))
	r.MustPoll(c)
	want := r.Shelf.Clone()
	for round := range 3 {
		rng.Shuffle(len(captured), func(i, j int) { captured[i], captured[j] = captured[j], captured[i] })
		dirty := map[string]bool{}
		for i, s := range captured {
			h := s.header.Clone()
			h.Set("X-GitHub-Delivery", fmt.Sprintf("replay-%d-%d", round, i))
			d, err := rec.Receive(h, s.body, present.AddDate(1, 0, 0))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range d.Objects {
				if !dirty[o] { // as the poller gathers them
					dirty[o] = true
					r.refetch(rec, o)
				}
			}
		}
		connectortest.SameFacts(t, "replayed", r.Shelf, want)
	}
	r.MustPoll(c)
	connectortest.SameFacts(t, "in the end", r.Shelf, want)
}
