package fake_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestConditionalRequests(t *testing.T) {
	w := manyIssues(t, 3)
	g := fake.NewGitHub(w, fake.Options{Now: clock})
	url := serve(t, g) + oldestFirst
	first := get(t, url)
	tag := first.Header.Get("ETag")
	wantStatus(t, first, http.StatusOK)

	again := get(t, url, "If-None-Match", tag)
	wantStatus(t, again, http.StatusNotModified)
	equal(t, "a 304 is free", again.Header.Get("X-RateLimit-Remaining"), first.Header.Get("X-RateLimit-Remaining"))
	equal(t, "points", g.Points(), 1)

	wantStatus(t, get(t, url, "If-None-Match", tag, "Authorization", "Bearer rotated"), http.StatusOK)
	wantStatus(t, get(t, url, "If-None-Match", tag, "Accept", "text/plain"), http.StatusOK)
	wantStatus(t, get(t, url+"&direction=asc", "If-None-Match", tag), http.StatusOK)
	w.Comment(day(3, 0), "acme/api", 1, "ben", "news")
	wantStatus(t, get(t, url, "If-None-Match", tag), http.StatusOK)

	anonymous := get(t, url, "Authorization", "")
	free := get(t, url, "Authorization", "", "If-None-Match", anonymous.Header.Get("ETag"))
	wantStatus(t, free, http.StatusNotModified)
	equal(t, "an anonymous 304 is charged", free.Header.Get("X-RateLimit-Remaining"), "58")
	equal(t, "anonymous limit", free.Header.Get("X-RateLimit-Limit"), "60")
}

func TestRateLimitRunsOutAndResets(t *testing.T) {
	now := clock()
	g := fake.NewGitHub(manyIssues(t, 1), fake.Options{Now: func() time.Time { return now }, Limit: 2})
	url := serve(t, g)
	get(t, url+oldestFirst)
	get(t, url+oldestFirst)
	refused := get(t, url+oldestFirst)
	wantStatus(t, refused, http.StatusForbidden)
	equal(t, "reset", refused.Header.Get("X-RateLimit-Reset"), fmt.Sprint(clock().Add(time.Hour).Unix()))
	equal(t, "remaining", refused.Header.Get("X-RateLimit-Remaining"), "0")
	wantStatus(t, get(t, url+oldestFirst, "Authorization", "Bearer other"), http.StatusOK)
	rate := decode[object](t, get(t, url+"/rate_limit"))["rate"].(object)
	equal(t, "GET /rate_limit is free and tells", rate["used"], any(2.0))
	now = now.Add(time.Hour)
	wantStatus(t, get(t, url+oldestFirst), http.StatusOK)
	equal(t, "Date", refused.Header.Get("Date"), clock().Format(http.TimeFormat))
}

func TestTokens(t *testing.T) {
	g := fake.NewGitHub(manyIssues(t, 1), fake.Options{Now: clock, Tokens: []string{"t"}, Private: true})
	url := serve(t, g)
	wantStatus(t, get(t, url+"/user"), http.StatusOK)
	wantStatus(t, get(t, url+"/user", "Authorization", ""), http.StatusUnauthorized)
	wantStatus(t, get(t, url+"/repos/acme/api", "Authorization", ""), http.StatusNotFound)
	wantStatus(t, get(t, url+"/repos/acme/api", "Authorization", "token wrong"), http.StatusUnauthorized)
	g.SetTokens("u")
	wantStatus(t, get(t, url+"/user"), http.StatusUnauthorized)
	for _, s := range g.Log() {
		if s.Token == "t" || strings.Contains(fmt.Sprintf("%+v", s), "wrong") {
			t.Errorf("the log holds a token: %+v", s)
		}
	}
	equal(t, "fingerprint", g.Log()[0].Token, fake.Fingerprint("t"))
}

// sign makes an App's JWT.
func sign(t *testing.T, key *rsa.PrivateKey, claims string) string {
	t.Helper()
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + enc.EncodeToString([]byte(claims))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + enc.EncodeToString(sig)
}

