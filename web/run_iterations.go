package web

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

const (
	changesShown = 100 // fields that differ between two iterations
	eventsRead   = 500 // transitions of a run at a time
)

// showIteration adds the iteration that the address names, ?iteration=, or the last that has completed, with what changed since the one before. The folded run
// keeps the last output alone, so the others are read from the journal.
func (s *Server) showIteration(c echo.Context, p *templates.RunPage) error {
	in := p.Inspector
	if in.Step == nil {
		return nil
	}
	l, status, output, ref := in.Step.Loop, in.Step.Status, in.Step.Output, planner.Ref{Step: in.Step.ID, Item: planner.NoItem}
	address := url.Values{"step": {in.Step.ID}}
	if in.Item != nil {
		l, status, output, ref.Item = in.Item.Loop, in.Item.Status, in.Item.Output, in.Item.Index
		address.Set("item", strconv.Itoa(ref.Item))
	}
	last := completed(l, status)
	if last == 0 {
		return nil
	}
	n, err := strconv.Atoi(c.QueryParam("iteration"))
	if err != nil || n < 1 || n > last {
		n = last
	}
	outputs, err := s.iterationOutputs(c.Request().Context(), p.Run.ID, ref, n-1, n)
	if err != nil {
		return err
	}
	if n == last && status == "succeeded" {
		outputs[n] = output
	}
	it := &templates.Iteration{Step: in.Step.ID, Item: in.Item, Number: n, Last: last, Output: outputs[n]}
	if outputs[n-1] != nil && outputs[n] != nil {
		it.Compared = true
		changes, more := runview.Changes(outputs[n-1], outputs[n], changesShown)
		it.More = more
		for _, one := range changes {
			it.Changes = append(it.Changes, templates.FieldChange{Path: one.Path, Was: one.Was, Is: one.Is})
		}
	}
	at := func(n int) string {
		address.Set("iteration", strconv.Itoa(n))
		return "/runs/" + p.Run.ID + "?" + address.Encode()
	}
	if n > 1 {
		it.Previous = at(n - 1)
	}
	if n < last {
		it.Next = at(n + 1)
	}
	p.Iteration = it
	return nil
}

// completed is how many iterations have an output: the last one of a loop that succeeded is its step's.
func completed(l *view.Loop, status string) int {
	switch {
	case l == nil:
		return 0
	case status == "succeeded":
		return l.Iteration
	}
	return l.Completed
}

// iterationOutputs reads the outputs of iterations of a loop from the run's journal.
func (s *Server) iterationOutputs(ctx context.Context, run string, ref planner.Ref, numbers ...int) (map[int]json.RawMessage, error) {
	row, err := s.findRun(ctx, run)
	if err != nil {
		return nil, err
	}
	found := runview.Iterations{Ref: ref, Outputs: map[int]json.RawMessage{}}
	for _, n := range numbers {
		found.Outputs[n] = nil
	}
	for after := int64(0); ; {
		got, err := source{s.DB, row.ID}.Transitions(ctx, run, after, eventsRead)
		if err != nil {
			return nil, err
		}
		found.Take(got)
		if len(got) < eventsRead {
			return found.Outputs, nil
		}
		after = got[len(got)-1].Seq
	}
}
