// Package bench measures the server as it is: the whole program, its own PostgreSQL or one that is given, real commits, and Go functions of this process
// so that nothing but Segno is measured. Beside it stands the floor, a bare group-commit loop that says what the machine's disk allows at that moment.
//
// It owns what is measured and how; package main of cmd/segno prints it.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Kind names a benchmark.
type Kind string

// The benchmarks.
const (
	Latency    Kind = "latency"    // one run of sequential steps at a time, alone
	Throughput Kind = "throughput" // many runs of sequential steps, a number of them in flight
	Fanout     Kind = "fanout"     // one run of many parallel steps, then one of many items
	Asleep     Kind = "asleep"     // a million runs that sleep, and ten thousand that are due at one moment
	Floor      Kind = "floor"      // no Segno: rows through a bare group commit
)

// Kinds lists the benchmarks.
func Kinds() []Kind { return []Kind{Latency, Throughput, Fanout, Asleep, Floor} }

// Config says what to measure. What is zero takes the value that the figures in docs/performance.md are made with.
type Config struct {
	Kind        Kind
	DatabaseURL string // a PostgreSQL to measure on, in schemas of its own (segno_bench, floor); "" starts a private one, as the server does

	Runs     int // throughput: 2,000; latency: 200, one after another; fanout: 5 of each; asleep: 10,000 that are woken
	Steps    int // of a run. throughput: 5; latency: 10; fanout: 1,000 parallel ones
	InFlight int // throughput: 200 runs at once
	Items    int // fanout: 10,000, in a run of their own
	Warm     int // runs before the measured ones; default a tenth of them, at least 1

	Asleep int           // asleep: 1,000,000 runs that stay asleep
	Lead   time.Duration // asleep: how long before their time the others are started

	// Finished is how many finished steps, in runs of five, are in the tables before anything is measured.
	Finished int

	Callers int           // floor: rows in flight. Default 200
	Writers int           // floor: connections that commit. Default 2
	Batch   int           // floor: rows a commit at most. Default 200
	For     time.Duration // floor: how long. Default 3 s

	// Profile writes a CPU profile of what is measured to that file. "": none.
	Profile string
	// Reuse measures on what Keep has left, instead of on a schema made anew, and leaves it again.
	Reuse bool
	// Keep leaves the schema segno_bench, with all its runs, in the database.
	Keep bool
}

func (c *Config) setDefaults() error {
	if !slices.Contains(Kinds(), c.Kind) {
		return fmt.Errorf("there is no benchmark %q", c.Kind)
	}
	type defaults struct{ runs, steps int }
	d := map[Kind]defaults{Latency: {200, 10}, Throughput: {2000, 5}, Fanout: {5, 1000}, Asleep: {10_000, 1}}[c.Kind]
	for _, v := range []struct {
		name string
		v    *int
		def  int
	}{{"runs", &c.Runs, d.runs}, {"steps", &c.Steps, d.steps}, {"in-flight", &c.InFlight, 200}, {"items", &c.Items, 10_000},
		{"asleep", &c.Asleep, 1_000_000}, {"callers", &c.Callers, 200}, {"writers", &c.Writers, 2}, {"batch", &c.Batch, 200}} {
		if *v.v < 0 {
			return fmt.Errorf("%d %s make no sense", *v.v, v.name)
		}
		if *v.v == 0 {
			*v.v = v.def
		}
	}
	if c.Warm <= 0 {
		c.Warm = max(1, c.Runs/10)
	}
	if c.Lead <= 0 {
		c.Lead = lead
	}
	if c.For <= 0 {
		c.For = 3 * time.Second
	}
	return nil
}

// Result is what one benchmark says. Figures a step are of the measured time alone: warming up, starting and filling the tables are not in it.
type Result struct {
	Bench          Kind    `json:"bench"`
	Steps          int     `json:"steps"`
	Seconds        float64 `json:"seconds"`
	StepsPerSecond float64 `json:"steps_per_second"`
	P50            float64 `json:"p50_ms"` // of one step: from the call of its function until what follows from its outcome is durable and begins
	P99            float64 `json:"p99_ms"`

	Statements float64 `json:"statements_per_step"` // sent by the server, counted in the client
	Commits    float64 `json:"commits_per_step"`    // of them, those that end a transaction which writes
	WAL        float64 `json:"wal_bytes_per_step"`

	CPUServer   float64  `json:"cpu_server_seconds"`   // of this process, the benchmark's own part included
	CPUDatabase *float64 `json:"cpu_database_seconds"` // of all of PostgreSQL's processes; null if it is not on this machine
	PeakRSS     int64    `json:"peak_rss_bytes"`       // of this process since it began

	Asleep      int     `json:"asleep,omitempty"`                // runs that sleep; p50 and p99 are then how late those came that did not
	AsleepBytes float64 `json:"asleep_bytes_per_run,omitempty"`  // in the database, indexes included
	AsleepHeap  int64   `json:"asleep_heap_bytes,omitempty"`     // by how much the server's heap grew for all of them
	Awake       int     `json:"awake_before_due_runs,omitempty"` // of those that were to be woken, how many were in memory just before

	Runs     int     `json:"runs,omitempty"`
	InFlight int     `json:"in_flight,omitempty"`
	Callers  int     `json:"callers,omitempty"`
	Writers  int     `json:"writers,omitempty"`
	Parallel *Result `json:"parallel,omitempty"` // fanout: the runs of parallel steps
	Items    *Result `json:"items,omitempty"`    // fanout: the runs of items

	Load     string            `json:"load"`               // of the machine over one, five and fifteen minutes, before
	Settings map[string]string `json:"settings,omitempty"` // of PostgreSQL
}

// Run measures once.
func Run(ctx context.Context, cfg Config) (res *Result, err error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	load := loadAverage()
	dir, err := os.MkdirTemp("", "segno-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := openDatabase(ctx, cfg.DatabaseURL, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	if cfg.Kind == Floor {
		res, err = floor(ctx, db, cfg)
	} else {
		res, err = measureServer(ctx, db, dir, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("measuring %s: %w", cfg.Kind, err)
	}
	res.Bench, res.Load = cfg.Kind, load
	res.Settings, err = db.settings(ctx)
	return res, err
}
