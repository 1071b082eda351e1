package web

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/templates"
)

// The bounds of the runs that are kept folded though nobody looks at them, and of what is kept of each for watchers.
const (
	foldsKept    = 64
	foldBytes    = 256 << 20   // of all, as estimated
	foldIdle     = time.Minute // then one is forgotten
	foldFactor   = 6           // bytes of a folded run for each byte of its facts
	keptMessages = 256         // transitions of a run as messages, for watchers that come a moment later
)

// folds keeps runs folded while somebody looks at them and a moment longer, so that pages, fragments and websockets share one fold that only goes
// forward. What is read comes from the journal alone: forgetting a fold costs time and nothing else.
type folds struct {
	db     *models.DB
	broker *live.Broker
	made   prometheus.Counter // histories folded from their beginning
	// outline is what a version's runs are shown by.
	outline func(ctx context.Context, flow string, version int) (*runview.Outline, *flow.Definition, error)
	// read gives a fold's expressions what they look into; nil for what can't be had.
	read func(planner.Payload) []byte

	mu    sync.Mutex
	known map[foldKey]*fold
	timer *time.Timer // of the next sweep; nil: none is due
}

type foldKey struct {
	run     int64
	version int
}

// fold is one run, folded as far as anybody has read it.
type fold struct {
	key  foldKey
	uuid string
	flow string

	// Of folds.mu.
	users     int // readers and followers
	followers int
	left      time.Time
	weight    int64
	stopPump  func()

	turn chan struct{} // held by who reads forward; a channel, so that waiting for it ends with a request

	mu       sync.RWMutex // readers hold it while they look, so they see a transition whole or not at all
	outline  *runview.Outline
	def      *flow.Definition
	outlines int // the version that they are of
	state    *planner.State
	places   runview.Places    // where in the journal the values are that the state does not keep
	events   []live.Transition // the last ones, as many as a page shows
	messages []message         // the last ones, without a gap up to the state; none while all followers gather
	each     int               // followers that want each transition by itself
	gathers  int               // followers that gather
	watchers map[chan struct{}]struct{}
	failed   error // why following it ended
}

// message is a transition as watchers get it.
type message struct {
	seq  int64
	json []byte
}

// use counts a reader in. Every use wants its leave.
func (fs *folds) use(row models.Run, following bool) *fold {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	key := foldKey{row.ID, row.Version}
	f := fs.known[key]
	if f == nil {
		f = &fold{key: key, uuid: row.UUID, flow: row.Flow, turn: make(chan struct{}, 1), state: planner.NewState(), watchers: map[chan struct{}]struct{}{}}
		f.state.ReadFrom(fs.read)
		fs.known[key] = f
		fs.made.Inc()
	}
	f.users++
	if following {
		if f.followers++; f.followers == 1 {
			fs.pump(f)
		}
	}
	return f
}

// leave counts a reader out. The last follower takes the pump with it.
func (fs *folds) leave(f *fold, following bool) {
	fs.mu.Lock()
	var stop func()
	f.users--
	if following {
		if f.followers--; f.followers == 0 {
			stop, f.stopPump = f.stopPump, nil
		}
	}
	f.left = time.Now()
	fs.sweep()
	fs.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// sweep forgets folds that nobody uses: those left long ago, and of the others the oldest until the rest is within its bounds. It sees to it that it
// is called again while there are such.
func (fs *folds) sweep() {
	for {
		var oldest *fold
		var bytes int64
		idle := 0
		for _, f := range fs.known {
			bytes += f.weight
			if f.users > 0 {
				continue
			}
			idle++
			if oldest == nil || f.left.Before(oldest.left) {
				oldest = f
			}
		}
		if oldest == nil {
			return
		}
		if time.Since(oldest.left) < foldIdle && idle <= foldsKept && bytes <= foldBytes {
			if fs.timer == nil {
				fs.timer = time.AfterFunc(foldIdle+time.Second, func() {
					fs.mu.Lock()
					defer fs.mu.Unlock()
					fs.timer = nil
					fs.sweep()
				})
			}
			return
		}
		delete(fs.known, oldest.key)
	}
}

// pump keeps a followed run up to date: one reader of the journal for all that follow it.
func (fs *folds) pump(f *fold) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	f.stopPump = func() { cancel(); <-done }
	f.mu.Lock()
	f.failed = nil
	f.mu.Unlock()
	go func() {
		defer close(done)
		if err := fs.broker.Follow(ctx, journalOf{fs, f}, f.uuid, 0, nil); ctx.Err() == nil {
			f.fail(err)
		}
	}()
}

// journalOf lets live.Follow keep a fold up to date: each look goes into the fold, and nothing is left for Follow to hand on.
type journalOf struct {
	fs *folds
	f  *fold
}

// Transitions implements live.Source.
func (j journalOf) Transitions(ctx context.Context, _ string, _ int64, _ int) ([]live.Transition, error) {
	return nil, j.fs.forward(ctx, j.f)
}

