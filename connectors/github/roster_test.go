package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

// repoNames lists the repositories of which something is kept.
func repoNames(r *rig) map[string]bool {
	out := map[string]bool{}
	for _, it := range r.Shelf.Items {
		if it.Gone == "" {
			out[it.Attrs[store.AttrRepo][0]] = true
		}
	}
	return out
}

// later moves both clocks past the time at which repositories are listed again.
func (r *rig) later() {
	r.server.Advance(time.Hour)
	r.local.Advance(time.Hour)
}

func selectionWorld() *fake.World {
	w := newWorld()
	w.AddUser(fake.UserSpec{Login: "eve"})
	for _, name := range []string{"acme/api-old", "acme/attic", "acme/tools", "eve/dotfiles"} {
		w.AddRepo(fake.RepoSpec{Name: name, Created: start, Archived: name == "acme/attic"})
	}
	for _, name := range []string{"acme/api", "acme/web", "acme/api-old", "acme/attic", "acme/tools", "eve/dotfiles"} {
		w.OpenIssue(day(1, 0), name, fake.IssueSpec{Author: "ada", Title: "Something in " + name})
	}
	return w
}

func TestSelection(t *testing.T) {
	for config, want := range map[string]string{
		"organizations: [acme]\n": "map[acme/api:true acme/api-old:true acme/tools:true acme/web:true]",
		"organizations: [acme]\ninclude_archived: true\ninclude: [\"acme/a*\"]\n": "map[acme/api:true acme/api-old:true acme/attic:true]",
		"organizations: [acme]\ninclude: [\"*/API*\"]\nexclude: [\"**/*-old\"]\n": "map[acme/api:true]",
		"users: [eve]\n": "map[eve/dotfiles:true]",
		"repositories: [acme/web, eve/dotfiles]\n":                                   "map[acme/web:true eve/dotfiles:true]",
		"organizations: [acme]\nrepositories: [acme/api]\ninclude: [\"acme/web\"]\n": "map[acme/api:true acme/web:true]",
		"organizations: [acme]\npage_size: 2\n":                                      "map[acme/api:true acme/api-old:true acme/tools:true acme/web:true]",
	} {
		r := newRig(t, selectionWorld(), fake.Options{})
		r.config = config
		c := r.connect()
		r.MustPoll(c)
		equal(t, config, fmt.Sprint(repoNames(r)), want)
		r.later()
		r.hub.ResetLog()
		r.MustPoll(c)
		if strings.Contains(config, "page_size") {
			continue // its last page is full and has no tag
		}
		for _, s := range r.hub.Log() {
			if s.Points > 0 && !strings.Contains(s.Path, "/branches/") {
				t.Errorf("%s: listing again is not free: %v", config, s)
			}
		}
	}
}

func TestRenamedRepository(t *testing.T) {
	for name, config := range map[string]string{"organization": "organizations: [acme]\n", "repository": "repositories: [acme/api]\n"} {
		t.Run(name, func(t *testing.T) {
			w := busyWorld(5)
			r := newRig(t, w, fake.Options{})
			r.config = config
			c := r.connect()
			r.MustPoll(c)
			w.RenameRepo(day(80, 0), "acme/api", "acme/core")
			n := w.OpenIssue(day(80, 1), "acme/core", fake.IssueSpec{Author: "ada", Title: "After"})
			r.MustPoll(c)
			it := r.item("acme/api#2")
			equal(t, "keys", it.Keys, []string{"acme/core#2", "acme/api#2"})
			equal(t, "repository", it.Attrs[store.AttrRepo], []string{"acme/core"})
			equal(t, "new issue", r.item(fmt.Sprintf("acme/core#%d", n)).Keys, []string{fmt.Sprintf("acme/core#%d", n)})
			for _, it := range r.Shelf.Items {
				if it.Kind == store.KindCommit {
					equal(t, "keys of a commit", len(it.Keys), 4)
				}
			}
			r.MustPoll(c)
			r.hub.ResetLog()
			r.MustPoll(c)
			equal(t, "points after the rename", r.hub.Points(), 0)
		})
	}
}

