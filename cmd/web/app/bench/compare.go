package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// Measure makes one measurement. Run is one; a Measure that has a process of its own for each keeps them from warming each other's heap.
type Measure func(ctx context.Context, cfg Config) (*Result, error)

// Comparison is what several pairs of the engine and the floor say, each pair measured back to back on one database.
type Comparison struct {
	Pairs    int               `json:"pairs"`
	Met      bool              `json:"met"` // all of them
	Figures  []Figure          `json:"figures"`
	Load     string            `json:"load"` // of the machine, before
	After    string            `json:"load_after"`
	Settings map[string]string `json:"settings"`
}

// Figure is one of them with what it should be.
type Figure struct {
	What   string    `json:"what"`
	Median float64   `json:"median"`
	All    []float64 `json:"all"` // a value a pair
	AtMost float64   `json:"at_most,omitempty"`
	Least  float64   `json:"at_least,omitempty"`
	Met    bool      `json:"met"`
}

// Compare holds throughput, latency and fan-out against the floor, so many pairs of each, interleaved. size makes the measurements smaller than the
// figures want: its fields count where they are set.
func Compare(ctx context.Context, url string, pairs int, size Config, measure Measure) (c *Comparison, err error) {
	if pairs < 1 {
		return nil, fmt.Errorf("%d pairs make no comparison", pairs)
	}
	c = &Comparison{Pairs: pairs, Met: true, Load: loadAverage()}
	dir, err := os.MkdirTemp("", "segno-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := openDatabase(ctx, url, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	run := func(kind Kind, callers int) (*Result, error) {
		cfg := size
		cfg.Kind, cfg.DatabaseURL, cfg.Callers = kind, db.url, callers
		if kind != Throughput { // a size means one of them
			cfg.Runs = min(cfg.Runs, 20)
		}
		if kind == Latency {
			cfg.Steps = 0
		}
		return measure(ctx, cfg)
	}
	all := map[string][]float64{}
	note := func(what string, v float64) { all[what] = append(all[what], v) }
	for range pairs {
		for _, pair := range []struct {
			kind    Kind
			callers int
		}{{Throughput, 200}, {Latency, 1}, {Fanout, 1000}} {
			below, err := run(Floor, pair.callers)
			if err != nil {
				return nil, err
			}
			res, err := run(pair.kind, 0)
			if err != nil {
				return nil, err
			}
			switch pair.kind {
			case Throughput:
				note("throughput", res.StepsPerSecond/below.StepsPerSecond)
				note("throughput steps/s", res.StepsPerSecond)
				note("floor, 200 callers, rows/s", below.StepsPerSecond)
				note("statements", res.Statements)
				note("commits", res.Commits)
				note("wal", res.WAL)
				note("rss", float64(res.PeakRSS)/(1<<20))
			case Latency:
				note("p50", res.P50/below.P50)
				note("p99", res.P99/below.P50)
				note("latency p50 ms", res.P50)
				note("latency p99 ms", res.P99)
				note("floor, 1 caller, p50 ms", below.P50)
				note("floor, 1 caller, p99 ms", below.P99)
			case Fanout:
				note("parallel", res.Parallel.StepsPerSecond/below.StepsPerSecond)
				note("items", res.Items.StepsPerSecond/below.StepsPerSecond)
				note("parallel steps/s", res.Parallel.StepsPerSecond)
				note("items steps/s", res.Items.StepsPerSecond)
				note("floor, 1,000 callers, rows/s", below.StepsPerSecond)
				note("rss fanout", float64(res.PeakRSS)/(1<<20))
			}
			c.Settings = res.Settings
		}
	}
	for _, f := range []struct {
		key, what     string
		least, atMost float64
	}{
		{"throughput", "throughput against the floor at 200 callers, steps a second", 0.5, 0},
		{"p50", "latency, p50 against the p50 of the floor at 1 caller", 0, 2},
		{"p99", "latency, p99 against the p50 of the floor at 1 caller", 0, 5},
		{"parallel", "1,000 parallel steps against the floor at 1,000 callers, steps a second", 0.5, 0},
		{"items", "10,000 items against the floor at 1,000 callers, steps a second", 0.5, 0},
		{"statements", "throughput, statements a step", 0, 0.1},
		{"commits", "throughput, commits a step", 0, 0.05},
		{"wal", "throughput, bytes of WAL a step", 0, 800},
		{"rss", "throughput, MB of memory at most", 0, 150},
		{"rss fanout", "fan-out, MB of memory at most", 0, 150},
		{"throughput steps/s", "throughput, steps a second", 0, 0},
		{"floor, 200 callers, rows/s", "floor at 200 callers, rows a second", 0, 0},
		{"latency p50 ms", "latency, p50 in ms", 0, 0},
		{"latency p99 ms", "latency, p99 in ms", 0, 0},
		{"floor, 1 caller, p50 ms", "floor at 1 caller, p50 in ms", 0, 0},
		{"floor, 1 caller, p99 ms", "floor at 1 caller, p99 in ms", 0, 0},
		{"parallel steps/s", "1,000 parallel steps, steps a second", 0, 0},
		{"items steps/s", "10,000 items, steps a second", 0, 0},
		{"floor, 1,000 callers, rows/s", "floor at 1,000 callers, rows a second", 0, 0},
	} {
		g := Figure{What: f.what, All: all[f.key], Median: median(all[f.key]), Least: f.least, AtMost: f.atMost}
		g.Met = (f.least == 0 || g.Median >= f.least) && (f.atMost == 0 || g.Median <= f.atMost)
		c.Met = c.Met && g.Met
		c.Figures = append(c.Figures, g)
	}
	c.After = loadAverage()
	return c, nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s)%2 == 0 {
		return (s[len(s)/2-1] + s[len(s)/2]) / 2
	}
	return s[len(s)/2]
}
