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
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store/bolt"
)

// A newcomer is somebody whose every name is unlike any other text.
type newcomer struct{ login, name, account, slack string }

func (n *newcomer) email() string { return n.login + "@zyx.example" }

// hire adds people to the company, and lets them work where names hurt: in
// titles, branches, trailers, mentions, labels, and in talk.
func (c *company) hire(t *testing.T) []newcomer {
	t.Helper()
	people := []newcomer{
		{login: "quuxwort-z", name: "Zeldafirella Quuxwortle", account: "712020:zq-4711-aa"},
		{login: "ogglefitz", name: "Barnabellino Ogglefitzer", account: "712020:bo-4712-bb"},
	}
	w, site, slack := c.story.World(), c.story.Site(), c.story.Workspace()
	for i := range people {
		n := &people[i]
		w.AddUser(fake.UserSpec{Login: n.login, Name: n.name, Email: n.email()})
		site.AddUser(fake.JiraUserSpec{ID: n.account, Name: n.login, Display: n.name, Email: n.email(), TimeZone: "Etc/UTC"})
		n.slack = slack.AddMember(fake.MemberSpec{Name: n.login, RealName: n.name, Email: n.email()})
	}
	z, o := &people[0], &people[1]
	const repo = "harbourline/checkout"
	channel := c.channel(t, "obj-", z.slack, o.slack)
	for day := 2; day < 20; day++ {
		at := time.Now().AddDate(0, 0, -day)
		key := site.Open(at, "PAY", fake.JiraIssueSpec{
			Type: "Story", Summary: fmt.Sprintf("Hand over to [~accountid:%s], mail %s", o.account, o.email()), Reporter: z.account, Assignee: o.account,
			Parent: c.story.Objectives()[0].Epic,
		})
		site.Comment(at.Add(time.Minute), key, o.account, "Thanks [~accountid:"+z.account+"], says "+o.name)
		site.Transition(at.Add(2*time.Minute), key, o.account, "In Progress")
		work := fake.CommitSpec{
			Author: z.login, Message: key + ": pair with @" + o.login + " <" + o.email() + ">", Authored: at, Committed: at, Files: []string{"cart.go"}, CoAuthors: []string{o.login},
		}
		number := w.OpenPull(at, repo, fake.PullSpec{
			Author: z.login, Title: key + " as @" + o.login + " asked, cc " + z.email(), Body: "By " + z.name, Head: z.login + "/" + key + "-" + fmt.Sprint(day), Commits: []fake.CommitSpec{work},
		})
		w.Review(at.Add(time.Hour), repo, number, fake.ReviewSpec{Author: o.login, State: "APPROVED", Body: "Nice, @" + z.login})
		w.MergePull(at.Add(2*time.Hour), repo, number, o.login, fake.Merge)
		w.PushCommits(at.Add(3*time.Hour), repo, "", fake.CommitSpec{
			Name: z.name, Email: "private." + z.email(), Message: "Merge branch '" + o.login + "/try' of github.com:" + z.login + "/checkout", Authored: at, Committed: at, Files: []string{"x.go"},
		})
		ts := slack.Post(at, channel, fake.MessageSpec{Author: z.slack, Text: "<@" + o.slack + "> and @" + z.login + ": " + key})
		slack.Post(at.Add(time.Minute), channel, fake.MessageSpec{Author: o.slack, Thread: ts, Text: z.name + " please: 🟢"})
	}
	if err := c.story.Err(); err != nil {
		t.Fatal(err)
	}
	return people
}

// channel returns a channel of the company and lets members in.
func (c *company) channel(t *testing.T, prefix string, members ...string) string {
	t.Helper()
	for _, ch := range c.story.Workspace().Snapshot() {
		if strings.HasPrefix(ch.Name, prefix) {
			c.story.Workspace().Invite(c.story.Start(), ch.ID, members...)
			return ch.ID
		}
	}
	t.Fatalf("the company has no channel %s*", prefix)
	return ""
}

