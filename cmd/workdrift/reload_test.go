package main

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/scoring"
)

// post reloads over HTTP and returns the answer.
func (r *running) post(t *testing.T) (int, string) {
	t.Helper()
	return request(t, client, http.MethodPost, r.url+"/-/reload")
}

func (r *running) reloadWell(t *testing.T) {
	t.Helper()
	if code, body := r.post(t); code != http.StatusOK {
		t.Fatalf("reload: %d %s", code, body)
	}
}

// withObjectives is a configuration that declares the first n objectives.
func (c *company) withObjectives(t *testing.T, dir string, n int, connectors ...string) string {
	t.Helper()
	path := c.config(t, dir)
	write(t, path, "connectors:\n"+strings.Join(connectors, "")+c.declared(n)+here+loopback)
	return path
}

// The settle time of an hour shows that a reload does not wait for it.
func TestReloadChangesTheObjectives(t *testing.T) {
	c := newCompany(t, 6)
	dir := t.TempDir()
	one := c.connector("harbourline")
	r := start(t, c.withObjectives(t, dir, 2, one), 0)
	r.await(t, "complete", complete)
	r.evaluator.mu.Lock()
	r.evaluator.settle = time.Hour
	r.evaluator.mu.Unlock()
	series := `workdrift_objective_[a-z_]+\{[^}]*objective="`
	has := func(id string, want bool) {
		t.Helper()
		if got := regexp.MustCompile(series + id + `"`).MatchString(get(t, r.url+"/metrics")); got != want {
			t.Errorf("there are series of %s: %v, want %v", id, got, want)
		}
	}
	has("eu-residency", true)
	has("partner-api", false)

	c.withObjectives(t, dir, 4, one)
	began := time.Now()
	r.reloadWell(t)
	r.await(t, "of four objectives", func(r *scoring.Report) bool { return len(r.Objectives) == 4 })
	t.Logf("active after %s", time.Since(began).Round(time.Millisecond))
	has("partner-api", true)

	c.withObjectives(t, dir, 1, one)
	r.reloadWell(t)
	r.await(t, "of one objective", func(r *scoring.Report) bool { return len(r.Objectives) == 1 })
	has("eu-residency", false)
	has("partner-api", false)
	has("checkout-latency", true)
}

func TestReloadOfABadFileChangesNothing(t *testing.T) {
	c := newCompany(t, 2)
	dir := t.TempDir()
	one := c.connector("harbourline")
	path := c.withObjectives(t, dir, 2, one)
	r := start(t, path, 0)
	r.await(t, "complete", complete)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("WORKDRIFT_TEST_UNSET", "")
	os.Unsetenv("WORKDRIFT_TEST_UNSET")
	for name, bad := range map[string]struct{ text, at string }{
		"no YAML":            {"connectors: [", `config.yaml:\d+:\d+: is not valid YAML`},
		"a wrong key":        {string(good) + "topp: 3\n", `config.yaml:\d+:1: topp: `},
		"a wrong value":      {string(good) + "top: 0\n", `config.yaml:\d+:6: top: `},
		"no such connector":  {strings.Replace(string(good), "type: github", "type: gitbub", 1), `config.yaml:2:23: connectors.harbourline.type: `},
		"no such token file": {strings.Replace(string(good), "token_file: token", "token_file: gone", 1), `config.yaml:2:\d+: connectors.harbourline`},
		"one bad connector of two": {strings.Replace(string(good), "objectives:", "  second: {type: git, path: .}\n  third: {type: github, token_env: WORKDRIFT_TEST_UNSET, organizations: [x]}\nobjectives:", 1),
			`config.yaml:\d+:\d+: connectors.third`},
		"no file": {"", "config.yaml"},
	} {
		before := get(t, r.url+"/api/v1/report")
		write(t, path, bad.text)
		if name == "no file" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		code, body := r.post(t)
		if code != http.StatusInternalServerError || !regexp.MustCompile(bad.at).MatchString(body) {
			t.Errorf("%s: %d %s", name, code, body)
		}
		if !strings.Contains(r.log.String(), "was not reloaded") {
			t.Errorf("%s: it is not in the log", name)
		}
		metrics := get(t, r.url+"/metrics")
		if !strings.Contains(metrics, "\nworkdrift_config_last_reload_successful 0\n") {
			t.Errorf("%s: the metric does not tell", name)
		}
		for _, not := range []string{`connector="second"`, `connector="third"`} {
			if strings.Contains(metrics, not) {
				t.Errorf("%s: there are series of %s, which is not configured", name, not)
			}
		}
		if !strings.Contains(metrics, `objective="eu-residency"`) || !strings.Contains(metrics, `workdrift_connector_info{connector="harbourline"`) {
			t.Errorf("%s: the configuration before does not hold any more", name)
		}
		if after := get(t, r.url+"/api/v1/report"); len(after) < len(before)/2 {
			t.Errorf("%s: the report changed from\n%s\nto\n%s", name, before, after)
		}
		write(t, path, string(good))
		r.reloadWell(t)
		if !strings.Contains(get(t, r.url+"/metrics"), "\nworkdrift_config_last_reload_successful 1\n") {
			t.Errorf("after %s, a good file is not told", name)
		}
	}
}

