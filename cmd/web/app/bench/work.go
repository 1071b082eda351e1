package bench

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

const input = `input: {type: object, required: [n], properties: {n: {type: integer}}}`

// chainText is a flow of so many steps, each of which passes on what the one before gave.
func chainText(steps int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "name: bench_chain\n%s\nsteps:\n  s1: {call: %s, with: {n: \"${{ input.n }}\"}}\n", input, function)
	for i := 2; i <= steps; i++ {
		fmt.Fprintf(&b, "  s%d: {needs: [s%d], call: %s, with: {n: \"${{ steps.s%d.output.n }}\"}}\n", i, i-1, function, i-1)
	}
	fmt.Fprintf(&b, "output: {n: \"${{ steps.s%d.output.n }}\"}\n", steps)
	return b.Bytes()
}

// parallelText is a flow of so many steps that all start at once.
func parallelText(steps int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "name: bench_parallel\n%s\nsteps:\n", input)
	for i := range steps {
		fmt.Fprintf(&b, "  s%d: {call: %s, with: {n: \"${{ input.n }}\"}}\n", i+1, function)
	}
	return b.Bytes()
}

// itemsText is a flow of one step for each item of a list.
func itemsText() []byte {
	return fmt.Appendf(nil, "name: bench_items\ninput: {type: object, required: [items], properties: {items: {type: array, items: {type: integer}}}}\n"+
		"steps:\n  each:\n    for_each: ${{ input.items }}\n    max_parallel: 1000\n    call: %s\n    with: {n: \"${{ item }}\"}\n", function)
}

func itemsInput(n int) []byte {
	b := []byte(`{"items":[`)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Append(b, i)
	}
	return append(b, "]}"...)
}

// chain measures runs of steps in a row: one run at a time for latency, many for throughput.
func (s *server) chain(ctx context.Context, cfg Config) (*Result, error) {
	version, err := s.publish(ctx, "bench_chain", chainText(cfg.Steps))
	if err != nil {
		return nil, err
	}
	flying := 1
	if cfg.Kind == Throughput {
		flying = cfg.InFlight
	}
	if err := s.plays(ctx, "bench_chain", version, cfg.Warm, flying, nil); err != nil {
		return nil, err
	}
	s.clock.take(true, flying > 1 && cfg.Runs >= 1000)
	m, err := s.db.begin(ctx, s.counted, cfg.Profile)
	if err != nil {
		return nil, err
	}
	if err := s.plays(ctx, "bench_chain", version, cfg.Runs, flying, nil); err != nil {
		return nil, err
	}
	res, err := m.end(ctx, cfg.Runs*cfg.Steps, s.clock.take(true, false))
	if err != nil {
		return nil, err
	}
	res.Runs, res.InFlight = cfg.Runs, flying
	return res, nil
}

// plays plays so many runs, so many at a time. Without an input each gets its number.
func (s *server) plays(ctx context.Context, flow string, version, runs, flying int, input []byte) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(flying, runs) {
		all.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(runs) || ctx.Err() != nil {
					return
				}
				in := input
				if in == nil {
					in = fmt.Appendf(nil, `{"n":%d}`, n)
				}
				if err := s.play(ctx, flow, version, in); err != nil {
					fail(err)
					return
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// fanout measures a run of parallel steps, again and again, and then a run of items.
func (s *server) fanout(ctx context.Context, cfg Config) (*Result, error) {
	parallel, err := s.publish(ctx, "bench_parallel", parallelText(cfg.Steps))
	if err != nil {
		return nil, err
	}
	items, err := s.publish(ctx, "bench_items", itemsText())
	if err != nil {
		return nil, err
	}
	sum := &Result{}
	for _, part := range []struct {
		flow           string
		version, steps int
		input          []byte
		into           **Result
		profile        string
	}{
		{"bench_parallel", parallel, cfg.Steps, []byte(`{"n":1}`), &sum.Parallel, ""},
		{"bench_items", items, cfg.Items, itemsInput(cfg.Items), &sum.Items, cfg.Profile},
	} {
		if err := s.plays(ctx, part.flow, part.version, cfg.Warm, 1, part.input); err != nil {
			return nil, err
		}
		s.clock.take(false, false)
		m, err := s.db.begin(ctx, s.counted, part.profile)
		if err != nil {
			return nil, err
		}
		if err := s.plays(ctx, part.flow, part.version, cfg.Runs, 1, part.input); err != nil {
			return nil, err
		}
		res, err := m.end(ctx, cfg.Runs*part.steps, s.clock.take(false, false))
		if err != nil {
			return nil, err
		}
		res.Runs, res.InFlight = cfg.Runs, 1
		*part.into = res
	}
	sum.add(sum.Parallel)
	sum.add(sum.Items)
	return sum, nil
}

// add makes r the sum of what it was and o, weighted by their steps. Its quantiles are the worse ones.
func (r *Result) add(o *Result) {
	n, m := float64(r.Steps), float64(o.Steps)
	mean := func(a, b float64) float64 { return (a*n + b*m) / (n + m) }
	r.Statements, r.Commits, r.WAL = mean(r.Statements, o.Statements), mean(r.Commits, o.Commits), mean(r.WAL, o.WAL)
	r.Steps, r.Seconds, r.CPUServer, r.PeakRSS = r.Steps+o.Steps, r.Seconds+o.Seconds, r.CPUServer+o.CPUServer, max(r.PeakRSS, o.PeakRSS)
	r.StepsPerSecond = float64(r.Steps) / r.Seconds
	r.P50, r.P99 = max(r.P50, o.P50), max(r.P99, o.P99)
	r.Runs += o.Runs
	if o.CPUDatabase != nil {
		used := *o.CPUDatabase
		if r.CPUDatabase != nil {
			used += *r.CPUDatabase
		}
		r.CPUDatabase = &used
	}
}
