package web

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// beginningBytes is how much of a value that is kept apart is printed.
const beginningBytes = 16 << 10

// chosenAttempt finds, for an attempt that is selected, where what it was sent and gave stands in the journal; nil without one.
func chosenAttempt(p *templates.RunPage, h *history) *attemptAt {
	in := &p.Inspector
	if in.Step == nil || in.Chosen() == nil {
		return nil
	}
	at := &attemptAt{row: h.row.ID, ref: planner.Ref{Step: in.Step.ID, Item: planner.NoItem}, places: map[string]runview.Place{}}
	if in.Item != nil {
		at.ref.Item = in.Item.Index
	}
	for _, what := range []string{runview.ValueInput, runview.ValueOutput} {
		if place, ok := h.places.Attempt(at.ref, what, in.Attempt); ok {
			at.places[what] = place
		}
	}
	return at
}

// attemptAt is where the values of an attempt stand.
type attemptAt struct {
	row    int64
	ref    planner.Ref
	places map[string]runview.Place
}

// showAttempt has the inspector show what the selected attempt was sent and gave in the place of what counts now. apart is the value of the shown tab that is kept
// apart, as the history has it; it comes back as that of the attempt.
func (s *Server) showAttempt(ctx context.Context, in *templates.Inspector, at *attemptAt, apart []byte) ([]byte, error) {
	raw := map[string][]byte{}
	for what, place := range at.places {
		var err error
		if raw[what], _, err = s.readPlace(ctx, at.row, at.ref, place); err != nil {
			return nil, err
		}
	}
	in.Of = &view.Values{}
	in.Of.Input, in.Of.InputBytes = shownBytes(raw[runview.ValueInput])
	in.Of.Output, in.Of.OutputBytes = shownBytes(raw[runview.ValueOutput])
	switch what := shownValue[in.Current()]; {
	case what == runview.ValueItem:
		return apart, nil
	case expr.HasPayloads(raw[what]):
		return raw[what], nil
	}
	return nil, nil
}

// shownValue is which recorded value a tab of a step, or of one of its items, shows.
var shownValue = map[string]string{"input": runview.ValueItem, "resolved": runview.ValueInput, "output": runview.ValueOutput}

// keptApart is the value that the inspector shows, as the history has it, if parts of it are kept apart; nil if not.
func keptApart(p *templates.RunPage, h *history) []byte {
	in := p.Inspector
	what, step, item := in.Current(), "", planner.NoItem
	if in.Step != nil {
		step, what = in.Step.ID, shownValue[what]
		if in.Item != nil {
			item = in.Item.Index
		}
	} else if what != runview.ValueInput && what != runview.ValueOutput {
		return nil
	}
	if v := runview.Value(h.state, step, item, what); what != "" && v != nil && expr.HasPayloads(v.JSON()) {
		return v.JSON()
	}
	return nil
}

// begin reads the beginning of a value that is kept apart.
func (s *Server) begin(ctx context.Context, in *templates.Inspector, value []byte) error {
	if value == nil {
		return nil
	}
	in.Bytes = expr.SizeOf(value)
	in.Beginning = make([]byte, min(in.Bytes, beginningBytes))
	n, err := io.ReadFull(s.valueReader(ctx, value), in.Beginning)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("reading the beginning of a value: %w", err)
	}
	in.Beginning = in.Beginning[:n]
	return nil
}
