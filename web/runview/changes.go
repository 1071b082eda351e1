package runview

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ValueChange is a field that differs between two JSON values. Was or Is is nil where the field is not there.
type ValueChange struct {
	Path    string // as an expression would name it, from the value on: ".lines[2].sku"; "" for the value as a whole
	Was, Is json.RawMessage
}

// Changes lists what differs between two JSON values, field by field in the order of their names, at most so many of them; more is how many others there
// are. Lists are compared place by place. A value that is no JSON differs as a whole.
func Changes(was, is json.RawMessage, most int) (list []ValueChange, more int) {
	a, okA := decoded(was)
	b, okB := decoded(is)
	d := differ{most: most}
	if okA && okB {
		d.walk("", a, b)
	} else if !bytes.Equal(was, is) {
		d.add("", was, is)
	}
	return d.list, d.more
}

type differ struct {
	list []ValueChange
	most int
	more int
}

func (d *differ) add(path string, was, is json.RawMessage) {
	if len(d.list) == d.most {
		d.more++
		return
	}
	d.list = append(d.list, ValueChange{path, was, is})
}

func (d *differ) walk(path string, a, b any) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(union(x, y))) {
			va, hasA := x[name]
			vb, hasB := y[name]
			d.field(path+field(name), va, vb, hasA, hasB)
		}
		return
	case []any:
		y, ok := b.([]any)
		if !ok {
			break
		}
		for i := range max(len(x), len(y)) {
			var va, vb any
			if i < len(x) {
				va = x[i]
			}
			if i < len(y) {
				vb = y[i]
			}
			d.field(path+"["+strconv.Itoa(i)+"]", va, vb, i < len(x), i < len(y))
		}
		return
	}
	if was, is := asJSON(a), asJSON(b); !bytes.Equal(was, is) {
		d.add(path, was, is)
	}
}

func (d *differ) field(path string, a, b any, hasA, hasB bool) {
	switch {
	case hasA && hasB:
		d.walk(path, a, b)
	case hasA:
		d.add(path, asJSON(a), nil)
	case hasB:
		d.add(path, nil, asJSON(b))
	}
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// field is a step of a path to a member of an object.
func field(name string) string {
	if plainName.MatchString(name) {
		return "." + name
	}
	return "[" + strconv.Quote(name) + "]"
}

// decoded reads a value with its numbers as they are written.
func decoded(raw json.RawMessage) (v any, ok bool) {
	if len(raw) == 0 {
		return nil, true
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return v, d.Decode(&v) == nil
}

// asJSON is a decoded value as JSON; it has come from JSON, so it always can be.
func asJSON(v any) json.RawMessage {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return json.RawMessage(strings.TrimSuffix(out.String(), "\n"))
}
