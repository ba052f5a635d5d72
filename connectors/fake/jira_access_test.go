package fake_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/fake"
)

func TestJiraCredentials(t *testing.T) {
	basic := func(user, token string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
	}
	cloud := fake.JiraOptions{CloudID: "c-1", Credentials: []fake.JiraCredential{
		{User: "bot@example.org", Token: "classic"}, {User: "bot@example.org", Token: "scoped", Scoped: true}, {Token: "oauth", Scoped: true},
	}}
	dc := fake.JiraOptions{DataCenter: true, Credentials: []fake.JiraCredential{{Token: "pat"}, {User: "bot", Token: "password"}}}
	for _, c := range []struct {
		name, auth, prefix string
		opts               fake.JiraOptions
		status             int
	}{
		{"basic", basic("bot@example.org", "classic"), "", cloud, 200},
		{"wrong user", basic("other@example.org", "classic"), "", cloud, 401},
		{"none", "", "", cloud, 401},
		{"scoped at the site", basic("bot@example.org", "scoped"), "", cloud, 401},
		{"scoped at the gateway", basic("bot@example.org", "scoped"), "/ex/jira/c-1", cloud, 200},
		{"bearer at the gateway", "Bearer oauth", "/ex/jira/c-1", cloud, 200},
		{"bearer at the site", "Bearer oauth", "", cloud, 401},
		{"basic at the gateway", basic("bot@example.org", "classic"), "/ex/jira/c-1", cloud, 401},
		{"another cloud", "Bearer oauth", "/ex/jira/c-2", cloud, 401},
		{"access token", "Bearer pat", "", dc, 200},
		{"wrong access token", "Bearer pot", "", dc, 401},
		{"password", basic("bot", "password"), "", dc, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, base := serveJira(t, smallSite(t), c.opts)
			a := get(t, base+c.prefix+"/rest/api/2/myself", "Authorization", c.auth)
			wantStatus(t, a, c.status)
			equal(t, "reason", a.Header.Get("X-Seraph-Loginreason") != "", c.status == 401 && !strings.HasPrefix(c.prefix, "/ex/jira/c-1"))
			equal(t, "logged", j.Log()[0].Anonymous, c.status == 401)
			if c.status == 200 {
				equal(t, "self", strings.HasPrefix(decode[object](t, a)["self"].(string), base+c.prefix+"/rest/api/2/user?"), true)
			}
		})
	}
}

// TestJiraExpired reads with a credential that has expired: Cloud answers that
// there is nothing.
func TestJiraExpired(t *testing.T) {
	j, base := serveJira(t, smallSite(t), fake.JiraOptions{})
	j.Expire(true)
	for path, want := range map[string]string{
		"/rest/api/3/search/jql?jql=project=PAY": `{"issues":[],"isLast":true}`,
		"/rest/api/3/project/search":             `"values":[]`,
		"/rest/api/3/issue/PAY-1":                "",
		"/rest/api/3/myself":                     "",
		"/rest/agile/1.0/board":                  `"values":[]`,
	} {
		a := get(t, base+path)
		if want == "" != (a.StatusCode >= 400) || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
		equal(t, path, a.Header.Get("X-Seraph-Loginreason"), "AUTHENTICATED_FAILED")
	}
	j.Expire(false)
	equal(t, "again", len(jiraKeys(t, jiraSearch(t, base, "project = PAY", "fields", "key"))), 3)
	d, dc := serveJira(t, smallSite(t), fake.JiraOptions{DataCenter: true})
	d.Expire(true)
	wantStatus(t, get(t, dc+"/rest/api/2/search?jql=project=PAY"), http.StatusUnauthorized)
}

func TestJiraServerInfo(t *testing.T) {
	_, cloud := serveJira(t, smallSite(t), fake.JiraOptions{Account: "ada"})
	_, dc := serveJira(t, smallSite(t), fake.JiraOptions{DataCenter: true, Account: "ada"})
	for base, kind := range map[string]string{cloud: "Cloud", dc: "Server"} {
		info := decode[object](t, get(t, base+"/rest/api/2/serverInfo"))
		equal(t, "deployment", info["deploymentType"], any(kind))
		equal(t, "time", info["serverTime"], any(jiraTime(clock(), "Asia/Shanghai")))
		me := decode[object](t, get(t, base+"/rest/api/2/myself"))
		equal(t, "zone", me["timeZone"], any("Asia/Shanghai"))
		equal(t, "names", []any{me["accountId"] != nil, me["name"] != nil}, []any{kind == "Cloud", kind == "Server"})
	}
}
