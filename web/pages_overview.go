package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/templates"
)

// What the overview of a flow looks at: rows are cheap, histories are not.
const (
	healthDays  = 14
	healthRuns  = 10_000
	failureRows = 10
	heatRuns    = 200
	heatBytes   = 8 << 20
)

// health sums up how the runs of a flow went lately; nil if none began.
func (s *Server) health(ctx context.Context, name string, def *flow.Definition) (*templates.FlowHealth, error) {
	today := s.Now().UTC().Truncate(24 * time.Hour)
	since := today.AddDate(0, 0, 1-healthDays)
	stats, err := s.DB.RunStats(ctx, name, since, healthRuns)
	if err != nil {
		return nil, err
	}
	if len(stats.Days) == 0 {
		return nil, nil
	}
	h := &templates.FlowHealth{Measured: stats.Ended, Capped: stats.Ended >= healthRuns}
	for day := since; !day.After(today); day = day.AddDate(0, 0, 1) {
		bar := templates.HealthDay{Day: day}
		for _, d := range stats.Days {
			if d.Day.Equal(day) {
				bar.Runs, bar.Failed = d.Runs, d.Failed
			}
		}
		h.Runs += bar.Runs
		h.Days = append(h.Days, bar)
	}
	h.Days = templates.Chart(h.Days)
	if stats.Ended > 0 {
		h.Rate = share(stats.Succeeded, stats.Ended)
	}
	if stats.Succeeded > 0 {
		h.P50, h.P95 = templates.Span(stats.P50), templates.Span(stats.P95)
	}
	groups, err := s.DB.FailureGroups(ctx, name, since, healthRuns, failureRows)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		q := url.Values{"flow": {name}, "fingerprint": {g.Fingerprint}}
		h.Failures = append(h.Failures, templates.FailureRow{Class: g.Class, Step: g.Step, Message: g.Message, N: g.N, Last: g.Last, Href: "/runs?" + q.Encode(),
			Retry: "/flows/" + name + "/retries?" + url.Values{"class": {g.Class}, "step": {g.Step}, "fingerprint": {g.Fingerprint}}.Encode(), Newest: "/runs/" + g.Run + "?" + url.Values{"step": {g.Step}}.Encode()})
	}
	if err := s.heat(ctx, name, def, h); err != nil {
		return nil, err
	}
	return h, nil
}

// share is a part in per cent; one that is not whole is never rounded to 0 or 100.
func share(part, of int) string {
	switch part {
	case 0:
		return "0 %"
	case of:
		return "100 %"
	}
	return fmt.Sprintf("%.1f %%", min(99.9, max(0.1, 100*float64(part)/float64(of))))
}

// stepHeat is what a step did in the histories that were read.
type stepHeat struct {
	ran, failed, retries int
	took                 []time.Duration
}

// heat reads the last histories and says what each step of the definition did in them.
func (s *Server) heat(ctx context.Context, name string, def *flow.Definition, h *templates.FlowHealth) error {
	if def == nil {
		return nil
	}
	all, err := s.DB.Histories(ctx, name, heatRuns, heatBytes)
	if err != nil {
		return err
	}
	steps := map[string]*stepHeat{}
	at := func(step string) *stepHeat {
		if steps[step] == nil {
			steps[step] = &stepHeat{}
		}
		return steps[step]
	}
	for _, events := range all {
		state := planner.NewState()
		for _, e := range events {
			facts, err := planner.Decode(e.Facts)
			if err != nil {
				break // written by a later release: what came before still counts
			}
			for _, f := range facts {
				switch f := f.(type) {
				case *planner.StepFailed:
					at(f.Step).failed++
				case *planner.CallFailed:
					if f.Next == planner.NextRetry && !f.Undo {
						at(f.Step).retries++
					}
				}
			}
			planner.Fold(state, e.Seq, e.At, facts)
		}
		for step, st := range state.Steps {
			if st.StartedAt.IsZero() {
				continue
			}
			at(step).ran++
			if st.Status == planner.Succeeded && !st.EndedAt.IsZero() {
				at(step).took = append(at(step).took, st.EndedAt.Sub(st.StartedAt))
			}
		}
	}
	h.HeatRuns, h.HeatAsked = len(all), min(heatRuns, max(h.Measured, len(all)))
	if len(all) == 0 {
		return nil
	}
	var failed, retries int
	var slow time.Duration
	p95 := map[string]time.Duration{}
	for name, st := range steps {
		if n := len(st.took); n > 0 {
			slices.Sort(st.took)
			p95[name] = st.took[(n*95+99)/100-1]
		}
		failed, retries, slow = max(failed, st.failed), max(retries, st.retries), max(slow, p95[name])
	}
	for i := range def.Steps {
		step := def.Steps[i].Name
		st := at(step)
		row := templates.HeatRow{Step: step, Ran: st.ran, Failed: st.failed, Retries: st.retries, FailHeat: heatOf(st.failed, failed), RetryHeat: heatOf(st.retries, retries),
			TimeHeat: min(3, heatOf(int(p95[step].Milliseconds()), int(slow.Milliseconds()))), Href: "/runs?" + url.Values{"flow": {name}, "step": {step}}.Encode()}
		if len(st.took) > 0 {
			row.P95 = templates.Span(p95[step])
		}
		h.Heat = append(h.Heat, row)
	}
	return nil
}

// heatOf puts a figure into one of five classes by its share of the worst.
func heatOf(n, worst int) int {
	if n <= 0 || worst <= 0 {
		return 0
	}
	return (4*n + worst - 1) / worst
}