// forward reads what was committed since the last look. When it returns, the fold has everything that was committed before the call.
func (fs *folds) forward(ctx context.Context, f *fold) error {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-f.turn }()
	if err := fs.outlined(ctx, f, f.key.version); err != nil {
		return err
	}
	got, size, err := source{fs.db, f.key.run}.read(ctx, f.state.Seq, 0) // only who has the turn writes it
	if err != nil || len(got) == 0 {
		return err
	}
	fs.mu.Lock()
	f.weight += int64(size) * foldFactor
	fs.mu.Unlock()
	if err := fs.outlined(ctx, f, versionAfter(f.state.Version, got)); err != nil { // the run may go on with another version
		return err
	}
	return f.add(got)
}

// outlined gives a fold the outline of a version. Only who has the turn calls it.
func (fs *folds) outlined(ctx context.Context, f *fold, version int) error {
	if f.outline != nil && f.outlines == version || version == 0 {
		return nil
	}
	outline, def, err := fs.outline(ctx, f.flow, version)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.outline, f.def, f.outlines = outline, def, version
	f.mu.Unlock()
	return nil
}

// versionAfter is the version that a run is on after transitions; 0: that of its row.
func versionAfter(version int, got []live.Transition) int {
	for _, t := range got {
		for _, f := range t.Facts {
			if f, ok := f.(*planner.RunRevised); ok {
				version = f.Version
			}
		}
	}
	return version
}

// add folds transitions and tells the watchers.
func (f *fold) add(got []live.Transition) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	unread := f.gathers > 0 && f.each == 0 // nobody would read them one by one
	if len(got) > keptMessages || unread {
		f.messages = nil
	}
	for i, t := range got {
		planner.Fold(f.state, t.Seq, t.At, t.Facts)
		f.places.Take(t.Seq, t.Facts)
		if len(got)-i > keptMessages || unread {
			continue
		}
		json, err := encodeJSON(runview.Event(t, f.state, f.outline))
		if err != nil {
			f.messages = nil // no gap
			return err
		}
		f.messages = append(f.messages, message{t.Seq, json})
	}
	f.messages = lastOf(f.messages, keptMessages)
	f.events = lastOf(append(f.events, lastOf(got, templates.ShownEvents)...), templates.ShownEvents)
	f.tell()
	return nil
}

// lastOf keeps the last n, in an array of their own once the one they stand in has grown to twice as many.
func lastOf[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	if all = all[len(all)-n:]; cap(all) < n+n/2 {
		all = append(make([]T, 0, 2*n), all...)
	}
	return all
}

func (f *fold) tell() {
	for w := range f.watchers {
		select {
		case w <- struct{}{}:
		default: // it has an unread hint already
		}
	}
}

func (f *fold) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = err
	f.tell()
}

// watch returns a channel that says that there is something new, and a function that ends the watch.
func (f *fold) watch() (<-chan struct{}, func()) {
	w := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watchers[w] = struct{}{}
	return w, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, w)
	}
}

// after gives the messages above a sequence number. ok is false if the first of them is no longer kept.
func (f *fold) after(seq int64) (found []message, ok bool, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if seq >= f.state.Seq {
		return nil, true, f.failed
	}
	missing := f.state.Seq - seq
	if missing > int64(len(f.messages)) {
		return nil, false, f.failed
	}
	return f.messages[int64(len(f.messages))-missing:], true, f.failed
}

// follow sends every message after a sequence number, in order and without gaps, until ctx ends or send fails. One that is too slow, or comes from
// too far back, reads the journal by itself until it has caught up: nothing is buffered for it.
func (fs *folds) follow(ctx context.Context, f *fold, after int64, send func([]byte) error) error {
	hints, stop := f.watch()
	defer stop()
	for {
		found, ok, err := f.after(after)
		switch {
		case err != nil:
			return err
		case !ok:
			if after, err = fs.replay(ctx, f, after, send); err != nil {
				return err
			}
			continue
		}
		for _, m := range found {
			if err := send(m.json); err != nil {
				return err
			}
			after = m.seq
		}
		if len(found) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hints:
		}
	}
}

// replay folds a run once more, for one watcher, and sends what that lacks, until the shared fold has the rest.
func (fs *folds) replay(ctx context.Context, f *fold, after int64, send func([]byte) error) (int64, error) {
	fs.made.Inc()
	const page = 500
	for state := planner.NewState(); ; {
		got, _, err := source{fs.db, f.key.run}.read(ctx, state.Seq, page)
		if err != nil {
			return after, err
		}
		for _, t := range got {
			planner.Fold(state, t.Seq, t.At, t.Facts)
			if t.Seq <= after {
				continue
			}
			json, err := encodeJSON(runview.Event(t, state, f.outline))
			if err != nil {
				return after, err
			}
			if err := send(json); err != nil {
				return after, err
			}
			after = t.Seq
		}
		if _, ok, err := f.after(after); ok || err != nil || len(got) == 0 {
			return after, err
		}
	}
}
