// Package meter owns what /metrics says of a server's engine and of its database: it hears what the engine does, and asks the database what waits.
//
// It decides nothing and keeps no history. Names and units are Prometheus's; docs/operations.md describes each, and a test holds the two together.
package meter

import (
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// Meter is a runtime.Meter that counts for Prometheus.
type Meter struct {
	Registry *prometheus.Registry

	runsStarted  *prometheus.CounterVec
	runsSettled  *prometheus.CounterVec
	steps        *prometheus.CounterVec
	attempts     *prometheus.CounterVec
	took, waited *prometheus.HistogramVec
	commits      prometheus.Histogram
	batches      prometheus.Histogram
	failed       prometheus.Counter
	fenced       prometheus.Counter
	takeovers    prometheus.Counter
	taken        prometheus.Counter
	leasesLost   prometheus.Counter
	stored       prometheus.Counter
	errors       *prometheus.CounterVec

	flows, functions names
	calls            sync.Map // what Called counts in, by the function's label: looking a label up takes longer than counting
}

// called is what Called counts the calls of one function in.
type called struct {
	succeeded    prometheus.Counter
	took, waited prometheus.Observer
}

var _ runtime.Meter = (*Meter)(nil)

// Buckets, in seconds: of a commit, which is a flush of the disk, and of a call, which is anything from a Go function to a report of an hour.
var (
	commitBuckets = []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5, 15}
	callBuckets   = []float64{.005, .02, .1, .5, 2, 10, 60, 300}
	batchBuckets  = []float64{1, 2, 5, 10, 20, 50, 100, 200}
)

// New returns a meter with a registry of its own.
func New() *Meter {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	}
	histograms := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &Meter{
		Registry:    prometheus.NewRegistry(),
		runsStarted: counters("segno_runs_started_total", "Runs that this server began, those that other runs started included.", "flow"),
		runsSettled: counters("segno_runs_settled_total", "Times that a run ended on this server, by how; one that is retried may end again.", "flow", "status"),
		steps: counters("segno_steps_settled_total", "Steps that ended on this server: succeeded, skipped, cancelled, or the error class that they failed with.",
			"outcome"),
		attempts:   counters("segno_attempts_total", "Calls that this server made and that have ended: succeeded, or their error class.", "function", "outcome"),
		took:       histograms("segno_attempt_duration_seconds", "How long calls took, without the time that they were queued.", callBuckets, "function"),
		waited:     histograms("segno_attempt_queue_duration_seconds", "How long calls were queued on this server before they were made.", callBuckets, "function"),
		commits:    histogram("segno_journal_commit_duration_seconds", "How long it took to make a batch of transitions durable.", commitBuckets),
		batches:    histogram("segno_journal_batch_transitions", "Transitions in a commit.", batchBuckets),
		failed:     counter("segno_journal_commit_failures_total", "Commits that failed and are tried again, or were refused for what they hold."),
		fenced:     counter("segno_journal_fenced_batches_total", "Batches that were refused because another server had taken this one's runs over."),
		takeovers:  counter("segno_takeovers_total", "Times that this server took over what another one, or its own predecessor, had left without a word."),
		taken:      counter("segno_runs_taken_over_total", "Runs that came to this server by such takeovers."),
		leasesLost: counter("segno_leases_lost_total", "Times that this server had to give up all its runs: it was fenced, or had no answer from the database in time."),
		stored:     counter("segno_payload_stored_bytes_total", "Bytes of large values that calls returned and that this server brought to the database, before compression."),
		errors: counters("segno_database_errors_total",
			"Statements and connections that failed, by the first two characters of the SQLSTATE, or connection where there is none.", "class"),
		flows: names{most: mostNames}, functions: names{most: mostNames},
	}
	m.Registry.MustRegister(m.runsStarted, m.runsSettled, m.steps, m.attempts, m.took, m.waited, m.commits, m.batches, m.failed, m.fenced, m.takeovers, m.taken,
		m.leasesLost, m.stored, m.errors)
	// What an alarm asks for is there from the beginning: a counter that appears with its first event has no rate.
	for _, class := range []string{connection, "08", "53", "57"} {
		m.errors.WithLabelValues(class)
	}
	for _, outcome := range outcomes() {
		m.steps.WithLabelValues(outcome)
	}
	return m
}

// Committed implements runtime.Meter.
func (m *Meter) Committed(c runtime.Committed) {
	for _, f := range c.Facts {
		switch f := f.(type) {
		case *planner.RunStarted:
			m.runsStarted.WithLabelValues(m.flows.of(c.Flow)).Inc()
		case *planner.StepCompleted:
			m.steps.WithLabelValues(succeeded).Inc()
		case *planner.StepFailed:
			m.steps.WithLabelValues(string(f.Fault.Class)).Inc()
		case *planner.StepSkipped:
			m.steps.WithLabelValues(skipped).Inc()
		case *planner.StepCancelled:
			m.steps.WithLabelValues(cancelled).Inc()
		case *planner.RunSucceeded:
			m.settled(c.Flow, planner.StatusSucceeded)
		case *planner.RunFailed:
			m.settled(c.Flow, planner.StatusFailed)
		case *planner.RunCancelled:
			m.settled(c.Flow, planner.StatusCancelled)
		case *planner.RunCompensated:
			m.settled(c.Flow, planner.StatusCompensated)
		case *planner.RunCompensationFailed:
			m.settled(c.Flow, planner.StatusCompensationFailed)
		}
	}
}

func (m *Meter) settled(flow string, status planner.RunStatus) {
	m.runsSettled.WithLabelValues(m.flows.of(flow), string(status)).Inc()
}

// Called implements runtime.Meter.
func (m *Meter) Called(function string, res invoke.Result, waited, took time.Duration) {
	function = m.functions.of(function)
	known, ok := m.calls.Load(function)
	if !ok {
		known, _ = m.calls.LoadOrStore(function, &called{m.attempts.WithLabelValues(function, succeeded), m.took.WithLabelValues(function), m.waited.WithLabelValues(function)})
	}
	of := known.(*called)
	if res.Fault == nil {
		of.succeeded.Inc()
	} else {
		m.attempts.WithLabelValues(function, string(res.Fault.Class)).Inc()
	}
	of.waited.Observe(waited.Seconds())
	if !res.Started.IsZero() {
		of.took.Observe(took.Seconds())
	}
}

// Batch implements runtime.Meter.
func (m *Meter) Batch(b journal.Batch) {
	switch {
	case errors.Is(b.Err, journal.ErrFenced):
		m.fenced.Inc()
	case b.Err != nil:
		m.failed.Inc()
	default:
		m.commits.Observe(b.Took.Seconds())
		m.batches.Observe(float64(b.Transitions))
	}
}

// TookOver implements runtime.Meter.
func (m *Meter) TookOver(runs int) {
	m.takeovers.Inc()
	m.taken.Add(float64(runs))
}

// LostLease implements runtime.Meter.
func (m *Meter) LostLease() { m.leasesLost.Inc() }

// Stored implements runtime.Meter.
func (m *Meter) Stored(bytes int64) { m.stored.Add(float64(bytes)) }
