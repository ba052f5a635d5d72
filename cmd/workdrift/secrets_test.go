package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store/bolt"
)

// artefacts are all places in which something could be found that must not be
// there, by what they are.
type artefacts map[string][]byte

// collect asks a running daemon for everything it says.
func collect(t *testing.T, r *running, path string) artefacts {
	t.Helper()
	dir := filepath.Dir(path)
	found := artefacts{}
	pages := []string{"/no-such-page", "/api/v1/explain?subject=no/such", "/static/style.css", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1"}
	for _, p := range web.Paths() {
		switch path := strings.Replace(strings.TrimSuffix(p.Pattern, "{$}"), "{objective}", "checkout-latency", 1); {
		case p.Method != "GET" || path == "/static/":
		case strings.HasPrefix(path, "/debug/"):
			pages = append(pages, path+"?seconds=1")
		case strings.Contains(path, "explain"):
			pages = append(pages, path+"?subject=unknown")
		default:
			pages = append(pages, path)
		}
	}
	for _, page := range pages {
		_, body := request(t, client, http.MethodGet, r.url+page)
		found["page "+page] = []byte(body)
	}
	for _, what := range []string{"unknown", "run_work", "excluded", "stopped", "checkout-latency", "harbourline/checkout#1", "no/such#1"} {
		for _, output := range []string{"text", "json"} {
			stdout, stderr, _ := workdrift(t, "explain", what, "--config", path, "--output", output)
			found["explain "+what+" as "+output] = []byte(stdout + stderr)
		}
	}
	for _, format := range []string{"markdown", "html", "slack"} {
		stdout, stderr, _ := workdrift(t, "brief", "--format", format, "--config", path)
		found["brief as "+format] = []byte(stdout + stderr)
	}
	backup := filepath.Join(dir, "backup.db")
	stdout, stderr, code := workdrift(t, "backup", backup, "--config", path)
	if code != 0 {
		t.Errorf("backup: %s", stderr)
	}
	found["backup command"] = []byte(stdout + stderr)
	r.stop(t)
	if strings.Contains(r.log.String(), "panic") {
		t.Errorf("the daemon panicked:\n%s", r.log)
	}
	found["log at debug"] = []byte(r.log.String())
	for _, name := range []string{databaseFile, "backup.db"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		found["file "+name] = raw
	}
	for name, raw := range found {
		if len(raw) == 0 {
			t.Errorf("%s is empty: nothing could be found in it", name)
		}
	}
	return found
}

// holders returns which artefacts hold a text, as it is or encoded.
func (a artefacts) holders(text string) []string {
	encoded := [][]byte{
		[]byte(text), []byte(url.QueryEscape(text)), []byte(url.PathEscape(text)), []byte(hex.EncodeToString([]byte(text))),
	}
	// Base64 of the text at any position of a longer one.
	for shift := range 3 {
		padded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		inner := strings.TrimRight(padded, "=")
		encoded = append(encoded, []byte(inner[4:len(inner)-2]))
	}
	var out []string
	for name, raw := range a {
		if slices.ContainsFunc(encoded, func(e []byte) bool { return bytes.Contains(raw, e) }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// The search finds what it looks for.
func TestHolders(t *testing.T) {
	secret := "ghp_canary/+&4711~secret-of-nobody"
	a := artefacts{"plain": []byte("a " + secret + " b"), "query": []byte("t=" + url.QueryEscape(secret)), "clean": []byte("nothing here")}
	for n := range 4 {
		a[fmt.Sprint("base64 ", n)] = []byte(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("y", n) + secret + "zz")))
	}
	if got := a.holders(secret); len(got) != 6 || slices.Contains(got, "clean") {
		t.Errorf("found in %v", got)
	}
}

// S5: no secret gets out, whatever goes wrong at the source.
func TestSecretsStayInside(t *testing.T) {
	c := newCompany(t, 2)
	secrets := map[string]string{
		"token from a file":          "ghp_CanaryInAFile/+&7f3a9c~1",
		"token from the environment": "ghp_CanaryInTheEnvironment/+&b81d~2",
		"token that is not valid":    "ghp_CanaryRejected/+&55e0aa~3",
		"password in a URL":          "CanaryPassword4c77e1",
		"webhook secret":             "CanaryOfDeliveries/+&9d02~4",
		"webhook secret to come":     "CanaryOfDeliveriesToCome/+&1e5b~5",
		"token of the brief":         "xoxb-CanaryOfTheBrief+c03f~6",
	}
	c.github.SetTokens(secrets["token from a file"], secrets["token from the environment"])
	elsewhere, err := fake.Listen(http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { elsewhere.Close() })
	dir := t.TempDir()
	write(t, filepath.Join(dir, "good"), secrets["token from a file"]+"\n")
	write(t, filepath.Join(dir, "bad"), secrets["token that is not valid"]+"\n")
	t.Setenv("WORKDRIFT_TEST_TOKEN", secrets["token from the environment"])
	write(t, filepath.Join(dir, "hook"), secrets["webhook secret"])
	write(t, filepath.Join(dir, "brief"), secrets["token of the brief"])
	t.Setenv("WORKDRIFT_TEST_HOOK", secrets["webhook secret to come"])
	path := filepath.Join(dir, "config.yaml")
	text := "connectors:\n"
	for name, token := range map[string]string{"in-file": "token_file: good", "in-env": "token_env: WORKDRIFT_TEST_TOKEN", "rejected": "token_file: bad"} {
		token += ", webhook_secret_file: hook, webhook_secret_next_env: WORKDRIFT_TEST_HOOK"
		text += strings.Replace(c.connector(name), "token_file: token", token, 1)
	}
	text += fmt.Sprintf("brief: {slack: {channel: C0123ABCD, token_file: brief, base_url: \"%s/api/\"}}\n", elsewhere.URL)
	text += c.declared(6) + here + "web: {listen_address: \"127.0.0.1:0\", enable_pprof: true, enable_reload: true}\n"
	write(t, path, text)

	// One of each goes wrong, then nothing does.
	server := fake.Fault{Kind: fake.ServerError, Status: 500}
	c.github.Fault(fake.Matching("/harbourline/billing/issues"), 2, server)
	c.github.Fault(fake.Matching("/harbourline/web/"), 1, fake.Fault{Kind: fake.Redirect, To: elsewhere.URL})
	c.github.Fault(fake.Matching("/harbourline/mobile/"), 1, fake.Fault{Kind: fake.BadCredentials})
	c.github.Fault(fake.Matching("/harbourline/search/"), 1, fake.Fault{Kind: fake.HTMLBody})
	c.github.Fault(fake.Matching("/harbourline/platform/"), 1, fake.Fault{Kind: fake.ResetBody})
	c.github.Fault(fake.Matching("/graphql"), 1, fake.Fault{Kind: fake.GraphQLFailed})
	r := start(t, path, 0)
	r.await(t, "after the faults", func(report *scoring.Report) bool { return report.Stats.Items > 100 })
	r.log.await(t, `msg="poll failed" connector=rejected reason=auth`)
	for secret, want := range map[string]int{secrets["webhook secret"]: 400, secrets["webhook secret to come"]: 400, "forged": 401} {
		if code, text := deliver(t, r.url+"/hooks/in-file", secret, "issues", "1", "broken"); code != want {
			t.Errorf("a broken delivery: %d %s, want %d", code, text, want)
		}
	}
	// A reload that fails says why, but not with which secret.
	bad := strings.Replace(text, c.url+"/\"", strings.Replace(c.url, "http://", "http://user:"+secrets["password in a URL"]+"@", 1)+"/\"", 1)
	write(t, path, bad+"top: 0\n")
	code, answer := r.post(t)
	if code == http.StatusOK {
		t.Error("a bad configuration was taken")
	}
	_, checked, _ := workdrift(t, "check", path)
	write(t, path, text)
	found := collect(t, r, path)
	found["answer to a reload"], found["check"] = []byte(answer), []byte(checked)
	for what, secret := range secrets {
		if holders := found.holders(secret); len(holders) > 0 {
			t.Errorf("the %s is in %q", what, holders)
		}
	}
}

// The people of the company appear nowhere: not in what is said, and in the
// file only in the one bucket of handles, until they are forgotten.
func TestPeopleAreNowhere(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	c := newCompany(t, 5)
	w := c.story.World()
	someone := c.story.Teams()[0].Members[0]
	const body, remark, message = "CanaryBodyOfAnIssue", "CanaryRemarkOnIt", "CanaryMessageBody"
	at := time.Now().Add(-48 * time.Hour)
	number := w.OpenIssue(at, "harbourline/checkout", fake.IssueSpec{Author: someone, Title: "CanaryTitle of a ticket", Body: body + " for " + c.story.Objectives()[0].Epic})
	w.Comment(at.Add(time.Minute), "harbourline/checkout", number, someone, remark)
	w.PushCommits(at, "harbourline/checkout", "", fake.CommitSpec{Author: someone, Message: "CanarySubject of a commit\n\n" + message, Authored: at, Committed: at, Files: []string{"CanaryPath.go"}})
	if err := w.Err(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var people strings.Builder
	var names []string
	people.WriteString("identities:\n")
	for _, team := range c.story.Teams() {
		for _, login := range team.Members {
			fmt.Fprintf(&people, "  - {person: %s, handles: [\"github:%s\", \"email:%s@harbourline.example\"]}\n", login, login, login)
			first, last, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(login, "-k"), "-h"), "-")
			names = append(names, login, login+"@", strings.ToUpper(first[:1])+first[1:]+" "+strings.ToUpper(last[:1])+last[1:])
		}
	}
	path := c.config(t, dir, "web: {listen_address: \"127.0.0.1:0\", enable_pprof: true}\n", people.String())
	r := start(t, path, 0)
	r.await(t, "complete", complete)
	found := collect(t, r, path)
	inFile := 0
	for _, name := range names {
		for _, holder := range found.holders(name) {
			if strings.HasPrefix(holder, "file ") && !strings.Contains(name, " ") {
				inFile++ // a login, or the address of a co-author, in the bucket of handles
				continue
			}
			t.Errorf("%s is in %s", name, holder)
		}
	}
	if inFile == 0 {
		t.Error("no login is in the file at all: the test looks for the wrong thing")
	}
	for text, want := range map[string]bool{body: false, remark: false, message: false, "CanaryTitle": true, "CanarySubject": true} {
		if got := slices.Contains(found.holders(text), "file "+databaseFile); got != want {
			t.Errorf("%s is in the database: %v, want %v", text, got, want)
		}
	}
	forgetPeople(t, filepath.Join(dir, databaseFile), names)
}

// forgetPeople erases the handles of a database and looks for them.
func forgetPeople(t *testing.T, path string, names []string) {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	handles := 0
	for _, err := range db.Identities(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		handles++
	}
	if handles == 0 {
		t.Error("the database holds no handles")
	}
	if err := db.ForgetIdentities(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if (artefacts{"file": raw}).holders(name) != nil {
			t.Errorf("%s is still in the file after it was forgotten", name)
		}
	}
}
