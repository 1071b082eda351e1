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
)

// beginningBytes is how much of a value that is kept apart is printed.
const beginningBytes = 16 << 10

// keptApart is the value that the inspector shows, as the history has it, if parts of it are kept apart; nil if not.
func keptApart(p *templates.RunPage, h *history) []byte {
	what := map[string]string{"input": runview.ValueInput, "resolved": runview.ValueInput, "output": runview.ValueOutput}[p.Inspector.Current()]
	step, item := "", planner.NoItem
	if in := p.Inspector; in.Step != nil {
		if step = in.Step.ID; in.Current() == "input" {
			return nil // what is written there is the definition's
		}
		if in.Item != nil {
			item = in.Item.Index
		}
	}
	if what == "" {
		return nil
	}
	if v := runview.Value(h.state, step, item, what); v != nil && expr.HasPayloads(v.JSON()) {
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
