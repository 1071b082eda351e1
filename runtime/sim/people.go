package sim

import (
	"errors"
	"fmt"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// client starts one run and looks after it.
type client struct {
	n       int
	uuid    string
	flow    string
	run     int64 // once it is acknowledged
	over    bool
	gone    bool // retention has deleted the run
	poison  bool // a result of its run can't be stored
	deadly  bool // a function of its run kills its server
	clicks  int
	pending bool    // a click is on its way
	parent  *client // of the run that started this one; nil: a person did
}

func (w *World) client(n int) {
	c := &client{n: n, flow: names[n%len(names)], poison: n%3 == 0 && n < 4, deadly: n == 1 && w.rng.IntN(3) == 0}
	w.runs = append(w.runs, c)
	w.after(w.upTo(30*time.Second), func() { w.start(c) })
}

// start asks a server for the run, and asks again if nobody answers. The idempotency key makes it one run.
func (w *World) start(c *client) {
	if c.run != 0 {
		return
	}
	w.after(5*time.Second+w.upTo(5*time.Second), func() { w.start(c) })
	if run, err := w.store.Find(background(), c.uuid); err == nil { // it has heard of it some other way: retention must not be quicker than its next try
		w.acknowledged(c, run)
		return
	}
	s := w.someone()
	if s == nil {
		return
	}
	key, input := fmt.Sprint("client ", c.n), c.input()
	uuid, _, err := s.store.ReserveStart(background(), c.flow, key, w.id(), []byte(key))
	if err != nil {
		w.violated(theWorld, "reserving a start: %v", err)
		return
	}
	c.uuid = uuid
	if run, err := w.store.Find(background(), uuid); err == nil {
		w.acknowledged(c, run)
		return
	}
	n, err := s.store.ReserveIDs(background(), 1)
	if err != nil {
		w.violated(theWorld, "reserving a number: %v", err)
		return
	}
	w.byRun[n] = c
	s.step(runtime.Begin{Run: n, Program: w.program(c.flow, 1), Start: &planner.Start{ID: c.uuid, Version: 1, Input: input}})
}

// input is what the run of a client is given.
func (c *client) input() planner.JSON {
	if c.flow == "vault" {
		return values()[hugeValues].raw
	}
	return planner.JSON(fmt.Sprintf(`{"n":%d}`, c.n))
}

func (w *World) begun(b runtime.Begun) {
	c := w.byRun[b.Run]
	if b.Err != nil || c == nil {
		return
	}
	if run, err := w.store.Find(background(), c.uuid); err != nil || run != b.Run {
		w.violated(durableFirst, "the start of run %d was acknowledged before it was durable: found %d, %v", b.Run, run, err)
		return
	}
	w.acknowledged(c, b.Run)
}

func (w *World) acknowledged(c *client, run int64) {
	if c.run == 0 {
		c.run = run
		w.byRun[run] = c
		w.look(c)
	}
}

// watch has somebody look at a run that has changed.
func (w *World) watch(run int64) {
	if c := w.byRun[run]; c != nil && c.run == run {
		w.rests(c)
		w.after(0, func() { w.glance(c) })
	}
}

// look has somebody look at a run every now and then, whatever they were told.
func (w *World) look(c *client) {
	w.glance(c)
	if !c.over {
		w.after(10*time.Second, func() { w.look(c) })
	}
}

// rouse has somebody look again at a run that was taken for over, and at those below it: somebody has gone back to a step of it.
func (w *World) rouse(c *client) {
	for _, member := range w.family(c) {
		if member.over {
			member.over = false
			w.look(member)
		}
	}
}

// rests reports whether nobody has to look at a run any more.
func (w *World) rests(c *client) bool {
	switch {
	case !c.over, c.gone:
		return c.over
	case c.parent == nil && w.durable(c.run).Ended == "":
		w.rouse(c)
		return false
	}
	return true
}

// glance does what an operator would do about what the run shows.
func (w *World) glance(c *client) {
	if c.over || c.pending {
		return
	}
	s := w.durable(c.run)
	w.meet(s)
	if c.parent != nil {
		w.glanceAtKid(c, s)
		return
	}
	var b *runtime.Button
	switch s.Status() {
	case planner.StatusSucceeded, planner.StatusCompensated:
		if c.clicks > 6 || s.Status() == planner.StatusCompensated || !w.chance(0.05) {
			c.over = true
			return
		}
		b = w.restart(s) // somebody thinks better of it
	case planner.StatusCancelled:
		b = &runtime.Button{Kind: runtime.ButtonCompensate}
	case planner.StatusFailed:
		b = w.repair(s)
		if c.clicks > 6 || w.rng.IntN(4) == 0 {
			b.Kind = runtime.ButtonCompensate
		}
		if s.Failure.Fault.Message != "" && c.poison && c.clicks > 2 {
			b.Kind = runtime.ButtonCompensate
		}
	case planner.StatusCompensationFailed:
		b = &runtime.Button{Kind: runtime.ButtonRetry}
	case planner.StatusPaused:
		b = &runtime.Button{Kind: runtime.ButtonResume}
	default:
		if b = w.ask(s); b == nil {
			b = w.send(s)
		}
		if b == nil && c.clicks < 8 {
			b = w.hurry(s)
		}
		if b == nil && c.clicks < 8 && w.chance(0.02) {
			b = &runtime.Button{Kind: runtime.ButtonCancel}
			if w.rng.IntN(2) == 0 {
				b.Then = flow.Compensate
			}
		}
	}
	if b == nil && s.Status() == planner.StatusRunning && c.clicks < 8 && w.chance(0.04) {
		b = &runtime.Button{Kind: runtime.ButtonPause}
	}
	w.press(c, b)
}

// press posts a button after a while; nil posts none.
func (w *World) press(c *client, b *runtime.Button) {
	if b == nil {
		return
	}
	c.pending = true
	c.clicks++
	wait := 20 * time.Second
	if b.Kind == runtime.ButtonRetryNow || b.Kind == runtime.ButtonStopRetrying {
		wait = 2 * time.Second // a retry does not wait long
	}
	w.after(w.upTo(wait), func() { w.click(c, *b) })
}

// send sends a flow the signal that it waits for, now and then before it does, and more often than it wants.
func (w *World) send(s *planner.State) *runtime.Button {
	steps := w.of(s).Signals["paid"]
	open := false
	for _, p := range steps {
		st := s.Steps[p.Name]
		open = open || st != nil && st.Status == planner.Waiting || st == nil && w.rng.IntN(4) == 0
	}
	if !open || w.rng.IntN(3) == 0 {
		return nil
	}
	b := &runtime.Button{Kind: runtime.ButtonSignal, Name: "paid", Output: []byte(`{"n":1}`)}
	if w.rng.IntN(6) == 0 {
		b.Output = values()[hugeValues].raw
	}
	return b
}

// hurry presses, now and then, a button on something that waits for its next attempt: on that alone, or on its step with all its items.
func (w *World) hurry(s *planner.State) *runtime.Button {
	if s.Retries == 0 || !w.chance(0.5) {
		return nil
	}
	var waiting []planner.Ref
	for _, p := range w.of(s).Steps {
		st := s.Steps[p.Name]
		if st == nil {
			continue
		}
		items := []int{planner.NoItem}
		for i := range st.Items {
			items = append(items, i)
		}
		for _, i := range items {
			for _, undo := range []bool{false, true} {
				if u := s.Unit(planner.Ref{Step: p.Name, Item: i, Undo: undo}); u != nil && u.State == planner.Retrying {
					waiting = append(waiting, planner.Ref{Step: p.Name, Item: i})
				}
			}
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	r := waiting[w.rng.IntN(len(waiting))]
	b := &runtime.Button{Kind: runtime.ButtonRetryNow, Step: r.Step, Item: r.Item}
	if w.rng.IntN(3) == 0 {
		b.Kind = runtime.ButtonStopRetrying
	}
	if w.rng.IntN(3) == 0 {
		b.Item = planner.NoItem
	}
	return b
}

// ask answers what a run asks a person.
func (w *World) ask(s *planner.State) *runtime.Button {
	for _, p := range w.of(s).Steps { // in a fixed order: one seed, one story
		st := s.Steps[p.Name]
		if st == nil {
			continue
		}
		if st.Status == planner.Waiting && st.Ask {
			return &runtime.Button{Kind: runtime.ButtonApprove, Step: p.Name, Approved: w.rng.IntN(4) > 0}
		}
		items := []int{planner.NoItem}
		for i := range st.Items {
			items = append(items, i)
		}
		for _, i := range items {
			for _, undo := range []bool{false, true} {
				r := planner.Ref{Step: p.Name, Item: i, Undo: undo}
				if u := s.Unit(r); u != nil && u.State == planner.Uncertain {
					return w.resolve(s, r, u)
				}
			}
		}
	}
	return nil
}

// resolve says what the function's own ledger says.
func (w *World) resolve(s *planner.State, r planner.Ref, u *planner.Unit) *runtime.Button {
	b := &runtime.Button{Kind: runtime.ButtonResolve, Step: r.Step, Item: r.Item, As: planner.DidNotHappen}
	if e := w.ledger[u.Key(s.ID, r)]; e != nil && e.effect {
		b.As, b.Output = planner.Happened, []byte(`{"ok":true,"id":"told"}`)
	}
	return b
}

// click asks a server to post a button, until one takes it; now and then the network delivers it twice, or an impatient person clicks again.
func (w *World) click(c *client, b runtime.Button) {
	s := w.someone()
	if s == nil {
		w.after(time.Second, func() { w.click(c, b) })
		return
	}
	c.pending = false
	w.post(s, c, b)
	if w.rng.IntN(3) == 0 {
		w.post(s, c, b)
	}
	w.hint(s)
}

func (w *World) post(s *server, c *client, b runtime.Button) {
	w.report.Buttons++
	b.ID = w.id()
	b.By = b.ID // so that the facts tell which click made them
	blocked := w.plan(c.run, &b)
	body, err := runtime.EncodeButton(b)
	if err != nil {
		w.violated(theWorld, "button: %v", err)
		return
	}
	m := journal.Message{ID: b.ID, Run: c.run, Kind: string(b.Kind), Body: body}
	for range 1 + w.rng.IntN(2) {
		switch err := s.store.Post(background(), m); {
		case errors.Is(err, journal.ErrNoRun) && c.gone:
			return
		case err != nil:
			w.violated(nothingLost, "posting a button to run %d (%s): %v", c.run, c.flow, err)
			return
		}
	}
	w.posted[b.ID] = &message{id: b.ID, run: c.run, kind: b.Kind, step: b.Step, seq: b.Seq, version: b.Version, blocked: blocked}
}

// message is a button that was posted.
type message struct {
	id     string
	run    int64
	kind   runtime.ButtonKind
	step   string // that it is about, if it is about one
	answer []byte // once it is known
	judged bool

	// Of one that repairs: the last transition that its presser knew of, the version that they want, and why the plan said that it would be refused.
	seq     int64
	version int
	blocked error
}
