package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/scenario"
)

// remembered is what the last test of a testbed said. Stale: what it tested has changed since.
type remembered struct {
	testReport
	At    time.Time
	Stale bool
}

// remember keeps what a test said. One that ran a part of the scenarios adds to what is known of the others, as long as nothing has changed since.
func (s *Server) remember(ctx context.Context, b *testbed, kind string, ch chosen, r *testReport) error {
	kept := *r
	if !ch.all() {
		before, err := s.recall(ctx, b, kind)
		if err != nil {
			return err
		}
		kept = merged(before, r)
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("writing the test result of %q: %w", b.flow, err)
	}
	return s.DB.SaveFlowTestResult(ctx, models.FlowTestResult{Flow: b.flow, Version: b.version, Kind: kind, Basis: b.basis, Report: raw})
}

// merged is what is known after a part of the tests ran.
func merged(before *remembered, part *testReport) testReport {
	out := *part
	all := *part.Report
	out.Report = &all
	all.Coverage, all.Untested = []*scenario.Coverage{}, nil // a part says nothing about the whole
	if before == nil || before.Stale {
		return out
	}
	all.Coverage = before.Coverage
	all.Scenarios = replaced(before.Scenarios, part.Scenarios, func(a, b scenario.Outcome) bool { return a.File == b.File && a.Name == b.Name })
	all.Faults = replaced(before.Faults, part.Faults, func(a, b *scenario.Matrix) bool { return a.File == b.File })
	out.Fine = all.Fine() && !out.Issues.HasErrors()
	return out
}

// replaced is list with the news in the place of what they are news of.
func replaced[T any](list, news []T, same func(a, b T) bool) []T {
	out := slices.Clone(list)
	for _, n := range news {
		if i := slices.IndexFunc(out, func(o T) bool { return same(o, n) }); i >= 0 {
			out[i] = n
		} else {
			out = append(out, n)
		}
	}
	return out
}

// recall is what the last test said; nil if there was none.
func (s *Server) recall(ctx context.Context, b *testbed, kind string) (*remembered, error) {
	row, err := s.DB.FlowTestResult(ctx, b.flow, b.version, kind)
	if errors.Is(err, models.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &remembered{At: row.At, Stale: row.Basis != b.basis}
	if err := json.Unmarshal(row.Report, &r.testReport); err != nil || r.Report == nil {
		s.Logger.Warn("a test result can't be read and counts as none", "flow", b.flow, "error", err)
		return nil, nil
	}
	return r, nil
}