// employ writes the configuration of a company with hired people: owners,
// teams, one of them of two, and human debt switched on.
func (c *company) employ(t *testing.T, dir string, hired []newcomer) (path string) {
	t.Helper()
	var b strings.Builder
	var objectives strings.Builder
	objectives.WriteString("objectives:\n")
	for _, o := range c.story.Objectives() {
		fmt.Fprintf(&objectives, "  - {id: %s, rank: %d, text: %q, keys: [%q], owner: {team: %s, person: %s}, teams: [%s], match: {labels: [%q]}}\n",
			o.ID, o.Rank, o.Text, o.Epic, o.Teams[0], hired[0].login, strings.Join(o.Teams, ", "), o.Label)
	}
	b.WriteString("privacy: {human_debt: true}\nprofile: {drift_index: true}\nidentity_merging: {verified_email: true}\nteams:\n")
	var identities strings.Builder
	for _, team := range c.story.Teams() {
		fmt.Fprintf(&b, "  - {id: %s, zone: %s, members: [%s]}\n", team.ID, team.Zone, strings.Join(team.Members, ", "))
		for _, login := range team.Members {
			fmt.Fprintf(&identities, "  - {person: %s, handles: [\"github:%s\", \"email:%s@harbourline.example\"]}\n", login, login, login)
		}
	}
	fmt.Fprintf(&b, "  - {id: pair, zone: Europe/Berlin, members: [%s, %s]}\nidentities:\n%s", hired[0].login, hired[1].login, identities.String())
	for _, n := range hired {
		fmt.Fprintf(&b, "  - {person: %s, handles: [\"github:%[1]s\", \"email:%s\", \"jira:%s\", \"slack:%s\"]}\n", n.login, n.email(), n.account, n.slack)
	}
	path = c.config(t, dir, loopback, b.String())
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), strings.SplitAfter(c.declared(6), "run_work")[0], objectives.String()+"run_work", 1)
	if !strings.Contains(text, "owner:") {
		t.Fatal("the objectives have no owners")
	}
	write(t, path, strings.Replace(text, "enable_reload: true", "enable_reload: true, enable_pprof: true", 1))
	c.allTools(t, path)
	return path
}

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

// bodies are what is sent to the routes that want to be sent something.
func (c *company) bodies(key string) map[string]string {
	return map[string]string{
		"/-/reload": "", "/decisions": "{}", "/decisions/withdraw": "{}", "/hooks/": `{"action": "opened"}`,
		"/api/v1/overrides":      fmt.Sprintf(`{"keys": [%q], "to": "run_work", "why": "It keeps things running."}`, key),
		"/api/v1/stop-decisions": fmt.Sprintf(`{"keys": [%q], "why": "It is not what was agreed."}`, key),
		"/api/v1/check-ins":      fmt.Sprintf(`{"objective": %q, "confidence": 0.5}`, c.story.Objectives()[0].ID),
	}
}

// askEverything asks a daemon for every path that its table of routes has, with
// every subject where one is taken. A route that is new is asked as well; one
// that has to be sent something must be listed in bodies.
func (c *company) askEverything(t *testing.T, r *running, into artefacts) {
	t.Helper()
	subjects := c.subjects()
	key := subjects[len(subjects)-3]
	bodies := c.bodies(key)
	for _, p := range web.Paths() {
		pattern := strings.TrimSuffix(p.Pattern, "{$}")
		queries := []string{""}
		if strings.HasPrefix(pattern, "/debug/pprof/") {
			queries = []string{"?seconds=1&debug=2"}
		}
		for param, values := range map[string][]string{
			"subject": subjects, "window": {"7d", "28d", "91d", "quarter"}, "scope": {"organization", "team", "objective", "nobody"},
			"team": {"pair", "platform"}, "objective": {c.story.Objectives()[0].ID}, "key": {key}, "limit": {"1000"},
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
			into[p.Method+" "+path+query] = c.askOne(t, p.Method, r.url+path+query, body)
		}
	}
}

func (c *company) askOne(t *testing.T, method, url, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat([]byte(fmt.Sprint(res.StatusCode, res.Header, "\n")), raw)
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
		"/alive": {}, "/demo": {}, "/history": {"weeks": {"5"}}, "/declarations/import": {}, "/checkin": {"objective": {c.story.Objectives()[0].ID}, "confidence": {"0.5"}, "as": {"github:quuxwort-z"}},
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
		"declarations import": {nil}, "history": {nil, {"-o", "json"}}, "backup": {{filepath.Join(dir, "command.db")}},
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
	said["saved report"] = savedReportOf(t, filepath.Join(dir, databaseFile))
	c.checkLooksAtSomething(t, said, report)
	for _, id := range ids {
		for _, holder := range said.holders(id) {
			i := bytes.Index(said[holder], []byte(id))
			from, to := max(0, i-80), min(len(said[holder]), max(i, 0)+80)
			t.Errorf("%s is in %s: …%s…", id, holder, said[holder][from:to])
		}
	}
}

func savedReportOf(t *testing.T, path string) []byte {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	raw, err := db.LastReport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return raw
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
	for _, text := range []string{"Hand over to @…, mail @…", " as @… asked, cc @…", "Merge branch &#39;try", "workdrift_team_context_switches", `"pair"`} {
		if !strings.Contains(whole, text) && !strings.Contains(whole, strings.ReplaceAll(text, "&#39;", "'")) {
			t.Errorf("nothing that was said holds %s", text)
		}
	}
	if pair := report.Team("pair"); pair == nil {
		t.Error("the report has no team of two")
	}
}
