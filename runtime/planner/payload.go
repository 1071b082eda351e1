package planner

import (
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
)

// Payload names a value that is kept once, by its content. A stand-in for it takes the value's place in facts and states.
type Payload = expr.Payload

// The bounds of values, in bytes of JSON.
const (
	MaxInline = 64 << 10           // above it a value is a payload
	MaxRead   = expr.MaxResult     // above it no expression looks inside a value, and the planner never sees it
	MaxValue  = 64 << 20           // of what a function returns
	MaxSent   = MaxValue + MaxRead // of what a function is sent: the largest output, and what stands around it
)

// Keep asks that a payload be durable no later than the facts that it comes with. Unlike the other commands it does not wait for their commit.
type Keep struct {
	Payload Payload
	Raw     []byte
}

func (*Keep) command() {}

// vault is what the expressions of a run may look into. The values of a state share it.
type vault struct {
	held map[Payload][]byte
	from func(Payload) []byte // where to look for what is not held; may be nil
}

func (v *vault) get(p Payload) []byte {
	if raw, ok := v.held[p]; ok {
		return raw
	}
	if v.from != nil {
		return v.from(p)
	}
	return nil
}

// Give lets the run's expressions look into a payload. Whoever folds a history gives those of at most MaxRead bytes before Decide is asked; a state that
// is only shown needs none.
func (s *State) Give(p Payload, raw []byte) {
	if p.Size > MaxRead || int64(len(raw)) != p.Size {
		return
	}
	if s.vault.held == nil {
		s.vault.held = map[Payload][]byte{}
	}
	s.vault.held[p] = raw
}

// ReadFrom has payloads that were not given looked up when an expression asks for one. get answers nil for what it does not have; it may be called by
// several goroutines that evaluate expressions over the state.
func (s *State) ReadFrom(get func(Payload) []byte) { s.vault.from = get }

// Inline is a value with the payloads in place that the state can read. Larger ones keep their stand-ins.
func (s *State) Inline(raw JSON) JSON { return expr.Splice(raw, s.vault.get) }

func (s *State) value(raw JSON) *expr.Value { return expr.FromStored(raw, s.vault.get) }

// keep makes a payload of a value that is too large to stand in a fact. A value that holds stand-ins stays as it is, so that none is ever inside another.
func (d *decider) keep(raw JSON) JSON {
	if len(raw) <= MaxInline || expr.HasPayloads(raw) {
		return raw
	}
	p := expr.PayloadOf(raw)
	if _, known := d.s.vault.held[p]; !known {
		d.s.Give(p, raw)
		d.command(&Keep{p, raw})
	}
	return p.StandIn()
}

// values visits where a fact holds values.
func values(f Fact, visit func(*JSON)) {
	switch f := f.(type) {
	case *RunStarted:
		visit(&f.Input)
	case *CallScheduled:
		visit(&f.Input)
	case *CallSucceeded:
		visit(&f.Output)
	case *IterationCompleted:
		visit(&f.Output)
	case *SignalReceived:
		visit(&f.Payload)
	case *StepCompleted:
		visit(&f.Output)
	case *UncertainResolved:
		visit(&f.Output)
	case *RunSucceeded:
		visit(&f.Output)
	case *ChildStarted:
		visit(&f.Input)
	case *ChildEnded:
		visit(&f.Output)
	case *ItemsPlanned:
		for i := range f.Items {
			visit(&f.Items[i])
		}
	}
}

// store has payloads made of the fact's values that are too large to stand in it.
func (d *decider) store(f Fact) {
	values(f, func(raw *JSON) { *raw = d.keep(*raw) })
}

// refers reports whether a fact holds a stand-in.
func refers(f Fact) (found bool) {
	values(f, func(raw *JSON) { found = found || expr.HasPayloads(*raw) })
	return found
}

// Payloads lists what facts refer to, each once.
func Payloads(facts []Fact) (out []Payload) {
	var seen map[Payload]bool
	note := func(raw JSON) {
		expr.FindPayloads(raw, func(p Payload, _, _ int) {
			if seen == nil {
				seen = map[Payload]bool{}
			}
			if !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		})
	}
	for _, f := range facts {
		values(f, func(raw *JSON) {
			if expr.HasPayloads(*raw) {
				note(*raw)
			}
		})
	}
	return out
}

// oversized is the fault of an input that would be larger than what may be sent; nil for one that fits.
func oversized(what string, raw JSON) *fault.Fault {
	size := expr.SizeOf(raw)
	if size <= MaxSent {
		return nil
	}
	return &fault.Fault{Class: fault.TooLarge, Effect: fault.None, Message: what + " would have " + expr.FormatSize(size) + "; at most " + expr.FormatSize(MaxSent) + " may be sent",
		Evidence: []fault.Detail{{Name: "size", Value: itoa(int(size)) + " bytes"}, {Name: "limit", Value: itoa(MaxSent) + " bytes"}}}
}

// words is a value as text: a string's own, or the JSON of anything else.
func (d *decider) words(what string, v *expr.Value) (string, *fault.Fault) {
	raw := d.s.Inline(v.JSON())
	if expr.HasPayloads(raw) {
		return "", &fault.Fault{Class: fault.TooLarge, Effect: fault.None, Message: what + " has " + expr.FormatSize(expr.SizeOf(raw)) + "; at most " + expr.FormatSize(MaxRead) + " can be a text"}
	}
	return plain(raw), nil
}

// FindPayloads visits the stand-ins in any bytes, with their places.
func FindPayloads(raw []byte, visit func(p Payload, from, to int)) {
	expr.FindPayloads(raw, visit)
}

// HasPayloads reports whether a value holds a stand-in.
func HasPayloads(raw JSON) bool { return expr.HasPayloads(raw) }

// PayloadOf names a value by its content.
func PayloadOf(raw JSON) Payload { return expr.PayloadOf(raw) }

// SizeOf is how many bytes a value has with its payloads in place.
func SizeOf(raw JSON) int64 { return expr.SizeOf(raw) }

// FormatSize says a number of bytes in words.
func FormatSize(n int64) string { return expr.FormatSize(n) }
