package bench

import (
	"context"
	"fmt"
	goruntime "runtime"
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime"
)

// lead is how long before their time the runs are started that are to be woken: longer than a run may wait in memory, so that they are asleep by then.
const lead = 40 * time.Second

// ahead is how long before the runs are due the measurement begins: it waits for a checkpoint first, which takes its time on a busy disk.
const ahead = time.Second

func asleepText() []byte {
	return fmt.Appendf(nil, `name: bench_asleep
input: {type: object, required: [n, at], properties: {n: {type: integer}, at: {type: string, format: date-time}}}
steps:
  nap: {wait: {until: "${{ input.at }}"}}
  after: {needs: [nap], call: %s, with: {n: "${{ input.n }}"}}
`, function)
}

func asleepInput(n int, at time.Time) []byte {
	return fmt.Appendf(nil, `{"n":%d,"at":%q}`, n, at.UTC().Format(time.RFC3339Nano))
}

// asleep measures what runs cost that wait, and how late those come that are due at one moment.
func (s *server) asleep(ctx context.Context, cfg Config) (*Result, error) {
	version, err := s.publish(ctx, "bench_asleep", asleepText())
	if err != nil {
		return nil, err
	}
	bytes, heap, err := s.sleepers(ctx, version, cfg.Asleep)
	if err != nil {
		return nil, err
	}
	at := time.Now().Add(cfg.Lead)
	lines, err := s.started(ctx, version, cfg.Runs, at)
	if err != nil {
		return nil, err
	}
	if time.Until(at) < 0 {
		return nil, fmt.Errorf("starting %d runs took longer than the %s before they are due", cfg.Runs, cfg.Lead)
	}
	wait := time.NewTimer(time.Until(at) - ahead)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	m, err := s.db.begin(ctx, s.counted, cfg.Profile)
	if err != nil {
		return nil, err
	}
	var owned int
	if err := s.db.conn.QueryRow(ctx, `SELECT count(*) FROM `+schema+`.runs WHERE flow = 'bench_asleep' AND owner IS NOT NULL`).Scan(&owned); err != nil {
		return nil, err
	}
	var late []time.Duration
	for _, l := range lines {
		select {
		case <-l.over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for i := range s.clock.shards {
		for _, calls := range s.clock.shards[i].calls {
			late = append(late, calls[0].Sub(at))
		}
	}
	res, err := m.end(ctx, cfg.Runs, late)
	if err != nil {
		return nil, err
	}
	res.Runs, res.Asleep, res.AsleepBytes, res.AsleepHeap, res.Awake = cfg.Runs, cfg.Asleep, bytes, heap, owned
	return res, nil
}

// sleepers fills the tables with runs that sleep for a month: one real run, copied by the database. It returns what each takes there, and by how much the
// server's heap has grown for all of them, in bytes.
func (s *server) sleepers(ctx context.Context, version, n int) (each float64, heap int64, err error) {
	if _, err = s.started(ctx, version, 1, time.Now().AddDate(0, 1, 0)); err != nil {
		return 0, 0, err
	}
	for owned := 1; owned > 0; { // until it is asleep
		if err := s.db.conn.QueryRow(ctx, `SELECT count(owner) FROM `+schema+`.runs WHERE flow = 'bench_asleep'`).Scan(&owned); err != nil {
			return 0, 0, err
		}
	}
	was, err := s.db.size(ctx)
	if err != nil {
		return 0, 0, err
	}
	before := heapInUse()
	if err := s.db.copies(ctx, n); err != nil {
		return 0, 0, err
	}
	is, err := s.db.size(ctx)
	if err != nil {
		return 0, 0, err
	}
	return float64(is-was) / float64(n), heapInUse() - before, nil
}

// size is how many bytes the runs and their histories take, indexes included.
func (d *database) size(ctx context.Context) (bytes int64, err error) {
	err = d.conn.QueryRow(ctx, `SELECT pg_total_relation_size($1) + pg_total_relation_size($2)`, schema+".runs", schema+".journal").Scan(&bytes)
	return bytes, err
}

func heapInUse() int64 {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// started starts so many runs that are due at one moment, and returns when all are durable.
func (s *server) started(ctx context.Context, version, n int, at time.Time) ([]*timeline, error) {
	lines := make([]*timeline, n)
	var mu sync.Mutex
	var first error
	var all sync.WaitGroup
	for share := range slices.Chunk(lines, max(1, n/200)) {
		all.Go(func() {
			for i := range share {
				share[i] = s.clock.begin()
				_, _, err := s.app.Engine().Start(ctx, runtime.StartRequest{Flow: "bench_asleep", Version: version, Input: asleepInput(i, at), By: "bench", Committed: share[i].committed})
				if err != nil {
					mu.Lock()
					first = err
					mu.Unlock()
					return
				}
			}
		})
	}
	all.Wait()
	return lines, first
}