// The second connector hangs in the middle of a fetch when it is removed, so
// what it does while it ends must not bring its series back.
func TestReloadRemovesAConnector(t *testing.T) {
	c, other := newCompany(t, 6), newCompany(t, 1)
	asked := make(chan struct{})
	var once sync.Once
	other.github.Fault(func(*http.Request) bool { once.Do(func() { close(asked) }); return true }, -1, fake.Fault{Kind: fake.Latency})
	dir := t.TempDir()
	one, two := c.connector("harbourline"), other.connector("second")
	r := start(t, c.withObjectives(t, dir, 2, one, two), 0)
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatal("the second connector asked nothing")
	}
	// Everything of the first is there, and still no day is closed.
	late := r.await(t, "late", func(r *scoring.Report) bool { return r.Stats.Items > 50 })
	if !late.Partial || len(late.Late) == 0 {
		t.Errorf("the report is partial %v, late %v, while a source has brought nothing", late.Partial, late.Late)
	}
	if !strings.Contains(get(t, r.url+"/metrics"), `connector="second"`) {
		t.Error("the second connector has no series")
	}
	c.withObjectives(t, dir, 2, one)
	r.reloadWell(t)
	report := r.await(t, "complete", complete)
	if len(report.Late) > 0 {
		t.Errorf("%v still hold the day back", report.Late)
	}
	// A second reload begins when the first has changed everything over.
	r.reloadWell(t)
	if metrics := get(t, r.url+"/metrics"); strings.Contains(metrics, `connector="second"`) {
		t.Error("series of the removed connector are still there")
	}
	if strings.Contains(get(t, r.url+"/"), "second") {
		t.Error("the page still shows the removed connector")
	}
}

// A hundred reloads while pages are read leave nothing behind.
func TestReloadsLeakNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("daemon", func(t *testing.T) {
		c := newCompany(t, 1)
		dir := t.TempDir()
		one := c.connector("harbourline")
		r := start(t, c.withObjectives(t, dir, 2, one), 0)
		r.await(t, "complete", complete)
		stop := make(chan struct{})
		var load sync.WaitGroup
		for _, path := range []string{"/metrics", "/"} {
			load.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if code, body := request(t, client, http.MethodGet, r.url+path); code != http.StatusOK {
						t.Errorf("%s: %d %s", path, code, body)
						return
					}
				}
			})
		}
		settled, reloads := 0, 100
		if testing.Short() {
			reloads = 40
		}
		for i := range reloads {
			c.withObjectives(t, dir, 1+i%3, one)
			r.reloadWell(t)
			if i == 10 {
				settled = runtime.NumGoroutine()
			}
		}
		close(stop)
		load.Wait()
		// Some come and go with requests; a leak would be one a reload.
		if n := runtime.NumGoroutine(); n > settled+reloads/4 {
			t.Errorf("%d goroutines after 10 reloads, %d after %d", settled, n, reloads)
		}
	})
}

func TestReloadOnSignal(t *testing.T) {
	c := newCompany(t, 1)
	dir := t.TempDir()
	path := c.withObjectives(t, dir, 2, c.connector("harbourline"))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stderr := newOutput()
	cmd := exec.CommandContext(t.Context(), self, "serve", "--config", path)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url := "http://" + stderr.await(t, `msg=listening for=web address=(\S+)`)[1]
	stderr.await(t, `msg=listening for=control`)
	c.withObjectives(t, dir, 3, c.connector("harbourline"))
	hangUp := func() {
		t.Helper()
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	hangUp()
	stderr.await(t, `msg="configuration reloaded" file=\S*config.yaml`)
	write(t, filepath.Join(dir, "config.yaml"), "top: 0\n")
	hangUp()
	stderr.await(t, `was not reloaded.* err=.*config.yaml:1:6: top: `)
	if !strings.Contains(get(t, url+"/metrics"), "\nworkdrift_config_last_reload_successful 0\n") {
		t.Error("the metric does not tell of the bad file")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok || err != nil {
		t.Errorf("after SIGTERM: %v %v\n%s", err, exit, stderr)
	}
	if !strings.Contains(stderr.String(), "msg=stopped") {
		t.Errorf("the log does not end well:\n%s", stderr)
	}
}
