package outbox

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/store"
)

var (
	descDelivered = prometheus.NewDesc("workdrift_brief_last_delivered_timestamp_seconds",
		"Unix time of the attempt by which the brief was last delivered, 0 before the first one.", []string{"edition", "outbox"}, nil)
	descDue = prometheus.NewDesc("workdrift_brief_last_due_timestamp_seconds",
		"Unix time at which the brief was last to be delivered, 0 before the first one. It is later than the last delivery while that is missing.",
		[]string{"edition", "outbox"}, nil)
)

// metrics are what Prometheus sees of deliveries. The label outbox is the kind
// of a place: with the id of a channel there would be new series after a move.
type metrics struct {
	deliveries *prometheus.CounterVec
	last       atomic.Pointer[[]prometheus.Metric] // as of the last round
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "workdrift_brief_deliveries_total",
		Help: "Editions of the brief by what became of them: delivered, given_up, or unknown when the place does not show whether it has them.",
	}, []string{"edition", "outbox", "outcome"})}
	m.last.Store(&[]prometheus.Metric{})
	if reg != nil {
		reg.MustRegister(m.deliveries, m)
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- descDelivered
	ch <- descDue
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	for _, one := range *m.last.Load() {
		ch <- one
	}
}

// labels spells edition and outbox as metrics do: "kill_session", "slack".
func labels(edition, outbox string) []string {
	edition, _, _ = strings.Cut(edition, "/")
	outbox, _, _ = strings.Cut(outbox, "/")
	return []string{strings.ReplaceAll(edition, "-", "_"), outbox}
}

func (m *metrics) count(d store.Delivery) {
	m.deliveries.WithLabelValues(append(labels(d.Edition, d.Outbox), string(d.State))...).Inc()
}

// show publishes what is known of the places in a plan.
func (m *metrics) show(plan Plan, now time.Time, known map[name]store.Delivery) {
	var all []prometheus.Metric
	for _, place := range plan.Places {
		for _, slot := range plan.Slots {
			at := labels(string(slot.Edition), place.Name)
			for _, state := range []store.DeliveryState{store.DeliveryDelivered, store.DeliveryGivenUp, store.DeliveryUnknown} {
				m.deliveries.WithLabelValues(append(at, string(state))...) // begins at 0
			}
			var delivered, due time.Time
			for n, d := range known {
				if n.place == place.Name && strings.HasPrefix(n.edition, string(slot.Edition)+"/") && d.State == store.DeliveryDelivered {
					delivered = latest(delivered, latest(d.Tried, d.Due))
				}
			}
			due, period := slot.Last(now, plan.Zone)
			if d, ok := known[name{place.Name, period.Key()}]; ok {
				due = d.Due // the schedule may be another by now
				if d.State == store.DeliverySkipped {
					due = time.Time{}
				}
			}
			all = append(all, gauge(descDelivered, delivered, at), gauge(descDue, due, at))
		}
	}
	m.last.Store(&all)
}

func gauge(desc *prometheus.Desc, at time.Time, labels []string) prometheus.Metric {
	v := 0.0
	if !at.IsZero() {
		v = float64(at.Unix())
	}
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
}
