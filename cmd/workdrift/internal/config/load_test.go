package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/scoring/objective"

	"github.com/workdrift/workdrift/scoring"
)

var update = flag.Bool("update", false, "write the golden files")

// loadText loads a configuration that is in no file; others are read from
// files, by name.
func loadText(t testing.TB, text string, files map[string]string) (*Config, error) {
	t.Helper()
	return load("config.yaml", func(path string) ([]byte, error) {
		if path == "config.yaml" {
			return []byte(text), nil
		}
		if other, ok := files[filepath.Base(path)]; ok {
			return []byte(other), nil
		}
		return nil, os.ErrNotExist
	})
}

// minimal begins the configurations of these tests.
const minimal = "connectors:\n  here: {type: git}\n"

// Each bad file stands for one rule; the file beside it holds every message,
// in order, and nothing else.
func TestInvalid(t *testing.T) {
	t.Chdir("testdata")
	files, err := filepath.Glob("invalid-*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			c, err := Load(name)
			list, ok := errors.AsType[Errors](err)
			if !ok || c != nil {
				t.Fatalf("Load = %v, %v; want no configuration and Errors", c, err)
			}
			golden := strings.TrimSuffix(name, ".yaml") + ".txt"
			cwd, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			// The objectives file is named by its absolute path.
			got := strings.ReplaceAll(list.Error()+"\n", cwd+string(filepath.Separator), "")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

// A decision to stop has a day, and holds from then on only.
func TestStoppedWasActiveBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	text := "connectors: {here: {type: git, path: .}}\nobjectives:\n" +
		"  - {id: o1, rank: 2, text: One, state: retired, effective_from: 2026-03-02, target_share: 0.1, keys: [PAY-1]}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	o := c.Declared(nil, nil).Set.Objectives[0]
	day := objective.DateOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	if before := o.At(day - 1); before.State != objective.Active || before.Rank != 2 || before.TargetShare != .1 {
		t.Errorf("the day before: %+v", before)
	}
	if o.At(day).State != objective.Retired {
		t.Errorf("on the day: %+v", o.At(day))
	}
}

// YAML spells some of the modes of guesses as other languages spell a truth.
func TestTextModes(t *testing.T) {
	for section, want := range map[string]scoring.Text{
		"": {Mode: scoring.TextSuggest, Precision: .9, Labels: 50},
		"attribution: {text: on, target_precision: 0.95, min_labels: 200}\n": {Mode: scoring.TextOn, Precision: .95, Labels: 200},
		"attribution: {text: off}\n":                                         {Mode: scoring.TextOff, Precision: .9, Labels: 50},
	} {
		c, err := loadText(t, minimal+section, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Declared(nil, nil).Text; got != want {
			t.Errorf("%q: %+v, want %+v", section, got, want)
		}
	}
}
