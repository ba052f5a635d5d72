package deploytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demotest"
	"github.com/workdrift/workdrift/internal/tooltest"
)

// hurry is how many seconds of the shipped rules pass in one of the test: half
// an hour in a second. Nothing else of the rules is changed.
const hurry = 1800

// scrapeEvery is how often the demo is scraped and the rules are evaluated: four
// times in the half hour that the rules bridge when an answer is late.
const scrapeEvery = 250 * time.Millisecond

var (
	durationsInExpr = regexp.MustCompile(`\[[0-9a-z]+\]|offset [0-9a-z]+`)
	plainDuration   = regexp.MustCompile(`[0-9][0-9a-z]*`)
	// PromQL before 3.0 has no durations as numbers: an hour is 3600 there.
	secondsInAlerts = regexp.MustCompile(`\b[0-9]{3,}\b`)
)

// hurried makes a duration as much shorter as time passes faster.
func hurried(t *testing.T, text string) string {
	t.Helper()
	d, err := model.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return model.Duration(max(time.Duration(d)/hurry, time.Millisecond)).String()
}

// hurriedRules writes a file of shipped rules with all durations divided by
// hurry. How often they are evaluated is up to Prometheus' configuration.
func hurriedRules(t *testing.T, dir, file string) {
	t.Helper()
	rules := shipped(t, file)
	for g := range rules.Groups {
		rules.Groups[g].Interval = ""
	}
	for _, r := range rules.all() {
		r.Expr = durationsInExpr.ReplaceAllStringFunc(r.Expr, func(part string) string {
			return plainDuration.ReplaceAllStringFunc(part, func(d string) string { return hurried(t, d) })
		})
		if r.Alert != "" {
			r.Expr = secondsInAlerts.ReplaceAllStringFunc(r.Expr, func(number string) string {
				n, _ := strconv.Atoi(number) // the pattern lets nothing else through
				return strconv.Itoa(n / hurry)
			})
		}
		for _, wait := range []*string{&r.For, &r.Keep} {
			if *wait != "" {
				*wait = hurried(t, *wait)
			}
		}
	}
	text, err := yaml.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, file), string(text))
}

// Nothing but durations is changed in the rules that the episode is played with,
// and each of them by the same factor.
func TestOnlyDurationsAreHurried(t *testing.T) {
	dir, changed := t.TempDir(), 0
	for _, file := range []string{recording, alerting} {
		hurriedRules(t, dir, file)
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var played shippedRules
		if err := yaml.Unmarshal(text, &played); err != nil {
			t.Fatal(err)
		}
		before, after := shipped(t, file).all(), played.all()
		for i, r := range before {
			fast := after[i]
			ranges, fastRanges := durationsInExpr.FindAllString(r.Expr, -1), durationsInExpr.FindAllString(fast.Expr, -1)
			for j, d := range append(ranges, r.For, r.Keep) {
				quick := append(fastRanges, fast.For, fast.Keep)[j]
				if was, is := told(t, d), told(t, quick); was/hurry-is > time.Millisecond || is-was/hurry > time.Millisecond {
					t.Errorf("%s%s: %s became %s", r.Record, r.Alert, d, quick)
				} else if was > 0 {
					changed++
				}
			}
			bare := strings.Replace(durationsInExpr.ReplaceAllString(r.Expr, "[]"), ", 3600)", fmt.Sprintf(", %d)", 3600/hurry), 1)
			if got := durationsInExpr.ReplaceAllString(fast.Expr, "[]"); got != bare || fmt.Sprint(r.Labels, r.Annotations) != fmt.Sprint(fast.Labels, fast.Annotations) {
				t.Errorf("%s%s became another rule: %s", r.Record, r.Alert, got)
			}
		}
	}
	if changed < 60 {
		t.Errorf("only %d durations", changed)
	}
}

