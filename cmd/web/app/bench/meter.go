package bench

import (
	"context"
	"errors"
	"os"
	"runtime/pprof"
	"time"
)

// meter is what the counters said when the measured time began.
type meter struct {
	db                  *database
	counted             *counter
	profile             *os.File
	began               time.Time
	wal, cpu, cpuDB     float64
	statements, commits int64
}

// begin issues a CHECKPOINT and reads every counter. profile is the file of a CPU profile, or "".
func (d *database) begin(ctx context.Context, counted *counter, profile string) (m *meter, err error) {
	m = &meter{db: d, counted: counted}
	if err := d.checkpoint(ctx); err != nil {
		return nil, err
	}
	if m.wal, err = d.wal(ctx); err != nil {
		return nil, err
	}
	if profile != "" {
		if m.profile, err = os.Create(profile); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(m.profile); err != nil {
			return nil, errors.Join(err, m.profile.Close())
		}
	}
	if d.pid != 0 {
		m.cpuDB = cpuOf(d.pid)
	}
	m.cpu, m.statements, m.commits, m.began = cpu(), counted.statements.Load(), counted.commits.Load(), time.Now()
	return m, nil
}

// end reads them again. took are the times of single steps.
func (m *meter) end(ctx context.Context, steps int, took []time.Duration) (*Result, error) {
	seconds := time.Since(m.began).Seconds()
	n := float64(steps)
	res := &Result{Steps: steps, Seconds: seconds, StepsPerSecond: n / seconds, CPUServer: cpu() - m.cpu, PeakRSS: peakRSS(),
		Statements: float64(m.counted.statements.Load()-m.statements) / n, Commits: float64(m.counted.commits.Load()-m.commits) / n}
	if m.db.pid != 0 {
		used := cpuOf(m.db.pid) - m.cpuDB
		res.CPUDatabase = &used
	}
	if m.profile != nil {
		pprof.StopCPUProfile()
		if err := m.profile.Close(); err != nil {
			return nil, err
		}
	}
	wal, err := m.db.wal(ctx)
	if err != nil {
		return nil, err
	}
	res.WAL = (wal - m.wal) / n
	res.P50, res.P99 = quantile(took, 0.50), quantile(took, 0.99)
	return res, nil
}
