package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// payload is one value that is kept once.
type payload struct {
	raw     []byte
	touched time.Time
	runs    map[int64]bool // that refer to it
}

// PutPayload implements journal.Store.
func (s *Store) PutPayload(ctx context.Context, p planner.Payload, raw []byte) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := journal.CheckPayload(p, raw); err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	s.put(p, raw)
	return nil
}

func (s *Store) put(p planner.Payload, raw []byte) {
	if at := s.payloads[p.Hash]; at != nil {
		at.touched = s.now()
		return
	}
	s.payloads[p.Hash] = &payload{clone(raw), s.now(), map[int64]bool{}}
}

// ReadPayload implements journal.Store.
func (s *Store) ReadPayload(ctx context.Context, p planner.Payload, from, to int64, w io.Writer) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	at := s.payloads[p.Hash]
	unlock()
	if at == nil || int64(len(at.raw)) != p.Size {
		return fmt.Errorf("memory: %s: %w", p.Name(), journal.ErrNoPayload)
	}
	from, to = max(from, 0), min(to, p.Size)
	if to <= from {
		return nil
	}
	_, err = w.Write(at.raw[from:to]) // its bytes never change
	return err
}

// SweepPayloads implements journal.Store.
func (s *Store) SweepPayloads(ctx context.Context, grace time.Duration, limit int) (n int, size int64, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer unlock()
	var old [][32]byte
	for hash, p := range s.payloads {
		if len(p.runs) == 0 && s.now().Sub(p.touched) > grace {
			old = append(old, hash)
		}
	}
	slices.SortFunc(old, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	for _, hash := range old[:min(len(old), limit)] {
		size += int64(len(s.payloads[hash].raw))
		delete(s.payloads, hash)
		n++
	}
	return n, size, nil
}

func (s *Store) shelve(batch []journal.Transition) {
	for i := range batch {
		for _, k := range batch[i].Kept {
			s.put(k.Payload, k.Raw)
		}
	}
}

// missing finds the transitions that refer to what is not there.
func (s *Store) missing(batch []journal.Transition) error {
	var bad journal.BatchError
	for i := range batch {
		for _, p := range batch[i].Refs {
			if s.payloads[p.Hash] == nil {
				bad.Bad = append(bad.Bad, i)
				if bad.Err == nil {
					bad.Err = fmt.Errorf("run %d refers to %s: %w", batch[i].Run, p.Name(), journal.ErrNoPayload)
				}
				break
			}
		}
	}
	if bad.Err == nil {
		return nil
	}
	return &bad
}

func (s *Store) refer(t *journal.Transition) {
	for _, p := range t.Refs {
		s.payloads[p.Hash].runs[t.Run] = true
	}
}
