package runtime

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// wireButton is a Button's body in the inbox. It outlives releases: fields are only ever added.
type wireButton struct {
	By       string             `json:"by,omitempty"`
	Then     flow.OnFailure     `json:"then,omitempty"`
	Step     string             `json:"step,omitempty"`
	Item     int                `json:"item,omitempty"`
	Approved bool               `json:"approved,omitempty"`
	Comment  string             `json:"comment,omitempty"`
	As       planner.Resolution `json:"as,omitempty"`
	Output   []byte             `json:"output,omitempty"` // base64, so that hostile JSON stays bytes
	Name     string             `json:"name,omitempty"`
	Seq      int64              `json:"seq,omitempty"`
	Version  int                `json:"version,omitempty"`
	Given    []wireGiven        `json:"given,omitempty"`
	Again    []string           `json:"again,omitempty"`
}

// wireGiven is an input that a person gave.
type wireGiven struct {
	Step  string `json:"step"`
	Item  int    `json:"item"`
	Input []byte `json:"input"`
}

func (w *wireButton) given() (out []planner.GivenInput) {
	for _, g := range w.Given {
		out = append(out, planner.GivenInput{Step: g.Step, Item: g.Item, Input: g.Input})
	}
	return out
}

// EncodeButton is the body under which a button goes into the inbox.
func EncodeButton(b Button) ([]byte, error) {
	w := wireButton{b.By, b.Then, b.Step, b.Item, b.Approved, b.Comment, b.As, b.Output, b.Name, b.Seq, b.Version, nil, b.Again}
	for _, g := range b.Given {
		w.Given = append(w.Given, wireGiven{g.Step, g.Item, g.Input})
	}
	return json.Marshal(w)
}

// sameWish reports whether two bodies wish for the same, whoever it is that wishes, and however the JSON in them is laid out.
func sameWish(one, other []byte) bool {
	a, errA := wish(one)
	b, errB := wish(other)
	if errA != nil || errB != nil {
		return bytes.Equal(one, other)
	}
	return bytes.Equal(a, b)
}

func wish(body []byte) ([]byte, error) {
	var w wireButton
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if json.Compact(&compact, w.Output) == nil {
		w.Output = compact.Bytes()
	}
	w.By = ""
	return json.Marshal(w)
}

// ReadMessage turns an inbox message into what the planner is asked. One that cannot be read is refused like any other that makes no sense: if it
// stayed, it would be read again for ever.
func ReadMessage(m journal.Message) Press {
	p := Press{ID: m.ID, Run: m.Run}
	switch in, err := readLetter(m); {
	case err != nil:
		p.Input = &planner.Unreadable{Why: fmt.Sprintf("the message of another run cannot be read: %v", err)}
		return p
	case in != nil:
		p.Input = in
		return p
	}
	var w wireButton
	if err := json.Unmarshal(m.Body, &w); err != nil {
		p.Input = &planner.Unreadable{Why: fmt.Sprintf("the request cannot be read: %v", err)}
		return p
	}
	switch ButtonKind(m.Kind) {
	case ButtonRetry:
		p.Input = &planner.Retry{By: w.By, Seq: w.Seq, Version: w.Version, Given: w.given()}
	case ButtonRestart:
		p.Input = &planner.Restart{By: w.By, Step: w.Step, Version: w.Version, Again: w.Again, Seq: w.Seq}
	case ButtonCancel:
		p.Input = &planner.Cancel{By: w.By, Then: w.Then}
	case ButtonPause:
		p.Input = &planner.Pause{By: w.By}
	case ButtonResume:
		p.Input = &planner.Resume{By: w.By}
	case ButtonCompensate:
		p.Input = &planner.Undo{By: w.By, Seq: w.Seq}
	case ButtonApprove:
		p.Input = &planner.Approve{Step: w.Step, Approved: w.Approved, By: w.By, Comment: w.Comment}
	case ButtonResolve:
		p.Input = &planner.Resolve{Step: w.Step, Item: w.Item, As: w.As, Output: w.Output, By: w.By, Reason: w.Comment}
	case ButtonRetryNow:
		p.Input = &planner.RetryNow{Step: w.Step, Item: w.Item, By: w.By}
	case ButtonStopRetrying:
		p.Input = &planner.StopRetrying{Step: w.Step, Item: w.Item, By: w.By}
	case ButtonSignal:
		p.Input = &planner.Send{Name: w.Name, Payload: w.Output, By: w.By}
	default:
		p.Input = &planner.Unreadable{Why: fmt.Sprintf("this release knows no request of the kind %q", m.Kind)}
	}
	return p
}
