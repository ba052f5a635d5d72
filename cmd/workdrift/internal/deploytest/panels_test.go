package deploytest

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demotest"
	"github.com/workdrift/workdrift/internal/tooltest"
)

// table is where TestPanelsShowTheDemo writes what each panel shows.
var table = flag.String("table", "", "write the table of panels, queries and samples as Markdown to this `file`")

// TestPanelsShowTheDemo runs every query of every panel, as Grafana would, with
// a real Prometheus that scrapes the demo. Each must return data, and that a score
// is withheld is none.
func TestPanelsShowTheDemo(t *testing.T) {
	tooltest.Need(t, "prometheus")
	began := time.Now()
	d := startDemo(t)
	d.exercise(t)
	config := filepath.Join(t.TempDir(), "prometheus.yaml")
	write(t, config, fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: [{job_name: workdrift, static_configs: [{targets: [%q]}]}]\n",
		strings.TrimPrefix(d.URL, "http://")))
	prometheus := startPrometheus(t, config)
	demotest.Await(t, "the demo to be scraped", func() bool {
		return len(query(t, prometheus, "/api/v1/query", url.Values{"query": {"workdrift_evaluations_total"}})) > 0
	})
	rows := ""
	for _, board := range dashboards(t) {
		v := board.variables(t, prometheus)
		t.Logf("%s with window %s, team %s, objective %s", board.Title, v["window"], v["team"], v["objective"])
		for _, p := range board.Panels {
			for _, row := range board.show(t, prometheus, p, v) {
				t.Log(row)
				rows += row.markdown()
			}
		}
		board.followLinks(t, d, v)
	}
	t.Logf("%d queries; %s", strings.Count(rows, "\n"), time.Since(began).Round(time.Second))
	if *table != "" {
		write(t, *table, "| panel | query | series | samples |\n| --- | --- | --- | --- |\n"+rows)
	}
}

// exercise makes happen what the demo does not do by itself: a delivery, which
// is refused, a backup, and a drill.
func (d *demo) exercise(t *testing.T) {
	t.Helper()
	config := filepath.Join(d.Dir, "config.yaml")
	text := readFile(t, config)
	write(t, filepath.Join(d.Dir, "hook"), "0123456789abcdefghij0123456789")
	write(t, config, strings.Replace(text, "    type: github\n", "    type: github\n    webhook_secret_file: hook\n", 1))
	for _, step := range []struct {
		path string
		want int
	}{{"/-/reload", http.StatusOK}, {"/hooks/github", http.StatusUnauthorized}} {
		demotest.Await(t, step.path, func() bool {
			res, err := client.Post(d.URL+step.path, "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode == step.want
		})
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	for _, command := range [][]string{{d.Exe, "backup", file, "--config", config}, {d.Exe, "verify", file, "--record", "--config", config}} {
		if out, err := tooltest.Run(t, ".", command...); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
}

// show runs the queries of a panel until each returns data.
func (d *dashboard) show(t *testing.T, prometheus string, p panel, v values) (rows []shown) {
	t.Helper()
	demotest.Await(t, "data for "+d.UID+": "+p.Title, func() bool {
		rows = nil
		all := true
		for _, one := range p.Targets {
			row := shown{panel: d.UID + ": " + p.Title, query: v.put(one.Expr)}
			for _, s := range runTarget(t, prometheus, one, row.query) {
				if !strings.HasPrefix(s.Metric["told"], "withheld: ") {
					row.series++
					row.samples += s.numbers()
				}
			}
			all = all && row.samples > 0
			rows = append(rows, row)
		}
		return all
	})
	return rows
}

// runTarget runs a query in the way of its panel.
func runTarget(t *testing.T, prometheus string, one target, expr string) []sample {
	t.Helper()
	if one.Instant {
		return query(t, prometheus, "/api/v1/query", url.Values{"query": {expr}})
	}
	now := time.Now()
	return query(t, prometheus, "/api/v1/query_range", url.Values{
		"query": {expr}, "start": {strconv.FormatInt(now.Add(-time.Minute).Unix(), 10)}, "end": {strconv.FormatInt(now.Unix()+1, 10)}, "step": {"1"},
	})
}

// numbers counts the values that are numbers.
func (s sample) numbers() (n int) {
	for _, v := range append(s.Values, s.Value) {
		if text, _ := v[1].(string); text != "" && text != "NaN" {
			n++
		}
	}
	return n
}

var labelValues = regexp.MustCompile(`^label_values\((.+), ([a-z_]+)\)$`)

// variables asks for the values of the dashboard's variables and takes those
// that Grafana would show first.
func (d *dashboard) variables(t *testing.T, prometheus string) values {
	t.Helper()
	v := values{"__rate_interval": "20s", "__interval": "20s"}
	for _, one := range d.Templating.List {
		if one.Type != "query" {
			continue
		}
		m := labelValues.FindStringSubmatch(one.Definition)
		if m == nil {
			t.Fatalf("%s: variable %s asks %s", d.UID, one.Name, one.Definition)
		}
		var answer struct{ Data []string }
		ask(t, &answer, prometheus, "/api/v1/label/"+m[2]+"/values", url.Values{"match[]": {v.put(m[1])}})
		if len(answer.Data) == 0 {
			t.Errorf("%s: variable %s has no value", d.UID, one.Name)
			continue
		}
		v[one.Name] = answer.Data[0]
		if one.IncludeAll {
			v[one.Name] = one.AllValue
		}
	}
	if _, is := v["window"]; is {
		v["window"] = "28d" // the one that the dashboards are saved with
	}
	return v
}

// followLinks opens every link of a dashboard: those to Workdrift in Workdrift,
// and the others must lead to a dashboard that is shipped.
func (d *dashboard) followLinks(t *testing.T, demo *demo, v values) {
	t.Helper()
	uids := map[string]bool{}
	for _, board := range dashboards(t) {
		uids[board.UID] = true
	}
	links := 0
	for _, l := range d.links(t) {
		address := strings.NewReplacer("${workdrift:raw}", demo.URL, "${__value.raw}", "checkout-latency").Replace(v.put(l.URL))
		switch uid, inGrafana := strings.CutPrefix(address, "/d/"); {
		case address == "": // to all dashboards with a tag
		case inGrafana:
			if uid, _, _ = strings.Cut(uid, "?"); !uids[uid] {
				t.Errorf("%s: the link %q leads to no dashboard", d.UID, l.Title)
			}
		default:
			links++
			if code, body := get(t, address); code != http.StatusOK {
				t.Errorf("%s: the link %q to %s: %d %s", d.UID, l.Title, address, code, body)
			}
		}
	}
	if links < 2 {
		t.Errorf("%s: %d links to Workdrift", d.UID, links)
	}
}
