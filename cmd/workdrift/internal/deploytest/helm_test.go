package deploytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/internal/tooltest"
)

const chartDir = "../../../../deploy/helm/workdrift"

// object is any YAML or JSON mapping.
type object = map[string]any

// at returns what lies at a path, where a number is an index, or nil.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(object)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func chartFile(t *testing.T, name string) object {
	t.Helper()
	var o object
	if err := yaml.Unmarshal([]byte(readFile(t, filepath.Join(chartDir, name))), &o); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return o
}

// checker builds the program that lints, renders and decodes, once.
var checker = sync.OnceValues(func() (string, error) {
	dir, path := "chartcheck", filepath.Join(programDir, "chartcheck")
	if out, err := exec.Command("go", "-C", dir, "list", "-deps", ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %w\n%.500s", errNoModules, err, out)
	}
	if out, err := exec.Command("go", "-C", dir, "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the checker: %w\n%s", err, out)
	}
	return path, nil
})

var errNoModules = errors.New("the modules of chartcheck are not here")

// chart checks and renders a chart with one of the sets of values in its folder
// ci, and returns its objects as YAML or what is wrong.
func chart(t *testing.T, dir, set string, values ...string) (string, error) {
	t.Helper()
	path, err := checker()
	if errors.Is(err, errNoModules) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, value := range values {
		args = append(args, "-set", value)
	}
	cmd := exec.CommandContext(t.Context(), path, append(args, dir, filepath.Join(chartDir, "ci", set+"-values.yaml"))...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err = cmd.Run(); err != nil {
		return stderr.String(), err
	}
	return stdout.String(), nil
}

// rendered are the objects of a set of values, by kind.
func rendered(t *testing.T, set string, values ...string) map[string][]object {
	t.Helper()
	out, err := chart(t, chartDir, set, values...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", set, err, out)
	}
	kinds := map[string][]object{}
	for decoder := yaml.NewDecoder(strings.NewReader(out)); ; {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			return kinds
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", set, err, out)
		}
		if o != nil {
			kind, _ := o["kind"].(string)
			kinds[kind] = append(kinds[kind], o)
		}
	}
}

func TestChartRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ set, says string }{
		"image.tagg=1":                           {"small", "tagg"},
		"replicas=2":                             {"small", "replicas"},
		"persistence.size=much":                  {"small", "persistence"},
		"prometheusRule.grafana=grafana":         {"full", "grafana"},
		"serviceMonitor.interval=often":          {"full", "interval"},
		"config.connectors=null":                 {"small", "config.connectors is empty"},
		"config.web.allow_unauthenticated=false": {"small", "who may read"},
		"config.web.listen_address=:80":          {"small", "set by the chart"},
		"config.storage.directory=/data":         {"small", "set by the chart"},
	} {
		if out, err := chart(t, chartDir, tc.set, name); err == nil || !strings.Contains(out, tc.says) {
			t.Errorf("%s passes, or not because of %q: %v %.300s", name, tc.says, err, out)
		}
	}
}

// What is wrong with a template is found: as helm's linter, helm itself or an API
// server would.
func TestWrongTemplatesAreFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ file, old, new, says string }{
		{"statefulset.yaml", "serviceName:", "servicesName:", `unknown field "spec.servicesName"`},
		{"statefulset.yaml", "replicas: 1", "replicas: one", "cannot unmarshal string"},
		{"statefulset.yaml", "periodSeconds: 5\n", "periodSeconds: 5\n            periodSeconds: 6\n", "periodSeconds"},
		{"servicemonitor.yaml", "sampleLimit:", "sampleLimits:", `unknown field "spec.sampleLimits"`},
		{"networkpolicy.yaml", "podSelector:", "podsSelector:", "podsSelector"},
		{"service.yaml", "kind: Service\n", "kind: Servise\n", `no kind "Servise"`},
		{"configmap.yaml", "metadata:\n", "metadata:\n  name: Not_A_Name\n", "name"},
		{"configmap.yaml", "{{", "{{ nofunction }}{{", "nofunction"},
	} {
		dir := filepath.Join(t.TempDir(), "workdrift")
		if out, err := tooltest.Run(t, ".", "cp", "-RL", chartDir, dir); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		path := filepath.Join(dir, "templates", tc.file)
		text := readFile(t, path)
		if wrong := strings.Replace(text, tc.old, tc.new, 1); wrong == text {
			t.Errorf("%s has no %q", tc.file, tc.old)
		} else {
			write(t, path, wrong)
		}
		if out, err := chart(t, dir, "full"); err == nil || !strings.Contains(out, tc.says) {
			t.Errorf("%s with %q passes, or not because of %s: %v %.500s", tc.file, tc.new, tc.says, err, out)
		}
	}
}

func TestChartSets(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]string{
		"small":   "ConfigMap NetworkPolicy Service StatefulSet",
		"passing": "ConfigMap Service StatefulSet",
		"full":    "ConfigMap NetworkPolicy PodMonitor PrometheusRule Service ServiceMonitor StatefulSet",
	} {
		kinds := rendered(t, set)
		var got []string
		for kind := range kinds {
			got = append(got, kind)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s makes %v, want %s", set, got, want)
		}
		checkPod(t, set, kinds["StatefulSet"][0])
		checkRenderedConfig(t, set, kinds)
	}
	claims := at(rendered(t, "small")["StatefulSet"][0], "spec", "volumeClaimTemplates", 0, "spec", "accessModes", 0)
	if claims != "ReadWriteOnce" || at(rendered(t, "passing")["StatefulSet"][0], "spec", "volumeClaimTemplates") != nil {
		t.Error("persistence is not what was asked for")
	}
	if existing := rendered(t, "small", "persistence.existingClaim=mine")["StatefulSet"][0]; at(existing, "spec", "volumeClaimTemplates") != nil {
		t.Error("a claim is made although one was named")
	}
}

