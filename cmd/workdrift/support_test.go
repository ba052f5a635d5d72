package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
)

// patience is how long a test waits for what must come. Only a defect uses it
// up.
const patience = time.Minute

// The rules as they are shipped, which the tests in internal/deploytest hold
// against what they promise.
const (
	rulesDir  = "../../deploy/prometheus"
	recording = "workdrift.rules.yaml"
	alerting  = "workdrift.alerts.yaml"
)

// An output collects what a program writes and lets a test wait for a text.
type output struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	grown chan struct{} // closed when more was written
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// await waits until a pattern occurs and returns its groups.
func (o *output) await(t *testing.T, pattern string) []string {
	t.Helper()
	re, late := regexp.MustCompile(pattern), time.After(patience)
	for {
		o.mu.Lock()
		found, grown := re.FindStringSubmatch(o.buf.String()), o.grown
		o.mu.Unlock()
		if found != nil {
			return found
		}
		select {
		case <-grown:
		case <-late:
			t.Fatalf("%s was not written, but:\n%s", pattern, o)
		}
	}
}

// A company is a made-up organisation behind a local server, as the demo's but
// with less history, which reaches up to the real present.
type company struct {
	story  *fake.Story
	github *fake.GitHub
	url    string
	token  string
}

func newCompany(t *testing.T, weeks int) *company {
	t.Helper()
	now := time.Now()
	c := &company{story: fake.NewStory(1, now.AddDate(0, 0, -7*weeks), weeks), token: "xoxb-company-token"}
	c.story.Next(now)
	c.github = fake.NewGitHub(c.story.World(), fake.Options{Private: true, Tokens: []string{c.token}})
	c.url = serve(t, c.github)
	return c
}

// The parts of which tests put configurations together.
const (
	loopback = "web: {listen_address: \"127.0.0.1:0\", probe_address: \"localhost:0\", enable_reload: true}\n"
	here     = "storage: {directory: .}\n"
)

// connector is the section of a connector to the company's server.
func (c *company) connector(name string) string {
	return fmt.Sprintf("  %s: {type: github, interval: 1s, base_url: \"%s/\", graphql_url: \"%s/graphql\", token_file: token, organizations: [harbourline], since: 60d}\n",
		name, c.url, c.url)
}

// declared are the objectives of the company, all or the first few.
func (c *company) declared(n int) string {
	var b strings.Builder
	b.WriteString("objectives:\n")
	for _, o := range c.story.Objectives()[:n] {
		fmt.Fprintf(&b, "  - {id: %s, rank: %d, text: %q, keys: [%q], match: {labels: [%q]}}\n", o.ID, o.Rank, o.Text, o.Epic, o.Label)
	}
	fmt.Fprintf(&b, "run_work: {rules: [{name: incidents, labels: [%s, %s]}]}\nnon_goals: [{name: plg, labels: [%s]}]\n",
		fake.LabelIncident, fake.LabelOnCall, fake.LabelNonGoal)
	return b.String()
}

// config writes a configuration that reads the company, with further sections,
// and the token beside it. It returns the path.
func (c *company) config(t *testing.T, dir string, sections ...string) string {
	t.Helper()
	write(t, filepath.Join(dir, "token"), c.token)
	path := filepath.Join(dir, "config.yaml")
	write(t, path, "connectors:\n"+c.connector("harbourline")+c.declared(6)+here+strings.Join(sections, ""))
	return path
}

// allTools adds the company's Jira and Slack to a configuration.
func (c *company) allTools(t *testing.T, path string) {
	t.Helper()
	jira := fake.NewJira(c.story.Site(), fake.JiraOptions{Credentials: []fake.JiraCredential{{User: "workdrift@harbourline.example", Token: c.token}}})
	slack := fake.NewSlack(c.story.Workspace(), fake.SlackOptions{Tokens: []string{c.token}, NoLimit: true})
	more := fmt.Sprintf("  tickets: {type: jira, interval: 1s, base_url: \"%s/\", email: workdrift@harbourline.example, token_file: token, projects: [PLAT, PAY, GROW, APP, OPS], since: 60d}\n"+
		"  talk: {type: slack, interval: 1s, base_url: \"%s/api/\", token_file: token, channels: [\"obj-*\"], since: 60d}\n", serve(t, jira), serve(t, slack))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(string(text), "connectors:\n", "connectors:\n"+more, 1))
}

// serve serves a handler until the test ends, and returns its address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server, err := fake.Listen(h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the company's server: %v", err)
		}
	})
	return server.URL
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A running daemon is one in this process, with all its listeners.
type running struct {
	*daemon
	log        *output
	url, probe string
	reports    chan *scoring.Report
	end        context.CancelFunc
	ended      chan error
}

// start runs the daemon of a configuration until the test ends. Reports follow
// changes after settle.
func start(t *testing.T, path string, settle time.Duration) *running {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{log: newOutput(), reports: make(chan *scoring.Report, 10_000), ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	cfg.Log.Level = "debug"
	r.daemon, err = newDaemon(ctx, cfg, daemonOptions{
		Log: newLogger(r.log, cfg.Log), Now: time.Now, Settle: settle,
		OnReport: func(report *scoring.Report) {
			select {
			case r.reports <- report:
			default:
			}
		},
	})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	go func() { r.ended <- errors.Join(r.serve(ctx, cfg), r.Close()) }()
	t.Cleanup(func() { r.stop(t) })
	scheme := "http://"
	if cfg.Web.ConfigFile != "" {
		scheme = "https://"
	}
	r.url = scheme + r.log.await(t, `msg=listening for=web address=(\S+)`)[1]
	if cfg.Web.ProbeAddress != "" {
		r.probe = "http://" + r.log.await(t, `msg=listening for=probe address=(\S+)`)[1]
	}
	r.log.await(t, `msg=listening for=control`)
	return r
}

// stop ends the daemon as a signal would. It may be called twice.
func (r *running) stop(t *testing.T) {
	t.Helper()
	r.end()
	if r.ended == nil {
		return
	}
	if err := <-r.ended; err != nil {
		t.Errorf("the daemon ended with: %v", err)
	}
	r.ended = nil
}

// await waits for a report.
func (r *running) await(t *testing.T, what string, is func(*scoring.Report) bool) *scoring.Report {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case report := <-r.reports:
			if is(report) {
				return report
			}
		case <-late:
			t.Fatalf("no report that is %s; the log:\n%s", what, r.log)
		}
	}
}

func complete(r *scoring.Report) bool { return !r.Partial }

// client asks without keeping connections, so that nothing stays behind.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// request sends a request with headers in pairs and returns code and body.
func request(t *testing.T, with *http.Client, method, url string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := with.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// get returns the body of what must be there.
func get(t *testing.T, url string) string {
	t.Helper()
	code, body := request(t, client, http.MethodGet, url)
	if code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", url, code, body)
	}
	return body
}

// workdrift runs a command and returns what it wrote and its exit code.
func workdrift(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	code = run(ctx, args, &out, &errs)
	return out.String(), errs.String(), code
}
