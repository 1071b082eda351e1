package postgres_test

import (
	"testing"

	"github.com/segno-run/segno/runtime/journal"
)

// TestKeys: a run's keys come with its first transition, once, and go with the run.
func TestKeys(t *testing.T) {
	s, c := open(t)
	inc := join(t, s, "a")
	batch := []journal.Transition{birth(1), birth(2), birth(3)}
	batch[0].Keys, batch[1].Keys = []int64{7, -1 << 63}, []int64{7}
	if err := s.Append(t.Context(), inc, 0, batch); err != nil {
		t.Fatal(err)
	}
	count := func(key int64) int {
		t.Helper()
		return exec(t, c, `SELECT count(*) FROM run_keys WHERE keys @> ARRAY[$1::bigint]`, key)
	}
	if got := []int{count(7), count(-1 << 63), count(8)}; got[0] != 2 || got[1] != 1 || got[2] != 0 {
		t.Errorf("runs with the keys 7, -2^63 and 8: got %v, want [2 1 0]", got)
	}
	late := batch[2]
	late.Seq, late.New, late.Keys = 2, nil, []int64{9}
	if err := s.Append(t.Context(), inc, 0, []journal.Transition{late}); err == nil {
		t.Error("keys at seq 2 were taken")
	}
	exec(t, c, `DELETE FROM runs WHERE id = $1 RETURNING 1`, batch[0].Run)
	if got := exec(t, c, `SELECT count(*) FROM run_keys`); got != 1 {
		t.Errorf("%d runs have keys after one of two is gone, want 1", got)
	}
	if err := s.Leave(t.Context(), inc); err != nil {
		t.Fatal(err)
	}
	next := birth(4)
	next.Keys = []int64{10}
	if err := s.Append(t.Context(), inc, 0, []journal.Transition{next}); err == nil || count(10) != 0 {
		t.Errorf("a fenced writer's keys: got error %v and %d rows, want an error and none", err, count(10))
	}
}
