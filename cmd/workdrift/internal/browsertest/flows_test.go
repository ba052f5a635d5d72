package browsertest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demotest"
)

// A desk is where decisions are made: a tab without scripts, and the demo that
// it shows.
type desk struct {
	*tab
	demo *demotest.Demo
}

// ofTheMachine are metrics that say nothing about work.
var ofTheMachine = regexp.MustCompile(`^workdrift_(connector|store|evaluation|retention|http|config|build|outbox|brief)`)

// numbers are all metrics about work.
func (d *desk) numbers(t *testing.T) map[string]string {
	t.Helper()
	res, err := http.Get(d.demo.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %s %v", res.Status, err)
	}
	list := map[string]string{}
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if end := strings.LastIndexByte(line, ' '); strings.HasPrefix(line, "workdrift_") && !ofTheMachine.MatchString(line) {
			list[line[:end]] = line[end+1:]
		}
	}
	if len(list) < 500 {
		t.Fatalf("only %d metrics about work", len(list))
	}
	return list
}

// number is one of the metrics.
func number(t *testing.T, list map[string]string, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(list[name], 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// changed waits until the metrics are others than they were.
func (d *desk) changed(t *testing.T, before map[string]string) (after map[string]string) {
	t.Helper()
	demotest.Await(t, "the numbers to follow", func() bool {
		after = d.numbers(t)
		return !maps.Equal(before, after)
	})
	return after
}

// restored waits until the metrics are exactly what they were.
func (d *desk) restored(t *testing.T, before map[string]string) {
	t.Helper()
	demotest.Await(t, "the numbers to be what they were", func() bool { return maps.Equal(before, d.numbers(t)) })
}

// pictured are the pages whose numbers a decision moves.
func (d *desk) pictured(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, p := range []string{"/", "/objectives", "/shadow", "/kill-list"} {
		d.open(t, p)
		b.WriteString(d.text(t, "main"))
	}
	return b.String()
}

// undo presses the button that the page of a decision offers, and checks that
// metrics and pages are what they were.
func (d *desk) undo(t *testing.T, numbers map[string]string, pages string) {
	t.Helper()
	d.press(t, ".done form button")
	if said := d.text(t, ".done"); !strings.Contains(said, "withdrawn") {
		t.Errorf("after undoing the page says %q", said)
	}
	d.restored(t, numbers)
	now, was := strings.Split(d.pictured(t), "\n"), strings.Split(pages, "\n")
	for i, line := range now {
		if i >= len(was) || line != was[i] {
			t.Errorf("the pages are not what they were: %q, line %d of %d, was %q", line, i, len(was), was[min(i, len(was)-1)])
			break
		}
	}
}

// decides tests what a team lead and a leader decide, and what follows.
func decides(t *testing.T, d *desk) {
	d.open(t, "/shadow") // the overview tells more once somebody looks at streams
	numbers := d.numbers(t)
	pages := d.pictured(t)
	t.Run("Assign", func(t *testing.T) { d.assigns(t, numbers, pages) })
	t.Run("Several", func(t *testing.T) { d.assignsSeveral(t, numbers, pages) })
	t.Run("Items", func(t *testing.T) { d.marksItems(t, numbers, pages) })
	t.Run("Stop", func(t *testing.T) { d.stops(t, numbers, pages) })
	// From here on the numbers are others.
	t.Run("Rule", func(t *testing.T) { d.rules(t) })
	t.Run("Clock", func(t *testing.T) { d.clock(t) })
}

// assigns files a stream under an objective.
func (d *desk) assigns(t *testing.T, numbers map[string]string, pages string) {
	const objective = "checkout-latency"
	d.open(t, "/shadow")
	stream := "section[aria-labelledby=g-unknown] article.stream"
	name := d.text(t, stream+" h3")
	d.choose(t, stream+" > form select", objective)
	d.fill(t, stream+" > form input[name=why]", "it is what makes checkout fast")
	d.press(t, stream+" > form button")
	if said := d.text(t, ".done"); !strings.Contains(said, "The decision is kept") {
		t.Fatalf("the page says %q", said)
	}
	decided := ask[string](t, d.tab, "location.pathname+location.search")
	after := d.changed(t, numbers)
	for metric, up := range map[string]bool{
		`workdrift_objective_effort_ratio{objective="checkout-latency",window="28d"}`: true,
		`workdrift_top_objectives_effort_ratio{window="28d"}`:                         true,
		`workdrift_shadow_effort_ratio{window="28d"}`:                                 false,
	} {
		if was, is := number(t, numbers, metric), number(t, after, metric); up && is < was+.05 || !up && is > was-.05 {
			t.Errorf("%s was %g and is %g", metric, was, is)
		}
	}
	d.open(t, "/shadow")
	if d.text(t, stream+" h3") == name {
		t.Errorf("%s still belongs to nothing", name)
	}
	if row := d.text(t, "section[aria-labelledby=decided] tbody tr"); !strings.Contains(row, "it is what makes checkout fast") || !strings.Contains(row, "by local") {
		t.Errorf("the decision reads %q", row)
	}
	d.open(t, "/")
	share := fmt.Sprintf("%.0f", 100*number(t, after, `workdrift_top_objectives_effort_ratio{window="28d"}`))
	if big := d.text(t, ".card .big"); !strings.HasPrefix(big, share) {
		t.Errorf("the overview says %s, the metrics %s %%", big, share)
	}
	d.open(t, decided) // as the page was after the decision
	d.undo(t, numbers, pages)
}

// assignsSeveral makes two streams run work at once.
func (d *desk) assignsSeveral(t *testing.T, numbers map[string]string, pages string) {
	d.open(t, "/shadow")
	for i := range 2 {
		d.click(t, fmt.Sprintf("section[aria-labelledby=g-unknown] article:nth-of-type(%d) input[name=stream]", i+1))
	}
	d.choose(t, "#several select", "run_work")
	d.fill(t, "#several input[name=why]", "keeps things running")
	d.press(t, "#several button")
	after := d.changed(t, numbers)
	const run = `workdrift_run_work_effort_ratio{window="28d"}`
	if was, is := number(t, numbers, run), number(t, after, run); is < was+.1 {
		t.Errorf("run work was %g and is %g", was, is)
	}
	d.undo(t, numbers, pages)
}

// marksItems declares two items of a stream off strategy.
func (d *desk) marksItems(t *testing.T, numbers map[string]string, pages string) {
	d.open(t, "/shadow")
	stream := "section[aria-labelledby=g-unknown] article.stream"
	d.click(t, stream+" summary")
	for i := range 2 {
		d.click(t, fmt.Sprintf("%s details li:nth-child(%d) input", stream, i+1))
	}
	d.choose(t, stream+" details select", "excluded")
	d.fill(t, stream+" details input[name=why]", "nobody asked for it")
	d.press(t, stream+" details button")
	after := d.changed(t, numbers)
	const excluded = `workdrift_effort_seconds{category="excluded",window="28d"}`
	if was, is := number(t, numbers, excluded), number(t, after, excluded); is <= was {
		t.Errorf("excluded effort was %g and is %g", was, is)
	}
	d.undo(t, numbers, pages)
}

// rules takes the rule that a stream is exported as into the configuration.
func (d *desk) rules(t *testing.T) {
	numbers := d.numbers(t)
	d.open(t, "/shadow")
	stream := "section[aria-labelledby=g-unknown] article.stream"
	d.click(t, stream+" summary")
	rule := d.text(t, stream+" pre")
	path := filepath.Join(d.demo.Dir, "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reload := func(config string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(d.demo.URL+"/-/reload", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", rule, body)
		}
	}
	reload(strings.Replace(string(text), "  rules:\n", "  rules:\n    - {name: from a page, "+rule[1:]+"\n", 1))
	after := d.changed(t, numbers)
	const run = `workdrift_run_work_effort_ratio{window="28d"}`
	if was, is := number(t, numbers, run), number(t, after, run); is < was+.1 {
		t.Errorf("%s: run work was %g and is %g", rule, was, is)
	}
	reload(string(text))
	demotest.Await(t, "run work to be what it was", func() bool { return d.numbers(t)[run] == numbers[run] })
}