// checkPod looks for what PodSecurity's profile "restricted" asks, and for one
// writer.
func checkPod(t *testing.T, set string, s object) {
	t.Helper()
	pod := []any{"spec", "template", "spec"}
	container := append(slices.Clone(pod), "containers", 0)
	in := func(base []any, rest ...any) any { return at(s, append(slices.Clone(base), rest...)...) }
	for what, got := range map[string]bool{
		"one replica":        at(s, "spec", "replicas") == 1,
		"no root":            in(pod, "securityContext", "runAsNonRoot") == true && in(pod, "securityContext", "runAsUser") == 65532,
		"seccomp":            in(pod, "securityContext", "seccompProfile", "type") == "RuntimeDefault",
		"no service account": in(pod, "automountServiceAccountToken") == false,
		"no escalation":      in(container, "securityContext", "allowPrivilegeEscalation") == false,
		"no capability":      reflect.DeepEqual(in(container, "securityContext", "capabilities"), map[string]any{"drop": []any{"ALL"}}),
		"read-only":          in(container, "securityContext", "readOnlyRootFilesystem") == true,
		"liveness":           in(container, "livenessProbe", "httpGet", "port") == "probe",
		"readiness":          in(container, "readinessProbe", "httpGet", "path") == "/-/ready",
		"memory limit":       in(container, "resources", "limits", "memory") != nil,
	} {
		if !got {
			t.Errorf("%s: the pod has not: %s", set, what)
		}
	}
	mounted := map[any]bool{"data": true} // by the claim
	for _, v := range in(pod, "volumes").([]any) {
		mounted[v.(object)["name"]] = true
	}
	for _, m := range in(container, "volumeMounts").([]any) {
		if name := m.(object)["name"]; !mounted[name] {
			t.Errorf("%s: nothing is mounted as %v", set, name)
		}
	}
}

// checkRenderedConfig lets Workdrift check the configuration that the pod would
// read, with its secrets in place.
func checkRenderedConfig(t *testing.T, set string, kinds map[string][]object) {
	t.Helper()
	dir := t.TempDir()
	for _, o := range kinds["ConfigMap"] {
		text, ok := at(o, "data", "config.yaml").(string)
		if !ok {
			continue
		}
		for _, path := range regexp.MustCompile(`/etc/workdrift-secrets/(\S+)`).FindAllStringSubmatch(text, -1) {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path[1])), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, path[1]), "0123456789abcdefghij0123456789")
		}
		write(t, filepath.Join(dir, "config.yaml"), strings.ReplaceAll(text, "/etc/workdrift-secrets", dir))
		exe, err := program()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := tooltest.Run(t, dir, exe, "check", "config.yaml"); err != nil {
			t.Errorf("%s: %v %s\n%s", set, err, out, text)
		}
		return
	}
	t.Errorf("%s: there is no configuration", set)
}

// The rules in the cluster are the shipped ones, for the job that is scraped.
func TestChartMonitoring(t *testing.T) {
	t.Parallel()
	kinds := rendered(t, "full")
	for _, m := range []any{
		at(kinds["ServiceMonitor"][0], "spec", "endpoints", 0, "relabelings", 0, "replacement"),
		at(kinds["PodMonitor"][0], "spec", "podMetricsEndpoints", 0, "relabelings", 0, "replacement"),
	} {
		if m != "drift" {
			t.Errorf("a target gets the job %v", m)
		}
	}
	var want []any
	for _, name := range []string{recording, alerting} {
		text := strings.NewReplacer(`job="workdrift"`, `job="drift"`, "job: workdrift", "job: drift",
			"https://grafana.example.com", "https://grafana.acme.test/view").Replace(readFile(t, filepath.Join(rulesDir, name)))
		var o object
		if err := yaml.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		want = append(want, o["groups"].([]any)...)
	}
	spec := kinds["PrometheusRule"][0]["spec"]
	if got := at(spec, "groups"); !equalJSON(t, got, want) {
		t.Error("the rules of the chart are not those of deploy/prometheus")
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	text, err := json.Marshal(spec) // which is YAML too
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(text))
	if out, err := tooltest.Run(t, ".", "promtool", "check", "rules", file); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	boards := 0
	for _, o := range kinds["ConfigMap"] {
		if at(o, "metadata", "labels", "grafana_dashboard") != "1" {
			continue
		}
		for name, text := range o["data"].(object) {
			shipped := readFile(t, filepath.Join(grafanaDir, "dashboards", name))
			if strings.TrimSpace(shipped) != strings.TrimSpace(text.(string)) {
				t.Errorf("%s is another dashboard", name)
			}
			boards++
		}
	}
	if boards < 5 {
		t.Errorf("only %d dashboards", boards)
	}
}

// equalJSON compares regardless of how numbers are represented.
func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if err := errors.Join(errX, errY); err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}
