package bench_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/cmd/web/app/bench"
	"github.com/segno-run/segno/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m, pgtest.WithoutFsync()) }

// fields are those that the design names: scripts read them.
var fields = []string{"steps", "seconds", "steps_per_second", "p50_ms", "p99_ms", "statements_per_step", "commits_per_step", "wal_bytes_per_step",
	"cpu_server_seconds", "cpu_database_seconds", "peak_rss_bytes"}

// small makes each benchmark so small that a test can have it.
func small(url string) map[bench.Kind]bench.Config {
	return map[bench.Kind]bench.Config{
		bench.Latency:    {Runs: 3, Steps: 4, Warm: 1},
		bench.Throughput: {Runs: 20, Steps: 3, InFlight: 5, Warm: 1, Finished: 50},
		bench.Fanout:     {Runs: 1, Steps: 30, Items: 40, Warm: 1},
		bench.Asleep:     {Runs: 3, Asleep: 40, Lead: 3 * time.Second},
		bench.Floor:      {Callers: 5, For: 50 * time.Millisecond},
	}
}

func TestOneLine(t *testing.T) {
	steps := map[bench.Kind]int{bench.Latency: 12, bench.Throughput: 60, bench.Fanout: 70, bench.Asleep: 3}
	url := pgtest.URL(t)
	for kind, cfg := range small(url) {
		t.Run(string(kind), func(t *testing.T) {
			cfg.Kind, cfg.DatabaseURL = kind, url
			res, err := bench.Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(res)
			if err != nil {
				t.Fatal(err)
			}
			var said map[string]any
			if err := json.Unmarshal(raw, &said); err != nil {
				t.Fatal(err)
			}
			for _, f := range fields {
				if v, ok := said[f].(float64); !ok || v < 0 || v == 0 && !strings.HasPrefix(f, "cpu") {
					t.Errorf("%s: got %v, want a number above zero", f, said[f])
				}
			}
			if want := steps[kind]; want > 0 && res.Steps != want {
				t.Errorf("got %d steps, want all %d", res.Steps, want)
			}
			if res.P50 > res.P99 {
				t.Errorf("got p50 %g above p99 %g", res.P50, res.P99)
			}
			if kind == bench.Fanout && (res.Parallel == nil || res.Items == nil || res.Parallel.Steps != 30 || res.Items.Steps != 40) {
				t.Errorf("got %s, want both parts", raw)
			}
			if kind == bench.Asleep && (res.Asleep != 40 || res.AsleepBytes <= 0) {
				t.Errorf("got %s, want what 40 sleeping runs cost", raw)
			}
			if schemas := schemasOf(t, url); len(schemas) > 0 {
				t.Errorf("left the schemas %v behind", schemas)
			}
		})
	}
}

// schemasOf lists those that a benchmark makes.
func schemasOf(t *testing.T, url string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, _ := conn.Query(t.Context(), `SELECT nspname::text FROM pg_namespace WHERE nspname IN ('segno_bench', 'floor')`)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestCompareSaysWhatIsMissed(t *testing.T) {
	t.Parallel()
	var kinds []bench.Kind
	results := map[bench.Kind]*bench.Result{
		bench.Floor:      {StepsPerSecond: 100, P50: 1, P99: 3},
		bench.Throughput: {StepsPerSecond: 60, Statements: 0.05, Commits: 0.01, WAL: 500, PeakRSS: 60 << 20},
		bench.Latency:    {P50: 1.5, P99: 4},
		bench.Fanout:     {Parallel: &bench.Result{StepsPerSecond: 70}, Items: &bench.Result{StepsPerSecond: 20}},
	}
	c, err := bench.Compare(t.Context(), pgtest.URL(t), 2, bench.Config{}, func(_ context.Context, cfg bench.Config) (*bench.Result, error) {
		kinds = append(kinds, cfg.Kind)
		return results[cfg.Kind], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) != 12 || kinds[0] != bench.Floor || kinds[1] != bench.Throughput {
		t.Errorf("measured %v, want two rounds of three pairs, the floor first", kinds)
	}
	var missed []string
	for _, f := range c.Figures {
		if !f.Met {
			missed = append(missed, f.What)
		}
		if len(f.All) != 2 {
			t.Errorf("%s: %d values, want one a pair", f.What, len(f.All))
		}
	}
	if c.Met || len(missed) != 1 || !strings.Contains(missed[0], "10,000 items") {
		t.Errorf("missed %v, want the items alone", missed)
	}
}

func TestNonsense(t *testing.T) {
	t.Parallel()
	for _, cfg := range []bench.Config{{Kind: "speed"}, {Kind: bench.Throughput, Runs: -1}} {
		if _, err := bench.Run(t.Context(), cfg); err == nil {
			t.Errorf("%+v: measured, want an error", cfg)
		}
	}
	if kinds := slices.Collect(maps.Keys(small(""))); len(kinds) != len(bench.Kinds()) {
		t.Errorf("the test knows %v of %v", kinds, bench.Kinds())
	}
}
