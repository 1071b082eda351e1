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

// changesShown is how many fields are listed that differ between two iterations.
const changesShown = 100

// showIteration adds the iteration that the address names, ?iteration=, or the last that has completed, with what changed since the one before. The folded run
// keeps the last output alone; the others are read from their places in the journal.
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
	outputs, attempt, err := s.iterationOutputs(c.Request().Context(), p.Run.ID, ref, n-1, n)
	if err != nil {
		return err
	}
	it := &templates.Iteration{Step: in.Step.ID, Item: in.Item, Number: n, Last: last, Output: outputs[n]}
	if n == last && status == "succeeded" {
		outputs[n], it.Output = output, output
		it.Href = runview.Address(p.Run.ID, ref.Step, ref.Item, 0, runview.ValueOutput)
	} else if attempt > 0 { // what a person said has no address of its own
		it.Href = runview.Address(p.Run.ID, ref.Step, ref.Item, attempt, runview.ValueOutput)
	}
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

// iterationOutputs reads the outputs of iterations after which a loop went on, each from its place in the run's journal. attempt is the one that gave the last of them.
func (s *Server) iterationOutputs(ctx context.Context, run string, ref planner.Ref, numbers ...int) (outputs map[int]json.RawMessage, attempt int, err error) {
	places := map[int]runview.Place{}
	var row int64
	err = s.look(ctx, run, func(h *history) error {
		row = h.row.ID
		for _, n := range numbers {
			at, ok := h.places.Iteration(ref, n)
			if attempt = at.Attempt; ok {
				places[n] = at
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	outputs = map[int]json.RawMessage{}
	for n, at := range places {
		raw, _, err := s.readPlace(ctx, row, ref, at)
		if err != nil {
			return nil, 0, err
		}
		outputs[n], _ = shownBytes(raw)
	}
	return outputs, attempt, nil
}
