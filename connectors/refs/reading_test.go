package refs

import (
	"strings"
	"testing"
)

func TestCutReading(t *testing.T) {
	for line, want := range map[string]string{
		"confidence PAY 7/10 metric 320ms":            "confidence PAY 7/10",
		"7/10, outcome: 48 → 51":                      "7/10",
		"PAY: 🟢 (Outcome is now at 320 ms)":           "PAY: 🟢",
		"70 % with the outcome at $2.1M":              "70 % with",
		"outcome 3":                                   "",
		"on track; METRIC = -0.5 and more":            "on track",
		"PAY-7: 🟡 metric ~12":                         "PAY-7: 🟡",
		"metrics 320":                                 "-",
		"confidence checkout-metric 7/10":             "-",
		"confidence PAY 7/10, outcome unchanged at 3": "-",
		"no outcome yet":                              "-",
		"outcome-3: 🟢":                                "-",
		"":                                            "-",
	} {
		before, cited := CutReading(line)
		if !cited && before != line {
			t.Errorf("%q became %q", line, before)
		}
		if !cited {
			before = "-"
		}
		if before != want {
			t.Errorf("%q: %q, want %q", line, before, want)
		}
	}
	for text, want := range map[string]bool{"320ms": true, " 320 ms": true, "$48": true, "~ 3": true, "-0.5 %": true, "": false, "fast": false, "p99": false} {
		if IsReading(text) != want {
			t.Errorf("%q is a reading: %v", text, !want)
		}
	}
}

func FuzzCutReading(f *testing.F) {
	for _, s := range []string{"confidence PAY 7/10 metric 320ms", "outcome: is now at 3", "ıoutcome 3", "the outcome\xff 3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if before, cited := CutReading(line); !strings.HasPrefix(line, before) || !cited && before != line {
			t.Errorf("%q: %q, %v", line, before, cited)
		}
	})
}
