package memory

import (
	"context"
	"slices"

	"github.com/segno-run/segno/runtime/journal"
)

// Expire implements journal.Store.
func (s *Store) Expire(ctx context.Context, r journal.Retention, limit int) (runs int, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	var finished []int64 // the newest first
	for _, id := range slices.Backward(s.sorted()) {
		if run := s.runs[id]; run.flow == r.Flow && run.parent == "" && run.row.EndedAt != nil && slices.Contains(r.Finished(), run.row.Status) {
			finished = append(finished, id)
		}
	}
	for i := len(finished) - 1; i >= 0 && runs < limit; i-- {
		run := s.runs[finished[i]]
		old := r.Age > 0 && s.now().Sub(*run.row.EndedAt) > r.Age || r.Runs > 0 && i >= r.Runs
		if !old || run.owner != 0 {
			continue
		}
		family := s.family(finished[i])
		if slices.ContainsFunc(family, s.living) {
			continue
		}
		for _, id := range family {
			s.forget(id)
		}
		runs++
	}
	return runs, nil
}

// family lists a run and all that it started, directly or through others.
func (s *Store) family(root int64) []int64 {
	all := []int64{root}
	for i := 0; i < len(all); i++ {
		for _, id := range s.sorted() {
			if s.runs[id].parent == s.runs[all[i]].uuid {
				all = append(all, id)
			}
		}
	}
	return all
}

// living reports whether a run goes on, or has been asked for something.
func (s *Store) living(id int64) bool {
	r := s.runs[id]
	return r.owner != 0 || r.row.EndedAt == nil || slices.ContainsFunc(s.arrived, func(m *message) bool { return m.Run == id && !m.consumed })
}

func (s *Store) forget(id int64) {
	uuid := s.runs[id].uuid
	delete(s.runs, id)
	delete(s.uuids, uuid)
	delete(s.histories, id)
	for key, start := range s.starts {
		if start.uuid == uuid {
			delete(s.starts, key)
		}
	}
	for key, m := range s.inbox {
		if m.Run == id {
			delete(s.inbox, key)
		}
	}
	s.arrived = slices.DeleteFunc(s.arrived, func(m *message) bool { return m.Run == id })
	for _, p := range s.payloads {
		delete(p.runs, id)
	}
}

// Clear implements journal.Store. Nothing is left over here: what belonged to a run goes with it.
func (s *Store) Clear(ctx context.Context, _ int) (int, error) { return 0, ctx.Err() }
