package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/outbox"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/store"
)

// A briefRig is a daemon with a git clone, a channel for its briefs and a clock
// that is set by hand.
type briefRig struct {
	*testing.T
	dir   string
	slack *fake.Slack
	now   time.Time
	d     *daemon
	log   *output
}

func newBriefRig(t *testing.T, now time.Time) *briefRig {
	t.Helper()
	r := &briefRig{T: t, dir: t.TempDir(), now: now, log: newOutput()}
	clone := dailyClone(t, now)
	space := fake.NewWorkspace("acme")
	channel := space.AddChannel(now, fake.ChannelSpec{Name: "leads", Bot: true})
	r.slack = fake.NewSlack(space, fake.SlackOptions{
		Now: func() time.Time { return r.now }, Scopes: []string{"chat:write", "channels:history", "metadata.message:read"},
	})
	write(t, filepath.Join(r.dir, "token"), "xoxb-0123456789")
	write(t, filepath.Join(r.dir, "config.yaml"), fmt.Sprintf(`connectors:
  clone: {type: git, path: %q, repo: acme/clone, since: 60d}
storage: {directory: .}
web: {listen_address: "127.0.0.1:0"}
privacy: {k_effort: 1, dominance: 1, min_person_days: 1}
objectives: [{id: search, rank: 1, text: "Search <!channel>", match: {paths: ["api/**"]}}]
brief:
  slack: {channel: %s, token_file: token, base_url: "%s/api/"}
  directory: briefs
`, clone, channel, serve(t, r.slack)))
	r.start()
	t.Cleanup(r.stop)
	return r
}

