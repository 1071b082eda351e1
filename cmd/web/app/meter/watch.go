package meter

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// Sources are where a scrape reads what nobody tells the meter.
type Sources struct {
	Held    func() runtime.Held
	Running func() map[string]int // calls under way by function, without those that are queued
	Pools   func() map[string]*pgxpool.Stat
	Backlog func(ctx context.Context, statuses []string, bound int) (models.Backlog, error)
	Release string
}

// Watch has the registry read from them. Call it once.
func (m *Meter) Watch(s Sources) {
	m.Registry.MustRegister(&held{m, s}, &pools{s.Pools}, &backlog{read: s.Backlog, now: time.Now})
	m.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "segno_build_info",
		Help:        "1; its labels say which release this server is, and which reader version it understands.",
		ConstLabels: prometheus.Labels{"release": s.Release, "reader": strconv.Itoa(planner.Reader)}}, func() float64 { return 1 }))
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

// held is what the engine holds.
type held struct {
	m *Meter
	s Sources
}

var (
	leaseDesc    = desc("segno_lease_remaining_seconds", "How long this server's runs stay its own without another word; 0: it owns none.")
	renewedDesc  = desc("segno_lease_last_renewal_timestamp_seconds", "When the lease was last renewed, in Unix seconds; 0: it holds none.")
	memoryDesc   = desc("segno_runs_in_memory", "Runs that this server holds in memory; those asleep are not.")
	inFlightDesc = desc("segno_attempts_in_flight", "Calls that are being made.", "function")
	queuedDesc   = desc("segno_attempts_queued", "Calls that wait for their turn: the function's concurrency or rate is used up.", "function")
	eventsDesc   = desc("segno_engine_queue_events", "Outcomes, messages and commits that wait for the engine to take note of them.")
	lateDesc     = desc("segno_engine_timer_lag_seconds", "How long the next timer in this server's memory has been due.")
	waitingDesc  = desc("segno_journal_queue_transitions", "Transitions that are in no commit yet.")
)

func (h *held) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{leaseDesc, renewedDesc, memoryDesc, inFlightDesc, queuedDesc, eventsDesc, lateDesc, waitingDesc} {
		ch <- d
	}
}

func (h *held) Collect(ch chan<- prometheus.Metric) {
	held := h.s.Held()
	gauge(ch, leaseDesc, held.Lease.Seconds())
	gauge(ch, renewedDesc, unix(held.Renewed))
	gauge(ch, memoryDesc, float64(held.Runs))
	gauge(ch, eventsDesc, float64(held.Events))
	gauge(ch, lateDesc, held.Late.Seconds())
	gauge(ch, waitingDesc, float64(held.Transitions))
	running := h.s.Running()
	inFlight, queued := map[string]int{}, map[string]int{}
	for function := range running {
		inFlight[h.m.functions.of(function)], queued[h.m.functions.of(function)] = 0, 0
	}
	for function, open := range held.Calls {
		n := min(open, running[function]) // read a moment apart
		inFlight[h.m.functions.of(function)] += n
		queued[h.m.functions.of(function)] += open - n
	}
	for function, n := range inFlight {
		gauge(ch, inFlightDesc, float64(n), function)
		gauge(ch, queuedDesc, float64(queued[function]), function)
	}
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// pools is how connections are used.
type pools struct {
	read func() map[string]*pgxpool.Stat
}

var (
	connectionsDesc = desc("segno_database_connections", "Connections to the database.", "pool", "state")
	mostDesc        = desc("segno_database_connections_max", "Connections that a pool may have.", "pool")
	waitsDesc       = desc("segno_database_connection_waits_total", "Times that somebody had to wait for a connection.", "pool")
	waitedDesc      = desc("segno_database_connection_wait_seconds_total", "How long everybody who got a connection had waited for it, together.", "pool")
)

func (p *pools) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{connectionsDesc, mostDesc, waitsDesc, waitedDesc} {
		ch <- d
	}
}

