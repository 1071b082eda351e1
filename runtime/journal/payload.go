package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/segno-run/segno/runtime/planner"
)

func checkPayloads(t *Transition) error {
	for _, k := range t.Kept {
		if err := CheckPayload(k.Payload, k.Raw); err != nil {
			return fmt.Errorf("run %d: %w", t.Run, err)
		}
	}
	if t.NoFacts() && len(t.Refs) > 0 {
		return fmt.Errorf("run %d would refer to %d payloads without a fact", t.Run, len(t.Refs))
	}
	return nil
}

// CheckPayload says why no store takes raw for the payload p: nil, or an error.
func CheckPayload(p planner.Payload, raw []byte) error {
	switch {
	case int64(len(raw)) != p.Size:
		return fmt.Errorf("payload %s of %d bytes, and it says %d", p.Name(), len(raw), p.Size)
	case p.Size < 1 || p.Size > planner.MaxValue:
		return fmt.Errorf("payload %s of %d bytes; from 1 to %d", p.Name(), p.Size, int64(planner.MaxValue))
	}
	return nil
}

// Contents reads the payloads that a history refers to and that expressions may look into. One that is not there is left out: whoever looks into it is
// told.
func Contents(ctx context.Context, s Store, h *History) (map[planner.Payload][]byte, error) {
	var found map[planner.Payload][]byte
	var failed error
	for _, r := range h.Records {
		// Facts hold values byte for byte, so what they refer to is found without decoding them. A log line that looks like it costs a look.
		planner.FindPayloads(r.Facts, func(p planner.Payload, _, _ int) {
			if failed != nil || p.Size > planner.MaxRead || found[p] != nil {
				return
			}
			var raw bytes.Buffer
			switch err := s.ReadPayload(ctx, p, 0, p.Size, &raw); {
			case errors.Is(err, ErrNoPayload):
			case err != nil:
				failed = fmt.Errorf("reading the payloads of run %d: %w", h.Run, err)
			default:
				if found == nil {
					found = map[planner.Payload][]byte{}
				}
				found[p] = raw.Bytes()
			}
		})
	}
	return found, failed
}