// dailyClone is a repository with a commit on each of the 50 days before a time.
func dailyClone(t *testing.T, now time.Time) string {
	t.Helper()
	tooltest.Need(t, "git")
	var in strings.Builder
	for i := range 50 {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter Developer <dev@example.org> %d +0000\ndata 4\nwork\nM 644 inline api/a.go\ndata 3\n%03d\n",
			now.AddDate(0, 0, i-50).Unix(), i)
	}
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"fast-import", "--quiet"}} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Stdin = strings.NewReader(in.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

func (r *briefRig) start() {
	r.Helper()
	cfg, err := config.Load(filepath.Join(r.dir, "config.yaml"))
	if err != nil {
		r.Fatal(err)
	}
	if r.d, err = newDaemon(r.Context(), cfg, daemonOptions{Log: newLogger(r.log, cfg.Log), Now: func() time.Time { return r.now }}); err != nil {
		r.Fatal(err)
	}
}

func (r *briefRig) stop() {
	r.d.mailed().close()
	if err := r.d.Close(); err != nil {
		r.Error(err)
	}
}

// until lets time pass: the daemon polls, evaluates and delivers.
func (r *briefRig) until(at time.Time, step time.Duration) {
	r.Helper()
	for ; r.now.Before(at); r.now = r.now.Add(step) {
		pollAndScore(r.T, r.d)
		if err := r.d.courier.Round(r.Context()); err != nil {
			r.Fatal(err)
		}
	}
}

// TestBriefsAreDeliveredOnce lets two weeks and the turn of a month pass. One
// answer of Slack gets lost, and the daemon is restarted while that is open.
func TestBriefsAreDeliveredOnce(t *testing.T) {
	wednesday := time.Date(2025, 10, 29, 12, 0, 0, 0, time.UTC)
	r := newBriefRig(t, wednesday)
	r.slack.Fault(fake.Matching("/chat.postMessage", "W44"), 1, fake.Fault{Kind: fake.ResetBody})
	r.until(time.Date(2025, 11, 4, 8, 1, 0, 0, time.UTC), 4*time.Hour)
	if log := r.log.String(); !strings.Contains(log, "the brief was not delivered yet") {
		t.Fatalf("no answer got lost:\n%s", log)
	}
	r.stop()
	r.start()
	r.until(time.Date(2025, 11, 12, 0, 0, 0, 0, time.UTC), 4*time.Hour)
	var got []string
	for _, p := range r.slack.Posted() {
		for _, edition := range []string{"weekly/2025-W44", "kill-session/2025-10", "weekly/2025-W45"} {
			if strings.Contains(string(p.Metadata), `"`+edition+`"`) {
				got = append(got, edition)
			}
		}
		if all := p.Text + string(p.Blocks); strings.Contains(all, "<!") || strings.Contains(all, "<@") || len(p.Blocks) < 10 {
			t.Errorf("posted %q %s", p.Text, p.Blocks)
		}
	}
	slices.Sort(got)
	if want := []string{"kill-session/2025-10", "weekly/2025-W44", "weekly/2025-W45"}; !slices.Equal(got, want) || len(r.slack.Posted()) != 3 {
		t.Errorf("posted %v in %d messages, want %v", got, len(r.slack.Posted()), want)
	}
	files, err := os.ReadDir(filepath.Join(r.dir, "briefs"))
	if err != nil || len(files) != 6 {
		t.Errorf("%d files, %v, want a Markdown and an HTML file of each edition", len(files), err)
	}
	if log := r.log.String(); strings.Contains(log, "0123456789") {
		t.Errorf("the log holds the token:\n%s", log)
	}
}

// TestServeDelivers: the daemon that serves looks after the brief, tells
// Prometheus, and posts nothing that was due before its first start.
func TestServeDelivers(t *testing.T) {
	r := newBriefRig(t, time.Now())
	r.stop()
	s := start(t, filepath.Join(r.dir, "config.yaml"), 0)
	s.log.await(t, `msg="the brief goes to a new place, from the next edition on" outbox=slack/C\w+ last=weekly/`)
	s.log.await(t, `outbox=slack/C\w+ last=kill-session/`)
	s.log.await(t, `outbox=directory last=kill-session/`)
	s.await(t, "complete", complete)
	page := get(t, s.url+"/metrics")
	for _, want := range []string{
		`workdrift_brief_deliveries_total{edition="kill_session",outbox="slack",outcome="unknown"} 0`,
		`workdrift_brief_last_delivered_timestamp_seconds{edition="weekly",outbox="directory"} 0`,
		`workdrift_brief_last_due_timestamp_seconds{edition="weekly",outbox="slack"} 0`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if posted := r.slack.Posted(); len(posted) > 0 {
		t.Errorf("posted %+v", posted)
	}
	// Who set it up tries it, and once is enough.
	deliver := []string{"brief", "--deliver", "--config", filepath.Join(r.dir, "config.yaml")}
	for range 2 {
		stdout, stderr, code := workdrift(t, deliver...)
		if !regexp.MustCompile(`^weekly/\S+ to directory: delivered as weekly-\S+\.md\nweekly/\S+ to slack/C\w+: delivered as [\d.]+\n$`).MatchString(stdout) || code != 0 {
			t.Errorf("%v: %d %s%s", deliver, code, stdout, stderr)
		}
	}
	if posted := r.slack.Posted(); len(posted) != 1 {
		t.Errorf("posted %+v", posted)
	}
	r.slack.Fault(fake.Matching("/chat.postMessage"), 1, fake.Fault{Kind: fake.SlackError, To: "not_in_channel"})
	if stdout, stderr, code := workdrift(t, append(deliver, "--edition", "kill-session")...); code != 1 || !strings.Contains(stdout, "given up: ") || !strings.Contains(stderr, "1 of 2 places do not have it") {
		t.Errorf("a place that refuses: %d %s%s", code, stdout, stderr)
	}
	s.stop(t)
	if _, stderr, code := workdrift(t, deliver...); code != 1 || !strings.Contains(stderr, "no daemon runs") {
		t.Errorf("without a daemon: %d %s", code, stderr)
	}
	r.start() // what its cleanup ends
}

// TestBriefDuringAFirstReading: while a source is read for the first time an
// edition waits, but not for good: it says what it lacks.
func TestBriefDuringAFirstReading(t *testing.T) {
	monday := time.Date(2025, 11, 3, 12, 0, 0, 0, time.UTC)
	r := newBriefRig(t, monday)
	r.until(monday.Add(time.Minute), time.Minute)
	r.stop()
	path := filepath.Join(r.dir, "config.yaml")
	write(t, path, strings.Replace(read(t, path), "connectors:\n", "connectors:\n  talk: {type: slack, base_url: \"http://127.0.0.1:1/api/\", token_file: token}\n", 1))
	r.start()
	due := time.Date(2025, 11, 11, 8, 0, 0, 0, time.UTC)
	evaluate := func() {
		t.Helper()
		for _, p := range r.d.pollers {
			if p.Status().Source == "clone" {
				if _, err := p.Poll(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := r.d.evaluator.evaluate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.d.courier.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for r.now = due; r.now.Before(due.Add(outbox.Patience)); r.now = r.now.Add(time.Hour) {
		evaluate()
	}
	file := filepath.Join(r.dir, "briefs", "weekly-2025-W45.md")
	if _, err := os.Stat(file); err == nil || !r.d.evaluator.report.Load().Partial {
		t.Error("the brief did not wait for a source that is still being read")
	}
	evaluate()
	if text := read(t, file); !strings.Contains(text, "Partial: still being read for the first time: talk.") || !strings.Contains(text, "rest on too little") {
		t.Errorf("the brief does not say what it lacks:\n%s", text)
	}
	if posted := r.slack.Posted(); len(posted) != 1 || !strings.Contains(string(posted[0].Blocks), "still being read for the first time: talk") {
		t.Errorf("posted %+v", posted)
	}
}

// The configuration is refused without the token.
func TestBriefNeedsItsToken(t *testing.T) {
	r := newBriefRig(t, time.Now())
	path := filepath.Join(r.dir, "config.yaml")
	if err := os.Remove(filepath.Join(r.dir, "token")); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := workdrift(t, "check", path)
	if code != 1 || !strings.Contains(stderr, path+":8:10: brief.slack: read secret") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestBriefOutlivesAKill ends the program, without warning, while Slack takes
// its message. The next one finds the message and posts none.
func TestBriefOutlivesAKill(t *testing.T) {
	now := time.Now().UTC()
	r := newBriefRig(t, now)
	// Yesterday's edition is late, and its week has closed whatever day it is.
	yesterday := now.AddDate(0, 0, -1)
	path := filepath.Join(r.dir, "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text)+fmt.Sprintf("  editions: [weekly]\n  weekly: {weekday: %s, time: \"00:00\"}\n", strings.ToLower(yesterday.Weekday().String())))
	place := r.d.mailed().plan.Places[1].Name
	err = r.d.store.SaveDelivery(t.Context(), store.Delivery{Outbox: place, Edition: "weekly/2020-W01", State: store.DeliverySkipped, Due: yesterday.AddDate(-1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	child, _, stderr := program(t, r.dir, "serve", "--config", path)
	started := make(chan *os.Process, 1)
	r.slack.Fault(fake.Matching("/chat.postMessage"), 1, fake.Fault{Kind: fake.MutateAfter, Do: func() {
		if err := (<-started).Kill(); err != nil {
			t.Error(err)
		}
	}})
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	started <- child.Process
	hanging := time.AfterFunc(childDeadline, func() { child.Process.Kill() })
	defer hanging.Stop()
	if err := child.Wait(); err == nil || len(r.slack.Posted()) != 1 {
		t.Errorf("the program ended with %v after %d messages:\n%s", err, len(r.slack.Posted()), stderr)
	}
	r.now = time.Now().Add(10 * time.Minute)
	r.start()
	var sent []store.DeliveryState
	for round := range 2 {
		for d, err := range r.d.store.Deliveries(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Outbox == place && d.State != store.DeliverySkipped {
				sent = append(sent, d.State)
			}
		}
		if round == 0 {
			r.until(r.now.Add(time.Hour), 10*time.Minute)
		}
	}
	if want := []store.DeliveryState{store.DeliverySending, store.DeliveryDelivered}; !slices.Equal(sent, want) || len(r.slack.Posted()) != 1 {
		t.Errorf("stored %v after %d messages, want %v", sent, len(r.slack.Posted()), want)
	}
}
