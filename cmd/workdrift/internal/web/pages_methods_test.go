package web

import (
	"strings"
	"testing"

	"github.com/workdrift/workdrift/scoring"
)

// The page says each thing once, and has a place for every score that pages link
// to.
func TestMethodsSayEachThingOnce(t *testing.T) {
	body := everyPage(t, "/methods")
	helps := make(map[string]bool)
	for _, d := range scoring.Definitions() {
		helps[d.Help] = true
		if n := strings.Count(body, ` id="`+d.Name+`"`); n != 1 {
			t.Errorf("%s is there %d times", d.Name, n)
		}
		if d.Metric != "" && strings.Count(body, "<code>"+d.Metric+"</code>") == 0 {
			t.Errorf("the metric %s is missing", d.Metric)
		}
	}
	if n := strings.Count(body, `<article class="method"`); n != len(helps) {
		t.Errorf("%d definitions, %d texts", n, len(helps))
	}
	if n := strings.Count(body, "<code>workdrift_structure_alarm</code>"); n != 1 {
		t.Errorf("the metric of several views is there %d times", n)
	}
	for _, want := range []string{"<h3>unusual in the last 4 weeks</h3>", `<li id="structure_alarm_shadow_effort">shadow roadmap, as a share`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
}
