// Package assist owns the help that an editor gives while a flow is being written: what may stand where the cursor is, and what stands there.
//
// It reads the text as it is, broken or not, and the same schemas, types and names that the parser and the checker use; it decides nothing of its own.
// It knows no server and no browser.
package assist

import (
	"slices"
	"strings"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// MaxItems bounds an answer.
const MaxItems = 200

// Answer is what is known at one place of a text.
type Answer struct {
	From, To flow.Pos // what an item replaces: the word in which the cursor stands
	Items    []Item   // best first; at most MaxItems
	Hover    *Hover   // nil: nothing is known of what stands there
	Type     string   // of the expression in which the cursor stands; "" if it has none
	Wanted   string   // the type that is wanted there; "" if any will do
}

// Kind says what an item is.
type Kind string

// The kinds of Item.
const (
	Key        Kind = "key"        // a key of the language, or a property of an input
	Value      Kind = "value"      // one of a closed list, or a default
	Callee     Kind = "function"   // a registered function
	Step       Kind = "step"       // a step, or a port of one
	Field      Kind = "field"      // a name in an expression
	Method     Kind = "method"     // a function, macro or method of expressions
	Expression Kind = "expression" // an empty `${{ }}`
)

// Item is one thing that may stand there.
type Item struct {
	Label  string
	Kind   Kind
	Type   string // "duration", "list of string"; of a method its signature
	Detail string // one line
	Insert string // what replaces From to To
}

// Hover is what stands under the cursor.
type Hover struct {
	From, To flow.Pos
	Label    string // "steps.ocr.output.pages", "retry"
	Type     string // "" if it has none
	Detail   string // what its schema or the language says of it; may be empty
}

// At is the help for the cursor behind that many bytes of a flow's text.
func At(src []byte, cursor int, c check.Catalog) Answer {
	cursor = min(max(cursor, 0), len(src))
	cursor = min(cursor, lineOf(src, cursor).to) // between a carriage return and its line feed is the end of the line
	h := &helper{src: src, cursor: cursor, catalog: c, marks: flow.NewPlaces(src)}
	if len(src) > flow.MaxSource {
		return h.answer(cursor, cursor)
	}
	if open, ok := h.inExpression(); ok {
		return h.expression(open)
	}
	return h.structure()
}

// helper answers one question.
type helper struct {
	src     []byte
	cursor  int
	catalog check.Catalog
	marks   *flow.Tree // positions of src; its syntax is not read
	parses  int        // how often a text was parsed
}

func (h *helper) answer(from, to int) Answer {
	return Answer{From: h.marks.Pos(from), To: h.marks.Pos(to), Items: []Item{}}
}

// matching keeps the items that what was typed can still become: those that begin with it first, then those that hold its letters in this order.
func matching(items []Item, typed string) []Item {
	typed = strings.ToLower(typed)
	rank := func(i Item) int {
		label := strings.ToLower(i.Label)
		switch at := strings.Index(label, typed); {
		case at == 0:
			return 0
		case at > 0:
			return 1
		}
		rest := typed
		for _, r := range label {
			if rest != "" && strings.HasPrefix(rest, string(r)) {
				rest = rest[len(string(r)):]
			}
		}
		if rest == "" {
			return 2
		}
		return 3
	}
	out := slices.DeleteFunc(append([]Item{}, items...), func(i Item) bool { return rank(i) == 3 })
	slices.SortStableFunc(out, func(a, b Item) int { return rank(a) - rank(b) })
	return out[:min(len(out), MaxItems)]
}