func TestLostRepositories(t *testing.T) {
	w := selectionWorld()
	r := newRig(t, w, fake.Options{})
	r.config = "organizations: [acme]\n"
	c := r.connect()
	r.MustPoll(c)
	w.RevokeRepo("acme/tools")
	err := r.Poll(c)
	equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonAuth)
	r.MustPoll(c)
	equal(t, "missing once", r.item("acme/tools#1").Gone, store.Gone(""))
	r.later()
	r.MustPoll(c)
	equal(t, "lost", r.item("acme/tools#1").Gone, store.GoneLostAccess)
	equal(t, "others", r.item("acme/web#1").Gone, store.Gone(""))
	w.RestoreRepo("acme/tools")
	r.later()
	r.MustPoll(c)
	equal(t, "back again", r.item("acme/tools#1").Gone, store.Gone(""))
	w.DeleteRepo("acme/tools")
	for range 2 {
		r.later()
		r.MustPoll(c)
	}
	equal(t, "deleted", r.item("acme/tools#1").Gone, store.GoneLostAccess)

	// Three of four at once: rather a right that was lost.
	for _, name := range []string{"acme/api", "acme/web", "acme/api-old"} {
		w.RevokeRepo(name)
	}
	r.later()
	r.MustPoll(c)
	equal(t, "held", r.item("acme/web#1").Gone, store.Gone(""))
	if !strings.Contains(r.logs.String(), "too many repositories vanished") {
		t.Error("the hold is not logged")
	}
}

// TestMissingOnce keeps a repository that one list left out, and brings all of
// a lost one back, also what is older than a backfill would reach.
func TestMissingOnce(t *testing.T) {
	for _, config := range []string{"organizations: [acme]\n", "repositories: [acme/api, acme/web]\n"} {
		w := busyWorld(3)
		r := newRig(t, w, fake.Options{})
		r.config = config + "since: 120d\n"
		c := r.connect()
		r.MustPoll(c)
		r.server.Advance(60 * 24 * time.Hour)
		r.local.Advance(60 * 24 * time.Hour)
		r.MustPoll(c)
		gone := func() (n int) {
			for _, it := range r.Shelf.Items {
				if it.Gone == store.GoneLostAccess {
					n++
				}
			}
			return n
		}
		discover := func(connector connectors.Connector) {
			r.later()
			if err := r.Poll(connector); err != nil {
				equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonAuth)
			}
		}
		w.RevokeRepo("acme/api")
		discover(c)
		w.RestoreRepo("acme/api")
		discover(c)
		w.RevokeRepo("acme/api")
		discover(c)
		equal(t, "gone after one list, twice", gone(), 0)
		discover(r.connect())
		equal(t, "gone after two lists", gone(), 3+1)
		discover(c)
		w.RestoreRepo("acme/api")
		discover(r.connect())
		equal(t, "gone after it came back", gone(), 0)
		checkTruth(t, r)
	}
}

func TestUnknownScope(t *testing.T) {
	r := newRig(t, busyWorld(3), fake.Options{})
	r.config = "repositories: [acme/api, acme/nothing]\n"
	err := r.Poll(r.connect())
	equal(t, "reason", connectors.ReasonOf(err), connectors.ReasonAuth)
	equal(t, "the other one is read", len(r.Shelf.Items), 3+1)
}

func TestEnterpriseServer(t *testing.T) {
	w := busyWorld(12)
	w.OpenPull(day(2, 0), "acme/api", fake.PullSpec{Author: "ben", Title: "Change", Head: "x", Commits: []fake.CommitSpec{{Author: "ben", Message: "x"}}})
	r := newRig(t, w, fake.Options{Prefix: "/api/v3", NoLimit: true})
	r.config += "page_size: 5\nbase_url: " + r.url + "/api/v3\n"
	r.MustPoll(r.connect())
	checkTruth(t, r)
	for _, s := range r.hub.Log() {
		if strings.HasSuffix(s.Path, "/reviews") {
			t.Errorf("GraphQL was not found: %v", s)
		}
	}
}

