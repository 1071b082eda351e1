package journal

import (
	"cmp"
	"slices"
	"time"
)

// Merged is what a batch as a whole makes of one run's row.
type Merged struct {
	Run  int64
	Born time.Time // when New came
	At   time.Time // when the last Row or New came
	New  *NewRun   // nil: the row exists
	Row  *RunRow   // nil with New only: the row is born pending

	// Stale is the Seq from which on history has gone past Row, which is then not to be written; 0: it can't have. A transition with facts can't be
	// committed twice, or late: its Seq is taken. One without may come again after its answer was lost, when the run has been elsewhere and has come back.
	Stale int64
}

// Merge folds the rows of a batch into one a run, in order of the runs' numbers: one statement can't touch a row twice, and writers that lock
// rows in one order don't deadlock. Its texts are clean (CleanText).
func Merge(batch []Transition) []Merged {
	n := 0
	for i := range batch {
		if batch[i].New != nil || batch[i].Row != nil {
			n++
		}
	}
	out := make([]Merged, 0, n)
	rows := make([]struct {
		born NewRun
		row  RunRow
	}, n) // what the pointers in out point to
	at := make(map[int64]int, n)
	for i := range batch {
		t := &batch[i]
		if t.New == nil && t.Row == nil {
			continue
		}
		k, ok := at[t.Run]
		if !ok {
			k = len(out)
			at[t.Run] = k
			out = append(out, Merged{Run: t.Run})
		}
		m := &out[k]
		m.At = t.At
		if t.New != nil {
			born := &rows[k].born
			*born = *t.New
			born.Flow = CleanText(born.Flow)
			m.New, m.Born = born, t.At
		}
		if t.Row != nil {
			row := *t.Row
			if m.Row != nil {
				row.Release, row.Reader = row.Release || m.Row.Release, max(row.Reader, m.Row.Reader)
				row.Version = cmp.Or(row.Version, m.Row.Version)
			}
			if m.New != nil {
				m.New.Reader = max(m.New.Reader, row.Reader)
			}
			row.Status, row.Needs, row.Class = CleanText(row.Status), CleanText(row.Needs), CleanText(row.Class)
			row.Step, row.Message = CleanText(row.Step), CleanText(row.Message)
			m.Row = &rows[k].row
			*m.Row = row
			m.Stale = 0
			if t.NoFacts() {
				m.Stale = t.After + 1
			}
		}
	}
	slices.SortFunc(out, func(a, b Merged) int { return cmp.Compare(a.Run, b.Run) })
	return out
}

// BornPending is the row of a run whose first transition sets none.
var BornPending = RunRow{Status: "pending"}
