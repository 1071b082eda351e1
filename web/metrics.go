package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/segno-run/segno/runtime"
)

// metrics are the server's own; whatever else the registry holds is shown beside them.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	sockets  prometheus.Gauge
	folds    prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		registry: r,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "segno_http_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10}}, []string{"method", "route", "status"}),
		folds:   prometheus.NewCounter(prometheus.CounterOpts{Name: "segno_run_folds_total", Help: "Histories of runs that were folded from their beginning."}),
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{Name: "segno_live_watchers", Help: "Websockets that follow a run."}),
	}
	r.MustRegister(m.requests, m.sockets, m.folds)
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		var there prometheus.AlreadyRegisteredError
		if err := r.Register(c); err != nil && !errors.As(err, &there) {
			panic(err) // two metrics of one name: a mistake in the program
		}
	}
	return m
}

// observe counts a request by its route, never by its path: those are without number.
func (m *metrics) observe(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
	default:
		method = "other"
	}
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// housed counts what house-keeping has deleted.
func (m *metrics) housed(read func() runtime.House) {
	for name, c := range map[string]struct {
		help string
		of   func(runtime.House) int64
	}{
		"segno_retention_runs_deleted_total": {"Finished runs that this server deleted because their flow does not keep them, without the runs that they started.", func(h runtime.House) int64 { return h.Runs }},
		"segno_retention_rows_deleted_total": {"Rows of their histories.", func(h runtime.House) int64 { return h.Rows }},
		"segno_payloads_deleted_total":       {"Large values that this server deleted because nothing referred to them.", func(h runtime.House) int64 { return h.Payloads }},
		"segno_payload_bytes_deleted_total":  {"The sizes of those values, before compression.", func(h runtime.House) int64 { return h.Bytes }},
		"segno_housekeeping_failures_total":  {"Times that house-keeping (retention, payloads that nothing refers to) had to give up until the next minute.", func(h runtime.House) int64 { return h.Failed }},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: c.help}, func() float64 { return float64(c.of(read())) }))
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "segno_housekeeping_last_success_timestamp_seconds",
		Help: "When this server last did all the house-keeping that there was, in Unix seconds; 0: not since it started."}, func() float64 {
		if at := read().Looked; !at.IsZero() {
			return float64(at.UnixMilli()) / 1000
		}
		return 0
	}))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
