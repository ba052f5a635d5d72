package connectors

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// maxResources bounds the values of the label resource, which a provider
// chooses. GitHub, the richest, has about a dozen.
const maxResources = 16

// Metrics are the measurements of every connector, told apart by the label
// connector, which holds the name of the instance.
type Metrics struct {
	info, up, interval, lastSuccess, watermark, catchUp *prometheus.GaugeVec
	quarantined, backlog, scanDuration                  *prometheus.GaugeVec
	limit, remaining, reset                             *prometheus.GaugeVec

	fetches, failures, items, events, requests, waited *prometheus.CounterVec
	deliveries, refused, skipped                       *prometheus.CounterVec

	duration *prometheus.HistogramVec

	mu        sync.Mutex
	resources map[string]map[string]Quota // connector → resource → what was told last
}

// NewMetrics registers the measurements with reg, or with nothing when reg is
// nil. Registering twice with the same registry panics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return f.NewGaugeVec(prometheus.GaugeOpts{Name: "workdrift_connector_" + name, Help: help}, append([]string{"connector"}, labels...))
	}
	counters := func(prefix string) func(name, help string, labels ...string) *prometheus.CounterVec {
		return func(name, help string, labels ...string) *prometheus.CounterVec {
			return f.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, append([]string{"connector"}, labels...))
		}
	}
	counter, webhook := counters("workdrift_connector_"), counters("workdrift_webhook_")
	return &Metrics{
		info:         gauge("info", "Configured connector, always 1.", "provider"),
		up:           gauge("up", "1 when the last fetch of the connector succeeded."),
		interval:     gauge("poll_interval_seconds", "Configured time between fetches (configuration)."),
		lastSuccess:  gauge("last_success_timestamp_seconds", "Unix time of the last successful fetch, 0 before the first one."),
		watermark:    gauge("watermark_timestamp_seconds", "Unix time up to which all events of the connector are stored."),
		catchUp:      gauge("catch_up_seconds", "Estimated time until the backfill is complete at the present rate limit."),
		quarantined:  gauge("quarantined_items", "Work items set aside because they could not be read."),
		backlog:      gauge("backlog_pages", "Estimated pages that are still to be fetched."),
		scanDuration: gauge("scan_duration_seconds", "Duration of the last complete poll."),
		limit:        gauge("rate_limit_requests", "Request quota of the current period as told by the provider.", "resource"),
		remaining:    gauge("rate_limit_remaining_requests", "Requests left in the current period as told by the provider.", "resource"),
		reset:        gauge("rate_limit_reset_timestamp_seconds", "Unix time at which the quota is renewed.", "resource"),
		fetches:      counter("fetches_total", "Fetches started."),
		failures:     counter("fetch_failures_total", "Fetches that failed.", "reason"),
		items:        counter("items_total", "Work items written to the store."),
		events:       counter("events_total", "Events written to the store."),
		requests:     counter("api_requests_total", "HTTP requests to the provider.", "code"),
		waited:       counter("rate_limit_wait_seconds_total", "Time spent waiting for quota."),
		deliveries:   webhook("deliveries_total", "Webhook deliveries received."),
		refused:      webhook("delivery_failures_total", "Webhook deliveries refused.", "reason"),
		skipped:      webhook("skipped_deliveries_total", "Verified webhook deliveries that asked for nothing: repeated ones, and those that announce no work.", "reason"),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:                            "workdrift_connector_fetch_duration_seconds",
			Help:                            "Duration of fetches, waiting for the rate limit included.",
			Buckets:                         []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300},
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  100,
			NativeHistogramMinResetDuration: time.Hour,
		}, []string{"connector"}),
		resources: map[string]map[string]Quota{},
	}
}

// For returns the observer of one connector.
func (m *Metrics) For(source string) Observer { return meter{m, source} }

// Forget removes every series of a connector that is no longer configured.
// Its poller must have ended before.
func (m *Metrics) Forget(source string) {
	m.mu.Lock()
	delete(m.resources, source)
	m.mu.Unlock()
	match := prometheus.Labels{"connector": source}
	for _, v := range []interface {
		DeletePartialMatch(prometheus.Labels) int
	}{
		m.info, m.up, m.interval, m.lastSuccess, m.watermark, m.catchUp, m.quarantined, m.backlog, m.scanDuration,
		m.limit, m.remaining, m.reset, m.fetches, m.failures, m.items, m.events, m.requests, m.waited,
		m.deliveries, m.refused, m.skipped, m.duration,
	} {
		v.DeletePartialMatch(match)
	}
}

// Delivered counts a webhook delivery to a connector. An outcome that is not in
// the closed set counts as malformed.
func (m *Metrics) Delivered(source string, outcome HookOutcome) {
	m.deliveries.WithLabelValues(source).Inc()
	switch {
	case outcome == HookAccepted:
	case slices.Contains(HookSkips(), outcome):
		m.skipped.WithLabelValues(source, string(outcome)).Inc()
	case slices.Contains(HookFailures(), outcome):
		m.refused.WithLabelValues(source, string(outcome)).Inc()
	default:
		m.refused.WithLabelValues(source, string(HookMalformed)).Inc()
	}
}

