package runtime_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
	"github.com/segno-run/segno/runtime/planner"
)

// next is the store as a server of the next release has it: what it writes needs a reader that this release is not.
type next struct{ memory.Release }

func (n next) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	for i := range batch {
		if born := batch[i].New; born != nil {
			later := *born
			later.Reader = n.Reader
			batch[i].New = &later
		}
		for k := range batch[i].Births {
			batch[i].Births[k].Reader = n.Reader
		}
	}
	return n.Release.Append(ctx, inc, writer, batch)
}

// TestARollingUpgrade has servers of two releases on one database: the older one leaves alone what the newer one began, takes buttons for it, and carries its own.
func TestARollingUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, program: compile(t, asks, functions)}
		w.answer = func(int, invoke.Invocation) invoke.Result { return invoke.Result{Output: []byte(`{}`)} }
		store := memory.New(time.Now)
		newer := next{memory.Release{Store: store, Reader: planner.Reader + 1}}
		old, stopOld := replica(t, "old", store, w)
		defer stopOld()
		fresh, stopFresh := replica(t, "new", newer, w)
		mine, theirs, left := begin(t, old), begin(t, fresh), begin(t, fresh)
		approve(t, old, theirs) // the newer one decides it
		approve(t, fresh, mine)
		<-time.After(time.Second)
		wantStatus(t, store, theirs, planner.StatusSucceeded)
		wantStatus(t, store, mine, planner.StatusSucceeded)

		stopFresh() // and its run is nobody's
		err := old.Press(t.Context(), left, runtime.Button{Kind: runtime.ButtonApprove, Step: "ask", Approved: true})
		if !errors.Is(err, runtime.ErrUndecided) {
			t.Fatalf("a button for a run that no server here understands: got %v, want that it is recorded and undecided", err)
		}
		if n, err := store.Find(t.Context(), left); err != nil {
			t.Fatal(err)
		} else if h, err := store.Load(t.Context(), n); err != nil || h.Owner != 0 {
			t.Errorf("its owner is %d, %v; want nobody", h.Owner, err)
		}
		wantStatus(t, store, left, planner.StatusWaiting)
		_, stopAgain := replica(t, "new", newer, w)
		<-time.After(time.Second)
		wantStatus(t, store, left, planner.StatusSucceeded)
		stopAgain()

		lost := begin(t, old)
		cut := &mute{Store: store}
		dying, stopDying := replica(t, "dying", journalOf{cut, newer}, w)
		orphan := begin(t, dying)
		cut.cut.Store(true)
		<-time.After(15 * time.Second) // the old one fences it, and takes nothing over
		if n, err := store.Find(t.Context(), orphan); err != nil {
			t.Fatal(err)
		} else if h, err := store.Load(t.Context(), n); err != nil || h.Owner != 0 {
			t.Errorf("a lost server's run of the next release: its owner is %d, %v; want nobody", h.Owner, err)
		}
		approve(t, old, lost)
		cut.cut.Store(false)
		stopDying()
	})
}

// journalOf is a store of the next release that can be cut off.
type journalOf struct {
	*mute
	next next
}

func (j journalOf) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	if err := j.wait(ctx); err != nil {
		return err
	}
	return j.next.Append(ctx, inc, writer, batch)
}

func (j journalOf) Claim(ctx context.Context, inc journal.Incarnation, limit int) ([]int64, error) {
	if err := j.wait(ctx); err != nil {
		return nil, err
	}
	return j.next.Claim(ctx, inc, limit)
}

func (j journalOf) Takeover(ctx context.Context, inc journal.Incarnation, replica string) ([]int64, error) {
	if err := j.wait(ctx); err != nil {
		return nil, err
	}
	return j.next.Takeover(ctx, inc, replica)
}