// told reads the duration that a part of a rule tells, 0 when there is none.
func told(t *testing.T, part string) time.Duration {
	t.Helper()
	text := plainDuration.FindString(part)
	if text == "" {
		return 0
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(d)
}

// hurriedRoutes writes the shipped configuration of Alertmanager with durations
// divided likewise, working hours all day, and every message sent to the test.
func hurriedRoutes(t *testing.T, dir, messages string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(alertDir, "alertmanager.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	delete(config, "global")
	delete(config, "time_intervals")
	delete(config, "templates")
	var route func(map[string]any)
	route = func(r map[string]any) {
		delete(r, "active_time_intervals")
		for _, key := range []string{"group_wait", "group_interval", "repeat_interval"} {
			if d, is := r[key].(string); is {
				r[key] = hurried(t, d)
			}
		}
		children, _ := r["routes"].([]any)
		for _, child := range children {
			route(child.(map[string]any))
		}
	}
	route(config["route"].(map[string]any))
	for _, r := range config["receivers"].([]any) {
		receiver := r.(map[string]any)
		name := receiver["name"].(string)
		clear(receiver)
		receiver["name"] = name
		receiver["webhook_configs"] = []any{map[string]any{"url": messages + "/" + name, "send_resolved": true}}
	}
	if text, err = yaml.Marshal(config); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "alertmanager.yaml")
	write(t, path, string(text))
	return path
}

// An inbox is where Alertmanager's messages arrive: "receiver status alert".
type inbox struct {
	mu   sync.Mutex
	list []string
	url  string
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct {
			Receiver string
			Alerts   []struct {
				Status string
				Labels map[string]string
			}
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &message)
		}
		if err != nil {
			t.Errorf("a message: %v", err)
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		for _, a := range message.Alerts {
			in.list = append(in.list, message.Receiver+" "+a.Status+" "+a.Labels["alertname"])
		}
	}))
	t.Cleanup(server.Close)
	in.url = server.URL
	return in
}

func (in *inbox) has(message string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Contains(in.list, message)
}

// of returns the messages about an alert.
func (in *inbox) of(name string) []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(in.list), func(m string) bool { return !strings.HasSuffix(m, " "+name) })
}

// An alert is one as Alertmanager tells it.
type alert struct {
	Labels      map[string]string
	Annotations map[string]string
	Fingerprint string
	Receivers   []struct{ Name string }
	Status      struct {
		State       string
		InhibitedBy []string
	}
}

// A theatre is all that plays in the end-to-end test.
type theatre struct {
	*demo
	began                    time.Time
	prometheus, alertmanager string
	messages                 *inbox
}

// alerts returns what Alertmanager has of an alert.
func (p *theatre) alerts(t *testing.T, name string) (list []alert) {
	t.Helper()
	ask(t, &list, p.alertmanager, "/api/v2/alerts", url.Values{"filter": {fmt.Sprintf("alertname=%q", name)}})
	return list
}

// say tells the transcript what amtool and Prometheus say just now.
func (p *theatre) say(t *testing.T, what, alertname string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), tooltest.Need(t, "amtool"), "alert", "query", "--active", "--inhibited", "-o", "simple", "alertname="+alertname, "--alertmanager.url="+p.alertmanager)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	values := ""
	for _, s := range query(t, p.prometheus, "/api/v1/query", url.Values{"query": {`job_window:workdrift_shadow_effort_ratio:max_last30m{window=~"7d|28d"}`}}) {
		values += fmt.Sprintf("  %s %v", s.Metric["window"], s.Value[1])
	}
	for _, s := range query(t, p.prometheus, "/api/v1/query", url.Values{"query": {fmt.Sprintf("ALERTS{alertname=%q}", alertname)}}) {
		values += fmt.Sprintf("\n    Prometheus: %v", s.Metric)
	}
	t.Logf("%5.1f s  %s\n    off-strategy share%s\n    amtool: %s", time.Since(p.began).Seconds(), what, values,
		strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "\n    amtool: "))
}

