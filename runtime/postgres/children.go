package postgres

import (
	"context"
	"sync"

	"github.com/segno-run/segno/runtime/journal"
)

// numbers gives runs that are born with another run's transition their numbers, from blocks.
type numbers struct {
	mu          sync.Mutex
	first, left int64
}

// numberBlock is how many numbers are reserved at once.
const numberBlock = 1000

// number gives every birth of a batch its number. A batch that is tried again after a lost answer takes other numbers: if it was committed the first
// time, it is refused as a duplicate.
func (s *Store) number(ctx context.Context, batch []journal.Transition) ([]journal.Transition, error) {
	n := 0
	for i := range batch {
		n += len(batch[i].Births)
	}
	if n == 0 {
		return batch, nil
	}
	s.numbers.mu.Lock()
	defer s.numbers.mu.Unlock()
	if s.numbers.left < int64(n) {
		block := max(n, numberBlock)
		first, err := s.ReserveIDs(ctx, block)
		if err != nil {
			return nil, err
		}
		s.numbers.first, s.numbers.left = first, int64(block)
	}
	out := make([]journal.Transition, len(batch))
	copy(out, batch)
	for i := range out {
		births := make([]journal.Birth, len(out[i].Births))
		copy(births, out[i].Births)
		for k := range births {
			births[k].Run = s.numbers.first
			s.numbers.first, s.numbers.left = s.numbers.first+1, s.numbers.left-1
		}
		out[i].Births = births
	}
	return out, nil
}

const (
	childrenPart = `, children AS (INSERT INTO runs (id, uuid, flow, version, reader, status, created_at, updated_at, parent, parent_step, parent_item)
 SELECT id, uuid, flow, version, reader, 'pending', at, at, parent, step, item
 FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::int[], %s::int[], %s::timestamptz[], %s::uuid[], %s::text[], %s::int[])
 AS u (id, uuid, flow, version, reader, at, parent, step, item) WHERE EXISTS (SELECT FROM fence))`

	// A run that is born in this statement can't be looked up by it, so its number is given.
	outboxPart = `, sent AS (INSERT INTO inbox (id, run, kind, body, at)
 SELECT u.id, coalesce(u.run, runs.id), u.kind, u.body, clock_timestamp()
 FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::text[], %s::bytea[]) WITH ORDINALITY AS u (id, run, address, kind, body, n)
 LEFT JOIN runs ON runs.uuid = u.address
 WHERE coalesce(u.run, runs.id) IS NOT NULL AND EXISTS (SELECT FROM fence) ORDER BY u.n ON CONFLICT (id) DO NOTHING)`
)

// children writes the runs that a batch makes, and gives their numbers by UUID.
func (s *sheet) children(batch []journal.Transition) (byUUID map[[16]byte]int64) {
	var c []column
	for i := range batch {
		for _, b := range batch[i].Births {
			if c == nil {
				c, byUUID = s.add(bornChildren), map[[16]byte]int64{}
			}
			id, _ := journal.ParseUUID(b.UUID) // Check has parsed both
			parent, _ := journal.ParseUUID(b.Parent)
			byUUID[id] = b.Run
			c[0].int64(b.Run)
			c[1].uuid(id)
			c[2].text(journal.CleanText(b.Flow))
			c[3].int32(b.Version)
			c[4].int32(b.Reader)
			c[5].time(batch[i].At)
			c[6].uuid(parent)
			c[7].text(journal.CleanText(b.Step))
			c[8].int32(b.Item)
		}
	}
	return byUUID
}

// letters writes the messages that a batch sends.
func (s *sheet) letters(batch []journal.Transition, children map[[16]byte]int64) {
	var c []column
	for i := range batch {
		for _, l := range batch[i].Outbox {
			if c == nil {
				c = s.add(sent)
			}
			id, _ := journal.ParseUUID(l.ID) // Check has parsed both
			to, _ := journal.ParseUUID(l.To)
			c[0].uuid(id)
			if run, ok := children[to]; ok {
				c[1].int64(run)
			} else {
				c[1].null()
			}
			c[2].uuid(to)
			c[3].text(journal.CleanText(l.Kind))
			c[4].bytes(l.Body)
		}
	}
}