// stops records in the kill session that a stream is to end.
func (d *desk) stops(t *testing.T, numbers map[string]string, pages string) {
	d.stop(t)
	after := d.changed(t, numbers)
	const lower = `workdrift_shadow_effort_lower_ratio{window="28d"}`
	if was, is := number(t, numbers, lower), number(t, after, lower); is < was+.1 {
		t.Errorf("the least of shadow effort was %g and is %g", was, is)
	}
	d.undo(t, numbers, pages)
}

// reason is why a stream is stopped.
const reason = "no outcome in a quarter"

// stop stops the largest stream.
func (d *desk) stop(t *testing.T) {
	t.Helper()
	d.open(t, "/kill-list")
	row := "section[aria-labelledby=streams] tbody tr"
	d.fill(t, row+" input[name=why]", reason)
	d.press(t, row+" button")
}

// clock stops a stream and lets days pass: the clock of the stop runs.
func (d *desk) clock(t *testing.T) {
	const session = "workdrift_kill_session_timestamp_seconds"
	before := d.numbers(t)
	d.stop(t)
	d.changed(t, before)
	for page, want := range map[string]string{"/kill-list": reason, "/decisions": reason, "/changes": "decided to count for"} {
		if d.open(t, page); !strings.Contains(d.text(t, "main"), want) {
			t.Errorf("%s does not tell of the decision", page)
		}
	}
	d.demo.Tell(t, "--speed", "60")
	demotest.Await(t, "the clock of the stop to run", func() bool { return d.numbers(t)[session] != before[session] })
}
