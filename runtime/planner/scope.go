package planner

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
)

// scope is what an expression of a run may read.
type scope struct {
	s    *State
	item int
	v    *expr.Value
	undo string // the step that is being undone
	loop expr.Loop
}

func (d *decider) scope(item int, v *expr.Value) expr.Scope { return scope{s: d.s, item: item, v: v} }

// unitScope is what the expressions of a unit may read, without what its loop adds.
func (d *decider) unitScope(r Ref) scope {
	sc := scope{s: d.s, item: r.Item}
	if r.Item != NoItem {
		sc.v = d.s.step(r.Step).List[r.Item]
	}
	if r.Undo {
		sc.undo = r.Step
	}
	return sc
}

func (c scope) Loop() expr.Loop { return c.loop }

func (c scope) Input() *expr.Value { return c.s.Input }

func (c scope) Output(step string) (*expr.Value, bool) {
	st, ok := c.s.Steps[step]
	if !ok {
		return nil, false
	}
	if step == c.undo && st.Planned {
		if st.partial == nil { // each item is undone by what it gave, whatever became of the others
			st.partial = c.s.collect(st.Items, (*Unit).output)
		}
		return st.partial, true
	}
	if step == c.undo && st.Result == nil && st.Unit.Did() { // a loop that ended early
		return st.Unit.output(), true
	}
	if st.Result == nil || st.Status != Succeeded {
		return nil, false
	}
	return st.Result, true
}

func (c scope) StepError(step string) (*expr.Value, bool) {
	st, ok := c.s.Steps[step]
	if !ok || st.errValue == nil || st.Status != Failed {
		return nil, false
	}
	return st.errValue, true
}

func (c scope) Item() (*expr.Value, int, bool) { return c.v, c.item, c.item != NoItem }

// Key is that of the calls of the unit that is being undone: those of one generation have one, and a generation that may have happened is the last.
func (c scope) Key() (string, bool) {
	r := Ref{Step: c.undo, Item: c.item}
	u := c.s.Unit(r)
	if c.undo == "" || u == nil {
		return "", false
	}
	return u.Key(c.s.ID, r), true
}

func (c scope) Run() *expr.Value {
	if c.s.run == nil {
		c.s.run = expr.FromJSON(object("id", c.s.ID, "flow", c.s.Flow, "version", c.s.Version,
			"started_at", c.s.StartedAt.UTC().Format(time.RFC3339Nano)))
	}
	return c.s.run
}

// faultValue is what steps.X.error reads.
func faultValue(f *fault.Fault) *expr.Value {
	return expr.FromJSON(object("class", string(f.Class), "message", f.Message, "effect", string(f.Effect)))
}

// object makes a small JSON object from alternating keys and values.
func object(pairs ...any) JSON {
	out := []byte{'{'}
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			out = append(out, ',')
		}
		for _, part := range []any{pairs[i], pairs[i+1]} {
			raw, err := json.Marshal(part)
			if err != nil {
				raw = []byte("null") // strings, numbers and booleans always marshal
			}
			out = append(append(out, raw...), ':')
		}
		out = out[:len(out)-1]
	}
	return append(out, '}')
}

// plain is a JSON string's text, or the JSON of anything else.
func plain(raw []byte) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// shorten keeps a value readable inside a message.
func shorten(s string) string {
	const most = 120 // runes; a verdict is one sentence
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func itoa(i int) string { return strconv.Itoa(i) }

// exprFault turns an expression's error into a fault. Nothing was called, so nothing happened.
func exprFault(err error) *fault.Fault {
	f := &fault.Fault{Class: fault.Expression, Effect: fault.None, Message: err.Error()}
	var e *expr.Error
	if errors.As(err, &e) {
		f.Class, f.Message = fault.Class(e.Class), e.Message
	}
	return f
}