// newTheatre starts the demo, Prometheus with the shipped rules, and
// Alertmanager with the shipped routes.
func newTheatre(t *testing.T) *theatre {
	t.Helper()
	manager := tooltest.Need(t, "prometheus-alertmanager", "alertmanager")
	tooltest.Need(t, "prometheus")
	tooltest.Need(t, "amtool")
	if _, err := program(); err != nil {
		t.Fatal(err)
	}
	p := &theatre{began: time.Now(), messages: newInbox(t)}
	// As slow as life, until it is told otherwise.
	p.demo = startDemo(t, "--speed", strconv.FormatFloat(1.0/24/60, 'g', -1, 64))
	// The threshold is the organisation's own choice.
	config := filepath.Join(p.Dir, "config.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, config, string(text)+"alerts: {shadow_effort: 0.4}\n")
	res, err := client.Post(p.URL+"/-/reload", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Body.Close(); res.StatusCode != http.StatusOK {
		t.Fatalf("the demo was not reloaded: %s", res.Status)
	}
	dir := t.TempDir()
	address := demotest.FreePort(t)
	demotest.Launch(t, manager, "--config.file="+hurriedRoutes(t, dir, p.messages.url), "--storage.path="+t.TempDir(), "--web.listen-address="+address, "--cluster.listen-address=", "--log.level=warn")
	p.alertmanager = "http://" + address
	demotest.Await(t, "Alertmanager to be ready", func() bool { code, _ := get(t, p.alertmanager+"/-/ready"); return code == http.StatusOK })
	hurriedRules(t, dir, recording)
	hurriedRules(t, dir, alerting)
	path := filepath.Join(dir, "prometheus.yaml")
	write(t, path, fmt.Sprintf(`global: {scrape_interval: %[5]s, scrape_timeout: %[5]s, evaluation_interval: %[5]s}
rule_files: [%[1]s, %[2]s]
alerting: {alertmanagers: [{static_configs: [{targets: [%[3]q]}]}]}
scrape_configs: [{job_name: workdrift, static_configs: [{targets: [%[4]q]}]}]
`, recording, alerting, address, strings.TrimPrefix(p.URL, "http://"), scrapeEvery))
	p.prometheus = startPrometheus(t, path)
	return p
}

// TestAlertFromDriftToCorrection plays an episode through the real programs: the
// organisation has drifted and the alert fires; a source breaks, and the alert
// is muted; it is mended, and the alert is back; the organisation corrects its
// course, and the alert is over. Run it with -v for the transcript.
func TestAlertFromDriftToCorrection(t *testing.T) {
	const drift, stale = "WorkdriftShadowRoadmapHigh", "WorkdriftConnectorStale"
	p := newTheatre(t)
	p.say(t, "the demo is scraped", drift)
	state := func(want string) func() bool {
		return func() bool { list := p.alerts(t, drift); return len(list) == 1 && list[0].Status.State == want }
	}

	demotest.Await(t, "the alert to fire", state("active"))
	p.say(t, "off-strategy work is above the threshold: the alert fires", drift)
	one := p.alerts(t, drift)[0]
	want := map[string]string{"alertname": drift, "job": "workdrift", "severity": "warning", "signal": "drift", "window": "28d"}
	if fmt.Sprint(one.Labels) != fmt.Sprint(want) || len(one.Receivers) != 1 || one.Receivers[0].Name != "leadership" {
		t.Errorf("labels %v, receivers %v; want %v and leadership", one.Labels, one.Receivers, want)
	}
	if !regexp.MustCompile(`^[4-6]\d\.?\d*% of the effort`).MatchString(one.Annotations["description"]) {
		t.Errorf("the description is %q", one.Annotations["description"])
	}
	demotest.Await(t, "the message to leadership", func() bool { return p.messages.has("leadership firing " + drift) })

	p.Tell(t, "--break", "jira")
	demotest.Await(t, "the alert to be muted", state("suppressed"))
	p.say(t, "Jira answers errors only: its data is stale, and nobody is told of drift", drift)
	p.say(t, "what mutes it", stale)
	muting := p.alerts(t, drift)[0].Status.InhibitedBy
	if sources := p.alerts(t, stale); len(sources) == 0 || sources[0].Labels["connector"] != "jira" || !slices.Contains(muting, sources[0].Fingerprint) {
		t.Errorf("the alert is muted by %v, want one of %v", muting, sources)
	}

	p.Tell(t, "--mend", "jira")
	demotest.Await(t, "the alert to be back", state("active"))
	p.say(t, "Jira answers again", drift)
	if p.messages.has("leadership resolved " + drift) {
		t.Error("leadership was told that drift is over while Workdrift could not see")
	}

	p.Tell(t, "--course", "strategy", "--speed", "240")
	demotest.Await(t, "four weeks below the threshold", func() bool {
		return len(query(t, p.prometheus, "/api/v1/query", url.Values{"query": {`job_window:workdrift_shadow_effort_ratio:max_last30m{window="28d"} < 0.35`}})) == 1
	})
	p.say(t, "the organisation corrects its course: the share is down, the alert holds on for a day", drift)
	demotest.Await(t, "the alert to be over", func() bool { return len(p.alerts(t, drift)) == 0 })
	p.say(t, "the alert is over", drift)
	demotest.Await(t, "the message that it is over", func() bool { return p.messages.has("leadership resolved " + drift) })
	if left := query(t, p.prometheus, "/api/v1/query", url.Values{"query": {fmt.Sprintf("ALERTS{alertname=%q}", drift)}}); len(left) > 0 {
		t.Errorf("Prometheus still has %v", left)
	}
	t.Logf("%5.1f s  messages: %s", time.Since(p.began).Seconds(), strings.Join(p.messages.of(drift), ", "))
}
