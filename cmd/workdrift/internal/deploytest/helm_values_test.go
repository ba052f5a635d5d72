package deploytest

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What needs no helm: values, schema and templates speak of the same keys, and
// the rules are the shipped ones.
func TestChartAgreesWithItself(t *testing.T) {
	t.Parallel()
	values, schema := chartFile(t, "values.yaml"), chartFile(t, "values.schema.json")
	compareKeys(t, "values", values, schema)
	templates, err := filepath.Glob(filepath.Join(chartDir, "templates", "*"))
	if err != nil || len(templates) < 10 {
		t.Fatalf("%v %v", templates, err)
	}
	used := map[string]bool{}
	for _, name := range templates {
		for _, path := range regexp.MustCompile(`\.Values\.([A-Za-z.]+)`).FindAllStringSubmatch(readFile(t, name), -1) {
			steps := strings.Split(path[1], ".")
			used[steps[0]] = true
			if steps[0] == "config" { // which is Workdrift's
				steps = steps[:1]
			}
			v := any(values)
			for _, step := range steps {
				m, _ := v.(object)
				if v = m[step]; m == nil || v == nil {
					t.Errorf("%s uses %s, which values.yaml does not have", name, path[0])
					break
				}
			}
		}
	}
	for key := range values {
		if !used[key] {
			t.Errorf("no template uses %s", key)
		}
	}
	for link, file := range map[string]string{
		"workdrift.rules.yaml": rulesDir + "/workdrift.rules.yaml", "workdrift.alerts.yaml": rulesDir + "/workdrift.alerts.yaml",
		"dashboards": grafanaDir + "/dashboards",
	} {
		if !same(t, filepath.Join(chartDir, "files", link), file) {
			t.Errorf("%s is a copy, which would grow old", link)
		}
	}
}

func same(t *testing.T, a, b string) bool {
	t.Helper()
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if err := errors.Join(errX, errY); err != nil {
		t.Error(err)
		return true
	}
	return os.SameFile(x, y)
}

// compareKeys demands that a mapping and its schema list the same keys.
func compareKeys(t *testing.T, where string, values, schema object) {
	t.Helper()
	properties, ours := schema["properties"].(object)
	if !ours {
		return // a map of the user's
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s: the schema lets typos pass", where)
	}
	for key, value := range values {
		of, _ := properties[key].(object)
		if of == nil {
			t.Errorf("%s.%s is not in the schema", where, key)
		}
		if m, ok := value.(object); ok {
			compareKeys(t, where+"."+key, m, of)
		}
	}
	for key := range properties {
		if _, ok := values[key]; !ok && key != "global" {
			t.Errorf("%s.%s has no default", where, key)
		}
	}
}