func TestInstallationTokens(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := clock()
	g := fake.NewGitHub(manyIssues(t, 1), fake.Options{
		Now: func() time.Time { return now }, Tokens: []string{"none"}, AppKey: &key.PublicKey, AppID: "77",
	})
	url := serve(t, g)
	ask := func(jwt string) answer {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/app/installations/5/access_tokens", nil)
		if err != nil {
			t.Fatal(err)
		}
		return do(t, req, "Authorization", "Bearer "+jwt)
	}
	claims := func(iss string, exp time.Duration) string {
		return fmt.Sprintf(`{"iat":%d,"exp":%d,"iss":%s}`, now.Unix(), now.Add(exp).Unix(), iss)
	}
	for name, jwt := range map[string]string{
		"another key": sign(t, stranger, claims("77", time.Minute)),
		"another app": sign(t, key, claims(`"78"`, time.Minute)),
		"an hour":     sign(t, key, claims("77", time.Hour)),
		"expired":     sign(t, key, claims("77", -time.Minute)),
		"nonsense":    "t",
	} {
		if a := ask(jwt); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", name, a.StatusCode)
		}
	}
	good := ask(sign(t, key, claims(`"77"`, 9*time.Minute)))
	wantStatus(t, good, http.StatusCreated)
	good.StatusCode = http.StatusOK
	token := decode[object](t, good)["token"].(string)
	list := get(t, url+"/installation/repositories", "Authorization", "Bearer "+token)
	equal(t, "repositories", decode[object](t, list)["total_count"], any(2.0))
	now = now.Add(time.Hour)
	wantStatus(t, get(t, url+"/installation/repositories", "Authorization", "Bearer "+token), http.StatusUnauthorized)
}

func TestMovesAndDisappearances(t *testing.T) {
	w := manyIssues(t, 4)
	moved := w.TransferIssue(day(5, 0), "acme/api", 1, "acme/web")
	w.DeleteIssue(day(5, 0), "acme/api", 2)
	g := fake.NewGitHub(w, fake.Options{Now: clock})
	url := serve(t, g)
	gone := get(t, url+"/repos/acme/api/issues/1")
	wantStatus(t, gone, http.StatusMovedPermanently)
	there := decode[object](t, get(t, gone.Header.Get("Location")))
	equal(t, "repository after the transfer", there["repository_url"], any(url+"/repos/acme/web"))
	equal(t, "number after the transfer", there["number"], any(float64(moved)))
	wantStatus(t, get(t, url+"/repos/acme/api/issues/2"), http.StatusGone)
	equal(t, "the list has lost both", numbers(decode[[]object](t, get(t, url+oldestFirst))), []int{3, 4})

	w.RevokeRepo("acme/web")
	wantStatus(t, get(t, url+"/repos/acme/api/issues/1"), http.StatusNotFound)
	wantStatus(t, get(t, url+"/repos/acme/web/issues"), http.StatusNotFound)
	equal(t, "visible repositories", len(decode[[]object](t, get(t, url+"/orgs/acme/repos"))), 1)
	w.RestoreRepo("acme/web")

	w.RenameRepo(day(6, 0), "acme/api", "acme/core")
	old := get(t, url+"/repos/acme/api/issues?state=all")
	wantStatus(t, old, http.StatusMovedPermanently)
	if to := old.Header.Get("Location"); !strings.Contains(to, "/repositories/") || !strings.HasSuffix(to, "/issues?state=all") {
		t.Errorf("the old name leads to %s", to)
	}
	first := decode[[]object](t, get(t, old.Header.Get("Location")))[0]
	equal(t, "repository after the rename", first["repository_url"], any(url+"/repos/acme/core"))

	w.DeleteUser("ada")
	if u := decode[object](t, get(t, url+"/repos/acme/core/issues/3"))["user"]; u != nil {
		t.Errorf("the user of a deleted account is %v, want null", u)
	}
	w.DeleteRepo("acme/core")
	wantStatus(t, get(t, url+"/repos/acme/core"), http.StatusNotFound)
}

func TestOrganisationIsPaged(t *testing.T) {
	w := smallWorld(t)
	for i := range 3 {
		w.AddRepo(fake.RepoSpec{Name: fmt.Sprint("acme/r", i), Created: start, Archived: i == 1})
	}
	url := serve(t, fake.NewGitHub(w, fake.Options{Now: clock}))
	page := get(t, url+"/orgs/acme/repos?per_page=4")
	equal(t, "first page", len(decode[[]object](t, page)), 4)
	rest := decode[[]object](t, get(t, next(page)))
	equal(t, "second page", len(rest), 1)
	wantStatus(t, get(t, url+"/orgs/nobody/repos"), http.StatusNotFound)
	equal(t, "a user without repositories", len(decode[[]object](t, get(t, url+"/users/ada/repos"))), 0)
}

func TestEnterpriseServer(t *testing.T) {
	g := fake.NewGitHub(manyIssues(t, 2), fake.Options{Now: clock, Prefix: "/api/v3", NoLimit: true})
	url := serve(t, g)
	a := get(t, url+"/api/v3"+strings.Replace(oldestFirst, "per_page=10", "per_page=1", 1))
	if !strings.HasPrefix(next(a), url+"/api/v3/repositories/") || a.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("next %q, rate limit %q", next(a), a.Header.Get("X-RateLimit-Limit"))
	}
	wantStatus(t, get(t, url+oldestFirst), http.StatusNotFound)
	res := decode[object](t, graphQL(t, url+"/api/graphql", "", nil))
	if rate, there := res["data"].(object)["rateLimit"]; rate != nil || !there {
		t.Errorf("rateLimit %v, want null", rate)
	}
}
