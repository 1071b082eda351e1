package web

import (
	"context"
	"time"

	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// gatherSpacing is the least time between two messages to a follower that gathers: what is committed meanwhile goes into one. The first one after a rest
// goes out at once.
const gatherSpacing = 40 * time.Millisecond

// beatEvery is how long a follower that gathers hears nothing at most. A line over which nothing comes any more, though nobody has closed it, would
// otherwise look like a run in which nothing happens.
const beatEvery = 2 * time.Second

// follows counts a follower in, by what it wants. The function that it returns counts it out.
func (f *fold) follows(gather bool) (done func()) {
	count := &f.each
	if gather {
		count = &f.gathers
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	*count++
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		*count--
	}
}

// gather sends how the run stands whenever that has changed, until ctx ends or send fails. A follower that is slow gets fewer messages, and each brings it
// up to date: what lies between is not told, and nothing is read again for it.
func (f *fold) gather(ctx context.Context, after int64, send func([]byte) error) error {
	hints, stop := f.watch()
	defer stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	quiet := false // nothing was sent for a beat
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-rest.C:
		}
		message, seq, err := f.gathered(after, quiet)
		if err != nil {
			return err
		}
		quiet = false
		if message != nil {
			if err := send(message); err != nil {
				return err
			}
			after = seq
			beat.Reset(beatEvery)
			rest.Reset(gatherSpacing)
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hints:
		case <-beat.C:
			quiet = true
		}
		rest.Reset(0)
	}
}

// gathered is what somebody has to know who knows the run up to a sequence number; nil if that is all, unless a message is wanted whatever it says.
func (f *fold) gathered(after int64, wanted bool) (message []byte, seq int64, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if after >= f.state.Seq && (!wanted || f.failed != nil) {
		return nil, after, f.failed
	}
	after = min(after, f.state.Seq)
	got, whole := f.events, false
	if missing := f.state.Seq - after; missing <= int64(len(got)) {
		got, whole = got[int64(len(got))-missing:], true
	}
	message, err = encodeJSON(gatheredOf(f.state, f.outline, got, whole, after))
	return message, f.state.Seq, err
}

// gatheredOf tells transitions, which are the last ones of the run, and how what they changed stands. If they are not all that came after that number, any
// step may have changed.
func gatheredOf(s *planner.State, o *runview.Outline, got []live.Transition, whole bool, after int64) view.Gathered {
	g := view.Gathered{After: after, Seq: s.Seq, Sent: time.Now().UTC(), BeatMS: beatEvery.Milliseconds(), Events: make([]view.Event, len(got)), Run: *runview.Patch(s)}
	for i, t := range got {
		g.Events[i] = runview.Event(t, s, nil)
	}
	changed := runview.Changed(got)
	if !whole {
		g.Skipped = s.Seq - after - int64(len(got))
		changed = changed[:0]
		for _, st := range o.Steps {
			changed = append(changed, st.ID)
		}
	}
	g.Steps = make([]view.Step, len(changed))
	for i, name := range changed {
		g.Steps[i] = runview.StepOf(s, o, name, false)
	}
	return g
}
