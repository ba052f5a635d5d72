package bolt

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/workdrift/workdrift/store"
)

func TestMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	path := filepath.Join(t.TempDir(), "test.db")
	db := openTest(t, path, Options{Registerer: reg, Now: func() time.Time { return testDay }})
	applyAll(t, db, testBatches(2))
	if err := db.Backup(t.Context(), path+".backup"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Apply(t.Context(), "github", store.Batch{Items: []store.Item{{Source: "other"}}}); err == nil {
		t.Fatal("a batch of another source was applied")
	}
	if err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP workdrift_store_items Work items in the store.
# TYPE workdrift_store_items gauge
workdrift_store_items{kind="change"} 10
workdrift_store_items{kind="commit"} 10
workdrift_store_items{kind="discussion"} 0
workdrift_store_items{kind="outcome"} 0
workdrift_store_items{kind="ticket"} 0
# HELP workdrift_store_last_backup_timestamp_seconds Unix time of the last completed backup, 0 before the first one.
# TYPE workdrift_store_last_backup_timestamp_seconds gauge
workdrift_store_last_backup_timestamp_seconds 1.7723664e+09
# HELP workdrift_store_write_failures_total Write transactions that failed.
# TYPE workdrift_store_write_failures_total counter
workdrift_store_write_failures_total 0
`), "workdrift_store_items", "workdrift_store_last_backup_timestamp_seconds", "workdrift_store_write_failures_total"); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
	for _, name := range []string{"workdrift_store_size_bytes", "workdrift_store_free_bytes", "workdrift_store_transaction_duration_seconds"} {
		if n, err := testutil.GatherAndCount(reg, name); err != nil || n == 0 {
			t.Errorf("%s: %d series, %v", name, n, err)
		}
	}
	s := db.Stats()
	if s.Items[store.KindCommit] != 10 || s.Events != 200 || s.FileBytes == 0 || !s.LastBackup.Equal(testDay) {
		t.Errorf("Stats = %+v", s)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := testutil.GatherAndCount(reg); err != nil || n != 0 {
		t.Errorf("%d series are left after Close, %v", n, err)
	}
	if got := openTest(t, path, Options{Registerer: reg}).Stats(); got.Events != 200 || !got.LastBackup.Equal(testDay) {
		t.Errorf("Stats after opening again = %+v", got)
	}
}

func counterValue(t testing.TB, c prometheus.Collector) float64 {
	t.Helper()
	return testutil.ToFloat64(c)
}

func TestReading(t *testing.T) {
	db := openTest(t, filepath.Join(t.TempDir(), "x.db"), Options{})
	err := db.view(t.Context(), "read nothing", func(*reader) error {
		if n := db.Reading(); n != 1 {
			t.Errorf("%d transactions are open within one", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := db.Reading(); n != 0 {
		t.Errorf("%d transactions are open after it", n)
	}
}