// TestIssuesSwitchedOff reads pull requests where the list of issues is not
// served.
func TestIssuesSwitchedOff(t *testing.T) {
	w := newWorld()
	pull := func(at time.Time, title string) int {
		return w.OpenPull(at, "acme/api", fake.PullSpec{Author: "ben", Title: title, Head: title, Commits: []fake.CommitSpec{{Author: "ben", Message: title}}})
	}
	for i := range 23 {
		pull(day(1, i), fmt.Sprintf("pull-%d", i))
	}
	r := newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
			if strings.HasSuffix(q.URL.Path, "/acme/api/issues") {
				rw.Header().Set("Content-Type", "application/json")
				rw.WriteHeader(http.StatusGone)
				_, _ = rw.Write([]byte(`{"message":"Issues are disabled for this repo"}`))
				return
			}
			hub.ServeHTTP(rw, q)
		})
	})
	r.config += "page_size: 5\n"
	c := r.connect()
	r.MustPoll(c)
	checkTruth(t, r)
	for i := range 12 {
		r.server.Advance(time.Hour / 4)
		w.Relabel(r.server.Now(), "acme/api", i+3, "moved")
		pull(r.server.Now(), fmt.Sprintf("more-%d", i))
		r.MustPoll(c)
		checkTruth(t, r)
	}
	r.MustPoll(r.connect())
	checkTruth(t, r)
	r.hub.ResetLog()
	r.MustPoll(c)
	equal(t, "points of an idle poll", r.hub.Points(), 0)
}

// TestIssuesSwitchedOnAgain reads what the list of issues did not show while
// it was not served, after the next census and in a new process too.
func TestIssuesSwitchedOnAgain(t *testing.T) {
	for _, offAtFirst := range []bool{true, false} {
		w := busyWorld(23)
		var off atomic.Bool
		off.Store(offAtFirst)
		r := newRigBehind(t, w, fake.Options{}, func(hub http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
				if off.Load() && strings.HasSuffix(q.URL.Path, "/acme/api/issues") {
					rw.Header().Set("Content-Type", "application/json")
					rw.WriteHeader(http.StatusGone)
					_, _ = rw.Write([]byte(`{"message":"Issues are disabled for this repo"}`))
					return
				}
				hub.ServeHTTP(rw, q)
			})
		})
		r.config += "page_size: 5\n"
		r.MustPoll(r.connect())
		off.Store(true)
		nextDay := func() {
			r.server.Advance(25 * time.Hour)
			r.local.Advance(25 * time.Hour)
			w.Relabel(r.server.Now(), "acme/api", 2, "moved")
			r.MustPoll(r.connect())
		}
		nextDay()
		off.Store(false)
		nextDay()
		r.MustPoll(r.connect())
		checkTruth(t, r)
		r.server.Advance(time.Minute * 10)
		r.local.Advance(time.Minute * 10)
		c := r.connect()
		r.MustPoll(c)
		r.MustPoll(c)
		r.hub.ResetLog()
		r.MustPoll(c)
		equal(t, "points of an idle poll", r.hub.Points(), 0)
	}
}

func TestAppInstallation(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "app.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, skew := range []time.Duration{0, 15 * time.Minute, -15 * time.Minute} {
		r := newRig(t, busyWorld(30), fake.Options{Tokens: []string{"another"}, Private: true, AppKey: &key.PublicKey, AppID: "42"})
		r.config = "app: {id: 42, installation_id: 7, private_key_file: " + path + "}\n"
		r.local.Advance(skew)
		c := r.connect()
		r.MustPoll(c)
		checkTruth(t, r)
		minted := func() (n int) {
			for _, s := range r.hub.Log() {
				if s.Method == http.MethodPost && strings.HasSuffix(s.Path, "/access_tokens") && s.Status == http.StatusCreated {
					n++
				}
			}
			return n
		}
		equal(t, "tokens", minted(), 1)
		before := r.Shelf.Clone()
		for range 3 { // within the life of a token
			r.server.Advance(15 * time.Minute)
			r.local.Advance(15 * time.Minute)
			r.hub.ResetLog()
			r.MustPoll(c)
			equal(t, "points", r.hub.Points(), 0)
		}
		r.server.Advance(15 * time.Minute)
		r.local.Advance(15 * time.Minute)
		r.hub.ResetLog()
		r.MustPoll(c)
		equal(t, "renewed before the hour is over", minted(), 1)
		connectortest.SameFacts(t, "after the token was renewed", r.Shelf, before)
		r.hub.SetTokens("another") // revoked early
		r.hub.ResetLog()
		r.MustPoll(c)
		equal(t, "tokens after one was revoked", minted(), 1)
		r.hub.ResetLog()
		r.MustPoll(c)
		equal(t, "points after that", r.hub.Points(), 0)
	}
	r := newRig(t, busyWorld(3), fake.Options{AppKey: &key.PublicKey, AppID: "43"})
	r.config = "app: {id: 42, installation_id: 7, private_key_file: " + path + "}\n"
	err = r.Poll(r.connect())
	equal(t, "a wrong app", connectors.ReasonOf(err), connectors.ReasonAuth)
}
