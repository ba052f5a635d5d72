package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// BenchmarkFirstScrape starts "workdrift serve" over a stored ledger that reaches
// up to now, and scrapes it until it answers, until the answer has a report, and
// until that is a new one. At the first start nothing is saved; at the next the
// report from before the stop is. Time includes what else the machine does;
// processor time does not.
//
//	go test -run '^$' -bench FirstScrape -benchtime 3x ./cmd/workdrift
func BenchmarkFirstScrape(b *testing.B) {
	before := benchEnd
	benchEnd = time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	defer func() { benchEnd = before }()
	for _, events := range benchSizes() {
		dir := b.TempDir()
		world := filepath.Join(dir, "world.db")
		makeWorld(b, world, events)
		endSources(b, world)
		address := freeAddress(b.Context(), "127.0.0.1:0")
		writeServed(b, dir, address)
		at := filepath.Join(dir, databaseFile)
		for _, start := range []string{"first start", "next start"} {
			b.Run(fmt.Sprintf("%s/events=%d", start, events), func(b *testing.B) {
				var sum [3]seenAt
				for range b.N {
					if start == "first start" {
						copyWorld(b, world, at)
					}
					for i, m := range firstScrape(b, dir, address) {
						sum[i].after += m.after
						sum[i].cpu += m.cpu
					}
				}
				for i, name := range []string{"answer", "report", "new-report"} {
					b.ReportMetric(sum[i].after.Seconds()/float64(b.N), name+"-s/op")
					b.ReportMetric(sum[i].cpu/float64(b.N), name+"-cpu-s/op")
				}
			})
		}
	}
}

// endSources lets the sources be read completely up to now.
func endSources(b *testing.B, path string) {
	b.Helper()
	db, err := bolt.Open(context.Background(), path, bolt.Options{Log: quietLogger()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, source := range []string{"gh", "jira", "chat"} {
		if _, err := db.Apply(context.Background(), source, store.Batch{Watermark: time.Now().UTC()}); err != nil {
			b.Fatal(err)
		}
	}
}

// writeServed writes the configuration of the organisation of the benchmarks.
// Its sources cannot be reached.
func writeServed(b *testing.B, dir, address string) {
	b.Helper()
	var text strings.Builder
	const nowhere = "http://127.0.0.1:9/"
	fmt.Fprintf(&text, "storage: {directory: .}\nweb: {listen_address: %q, metrics_series_limit: 20000}\n", address)
	fmt.Fprintf(&text, "connectors:\n  gh: {type: github, base_url: %q, graphql_url: %q, token_file: token, organizations: [acme]}\n", nowhere, nowhere+"graphql")
	fmt.Fprintf(&text, "  jira: {type: jira, base_url: %q, token_file: token, projects: [T00]}\n  chat: {type: slack, base_url: %q, token_file: token, channels: [\"team-*\"]}\n", nowhere, nowhere)
	text.WriteString("privacy: {k_people: 5, k_effort: 3}\nobjectives:\n")
	for i := range benchObjectives {
		var labels []string
		for k := range 10 {
			labels = append(labels, fmt.Sprintf("label-%d-%d", i, k))
		}
		fmt.Fprintf(&text, "  - {id: o%02d, rank: %d, text: Objective, target_share: 0.01, match: {labels: [%s]}}\n", i, i+1, strings.Join(labels, ", "))
	}
	text.WriteString("teams:\n")
	for t := range benchTeams {
		var members []string
		for p := t; p < benchPeople; p += benchTeams {
			members = append(members, fmt.Sprint("p", p))
		}
		fmt.Fprintf(&text, "  - {id: team-%02d, zone: UTC, repositories: [acme/team-%02d], projects: [T%02d], members: [%s]}\n", t, t, t, strings.Join(members, ", "))
	}
	text.WriteString("identities:\n")
	for p := range benchPeople {
		fmt.Fprintf(&text, "  - {person: p%d, handles: [%q]}\n", p, benchActor(p))
	}
	for name, body := range map[string]string{"token": "a-token-for-nothing-at-all", "config.yaml": text.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// seenAt is when something was seen: how long after the start, and after how many
// seconds of processor time.
type seenAt struct {
	after time.Duration
	cpu   float64
}

var cpuSeconds = regexp.MustCompile(`\nprocess_cpu_seconds_total (\S+)`)

// firstScrape starts the program in a directory and stops it again. It returns
// when it answered, had a report, and had made a report.
func firstScrape(b *testing.B, dir, address string) (marks [3]seenAt) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), exe, "serve", "--config", "config.yaml")
	var log strings.Builder
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), asProgram+"=1"), &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for seen := 0; seen < len(marks); time.Sleep(2 * time.Millisecond) {
		text, err := scrape(b.Context(), address)
		is := []bool{
			err == nil, strings.Contains(text, "\nworkdrift_report_timestamp_seconds "),
			strings.Contains(text, "\nworkdrift_evaluation_duration_seconds_count 1\n"),
		}
		for ; seen < len(marks) && is[seen]; seen++ {
			marks[seen].after = time.Since(began)
			if cpu := cpuSeconds.FindStringSubmatch(text); cpu != nil { // where the system tells
				marks[seen].cpu, _ = strconv.ParseFloat(cpu[1], 64)
			}
		}
		if time.Since(began) > 10*patience {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			b.Fatalf("no report: %v\n%s", err, log.String())
		}
	}
	// This waits for the round, which saves the report at its end.
	daemon := dialControl(b.Context(), filepath.Join(dir, controlSocket))
	if daemon == nil {
		b.Fatal("nothing listens on the control socket")
	}
	if err := daemon.call(b.Context(), http.MethodGet, "/explain", url.Values{"what": {"o00"}, "window": {"28d"}}, new(explanation)); err != nil {
		b.Fatal(err)
	}
	daemon.http.CloseIdleConnections()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%v\n%s", err, log.String())
	}
	return marks
}

func scrape(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return string(body), err
}
