package storetest

import (
	"bytes"
	"testing"

	"github.com/segno-run/segno/runtime/journal"
)

// parent is a transition that starts a run and sends it its first message.
func parent(run, seq int64, parent, child string) journal.Transition {
	t := fact(run, seq)
	t.Births = []journal.Birth{{UUID: child, Flow: "child", Version: 4, Reader: 1, Parent: parent, Step: "pay", Item: 2}}
	t.Outbox = []journal.Letter{{ID: newUUID(), To: child, Kind: "begin", Body: []byte("hello\x00")}}
	return t
}

func childrenAndLetters(t *testing.T, s *suite) {
	inc, other := s.join("a"), s.join("b")
	mum := birth(s.id())
	kid := newUUID()
	first := parent(mum.Run, 2, mum.New.UUID, kid)
	// Birth, first message and one more of a later transition, in one batch: the second one can't see the row yet.
	second := fact(mum.Run, 3)
	second.Outbox = []journal.Letter{{ID: newUUID(), To: kid, Kind: "ask"}, {ID: newUUID(), To: newUUID(), Kind: "to nobody"}}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{mum, first, second}), "Append")

	run, err := s.Find(ctx, kid)
	s.ok(err, "Find of the child")
	h, err := s.Load(ctx, run)
	s.ok(err, "Load of the child")
	if h.UUID != kid || h.Flow != "child" || h.Version != 4 || h.Status != "pending" || h.Owner != 0 || h.Parent != mum.New.UUID || len(h.Records) != 0 {
		t.Errorf("the child: got %+v", h)
	}
	if h, err := s.Load(ctx, mum.Run); err != nil || h.Parent != "" {
		t.Errorf("the parent: got parent %q, %v, want none", h.Parent, err)
	}
	s.claim(other, 10, run) // whoever comes first
	in, err := s.Inbox(ctx, other, 10)
	if err != nil || len(in) != 2 || in[0].Kind != "begin" || !bytes.Equal(in[0].Body, []byte("hello\x00")) || in[1].Kind != "ask" || in[0].Run != run {
		t.Fatalf("the child's inbox: got %+v, %v, want begin and ask", in, err)
	}

	// The child tells its parent in the transition that consumes what it was told.
	began := fact(run, 1)
	began.Row = &journal.RunRow{Status: "running"}
	began.Inbox = []journal.Consumed{{ID: in[0].ID}, {ID: in[1].ID}}
	began.Outbox = []journal.Letter{{ID: newUUID(), To: mum.New.UUID, Kind: "end", Body: []byte("done")}}
	s.ok(s.Append(ctx, other, 1, []journal.Transition{began}), "Append of the child")
	s.seqs(run, 1)
	if got := s.o.Row(t, s.Store, run).Status; got != "running" {
		t.Errorf("status of the child: got %q, want running", got)
	}
	in, err = s.Inbox(ctx, inc, 10)
	if err != nil || len(in) != 1 || in[0].Run != mum.Run || in[0].Kind != "end" {
		t.Fatalf("the parent's inbox: got %+v, %v", in, err)
	}
	// The same message again, by another way, changes nothing.
	again := fact(run, 2)
	again.Outbox = []journal.Letter{{ID: in[0].ID, To: mum.New.UUID, Kind: "end", Body: []byte("other")}}
	s.ok(s.Append(ctx, other, 1, []journal.Transition{again}), "Append of the same letter")
	if in, err := s.Inbox(ctx, inc, 10); err != nil || len(in) != 1 || string(in[0].Body) != "done" {
		t.Errorf("the parent's inbox after the same letter: got %+v, %v", in, err)
	}
}

// childrenAreAtomic: what a refused or fenced batch starts and tells is not there.
func childrenAreAtomic(t *testing.T, s *suite) {
	inc := s.join("a")
	mum := birth(s.id())
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{mum}), "Append")
	kid := newUUID()
	good := parent(mum.Run, 2, mum.New.UUID, kid)
	s.bad(s.Append(ctx, inc, 0, []journal.Transition{good, fact(mum.Run, 1)}), 1)
	_, err := s.Find(ctx, kid)
	s.is(err, journal.ErrNoRun, "Find of a child of a refused batch")

	s.ok(s.Append(ctx, inc, 0, []journal.Transition{good}), "Append")
	twice := parent(mum.Run, 3, mum.New.UUID, kid)
	bystander := s.id()
	s.bad(s.Append(ctx, inc, 0, []journal.Transition{birth(bystander), twice}), 1) // nobody is born twice
	s.seqs(mum.Run, 1, 2)

	s.ok(s.Leave(ctx, inc), "Leave")
	late := newUUID()
	s.is(s.Append(ctx, inc, 0, []journal.Transition{parent(mum.Run, 3, mum.New.UUID, late)}), journal.ErrFenced, "Append after the fence")
	_, err = s.Find(ctx, late)
	s.is(err, journal.ErrNoRun, "Find of a child of the fenced")
	if in, err := s.Inbox(ctx, 0, 10); err == nil && len(in) > 1 {
		t.Errorf("the fenced sent %d letters", len(in)-1)
	}

	for name, wrong := range map[string]func(*journal.Transition){
		"no uuid":          func(t *journal.Transition) { t.Births[0].UUID = "x" },
		"no parent":        func(t *journal.Transition) { t.Births[0].Parent = "" },
		"no letter id":     func(t *journal.Transition) { t.Outbox[0].ID = "" },
		"no address":       func(t *journal.Transition) { t.Outbox[0].To = "y" },
		"a large version":  func(t *journal.Transition) { t.Births[0].Version = 1 << 40 },
		"without any fact": func(t *journal.Transition) { t.Seq, t.Facts = 0, nil },
	} {
		inc := s.join("b")
		bad := parent(mum.Run, 3, mum.New.UUID, newUUID())
		wrong(&bad)
		t.Log(name)
		s.bad(s.Append(ctx, inc, 0, []journal.Transition{bad}), 0)
	}
}
