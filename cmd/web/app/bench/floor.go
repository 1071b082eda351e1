package bench

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The floor's tables and statements are those of the yardstick that the design names: what an engine with one durable row a step could reach at most. They
// are fixed, so that figures of different days and machines stay comparable.
const (
	floorSchema = `
DROP SCHEMA IF EXISTS floor CASCADE;
CREATE SCHEMA floor;
CREATE TABLE floor.ev (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run bigint NOT NULL, step int NOT NULL,
  name text NOT NULL, status text NOT NULL, worker text NOT NULL, at timestamptz NOT NULL DEFAULT now(), output jsonb NOT NULL);
CREATE INDEX ON floor.ev(run, step);
CREATE TABLE floor.runs (id bigint PRIMARY KEY, seq int NOT NULL DEFAULT 0, at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor=70);
INSERT INTO floor.runs(id) SELECT generate_series(1,100000);`
	floorInsert = `INSERT INTO floor.ev(run,step,name,status,worker,output) SELECT * FROM unnest($1::bigint[],$2::int[],$3::text[],$4::text[],$5::text[],$6::jsonb[])`
	floorTouch  = `UPDATE floor.runs SET seq=runs.seq+1, at=now() FROM unnest($1::bigint[]) u(id) WHERE runs.id=u.id`
	floorOutput = `{"order":"ORD-2026-000012345","customer":"a-customer-name","items":[{"sku":"AB-1001","n":2},{"sku":"AB-1002","n":1}],"total":129.95,"currency":"EUR","note":"some text to make it two hundred bytes long.."}`
)

// floorRow is what one caller waits for.
type floorRow struct {
	run     int64
	durable chan struct{}
}

// floor measures callers that each submit one row at a time to a group commit and wait until it is durable.
func floor(ctx context.Context, db *database, cfg Config) (*Result, error) {
	if _, err := db.conn.Exec(ctx, floorSchema); err != nil {
		return nil, err
	}
	counted := &counter{}
	pc, err := pgxpool.ParseConfig(db.url)
	if err != nil {
		return nil, err
	}
	pc.MaxConns, pc.ConnConfig.Tracer = int32(cfg.Writers), counted
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	m, err := db.begin(ctx, counted, cfg.Profile)
	if err != nil {
		return nil, err
	}
	// This program holds more before the first row than the yardstick ever does. At Go's own pace the collector would go through that dozens of times a second.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	took, err := floorDrive(ctx, pool, cfg)
	if err != nil {
		return nil, err
	}
	res, err := m.end(ctx, len(took), took)
	if err != nil {
		return nil, err
	}
	res.Callers, res.Writers = cfg.Callers, cfg.Writers
	if !cfg.Keep {
		_, err = db.conn.Exec(ctx, "DROP SCHEMA floor CASCADE")
	}
	return res, err
}

// floorDrive is the yardstick's loop, to the last receive: a caller that also listened for a failure would take a tenth of the rows away.
func floorDrive(ctx context.Context, pool *pgxpool.Pool, cfg Config) ([]time.Duration, error) {
	queues := make([]chan floorRow, cfg.Writers)
	failed := make(chan error, cfg.Writers)
	var writers, callers sync.WaitGroup
	for w := range queues {
		queues[w] = make(chan floorRow, cfg.Callers)
		writers.Go(func() {
			failed <- floorCommit(ctx, pool, queues[w], cfg.Batch)
			for r := range queues[w] { // after a failure nobody must wait for ever
				close(r.durable)
			}
		})
	}
	var (
		mu  sync.Mutex
		all []time.Duration
	)
	start := time.Now()
	for i := range cfg.Callers {
		callers.Go(func() {
			var mine []time.Duration
			for time.Since(start) < cfg.For {
				r := floorRow{int64(i + 1), make(chan struct{})}
				t := time.Now()
				queues[i%cfg.Writers] <- r
				<-r.durable
				mine = append(mine, time.Since(t))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	callers.Wait()
	for _, q := range queues {
		close(q)
	}
	writers.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return all, ctx.Err()
}

// floorCommit writes what waits, in one round trip and one commit at a time.
func floorCommit(ctx context.Context, pool *pgxpool.Pool, queue chan floorRow, most int) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	for first := range queue {
		rows := []floorRow{first}
	more:
		for len(rows) < most {
			select {
			case r, ok := <-queue:
				if !ok {
					break more
				}
				rows = append(rows, r)
			default:
				break more
			}
		}
		n := len(rows)
		runs, step := make([]int64, n), make([]int32, n)
		name, status, worker, out := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		for i, r := range rows {
			runs[i], step[i], name[i], status[i], worker[i], out[i] = r.run, int32(i), "charge-card", "SUCCEEDED", "worker-0123456789", floorOutput
		}
		b := &pgx.Batch{}
		b.Queue(floorTouch, runs)
		b.Queue(floorInsert, runs, step, name, status, worker, out)
		err := c.SendBatch(ctx, b).Close()
		for _, r := range rows {
			close(r.durable)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
