package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store/bolt"
)

// identifiers are everything by which the people could be known, what stands
// for them in the store included.
func (c *company) identifiers(r *running, hired []newcomer) (list []string) {
	hash := r.store.Hasher()
	for _, n := range hired {
		first, last, _ := strings.Cut(n.name, " ")
		list = append(list, n.login, first, last, n.account, n.account[len("712020:"):], n.slack, n.email(),
			hash.Actor("github:"+n.login), hash.Actor("jira:"+n.account), hash.Actor("slack:"+n.slack), hash.Actor("email:"+n.email()))
	}
	for _, team := range c.story.Teams() {
		for _, login := range team.Members {
			first, last, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(login, "-k"), "-h"), "-")
			list = append(list, login, login+"@", strings.ToUpper(first[:1])+first[1:]+" "+strings.ToUpper(last[:1])+last[1:], hash.Actor("github:"+login))
		}
	}
	return list
}

// subjects are what can be asked about.
func (c *company) subjects() []string {
	list := []string{"unknown", "run_work", "excluded", "stopped", "pair", "harbourline/checkout#1", "no/such#1"}
	for _, o := range c.story.Objectives() {
		list = append(list, o.ID, o.Epic)
	}
	for _, team := range c.story.Teams() {
		list = append(list, team.ID)
	}
	keys := c.story.Site().Keys()
	list = append(list, keys[len(keys)-3:]...)
	for _, repo := range c.story.World().Snapshot() {
		if repo.Name == "harbourline/checkout" {
			for _, is := range repo.Issues[len(repo.Issues)-3:] {
				list = append(list, fmt.Sprintf("%s#%d", repo.Name, is.Number))
			}
			list = append(list, repo.Name+"@"+repo.Commits[0], repo.Name+"@"+repo.Commits[1])
		}
	}
	return list
}

// bodies are what is sent to the routes that want to be sent something, about
// three items. The last decision about the first stays, and that of a page about
// the second.
func (c *company) bodies(keys []string) map[string]string {
	page := func(keys ...string) string {
		return url.Values{"key": keys, "to": {"run_work"}, "why": {"It keeps things running."}, "back": {"/shadow"}}.Encode()
	}
	return map[string]string{
		"/-/reload": "", "/decisions": page(keys[1], keys[2]), "/decisions/withdraw": page(keys[2]), "/hooks/": `{"action": "opened"}`,
		"/api/v1/overrides":      fmt.Sprintf(`{"keys": [%q], "to": "run_work", "why": "It keeps things running."}`, keys[0]),
		"/api/v1/stop-decisions": fmt.Sprintf(`{"keys": [%q], "why": "It is not what was agreed."}`, keys[0]),
		"/api/v1/check-ins":      fmt.Sprintf(`{"objective": %q, "confidence": 0.5}`, c.story.Objectives()[0].ID),
	}
}

// askEverything asks a daemon for every path that its table of routes has, with
// every subject where one is taken. A route that is new is asked as well; one
// that has to be sent something must be listed in bodies.
func (c *company) askEverything(t *testing.T, r *running, into artefacts) {
	t.Helper()
	subjects := c.subjects()
	keys := subjects[len(subjects)-3:]
	bodies := c.bodies(keys)
	for _, p := range web.Paths() {
		pattern := strings.TrimSuffix(p.Pattern, "{$}")
		queries := []string{""}
		if strings.HasPrefix(pattern, "/debug/pprof/") {
			queries = []string{"?seconds=1&debug=2"}
		}
		for param, values := range map[string][]string{
			"subject": subjects, "window": {"7d", "28d", "91d", "quarter"}, "scope": {"organization", "team", "objective", "nobody"},
			"team": {"pair", "platform"}, "objective": {c.story.Objectives()[0].ID}, "key": {keys[0]}, "limit": {"1000"},
		} {
			for _, value := range values {
				if slices.Contains(p.Params, param) {
					queries = append(queries, "?"+param+"="+url.QueryEscape(value))
				}
			}
		}
		body, listed := bodies[pattern]
		if !listed && p.Method == "POST" {
			t.Errorf("POST %s: the test does not know what to send", pattern)
		}
		path := pattern
		for from, to := range map[string]string{"{objective}": c.story.Objectives()[0].ID, "/static/": "/static/style.css"} {
			path = strings.Replace(path, from, to, 1)
		}
		if strings.Contains(path, "{") {
			t.Errorf("%s: the test does not know what to fill in", pattern)
		}
		for _, query := range queries {
			code, answer := c.askOne(t, p.Method, r.url+path+query, body)
			into[p.Method+" "+path+query] = answer
			// A refusal would say nothing of what is kept.
			if done := code < http.StatusBadRequest; p.Method != "GET" && !done && path != "/hooks/" && (p.Method == "POST" || query != "") {
				t.Errorf("%s %s: %s", p.Method, path+query, answer)
			}
		}
	}
	for _, path := range []string{"/decisions", "/shadow", "/changes", "/api/v1/overrides", "/api/v1/annotations", "/metrics"} {
		_, into["GET "+path+" with decisions"] = c.askOne(t, "GET", r.url+path, "")
	}
	for _, path := range []string{"/decisions", "/api/v1/overrides"} {
		for i, kept := range []bool{true, true, false} {
			if got := bytes.Contains(into["GET "+path+" with decisions"], []byte(keys[i])); got != kept {
				t.Errorf("%s tells of a decision about %s: %v", path, keys[i], got)
			}
		}
	}
}

