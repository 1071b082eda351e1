package diff

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// Values compares two values field by field and gives the changes by path. Lists of one length are compared item by item, others as a whole.
func Values(from, to flow.Value) []Change {
	c := &comparison{}
	c.compare("", from, to)
	slices.SortStableFunc(c.changes, byPath)
	return c.changes
}

// JSON compares two JSON texts like Values. What is not JSON is compared byte for byte.
func JSON(from, to []byte) []Change {
	a, errA := valueOf(from)
	b, errB := valueOf(to)
	if errA == nil && errB == nil {
		return Values(a, b)
	}
	if bytes.Equal(from, to) {
		return nil
	}
	return []Change{{Old: quoted(from), New: quoted(to)}}
}

func valueOf(raw []byte) (flow.Value, error) {
	if len(raw) == 0 {
		return flow.Value{}, nil
	}
	return flow.FromJSON(raw)
}

func quoted(text []byte) json.RawMessage {
	b, err := json.Marshal(string(text))
	if err != nil { // a string always encodes
		return nil
	}
	return b
}

type comparison struct{ changes []Change }

func (c *comparison) compare(path string, a, b flow.Value) {
	switch {
	case a.Kind == flow.Map && b.Kind == flow.Map:
		c.maps(path, a, b)
	case a.Kind == flow.List && b.Kind == flow.List && len(a.Items) == len(b.Items) && !scalars(a):
		for i := range a.Items {
			c.compare(path+"["+strconv.Itoa(i)+"]", a.Items[i], b.Items[i])
		}
	case !same(a, b):
		c.changes = append(c.changes, Change{Path: path, Old: raw(a), New: raw(b)})
	}
}

func (c *comparison) maps(path string, a, b flow.Value) {
	was := make(map[string]flow.Value, len(a.Fields))
	for _, f := range a.Fields {
		was[f.Key] = f.Value
	}
	for _, f := range b.Fields {
		old := was[f.Key]
		delete(was, f.Key)
		if f.Key == orderKey {
			c.order(path, old, f.Value)
			continue
		}
		c.compare(below(path, f.Key), old, f.Value)
	}
	for _, f := range a.Fields {
		if _, left := was[f.Key]; left && f.Key != orderKey {
			c.compare(below(path, f.Key), f.Value, flow.Value{})
		}
	}
}

// order tells of branches that both sides have and that now stand in another order.
func (c *comparison) order(path string, a, b flow.Value) {
	in := func(v flow.Value, name string) bool {
		return slices.ContainsFunc(v.Items, func(i flow.Value) bool { return i.Text == name })
	}
	var old, now []string
	for _, i := range a.Items {
		if in(b, i.Text) {
			old = append(old, i.Text)
		}
	}
	for _, i := range b.Items {
		if in(a, i.Text) {
			now = append(now, i.Text)
		}
	}
	if !slices.Equal(old, now) {
		c.changes = append(c.changes, Change{Path: below(path, orderKey), Old: quoted([]byte(strings.Join(old, ", "))), New: quoted([]byte(strings.Join(now, ", ")))})
	}
}

// below is the path of a key. A key that holds a dot or a bracket is quoted.
func below(path, key string) string {
	if strings.ContainsAny(key, ".[]\"") || key == "" {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// scalars reports whether a list holds no lists and maps: such a list reads best as a whole.
func scalars(v flow.Value) bool {
	return !slices.ContainsFunc(v.Items, func(i flow.Value) bool { return i.Kind == flow.List || i.Kind == flow.Map })
}

func same(a, b flow.Value) bool {
	return a.Kind == b.Kind && bytes.Equal(a.JSON(), b.JSON())
}

// raw is a value as JSON; nil if there is none. The order of branches, which is no field of the language, is left out.
func raw(v flow.Value) json.RawMessage {
	if v.Kind == flow.Absent {
		return nil
	}
	if v.Kind == flow.Map && slices.ContainsFunc(v.Fields, func(f flow.Field) bool { return f.Key == orderKey }) {
		v.Fields = slices.DeleteFunc(slices.Clone(v.Fields), func(f flow.Field) bool { return f.Key == orderKey })
	}
	return v.JSON()
}
