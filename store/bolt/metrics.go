package bolt

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/store"
)

// Stats says how large a store is. Sizes are in bytes.
type Stats struct {
	Items         map[store.Kind]uint64 // stored items by kind, those that are gone included
	Events        uint64
	FileBytes     int64
	FreeBytes     int64     // in pages that will be used again
	FreelistBytes int64     // written with every commit
	LastBackup    time.Time // zero before the first
}

// Stats returns the figures as of the last transaction that wrote. It opens no
// transaction.
func (db *DB) Stats() Stats { return *db.metrics.last.Load() }

// Reading returns how many read transactions are open now.
func (db *DB) Reading() int {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.bolt.Stats().OpenTxN
}

// observe notes the figures after a transaction that wrote. Its caller holds
// the file and is the only writer.
func (db *DB) observe() {
	s := db.bolt.Stats()
	next := Stats{
		Items:         db.state.clone().kinds,
		Events:        db.state.records[bucketEvent],
		FreeBytes:     int64(s.FreePageN+s.PendingPageN) * db.pageSize,
		FreelistBytes: int64(s.FreelistInuse),
		LastBackup:    db.state.backup,
	}
	if info, err := os.Stat(db.path); err == nil {
		next.FileBytes = info.Size()
	}
	db.metrics.last.Store(&next)
}

// metrics are what a store shows to Prometheus. A scrape reads the figures of
// the last write and never waits for the file.
type metrics struct {
	last          atomic.Pointer[Stats]
	read, write   prometheus.Observer
	writeFailures prometheus.Counter
	all           []prometheus.Collector
	registerer    prometheus.Registerer
}

func newMetrics(db *DB) *metrics {
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:                        "workdrift_store_transaction_duration_seconds",
		Help:                        "Duration of store transactions.",
		Buckets:                     []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 2.5, 10},
		NativeHistogramBucketFactor: 1.1,
	}, []string{"access"})
	m := &metrics{
		read: duration.WithLabelValues("read"), write: duration.WithLabelValues("write"),
		writeFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "workdrift_store_write_failures_total", Help: "Write transactions that failed.",
		}),
	}
	m.last.Store(&Stats{})
	m.all = []prometheus.Collector{duration, m.writeFailures, &sizes{last: &m.last}}
	return m
}

func (m *metrics) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	for i, c := range m.all {
		if err := r.Register(c); err != nil {
			for _, done := range m.all[:i] {
				r.Unregister(done)
			}
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	m.registerer = r
	return nil
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}

// sizes collects the gauges of one store, all from the same moment.
type sizes struct {
	last *atomic.Pointer[Stats]
}

var (
	descItems = prometheus.NewDesc("workdrift_store_items", "Work items in the store.", []string{"kind"}, nil)
	descSize  = prometheus.NewDesc("workdrift_store_size_bytes", "Size of the database file.", nil, nil)
	descFree  = prometheus.NewDesc("workdrift_store_free_bytes",
		"Bytes in free pages of the database file.", nil, nil)
	descBackup = prometheus.NewDesc("workdrift_store_last_backup_timestamp_seconds",
		"Unix time of the last completed backup, 0 before the first one.", nil, nil)
)

// Describe implements prometheus.Collector.
func (*sizes) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descItems, descSize, descFree, descBackup} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *sizes) Collect(ch chan<- prometheus.Metric) {
	s := c.last.Load()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	kinds := []store.Kind{store.KindTicket, store.KindChange, store.KindCommit, store.KindDiscussion, store.KindOutcome}
	for _, k := range kinds {
		gauge(descItems, float64(s.Items[k]), string(k))
	}
	gauge(descSize, float64(s.FileBytes))
	gauge(descFree, float64(s.FreeBytes))
	backup := 0.0
	if !s.LastBackup.IsZero() {
		backup = float64(s.LastBackup.Unix())
	}
	gauge(descBackup, backup)
}