// meter is the part of Metrics that belongs to one connector.
type meter struct {
	m      *Metrics
	source string
}

// start makes every series that is known in advance appear with 0, so that
// the first failure is an increase that rate() sees.
func (t meter) start(provider string, interval time.Duration) {
	t.m.info.DeletePartialMatch(prometheus.Labels{"connector": t.source}) // of another type before a reload
	t.m.info.WithLabelValues(t.source, provider).Set(1)
	t.m.interval.WithLabelValues(t.source).Set(interval.Seconds())
	for _, v := range []*prometheus.GaugeVec{t.m.up, t.m.lastSuccess, t.m.catchUp, t.m.quarantined, t.m.backlog} {
		v.WithLabelValues(t.source)
	}
	for _, v := range []*prometheus.CounterVec{t.m.fetches, t.m.items, t.m.events, t.m.waited} {
		v.WithLabelValues(t.source)
	}
	for _, r := range Reasons() {
		t.m.failures.WithLabelValues(t.source, string(r))
	}
	t.m.duration.WithLabelValues(t.source)
}

// receiving makes the counts of deliveries appear with 0.
func (t meter) receiving() {
	t.m.deliveries.WithLabelValues(t.source)
	for _, o := range HookFailures() {
		t.m.refused.WithLabelValues(t.source, string(o))
	}
	for _, o := range HookSkips() {
		t.m.skipped.WithLabelValues(t.source, string(o))
	}
}

func (t meter) fetching() { t.m.fetches.WithLabelValues(t.source).Inc() }

func (t meter) fetched(took time.Duration) {
	t.m.duration.WithLabelValues(t.source).Observe(took.Seconds())
}

// failed keeps the label a closed set, whatever a connector made up.
func (t meter) failed(why Reason) {
	if !slices.Contains(Reasons(), why) {
		why = ReasonNetwork
	}
	t.m.up.WithLabelValues(t.source).Set(0)
	t.m.failures.WithLabelValues(t.source, string(why)).Inc()
}

func (t meter) applied(now time.Time, items, events int) {
	t.m.up.WithLabelValues(t.source).Set(1)
	t.m.lastSuccess.WithLabelValues(t.source).Set(seconds(now))
	t.m.items.WithLabelValues(t.source).Add(float64(items))
	t.m.events.WithLabelValues(t.source).Add(float64(events))
}

// refetched counts what hints brought. It does not touch the time of the last
// success, which says how current all of the source is.
func (t meter) refetched(items, events int) {
	t.m.up.WithLabelValues(t.source).Set(1)
	t.m.items.WithLabelValues(t.source).Add(float64(items))
	t.m.events.WithLabelValues(t.source).Add(float64(events))
}

func (t meter) behind(pages int, catchUp time.Duration) {
	t.m.backlog.WithLabelValues(t.source).Set(float64(pages))
	t.m.catchUp.WithLabelValues(t.source).Set(catchUp.Seconds())
}

func (t meter) known(watermark time.Time, quarantined int) {
	if !watermark.IsZero() {
		t.m.watermark.WithLabelValues(t.source).Set(seconds(watermark))
	}
	t.m.quarantined.WithLabelValues(t.source).Set(float64(quarantined))
}

func (t meter) scanned(took time.Duration) {
	t.m.scanDuration.WithLabelValues(t.source).Set(took.Seconds())
}

func (t meter) waitedFor(d time.Duration) {
	t.m.waited.WithLabelValues(t.source).Add(d.Seconds())
}

// answered counts a request; code 0 stands for no answer.
func (t meter) answered(code int) {
	label := "error"
	if code >= 100 && code < 600 {
		label = strconv.Itoa(code)
	}
	t.m.requests.WithLabelValues(t.source, label).Inc()
}

// Quota implements Observer. The provider names the resources, so their number
// is bounded and odd names become "other".
func (t meter) Quota(resource string, limit, remaining int, reset time.Time) {
	resource = t.m.resource(t.source, Quota{strings.ToLower(resource), limit, remaining, reset})
	t.m.limit.WithLabelValues(t.source, resource).Set(float64(limit))
	t.m.remaining.WithLabelValues(t.source, resource).Set(float64(remaining))
	if !reset.IsZero() {
		t.m.reset.WithLabelValues(t.source, resource).Set(seconds(reset))
	}
}

// A Quota is what a provider last told of one of its rate limits.
type Quota struct {
	Resource         string
	Limit, Remaining int       // requests
	Reset            time.Time // when it is renewed, zero when that is not told
}

// Quotas returns the quotas of a connector by resource, those with odd names left out.
func (m *Metrics) Quotas(source string) []Quota {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.resources[source]), func(a, b Quota) int { return cmp.Compare(a.Resource, b.Resource) })
}

// resource keeps a quota and returns what its resource is called.
func (m *Metrics) resource(source string, told Quota) string {
	name := told.Resource
	odd := func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	if name == "" || len(name) > 64 || strings.ContainsFunc(name, odd) {
		return "other"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := m.resources[source]
	if seen == nil {
		seen = map[string]Quota{}
		m.resources[source] = seen
	}
	if _, known := seen[name]; !known && len(seen) >= maxResources {
		return "other"
	}
	seen[name] = told
	return name
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