func (p *pools) Collect(ch chan<- prometheus.Metric) {
	for name, stat := range p.read() {
		gauge(ch, connectionsDesc, float64(stat.AcquiredConns()), name, "in_use")
		gauge(ch, connectionsDesc, float64(stat.IdleConns()), name, "idle")
		gauge(ch, mostDesc, float64(stat.MaxConns()), name)
		counter(ch, waitsDesc, float64(stat.EmptyAcquireCount()), name)
		counter(ch, waitedDesc, stat.EmptyAcquireWaitTime().Seconds(), name)
	}
}

// backlog is what waits in the database. It is asked at most once in fresh, however many scrape, and never longer than within.
type backlog struct {
	read func(ctx context.Context, statuses []string, bound int) (models.Backlog, error)
	now  func() time.Time

	mu   sync.Mutex
	at   time.Time
	last models.Backlog
	err  error
}

const (
	fresh  = 5 * time.Second
	within = 3 * time.Second
	// bound is where counting ends: 10001 says that there are more.
	bound = 10_000
)

var (
	upDesc         = desc("segno_database_up", "1 if the database answered this scrape; what waits in it is left out if it did not.")
	runsDesc       = desc("segno_runs", "Runs in the database by status, counted up to 10000: 10001 are more. Every server says the same.", "status")
	personDesc     = desc("segno_runs_waiting_for_person", "Runs in the database that wait for a person, up to 10001. Every server says the same.")
	retryingDesc   = desc("segno_runs_retrying", "Runs in the database in which a failed attempt is to be made again, up to 10001. Every server says the same.")
	inboxDesc      = desc("segno_inbox_messages", "Buttons, signals and words between runs that no server has consumed, up to 10001. Every server says the same.")
	inboxAgeDesc   = desc("segno_inbox_oldest_age_seconds", "How long the oldest of those has waited. Every server says the same.")
	overdueDesc    = desc("segno_timers_overdue", "Sleeping runs that are due and that no server has claimed, up to 10001. Every server says the same.")
	overdueAgeDesc = desc("segno_timers_oldest_overdue_seconds", "How long the first of those has been due. Every server says the same.")
	doomedDesc     = desc("segno_retention_doomed_runs", "Deleted runs whose histories are still to be deleted, up to 10001. Every server says the same.")
	replicasDesc   = desc("segno_replicas", "Servers by their lease: alive, or expired with runs that nobody has taken over. Every server says the same.", "lease")
	sizeDesc       = desc("segno_database_size_bytes", "The database on disk. Every server says the same.")
	tableDesc      = desc("segno_database_table_size_bytes", "The tables that grow, with their indexes. Every server says the same.", "table")
)

func (b *backlog) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, runsDesc, personDesc, retryingDesc, inboxDesc, inboxAgeDesc, overdueDesc, overdueAgeDesc, doomedDesc, replicasDesc,
		sizeDesc, tableDesc} {
		ch <- d
	}
}

func (b *backlog) look() (models.Backlog, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at.IsZero() || b.now().Sub(b.at) >= fresh {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		b.last, b.err = b.read(ctx, statuses(), bound)
		b.at = b.now()
	}
	return b.last, b.err
}

func (b *backlog) Collect(ch chan<- prometheus.Metric) {
	l, err := b.look()
	if err != nil {
		gauge(ch, upDesc, 0)
		return
	}
	gauge(ch, upDesc, 1)
	for status, n := range l.Runs {
		gauge(ch, runsDesc, float64(n), status)
	}
	gauge(ch, personDesc, float64(l.NeedPerson))
	gauge(ch, retryingDesc, float64(l.NeedRetry))
	gauge(ch, inboxDesc, float64(l.Inbox))
	gauge(ch, inboxAgeDesc, l.InboxAge.Seconds())
	gauge(ch, overdueDesc, float64(l.Overdue))
	gauge(ch, overdueAgeDesc, l.OverdueAge.Seconds())
	gauge(ch, doomedDesc, float64(l.Doomed))
	gauge(ch, replicasDesc, float64(l.Replicas), "alive")
	gauge(ch, replicasDesc, float64(l.Expired), "expired")
	gauge(ch, sizeDesc, float64(l.DatabaseSize))
	for table, n := range l.Sizes {
		gauge(ch, tableDesc, float64(n), table)
	}
}
