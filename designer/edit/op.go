// Package edit owns the operations that change a flow's text: what the canvas and the forms send instead of a new file.
//
// An operation changes only the lines it must: comments, order, quoting, line ends and the style of what is beside it stay byte for byte. It knows
// the syntax (flow) and where expressions name steps (expr), but no catalogue: an edited flow may still fail its check.
package edit

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/segno-run/segno/designer/flow"
)

// Op is one operation, a union tagged by Op. Each kind uses the fields that its constant names.
type Op struct {
	Op string `json:"op"`

	Step     string          `json:"step,omitempty"`
	Kind     flow.Kind       `json:"kind,omitempty"`
	Function string          `json:"function,omitempty"`
	Flow     string          `json:"flow,omitempty"`
	Needs    []string        `json:"needs,omitempty"`
	After    string          `json:"after,omitempty"`
	Bridge   bool            `json:"bridge,omitempty"`
	From     string          `json:"from,omitempty"`
	Port     string          `json:"port,omitempty"`
	To       string          `json:"to,omitempty"`
	Path     string          `json:"path,omitempty"`
	Value    json.RawMessage `json:"value,omitempty"`
	YAML     string          `json:"yaml,omitempty"`
}

// The operations.
const (
	AddStep       = "add_step"       // Step, Kind, Function (of a call) or Flow (of a flow step), Needs ("step" or "step.port"), After (the step to write it behind; else the last)
	DeleteStep    = "delete_step"    // Step, Bridge: what needed it then needs what it needed
	Connect       = "connect"        // From, Port ("" is done), To
	Disconnect    = "disconnect"     // From, Port, To
	SetField      = "set_field"      // Step ("" is the flow), Path ("with.amount"), and Value or, instead of it, YAML: the same as YAML
	RemoveField   = "remove_field"   // Step, Path
	RenameStep    = "rename_step"    // Step, To: follows into needs and expressions
	PasteSteps    = "paste_steps"    // YAML: steps by name, After: where; a name that is taken becomes a free one
	InsertBetween = "insert_between" // From, Port, To, Step, Kind, Function, Flow: a new step on an edge
)

// Code says why an operation was refused; it is part of the API.
type Code string

// The codes of an Error.
const (
	InvalidYAML      Code = "invalid_yaml" // the text can't be read, so it can't be edited
	UnknownOp        Code = "unknown_op"
	UnknownStep      Code = "unknown_step"
	NameTaken        Code = "name_taken"
	BadName          Code = "bad_name"
	BadKind          Code = "bad_kind"
	NoSuchPort       Code = "no_such_port"
	WouldCycle       Code = "cycle"
	AlreadyConnected Code = "already_connected"
	NotConnected     Code = "not_connected"
	BadPath          Code = "bad_path"
	BadValue         Code = "bad_value"
	NotPossible      Code = "not_possible" // the text is written in a way that this operation can't change
)

// Error is a refused operation. The text is unchanged.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Error makes an Error usable as an error.
func (e *Error) Error() string { return e.Message }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Patch replaces Old, which stands at the byte Offset, by New.
type Patch struct {
	Offset int    `json:"offset"`
	Old    []byte `json:"old"`
	New    []byte `json:"new"`
}

// Apply applies p to text. It is an error if Old does not stand at Offset.
func (p Patch) Apply(text []byte) ([]byte, error) {
	if p.Offset < 0 || p.Offset > len(text) || !bytes.HasPrefix(text[p.Offset:], p.Old) {
		return nil, fmt.Errorf("applying a patch at byte %d: the text there is not what the patch replaces", p.Offset)
	}
	return bytes.Join([][]byte{text[:p.Offset], p.New, text[p.Offset+len(p.Old):]}, nil), nil
}

// inverse is the smallest Patch that turns out back into src.
func inverse(src, out []byte) Patch {
	a := 0
	for a < len(src) && a < len(out) && src[a] == out[a] {
		a++
	}
	b := 0
	for b < len(src)-a && b < len(out)-a && src[len(src)-1-b] == out[len(out)-1-b] {
		b++
	}
	return Patch{Offset: a, Old: bytes.Clone(out[a : len(out)-b]), New: bytes.Clone(src[a : len(src)-b])}
}

// Apply does op to the text of a flow. inverse, applied to out, gives src back byte for byte. An operation that can't be done, or whose result would
// not be readable, is refused with an *Error and changes nothing.
func Apply(src []byte, op Op) (out []byte, undo Patch, err error) {
	d, e := open(src)
	if e == nil {
		e = d.do(op)
	}
	if e != nil {
		return nil, Patch{}, e
	}
	return d.src, inverse(src, d.src), nil
}

func (d *doc) do(op Op) *Error {
	switch op.Op {
	case AddStep:
		return d.addStep(op)
	case DeleteStep:
		return d.deleteStep(op.Step, op.Bridge)
	case Connect:
		return d.connect(op.From, op.Port, op.To)
	case Disconnect:
		return d.disconnect(op.From, op.Port, op.To)
	case SetField:
		return d.setField(op)
	case RemoveField:
		return d.removeField(op.Step, op.Path)
	case RenameStep:
		return d.renameStep(op.Step, op.To)
	case PasteSteps:
		_, err := d.paste(op.YAML, op.After, true)
		return err
	case InsertBetween:
		return d.insertBetween(op)
	}
	return refuse(UnknownOp, "unknown operation %q", op.Op)
}
