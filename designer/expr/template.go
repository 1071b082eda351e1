package expr

import (
	"bytes"
	"fmt"
	"slices"
)

// Template is a tree of literals and expressions: what a `with`, a `set` or an `output` compiles to. It is immutable and safe for concurrent use.
type Template struct {
	kind   templateKind
	raw    []byte
	parts  []Part
	fields []TemplateField
	items  []*Template
}

type templateKind uint8

const (
	literalTemplate templateKind = iota
	textTemplate
	objectTemplate
	arrayTemplate
)

// Part is one piece of a text: literal, or the value of an expression if Expr is not nil.
type Part struct {
	Literal string
	Expr    *Program
}

// TemplateField is one entry of an object.
type TemplateField struct {
	Key   string
	Value *Template
}

// Literal is a JSON value without expressions.
func Literal(raw []byte) *Template { return &Template{kind: literalTemplate, raw: raw} }

// Text is a text with expressions in it. A single expression alone keeps its value's type; otherwise the values are written into the text.
func Text(parts ...Part) *Template { return &Template{kind: textTemplate, parts: parts} }

// Object is an object with its keys in the order given. A field that is nothing but one expression is dropped if that is an optional without a
// value.
func Object(fields ...TemplateField) *Template {
	return &Template{kind: objectTemplate, fields: fields}
}

// Array is a list of templates.
func Array(items ...*Template) *Template { return &Template{kind: arrayTemplate, items: items} }

// Eval computes the template's value, JSON with the keys of its objects in written order. Errors are as of Program.Eval.
func (t *Template) Eval(s Scope) (*Value, error) {
	if p := t.lone(); p != nil {
		return p.Eval(s)
	}
	raw, err := t.append(nil, s)
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxResult {
		return nil, tooLarge()
	}
	return FromJSON(raw), nil
}

// Programs lists every expression of the template, in written order.
func (t *Template) Programs() []*Program {
	var out []*Program
	t.each(func(p *Program) { out = append(out, p) })
	return out
}

func (t *Template) each(f func(*Program)) {
	if t == nil {
		return
	}
	for _, p := range t.parts {
		if p.Expr != nil {
			f(p.Expr)
		}
	}
	for _, field := range t.fields {
		field.Value.each(f)
	}
	for _, item := range t.items {
		item.each(f)
	}
}

// lone gives the expression of a template that is nothing else.
func (t *Template) lone() *Program {
	if t.kind == textTemplate && len(t.parts) == 1 {
		return t.parts[0].Expr
	}
	return nil
}

func (t *Template) append(dst []byte, s Scope) ([]byte, error) {
	if len(dst) > MaxResult {
		return nil, tooLarge()
	}
	switch t.kind {
	case literalTemplate:
		return append(dst, t.raw...), nil
	case textTemplate:
		if p := t.lone(); p != nil {
			v, err := p.Eval(s)
			if err != nil {
				return nil, err
			}
			return append(dst, v.raw...), nil
		}
		text, err := t.text(s)
		if err != nil {
			return nil, err
		}
		return appendString(dst, text), nil
	case objectTemplate:
		return t.object(dst, s)
	}
	dst = append(dst, '[')
	for i, item := range t.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = item.append(dst, s); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func (t *Template) object(dst []byte, s Scope) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for _, f := range t.fields {
		before := len(dst)
		if !first {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, f.Key), ':')
		if p := f.Value.lone(); p != nil {
			v, present, err := p.result(s)
			if err != nil {
				return nil, inField(err, f.Key)
			}
			if !present {
				dst = dst[:before]
				continue
			}
			dst = append(dst, v.raw...)
		} else {
			var err error
			if dst, err = f.Value.append(dst, s); err != nil {
				return nil, inField(err, f.Key)
			}
		}
		first = false
	}
	return append(dst, '}'), nil
}

func inField(err error, key string) error {
	if e, ok := err.(*Error); ok && e.Class != ClassTooLarge {
		return &Error{Class: e.Class, Message: fmt.Sprintf("%s: %s", key, e.Message), cause: e.cause}
	}
	return err
}

func (t *Template) text(s Scope) (string, error) {
	var out []byte
	for _, part := range t.parts {
		if part.Expr == nil {
			out = append(out, part.Literal...)
			continue
		}
		v, err := part.Expr.eval(s)
		if err != nil {
			return "", err
		}
		str, err := text(v)
		if err != nil {
			return "", part.Expr.explain(err, s)
		}
		if out = append(out, str...); len(out) > MaxResult {
			return "", tooLarge()
		}
	}
	return string(out), nil
}

// IsLiteral reports whether t holds no expression, so that it always gives the same value; it may then be evaluated with a nil Scope.
func (t *Template) IsLiteral() bool {
	if t == nil {
		return true
	}
	none := true
	t.each(func(*Program) { none = false })
	return none && (t.kind != textTemplate || len(t.parts) > 0)
}

// Same reports whether two templates were written alike, apart from the layout of the file. Nil is alike to nil alone.
func (t *Template) Same(o *Template) bool {
	if t == nil || o == nil {
		return t == o
	}
	if t.kind != o.kind || !bytes.Equal(t.raw, o.raw) {
		return false
	}
	part := func(a, b Part) bool {
		return a.Literal == b.Literal && (a.Expr == nil) == (b.Expr == nil) && (a.Expr == nil || a.Expr.source == b.Expr.source)
	}
	field := func(a, b TemplateField) bool { return a.Key == b.Key && a.Value.Same(b.Value) }
	return slices.EqualFunc(t.parts, o.parts, part) && slices.EqualFunc(t.fields, o.fields, field) && slices.EqualFunc(t.items, o.items, (*Template).Same)
}
