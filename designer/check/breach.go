package check

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/schema"
)

// BreachOfInput holds a call's evaluated input against the function's contract. Nil: it fits. Nothing was called, so nothing happened.
func (c *Call) BreachOfInput(raw []byte) *fault.Fault {
	return breach(c.Input, raw, "the input of "+c.Function, fault.None)
}

// BreachOfInput holds the input of a run against the flow's schema. Nil: it fits.
func (p *Program) BreachOfInput(raw []byte) *fault.Fault {
	return breach(p.Input, raw, "the input of the run", fault.None)
}

// BreachOfOutput holds what a function returned against its contract. Nil: it fits. Its effect may well have happened.
func (c *Call) BreachOfOutput(raw []byte) *fault.Fault {
	return breach(c.Output, raw, "the output of "+c.Function, fault.Maybe)
}

// mostSaid keeps a verdict one sentence long, in runes.
const mostSaid = 200

func breach(s *schema.Schema, raw []byte, what string, effect fault.Effect) *fault.Fault {
	found := s.Validate(raw)
	if len(found) == 0 {
		return nil
	}
	f := &fault.Fault{Class: fault.Contract, Effect: effect}
	var said []string
	for _, v := range found {
		at := v.Path
		if at == "" {
			at = "the value"
		} else {
			at = "`" + at + "`"
		}
		said = append(said, at+": "+v.Message)
		f.Evidence = append(f.Evidence, fault.Detail{Name: "field " + strings.Trim(at, "`"), Value: v.Message})
	}
	text := strings.Join(said, "; ")
	if utf8.RuneCountInString(text) > mostSaid {
		text = string([]rune(text)[:mostSaid]) + "…"
	}
	f.Message = fmt.Sprintf("%s breaks its contract: %s", what, text)
	return f
}