// askOne asks as one of the people would who came through a proxy.
func (c *company) askOne(t *testing.T, method, url, body string) (code int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(body, "{"):
		req.Header.Set("Content-Type", "application/json")
	case body != "":
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("X-Forwarded-User", "quuxwort-z")
	req.Header.Set("X-Forwarded-Groups", "portfolio")
	req.Header.Set("X-Forwarded-For", "192.0.2.7")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, slices.Concat([]byte(fmt.Sprint(res.StatusCode, res.Header, "\n")), raw)
}

// controlRoute finds the routes of the control socket in their source.
var controlRoute = regexp.MustCompile(`HandleFunc\("(GET|POST) (/[a-z/]+)"`)

// askControl asks for every answer of the control socket but the list of
// identities, whose purpose is to show handles to the operator.
func (c *company) askControl(t *testing.T, dir string, into artefacts) {
	t.Helper()
	source, err := os.ReadFile("control.go")
	if err != nil {
		t.Fatal(err)
	}
	queries := map[string]url.Values{
		"/past": {"day": {time.Now().AddDate(0, 0, -9).Format(time.DateOnly)}}, "/backup": {"file": {filepath.Join(dir, "control.db")}}, "/declarations": {},
		"/alive": {}, "/demo": {}, "/history": {"weeks": {"5"}}, "/brief": {"edition": {"weekly"}, "format": {"html"}}, "/brief/deliver": {"edition": {"weekly"}}, "/declarations/import": {}, "/checkin": {"objective": {c.story.Objectives()[0].ID}, "confidence": {"0.5"}, "as": {"github:quuxwort-z"}},
	}
	daemon := dialControl(t.Context(), filepath.Join(dir, controlSocket))
	if daemon == nil {
		t.Fatal("nothing listens on the control socket")
	}
	answer := func(method, path string, query url.Values) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://workdrift"+path+"?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := daemon.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		into["control "+path+" "+query.Encode()] = append([]byte(res.Status+"\n"), raw...)
	}
	routes := controlRoute.FindAllStringSubmatch(string(source), -1)
	if len(routes) < 8 {
		t.Errorf("%d routes were found in the source of the control socket", len(routes))
	}
	for _, route := range routes {
		switch path := route[2]; {
		case path == "/identities", path == "/identities/forget": // the one place that shows handles, and what erases them
		case path == "/explain":
			for _, subject := range c.subjects() {
				answer(route[1], path, url.Values{"what": {subject}, "window": {"28d"}})
			}
		case queries[path] == nil:
			t.Errorf("control %s: the test does not know what to ask", path)
		default:
			answer(route[1], path, queries[path])
		}
	}
	daemon.http.CloseIdleConnections()
}

