package promql

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/internal/tooltest"
	"github.com/workdrift/workdrift/store"
)

// TestRealPrometheus reads from the real server what promtool put there.
func TestRealPrometheus(t *testing.T) {
	prometheus, promtool := tooltest.Need(t, "prometheus"), tooltest.Need(t, "promtool")
	dir := t.TempDir()
	today := time.Now().UTC().Truncate(day)
	var metrics bytes.Buffer
	metrics.WriteString("# TYPE arr gauge\n")
	for _, region := range []string{"eu", "us"} {
		for n := 20; n >= 0; n-- {
			fmt.Fprintf(&metrics, "arr{region=%q} %d %d\n", region, 100-n, today.AddDate(0, 0, -n).Unix())
		}
	}
	metrics.WriteString("# EOF\n")
	text := filepath.Join(dir, "metrics.txt")
	if err := os.WriteFile(text, metrics.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	if out, err := exec.Command(promtool, "tsdb", "create-blocks-from", "openmetrics", text, data).CombinedOutput(); err != nil {
		t.Fatalf("create blocks: %v\n%s", err, out)
	}
	address := startPrometheus(t, prometheus, dir, data)

	c, err := New(connectors.Env{Source: source, Now: time.Now, Outcomes: []connectors.Outcome{
		{Objective: "one", Query: "sum(arr)"}, {Objective: "several", Query: "arr"},
		{Objective: "none", Query: "sum(nothing)"}, {Objective: "broken", Query: "sum(arr"},
		{Objective: "impossible", Query: `arr * on() group_left() arr`},
	}}, decoder("base_url: http://"+address))
	if err != nil {
		t.Fatal(err)
	}
	b := fetch(t, c, store.Cursor{})
	if got, want := results(b), "broken refused, impossible refused, none empty, one ok, several several_series"; got != want {
		t.Errorf("results are %s, want %s", got, want)
	}
	if len(b.Events) != 21 || b.Events[20].Attrs["value"] != "200" || !b.Events[20].At.Equal(today) {
		t.Errorf("%d samples, the last %v; want 21 and 200 today", len(b.Events), b.Events[max(0, len(b.Events)-1):])
	}
}

// startPrometheus serves a directory of blocks on a free port until the test
// ends.
func startPrometheus(t *testing.T, program, dir, data string) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = ln.Addr().String()
	ln.Close()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program, "--config.file="+config, "--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time=10y", "--web.listen-address="+address)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("prometheus wrote:\n%s", log.Bytes())
		}
	})
	ready, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get("http://" + address + "/-/ready")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return address
			}
		}
		select {
		case <-ready.Done():
			t.Fatal("prometheus does not become ready")
		case <-tick.C:
		}
	}
}
