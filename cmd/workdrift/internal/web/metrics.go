package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// requestMetrics count and time the requests served.
type requestMetrics struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newRequestMetrics(reg prometheus.Registerer) *requestMetrics {
	m := &requestMetrics{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "workdrift_http_requests_total",
			Help: "HTTP requests served.",
		}, []string{"handler", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:                        "workdrift_http_request_duration_seconds",
			Help:                        "Latency of HTTP requests.",
			Buckets:                     []float64{.001, .005, .025, .1, .5, 2.5, 10},
			NativeHistogramBucketFactor: 1.1,
		}, []string{"handler"}),
	}
	reg.MustRegister(m.total, m.duration)
	return m
}

func (m *requestMetrics) instrument(handler string, next http.Handler) http.Handler {
	name := prometheus.Labels{"handler": handler}
	return promhttp.InstrumentHandlerDuration(m.duration.MustCurryWith(name),
		promhttp.InstrumentHandlerCounter(m.total.MustCurryWith(name), next))
}
