package runtime

import (
	"encoding/json"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// The kinds of the messages that runs send each other.
const (
	letterBegin = "child.begin" // to a run that another one starts
	letterAsk   = "child.ask"   // to a run that another one has started
	letterEnd   = "child.end"   // to the run that started it
)

// wireLetter is a letter's body in the inbox. It outlives releases: fields are only ever added. Bytes travel as base64, so that hostile JSON stays bytes.
type wireLetter struct {
	Child   string            `json:"child,omitempty"`
	Version int               `json:"version,omitempty"`
	Input   []byte            `json:"input,omitempty"`
	By      string            `json:"by,omitempty"`
	Parent  string            `json:"parent,omitempty"`
	Depth   int               `json:"depth,omitempty"`
	Step    string            `json:"step,omitempty"`
	Item    int               `json:"item,omitempty"`
	Undo    bool              `json:"undo,omitempty"`
	Attempt int               `json:"attempt,omitempty"`
	Ask     planner.Ask       `json:"ask,omitempty"`
	Then    string            `json:"then,omitempty"`
	Fault   *wireFault        `json:"fault,omitempty"`
	Status  planner.RunStatus `json:"status,omitempty"`
	Output  []byte            `json:"output,omitempty"`
	Failed  string            `json:"failed,omitempty"` // the child's step
}

// wireFault is a fault whose texts are kept byte by byte.
type wireFault struct {
	Class    fault.Class  `json:"class"`
	Effect   fault.Effect `json:"effect"`
	Message  []byte       `json:"message,omitempty"`
	Evidence [][2][]byte  `json:"evidence,omitempty"`
}

func toWire(f *fault.Fault) *wireFault {
	if f == nil {
		return nil
	}
	w := &wireFault{Class: f.Class, Effect: f.Effect, Message: []byte(f.Message)}
	for _, d := range f.Evidence {
		w.Evidence = append(w.Evidence, [2][]byte{[]byte(d.Name), []byte(d.Value)})
	}
	return w
}

func (w *wireFault) fault() *fault.Fault {
	if w == nil {
		return nil
	}
	f := &fault.Fault{Class: w.Class, Effect: w.Effect, Message: string(w.Message)}
	for _, d := range w.Evidence {
		f.Evidence = append(f.Evidence, fault.Detail{Name: string(d[0]), Value: string(d[1])})
	}
	return f
}

// carry puts facts into a transition, with what they refer to.
func (c *Core) carry(t *journal.Transition, facts []planner.Fact) (err error) {
	t.Refs = planner.Payloads(facts)
	t.Facts, err = planner.EncodeIn(&c.draft, facts)
	return err
}

// post turns the planner's messages to other runs, and the payloads of the facts, into what is committed with the facts they come with, and returns the commands that are left. What it
// makes depends on the run and the transition alone.
func (r *run) post(t *journal.Transition, commands []planner.Command) ([]planner.Command, []letter, error) {
	var (
		rest []planner.Command
		out  []letter
	)
	for _, cmd := range commands {
		var l wireLetter
		var to, kind string
		switch cmd := cmd.(type) {
		case *planner.StartChild:
			p := cmd.Parent
			to, kind = cmd.Child, letterBegin
			l = wireLetter{Version: cmd.Version, Input: cmd.Input, By: cmd.By, Parent: p.Run, Depth: p.Depth, Step: p.Step, Item: p.Item, Attempt: p.Attempt}
			t.Births = append(t.Births, journal.Birth{UUID: cmd.Child, Flow: cmd.Flow, Version: cmd.Version, Reader: planner.ReaderAtBirth,
				Parent: p.Run, Step: p.Step, Item: p.Item})
		case *planner.AskChild:
			to, kind = cmd.Child, letterAsk
			l = wireLetter{Ask: cmd.Ask, Attempt: cmd.Attempt, Undo: cmd.Undo, Then: cmd.Then, Fault: toWire(cmd.Fault)}
		case *planner.TellParent:
			to, kind = cmd.Parent, letterEnd
			l = wireLetter{Child: cmd.Child, Step: cmd.Ref.Step, Item: cmd.Item, Undo: cmd.Undo, Attempt: cmd.Attempt, Status: cmd.Status,
				Output: cmd.Output, Fault: toWire(cmd.Fault), Failed: cmd.ChildStep}
		case *planner.Keep:
			t.Kept = append(t.Kept, journal.Kept{Payload: cmd.Payload, Raw: cmd.Raw})
			continue
		default:
			rest = append(rest, cmd)
			continue
		}
		body, err := json.Marshal(l)
		if err != nil {
			return nil, nil, err
		}
		id := planner.LetterID(r.uuid, t.Seq, len(t.Outbox))
		t.Outbox = append(t.Outbox, journal.Letter{ID: id, To: to, Kind: kind, Body: body})
		out = append(out, letter{id: id, to: to, news: kind == letterEnd, birth: kind == letterBegin, body: body})
	}
	return rest, out, nil
}

// letter is a message that waits for its commit.
type letter struct {
	id, to string
	news   bool
	birth  bool // it comes with the run that it is for
	body   []byte
	life   uint64 // of the run it is for, when it was written; 0: that was not in memory
}

// readLetter turns a letter into what the planner is asked; nil if it is none.
func readLetter(m journal.Message) (planner.Input, error) {
	switch m.Kind {
	case letterBegin, letterAsk, letterEnd:
	default:
		return nil, nil
	}
	var l wireLetter
	if err := json.Unmarshal(m.Body, &l); err != nil {
		return nil, err
	}
	switch m.Kind {
	case letterBegin:
		return &planner.Start{Version: l.Version, Input: l.Input, By: l.By,
			Parent: &planner.ParentLink{Run: l.Parent, Step: l.Step, Item: l.Item, Attempt: l.Attempt, Depth: l.Depth}}, nil
	case letterAsk:
		return &planner.Asked{Ask: l.Ask, Attempt: l.Attempt, Undo: l.Undo, Then: l.Then, Fault: l.Fault.fault()}, nil
	}
	return &planner.ChildDone{Ref: planner.Ref{Step: l.Step, Item: l.Item, Undo: l.Undo}, Attempt: l.Attempt, Child: l.Child, Status: l.Status,
		Output: l.Output, Fault: l.Fault.fault(), ChildStep: l.Failed}, nil
}
