package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demotest"
	"github.com/workdrift/workdrift/internal/tooltest"
)

// checkoutDir is the root of the checkout, where the commands of the README are
// given.
const checkoutDir = "../../../.."

// TestReadmeDeployment does what the README tells who wants to deploy, as it
// stands there: the quickstart reaches an alert, and the steps after it install.
func TestReadmeDeployment(t *testing.T) {
	_, section, _ := strings.Cut(readFile(t, filepath.Join(checkoutDir, "README.md")), "\n## In production\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var lines []string
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(section, -1) {
		lines = append(lines, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	if len(lines) < 6 || !strings.HasPrefix(lines[0], "deploy/quickstart.sh ") {
		t.Fatalf("the README says %q", lines)
	}
	t.Run("quickstart", func(t *testing.T) {
		t.Parallel() // it mostly waits
		quickstart(t)
	})
	t.Run("install", func(t *testing.T) {
		t.Parallel()
		root := t.TempDir()
		if err := os.MkdirAll(filepath.Join(root, "etc/prometheus"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, line := range lines[1:] {
			command := strings.NewReplacer("sudo ", "", " /tmp/workdrift", " "+root+"/workdrift", "/etc/prometheus/", root+"/etc/prometheus/").Replace(line)
			if name := strings.Fields(command)[0]; !strings.Contains(name, "/") {
				tooltest.Need(t, name)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
			cmd.Dir, cmd.Env = checkoutDir, append(os.Environ(), "DESTDIR="+root)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
		for _, name := range []string{"usr/local/bin/workdrift", "etc/systemd/system/workdrift.service", "etc/prometheus/" + recording, "etc/prometheus/" + alerting} {
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				t.Error(err)
			}
		}
	})
}

// quickstart runs the script up to its alert.
func quickstart(t *testing.T) {
	t.Helper()
	tooltest.Need(t, "prometheus-alertmanager", "alertmanager")
	for _, name := range []string{"curl", "ps", "prometheus", "promtool", "amtool"} {
		tooltest.Need(t, name)
	}
	exe, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ports := []string{demotest.FreePort(t), demotest.FreePort(t), demotest.FreePort(t)}
	began := time.Now()
	cmd := exec.CommandContext(t.Context(), "deploy/quickstart.sh", "--once")
	cmd.Dir = checkoutDir
	cmd.Env = append(os.Environ(), "WORKDRIFT="+exe, "WORKDRIFT_LISTEN="+ports[0], "PROMETHEUS_LISTEN="+ports[1], "ALERTMANAGER_LISTEN="+ports[2], "TMPDIR="+t.TempDir())
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Logf("%s\n%s", time.Since(began).Round(time.Second), text)
	var high *shippedRule
	for _, r := range shipped(t, alerting).all() {
		if r.Alert == "WorkdriftShadowRoadmapHigh" {
			high = r
		}
	}
	for _, want := range []string{high.Annotations["summary"], "% of the effort of four weeks", high.Annotations["runbook_url"]} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not say %q\n%s", want, text)
		}
	}
	for _, address := range ports {
		if code, _ := get(t, "http://"+address); code != 0 {
			t.Errorf("something is left at %s", address)
		}
	}
}

// The quickstart changes nothing of the rules but waits and how often they are
// evaluated.
func TestQuickstartChangesWaitsOnly(t *testing.T) {
	script := readFile(t, filepath.Join(checkoutDir, "deploy/quickstart.sh"))
	program := regexp.MustCompile(`(?s)awk '\n(/\^.*?\{ print \})' `).FindStringSubmatch(script)
	if program == nil {
		t.Fatal("the script does not shorten waits as the test knows it")
	}
	out, err := tooltest.Run(t, rulesDir, "awk", program[1], alerting)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, after := strings.Split(readFile(t, filepath.Join(rulesDir, alerting)), "\n"), strings.Split(out, "\n")
	changed := 0
	for i, line := range before {
		if line == after[i] {
			continue
		}
		changed++
		if key := strings.Fields(line)[0]; !slices.Contains([]string{"for:", "keep_firing_for:"}, key) || strings.Fields(after[i])[0] != key {
			t.Errorf("%s became %s", line, after[i])
		}
	}
	if waits := strings.Count(out, " for: ") + strings.Count(out, "keep_firing_for: "); len(before) != len(after) || changed != waits {
		t.Errorf("%d waits and %d are shortened", waits, changed)
	}
}