// runEverything runs every command that is not excepted here, with a reason.
func (c *company) runEverything(t *testing.T, path string, into artefacts) {
	t.Helper()
	dir := filepath.Dir(path)
	excepted := map[string]string{
		"identities":        "it shows handles to who edits the configuration, and is documented as the only one",
		"identities forget": "it erases what this test looks for",
		"demo":              "it is of another organisation", "serve": "it runs for the whole test",
	}
	args := map[string][][]string{
		"check": {{path}}, "score": {nil, {"-o", "json"}, {"--at", time.Now().AddDate(0, 0, -9).Format(time.DateOnly)}}, "version": {nil}, "verify": {nil}, "demo tell": {nil},
		"checkin": {{c.story.Objectives()[0].ID, "0.7", "--as", "github:quuxwort-z"}}, "declarations": {nil, {"-o", "json"}},
		"declarations import": {nil}, "history": {nil, {"-o", "json"}}, "brief": {nil, {"--format", "html"}, {"--edition", "kill-session", "--format", "slack"}}, "backup": {{filepath.Join(dir, "command.db")}},
		"backtest": {{"--rules", "../../deploy/prometheus/workdrift.alerts.yaml", "--rules", "../../deploy/prometheus/workdrift.rules.yaml", "--from", time.Now().AddDate(0, 0, -8).Format(time.DateOnly), "--step", "24h"}},
	}
	for _, subject := range c.subjects() {
		args["explain"] = append(args["explain"], []string{subject}, []string{subject, "-o", "json"})
	}
	for name := range commands(newRootCommand(), "") {
		if excepted[name] == "" && args[name] == nil {
			t.Errorf("workdrift %s: the test does not know how to run it", name)
		}
		for _, more := range args[name] {
			line := append(strings.Fields(name), more...)
			if name != "check" && name != "version" {
				line = append(line, "--config", path)
			}
			stdout, stderr, _ := workdrift(t, line...)
			into[strings.Join(line, " ")] = []byte(stdout + stderr)
		}
	}
}

// commands are those that do something, by what is typed.
func commands(cmd *cobra.Command, before string) map[string]*cobra.Command {
	all := map[string]*cobra.Command{}
	for _, sub := range cmd.Commands() {
		name := strings.TrimSpace(before + " " + sub.Name())
		all[name] = sub
		maps.Copy(all, commands(sub, name))
	}
	return all
}

// Property 10 of the scores: nothing that is said names a person.
func TestNoSurfaceNamesAPerson(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what is long and does one thing after another")
	}
	c := newCompany(t, 6)
	hired := c.hire(t)
	dir := t.TempDir()
	path := c.employ(t, dir, hired)
	r := start(t, path, 0)
	report := r.await(t, "complete and of everybody's work", func(report *scoring.Report) bool {
		team := report.Team("platform")
		return complete(report) && team != nil && team.Score(scoring.AfterHoursShift) != nil
	})
	ids := c.identifiers(r, hired)
	said := artefacts{}
	c.askEverything(t, r, said)
	c.askControl(t, dir, said)
	c.runEverything(t, path, said)
	r.await(t, "after the check-in", func(*scoring.Report) bool { return true })
	r.stop(t)
	said["log at debug"] = []byte(r.log.String())
	keptOf(t, filepath.Join(dir, databaseFile), said)
	c.checkLooksAtSomething(t, said, report)
	checkWithheld(t, said)
	for _, id := range ids {
		for _, holder := range said.holders(id) {
			i := bytes.Index(said[holder], []byte(id))
			from, to := max(0, i-80), min(len(said[holder]), max(i, 0)+80)
			t.Errorf("%s is in %s: …%s…", id, holder, said[holder][from:to])
		}
	}
}

// keptOf reads what was kept of what was said and decided.
func keptOf(t *testing.T, path string, into artefacts) {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if into["saved report"], err = db.LastReport(t.Context()); err != nil {
		t.Fatal(err)
	}
	decided := 0
	for o, err := range db.Overrides(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		into["kept decisions"] = fmt.Appendf(into["kept decisions"], "%+v\n", o)
		decided++
	}
	if decided != 2 {
		t.Errorf("%d decisions are kept, not 2: %s", decided, into["kept decisions"])
	}
}

// checkLooksAtSomething sees that the surfaces told of the very work in which
// people are named: a test that finds nothing must have looked.
func (c *company) checkLooksAtSomething(t *testing.T, said artefacts, report *scoring.Report) {
	t.Helper()
	for name, raw := range said {
		if len(raw) == 0 {
			t.Errorf("%s is empty: nothing could be found in it", name)
		}
	}
	whole := string(bytes.Join(slices.Collect(maps.Values(said)), nil))
	for _, text := range []string{"Hand over to @…, mail @…", " as @… asked, cc @…", "Merge branch &#39;try", "workdrift_team_context_switches", `"pair"`, "zyxexperiment"} {
		if !strings.Contains(whole, text) && !strings.Contains(whole, strings.ReplaceAll(text, "&#39;", "'")) {
			t.Errorf("nothing that was said holds %s", text)
		}
	}
	if pair := report.Team("pair"); pair == nil {
		t.Error("the report has no team of two")
	}
}
